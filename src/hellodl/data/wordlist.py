"""What letter comes next in a word of a list: names of a class, plants of a garden, whatever a page is known to hold.

    "an" begins "and", "ant" and "any": d, t and y, each as likely as another, and nothing else

Words are known by their beginnings. A reader that asks leaves a little to chance, so that a word that is on no list can
still be read, if it is written clearly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from hellodl.data.ngrams import ALPHABET, as_read


class WordList:
    """Words as a `reading.Language`; one that is listed twice is twice as likely. Its state is the word so far."""

    alphabet = ALPHABET

    def __init__(self, words: Iterable[str]):
        whole = [f"{word} " for line in words for word in as_read(line).split()]
        self.begin_so = Counter(word[:end] for word in whole for end in range(len(word) + 1))

    def start(self) -> str:
        """A word begins."""
        return ""

    def scores(self, states: list[str]) -> np.ndarray:
        """The logarithms of how likely each letter is to be next: (states, V) float64; what is no word may go on
        anyhow."""
        counts = np.array([[self.begin_so[state + letter] for letter in ALPHABET] for state in states], float)
        counts[counts.sum(axis=1) == 0] = 1
        with np.errstate(divide="ignore"):  # letters with which no word goes on
            return np.log(counts / counts.sum(axis=1, keepdims=True))

    def go_on(self, state: str, character: str) -> str:
        """The word after one letter more; a space ends it."""
        return "" if character == " " else state + character


def is_list(text: str) -> bool:
    """Whether a text is a list of words: nearly every line has just one."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and sum(len(line) == 1 for line in lines) > 0.9 * len(lines)


def counted(text: str) -> dict[str, int]:
    """The words of a list in which each line is one word and how often it came; {} for any other text."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if not lines or not all(len(line) == 2 and line[1].isdecimal() for line in lines):
        return {}
    known = set(ALPHABET)
    words: Counter[str] = Counter()
    for word, times in lines:
        for part in [word] if known.issuperset(word) else as_read(word).split():
            words[part] += int(times)
    return {word: times for word, times in words.items() if times}
