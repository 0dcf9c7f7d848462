"""Words that the pen writes to learn from: legible, in many hands, the same for the same seed."""

import json

import numpy as np
import pytest

from hellodl.commands.cli import main
from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.words import figures_of, read_words
from hellodl.data.writing import ALPHABET
from hellodl.programs import lines, own_words


@pytest.fixture(scope="module")
def words():
    return own_words.words_by_pen(60, np.random.default_rng(3))


def test_words_by_the_pen_say_what_they_say(words):
    assert len(words) == 60
    assert {*"".join(words.texts)} <= {*ALPHABET}
    assert 2 < sum(" " in text for text in words.texts) < 25
    read = read_words(lines_of(LINES)[0], words, 1)
    assert figures_of([*words.texts], read, set())["error"] < 0.2


def test_the_same_seed_writes_the_same_words_and_another_does_not(words):
    again, other = (own_words.words_by_pen(60, np.random.default_rng(seed)) for seed in (3, 4))
    assert again.texts == words.texts and (again.points == words.points).all()
    assert other.texts != words.texts


def test_a_word_looks_different_in_another_hand():
    network = own_words.load_model(own_words.MODELS / "pen.safetensors")[0]
    drawn = own_words.written(network, ["minimum"] * 6, np.random.default_rng(0))
    widths = [np.ptp(np.concatenate(strokes)[:, 0]) for strokes in drawn]
    assert np.ptp(widths) > 0.15 * np.mean(widths)


def test_the_second_word_stands_to_the_right_of_the_first():
    network = own_words.load_model(own_words.MODELS / "pen.safetensors")[0]
    (both,), (one,) = (own_words.written(network, [text], np.random.default_rng(1)) for text in ("on on", "on"))
    places = np.concatenate(both)[:, 0]
    assert np.ptp(places) > 1.7 * np.ptp(np.concatenate(one)[:, 0])
    gaps = np.diff(np.sort(places))
    assert gaps.max() > 0.3


def test_a_reader_learns_from_the_pen_where_nothing_else_is_here(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "none"))
    monkeypatch.setattr(lines, "WATCHED", 10)
    few = ["--count", "64", "--pages", "0", "--epochs", "1", "--threads", "1", "--json", "--out", "l.safetensors"]
    assert main(["train", "lines", *few]) == 0
    said = capsys.readouterr()
    assert "hellodl's pen writes" in said.err
    assert json.loads(said.out)["validation_error"] > 0
