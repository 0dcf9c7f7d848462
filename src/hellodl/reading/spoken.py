"""From what a network says along a strip to characters with their places: the last stage of reading."""

from __future__ import annotations

import itertools

import numpy as np

from hellodl.reading.apart import pieces_of
from hellodl.reading.decoding import Said
from hellodl.reading.looks import Heard
from hellodl.reading.page import Character
from hellodl.reading.strips import Strip

BLANK = 0
LEAST_SURE = 0.45  # the mean probability of a line's characters


def characters_of(strip: Strip, heard: Heard, alphabet: str) -> list[Character]:
    """What was heard along a strip, in symbols of a blank and then of the alphabet, letter by letter."""
    said, log_probs = heard
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
