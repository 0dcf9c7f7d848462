"""Step 8: where SGD and Adam take the parameters, over several steps of changing slopes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own

STEPS = 4


def check(own: Own, tensor: Own) -> None:
    """Against the formulas, on two parameters of different shapes."""
    Tensor = tensor.has("Tensor")
    for settings in ({"rate": 0.1}, {"rate": 0.1, "momentum": 0.9}, {"rate": 0.02, "momentum": 0.5}):
        goes(own, Tensor, "SGD", settings, sgd)
    for settings in ({"rate": 0.1}, {}, {"rate": 0.05, "beta1": 0.5, "beta2": 0.9}, {"rate": 0.1, "eps": 0.5}):
        goes(own, Tensor, "Adam", settings, adam)


def sgd(grads: list[np.ndarray], rates: list[float], rate: float = 0.0, momentum: float = 0.0) -> list[np.ndarray]:
    """How far each step goes."""
    v, moves = np.zeros_like(grads[0]), []
    for g, now in zip(grads, rates):
        v = momentum * v + g
        moves.append(now * v)
    return moves


def adam(grads: list[np.ndarray], rates: list[float], **settings: float) -> list[np.ndarray]:
    """How far each step goes; m and v written out as sums."""
    beta1, beta2 = settings.get("beta1", 0.9), settings.get("beta2", 0.999)
    eps, moves = settings.get("eps", 1e-8), []
    for t in range(1, len(grads) + 1):
        m = sum((1 - beta1) * beta1 ** (t - 1 - i) * grads[i] for i in range(t)) / (1 - beta1**t)
        v = sum((1 - beta2) * beta2 ** (t - 1 - i) * grads[i] ** 2 for i in range(t)) / (1 - beta2**t)
        moves.append(rates[t - 1] * m / (np.sqrt(v) + eps))
    return moves


def goes(own: Own, Tensor: Any, name: str, settings: dict[str, float], moves: Callable[..., list[np.ndarray]]) -> None:
    """Several steps; the rate is halved before the last."""
    starts = [np.array([1.0, 1.0]), np.array([[1.0, -2.0, 0.5]])]
    grads = [
        [np.array([0.5, -2.0]), np.array([0.5, 2.0]), np.array([-1.0, 0.25]), np.array([0.0, 3.0])],
        [
            np.array([[1.0, 0.0, -4.0]]),
            np.array([[2.0, 0.5, 4.0]]),
            np.array([[0.1, 0.2, 0.3]]),
            np.array([[1.0, 1.0, 1.0]]),
        ],
    ]
    rate = settings.get("rate", 0.001)
    rates = [rate] * (STEPS - 1) + [rate / 2]
    parameters = [Tensor(start.copy()) for start in starts]
    words = f"{name}(parameters{''.join(f', {key}={value}' for key, value in settings.items())})"
    optimizer = own.run(name, words, lambda: own.has(name)(parameters, **settings)).value
    steps = [moves(one, rates, **settings) for one in grads]
    for t in range(STEPS):
        said = f"{words}, step {t + 1}"
        if t == STEPS - 1:
            optimizer.rate = rate / 2
            said += ", after optimizer.rate was halved"
        for p, one in zip(parameters, grads):
            p.grad = one[t].copy()
        own.run(name, said, lambda: optimizer.step())
        for number, (p, one, start, moved) in enumerate(zip(parameters, grads, starts, steps), 1):
            came = f"{said}: parameter {number}, of {start.tolist()}, grads so far {[g.tolist() for g in one[: t + 1]]}"
            Answer(name, came, p.data).gives(start - sum(moved[: t + 1]), 1e-7)
            Answer(name, f"{said}: grad after the step", p.grad).gives(one[t])
    own.run(name, f"{words}.zero()", lambda: optimizer.zero())
    for p, start in zip(parameters, starts):
        Answer(name, f"{words}.zero(): grad afterwards", p.grad).gives(np.zeros(start.shape))
