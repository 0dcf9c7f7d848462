"""Random comparisons with PyTorch: operations, layers, losses and optimisers, values and all gradients.

    python benchmarks/peers/torch_random.py            # 500 in float64, 500 in float32 with compiled loops
    python benchmarks/peers/torch_random.py --trials 5000 --seed 1000

Whoever has PyTorch can run it; neither hellodl nor its tests need it. Each trial has a seed of its own, is given random
shapes and options, and a random gradient to carry back. What differs is listed, and then the exit code is 1.
"""

import argparse
import sys
import traceback

import numpy as np
import torch
import torch_random_layers  # noqa: F401  (it enters its cases)
from torch_random_cases import CASES, Draw, Trial

from hellodl import Tensor, ops

TOLERANCE = {np.float64: 1e-9, np.float32: 2e-4}  # of the largest number there is, or of 1


def outputs(out) -> list:
    """What a function gave, as a list."""
    return list(out) if isinstance(out, tuple | list) else [out]


def ours(trial: Trial, cotangents: np.random.Generator) -> list[np.ndarray]:
    """Values, then gradients."""
    leaves = [Tensor(array, requires_grad=True, dtype=array.dtype) for array in trial.arrays]
    values = outputs(trial.ours(*leaves))
    copies = [np.array(value.data) for value in values]
    for value in values:
        gradient = cotangents.standard_normal(value.shape)
        if value.requires_grad:
            value.backward(gradient, retain_graph=True)
    return copies + [np.zeros_like(leaf.data) if leaf.grad is None else leaf.grad for leaf in leaves]


def theirs(trial: Trial, cotangents: np.random.Generator) -> list[np.ndarray]:
    """The same by PyTorch."""
    leaves = [torch.tensor(np.array(array, order="C")).requires_grad_() for array in trial.arrays]
    values = outputs(trial.theirs(*leaves))
    for value in values:
        gradient = torch.tensor(cotangents.standard_normal(tuple(value.shape)), dtype=value.dtype)
        if value.requires_grad:
            value.backward(gradient, retain_graph=True)
    found = [value.detach().numpy() for value in values]
    return found + [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]


def difference(one: list[np.ndarray], other: list[np.ndarray], dtype: type) -> float:
    """The largest, as a share of the largest number (or of 1), over what is allowed; infinite where shapes differ.

    Running statistics are float32 in hellodl, whatever the weights are.
    """
    if len(one) != len(other):
        return np.inf
    worst = 0.0
    for a, b in zip(one, other):
        if a.shape != b.shape:
            return np.inf
        allowed = TOLERANCE[dtype] if a.dtype == dtype else 1e-6
        if a.size:
            both = np.isnan(a) & np.isnan(b)
            gap = np.where(both, 0, np.abs(a - b)).max()
            worst = max(worst, np.inf if np.isnan(gap) else gap / allowed / max(1.0, np.abs(b[~both]).max(initial=0)))
    return worst


def run(trials: int, seed: int, dtype: type) -> int:
    """How many of so many trials differ."""
    names, wrong = list(CASES), 0
    for number in range(seed, seed + trials):
        name = names[number % len(names)]
        trial = CASES[name](Draw(number, dtype))
        try:
            gap = difference(*(side(trial, np.random.default_rng(number)) for side in (ours, theirs)), dtype)
            note = f"differ by {gap:.2g} times what is allowed"
        except Exception:
            gap, note = np.inf, traceback.format_exc(limit=-2).strip().replace("\n", "\n    ")
        if not gap <= 1:
            wrong += 1
            print(f"{name}, seed {number}, {dtype.__name__}: {note}; {trial.options}")
    return wrong


def main() -> None:
    """Both rounds, and their counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=500, help="how many in each of both rounds")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first; the others follow")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rounds = {"float64, NumPy": (np.float64, False), "float32, compiled loops": (np.float32, True)}
    total = 0
    for title, (dtype, compiled) in rounds.items():
        with ops.loops.compiled(compiled):
            if compiled and not ops.loops.running():
                title += " (not there: pip install numba)"
            wrong = run(options.trials, options.seed, dtype)
        print(f"{title}: {options.trials} trials over {len(CASES)} cases, from seed {options.seed}: {wrong} differ")
        total += wrong
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
