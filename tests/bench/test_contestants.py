"""All who take part do the same work: hellodl on its lanes, and other libraries with the same weights."""

import os
import shutil

import numpy as np
import pytest

from hellodl import nn
from hellodl.bench.contestants import RATE, Contestant, answer, installed_peers, step, ways
from hellodl.bench.problems import Problem, Task, problem_of
from hellodl.bench.races import check_alike

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_micro_batches_on_lanes_do_the_same_work_as_the_whole_batch():
    problem = problem_of(SMALL)
    whole, lanes = step(problem, 1, 8).show(), step(problem, 2).show()
    assert whole[0].shape == (8, 26)
    assert whole[1].keys() == problem.state.keys()
    check_alike("itself", whole, lanes)


def every_layer(rng):
    """A small network that has each kind of layer which the tasks have."""
    body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False, rng=rng), nn.BatchNorm2d(4), nn.ReLU())
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=rng),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.GELU("tanh"),  # 11 -> 9 -> 5
        nn.Residual(body),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 10, gain=1, rng=rng),
    )


def first_of(peer, problem):
    """The first of a peer's ways of doing the problem."""
    return Contestant(*peer.contestant(problem, *peer.ways(problem.task, [1])[0], RATE))


def test_answers_letter_by_letter_are_nothing_to_share_out():
    assert {way.threads for way in ways(Task("write", "gru", 1, False, length=4), [1, 2])} == {1}
    assert {way.threads for way in ways(SMALL, [1, 2])} == {1, 2}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("peer", installed_peers(), ids=lambda peer: peer.NAME)
def test_peers_do_the_same_work(peer, training, rng):
    if "text" in peer.__name__ or "pen" in peer.__name__:
        pytest.skip("images are not for it")
    if peer.NAME == "tinygrad" and shutil.which(os.environ.get("CC", "clang")) is None:
        pytest.skip("tinygrad needs clang")
    network, task = every_layer(rng), Task("small", "perceptron", 8, training)
    images, labels = rng.random((8, 11, 11, 1), np.float32), rng.integers(10, size=8)
    problem = Problem(task, nn.describe(network), network.state_dict(), images, labels)
    shown = (step(problem, 1, 8) if training else answer(problem, 1)).show()
    contestant = first_of(peer, problem)
    check_alike(peer.NAME, shown, contestant.show())
    for _ in range(3):  # the first may compile, and use up what it is given
        contestant.run()


TEXTS = {
    "gru": lambda rng: nn.RecurrentText("gru", 11, 6, 2, rng=rng),
    "lstm": lambda rng: nn.RecurrentText("lstm", 11, 6, 2, rng=rng),
    "gpt": lambda rng: nn.GPT(11, 9, 2, 2, 8, rng=rng),
}


def text_problem(make, training, rng):
    network = make(rng)
    images, labels = rng.integers(11, size=(2, 8 if training else 1, 9))
    task = Task("small", "gru", len(images), training, micro_batch=3, classes=11, length=9)
    return Problem(task, nn.describe(network), network.state_dict(), images, labels)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_peers_read_and_write_the_same_text(make, training, rng):
    peers = [peer for peer in installed_peers() if "text" in peer.__name__]
    if not peers:
        pytest.skip("PyTorch is not installed")
    problem = text_problem(make, training, rng)
    shown = (step(problem, 1, 8) if training else answer(problem, 1)).show()
    contestant = first_of(peers[0], problem)
    check_alike(peers[0].NAME, shown, contestant.show())
    contestant.run()


@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_pieces_of_a_batch_of_texts_add_up_to_the_gradients_of_the_whole(make, rng):
    problem = text_problem(make, True, rng)
    check_alike("itself", step(problem, 1, 8).show(), step(problem, 2, 3).show())


PEN = Task("small", "pen", 3, True, micro_batch=2, classes=84, length=7)


def test_a_pen_does_the_same_work_on_lanes_and_at_once():
    problem = problem_of(PEN)
    whole, lanes = step(problem, 1, 3).show(), step(problem, 2).show()
    assert whole[0].shape == (7, 3, 6 * 12 + 2) and whole[1].keys() == problem.state.keys()
    check_alike("itself", whole, lanes)


@pytest.mark.parametrize("way", [0, 1])
def test_pytorchs_pen_does_the_same_work(way):
    peers = [peer for peer in installed_peers() if "pen" in peer.__name__]
    if not peers:
        pytest.skip("PyTorch is not installed")
    problem = problem_of(PEN)
    theirs = Contestant(*peers[0].contestant(problem, *peers[0].ways(PEN, [1])[way], RATE))
    shown, before = theirs.show(), step(problem, 1, 3).show()
    check_alike("PyTorch", before, shown)
    theirs.run()
    assert np.abs(theirs.show()[0] - shown[0]).max() > 0, "and learns"


def test_each_race_of_a_pen_has_a_twin_alone():
    for peer in installed_peers():
        assert bool(peer.ways(PEN, [1])) == ("pen" in peer.__name__)
