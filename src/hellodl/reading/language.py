"""Who knows the language of a page: anything that can say how likely each letter is to come next.

An n that is written like an h is an n in "and". So where a strip leaves doubt, whole readings of it compete: each
costs what the strip says against it and what the language says against it. The language says which letter, never in
which case; that stands on the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from hellodl.reading.decoding import Said, prefix_beam_search

WEIGHT, BONUS = 0.4, 1.0  # of a language, beside what is seen: its say, and what each letter is worth
FOREIGN = 0.5  # of all words: names, codes and others in which any letter may follow any other
UNLIKELY = 1e-12  # that a word is foreign, at the least: even then any letter may follow
BEAMS, LEAST = 8, 5e-3  # beginnings that are followed, and how probable a letter must be to be tried


class Language(Protocol):
    """Somebody who reads letter by letter and says what may come next.

    `alphabet` holds the letters that it knows, small ones, among them the space. A state is whatever it needs to
    remember of what was read; it is never changed, so that readings can part.
    """

    alphabet: str

    def start(self) -> Any:
        """The state before anything was read."""

    def scores(self, states: list[Any]) -> np.ndarray:
        """The logarithms of how likely each letter is to come next: (states, V)."""

    def go_on(self, state: Any, character: str) -> Any:
        """The state after one letter more."""


class Spelling:
    """A language as `prefix_beam_search` asks for it: small letters stand for both cases, signs have no say."""

    def __init__(self, language: Language, alphabet: str):
        self.language = language
        known = {letter: place for place, letter in enumerate(language.alphabet)}
        self.places = [-1, *(known.get(letter, -1) for letter in alphabet.lower())]  # -1 for blanks and signs
        self.space = known[" "]

    def start(self) -> Place:
        """Before the first letter."""
        return Place(self.language)

    def chance(self, place: Place, symbol: int) -> float:
        """The logarithm of how likely this letter is next."""
        number = self.places[symbol]
        return math.log(place.chance(number)) if number >= 0 else 0.0

    def go_on(self, place: Place, symbol: int) -> Place:
        """Where the text is after it."""
        number = self.places[symbol]
        return place.after(number) if number >= 0 else place

    def end(self, place: Place) -> float:
        """The logarithm of how likely a word is to end here."""
        return math.log(place.chance(self.space))

    def likeliest(self, log_probs: np.ndarray) -> tuple[int, ...]:
        """The text that log_probs (T, C) and the language together find likeliest, in symbols."""
        found = prefix_beam_search(log_probs, BEAMS, language=self, weight=WEIGHT, bonus=BONUS, least=LEAST)
        return tuple(found[0][0])

    def says(self, text: Sequence[int]) -> float:
        """What is added for a whole text to the logarithm of how likely it looks."""
        place, total = self.start(), 0.0
        for symbol in text:
            total += self.chance(place, symbol)
            place = self.go_on(place, symbol)
        return WEIGHT * (total + self.end(place)) + BONUS * len(text)

    def weighed(self, said: list[Said], log_probs: np.ndarray) -> tuple[list[Said], np.ndarray]:
        """The same text and look (T, C), but each letter as probable as the language and the strip together make it.

        In the steps of a letter, what is no blank is shared out anew among all symbols.
        """
        log_probs, place, found = log_probs.copy(), self.start(), []
        for one in said:
            rows = log_probs[one.begin : one.end, 1:]
            all_letters = np.logaddexp.reduce(rows, axis=1, keepdims=True)
            rows += WEIGHT * np.array([self.chance(place, symbol) for symbol in range(1, log_probs.shape[1])])
            rows += all_letters - np.logaddexp.reduce(rows, axis=1, keepdims=True)
            found.append(one._replace(probability=float(np.exp(rows[:, one.symbol - 1].max()))))
            place = self.go_on(place, one.symbol)
        return found, log_probs


class Place:
    """How far a text has come. What may follow is looked up when it is needed: most texts are given up before."""

    __slots__ = ("_row", "_state", "before", "foreign", "language", "letter")

    def __init__(self, language: Language, before: Place | None = None, letter: str = "", foreign: float = FOREIGN):
        self.language, self.before, self.letter = language, before, letter
        self.foreign = foreign  # how probable it is by now that the word is none of the language
        self._state: Any = None
        self._row: list[float] = []

    @property
    def state(self) -> Any:
        """The language's own."""
        if self._state is None:
            self._state = self.language.go_on(self.before.state, self.letter) if self.before else self.language.start()
        return self._state

    def chance(self, number: int) -> float:
        """How likely this letter of the language is to be next, in a word of the language or in any other."""
        self._row = self._row or self.language.scores([self.state])[0].tolist()
        return (1 - self.foreign) * math.exp(self._row[number]) + self.foreign / len(self._row)

    def after(self, number: int) -> Place:
        """The place after this letter; by Bayes' rule, a strange one makes the word foreign."""
        chance, letter = self.chance(number), self.language.alphabet[number]
        foreign = FOREIGN if letter == " " else max(self.foreign / len(self._row) / chance, UNLIKELY)
        return Place(self.language, self, letter, foreign)
