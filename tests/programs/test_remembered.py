"""What a run remembers of its command line: all that decides what comes out, and nothing that a state could misuse."""

import json
import signal

import pytest

from hellodl.commands.cli import TRAIN, main
from hellodl.programs import recorded
from hellodl.train import Trainer
from hellodl.train.checkpoint import load, save


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "data"))
    (tmp_path / "rhyme.txt").write_text("Humpty Dumpty sat on a wall\n" * 60)


SHORT = (
    "--corpus",
    "rhyme.txt",
    "--steps",
    "12",
    "--context",
    "16",
    "--width",
    "8",
    "--batch-size",
    "4",
    "--threads",
    "1",
)


@pytest.fixture
def stopped(monkeypatch, capsys):
    """A run of `train text` that Ctrl-C stopped in its fifth step; its state."""
    with monkeypatch.context() as patch:
        steps, original = [], Trainer.step

        def step(self, *arguments):
            steps.append(1)
            if len(steps) == 5:
                signal.raise_signal(signal.SIGINT)
            return original(self, *arguments)

        patch.setattr(Trainer, "step", step)
        assert main(["train", "text", *SHORT]) == 130
    said = capsys.readouterr().err
    assert "--resume" in said and "text-1.state" in said
    return recorded.RUNS / "text-1.state"


def changed(state, **asked):
    """The state with other things in what it remembers."""
    tensors, metadata = load(state)
    metadata["training"]["about"]["asked"] |= asked
    save(state, tensors, metadata)


def test_all_that_decides_is_remembered_and_nothing_of_the_call(stopped):
    about = load(stopped)[1]["training"]["about"]
    assert about["program"] == "text" and about["asked"]["corpus"] == "rhyme.txt"
    assert (about["asked"]["steps"], about["asked"]["width"], about["asked"]["seed"]) == (12, 8, 0)
    assert not {"out", "resume", "threads", "data", "json", "debug", "least", "parser"} & about["asked"].keys()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"out": "elsewhere.safetensors"}, "has no 'out'"),
        ({"data": "/etc"}, "has no 'data'"),
        ({"__class__": "x"}, "has no '__class__'"),
        ({"parser": "x"}, "has no 'parser'"),
        ({"wrong_usage": "x"}, "has no 'wrong_usage'"),
        ({"steps": "many"}, "'many' is no whole number"),
        ({"steps": -1}, "'-1' is no whole number"),
        ({"steps": [1]}, "--steps is no text or number"),
        ({"steps": {"a": 1}}, "--steps is no text or number"),
        ({"steps": True}, "--steps is no text or number"),
        ({"lr": float("nan")}, "'nan' is no number of at least 0"),
        ({"model": "bert"}, "invalid choice: 'bert'"),
        ({"without": ["x"]}, "invalid choice: 'x'"),
        ({"corpus": "--help"}, "--help: there is no"),
    ],
)
def test_a_state_sets_only_what_a_resume_may_set(stopped, capsys, tmp_path, asked, words):
    changed(stopped, **asked)
    before = sorted(tmp_path.rglob("*"))
    assert main(["train", "text", "--resume", "1"]) == 1
    err = capsys.readouterr().err
    assert words in err and err.count("\n") == 1, err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "about", [None, [], {}, {"program": "text"}, {"program": "text", "asked": "all"}, {"asked": {}}]
)
def test_a_state_that_does_not_say_what_it_was_is_one_line(stopped, capsys, about):
    tensors, metadata = load(stopped)
    metadata["training"]["about"] = about
    save(stopped, tensors, metadata)
    assert main(["train", "text", "--resume", "1"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("place", [{"steps": -1}, {"steps": "x"}, {"steps": 99}, {"history": [1]}, {"settings": 1}])
def test_a_state_whose_place_is_none_is_one_line(stopped, capsys, place):
    tensors, metadata = load(stopped)
    metadata["training"] |= place
    save(stopped, tensors, metadata)
    assert main(["train", "text", "--resume", "1"]) == 1
    err = capsys.readouterr().err
    assert "unexpected" not in err and "text-1.state" in err


def test_what_is_typed_beside_resume_is_what_the_run_has_or_wrong_usage(stopped, capsys):
    assert main(["train", "text", "--resume", "1", "--steps", "13"]) == 2
    assert "--steps is 12 in the run that goes on, not 13; leave it out" in capsys.readouterr().err
    assert main(["train", "text", *SHORT, "--resume", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["steps"] == 12


def test_a_state_of_another_program_is_refused(stopped, capsys):
    assert main(["train", "splice", "--resume", str(stopped)]) == 1
    assert "is no run of this program" in capsys.readouterr().err


def test_a_model_that_cannot_be_saved_fails_the_run_and_leaves_its_state(stopped, capsys, tmp_path):
    """What stands in the way comes after the look at the beginning."""
    out = tmp_path / "model.safetensors"
    judge = recorded.RunLog.run

    def in_the_way(self, *arguments, **named):
        out.mkdir()
        return judge(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorded.RunLog, "run", in_the_way)
        assert main(["train", "text", "--resume", "1", "--out", str(out)]) == 1
    assert "not saved" in (said := capsys.readouterr().err) and "go on with --resume" in said
    out.rmdir()
    assert main(["train", "text", "--resume", "1", "--out", str(out)]) == 0
    assert out.is_file() and not stopped.exists()


WRONG = {
    "--epochs": ("0", "-1", "1.5", "x", "9" * 30),
    "--steps": ("0", "-1"),
    "--batch-size": ("0", "-5"),
    "--count": ("0", "-7"),
    "--members": ("0",),
    "--pages": ("-1",),
    "--lr": ("nan", "inf", "-0.1", "x"),
    "--temperature": ("0", "nan"),
    "--minutes": ("0", "inf"),
    "--dropout": ("1", "nan", "-0.1"),
    "--least": ("nan", "x"),
    "--seed": ("-1", "9" * 30),
    "--threads": ("0",),
}


@pytest.mark.parametrize("program", TRAIN)
def test_numbers_that_make_no_sense_are_wrong_usage_in_all_programs(program, capsys):
    assert main(["train", program, "-h"]) == 0
    offered = capsys.readouterr().out
    tried = [(flag, value) for flag, values in WRONG.items() if f"{flag} " in offered for value in values]
    assert len(tried) > 8
    for flag, value in tried:
        assert main(["train", program, f"{flag}={value}"]) == 2, (flag, value)
        said = capsys.readouterr().err
        assert flag in said and said.count("\n") == 1
