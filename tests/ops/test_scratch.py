"""Memory that is used again: never while anybody can reach it."""

import gc
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import nn
from hellodl.autograd.tensor import Tensor
from hellodl.ops import scratch

LARGE = (200, 100)  # 80 kB as float32: above what is left to the system


def address(array):
    return array.__array_interface__["data"][0]


def test_an_array_that_was_dropped_is_handed_out_again():
    first = scratch.empty(LARGE)
    where = address(first)
    del first
    assert address(scratch.empty(LARGE)) == where


def test_another_shape_or_type_of_about_the_same_size_gets_the_same_memory():
    first = scratch.empty(LARGE)
    where = address(first)
    for shape, dtype in ((LARGE, np.int32), (LARGE[::-1], np.float32), ((197, 100), np.float32), ((100, 100), float)):
        del first
        first = scratch.empty(shape, dtype)
        assert (first.shape, first.dtype, address(first)) == (shape, dtype, where)
    assert address(scratch.empty(LARGE)) != where
    assert address(scratch.empty((400, 100))) != where


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # since NumPy 2.5
def test_a_shape_that_was_changed_in_place_does_not_come_back_changed():
    first = scratch.empty(LARGE)
    first.shape = (100, 200)
    del first
    assert scratch.empty(LARGE).shape == LARGE


HOLDS = {
    "itself": lambda a: a,
    "a view": lambda a: a[3:5],
    "a view of a view": lambda a: a[3:].T[::2][:, 1:],
    "another shape of it": lambda a: a.reshape(-1),
    "other numbers in the same bytes": lambda a: a.view(np.int32)[1:],
    "strides made by hand": lambda a: np.lib.stride_tricks.as_strided(a[1:], (5, 5), (4, 4)),
    "windows": lambda a: np.lib.stride_tricks.sliding_window_view(a, (3, 3)),
    "a broadcast": lambda a: np.broadcast_to(a[:1], (7, 100)),
    "an iterator": lambda a: a.flat,
    "a memoryview": memoryview,
    "a buffer": lambda a: np.frombuffer(a, np.float32),
    "an array in a list": lambda a: [[a]],
    "a function that closes over it": lambda a: lambda: a,
    "a tensor": Tensor,
    "a slice of a tensor": lambda a: Tensor(a)[2:],
    "what a graph needs": lambda a: Tensor(np.float32(2), requires_grad=True) * Tensor(a),
}


def test_memory_that_can_still_be_reached_is_never_handed_out():
    for what, hold in HOLDS.items():
        array = scratch.empty(LARGE)
        where = address(array)
        array[...] = 1
        held = hold(array)
        del array
        others = [scratch.empty(LARGE) for _ in range(20)]
        assert where not in map(address, others), what
        del held, others
        gc.collect()
        assert where in map(address, [scratch.empty(LARGE) for _ in range(30)]), f"{what}: kept for ever"


@given(st.lists(st.tuples(st.sampled_from(["take", "drop", "view", "again"]), st.integers(0, 9)), max_size=60))
@settings(max_examples=60)
def test_whatever_the_order_of_taking_and_dropping_no_two_arrays_share_memory(actions):
    held, stamp = [], 0
    for action, number in actions:
        if action == "take":
            stamp += 1
            array = scratch.empty([(80, 64), (160, 64), (40, 128), (79, 64)][number % 4])
            array[...] = stamp
            held.append((stamp, array))
        elif held:
            k = number % len(held)
            if action == "drop":
                held.pop(k)
            elif action == "view":
                held[k] = held[k][0], held[k][1][number % 3 :, 1:]
            else:
                held.append((held[k][0], held[k][1][:, ::2]))
        assert all((array == mark).all() for mark, array in held)


def test_every_thread_has_its_own_store():
    mine = scratch.empty(LARGE)
    where = address(mine)
    del mine
    seen = []

    def take():
        array = scratch.empty(LARGE)
        seen.append(address(array))

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    assert seen != [where]
    assert address(scratch.empty(LARGE)) == where


def test_an_array_that_another_thread_holds_is_not_handed_out():
    held, asked, done = [scratch.empty(LARGE)], threading.Event(), threading.Event()
    where = address(held[0])

    def hold(array):
        asked.set()
        done.wait(10)

    thread = threading.Thread(target=hold, args=(held.pop(),))
    thread.start()
    asked.wait(10)
    taken = [scratch.empty(LARGE) for _ in range(3)]
    assert where not in map(address, taken)
    done.set()
    thread.join()


def test_what_a_network_returned_stays_as_it_was_while_the_network_goes_on(rng):
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, rng=rng), nn.GELU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, rng=rng)
    )
    images = rng.random((8, 28, 28, 1), dtype=np.float32)
    answers, copies, gradients = [], [], []
    for step in range(4):
        out = network(Tensor(images + step))
        answers.append(out.data)
        copies.append(out.data.copy())
        network.zero_grad()
        (out * out).sum().backward()
        gradients.append([(p.grad, p.grad.copy()) for p in network.parameters()])
    assert all((answer == copy).all() for answer, copy in zip(answers, copies))
    assert all((kept == copy).all() for step in gradients for kept, copy in step)


def test_a_store_that_grew_too_large_forgets_what_it_has(monkeypatch):
    monkeypatch.setattr(scratch, "_KEEP", 300_000)
    monkeypatch.setattr(scratch, "_store", scratch._Store())
    held = [scratch.empty(LARGE) for _ in range(6)]
    assert len({address(array) for array in held}) == 6
    assert 0 < scratch._store.held <= 300_000


def test_a_store_that_is_told_to_forget_hands_nothing_out_again():
    scratch.empty((100_000,))
    scratch.forget()
    assert not scratch._store.pieces
    assert scratch._store.held == 0
