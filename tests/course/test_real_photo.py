"""Chapter 8 quotes what is read on somebody's own page, which is fetched and never shipped: where it is, that holds."""

import os
import re
import shutil
from pathlib import Path

import chapters
import pytest
import run

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
PHOTO = SHARED / "photos" / "hellodl_cleaned.jpg"


@pytest.mark.skipif(not PHOTO.is_file(), reason="the page of Hello Deep Learning is not here")
def test_the_page_is_the_one_that_is_fetched_and_what_the_chapter_quotes_is_what_is_read(tmp_path):
    from hellodl.data.download import is_whole
    from hellodl.data.home import source

    (page,) = source("hello-dl-page").files
    assert is_whole(PHOTO, page) and PHOTO.stat().st_size == page.bytes
    (tmp_path / "hello-dl-page").mkdir()
    shutil.copy(PHOTO, tmp_path / "hello-dl-page" / page.name)

    text = chapters.file_of("8").read_text("utf-8")
    section = re.search(r"^## A page by somebody else\n.*?(?=^## )", text, re.MULTILINE | re.DOTALL)[0]
    (quoted,) = re.findall(r"^```text\n(.*?)```", section, re.MULTILINE | re.DOTALL)
    _, ran = run.run(chapters.file_of("8"), hurry=True, data=tmp_path)
    printed = next(one.printed for one in ran if 'find("hello-dl-page")' in one.cell.code)
    assert one_of_two(printed).startswith(one_of_two(quoted))
    doubtful = re.findall(r"^(\w) \(", printed, re.MULTILINE)
    assert {"L", "V", "w", "x", "y"} < set(doubtful) and set(doubtful) & {"z", "2"}
    assert printed.endswith("hello is LLo\n") and 'read "LLo"' in section
    assert any("The author's page" in run.as_text(one) for one in ran)


def one_of_two(text: str) -> str:
    """The text with its z as a 2: the chapter says that this one is a coin toss."""
    return text.replace("wxyz", "wxy2")
