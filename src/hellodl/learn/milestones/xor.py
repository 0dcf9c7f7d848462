"""XOR, which no single neuron can do: is one of two things so, but not both? A network of eight neurons and one can."""

import numpy as np

from hellodl.console import progress_bar
from hellodl.learn.milestones import Short, Steps

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
WANTED = np.array([[0.0], [1.0], [1.0], [0.0]])
LOOKS, RATE, STARTS = 1_000, 0.1, 3


def run(steps: Steps) -> str:
    """Learn the four answers by plain descent: the mean square of how far each is off."""
    add, mul, total = steps["broadcasting"].add, steps["broadcasting"].mul, steps["tensor"].total
    for seed in range(STARTS):  # a relu network may begin where it cannot learn
        net = steps["layer"].MLP([2, 8, 1], np.random.default_rng(seed))
        with progress_bar("learning XOR", LOOKS) as bar:
            for look in range(LOOKS):
                off = add(net(X), mul(WANTED, -1.0))
                loss = mul(total(mul(off, off)), 1 / len(X))
                for p in net.parameters():
                    p.grad = np.zeros(p.data.shape)
                steps["order"].backward(loss)
                for p in net.parameters():
                    p.data = p.data - RATE * p.grad
                bar.advance()
                if look % 100 == 0:
                    bar.note(f"loss {float(loss.data):.4f}")
        out = net(X).data[:, 0]
        if np.abs(out - WANTED[:, 0]).max() < 0.25:
            for (a, b), y in zip(X, out):
                print(f"  {a:.0f} xor {b:.0f} = {y:.2f}")
            return f"XOR learned, loss {float(loss.data):.4f}"
    raise Short(f"after {LOOKS:,} looks it says {np.round(out, 2).tolist()}, and 0, 1, 1, 0 was wanted")
