"""The blocks of PyTorch in chapter 14 run, and say what their comments say.  Skipped without PyTorch."""

import sys
from pathlib import Path

import pytest

from hellodl.runs.machine import SOURCE


@pytest.fixture
def course(monkeypatch):
    """The tools of the course, which import each other by their short names."""
    monkeypatch.syspath_prepend(str(SOURCE / "tools" / "course"))
    import chapters
    import run

    yield chapters, run
    for name in ("chapters", "run"):
        sys.modules.pop(name, None)


def test_from_the_same_weights_pytorch_makes_the_same_losses_and_answers(course, tmp_path: Path):
    pytest.importorskip("torch", reason="runs PyTorch's side of a chapter: pip install torch safetensors")
    pytest.importorskip("safetensors", reason="opens files with the safetensors package")
    pytest.importorskip("matplotlib", reason="the chapter draws")
    chapters, run = course
    path = chapters.file_of("14")
    both = tmp_path / path.name
    both.write_text(chapters.with_quotes(path.read_text("utf-8")), "utf-8")
    names, _ = run.run(both, hurry=True)
    assert len(names["losses"]) == len(names["their_losses"]) >= 10
    assert names["apart"][0] < 1e-5 and names["first_ten"] < 1e-3
    assert names["there"] < 1e-3
    assert names["back"] == 0


def test_every_block_that_is_only_quoted_becomes_a_cell(course):
    chapters, _ = course
    text = chapters.file_of("14").read_text("utf-8")
    quoted = text.count("```python quote\n")

    def cells(of: str) -> int:
        return sum(isinstance(part, chapters.Cell) for part in chapters.parts(of))

    assert quoted > 3
    assert cells(chapters.with_quotes(text)) == cells(text) + quoted
