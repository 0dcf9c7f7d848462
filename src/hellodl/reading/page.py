"""What reading a photo gives: the page, its lines, and for every character where it is and how sure we
are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

DOUBT = "?"  # written for what could not be read


@dataclass(frozen=True)
class Character:
    """One character: `box` is (left, top, width, height) in pixels of the photo, probabilities are 0 to 1."""

    letter: str
    probability: float
    runner_up: str
    runner_up_probability: float
    box: tuple[int, int, int, int]
    space_before: bool = False


@dataclass(frozen=True)
class Page:
    """A page that was read: lines from top to bottom, characters from left to right.

    `size` is (width, height) of the photo, and `x_height` how high a small x is in it, in pixels, 0 where nothing is
    written.
    """

    lines: list[list[Character]] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    x_height: float = 0.0

    @property
    def characters(self) -> list[Character]:
        """All characters in reading order."""
        return [character for line in self.lines for character in line]

    @property
    def text(self) -> str:
        """The text, words separated by spaces and lines by line ends; empty for a blank page."""
        return "\n".join(line_text(line) for line in self.lines)

    def enlarged(self, factor: float) -> Page:
        """The same page with its boxes in a picture that is larger by this factor."""

        def larger(character: Character) -> Character:
            left, top, width, height = (round(value * factor) for value in character.box)
            return replace(character, box=(left, top, width, height))

        size = (round(self.size[0] * factor), round(self.size[1] * factor))
        return replace(self._each(larger), size=size, x_height=self.x_height * factor)

    def in_case(self, case: str | None) -> Page:
        """All letters as capitals ("upper") or small letters ("lower"); as they are for None."""
        if case is None:
            return self
        return self._each(
            lambda c: replace(c, letter=getattr(c.letter, case)(), runner_up=getattr(c.runner_up, case)())
        )

    def doubting(self, least: float) -> Page:
        """`?` in place of each letter that is less probable than `least`; what it may have been is the runner-up."""

        def doubted(c: Character) -> Character:
            if c.probability >= least:
                return c
            return replace(c, letter=DOUBT, runner_up=c.letter, runner_up_probability=c.probability)

        return self._each(doubted)

    def _each(self, change: Callable[[Character], Character]) -> Page:
        """The same page with each character changed."""
        return replace(self, lines=[[change(character) for character in line] for line in self.lines])

    def to_json(self) -> dict:
        """Everything as plain lists and numbers, ready for `json.dumps`."""
        lines = [{"text": line_text(line), "characters": [_as_record(c) for c in line]} for line in self.lines]
        return {"text": self.text, "width": self.size[0], "height": self.size[1], "lines": lines}


def line_text(line: list[Character]) -> str:
    """The characters of a line with the spaces between its words."""
    return "".join(" " * character.space_before + character.letter for character in line)


def _as_record(character: Character) -> dict:
    return {
        "letter": character.letter,
        "probability": round(character.probability, 4),
        "runner_up": character.runner_up,
        "runner_up_probability": round(character.runner_up_probability, 4),
        "box": list(character.box),
        "space_before": character.space_before,
    }
