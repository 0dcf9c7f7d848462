"""How well a pen writes: a copy would be found out, and what is asked of it is measured."""

import numpy as np

from hellodl import nn
from hellodl.commands import penned
from hellodl.commands.cli import main
from hellodl.data.moves import Moves
from hellodl.data.writing import ALPHABET
from hellodl.train.checkpoint import save_model


def a_word(rng, count=30):
    moves = np.zeros((count, 4), np.float32)
    moves[:, :2] = rng.normal([0.1, 0], 0.4, (count, 2))
    moves[[10, -1], 2], moves[-1, 3] = 1, 1
    return moves


def test_an_outline_does_not_mind_where_a_word_stands_nor_how_many_points_it_has(rng):
    moves = a_word(rng)
    moved = moves.copy()
    moved[0, :2] += 5
    finer = np.repeat(moves, 2, axis=0)
    finer[:, :2] /= 2
    finer[::2, 2:] = 0
    finer[0, :2], finer[1, :2] = moves[0, :2], 0
    finer[22, :2], finer[23, :2] = moves[11, :2], 0  # up in the air at once
    one = penned.outline(moves)
    np.testing.assert_allclose(penned.outline(moved), one, atol=1e-6)
    np.testing.assert_allclose(penned.outline(finer), one, atol=1e-5)


def test_a_copy_is_near_and_another_word_is_not(rng):
    outlines = np.array([penned.outline(a_word(rng)) for _ in range(5)])
    apart = penned.apart(outlines[3] + 0.001, outlines)
    assert apart.argmin() == 3 and apart[3] < 0.01 and np.delete(apart, 3).min() > 0.1


def test_words_by_other_people_are_held_against_all_that_say_the_same(rng):
    words = [a_word(rng) for _ in range(60)]
    starts = np.cumsum([0, *map(len, words)])
    train = Moves(np.concatenate(words), starts, ["nose", "gold", "on"] * 20, np.ones(60, int))
    network = nn.Pen(len(ALPHABET) + 1, 3, 8, rng=rng)
    found = penned.nearness(network, train, train, rng)
    assert found["compared"] == 40  # two letters are too few
    assert found["real_apart"] == 0.0 and found["written_apart"] > 0.05


def test_a_pen_is_asked_about_words_by_hand(tmp_path, capsys, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    save_model("p.safetensors", nn.Pen(len(ALPHABET) + 1, 3, 8, rng=rng), classes=ALPHABET, card={})
    assert main(["evaluate", "p.safetensors", "--dataset", "ink"]) == 1
    assert "take --dataset unipen" in capsys.readouterr().err
