"""Who knows the language of a page: anything that can say how likely each letter is to come next.

An n that is written like an h is an n in "and". So where a strip leaves doubt, whole readings of it compete: each
costs what the strip says against it and what the language says against it (see `spoken.Spelling`). The language says
which letter, never in which case; that stands on the page.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np


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
