"""How much of a text was read right: one minus the edits that would mend it, over its length.

The edits are insertions, deletions and replacements of single characters (Levenshtein 1966), counted over
letters and digits; case, spaces and punctuation are left out, and what nobody can tell apart without context
(zero and O; one, I and l) counts as the same.
"""

from __future__ import annotations

ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})


def plain(text: str) -> str:
    """Letters and digits only, in lower case, with one sign for what looks the same."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum()).translate(ALIKE)


def edit_distance(truth: str, read: str) -> int:
    """The least number of insertions, deletions and replacements from one to the other."""
    row = list(range(len(read) + 1))
    for i, t in enumerate(truth, 1):
        above_left, row[0] = row[0], i
        for j, r in enumerate(read, 1):
            above_left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above_left + (t != r))
    return row[-1]


def character_accuracy(truth: str, read: str) -> float:
    """The share of the truth's characters that were read right, 0 to 1."""
    truth, read = plain(truth), plain(read)
    return max(0.0, 1 - edit_distance(truth, read) / max(len(truth), 1))
