"""From what a network says along a strip to characters with their places: the last stage of reading."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from hellodl.reading.apart import pieces_of
from hellodl.reading.decoding import Said, best_path, prefix_beam_search, spread
from hellodl.reading.language import Language
from hellodl.reading.page import Character
from hellodl.reading.strips import Strip

BLANK = 0
LEAST_SURE = 0.45  # the mean probability of a line's characters
WEIGHT, BONUS = 0.5, 1.5  # of a language, beside what is seen: its say, and what each letter is worth
DOUBT = 0.02  # how much of the language is left to chance: it knows neither all names nor all misspellings


def characters_of(
    strip: Strip, log_probs: np.ndarray, alphabet: str, language: Language | None = None
) -> list[Character]:
    """What is said along a strip, (T, K) log probabilities of a blank and then of the alphabet, letter by letter."""
    said = best_path(log_probs) if language is None else spelled(log_probs, alphabet, language)
    letters = [one for one in said if alphabet[one.symbol - 1] != " "]
    step = len(strip.x) / max(len(log_probs), 1)
    spans = iter(spans_of(strip.picture, [(one.begin + one.end) / 2 * step for one in letters]))
    found: list[Character] = []
    space = False
    for one in said:
        letter = alphabet[one.symbol - 1]
        if letter == " ":
            space = bool(found)
            continue
        box = strip.box(*next(spans))
        found.append(Character(letter, *sureness(one, log_probs, alphabet), box, space))
        space = False
    return found


def spelled(log_probs: np.ndarray, alphabet: str, language: Language) -> list[Said]:
    """What log probabilities (T, K) say in a language that is known."""
    texts = prefix_beam_search(log_probs, language=Spelling(language, alphabet), weight=WEIGHT, bonus=BONUS)
    return spread(log_probs, texts[0][0])


def spans_of(picture: np.ndarray, middles: list[float]) -> list[tuple[int, int]]:
    """From which column of a strip to which each letter is, by the columns in which it was said.

    A connected piece of ink in which one letter was said is that letter; where several were, it is parted where there
    is least ink; where none was, it goes with the letter that was said nearest.
    """
    ink = picture.sum(axis=0, dtype=np.int64)
    edges = [0.0, *((a + b) / 2 for a, b in itertools.pairwise(middles)), float(len(ink))]
    own: list[list[int]] = [[] for _ in middles]
    for left, right in pieces_of(picture) if middles else []:
        inside = [place for place, middle in enumerate(middles) if left <= middle < right]
        if not inside:
            inside = [int(np.abs(np.array(middles) - (left + right) / 2).argmin())]
        parted = (gap_between(ink, middles[a], middles[b]) for a, b in itertools.pairwise(inside))
        for place, ends in zip(inside, itertools.pairwise([left, *parted, right])):
            own[place] += ends
    return [
        (min(ends), max(ends)) if ends else (round(left), round(right))
        for ends, left, right in zip(own, edges, edges[1:])
    ]


def gap_between(ink: np.ndarray, left: float, right: float) -> int:
    """The column between two letters: the one with the least ink (W,), and of several the one nearest to the middle."""
    columns = np.arange(round(left), max(round(right), round(left) + 1))
    columns = columns[columns < len(ink)] if round(left) < len(ink) else np.array([len(ink) - 1])
    return int(columns[np.lexsort((np.abs(columns - (left + right) / 2), ink[columns]))[0]])


def is_text(line: list[Character]) -> bool:
    """Whether a line was read, and not guessed: of what is no writing, a network is sure of little."""
    return bool(line) and sum(character.probability for character in line) > LEAST_SURE * len(line)


def sureness(one: Said, log_probs: np.ndarray, alphabet: str) -> tuple[float, str, float]:
    """How probable a letter is, which would be the next one, and how probable that."""
    chances = np.exp(one.surest(log_probs))
    chances[[BLANK, one.symbol]] = 0
    second = int(chances.argmax())
    return one.probability, alphabet[max(second - 1, 0)], float(chances[second])


class Spelling:
    """A language as `prefix_beam_search` asks for it: small letters stand for both cases, signs have no say."""

    def __init__(self, language: Language, alphabet: str):
        self.language = language
        self.letters = ["", *alphabet.lower()]
        self.known: dict[str, int] = {letter: place for place, letter in enumerate(language.alphabet)}

    def start(self) -> Any:
        """What is known before the first letter."""
        return self.language.start()

    def step(self, state: Any, symbol: int) -> tuple[float, Any]:
        """The logarithm of how likely this letter is next, and what is known after it."""
        letter = self.letters[symbol]
        if letter not in self.known:
            return 0.0, state
        return self._chance(state, letter), self.language.go_on(state, letter)

    def end(self, state: Any) -> float:
        """The logarithm of how likely a word is to end here."""
        return self._chance(state, " ")

    def _chance(self, state: Any, letter: str) -> float:
        likely = float(np.exp(self.language.scores([state])[0, self.known[letter]]))
        return float(np.log((1 - DOUBT) * likely + DOUBT / len(self.known)))
