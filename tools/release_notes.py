"""What a release says about itself: the section of CHANGELOG.md for a version.

    python tools/release_notes.py v0.1.0 > notes.md

An error, where the tag is not that of the version in pyproject.toml, where the version has no section with a date, or
where something is still under "Unreleased". It needs nothing that is not Python's own.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
WRAP = re.compile(r"(?<!\n)\n *(?![-|#\s])")  # the end of a line that is not that of a paragraph, an item, a row
HEAD = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<day>\d{4}-\d\d-\d\d))?$", re.MULTILINE)


class ReleaseError(Exception):
    """Why this cannot be released yet."""


def version() -> str:
    """The version of this source."""
    return tomllib.loads((SOURCE / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def sections(changelog: str) -> dict[str, tuple[str | None, str]]:
    """Of each version, in the file's order: the day, and what is written about it."""
    heads = list(HEAD.finditer(changelog))
    ends = [head.start() for head in heads[1:]] + [len(changelog)]
    return {
        head["version"]: (head["day"], changelog[head.end() : end].strip())
        for head, end in zip(heads, ends, strict=True)
    }


def notes(tag: str, wanted: str, changelog: str) -> str:
    """The notes for a tag, where `wanted` is the version that the source has.

    A paragraph is one line there: GitHub shows every line of a release as a line of its own.
    """
    if tag != f"v{wanted}":
        raise ReleaseError(f"the tag is {tag}, but pyproject.toml says {wanted}")
    found = sections(changelog)
    if found.get("Unreleased", (None, ""))[1]:
        raise ReleaseError(f"CHANGELOG.md has changes under Unreleased; move them to [{wanted}]")
    day, text = found.get(wanted, (None, ""))
    if not day or not text:
        raise ReleaseError(f"CHANGELOG.md wants a section '## [{wanted}] - YYYY-MM-DD' that says what changed")
    return WRAP.sub(" ", text)


def main(tag: str) -> int:
    """Print the notes."""
    try:
        print(notes(tag, version(), (SOURCE / "CHANGELOG.md").read_text("utf-8")))
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
