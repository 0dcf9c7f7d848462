"""What is said on the way goes to the terminal, and results go where they were sent."""

import io

import pytest
from rich.console import Console

from hellodl import console


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 40 columns, for results."""
    monkeypatch.setattr(console, "columns", lambda stream: 40)


def test_results_go_to_their_file_while_a_bar_is_on_the_terminal(monkeypatch, capsys):
    terminal = io.StringIO()
    monkeypatch.setattr(console, "_console", Console(file=terminal, force_terminal=True, width=80))
    with console.progress_bar("working", 2) as bar:
        print("a result")
        bar.advance()
    assert capsys.readouterr().out == "a result\n"
    assert "working" in terminal.getvalue()
    assert "a result" not in terminal.getvalue()


def test_lines_are_broken_between_words_and_words_are_not():
    text = "  a line that is longer than thirty columns, and https://example.org/that/is/longer/than/all/of/it\nshort"
    assert console.wrapped(text, None) == text
    lines = console.wrapped(text, 30).split("\n")
    assert lines[0] == "  a line that is longer than" and lines[-1] == "short"
    assert lines[-2].strip() == "https://example.org/that/is/longer/than/all/of/it"
    assert all(line.startswith("  ") for line in lines[:-1])


ROWS = [("1", "a thing with a long name, and more", "0.5"), ("2", "b", "")]


def test_a_table_has_a_row_for_each_where_there_is_room(capsys):
    console.show_table(("run", "what", "loss"), ROWS)
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.index("what") == first.index("a thing") == second.index("b")
    assert head.index("loss") == first.index("0.5")


def test_a_table_that_is_too_wide_is_told_row_by_row(narrow, capsys):
    console.show_table(("run", "what", "loss"), ROWS)
    first, second = capsys.readouterr().out.split("\n\n")
    assert first.splitlines() == ["run   1", "what  a thing with a long name, and more", "loss  0.5"]
    assert second.splitlines() == ["run   2", "what  b"]


def test_long_values_are_wrapped_below_each_other(narrow, capsys):
    console.show_facts({"a": "one two three four five six seven eight\nnine", "long": "x", "none": ""}, margin="  ")
    said = capsys.readouterr().out.splitlines()
    assert said == ["  a     one two three four five six", "        seven eight", "        nine", "  long  x"]


def test_what_is_done_within_the_work_of_a_bar_shows_none(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(console, "_console", Console(file=terminal, force_terminal=True, width=80))
    with console.progress_bar("outside", 2), console.progress_bar("inside", 2) as bar:
        bar.advance()
        bar.note("unseen")
    assert "outside" in terminal.getvalue() and "inside" not in terminal.getvalue()
    with console.progress_bar("afterwards", 2):
        pass
    assert "afterwards" in terminal.getvalue()


@pytest.mark.parametrize(("count", "said"), [(0, "0 pages"), (1, "1 page"), (2000, "2,000 pages")])
def test_one_is_not_several(count, said):
    assert console.some(count, "page") == said
