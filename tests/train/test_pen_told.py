"""A pen is told what people did next, and takes on the hand of who wrote a few words."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.train.pen import fitted, told

TEXTS = ["nose", "on", "ace"]


def some_words(rng):
    words = []
    for text in TEXTS:
        moves = np.zeros((6 * len(text), 4), np.float32)
        moves[:, :2] = rng.normal([0.1, 0], 0.3, (len(moves), 2))
        moves[[5, -1], 2], moves[-1, 3] = 1, 1
        words.append(moves)
    return words


def test_what_fills_up_a_shorter_word_counts_for_nothing(rng):
    model, words = nn.Pen(84, 4, 8, rng=rng), some_words(rng)
    hands = np.array([1, 2, 3])
    together = told(model, words, TEXTS, hands)
    alone = [told(model, [word], [text], hands[[k]]) for k, (word, text) in enumerate(zip(words, TEXTS))]
    assert together[0].item() == pytest.approx(sum(loss.item() for loss, *_ in alone), rel=1e-5)
    assert together[1:] == tuple(sum(each[k] for each in alone) for k in (1, 2))
    assert together[2] == sum(map(len, words))


def test_a_fitted_hand_explains_the_words_better_and_leaves_the_network_alone(rng):
    model, words = nn.Pen(84, 30, 8, rng=rng), some_words(rng)
    model.hands.weight.data *= 3
    before = {name: array.copy() for name, array in model.state_dict().items()}
    hand = fitted(model, words, TEXTS, steps=40)
    assert all((array == before[name]).all() for name, array in model.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())

    def cost(vector):
        with no_grad():
            return told(model, words, TEXTS, Tensor(vector[None].repeat(3, axis=0)))[0].item()

    known = model.hands.weight.data[1:]
    assert cost(hand) < cost(known.mean(axis=0)) - 0.1
    assert (np.abs(hand - known.mean(axis=0)) < 4 * known.std(axis=0)).all()  # and is no stranger to its hands
