"""Gradients go on to other ranks as soon as they are whole, and no sooner."""

import time
from functools import partial

import numpy as np
import pytest

from hellodl import Tensor, nn
from hellodl.autograd.mode import told_of
from hellodl.train.lanes import Lanes
from hellodl.train.onward import PARCEL, Onward, parcels_of
from hellodl.train.steady import Learner, Steady


class Tied(nn.Module):
    """A weight that is used first and last."""

    def __init__(self, rng):
        self.first, self.between = nn.Linear(3, 3, rng=rng), nn.Linear(3, 3, rng=rng)

    def forward(self, x):
        return self.first(self.between(self.first(x)))


def judge(model, x):
    return (model(Tensor(x)) ** 2).sum(), np.array([1])


def heard(model, walk):
    """The names of weights in the order in which they are told of, and their gradients then."""
    names, found = {id(p): name for name, p in model.named_parameters()}, []
    with told_of(lambda leaf: found.append((names[id(leaf)], leaf.grad.copy()))):
        walk()
    return found


def test_the_way_back_tells_of_each_weight_once_when_its_gradient_is_whole(rng):
    model, x = Tied(rng), rng.standard_normal((4, 3)).astype(np.float32)
    found = heard(model, lambda: judge(model, x)[0].backward())
    assert sorted(name for name, _ in found) == sorted(dict(model.named_parameters()))
    assert found[0][0].startswith("between"), "what is used first and last is whole last"
    assert all((gradient == dict(model.named_parameters())[name].grad).all() for name, gradient in found)


def test_a_plan_tells_of_the_same_gradients_in_the_same_order(rng):
    model, x = Tied(rng), rng.standard_normal((4, 3)).astype(np.float32)
    expected = heard(model, lambda: judge(model, x)[0].backward())
    learner = Learner(model, Steady(lambda which, generator: (x,), judge))
    lane = Lanes(model, threads=1).lanes[0]
    names = {id(p): name for name, p in lane.parameters.items()}
    for time_ in range(6):
        for parameter in lane.parameters.values():
            parameter.grad = None
        found = []
        learner.learn(lane, np.arange(4), rng, False, partial(note, found, names))
        assert {name for name, _ in found} == set(names.values()) and len(found) == len(names)
        if time_ != 1:  # while a plan is written, all are told of in the end
            assert [name for name, _ in found] == [name for name, _ in expected]
        assert all((a[1] == dict(expected)[a[0]]).all() for a in found)
    assert learner._plan.played > 1


def note(found, names, leaf):
    found.append((names[id(leaf)], leaf.grad.copy()))


class Two:
    """The first of two ranks, whose other one sends nothing."""

    number, count = 0, 2

    def __init__(self):
        self.sent = []

    def add_branches(self, rows, branches, whole, hurry):
        self.sent.append([row.copy() for row in rows])
        return rows[0]


def until(condition):
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(1e-3)
    return condition()


def test_a_parcel_goes_when_all_own_lanes_have_it_and_others_wait(rng):
    model = nn.Sequential(nn.Linear(2, PARCEL, rng=rng), nn.Linear(PARCEL, 1, rng=rng))
    parameters, ranks = dict(model.named_parameters()), Two()
    onward = Onward(ranks, parameters, 4)
    gradients = {(n, name): np.full(p.shape, n + 1, np.float32) for n in range(4) for name, p in parameters.items()}
    onward.begin([range(2), range(2, 4)], lambda *which: gradients[which])
    for lane, name in ((0, "1.weight"), (0, "1.bias"), (1, "1.bias")):
        onward.told(lane, name)
    time.sleep(0.02)
    assert not ranks.sent, "one lane's gradient of the last weight is still being made"
    onward.told(1, "1.weight")
    assert until(lambda: len(ranks.sent) == 1)
    time.sleep(0.02)
    assert len(ranks.sent) == 1, "the first layer's is not there yet"
    assert set(ranks.sent[0][0][: PARCEL + 1].tolist()) <= {3.0, -0.0}, "1 + 2"
    sums = onward.end()
    assert sums.keys() == parameters.keys() and (sums["0.weight"] == 3).all()
    onward.close()


def test_parcels_go_from_the_last_weight_to_the_first_and_leave_out_what_is_frozen(rng):
    model = nn.Sequential(nn.Linear(300, 300, rng=rng), nn.Linear(300, 2, rng=rng), nn.Linear(2, 2, rng=rng))
    model[1].weight.requires_grad = False
    found = parcels_of(dict(model.named_parameters()))
    assert found == [["2.bias", "2.weight", "1.bias", "0.bias", "0.weight"]]


@pytest.mark.parametrize("steady", [True, False])
def test_a_frozen_weight_learns_nothing_in_lanes(rng, steady):
    model, x = Tied(rng), rng.standard_normal((4, 3)).astype(np.float32)
    model.first.weight.requires_grad = False
    work = Steady(lambda which, generator: (x[which],), judge)
    with Lanes(model, 2, threads=1) as lanes:
        lanes.gradients(work if steady else lambda *given: work(*given), np.arange(4), (0,))
    assert model.first.weight.grad is None and model.first.bias.grad is not None
