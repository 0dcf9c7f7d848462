"""What cells showed stands below them in the chapters, and is of the code that stands above it today."""

import base64
import io
import json

import chapters
import notebook
import pytest
import shown
from PIL import Image

EVERY = pytest.mark.parametrize("path", shown.pages(), ids=lambda path: path.stem)
CHAPTER = """# 1. X

Words.

```python hide
x = 3
```

```python
print(x)
sheet
```

More words.

<!-- solution: 1.1 -->
```python
2 + 2
```
<!-- end -->

The end.
"""


def picture(words="Three lines.", size=(6, 4)):
    """An output as a notebook keeps it."""
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "png")
    data = base64.b64encode(file.getvalue()).decode()
    html = f'<img src="data:image/png;base64,{data}" alt="{words}" style="width: 96px; max-width: 100%">'
    return {"output_type": "execute_result", "data": {"text/html": html}}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A chapter whose cells ran, with what they showed below them."""
    monkeypatch.setattr(chapters, "COURSE", tmp_path)
    monkeypatch.setattr(shown, "PICTURES", tmp_path / "shown")
    monkeypatch.setattr(notebook, "KEPT", tmp_path / "kept")
    path = tmp_path / "01-x.md"
    path.write_text(CHAPTER)
    value = {"output_type": "execute_result", "data": {"text/plain": "4"}}
    notebook.KEPT.mkdir()
    kept = {"outputs": [[], [printed("3\n\n"), picture()], [value]], "figures": {}}
    notebook.kept(chapters.read(path)).write_text(json.dumps(kept))
    shown.write(path)
    return path


@EVERY
def test_what_a_page_shows_was_shown_by_its_code_of_today(path):
    if shown.has_none(path):
        pytest.skip(f"{path.name} has no outputs yet; {shown.mend(path)}")
    assert not shown.wrong(path)


def test_no_pictures_are_left_of_a_page_that_is_gone():
    assert not shown.left_over()


def test_what_is_shown_is_small():
    assert sum(file.stat().st_size for file in shown.PICTURES.rglob("*.*")) < 3_500_000


@EVERY
def test_without_what_is_shown_a_page_has_the_same_parts(path):
    text = path.read_text("utf-8")
    with_it, without = list(chapters.parts(text)), list(chapters.parts(chapters.plain(text)))
    assert [getattr(part, "text", None) or part.code for part in with_it] == [
        getattr(part, "text", None) or part.code for part in without
    ]
    assert "<!-- shown" not in "".join(part.text for part in with_it if isinstance(part, chapters.Prose))
    lines = text.splitlines()
    for cell in with_it:
        assert isinstance(cell, chapters.Prose) or lines[cell.line - 1] == cell.code.split("\n")[0]


def test_outputs_stand_below_their_cells_and_code_for_drawing_is_folded(page):
    text = page.read_text()
    assert "```\n\n<!-- shown -->\n> ```text\n> 3\n> ```\n\n<p><img src=" in text
    assert '<img src="shown/x/sheet.png" width="96" alt="Three lines."></p>\n<!-- end -->\n\nMore words.' in text
    assert "2 + 2\n```\n<!-- end -->\n\n<!-- shown -->\n> ```text\n> 4\n> ```\n<!-- end -->\n\nThe end." in text
    assert f"{chapters.FOLD}\n\n```python hide\nx = 3\n```\n\n</details>\n\n```python\nprint" in text
    assert chapters.plain(text) == CHAPTER
    assert not shown.wrong(page) and not shown.has_none(page)


def test_what_a_page_quotes_shows_its_output_where_it_ran_and_is_not_written_where_it_did_not(page):
    page.write_text(chapters.plain(page.read_text()).replace("Words.", "Words.\n\n```python quote\ntorch\n```"))
    value = {"output_type": "execute_result", "data": {"text/plain": "4"}}
    about = {"outputs": [[], [printed("3\n")], [value]], "figures": {}}
    kept = notebook.kept(chapters.read(page))
    kept.write_text(json.dumps(about))
    with pytest.raises(chapters.CourseError, match="quotes PyTorch"):
        shown.write(page)
    kept.write_text(json.dumps(about | {"whole": [[printed("torch\n")], *about["outputs"]]}))
    shown.write(page)
    text = page.read_text()
    assert "```python quote\ntorch\n```\n\n<!-- shown -->\n> ```text\n> torch\n> ```\n<!-- end -->\n\n" in text
    assert not shown.wrong(page)
    page.write_text(text.replace("quote\ntorch", "quote\ntorch.nn"))
    assert shown.wrong(page)


def test_to_write_it_twice_changes_nothing(page):
    text = page.read_text()
    shown.write(page)
    assert page.read_text() == text


@pytest.mark.parametrize(
    ("old", "new"),
    [("x = 3\n", "x = 4\n"), ("2 + 2\n", "2 + 3\n"), ("> 4\n", "> 5\n"), ("The end.", "```python\nx\n```")],
    ids=["the first cell", "the last", "an output", "a cell more"],
)
def test_what_changes_code_or_output_makes_it_stale(page, old, new):
    page.write_text(page.read_text().replace(old, new))
    assert shown.wrong(page).endswith("changed since its cells last ran; make course-shown CHAPTER=01")


def test_what_changes_words_does_not(page):
    page.write_text(page.read_text().replace("More words.", "Other words, and\n\nmore of them."))
    assert not shown.wrong(page)


def test_a_picture_that_is_missing_left_over_or_another_is_told(page):
    file = page.parent / "shown" / "x" / "sheet.png"
    data = file.read_bytes()
    file.write_bytes(data + b"?")
    assert "changed since" in shown.wrong(page)
    file.unlink()
    assert shown.wrong(page) == "01-x.md: there is no x/sheet.png; make course-shown CHAPTER=01"
    file.write_bytes(data)
    (file.parent / "old.png").write_bytes(data)
    assert shown.wrong(page).startswith("01-x.md: nothing shows x/old.png any more; make")
    shown.write(page)
    assert not shown.wrong(page)


def test_a_page_without_outputs_is_listed_and_no_error(page, monkeypatch, capsys):
    page.write_text(CHAPTER)
    assert shown.has_none(page) and "nothing shows" in shown.wrong(page)
    (page.parent / "shown" / "x" / "sheet.png").unlink()
    assert not shown.wrong(page)
    monkeypatch.setattr("sys.argv", ["shown.py", "--check", "1"])
    assert shown.main() == 0
    assert capsys.readouterr().out.endswith("01-x.md has no outputs yet; make course-shown CHAPTER=01\n")


def test_a_chapter_that_got_another_number_keeps_its_pictures(page):
    renamed = page.rename(page.with_name("02-x.md"))
    assert not shown.wrong(renamed) and not shown.left_over()


def test_what_is_long_is_cut_and_what_holds_a_fence_is_fenced_by_a_longer_one():
    lines = shown.quoted("\n".join(map(str, range(100))))
    assert len(lines) == shown.LONGEST + 3
    assert lines[1:3] == ["> 0", "> 1"] and lines[-2] == "> 99" and "> [... 60 more lines ...]" in lines
    assert shown.quoted("```\nx  \n\n") == ["> ````text", "> ```", "> x", "> ````"]
    assert shown.quoted("\n") == []


def test_an_exercise_that_is_not_done_shows_nothing(page):
    page.write_text("# 1. X\n\n```python\ndef f():\n    raise NotImplementedError\n\ncheck(f)\n```\n")
    text, _ = shown.renewed(page, [[printed("not yet")]])
    assert "not yet" not in text and chapters.SEAL.search(text)


def test_a_picture_is_named_by_what_drew_it_and_a_film_lasts_as_long_as_before():
    assert shown.name_of("plots.two_histograms(x)", "png", {}) == "two-histograms.png"
    assert shown.name_of("two_histograms(y)", "jpg", {"two-histograms.png": b""}) == "two-histograms-2.jpg"
    assert shown.name_of("x[0]", "png", {}) == "picture.png"
    frames, file = [Image.new("RGB", (8, 8), (40 * k, 0, 0)) for k in range(6)], io.BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:], duration=[100] * 5 + [900], loop=0)
    film, times = Image.open(io.BytesIO(shown.shorter(file.getvalue()))), []
    for k in range(film.n_frames):
        film.seek(k)
        times.append(film.info["duration"])
    assert times == [200, 200, 100, 900]


def test_figures_in_sentences_that_the_cells_gave_otherwise_are_named():
    path = chapters.file_of("1")
    (line,) = shown.other_figures(path, {"test_accuracy": 0.5})
    assert line.startswith("c01-test: sentences say 97.30%, the cells 50.00%; hellodl reproduce c01-test")
    assert shown.other_figures(path, {"test_accuracy": 0.973}) == []
