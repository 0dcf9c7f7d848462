"""Numbers in 16 bits: the front half of a float32, which is its sign, its size, and three digits at most of the rest.

Such a number ("bfloat16", from Google's brain team) can be as large or small as before, so no gradient becomes infinity
or nothing on the wire, as it may in the other format of 16 bits, which has more digits and a smaller range.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
NO_NUMBER = 0x7FC0


def halved(numbers: Array) -> Array:
    """(N,) float32 -> (N,) uint16: the nearest that there is, of two equally near ones the even one."""
    bits = numbers.view(np.uint32)
    front = ((bits + (0x7FFF + (bits >> 16 & 1))) >> 16).astype(np.uint16)
    front[np.isnan(numbers)] = NO_NUMBER
    return front


def made_whole(halves: Array) -> Array:
    """(N,) uint16 -> (N,) float32, exactly."""
    return (halves.astype(np.uint32) << 16).view(np.float32)
