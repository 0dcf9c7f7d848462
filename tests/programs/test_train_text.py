"""`hellodl train text` and `hellodl write`: from a file of text to a model, and from the model to text."""

import json
import os
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

import hellodl
from hellodl import nn
from hellodl.commands import write
from hellodl.commands.cli import Parser, WrongUsage, main
from hellodl.data.vocabulary import Characters, from_description
from hellodl.programs import text as program
from hellodl.train.checkpoint import load, load_model, save_model

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


def test_a_rhyme_is_learned_and_samples_on_the_way_begin_as_noise(capsys, tmp_path):
    status, said = trained(capsys, "--steps", 60, "--lr", 0.02, "--json", "--out", "mine.safetensors")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["validation_loss"] < 1.6 < np.log(figures["vocabulary"])  # nats; noise has the latter
    assert said.err.count("  validation: loss") == program.PARTS
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
    arguments = (
        "--steps",
        24,
        "--dropout",
        0.2,
        "--layers",
        2,
        "--lr",
        0.01,
        "--optimizer",
        "adam",
        "--schedule",
        "one-cycle",
    )
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
    assert "is not the text that" in said.err


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
        (("read", "page.png", "--model", parrot), "is no reader of characters"),
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


def test_ingredients_can_be_left_out_and_put_in(capsys):
    def style(*words):
        parser = Parser()
        program.add_arguments(parser)
        options = parser.parse_args(words)
        program.recipe_of(options)
        return program.style_of(options)

    new, old = style("--model", "gpt"), style("--model", "gpt-2")
    assert new == {
        "bias": False,
        "rotary": True,
        "norm": "rms",
        "normalise": True,
        "activation": "relu2",
        "tied": False,
        "zero": True,
        "shift": 2,
    }
    assert old == {"bias": False}
    assert "shift" not in style("--model", "gpt", "--without", "shift")
    assert style("--model", "gpt", "--with", "swiglu")["activation"] == "swiglu"
    assert style("--model", "gpt-2", "--with", "shift", "rotary") == old | {"shift": 2, "rotary": True}
    for words in (
        ["--model", "gru", "--with", "shift"],
        ["--model", "gpt", "--with", "shift"],
        ["--model", "gpt-2", "--without", "shift"],
    ):
        with pytest.raises(WrongUsage):
            style(*words)
    assert "--with is for --model gpt-2" in capsys.readouterr().err


@pytest.mark.parametrize("width", ["30", "36"])
def test_heads_want_an_even_share_each(width, capsys):
    assert main(["train", "text", "--model", "gpt", "--width", width]) == 2
    assert f"--width {width} does not give each of 4 --heads an even share" in capsys.readouterr().err


def test_pieces_of_a_batch_share_out_evenly():
    for batch, context in ((12, 64), (32, 128), (64, 64), (16, 256), (1, 64)):
        recipe = replace(program.RECIPES["gpt"], batch_size=batch, context=context)
        pieces = -(-batch // program.micro_batch_of(recipe))
        assert pieces % program.LANES == 0 or batch < program.LANES
    assert program.micro_batch_of(replace(program.RECIPES["gpt"], batch_size=12, context=64)) == 6
