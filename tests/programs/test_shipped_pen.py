"""The pen that ships is there, is small, and what it writes can be read."""

import numpy as np

import hellodl
from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.pen import load
from hellodl.commands.penned import by_pen
from hellodl.commands.words import figures_of, read_words
from hellodl.models import find_model

WORDS = ["reader", "handwriting", "yesterday", "Hello", "window", "people", "moment", "letter", "could", "Monday"]


def test_the_pen_that_ships_is_small_and_writes_in_many_hands():
    assert find_model("pen").stat().st_size <= 2_000_000
    network, _ = load(None)
    assert len(network.hands.weight.data) > 50
    letter = hellodl.pen("Dear reader,\nthis is by hand.", hand=3, seed=1)
    assert len(letter.strokes) > 10 and letter.levels[1] > letter.levels[0] + 2


def test_what_it_writes_can_be_read():
    network, _ = load(None)
    written = by_pen(network, WORDS * 4, np.random.default_rng(0), tidy=1.0)
    read = figures_of([*written.texts], read_words(lines_of(LINES)[0], written))
    assert read["error_case_ignored"] < 0.35  # 0.1 or so of people's words are read wrong
    scribbled = by_pen(network, [word[::-1] for word in WORDS] * 4, np.random.default_rng(0), tidy=1.0)
    assert figures_of(WORDS * 4, read_words(lines_of(LINES)[0], scribbled))["error_case_ignored"] > 0.6  # nor guessed
