"""The exercises of the chapters: stubs, checks that let solutions pass and catch what is wrong, and what is said."""

import ast
import json
import runpy
from pathlib import Path

import pytest

from hellodl.errors import HelloError
from hellodl.learn.exercises import all_exercises, check, exercise
from hellodl.learn.trial import tried_exercise

MUTANTS = runpy.run_path(str(Path(__file__).parent / "mutants" / "exercises.py"))["MUTANTS"]
SLOW = ("2.3", "4.3", "6.3")  # these train
EVERY = pytest.mark.parametrize("one", all_exercises(), ids=lambda one: one.stem)
CASES = [
    pytest.param(
        number, *mutant, id=f"{number}: {mutant[1][:40]!r}", marks=[pytest.mark.learn] if n and number in SLOW else []
    )
    for number, mutants in MUTANTS.items()
    for n, mutant in enumerate(mutants)
]


def tried(folder: Path, number: str, text: str) -> dict:
    (folder / exercise(number).file).write_text(text, "utf-8")
    return tried_exercise(number, folder.resolve())


def test_every_exercise_of_every_chapter_is_there_once_with_several_faults():
    course = Path(__file__).resolve().parents[2] / "course"
    for path in sorted(course.glob("[0-9][0-9]-*.md")):
        text, chapter = path.read_text("utf-8"), int(path.name[:2])
        numbers = [one.number for one in all_exercises() if one.number.startswith(f"{chapter}.")]
        assert len(numbers) == text.count("<details>")
        for kind in ("exercise", "solution"):
            assert [text.count(f"<!-- {kind}: {number} -->") for number in numbers] == [1] * len(numbers)
    assert [*MUTANTS] == [one.number for one in all_exercises()]
    for number, mutants in MUTANTS.items():
        solution = exercise(number).text("solution.py")
        broken = {solution.replace(old, new) for old, new in mutants}
        assert len(broken) == len(mutants) >= 6
        for text in broken:
            compile(text, number, "exec")  # else it would be caught for being no Python


@EVERY
def test_a_stub_has_a_text_a_hint_and_no_solution(tmp_path, one):
    assert one.title and one.story and one.hint() and "Hint" not in one.story
    stub = ast.parse(one.text("stub.py"))
    assert [node.name for node in stub.body if isinstance(node, ast.FunctionDef | ast.ClassDef)] == one.names
    assert all(f"`{name}" in one.story for name in one.names)
    found = tried(tmp_path, one.number, one.text("stub.py"))
    assert found["unwritten"] and len(found["lines"]) == 1


@EVERY
def test_the_solution_passes(tmp_path, one):
    assert tried(tmp_path, one.number, one.text("solution.py")) == {"passed": True}


@pytest.mark.filterwarnings("ignore")  # wrong answers may divide by zero
@pytest.mark.parametrize(("number", "old", "new"), CASES)
def test_a_fault_is_caught(tmp_path, number, old, new):
    solution = exercise(number).text("solution.py")
    assert old in solution
    found = tried(tmp_path, number, solution.replace(old, new))
    assert not found["passed"] and not found["unwritten"]
    assert "NameError" not in str(found["lines"])
    assert 1 <= len(found["lines"]) <= 4 and all(len(line) < 500 for line in found["lines"]), found


def divided(a, b):
    return a / b, 1 / b, a / b**2


def test_in_a_notebook_a_cell_is_told_and_the_second_failure_has_a_hint(capsys):
    check("3.2", divided)
    first = capsys.readouterr().out
    assert "Exercise 3.2 (Division for `Number`): not yet.\n  divided(3, 4): the slope by b\n" in first
    assert "came      0.1875; the sign is turned" in first
    assert "Hint" not in first
    check("3.2", divided)
    assert "\nHint: The slope of $a / b$ by $a$" in capsys.readouterr().out
    check("3.2")
    assert "this cell has no `divided`" in capsys.readouterr().out
    with pytest.raises(HelloError, match=r"no exercise 3\.9; chapter 3 has 3\.1, 3\.2, 3\.3, 3\.4"):
        check("3.9", divided)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty folder to type in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_of_ones_own_is_begun_tried_and_remembered(empty, typed):
    status, said = typed("exercise 3.2")
    file = empty / "my-engine" / "exercises" / "ex03_2_divide.py"
    assert status == 0 and str(file.relative_to(empty)) in said and "hellodl learn check 3.2" in said
    assert file.read_text("utf-8") == exercise("3.2").text("stub.py")
    status, said = typed("check 3.2")
    assert status == 1 and "`divided` is not written yet" in said
    file.write_text("def divided(a, b):\n    return a / b, 1 / b, a / b**2\n", "utf-8")
    assert "your file is in" in typed("exercise 3.2")[1] and "a / b**2" in file.read_text("utf-8")
    assert "Hint" not in typed("check 3.2")[1]
    status, said = typed("check 3.2")
    assert status == 1 and "Exercise 3.2 (Division for `Number`): not yet." in said
    assert "came      0.1875; the sign is turned" in said and "Hint: The slope" in said
    assert typed("check 3.2 --solution") == (0, exercise("3.2").text("solution.py"))
    file.write_text(exercise("3.2").text("solution.py"), "utf-8")
    status, said = typed("check 3.2")
    assert status == 0 and said.strip() == "Exercise 3.2 (Division for `Number`): right."
    about = json.loads((empty / "my-engine" / "progress.json").read_text("utf-8"))["exercises"]["3.2"]
    assert about["passed"] and about["solution"] and about["failures"] == 2
    found = json.loads(typed("exercise --json")[1])["exercises"]
    assert [row["number"] for row in found if row["passed"]] == ["3.2"] and len(found) == len(all_exercises())
    assert json.loads(typed("report --json")[1])["folders"][0]["exercises"] == ["3.2"]
    assert "is yours: a story and an empty file" in typed("")[1]  # the steps, when they are wanted


def test_what_is_not_there_is_said(empty, typed):
    assert "no exercise 1.9" in typed("exercise 1.9")[1] and not [*empty.iterdir()]
    typed("exercise 1.1")
    assert "`hellodl learn exercise 1.2` puts an empty one there" in " ".join(typed("check 1.2")[1].split())
    (empty / "other").mkdir()
    (empty / "other" / "mine").touch()
    assert typed("exercise 1.1 --folder other")[0] != 0


def test_an_exercise_may_use_all_of_hellodl_where_a_step_may_not(tmp_path):
    text = exercise("3.1").text("solution.py")
    assert "from hellodl" in text and tried(tmp_path, "3.1", text)["passed"]
