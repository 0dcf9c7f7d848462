"""Several looks at a line, and the text that they agree on.

Some write letters twice as wide as others, and where they are very narrow, two of them are over in one step; some lean
to the left, of which a network has seen little. So a strip is looked at as it is, narrower and wider. Where all that is
read is the same, that is it. Where it is not, it is leaned both ways as well, and each text that was read in one look
is held against all: its probability, over all alignments, is averaged over the looks, and the likeliest is taken.
Whoever knows the language has a say as well, and adds the texts that it would read in each look.

The logarithms could be averaged instead, but one look that misses a letter would then outvote all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from hellodl.reading.decoding import Said, best_path, log_chances, spread
from hellodl.reading.language import Spelling

Read = Callable[[Sequence[np.ndarray]], list[np.ndarray]]  # strips (HEIGHT, W) uint8 -> log probabilities (T, K) each
# How much wider a strip is made, and by how much of its height it is leaned to the right at its top.
FIRST = ((0.77, 0.0), (1.0, 0.0), (1.3, 0.0))
SECOND = ((1.2, -0.2), (1.2, 0.2))  # where the first do not agree


class Heard(NamedTuple):
    """What a line says, letter by letter, and the look (T, K) in which that was heard."""

    said: list[Said]
    log_probs: np.ndarray


def listened(strips: Sequence[np.ndarray], read: Read, spelling: Spelling | None = None) -> list[Heard]:
    """What each strip (HEIGHT, W) uint8 says by all looks at it, and by a language where there is one."""
    looks = looked(strips, read, FIRST)
    doubtful = [number for number, said in enumerate(looks) if len(set(map(text_in, said))) > 1]
    for number, more in zip(doubtful, looked([strips[number] for number in doubtful], read, SECOND)):
        looks[number] += more
    return [likeliest(said, spelling) for said in looks]


def looked(strips: Sequence[np.ndarray], read: Read, ways: Sequence[tuple[float, float]]) -> list[list[np.ndarray]]:
    """What is said along each strip in each of these ways of looking."""
    said = read([changed(strip, *way) for strip in strips for way in ways])
    return [said[first : first + len(ways)] for first in range(0, len(said), len(ways))]


def changed(strip: np.ndarray, wider: float, lean: float) -> np.ndarray:
    """A strip (H, W) uint8 leaned to the right by so much of its height, and then made so many times wider."""
    height, width = strip.shape
    if lean:
        room = int(abs(lean) * height) + 1
        matrix = np.array([[1, -lean, room + lean * height / 2], [0, 1, 0]], np.float32)
        strip = cv2.warpAffine(strip, matrix, (width + 2 * room, height))
    return cv2.resize(strip, (max(8, round(strip.shape[1] * wider)), height))


def likeliest(looks: list[np.ndarray], spelling: Spelling | None = None) -> Heard:
    """The likeliest text of several looks at a line, (T, K) log probabilities each, in the surest look that says it."""
    by_text: dict[tuple[int, ...], list[np.ndarray]] = {}
    for look in looks:
        by_text.setdefault(text_in(look), []).append(look)
    texts, best, chances = [*by_text], 0, np.zeros((len(looks), 1))
    if spelling:
        texts = [*dict.fromkeys([*texts, *(spelling.likeliest(same[0]) for same in by_text.values())])]
    if len(texts) > 1:
        chances = log_chances(looks, texts)
        scores = np.logaddexp.reduce(chances, axis=0)
        best = int((scores + [spelling.says(text) for text in texts] if spelling else scores).argmax())
    if texts[best] in by_text:
        look = max(by_text[texts[best]], key=sureness_of)
        said = best_path(look)
    else:
        look = looks[int(chances[:, best].argmax())]
        said = spread(look, texts[best])
    return Heard(*spelling.weighed(said, look)) if spelling else Heard(said, look)


def text_in(log_probs: np.ndarray) -> tuple[int, ...]:
    """The symbols of the best path."""
    return tuple(one.symbol for one in best_path(log_probs))


def sureness_of(log_probs: np.ndarray) -> float:
    """How probable the characters of a line are on average; 0 for none."""
    said = best_path(log_probs)
    return sum(one.probability for one in said) / len(said) if said else 0.0
