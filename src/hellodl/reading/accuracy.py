"""How much of a text was read right: one minus the edits that would mend it, over its length.

The edits are insertions, deletions and replacements of single characters (Levenshtein 1966). Usually they are counted
over letters and digits; case, spaces and punctuation are left out, and what nobody can tell apart without context
(zero and O; one, I and l) counts as the same. Counted strictly, case and spaces matter too.
"""

from __future__ import annotations

from collections.abc import Sequence

ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})


def plain(text: str) -> str:
    """Letters and digits only, in lower case, with one sign for what looks the same."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum()).translate(ALIKE)


def strict(text: str) -> str:
    """Letters and digits as they are, one space wherever there is white space; other signs are left out."""
    words = ("".join(c for c in word if c.isascii() and c.isalnum()) for word in text.split())
    return " ".join(word for word in words if word)


def edit_rows(truth: Sequence, read: Sequence) -> list[list[int]]:
    """The table of Wagner and Fischer (1974): row i, column j has the edits from truth[:i] to read[:j]."""
    rows = [list(range(len(read) + 1))]
    for i, t in enumerate(truth, 1):
        before, row = rows[-1], [i]
        for j, r in enumerate(read, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (t != r)))
        rows.append(row)
    return rows


def edit_distance(truth: Sequence, read: Sequence) -> int:
    """The least number of insertions, deletions and replacements from one text (or list of words) to the other."""
    return edit_rows(truth, read)[-1][-1]


def aligned(truth: Sequence, read: Sequence) -> list[tuple[int | None, int | None]]:
    """One cheapest way from truth to read: pairs of places, None where one side has nothing there."""
    rows = edit_rows(truth, read)
    i, j = len(truth), len(read)
    pairs: list[tuple[int | None, int | None]] = []
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (truth[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def character_accuracy(truth: str, read: str) -> float:
    """The share of the truth's characters that were read right, 0 to 1."""
    truth, read = plain(truth), plain(read)
    return max(0.0, 1 - edit_distance(truth, read) / max(len(truth), 1))
