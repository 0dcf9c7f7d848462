"""`hellodl learn`: a reader's folder, files of every kind in it, and what is said of them."""

import json
import re

import numpy as np
import pytest

from hellodl.commands import cli
from hellodl.learn import asking, process
from hellodl.learn import folder as folders
from hellodl.learn.steps import MILESTONES, STEPS, foundations, step


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to type in, where my-engine was begun."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["learn"]) == 0
    return tmp_path / "my-engine"


def write(here, text: str, number: int = 1) -> None:
    (here / step(number).file).write_text(text, "utf-8")


def solve(here, *numbers: int) -> None:
    for number in numbers:
        write(here, step(number).text("solution.py"), number)


def test_a_folder_has_a_story_and_an_empty_file_for_each_step_and_nothing_is_written_over(here, typed):
    assert len(STEPS) == 14 and [one.number for one in STEPS] == [*range(1, 15)]
    for one in STEPS:
        assert (here / one.file).read_text("utf-8") == one.text("stub.py")
        assert (here / one.story).read_text("utf-8").startswith(f"# Step {one.number}: ")
    write(here, "mine = 1\n")
    (here / step(2).file).unlink()
    status, said = typed("")
    assert status == 0 and "Put there again: step02_slope.py" in said and "hellodl learn check 1" in said
    assert (here / step(1).file).read_text("utf-8") == "mine = 1\n"


@pytest.mark.parametrize("one", STEPS, ids=lambda one: one.stem)
def test_texts_fit_each_other(one):
    """What is to be written is named in the story, is in the stub, and has a hint."""
    wanted = set(re.findall(r"^(?:def|class) (\w+)", one.text("stub.py"), re.MULTILINE))
    hints = re.findall(r"^## (\w+)$", one.text("hint.md"), re.MULTILINE)
    assert wanted == set(hints) and len(hints) == len(wanted)
    assert wanted <= set(re.findall(r"`(\w+)\(", one.text("story.md")))
    assert wanted <= set(re.findall(r"^(?:def|class) (\w+)", one.text("solution.py"), re.MULTILINE))
    assert f"hellodl learn check {one.number}" in one.text("story.md")
    assert all(one.hint(name) for name in wanted)
    assert all(below.number < one.number for below in foundations(one.needs))
    imported = {int(n) for n in re.findall(r"^from step(\d\d)", one.text("solution.py"), re.MULTILINE)}
    assert imported <= {below.number for below in foundations(one.needs)} | set(one.needs)


SUM = "def weighted_sum(x, w, b):\n    "

WRONG = {
    "a sign": (
        SUM + "return x @ w - b\n",
        ["weighted_sum([1, 2], [0.5, -1], 0.25)", "expected  -1.25", "came      -1.75"],
    ),
    "no Python": ("def weighted_sum(x, w, b)\n    return x\n", ["step01_neuron.py, line 1: expected ':'"]),
    "no return": (SUM + "x @ w + b\n", ["came      None; is there a `return`?"]),
    "an error": (SUM + "return np.dot(x, w)\n", ["NameError: name 'np' is not defined (step01_neuron.py, line 2)"]),
    "at once": ("import nump\n", ["step01_neuron.py, line 1: ModuleNotFoundError", "before any question"]),
    "another name": ("def weightedsum(x): pass\n", ["has no `weighted_sum`; is 'weightedsum' meant to be it?"]),
    "the end": ("import os\n" + SUM + "os._exit(0)\n", ["weighted_sum([1, 2], [0.5, -1], 0.25)", "Python ended here"]),
    "an exit": (SUM + "raise SystemExit\n", ["your code ended Python (SystemExit)"]),
    "a shape": (SUM + "return x * w\n", ["shape (2,)"]),
    "much": ("for _ in range(99999): print('spam ' * 9)\n" + SUM + "return 7\n", ["| spam spam", "came      7"]),
    "no end": (SUM + "while True: pass\n", ["not done after 3 seconds", "step01_neuron.py, line 2 (`weighted_sum`)"]),
    "help": ("from hellodl import nn\n", ["write it with NumPy alone"]),
    "too deep": (SUM + "return weighted_sum(x, w, b)\n", ["RecursionError"]),
    "escapes": (SUM + "raise ValueError('\\x1b[2J')\n", ["ValueError: ?[2J"]),
    "nothing yet": (step(1).text("stub.py"), ["`weighted_sum` is not written yet", "stories"]),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_file_is_told_in_a_few_lines(here, typed, monkeypatch, kind):
    text, says = WRONG[kind]
    if kind == "no end":
        monkeypatch.setattr(process.try_step, "__defaults__", (3.0,))
    write(here, text)
    status, said = typed("check 1")
    assert status == 1
    assert "Step 1, a neuron: not yet." in said
    assert not [words for words in says if words not in said], said
    assert "Traceback" not in said and "\x1b" not in said and len(said.splitlines()) < 16
    assert not [*here.glob("__pycache__")]


def test_a_hint_after_the_second_failure_and_the_solution_only_when_asked(here, typed):
    write(here, SUM + "return x @ w\n")
    first, second = typed("check 1")[1], typed("check 1")[1]
    assert "Hint" not in first and "Hint: `x @ w` multiplies" in second
    assert step(1).text("solution.py") not in first + second
    status, said = typed("check 1 --solution")
    assert status == 0 and said == step(1).text("solution.py")
    about = json.loads((here / folders.PROGRESS).read_text("utf-8"))["steps"]["1"]
    assert (about["tries"], about["failures"], about["solution"]) == (2, 2, True)
    solve(here, 1)
    status, said = typed("check 1")
    assert status == 0 and "right" in said and "Next is step 2" in said
    write(here, SUM + "return x @ w\n")
    assert "Hint" not in typed("check 1")[1]  # counted anew since it was right


def test_what_stands_on_a_wrong_step_says_so(here, typed):
    write(here, step(1).text("solution.py").replace("np.exp(-z)", "np.exp(z)"))
    solve(here, 2)
    assert "It builds on step 1, which is not right either" in typed("check 2")[1]


def test_numbers_that_were_moved_and_moved_back_are_told_apart(here, typed):
    solve(here, 1, 2)
    text = step(2).text("solution.py")
    write(here, text.replace("move[i] = eps", "w[i] += eps; w[i] -= eps; move[i] = eps"), 2)
    said = " ".join(typed("check 2")[1].split())
    assert re.search(r"\[0.5, 5\], is off by \de-1\d afterwards", said) and "work on a copy" in said


def test_numbers_that_differ_look_different(here, typed):
    write(here, step(1).text("solution.py").replace(">= 0.5", ">= 0.49"))
    assert "round_off([0.2, 0.49999, 0.5, 0.9, 1, 0])" in typed("check 1")[1]
    near = np.array([1.0, 2.0])
    assert asking.differing(near, near + np.array([0, 3e-5])) == ("[1, 2]", "[1, 2.00003]")
    assert asking.differing(np.ones(99), np.ones(99) + 2e-5) == ("1 at [0] of shape (99,)", "1.00002 there")
    assert asking.shown(np.array([0.1 + 0.2, 0.3])) == "[0.3, 0.3]"
    exact = str(0.570642)
    solve(here, *range(1, 15))
    write(here, step(12).text("solution.py").replace("mul(z, h), mul(add(1", "mul(z, h), mul(add(2"), 12)
    assert f"expected  [[{exact[:6]}]]" in typed("check 12")[1]


@pytest.mark.parametrize("call", ["if may_skip(path, s):", "and may_skip(path, s + 2):"])
def test_a_walk_that_jumps_between_equal_letters_is_told_so(here, typed, call):
    solve(here, *range(3, 15))
    text = step(14).text("solution.py")
    word, at = call.split()[0], call.partition(", ")[2][:-2]
    write(here, text.replace(call, f"{word} {at} >= 2 and path[{at}] != 0:"), 14)
    said = " ".join(typed("check 14")[1].split())
    assert "on the path [0, 2, 0, 2, 0], the walk jumped between equal letters" in said


def test_a_sum_written_into_what_another_tensor_holds_is_named(here, typed):
    solve(here, 3, 4)
    text = step(4).text("solution.py")
    write(here, text.replace("part = coming[id(parent)] + part", "coming[id(parent)] += part; continue"), 4)
    status, said = typed("check 4")
    assert status == 1 and "was [1, 1], and is [5, 5] afterwards" in said and "`+=` writes into the array" in said


def test_xor_runs_on_the_readers_engine_as_soon_as_it_may(here, typed):
    assert "it needs your step 3" in typed("run xor")[1]
    solve(here, *range(1, 7))
    for one in STEPS[:6]:
        folders.Folder(here).note(one, {"passed": True})
    assert "hellodl learn run xor" in typed("")[1]
    status, said = typed("run xor")
    assert status == 0 and "XOR learned" in said and "Next is step 7" in said
    assert "on your own engine (steps 3 to 6):" in said
    layer = (here / step(6).file).read_text("utf-8")
    write(here, layer.replace("np.zeros(n_out)", "np.zeros(n_out) + 1"), 6)
    status, said = typed("run xor")
    assert status == 1 and "step 6" in said


def test_an_earlier_step_checked_once_more_announces_no_later_milestone(here, typed):
    solve(here, *range(1, 15))
    folder = folders.Folder(here)
    for one in STEPS[:6]:
        folder.note(one, {"passed": True})
    assert "Next is step 7" in typed("check 3")[1]
    assert "hellodl learn run xor" in typed("check 6")[1]
    folder = folders.Folder(here)
    for one in STEPS[6:]:
        folder.note(one, {"passed": True})
    said = typed("check 2")[1]
    assert "All 14 steps are done; `hellodl learn` says what is left" in " ".join(said.split())
    readme = (here / "README.md").read_text("utf-8")
    assert all(f"hellodl learn run {one.name} " in readme and f"after step {one.after}" in readme for one in MILESTONES)
    assert MILESTONES[-1].runs_on == "steps 3 to 8, 10 and 13"


@pytest.mark.learn
@pytest.mark.parametrize("milestone", MILESTONES, ids=lambda milestone: milestone.name)
def test_milestones_run_on_the_solutions(here, typed, milestone):
    solve(here, *range(1, 15))
    status, said = typed(f"run {milestone.name} --json")
    assert status == 0, said
    assert folders.Folder(here).reached(milestone)


def test_a_report_over_a_class(here, typed, tmp_path):
    solve(here, 1, 2)
    assert [typed(f"check {number}")[0] for number in (1, 2, 3)] == [0, 0, 1]
    for name in ("ada", "bob"):
        assert cli.main(["learn", str(tmp_path / "class" / name)]) == 0
    (tmp_path / "class" / "bob" / folders.PROGRESS).write_text("{", "utf-8")
    status, said = typed("report my-engine class")
    assert status == 0
    assert re.search(r"my-engine +2 of 14 +\+\+\.{12} ", said)
    assert re.search(r"ada +0 of 14 +\.{14} ", said)
    assert re.search(r"bob .+cannot be read", said)
    rows = json.loads(typed("report my-engine --json")[1])["folders"]
    assert (rows[0]["passed"], rows[0]["at"], rows[0]["tries"]) == (2, 3, 3)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("check 15", 1, "there is no step 15; there are 1 to 14"),
        ("check one", 2, "'one' is no number of a step"),
        ("check", 2, "check what?"),
        ("run chess", 1, "there is no milestone 'chess'; there are xor,"),
        ("check 1 --folder nowhere", 1, "nowhere was not begun yet"),
        ("report nowhere", 1, "nowhere is no folder that `hellodl learn` began"),
        ("two folders", 2, "one folder at a time"),
        (". ", 1, "has other things in it"),
        ("--solution", 2, "hellodl learn check N --solution"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(here, typed, words, status, says):
    assert cli.main(["learn", *words.split()]) == status
    found = typed(words)
    assert found[0] == status and says in found[1] and found[1].count("\n") == 1


def test_json_for_programs(here, typed):
    write(here, SUM + "return 0\n")
    found = json.loads(typed("check 1 --json")[1])
    assert (found["step"], found["passed"], found["about"], found["failures"]) == (1, False, "weighted_sum", 1)


def test_the_numbers_in_the_stories_are_right():
    """Examples in words, worked out anew."""
    assert round(1 / (1 + np.e**1.25), 4) == 0.2227
    z = np.exp([2.0, 1.0, 0.0])
    assert np.round(z / z.sum(), 4).tolist() == [0.6652, 0.2447, 0.0900] and round(-np.log(z[0] / z.sum()), 4) == 0.4076
    keep = 1 / (1 + np.exp(-1.5))
    idea = np.tanh(1 + keep * 0.5)
    assert [round(n, 4) for n in (keep, idea, keep * 0.5 + (1 - keep) * idea)] == [0.8176, 0.8872, 0.5706]
    share = 1 / (1 + np.exp(-2))
    assert round(share, 4) == 0.8808 and round(share * 10 + (1 - share) * 20, 2) == 11.19
