r"""8.1 Chalk

Nothing in the text above speaks of blackboards. Turn our photo into its negative and read it. Then look in
`darkness.py` for the function that noticed. Write `read_negative(picture, read_page)`: `read_page` reads a picture, and
what it returns has a `text`.

Hint: Pixels are whole numbers from 0 to 255, so the negative of 200 is 55. Leave them whole numbers of one byte: `255 -
picture` does.
"""

import numpy as np

from hellodl.learn.asking import Own


def read_negative(picture, read_page):
    """The text that is read in the negative of a picture (H, W, 3) uint8."""
    return read_page(255 - picture).text


def check(own: Own) -> None:
    """With a reader that only looks at what it gets."""
    picture = np.random.default_rng(8).integers(0, 256, (4, 5, 3)).astype(np.uint8)
    picture[0, 0] = (0, 255, 128)
    for words in ("chalk", "on slate"):
        reader = Shown(words)
        answer = own.ask("read_negative", picture, reader)
        answer.is_true(answer.value == words, f"what was read, {words!r}", f"{answer.value!r}")
        seen = answer.value and len(reader.pictures) == 1
        answer.is_true(bool(seen), "one picture to be read", f"{len(reader.pictures)}")
        (got,) = reader.pictures
        kind = f"{got.dtype} of shape {got.shape}"
        answer.is_true(got.dtype == np.uint8 and got.shape == picture.shape, "uint8 of shape (4, 5, 3)", kind)
        far = np.abs(got.astype(int) + picture - 255).max()
        answer.is_true(far == 0, "each pixel and its negative to be 255 together", f"up to {far} off")


class Shown:
    """A reader that remembers what it was shown."""

    def __init__(self, words: str):
        self.text = words
        self.pictures: list[np.ndarray] = []

    def __call__(self, picture: np.ndarray) -> "Shown":
        """Read."""
        self.pictures.append(picture)
        return self
