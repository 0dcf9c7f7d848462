r"""1.3 Louder pens

Multiply all pixels of the validation set by 0.6, as if everybody had used a harder pencil. What happens, and what could
you do to each picture so that it does not happen? Write it as `scaled(pictures)`.

Hint: A picture is a row of numbers, and a row has a length, `np.linalg.norm(pictures, axis=1, keepdims=True)`. What is
divided by its length has length 1, however hard the pencil was.
"""

import numpy as np

from hellodl.learn.asking import Own


def scaled(pictures):
    """The pictures (N, n) such that it no longer matters how loud the pen of each was."""
    return pictures / np.linalg.norm(pictures, axis=1, keepdims=True)


def check(own: Own) -> None:
    """Any way to scale will do, if the pen does not matter, and the pictures stay what they are."""
    pictures = np.random.default_rng(1).random((4, 6))
    pens = np.array([[1.0], [0.6], [3.0], [0.1]])
    plain = own.ask("scaled", pictures)
    shape = np.shape(plain.value)
    plain.is_true(shape == (4, 6), "shape (4, 6)", f"shape {shape}")
    own.ask("scaled", pictures * pens).gives(plain.value)
    factor = plain.value / pictures
    plain.is_true(np.ptp(factor, axis=1).max() < 1e-9, "each picture by one factor", "its pixels by different ones")
    plain.is_true(bool((factor > 0).all()), "a factor above 0", f"{factor.min():.3g}")
