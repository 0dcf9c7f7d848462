"""The network that writes by hand: right gradients, the same step by step as all at once, and words that end."""

import json

import numpy as np
import pytest

from hellodl import nn
from hellodl.autograd.gradcheck import gradcheck_module
from hellodl.autograd.tensor import Tensor
from hellodl.errors import DataError
from hellodl.nn.pen import MOVE, UNIT
from hellodl.nn.penning import drawn, penned
from hellodl.ops.mixture import mixture_loss

TEXTS, LENGTHS = np.array([[1, 2, 3, 0], [4, 0, 0, 0]]), np.array([4, 2])


def small(rng, **more):
    return nn.Pen(5, 3, 6, 2, 2, 3, 2, 2, rng=rng, **more)


def some_moves(rng, steps=6):
    moves = rng.standard_normal((steps, 2, MOVE)).astype(np.float32)
    moves[..., 2:] = moves[..., 2:] > 0
    return moves


def test_gradients_are_the_slopes(rng):
    class Asked(nn.Module):
        """A pen that writes these words in these hands."""

        def __init__(self):
            self.pen = small(rng)

        def forward(self, moves):
            return self.pen(moves, TEXTS, LENGTHS, np.array([2, 0]))

    moves = some_moves(rng)
    checks = gradcheck_module(Asked(), moves, rng, most=40, loss=lambda said: mixture_loss(said, moves))
    assert len(checks) == 16 and all(check.checked for check in checks)


def test_step_by_step_it_says_what_it_says_of_all_steps_at_once(rng):
    model, moves, hands = small(rng).eval(), some_moves(rng), np.array([1, 2])
    whole = model(Tensor(moves), TEXTS, LENGTHS, hands).data
    state, vectors = model.begin(TEXTS), model.letters.weight.data[TEXTS]
    constant = model.constant(TEXTS, model.hands.weight.data[hands])
    for at, step in zip(moves, whole):
        said, state = model.step(at, vectors, LENGTHS, constant, state)
        np.testing.assert_allclose(said, step, rtol=1e-4, atol=1e-5)


def test_a_description_in_json_makes_the_same_pen_again(rng):
    model = small(rng)
    twin = nn.build(json.loads(json.dumps(nn.describe(model))))
    twin.load_state_dict(model.state_dict())
    moves, hands = Tensor(some_moves(rng)), np.array([0, 1])
    assert (twin(moves, TEXTS, LENGTHS, hands).data == model(moves, TEXTS, LENGTHS, hands).data).all()


def test_a_word_in_company_is_the_word_alone(rng):
    model, moves = small(rng), some_moves(rng)
    both = model(Tensor(moves), TEXTS, LENGTHS, np.array([1, 2])).data
    alone = model(Tensor(moves[:, 1:]), TEXTS[1:, :2], LENGTHS[1:], np.array([2])).data
    np.testing.assert_allclose(both[:, 1:], alone, rtol=1e-4, atol=1e-6)


def told(hills, flags):
    """What a network says that is sure of it: hills of (π̂, μ₁, μ₂, ŝ₁, ŝ₂, ρ̂), and logits of flags."""
    return np.array([[*np.array(hills, float).T.ravel(), *flags]], np.float32)


def test_movements_are_drawn_as_the_mixture_has_them(rng):
    said = told([[0, 2, -1, np.log(0.5), np.log(0.2), 0.7], [np.log(3), -4, 1, -1, -1, 0]], [np.log(4), -50])
    many = drawn(said.repeat(40_000, axis=0), np.zeros((40_000, 1)), np.ones(40_000, bool), rng)
    first = many[many[:, 0] > -1]
    assert len(first) / len(many) == pytest.approx(0.25, abs=0.01)
    np.testing.assert_allclose(first[:, :2].mean(axis=0), [2, -1], atol=0.02)
    np.testing.assert_allclose(first[:, :2].std(axis=0), [0.53, 0.23], atol=0.01)
    assert np.corrcoef(first[:, 0], first[:, 1])[0, 1] == pytest.approx(0.98 * np.tanh(0.7), abs=0.02)
    assert many[:, 2].mean() == pytest.approx(0.8, abs=0.01) and not many[:, 3].any()


def test_tidiness_narrows_the_mixture(rng):
    said = told([[0, 2, -1, 0, 0, 0], [1, -4, 1, 0, 0, 0]], [1, 0]).repeat(20_000, axis=0)
    wild, tidy = (drawn(said, np.full((20_000, 1), b), np.zeros(20_000, bool), rng) for b in (0.0, 2.0))
    assert tidy[tidy[:, 0] < -1, 0].std() < 0.2 * wild[wild[:, 0] < -1, 0].std()
    assert (tidy[:, 0] < -1).mean() == pytest.approx(1 / (1 + np.exp(-3)), abs=0.01)
    assert tidy[:, 2].mean() == pytest.approx(1 / (1 + np.exp(-3)), abs=0.01)


def test_a_word_ends_only_once_the_window_is_at_its_last_letter(rng):
    said = told([[0, 0, 0, 0, 0, 0]], [-50, 50]).repeat(2, axis=0)
    out = drawn(said, np.zeros((2, 1)), np.array([True, False]), rng)
    assert out[:, 3].tolist() == [1, 0]
    assert out[0, 2] == 1  # and then the pen lifts


def test_who_is_tidy_ends_a_word_sooner(rng):
    said = told([[0, 0, 0, 0, 0, 0]], [-50, -1]).repeat(20_000, axis=0)
    ended = [drawn(said, np.full((20_000, 1), b), np.ones(20_000, bool), rng)[:, 3].mean() for b in (0.0, 1.0, 2.0)]
    assert ended == pytest.approx([1 / (1 + np.exp(1)), 1 / 2, 1 / (1 + np.exp(-1))], abs=0.015)


def test_words_are_written_to_their_end_and_the_same_again_from_the_same_seed(rng):
    model = small(rng).eval()
    model.head.bias.data[-1] = 3.0
    model.first.walk_bias.data[4:] = 0.0  # the window goes on quickly
    vectors = model.hands.weight.data[[0, 1]]
    one, two, other = (penned(model, TEXTS, LENGTHS, vectors, np.random.default_rng(s), 0.5) for s in (1, 1, 2))
    assert all((a.moves == b.moves).all() for a, b in zip(one, two))
    assert any(a.moves.shape != b.moves.shape or (a.moves != b.moves).any() for a, b in zip(one, other))
    for word, length in zip(one, LENGTHS):
        assert word.moves[-1, 2:].tolist() == [1, 1] and word.moves[:-1, 3].sum() == 0
        assert word.letters.min() >= 0 and word.letters[-1] == length - 2


def test_a_window_that_never_arrives_does_not_write_for_ever(rng):
    model = small(rng).eval()
    model.first.walk_bias.data[4:] = -50
    (word, _) = penned(model, TEXTS, LENGTHS, model.hands.weight.data[[0, 1]], rng, 0.0)
    assert 40 < len(word.moves) < 300 and word.moves[-1, 3] == 1


def test_movements_are_in_heights_of_a_small_x(rng):
    model = small(rng).eval()
    model.head.weight.data[...] = 0
    model.head.bias.data[...] = told([[0, 6, -3, -9, -9, 0]] * 2, [-50, 50])[0]
    model.first.walk_bias.data[4:] = 3.0
    (word, _) = penned(model, TEXTS, LENGTHS, model.hands.weight.data[[0, 1]], rng, 3.0)
    np.testing.assert_allclose(word.moves[0, :2], [6 / UNIT, -3 / UNIT], atol=0.01)


@pytest.mark.parametrize("tidy", [-1, 11, float("nan")])
def test_less_than_no_tidiness_is_refused(rng, tidy):
    with pytest.raises(DataError, match="tidiness"):
        penned(small(rng), TEXTS, LENGTHS, np.zeros((2, 2), np.float32), rng, tidy)
