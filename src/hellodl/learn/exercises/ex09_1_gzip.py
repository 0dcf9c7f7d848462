r"""9.1 How many bits does Python need?

The program `gzip` compresses text with no idea of what it means. How many bits a letter does it need for the fresh
text, and how many would an ideal compressor need that uses our counts? Write `gzip_bits(text)` and `as_bits(nats)`,
which turns a loss as we measure it into bits.

Hint: `len(gzip.compress(text.encode(), 9))` is a number of bytes, of 8 bits each. A loss is a natural logarithm; a bit
is the logarithm of 2.
"""

import gzip

import numpy as np

from hellodl.learn.asking import Own


def gzip_bits(text):
    """The bits a letter that gzip needs for a text."""
    return 8 * len(gzip.compress(text.encode(), 9)) / len(text)


def as_bits(nats):
    """A loss in bits."""
    return nats / np.log(2)


def check(own: Own) -> None:
    """Of texts that are easy and hard to press, and of coins and dice."""
    rng = np.random.default_rng(9)
    for text in ("spam and eggs " * 100, "".join(rng.choice(list("abcdefgh"), 3000))):
        pressed = [8 * len(gzip.compress(text.encode(), level)) / len(text) for level in (6, 9)]
        answer = own.ask("gzip_bits", text)
        bits = answer.number()
        fits = min(pressed) - 0.01 <= bits <= max(pressed) + 0.01
        answer.is_true(fits, f"about {pressed[1]:.4g}", f"{bits:.4g}")
    own.ask("as_bits", np.log(2)).gives(1)
    own.ask("as_bits", np.log(8)).gives(3)
