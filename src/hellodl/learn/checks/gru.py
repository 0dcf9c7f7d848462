"""Step 12: two squashing functions, and a step of a gated memory."""

from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own
from hellodl.learn.checks.gradients import Engine, gradients, operation
from hellodl.learn.checks.layer import listed

NAMES = tuple(kind + gate for gate in "zrn" for kind in "wub")


def sigma(a: np.ndarray) -> np.ndarray:
    """The sigmoid, by another way."""
    return 0.5 * (1 + np.tanh(a / 2))


def stepped(x: np.ndarray, h: np.ndarray, *p: np.ndarray) -> np.ndarray:
    """The formulas."""
    wz, uz, bz, wr, ur, br, wn, un, bn = p
    z, r = sigma(x @ wz + h @ uz + bz), sigma(x @ wr + h @ ur + br)
    return z * h + (1 - z) * np.tanh(x @ wn + (r * h) @ un + bn)


def check(own: Own, tensor: Own, order: Own, broadcasting: Own) -> None:
    """The functions, the starting weights, one step, and three in a row."""
    engine, rng = Engine(tensor, order), np.random.default_rng(12)
    for given in (np.array([0.0, 1.0, -2.0]), rng.normal(size=(2, 3)), np.array(1.5)):
        operation(own, engine, "sigmoid", sigma, [given])
        operation(own, engine, "tanh", lambda a: (np.e**a - np.e**-a) / (np.e**a + np.e**-a), [given])
    starts(own)
    gru = own.has("GRU")(1, 1, rng)
    for name in NAMES:
        getattr(gru, name).data = np.full_like(getattr(gru, name).data, name[0] != "b")
    words = "GRU(1, 1, rng), all w and u 1, all b 0; step([[1]], [[0.5]])"
    own.run("GRU", words, lambda: gru.step(engine.tensor([[1.0]]), engine.tensor([[0.5]])).data).gives(
        stepped(*map(np.array, ([[1.0]], [[0.5]])), *(np.full(1, float(name[0] != "b"))[None] for name in NAMES))
    )
    for n, size, hidden in ((1, 2, 2), (2, 3, 4), (3, 2, 1)):
        gru = own.has("GRU")(size, hidden, rng)
        for name in NAMES:
            getattr(gru, name).data = rng.normal(size=getattr(gru, name).data.shape)
        x, h = rng.normal(size=(n, size)), rng.normal(size=(n, hidden))
        own_ones = [getattr(gru, name) for name in NAMES]
        tensors = [engine.tensor(x), engine.tensor(h), *own_ones]
        given_all = [x, h, *(one.data for one in own_ones)]
        question = (
            f"gru = GRU({size}, {hidden}, rng); gru.step(x, h) of {n} at once (arguments: x, h, {', '.join(NAMES)})"
        )
        out = own.run("GRU", question, gru.step, *tensors[:2]).value
        gradients(own, engine, "GRU", question, stepped, given_all, tensors, out)
        plain = own.run("GRU", f"{question}, x an array", gru.step, x, engine.tensor(h)).value
        Answer("GRU", f"{question}.data, x an array", plain.data).gives(stepped(*given_all))

    def thrice(x: np.ndarray, h: np.ndarray, *p: np.ndarray) -> np.ndarray:
        for _ in range(3):
            h = stepped(x, h, *p)
        return h

    def along() -> Any:
        state = tensors[1]
        for _ in range(3):
            state = gru.step(tensors[0], state)
        return state

    question = f"three steps with the same x (arguments: x, h, {', '.join(NAMES)})"
    gradients(own, engine, "GRU", question, thrice, given_all, tensors, own.run("GRU", question, along).value)


def starts(own: Own) -> None:
    """What a new GRU holds."""
    gru = own.run("GRU", "gru = GRU(150, 250, rng)", lambda: own.has("GRU")(150, 250, np.random.default_rng(5))).value
    for name in NAMES:
        one = getattr(gru, name, None)
        here = Answer("GRU", f"gru = GRU(150, 250, rng); gru.{name}", one)
        here.is_true(hasattr(one, "grad"), "a Tensor", "none" if one is None else type(one).__name__)
        data = here.value.data
        shape = {"w": (150, 250), "u": (250, 250), "b": (250,)}[name[0]]
        here.is_true(data.shape == shape, f"shape {shape}", f"shape {data.shape}")
        if name[0] == "b":
            Answer("GRU", here.question, data).gives(np.zeros(250))
            continue
        wanted, spread = np.sqrt(1 / shape[0]), float(data.std())
        fine = abs(spread / wanted - 1) < 0.03 and abs(data.mean()) < 0.05 * wanted
        here.is_true(
            fine, f"a mean of 0 and a deviation of √(1 / {shape[0]}) = {wanted:.4f}", f"{data.mean():.4f}, {spread:.4f}"
        )
    pairs = (("wz", "wr"), ("wr", "wn"), ("wz", "wn"), ("uz", "ur"), ("ur", "un"), ("uz", "un"))
    alike = [a for a, b in pairs if np.array_equal(getattr(gru, a).data, getattr(gru, b).data)]
    Answer("GRU", "gru = GRU(150, 250, rng)", gru).is_true(not alike, "nine different tensors", "some are alike")
    same = own.has("GRU")(150, 250, np.random.default_rng(5))
    here = Answer("GRU", "GRU(150, 250, rng), twice from the same seed", gru)
    here.is_true(np.array_equal(gru.un.data, same.un.data), "the same weights", "others: is `rng` used?")
    listed(own, "GRU", "gru", gru, [getattr(gru, name) for name in NAMES])
