"""What letter comes next, told by counting: how often did each follow the last few letters in a text?

Shannon (1948) wrote English-like text so, by opening books at random. Long contexts say most and have been seen
least, so a little is taken from every count, and what that makes is shared out as the context one letter shorter says
(Kneser and Ney 1995; with three discounts, Chen and Goodman 1999).

    p(c | h) = (N(hc) - D(N(hc)) + sum of all D(N(h.)) * p(c | h without its first letter)) / N(h.)

For the longest strings, N counts how often they came. For shorter ones it counts after how many different letters
they came, because a shorter context is asked only where the longer one is new: "q" is frequent in no new place.
At the bottom, where no context is left, all letters are equally likely, so that nothing is ever impossible.

Letters here are what the reader of photos reads: small letters, digits, and the space. Words with their counts do as
well as a text; then nothing is known of what comes before a word, and its beginnings count as often as they came.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np

from hellodl.console import progress_bar

ALPHABET = " 0123456789abcdefghijklmnopqrstuvwxyz"
Counted = tuple[np.ndarray, np.ndarray]  # strings in their order, and a number for each
BASE = len(ALPHABET) + 1
DIGIT = np.array([ALPHABET.find(chr(code)) + 1 for code in range(128)], np.int64)  # of a letter, by its code; else 0
ORDER = 7  # letters: the context and the one after it
MOST_KNOWN = 30_000  # contexts whose followers are kept, so that they need not be looked up again: 12 MB
LONGEST = 12  # of which there are so many kinds that their numbers still fit into 63 bits


def as_read(text: str) -> str:
    """A text as it would be read from a photo: small letters, digits, and one space for all that stands between.

    Letters lose their accents, and words their apostrophes.
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’")
    return re.sub(r"[^0-9a-z]+", " ", plain).strip()


class NGrams:
    """A model of the letters of a text, which counts up to `order` of them in a row: a `reading.Language`.

    In place of a text there may be words with how often each came. Its state is the context, the last letters as a
    string; after words, that is one word so far.
    """

    alphabet = ALPHABET

    def __init__(self, text: str | Mapping[str, int], order: int = ORDER):
        if not 1 <= order <= LONGEST:
            raise ValueError(f"an order is a number from 1 to {LONGEST}, not {order}")
        self.order = order
        self.words = not isinstance(text, str)
        pieces = {as_read(text): 1} if isinstance(text, str) else text
        # A string of letters is a number with these digits, and after the end of a piece of text all digits are 0: so
        # strings that begin alike are neighbours when they are sorted, whatever their length.
        ends = "\0" * (order - 1)
        digits = DIGIT[np.frombuffer("".join(f" {piece} {ends}" for piece in pieces).encode("ascii"), np.uint8)]
        strings = np.zeros(len(digits) - order + 1, np.int64)
        for place in range(order):
            strings = strings * BASE + digits[place : place + len(strings)]
        begins = np.flatnonzero(digits[: len(strings)])
        if self.words:
            times = np.repeat([*pieces.values()], [len(piece) + 2 for piece in pieces])
            sorting = np.argsort(strings[begins])
            strings, times = strings[begins][sorting], times[sorting]
        else:
            strings, times = np.sort(strings[begins]), np.ones(len(begins), np.int64)
        # For each length, the different strings that came, and their N.
        self.counted: list[Counted] = []
        kinds, came = strings[:0], times[:0]
        with progress_bar("counting letters", order) as bar:
            for length in range(1, order + 1):
                starts = strings // BASE ** (order - length)
                first = np.flatnonzero(np.diff(starts, prepend=-1))
                whole = starts[first] % BASE > 0
                longer, often = starts[first][whole], np.add.reduceat(times, first)[whole]
                if length > 1:
                    self.counted.append(self._after(longer, length, kinds, came))
                kinds, came = longer, often
                bar.advance()
        self.counted.append((kinds, came))
        self.discounts = [discounts(counts) for _, counts in self.counted]
        self._known: dict[str, np.ndarray] = {}

    def _after(self, longer: np.ndarray, length: int, kinds: np.ndarray, came: np.ndarray) -> Counted:
        """After how many different letters strings come, as the kinds tell that are one longer, of this length.

        Before a word that was counted by itself nothing is known: its beginning counts as often as it came.
        """
        strings, after = np.unique(longer % BASE ** (length - 1), return_counts=True)
        if not self.words:
            return strings, after
        counts = came.copy()
        counts[np.searchsorted(kinds, strings)] = after
        return kinds, counts

    def probabilities(self, context: str) -> np.ndarray:
        """How likely each letter of the alphabet is to follow: (V,) float64, adds up to 1.

        Of the context, the last `order - 1` letters count.
        """
        context = context[max(len(context) - self.order + 1, 0) :]
        if context not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            size = len(ALPHABET)
            shorter = self.probabilities(context[1:]) if context else np.full(size, 1 / size)
            self._known[context] = self._mixed(context, shorter)
        return self._known[context]

    def _mixed(self, context: str, shorter: np.ndarray) -> np.ndarray:
        """The formula above, for all letters."""
        strings, counts = self.counted[len(context)]
        first = 0
        for letter in [*context, ALPHABET[0]]:
            first = first * BASE + ALPHABET.index(letter) + 1
        begin, end = np.searchsorted(strings, [first, first + len(ALPHABET)])
        if begin == end:
            return shorter
        followers = counts[begin:end]
        taken = self.discounts[len(context)][np.minimum(followers, 3) - 1]
        left = np.zeros(len(ALPHABET))
        left[strings[begin:end] - first] = followers - taken
        return (left + taken.sum() * shorter) / followers.sum()

    def start(self) -> str:
        """A word begins."""
        return " "

    def scores(self, states: list[str]) -> np.ndarray:
        """The logarithms of how likely each letter is to be next: (states, V) float64."""
        return np.log([self.probabilities(state) for state in states])

    def go_on(self, state: str, character: str) -> str:
        """The context one letter on; what is not in the alphabet counts as a space."""
        character = character if character in ALPHABET else " "
        if self.words and character == " ":
            return " "
        return (state + character)[-max(self.order - 1, 1) :]


def discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken from a count of 1, of 2, and of 3 or more: (3,) float64, by how many there are of 1 to 4."""
    of = np.bincount(np.minimum(counts, 5), minlength=6)[1:5]
    rare = of[0] / max(of[0] + 2 * of[1], 1)
    taken = [n - (n + 1) * rare * of[n] / max(of[n - 1], 1) for n in (1, 2, 3)]
    return np.clip(taken, 0.1, [0.9, 1.9, 2.9])  # in short texts, chance would ask for too little or all
