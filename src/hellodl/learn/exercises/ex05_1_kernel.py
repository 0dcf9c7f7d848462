r"""5.1 The end of a stroke

Write a kernel that finds the lower ends of upright strokes: positive where ink above ends, and zero in the middle of a
stroke, on paper, and at the sides of a stroke. `end_kernel()` returns it.

Hint: Ink above counts for it and ink below against it, in the same column; that is zero inside the stroke and on paper.
To get nothing at the sides there must be no difference between left and right, which a column alone gives.
"""

import numpy as np

from hellodl.learn.asking import Answer, Own


def end_kernel():
    """The kernel (3, 3) that answers to the lower ends of upright strokes."""
    return np.array([[0, 1, 0], [0, 0, 0], [0, -1, 0]], np.float32)


def check(own: Own) -> None:
    """On patches of a picture, each as the kernel sees it."""
    answer = own.ask("end_kernel")
    kernel = answer.numbers(np.zeros((3, 3)))
    answer.is_true(kernel.shape == (3, 3), "shape (3, 3)", f"shape {kernel.shape}")
    middle = np.array([[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    nothing = {
        "paper": 0 * middle,
        "the middle of a stroke": middle,
        "the left side of a stroke": np.roll(middle, 1, axis=1),
        "the right side of a stroke": np.roll(middle, -1, axis=1),
        "the middle of a broad stroke": np.ones((3, 3)),
    }
    for what, patch in nothing.items():
        Answer("end_kernel", f"end_kernel() on {what}, {patch.tolist()}", (kernel * patch).sum()).gives(0)
    for rows in (1, 2):
        patch = middle * (np.arange(3) < rows)[:, None]
        found = Answer("end_kernel", f"end_kernel() on an end, {patch.tolist()}", (kernel * patch).sum())
        found.is_true(found.value > 1e-6, "more than 0", f"{found.value:.4g}")
