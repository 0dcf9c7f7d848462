"""Remembering and checking, switched on and off, for each thread by itself."""

import threading

import numpy as np
import pytest
from growing import leaf, small_network

from hellodl import nn
from hellodl.autograd.mode import debug, mode, no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.errors import TrainingError


def test_no_grad_remembers_nothing_and_ends_also_after_an_error():
    x = leaf(1)
    with pytest.raises(ZeroDivisionError), no_grad():
        y = x * 2
        raise ZeroDivisionError
    assert not y.requires_grad
    assert (x * 2).requires_grad
    with no_grad(), no_grad():
        pass
    assert mode.remember


def test_each_thread_has_its_own_modes():
    x, inside, finished = leaf(1), threading.Event(), threading.Event()
    seen = {}

    def other():
        seen["modes"] = mode.remember, mode.debug, mode.layers
        seen["requires"] = (x * 2).requires_grad
        with no_grad():
            inside.set()
            finished.wait(10)

    with no_grad(), debug():
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(10)
    assert (x * 2).requires_grad  # although the other thread is in no_grad
    finished.set()
    thread.join()
    assert seen == {"modes": (True, False, ()), "requires": True}


def test_debug_names_the_operation_and_the_layer_of_the_first_nan(rng):
    network = nn.Sequential(nn.Linear(3, 3, rng=rng), nn.Sequential(nn.ReLU(), nn.Linear(3, 2, rng=rng)))
    network[1][1].weight.data[0, 0] = np.nan
    x = Tensor(np.ones((2, 3)))
    where = r"the first NaN came out of 'linear' in layer 'Sequential.1.1', shape \(2, 2\)"
    with pytest.raises(TrainingError, match=where), debug():
        network(x)
    assert not mode.debug and mode.layers == ()
    network(x)  # outside debug nobody looks


def test_debug_tells_infinity_from_nan_and_looks_at_gradients_too():
    with (
        pytest.raises(TrainingError, match="the first infinity came out of 'exp'"),
        np.errstate(over="ignore"),
        debug(),
    ):
        leaf(1000).exp()
    x = leaf(0)
    where = "the first infinity came out of 'the gradient of sqrt'"
    with pytest.raises(TrainingError, match=where), np.errstate(divide="ignore"), debug():
        x.sqrt().sum().backward()


def test_debug_makes_arrays_that_the_graph_holds_read_only_until_it_is_walked():
    x, factor = leaf(1, 2), Tensor([3.0, 4.0])
    with debug():
        y = x * factor
        for held in (x, factor, y):
            with pytest.raises(ValueError, match="read-only"):
                held.data[0] = 7
        y.sum().backward()
        x.data -= 0.1 * x.grad  # the optimiser's step
    factor.data[0] = 7


def test_debug_gives_arrays_back_when_it_ends_even_if_nobody_walked():
    weights = np.ones(4, np.float32)
    fixed = np.ones(4, np.float32)
    fixed.flags.writeable = False
    whole, part = Tensor(weights, requires_grad=True), Tensor(weights[1:], requires_grad=True)
    with pytest.raises(ZeroDivisionError), debug():
        kept = part * 2, whole * Tensor(fixed)
        raise ZeroDivisionError
    weights[0] = whole.data[1] = part.data[1] = 7
    assert kept[0].shape == (3,)
    assert not fixed.flags.writeable  # the user's own


def test_debug_computes_the_same_as_without(rng):
    network = small_network(rng)
    x = Tensor(rng.random((4, 14, 14, 1)))

    def gradients():
        network.zero_grad()
        network.use_generator(np.random.default_rng(1))
        nn.cross_entropy(network(x), np.array([0, 1, 2, 3])).backward()
        return [p.grad for p in network.parameters()]

    plain = gradients()
    with debug():
        checked = gradients()
    assert all((a == b).all() for a, b in zip(plain, checked))
