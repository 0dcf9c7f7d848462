"""How much of a text was read right: one minus the edits that would mend it, over its length.

The edits are insertions, deletions and replacements of single characters (Levenshtein 1966). Usually they are counted
over letters and digits; case, spaces and punctuation are left out, and what nobody can tell apart without context
(zero and O; one, I and l) counts as the same. Counted strictly, case and spaces matter too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})


def plain(text: str) -> str:
    """Letters and digits only, in lower case, with one sign for what looks the same."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum()).translate(ALIKE)


def strict(text: str) -> str:
    """Letters and digits as they are, one space wherever there is white space; other signs are left out."""
    words = ("".join(c for c in word if c.isascii() and c.isalnum()) for word in text.split())
    return " ".join(word for word in words if word)


def edit_distance(truth: Sequence, read: Sequence) -> int:
    """The least number of insertions, deletions and replacements from one text (or list of words) to the other."""
    return int(cost_table(unlike(truth, read), 1.0)[-1, -1])


def aligned(truth: Sequence, read: Sequence) -> list[tuple[int | None, int | None]]:
    """One cheapest way from truth to read: pairs of places, None where one side has nothing there."""
    return cheapest(unlike(truth, read), 1.0)


def unlike(truth: Sequence, read: Sequence) -> np.ndarray:
    """What it costs to replace each of one by each of the other, (n, m): 0 for the same, else 1."""
    return np.array([[t != r for r in read] for t in truth], np.float64).reshape(len(truth), len(read))


def cost_table(costs: np.ndarray, gap: float) -> np.ndarray:
    """The table of Wagner and Fischer (1974), (n + 1, m + 1): what the first i and the first j cost together at least.

    `costs` (n, m) are those of a row beside a column; whatever stays without a partner costs a gap.
    """
    rows, columns = costs.shape
    steps = gap * np.arange(columns + 1)
    table = np.empty((rows + 1, columns + 1))
    table[0] = steps
    for i in range(rows):
        best = table[i] + gap  # row i alone
        np.minimum(best[1:], table[i, :-1] + costs[i], out=best[1:])
        # columns alone: from any place before, a gap for each step
        table[i + 1] = steps + np.minimum.accumulate(best - steps)
    return table


def cheapest(costs: np.ndarray, gap: float) -> list[tuple[int | None, int | None]]:
    """Pairs (row, column) of a table of costs (n, m), in order, that are cheapest together.

    Every row and every column comes once: with a partner, at the table's cost, or with None, at the cost of a gap.
    """
    table = cost_table(costs, gap)
    path: list[tuple[int | None, int | None]] = []
    i, j = costs.shape
    while i or j:
        here = table[i, j] + 1e-9
        if i and j and table[i - 1, j - 1] + costs[i - 1, j - 1] <= here:
            i, j = i - 1, j - 1
            path.append((i, j))
        elif i and table[i - 1, j] + gap <= here:
            i -= 1
            path.append((i, None))
        else:
            j -= 1
            path.append((None, j))
    return path[::-1]


def character_accuracy(truth: str, read: str) -> float:
    """The share of the truth's characters that were read right, 0 to 1."""
    truth, read = plain(truth), plain(read)
    return max(0.0, 1 - edit_distance(truth, read) / max(len(truth), 1))
