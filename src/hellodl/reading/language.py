"""Which letter makes sense here? Ask somebody who knows the language.

An n that is written like an h is an n in "and". So where the pictures of letters leave doubt, whole readings of the
page compete: each way to go on costs what the picture says against it and what the language says against it, and
only the best few are followed from letter to letter (beam search, as in Graves, Mohamed and Hinton 2013). Readings
whose last letters agree go on as one (Liu and others 2014), so the ways through the page make a lattice, and adding up
the ways that lead through a letter, forwards and backwards, gives its probability (as LeCun, Bottou, Bengio and Haffner
1998 did for cheques).

What the language must not do: overrule a clear picture, or make words out of numbers and codes. It says which letter,
never in which case; that stands on the page. And what language is, nothing here knows: anything that can say how
likely each letter is to come next will do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from hellodl.data.dataset import DIGITS

WEIGHT = 0.5  # of the language beside the picture: neighbours say the same thing more than once
DOUBT = 0.02  # how much of the language is left to chance: it knows neither all names nor all misspellings
SURE = 0.99  # a picture that says so much is believed
LIKELY = 1e-3  # what the picture thinks less likely than this is no candidate
CODE = 0.3  # a word with this share of digits is a number or a code
WIDTH = 16  # readings that are followed
HOPELESS = 12.0  # nats: a reading so far behind the best one is not followed
ALIKE = 6  # readings whose last so many letters agree go on as one


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


@dataclass(frozen=True)
class Reading:
    """All ways to read the page up to here that agree in their last letters, the tail."""

    tail: str
    state: Any
    log_sum: float  # of the probabilities of these ways


@dataclass(frozen=True)
class Step:
    """From the readings before a place to those after it: one row each for every way to go on that is followed.

    `before` and `after` number the readings, `letter` the candidates of the place, `score` is in nats; all (A,).
    """

    before: np.ndarray
    letter: np.ndarray
    after: np.ndarray
    score: np.ndarray


def in_language(lines: list[np.ndarray], fresh: list[np.ndarray], classes: str, language: Language) -> list[np.ndarray]:
    """The probabilities of a page's lines, each (n, K), with what the language tells taken in.

    `fresh` (n,) bool says for each line whether a character begins a word. Rows still add up to what they did. Where
    `classes` has both cases, a letter's share is divided between them as before.
    """
    if not lines:
        return lines
    rows, begins = np.concatenate(lines).astype(np.float64), np.concatenate(fresh)
    small = classes.lower()
    letters = "".join(dict.fromkeys(c for c in small if c.isalnum()))
    members = np.array([[c == letter for c in small] for letter in letters])  # (letters, K)
    by_letter = rows @ members.T  # (n, letters)
    numbers, places = places_of(by_letter, begins, letters)
    for number, place, share in zip(numbers, places, posteriors(places, language)):
        if len(place) == 1:  # also every space
            continue
        # What was no candidate, or fell off the beam, keeps a trace of its probability, and so its rank.
        wanted = LIKELY * by_letter[number]
        wanted[[letters.index(c) for c in place]] += (1 - LIKELY) * by_letter[number].sum() * share
        change = wanted / np.maximum(by_letter[number], 1e-12)
        rows[number] *= np.where(members.any(axis=0), change @ members, 1.0)
    return np.split(rows.astype(lines[0].dtype), np.cumsum([len(line) for line in lines])[:-1])


def places_of(by_letter: np.ndarray, begins: np.ndarray, letters: str) -> tuple[list[int], list[dict[str, float]]]:
    """What is read in turn, for `posteriors`, and the number of its row (of the row after it, if it is a space)."""
    numbers: list[int] = []
    places: list[dict[str, float]] = []
    word = np.cumsum(begins)
    choices = candidates(by_letter, word, letters)
    for number in np.flatnonzero(by_letter.sum(axis=1) >= 0.5):  # else it is no letter, and is passed over
        if numbers and word[number] != word[numbers[-1]]:
            numbers.append(int(number))
            places.append({" ": 0.0})
        numbers.append(int(number))
        places.append({letters[k]: float(np.log(by_letter[number, k])) for k in choices[number]})
    return numbers, places


def candidates(by_letter: np.ndarray, word: np.ndarray, letters: str) -> list[np.ndarray]:
    """Which letters each place (n, letters) may be: one where the picture is sure, or in a number or code.

    `word` (n,) numbers the word that each place is in.
    """
    digit = np.array([letter in DIGITS for letter in letters])
    digits_in_word = np.bincount(word, by_letter[:, digit].sum(axis=1)) / np.maximum(np.bincount(word), 1)
    settled = (by_letter.max(axis=1) > SURE) | (digits_in_word[word] > CODE)
    pairs = zip(by_letter, settled)
    return [np.array([row.argmax()]) if alone else np.flatnonzero(row > LIKELY) for row, alone in pairs]


def posteriors(places: list[dict[str, float]], language: Language) -> list[np.ndarray]:
    """How likely each candidate of each place is, given the whole page: (candidates,) float64, adds up to 1.

    A place maps its candidates to the logarithms of what their pictures say.
    """
    readings = [Reading("", language.start(), 0.0)]
    steps, forward = [], []
    for place in places:
        forward.append(np.array([reading.log_sum for reading in readings]))
        step, readings = followed(readings, place, language)
        steps.append(step)
    backward = np.zeros(len(readings))
    out = []
    for place, step, before in zip(reversed(places), reversed(steps), reversed(forward)):
        after = step.score + backward[step.after]
        ways = before[step.before] + after
        share = np.bincount(step.letter, np.exp(ways - ways.max()), minlength=len(place))
        out.append(share / share.sum())
        backward = sums(after, step.before, len(before))
    return out[::-1]


def followed(readings: list[Reading], place: dict[str, float], language: Language) -> tuple[Step, list[Reading]]:
    """All readings with each candidate of the next place; those that are worth it are followed."""
    spoken = language_scores(readings, list(place), language)
    scores = WEIGHT * spoken + np.array([*place.values()])  # (readings, candidates)
    so_far = np.array([reading.log_sum for reading in readings])[:, None] + scores
    tails: dict[str, int] = {}
    after = np.array(
        [tails.setdefault((reading.tail + letter)[-ALIKE:], len(tails)) for reading in readings for letter in place]
    )
    before, letter = (index.ravel() for index in np.indices(scores.shape))
    reached = sums(so_far.ravel(), after, len(tails))  # (tails,)
    kept = np.argsort(-reached, kind="stable")[:WIDTH]
    kept = kept[reached[kept] > reached.max() - HOPELESS]

    names, chosen = list(tails), []
    for tail in kept:
        ways = np.flatnonzero(after == tail)
        best = ways[so_far.ravel()[ways].argmax()]
        state = language.go_on(readings[before[best]].state, names[tail][-1])
        chosen.append(Reading(names[tail], state, float(reached[tail])))
    place_of = np.full(len(tails), -1)
    place_of[kept] = np.arange(len(kept))
    alive = place_of[after] >= 0
    return Step(before[alive], letter[alive], place_of[after[alive]], scores.ravel()[alive]), chosen


def language_scores(readings: list[Reading], letters: list[str], language: Language) -> np.ndarray:
    """What the language says of each letter after each reading, with room for doubt: (readings, letters), nats."""
    said = np.exp(language.scores([reading.state for reading in readings]))
    columns = np.array([language.alphabet.find(letter) for letter in letters])
    likely = np.where(columns >= 0, said[:, columns], 0.0)
    return np.log((1 - DOUBT) * likely + DOUBT / len(language.alphabet))


def sums(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Logarithms of the sums of exp(values) in each group: (A,), (A,) -> (count,)."""
    out = np.full(count, -np.inf)
    np.logaddexp.at(out, group, values)
    return out
