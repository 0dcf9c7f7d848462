r"""8.2 How small?

Shrink our photo to a half, a quarter, a sixth and a twelfth (`cv2.resize` with `cv2.INTER_AREA`). Look at each before
you let it be read. Who gives up first, you or the reader? Write `how_small(picture, text, read_page, times)`, which
returns the share of the characters that is read right at each size.

Hint: `cv2.resize(picture, None, fx=1 / n, fy=1 / n, interpolation=cv2.INTER_AREA)` makes it n times smaller, and
`character_accuracy(text, read)` of `hellodl.reading.accuracy` compares. Shrink the picture itself each time, and not
what the last time left of it.
"""

import cv2
import numpy as np

from hellodl.learn.asking import Own
from hellodl.reading.accuracy import character_accuracy


def how_small(picture, text, read_page, times=(2, 4, 6, 12)):
    """The share read right, of a picture (H, W, 3) uint8 that says `text`, at each number of times smaller."""
    shares = []
    for n in times:
        small = cv2.resize(picture, None, fx=1 / n, fy=1 / n, interpolation=cv2.INTER_AREA)
        shares.append(character_accuracy(text, read_page(small).text))
    return shares


def check(own: Own) -> None:
    """With a reader whose sight is known."""
    picture = np.random.default_rng(8).integers(0, 256, (48, 24, 3)).astype(np.uint8)
    for times, wanted in (((1, 2, 4), [1, 0.5, 0.25]), ((3, 12, 2), [0.25, 0, 0.5])):
        reader = Nearsighted()
        answer = own.ask("how_small", picture, "abcdefgh", reader, times)
        answer.gives(wanted)
        for n, seen in zip(times, reader.seen):
            size = (48 // n, 24 // n, 3)
            answer.is_true(seen.shape == size, f"a picture of shape {size}", f"shape {seen.shape}")
            mean = picture.astype(float).reshape(48 // n, n, 24 // n, n, 3).mean(axis=(1, 3))
            good = np.abs(mean - seen).max() <= 1
            answer.is_true(bool(good), f"means of {n}×{n} pixels of the picture (cv2.INTER_AREA)", "something else")


class Nearsighted:
    """A reader that reads the less the smaller a picture is."""

    def __init__(self):
        self.seen: list[np.ndarray] = []

    def __call__(self, picture: np.ndarray) -> "Nearsighted":
        """Read."""
        self.seen.append(picture)
        self.text = "abcdefgh"[: picture.shape[0] // 6]
        return self
