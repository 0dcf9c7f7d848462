"""What a reader types is one list: `__all__`, `dir(hellodl)`, the reference and what a type checker sees agree."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hellodl
from hellodl.runs.machine import SOURCE

PUBLIC = set(hellodl.__all__)
REFERENCE = SOURCE / "course" / "api.md"


def test_the_list_is_in_order_and_names_nothing_twice():
    assert hellodl.__all__ == sorted(PUBLIC)


def test_dir_shows_the_list_and_every_name_on_it_is_there():
    assert set(dir(hellodl)) == PUBLIC
    assert all(getattr(hellodl, name) is not None for name in PUBLIC)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference is part of the repository")
def test_the_reference_has_a_line_for_each():
    text = REFERENCE.read_text("utf-8")
    lines = text[text.index("## What you type") :].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", lines, re.MULTILINE)) == PUBLIC


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference is part of the repository")
def test_every_page_that_the_reference_names_can_be_made():
    pages = set(re.findall(r"(?:^   |\{py:mod\}`)(hellodl[\w.]*)", REFERENCE.read_text("utf-8"), re.MULTILINE))
    assert len(pages) > len(PUBLIC)
    assert all(import_module(page).__doc__ for page in pages)


def test_a_type_checker_sees_the_same_names():
    tree = ast.parse(Path(hellodl.__file__).read_text("utf-8"))
    seen = set()
    for node in tree.body:
        for one in node.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" else [node]:
            if isinstance(one, ast.ImportFrom) and (one.module or "").startswith("hellodl"):
                seen |= {alias.asname or alias.name for alias in one.names}
            elif isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
                seen.add(one.name)
    assert seen - {"Page", "Letter"} == PUBLIC  # what `read` and `pen` give, and nobody makes


def test_a_name_that_is_none_is_told_what_to_write():
    misspelt = "tensor"
    with pytest.raises(AttributeError, match=r"hellodl has no attribute 'tensor'; write Tensor\("):
        getattr(hellodl, misspelt)


@pytest.mark.parametrize(
    "program",
    [
        "from hellodl import Tensor; assert Tensor([1.0, 2.0]).sum().item() == 3",
        "from hellodl.checkpoint import save; from hellodl import checkpoint; assert save is checkpoint.save",
        "import hellodl.parallel; from hellodl.train import lanes; assert hellodl.parallel is lanes",
        "import hellodl.gradcheck as door; from hellodl.autograd import gradcheck; assert door is gradcheck",
        "from hellodl.train import Settings, Trainer; from hellodl.optim import AdamW; from hellodl.ops import softmax",
        "import hellodl, sys; assert not {'numpy', 'typing', 'hellodl.ops'} & set(sys.modules)",
    ],
)
def test_in_a_fresh_interpreter(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_folder_opens_with_the_way_data_goes_through_it():
    house = SOURCE / "src" / "hellodl"
    if not house.is_dir():
        pytest.skip("the source tree is not here")
    for first_page in house.rglob("__init__.py"):
        words = ast.get_docstring(ast.parse(first_page.read_text("utf-8"))) or ""
        assert len(words) > 150, f"{first_page} does not say what its folder is for"
    assert len([entry for entry in house.iterdir() if entry.name != "__pycache__"]) <= 23
