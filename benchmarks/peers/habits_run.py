"""Run pages for either library with PyTorch and with hellodl, from the same weights, and hold values side by side.

    python benchmarks/peers/habits_run.py           # both, or one: habits, ideas

Values of `habits.py` are to be within 1e-5 (of the largest, or of 1), and every loss of `ideas.py` within 1%, with the
last ones well below the first. Else the exit code is 1. It needs PyTorch and safetensors.
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np


def array(value):
    """Numbers of either library, or Python's, as an array."""
    value = value.detach() if hasattr(value, "detach") else value
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value, np.float64)


def start(model):
    """The same weights on both sides, by name: a generator's numbers, of a size that learns."""
    state = model.state_dict()
    filled = {}
    for name, weight in sorted(state.items()):
        size = tuple(weight.shape)
        chance = np.random.default_rng([*name.encode()])
        filled[name] = np.array(weight)
        if "running" not in name and "num_batches" not in name and (len(size) > 1 or "bias" in name):
            fan = np.prod(size[1:]) if len(size) > 1 else size[0]
            filled[name] = (chance.standard_normal(size) / np.sqrt(fan)).astype(np.float32)
            tied = [
                n
                for n in filled
                if len(size) > 1 and tuple(state[n].shape) == size and np.array_equal(state[n], weight)
            ]
            filled[name] = filled[[*tied, name][0]]  # a weight with two names is one
    if os.environ["LIBRARY"] == "torch":
        filled = {name: sys.modules["torch"].tensor(value) for name, value in filled.items()}
    model.load_state_dict(filled)
    return model


def values(library, module):
    """What the page says, by name."""
    os.environ["LIBRARY"] = library
    sys.modules.pop(module, None)
    said = {}
    importlib.import_module(module).page(start, lambda name, value: said.update({name: array(value)}))
    return said


def compared(page, allowed):
    """How many values of both libraries are further apart than is allowed, or did not learn."""
    ours, theirs = values("hellodl", page), values("torch", page)
    far = 0
    for name, wanted in theirs.items():
        found, learns = ours[name], allowed > 1e-4 and wanted.ndim == 1
        gap = np.abs(found - wanted) / (wanted if learns else max(1.0, np.abs(wanted).max()))
        bad = not gap.max() <= allowed or (learns and found[-5:].mean() > 0.75 * found[0])
        far += bad
        shown = [a.reshape(-1)[[0, -1]].round(5) for a in (found, wanted)]
        print(f"{name:22} {gap.max():.1e}  first and last {shown[0]}, PyTorch's {shown[1]}{'  FAR' if bad else ''}")
    print(f"{page}: {far} of {len(theirs)} are further apart than {allowed}, or did not learn\n")
    return far


def main():
    """All pages, or the one that is named."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    os.chdir(tempfile.mkdtemp())
    pages = {"habits": 1e-5, "ideas": 0.01}
    asked = sys.argv[1:] or list(pages)
    sys.exit(1 if sum(compared(page, pages[page]) for page in asked) else 0)


if __name__ == "__main__":
    main()
