"""The site of the course: all its links lead somewhere, every picture has words, and nothing comes from elsewhere."""

import html.parser
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from hellodl.runs.machine import SOURCE

pytest.importorskip("furo")
pytest.importorskip("myst_nb")


class Page(html.parser.HTMLParser):
    """What a page links to, loads, and can be linked at."""

    def __init__(self, text: str):
        super().__init__()
        self.links, self.loaded, self.names, self.mute = [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        self.names.update(about[key] for key in ("id", "name") if about.get(key))
        if tag == "a" and about.get("href"):
            self.links.append(about["href"])
        if tag in ("script", "img", "iframe") and about.get("src"):
            self.loaded.append(about["src"])
        if tag == "link" and about.get("rel") in ("stylesheet", "preload"):
            self.loaded.append(about["href"])
        if tag == "img" and not about.get("alt"):
            self.mute.append(about.get("src", "")[:80])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site as Sphinx makes it, with whatever outputs of cells were kept; warnings are errors."""
    out = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-b",
        "html",
        "-d",
        str(out / "doctrees"),
        str(SOURCE / "course"),
        str(out / "html"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    """All its pages."""
    return {path: Page(path.read_text("utf-8")) for path in site.rglob("*.html") if "_static" not in path.parts}


def test_every_link_inside_the_site_leads_somewhere(pages):
    dead = []
    for path, page in pages.items():
        for link in page.links:
            where = urlsplit(link)
            if where.scheme or where.netloc:
                continue
            target = (path.parent / unquote(where.path)).resolve() if where.path else path
            there = pages.get(target)
            if not target.exists() or (where.fragment and there and unquote(where.fragment) not in there.names):
                dead.append(f"{path.name}: {link}")
    assert not dead, dead[:20]


def test_every_picture_has_words(pages):
    assert not {path.name: page.mute for path, page in pages.items() if page.mute}


def test_nothing_is_loaded_from_elsewhere(pages):
    loaded = {source for page in pages.values() for source in page.loaded}
    assert not [source for source in loaded if urlsplit(source).scheme not in ("", "data") or source.startswith("//")]


def test_every_page_says_how_to_edit_it(site, pages):
    for path in (SOURCE / "course").glob("*.md"):
        links = pages[site / f"{path.stem}.html"].links
        assert any(link.endswith(f"/edit/main/course/{path.name}") or link == "contributing.html" for link in links)


def test_a_link_to_a_name_leads_to_its_line_and_a_name_that_is_gone_is_told():
    import chapters
    import site_parts

    file = "src/hellodl/train/lanes.py"
    line = (SOURCE / file).read_text("utf-8").splitlines()[site_parts.line_of(file, "Lanes.gradients") - 1]
    assert line.lstrip().startswith("def gradients(")
    assert site_parts.line_of("src/hellodl/commands/cli.py", "PROGRAMS") > 1
    with pytest.raises(chapters.CourseError, match=r"lanes\.py has no Lanes\.nothing; correct the link"):
        site_parts.line_of(file, "Lanes.nothing")


def test_the_house_is_drawn_as_it_is_today(site):
    page = (site / "architecture.html").read_text("utf-8")
    assert "optim imports nn" in page and "<!-- picture" not in page
    assert 'href="source/src/hellodl/train/lanes.py.html#L-' in page


def test_formulas_are_drawn_by_the_browser(site):
    assert "<math" in (site / "01-linear-combinations.html").read_text("utf-8")


def test_an_address_that_a_chapter_once_had_leads_to_it(site, pages):
    import chapters
    import moved

    leads = moved.moved([path.stem for path in chapters.files()])
    assert leads
    for old, name in leads.items():
        text = (site / f"{old}.html").read_text("utf-8")
        assert f'<meta http-equiv="refresh" content="0; url={name}.html">' in text
        assert f'<link rel="canonical" href="{name}.html">' in text
        assert pages[site / f"{old}.html"].links == [f"{name}.html"]
