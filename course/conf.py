"""How the course becomes a site (`make course`); what is special about it is in tools/course/site_parts.py."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools" / "course"))
import site_parts

project = "hellodl"
author = "The hellodl founders"
copyright = author
language = "en"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.linkcode", "site_parts"]
exclude_patterns = ["_*"]
default_role = "code"

nb_custom_formats = {".md": ["site_parts.read_chapter", {}]}
nb_execution_mode = "off"  # tools/course/notebook.py has run them
nb_code_prompt_show = "Show the code that draws this"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
smartquotes = False
html_math_renderer = "mathml"

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
linkcode_resolve = site_parts.linkcode_resolve

html_theme = "furo"
html_title = "hellodl"
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["course.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
pygments_style = "friendly"
pygments_dark_style = "native"
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
repository = site_parts.repository(os.environ.get("HELLODL_REPOSITORY"))
pyodide = os.environ.get("PYODIDE", "")
