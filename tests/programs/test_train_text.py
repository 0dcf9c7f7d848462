"""`hellodl train text`: from a file of text to a model that writes."""

import json
import signal

import numpy as np
import pytest

from hellodl import nn
from hellodl.commands import write
from hellodl.commands.cli import main
from hellodl.data.vocabulary import from_description
from hellodl.programs import recipes
from hellodl.programs import text as program
from hellodl.train.checkpoint import load, load_model

LINE = "round and round the rugged rocks the ragged rascal ran.\n"
SMALL = ("--width", 32, "--context", 16, "--batch-size", 8, "--threads", 1)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(write, "MODEL", tmp_path / "no-model-ships")
    monkeypatch.setattr(program, "SAMPLE", 40)
    (tmp_path / "rhyme.txt").write_text(LINE * 40)


def result_of(capsys, *arguments):
    status = main([str(a) for a in arguments])
    return status, capsys.readouterr()


def trained(capsys, *arguments):
    return result_of(capsys, "train", "text", "--corpus", "rhyme.txt", *SMALL, *arguments)


def test_a_rhyme_is_learned_and_samples_on_the_way_begin_as_noise(capsys, tmp_path):
    status, said = trained(capsys, "--steps", 60, "--lr", 0.02, "--json", "--out", "mine.safetensors")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["validation_loss"] < 1.6 < np.log(figures["vocabulary"])  # nats; noise has the latter
    assert said.err.count("  validation: loss") == recipes.PARTS
    assert said.err.index("before it learned anything") < said.err.index("part  1/8")
    assert "r" in figures["sample"] and figures["characters_per_token"] == 1
    assert not list(tmp_path.glob("runs/*.state")), "a finished run leaves no state to resume"
    network, metadata = load_model("mine.safetensors")
    assert isinstance(network, nn.LanguageModel)
    assert set(from_description(metadata["vocabulary"]).symbols) == set(LINE)
    _, said = result_of(capsys, "runs", "--json")
    (run,) = json.loads(said.out)
    assert run["program"] == "text" and run["data"] == "rhyme.txt" and len(run["fingerprint"]) == 16


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "gpt", "--heads", 2, "--layers", 1, "--tokens", "bytes"),
        ("--model", "lstm", "--tokens", 270),
        ("--model", "rnn", "--layers", 2, "--dropout", 0.1),
    ],
    ids=["gpt", "lstm", "rnn"],
)
def test_every_network_learns_with_every_kind_of_token_and_writes(capsys, arguments):
    _, said = trained(capsys, "--steps", 2, "--json", "--out", "one.safetensors", *arguments)
    figures = json.loads(said.out)
    assert np.isfinite(figures["validation_loss"])
    status, said = result_of(capsys, "write", "--model", "one.safetensors", "--prompt", "the é", "--length", 30)
    assert status == 0
    assert said.out.startswith("the é") and len(said.out) == len("the é") + 30 + len("\n")


def test_the_loss_is_that_of_a_character_whatever_the_tokens(capsys):
    """Before it has learned anything, a network of n tokens is ln(n) nats off at each, and c characters long."""
    arguments = ("--steps", 1, "--lr", 0, "--json", "--model", "gpt", "--heads", 1, "--layers", 1)
    _, said = trained(capsys, "--tokens", 280, *arguments)
    figures = json.loads(said.out)
    assert figures["characters_per_token"] > 1.5
    expected = np.log(figures["vocabulary"]) / figures["characters_per_token"]
    assert figures["validation_loss"] == pytest.approx(expected, rel=0.05)
    assert f"part  1/1  loss {expected:.1f}" in said.err, "while it learns, too"


@pytest.fixture
def stops_early(monkeypatch):
    """Ctrl-C is pressed in the ninth step."""
    steps, original = [], program.Trainer.step

    def step(self, *arguments):
        steps.append(1)
        if len(steps) == 9:
            signal.raise_signal(signal.SIGINT)
        return original(self, *arguments)

    return lambda: monkeypatch.setattr(program.Trainer, "step", step)


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(capsys, stops_early, tmp_path):
    arguments = "--steps 24 --dropout 0.2 --layers 2 --lr 0.01 --optimizer adam --schedule one-cycle"
    arguments = arguments.split()
    assert trained(capsys, *arguments, "--out", "whole.safetensors")[0] == 0
    stops_early()
    status, said = trained(capsys, *arguments)
    assert status == 130 and "--resume" in said.err
    assert len(list(tmp_path.glob("runs/text-2.state"))) == 1
    status, said = result_of(capsys, "train", "text", "--resume", 2, "--threads", 1, "--out", "on.safetensors")
    assert status == 0 and "from step 9 of 24" in said.err
    whole, resumed = load("whole.safetensors")[0], load("on.safetensors")[0]
    assert all((whole[name] == resumed[name]).all() for name in whole)


def test_a_run_goes_on_with_the_text_that_it_began_with_or_not_at_all(capsys, stops_early, tmp_path):
    stops_early()
    trained(capsys, "--steps", 24)
    (tmp_path / "rhyme.txt").write_text(LINE.upper() * 40)
    status, said = result_of(capsys, "train", "text", "--resume", "1")
    assert status == 1
    assert "is not what" in said.err and "give it that again" in said.err


def test_minutes_become_steps(capsys, monkeypatch):
    monkeypatch.setattr(program, "TRIAL_SECONDS", 0.05)
    _, said = trained(capsys, "--minutes", 0.002, "--json")
    settings = json.loads(said.out)["settings"]
    assert 1 <= settings["steps"] < 1000
    assert f"about {settings['steps']:,} steps" in said.err


def test_a_model_that_could_not_be_saved_is_not_trained(capsys, tmp_path):
    for out, words in ((tmp_path, "is a folder"), (tmp_path / "rhyme.txt" / "model", "cannot be made")):
        status, said = trained(capsys, "--steps", 1, "--out", out)
        assert status == 1 and words in said.err and "part  1/1" not in said.err


def test_a_loss_that_is_over_what_was_asked_for_is_exit_1(capsys):
    status, said = trained(capsys, "--steps", 1, "--least", 0.001)
    assert status == 1
    assert "misses" in said.err and "nats a character" in said.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no text"),
        (b"aaaaa", "nothing but 'a'"),
        (b"PK\0\0", "binary"),
        (b"abcabcabc", "9 characters to learn from, and a window is 16"),
        (b"abcdefgh" * 2 + b"ab", "its last tenth (1 of 18 characters) is too short"),
    ],
)
def test_text_that_cannot_be_learned_from_is_one_clear_line(capsys, tmp_path, content, words):
    (tmp_path / "rhyme.txt").write_bytes(content)
    status, said = trained(capsys, "--steps", 1)
    assert status == 1
    (line,) = said.err.strip().splitlines()
    assert words in line and "rhyme.txt" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ("--tokens", "words"),
        ("--tokens", "200"),
        ("--heads", "2"),
        ("--model", "gpt", "--heads", "3"),
        ("--context", "0"),
        ("--steps", "0"),
        ("--minutes", "-1"),
        ("--minutes", "1", "--steps", "3"),
        ("--dropout", "1"),
        ("--model", "bert"),
    ],
)
def test_wrong_usage_is_exit_2(capsys, arguments):
    status, said = trained(capsys, *arguments)
    assert status == 2
    assert arguments[-2] in said.err
