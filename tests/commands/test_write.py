"""`hellodl write`: from a prompt and a model to text that goes on from there."""

import json
import os
import sys
import time

import numpy as np
import pytest

import hellodl
from hellodl import nn
from hellodl.commands import write
from hellodl.commands.cli import main
from hellodl.data.vocabulary import Characters
from hellodl.train.checkpoint import save_model


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(write, "MODEL", tmp_path / "no-model-ships")
    (tmp_path / "rhyme.txt").write_text("round and round the rugged rocks the ragged rascal ran.\n" * 40)


def result_of(capsys, *arguments):
    status = main([str(a) for a in arguments])
    return status, capsys.readouterr()


@pytest.fixture
def letters_reader(tmp_path):
    """A model that tells letters apart, in a file."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 26, rng=np.random.default_rng(0)))
    save_model(tmp_path / "letters.safetensors", network, classes="abcdefghijklmnopqrstuvwxyz", card={})
    return tmp_path / "letters.safetensors"


@pytest.fixture
def parrot(tmp_path):
    """A text model that has learned nothing, in a file, quickly."""
    vocabulary = Characters("ab\n")
    network = nn.RecurrentText("gru", vocabulary.size, 8, 1, rng=np.random.default_rng(0))
    save_model(tmp_path / "parrot.safetensors", network, vocabulary=vocabulary.describe(), card={})
    return tmp_path / "parrot.safetensors"


def test_writing_again_from_the_same_seed_is_the_same_and_from_another_is_not(capsys, parrot):
    def written(*arguments):
        return result_of(capsys, "write", "--model", parrot, "--length", 50, *arguments)[1].out

    assert written("--seed", 1) == written("--seed", 1) != written("--seed", 2)
    careful = written("--temperature", 0)
    assert careful == written("--top-k", 1, "--seed", 3) == written("--top-p", 0.01, "--seed", 4)


def test_writing_in_python_is_writing_on_the_command_line(capsys, parrot):
    _, said = result_of(capsys, "write", "--model", parrot, "--prompt", "ab", "--length", 9, "--seed", 5, "--json")
    answer = json.loads(said.out)
    assert answer["text"] == hellodl.write("ab", parrot, length=9, seed=5)
    assert answer["text"].startswith("ab") and len(answer["text"]) == 11


def test_what_the_model_never_saw_is_said_and_read_as_unknown(capsys, parrot):
    status, said = result_of(capsys, "write", "--model", parrot, "--prompt", "aé\x1b\udcff", "--length", 5)
    assert status == 0
    assert "'é', '\\x1b', '\ufffd'" in said.err
    assert said.out.startswith("aé\x1b\ufffd")


def test_a_prompt_longer_than_the_context_is_read_from_its_end(capsys, tmp_path):
    vocabulary = Characters("ab\n")
    network = nn.GPT(vocabulary.size, 8, 1, 1, 8, rng=np.random.default_rng(0))
    save_model("short.safetensors", network, vocabulary=vocabulary.describe(), card={})
    status, said = result_of(capsys, "write", "--model", "short.safetensors", "--prompt", "ab" * 20, "--length", 30)
    assert status == 0
    assert "40 tokens, and this model looks at 8" in said.err
    assert len(said.out) == 40 + 30 + 1


def test_the_newest_model_writes_where_none_ships_and_the_shipped_one_where_it_does(
    capsys, parrot, tmp_path, monkeypatch
):
    status, said = result_of(capsys, "write")
    assert status == 1 and "hellodl train text" in said.err and said.out == ""
    (tmp_path / "runs").mkdir()
    for number, age in ((6, 300), (7, 100), (8, 200)):
        copy = tmp_path / "runs" / f"text-{number}.safetensors"
        copy.write_bytes(parrot.read_bytes())
        os.utime(copy, (time.time() - age,) * 2)
    _, said = result_of(capsys, "write", "--length", 3)
    assert "text-7.safetensors writes" in said.err
    monkeypatch.setattr(write, "MODEL", tmp_path / "runs" / "text-7.safetensors")
    _, said = result_of(capsys, "write", "--length", 3)
    assert said.err == ""


def test_models_of_another_kind_are_refused_in_one_line(capsys, tmp_path, parrot, letters_reader):
    for arguments, words in (
        (("write", "--model", letters_reader), "is no model that writes"),
        (("read", "page.png", "--model", parrot), "reads no lines"),
        (("evaluate", parrot), "take a model that reads"),
        (("write", "--model", tmp_path / "rhyme.txt"), "is no safetensors file"),
        (("write", "--model", tmp_path / "nowhere"), "no such file"),
    ):
        status, said = result_of(capsys, *arguments)
        assert status == 1
        (line,) = said.err.strip().splitlines()
        assert words in line


def test_a_vocabulary_that_is_not_the_models_is_refused(capsys, tmp_path):
    network = nn.RecurrentText("gru", 9, 8, 1)
    for vocabulary, words in (
        (Characters("ab").describe(), "9 tokens and its vocabulary 3"),
        ({"kind": "words"}, "vocabulary cannot be understood"),
    ):
        save_model("odd.safetensors", network, vocabulary=vocabulary, card={})
        status, said = result_of(capsys, "write", "--model", "odd.safetensors")
        assert status == 1 and words in said.err and "odd.safetensors" in said.err


@pytest.mark.parametrize(
    "arguments",
    [("--temperature", "-1"), ("--top-k", "0"), ("--top-p", "2"), ("--length", "-1"), ("--temperature", "nan")],
)
def test_knobs_that_make_no_sense_are_wrong_usage(capsys, parrot, arguments):
    status, said = result_of(capsys, "write", "--model", parrot, *arguments)
    assert status == 2 and arguments[0] in said.err


def test_on_a_terminal_nothing_but_text_is_written(capsys, parrot, monkeypatch):
    monkeypatch.setattr(write, "continued", lambda *arguments: iter(["a\x1b[2J"]))
    assert result_of(capsys, "write", "--model", parrot)[1].out == "a\x1b[2J\n", "a file gets what was written"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert result_of(capsys, "write", "--model", parrot)[1].out == "a\ufffd[2J\n"


def test_text_comes_as_it_is_written_and_an_interruption_ends_its_line(capsys, parrot, monkeypatch):
    def three_and_no_more(*arguments):
        yield from "abc"
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "continued", three_and_no_more)
    status, said = result_of(capsys, "write", "--model", parrot)
    assert status == 130
    assert said.out == "abc\n"
