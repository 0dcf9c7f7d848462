"""Every chapter runs, cell by cell, and its figures can be told to those who cannot see them."""

import ast
import re

import chapters
import notebook
import pytest
import run
import sync

from hellodl.bench.claims import SOURCE, all_claims

pytest.importorskip("matplotlib")
EVERY = pytest.mark.parametrize("path", chapters.files(), ids=lambda path: path.stem)


@EVERY
def test_a_chapter_runs_in_a_hurry_in_an_interpreter_that_has_imported_nothing(path):
    about = run.fresh(path, hurry=True)
    assert len(about["cells"]) >= 5
    for cell in about["cells"]:
        for words in (part["words"] for part in cell["showed"] if part["kind"] == "picture"):
            assert len(words) > 30 and words.endswith("."), f"describe the figure of line {cell['line']}: '{words}'"
    for claim in all_claims():
        if claim.where == [f"course/{path.name}"]:
            assert claim.figure in about["figures"], f"{claim.id}: the chapter leaves no number called {claim.figure}"


@pytest.mark.parametrize("path", chapters.sheets(), ids=lambda path: path.stem)
def test_a_page_beside_the_chapters_runs_in_a_hurry(path):
    assert len(run.fresh(path, hurry=True)["cells"]) >= 5


@EVERY
def test_a_chapter_has_three_questions_to_guess_at_before_it_answers_them(path):
    before, after = path.read_text("utf-8").split("**Guess first**")
    questions = re.findall(r"^\d\. .*?(?=^\d\. |^$)", after.split("<!-- words -->")[0], re.MULTILINE | re.DOTALL)
    assert len(questions) == 3 and all("?" in question for question in questions)
    assert "## " not in before


@EVERY
def test_the_time_to_read_is_honest(path):
    """Prose at 130 words a minute, since there are formulas in it, and code at twelve lines; said to a quarter hour."""
    names = ("Three quarters of an hour", "An hour", "An hour and a quarter", "An hour and a half")
    said = re.search(rf"^\*({'|'.join(names)}) to read", path.read_text("utf-8"), re.MULTILINE)
    assert said
    fences, words, lines = r"^```.*?^```$", 0, 0
    for part in chapters.read(path):
        if isinstance(part, chapters.Prose):
            words += len(re.sub(fences, "", part.text, flags=re.DOTALL | re.MULTILINE).split())
            lines += sum(block.count("\n") for block in re.findall(fences, part.text, re.DOTALL | re.MULTILINE))
        elif not part.hidden:
            lines += part.code.count("\n") + 1
    minutes = words / 130 + lines / 12
    assert -5 < 45 + 15 * names.index(said[1]) - minutes < 25, f"it takes about {minutes:.0f} minutes"


@EVERY
def test_our_words_are_in_the_chapters_that_the_glossary_names_and_the_field_s_beside_them(path):
    text = " ".join(path.read_text("utf-8").lower().split())
    chapter, words = text.split("<!-- end -->", 1)[1], text.split("<!-- words -->")[1].split("<!-- end -->")[0]
    pairs = sync.glossary(int(path.name[:2]))
    assert pairs
    for here, field in pairs:
        assert re.search(rf"\b{re.escape(here)}", chapter), f"{path.stem} does not say '{here}'"
        assert here in words and field.split(",")[0].lower() in words


@EVERY
def test_a_chapter_has_what_each_chapter_has(path):
    text = chapters.plain(path.read_text("utf-8"))
    number = int(path.name[:2])
    assert text.startswith(f"# {number}. ")
    for part in ("**What you will have made.**", "\n## What you learned\n", "\n## Try this\n"):
        assert part in text
    assert text.count("<details>") == text.count("</details>") >= 2
    if number < len(chapters.files()):
        following = chapters.files()[number].name
        assert text.rstrip().splitlines()[-1].endswith(f"]({following})")


@EVERY
def test_a_solution_is_checked(path):
    text = path.read_text("utf-8")
    for solution in re.findall(r"<details>.*?</details>", text, re.DOTALL):
        code = [part.code for part in chapters.parts(solution) if isinstance(part, chapters.Cell)]
        assert not code or any("assert" in cell for cell in code), f"nothing checks this solution:\n{code[0]}"


@EVERY
def test_cells_read_without_scrolling(path):
    for part in chapters.read(path):
        if isinstance(part, chapters.Cell):
            ast.parse(part.code)
            for number, line in enumerate(part.code.splitlines(), part.line):
                assert len(line) <= 130, f"line {number} is too long to read on a page"


def test_code_and_figures_in_the_chapters_are_those_of_today():
    assert not sync.stale(), "run make course-sync"


@EVERY
def test_no_figure_is_typed(path):
    """A percentage in a sentence is measured (and carries its claim), or it is somebody's, and the year is there."""
    text = re.sub(r"<!-- (claim|mean|code): .*?<!-- end -->", "", path.read_text("utf-8"), flags=re.DOTALL)
    prose = "\n\n".join(part.text for part in chapters.parts(text) if isinstance(part, chapters.Prose))
    blocks, code, formulas = r"^```.*?^```$", r"`[^`\n]*`", r"\$\$.*?\$\$|\$[^$\n]+\$"
    prose = re.sub(f"{blocks}|{code}|{formulas}", "", prose, flags=re.DOTALL | re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", prose):
        typed = re.findall(r"\d[\d.,]* ?%", paragraph)
        assert not typed or re.search(r"\b(19|20)\d\d\b", paragraph), f"{typed} in: {paragraph}"


def test_cells_quotes_and_prose_are_told_apart():
    text = "# T\n\n```python\na = 1\n```\n\nword\n\n```python hide\nb = 2\n```\n\n"
    text += "```python quote\nc\n```\n\n```sh\nls\n```\n"
    first, one, word, two, rest = chapters.parts(text)
    assert (one, two) == (chapters.Cell("a = 1", 4), chapters.Cell("b = 2", 10, hidden=True))
    assert [first.text, word.text] == ["# T", "word"]
    assert rest.text.startswith("```python quote\nc\n```") and rest.text.endswith("```")


def test_code_that_was_copied_in_does_not_run():
    block = sync.code_block("hellodl.ops.exp")
    (only,) = chapters.parts(f"before\n\n{block}\n\nafter")
    assert "def exp" in only.text
    assert [type(part) for part in chapters.parts(f"{block}\n\n```python\n1\n```")] == [chapters.Prose, chapters.Cell]


def test_a_block_that_is_never_closed_is_an_error():
    with pytest.raises(chapters.CourseError, match="never closed"):
        list(chapters.parts("```python\na = 1\n"))


def test_a_hurry_shortens_only_what_says_so():
    cell = chapters.Cell(
        "steps = 2000  # in a hurry: 5\nfor step in range(steps):\n    more = 7  # in a hurry: 1\nrest = 3", 1
    )
    assert cell.in_a_hurry() == "steps = 5\nfor step in range(steps):\n    more = 1\nrest = 3"


def test_an_error_in_a_cell_names_the_line_of_the_chapter(tmp_path):
    path = tmp_path / "01-x.md"
    path.write_text("# 1. X\n\nWords.\n\n```python\na = 1\na / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run.run(path)
    assert caught.traceback[-1].lineno + 1 == 7


def test_what_a_cell_shows_is_the_value_of_its_last_line(tmp_path, capsys):
    path = tmp_path / "01-x.md"
    path.write_text("```python\nprint('hello')\n2 + 3\n```\n\n```python\n7;\n```\n")
    _, ran = run.run(path)
    assert [(one.printed, one.value) for one in ran] == [("hello\n", 5), ("", None)]
    assert capsys.readouterr().out == "hello\n5\n"
    assert [[part["text"] for part in run.showed(one)] for one in ran] == [["hello\n", "5"], []]


def test_a_chapter_begins_with_an_interpreter_that_has_imported_nothing(tmp_path):
    path = tmp_path / "01-x.md"
    path.write_text(
        "# 1. X\n\n```python\nimport sys\nknown = len({'numpy', 'hellodl', 'cv2'} & set(sys.modules))\n```\n"
    )
    assert run.fresh(path)["figures"] == {"known": 0}


def test_a_chapter_that_stops_says_where(tmp_path):
    path = tmp_path / "01-x.md"
    path.write_text("# 1. X\n\n```python\nnp.zeros(3)\n```\n")
    with pytest.raises(chapters.CourseError, match=r"(?s)01-x\.md.*line 4.*NameError"):
        run.fresh(path)


def test_a_notebook_to_take_away_folds_its_solutions_and_runs_none_of_them():
    for path in chapters.files():
        away = notebook.folded(chapters.read(path))
        code = [part for part in away if isinstance(part, chapters.Cell)]
        solutions = [part.text for part in away if isinstance(part, chapters.Prose) and "<details>" in part.text]
        text = path.read_text("utf-8")
        assert len(solutions) == text.count("<details>") == sum("raise NotImplementedError" in one.code for one in code)
        assert all(one.startswith("<details>") and one.endswith("</details>") for one in solutions)
        given = [
            part.code
            for one in re.findall(r"<details>.*?</details>", text, re.DOTALL)
            for part in chapters.parts(one)
            if isinstance(part, chapters.Cell)
        ]
        assert given and not set(given) & {cell.code for cell in code}
        assert all(any(one in solution for solution in solutions) for one in given)
        everything = "".join(part.code if isinstance(part, chapters.Cell) else part.text for part in away)
        assert all(part.code in everything if isinstance(part, chapters.Cell) else True for part in chapters.read(path))


def test_a_chapter_is_a_notebook(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    for path in chapters.files():
        nbformat.validate(nbformat.from_dict(notebook.as_notebook(chapters.read(path))))


def test_a_notebook_runs_in_jupyter():
    pytest.importorskip("ipykernel")
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    parts = [
        part if isinstance(part, chapters.Prose) else chapters.Cell(part.in_a_hurry(), part.line, part.hidden)
        for part in chapters.read(chapters.file_of("1"))
    ]
    done = nbclient.execute(nbformat.from_dict(notebook.as_notebook(parts)))
    shown = [output for cell in done.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("<img" in output["data"].get("text/html", "") for output in shown)


def test_every_chapter_is_listed():
    index = (SOURCE / "course" / "index.md").read_text("utf-8")
    assert all(f"({path.name})" in index for path in chapters.files())


@EVERY
def test_no_line_begins_with_a_figure(path):
    """A line that begins with a comment ends its paragraph, by the rules of Markdown."""
    assert not re.findall(r"^<!-- (?:claim|mean|day|machine):.*", path.read_text("utf-8"), re.MULTILINE)
