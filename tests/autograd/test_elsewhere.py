"""A hand that knows PyTorch reaches for what is not here, and is told what to write: names that are here."""

import re
from importlib import import_module

import numpy as np
import pytest

import hellodl
from hellodl import Tensor, nn, optim
from hellodl.autograd.elsewhere import INSTEAD

HERE = {"hellodl", "nn", "ops", "optim", "checkpoint", "init", "np"}
OWNERS = {"Tensor": Tensor([1.0]), "Module": nn.ReLU()}


def owner_of(name):
    return OWNERS.get(name) or import_module(name)


@pytest.mark.parametrize("owner", INSTEAD)
def test_what_is_done_otherwise_is_not_here_and_says_how(owner):
    for name, advice in INSTEAD[owner].items():
        with pytest.raises(AttributeError, match=re.escape(f"has no attribute '{name}'; {advice}")):
            getattr(owner_of(owner), name)


def test_what_is_to_be_written_instead_is_here():
    rooms = {"np": np, "hellodl": hellodl, "init": nn.init, "checkpoint": hellodl.checkpoint}
    rooms |= {"nn": nn, "ops": hellodl.ops, "optim": optim}
    named = {
        found for of in INSTEAD.values() for advice in of.values() for found in re.findall(r"(\w+)\.(\w+)", advice)
    }
    named = {(room, name) for room, name in named if room in rooms}
    assert len(named) > 30
    for room, name in named:
        assert hasattr(rooms[room], name), f"{room}.{name}"


@pytest.mark.parametrize(
    ("get", "line"),
    [
        (lambda: hellodl.stack, "hellodl has no attribute 'stack'; it is hellodl.ops.stack"),
        (lambda: hellodl.Linear, "it is hellodl.nn.Linear"),
        (lambda: hellodl.raed, "is it read"),
        (lambda: nn.Liner(2, 3), "hellodl.nn has no attribute 'Liner'; is it Linear"),
        (lambda: Tensor([1.0]).add_(1), "write x = x [+] 1 and so on"),
        (lambda: Tensor([1.0]).reshap(1), "Tensor has no attribute 'reshap'; is it reshape"),
        (lambda: optim.adam, "is it Adam"),
    ],
)
def test_what_is_misspelt_or_elsewhere_is_told_its_name(get, line):
    with pytest.raises(AttributeError, match=line):
        get()


def test_what_python_asks_for_by_itself_is_answered_at_once():
    with pytest.raises(AttributeError, match=r"has no attribute '__array_interface__'$"):
        Tensor([1.0]).__array_interface__  # noqa: B018


def test_size_is_that_of_pytorch():
    x = Tensor(np.zeros((2, 3), np.float32))
    assert (x.size(), x.size(1), x.size(dim=-2), x.numel()) == ((2, 3), 3, 2, 6)
