"""Output for a terminal or a file that knows few characters: a picture made of blocks stays a picture in ASCII.

What is printed is Unicode. An encoding that lacks a character gets a stand-in of the same width where there is one
(`#` for a full block), and else its number, which is ugly but loses nothing.
"""

from __future__ import annotations

import codecs
import sys

NAME = "hellodl-plain"
STAND_INS = dict(zip(" ░▒▓█▁▂▃▄▅▆▇×·−–—…’‘“”→←≥≤²³µμ", " .:*#_.-=+o*x.---.''\"\"><><23uu")) | {"±": "+-", "…": "..."}


def stand_in(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that cannot be encoded, as `codecs.register_error` wants it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    strange = error.object[error.start : error.end]
    return "".join(STAND_INS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in strange), error.end


def forgive_output() -> None:
    """A stream that cannot show a character is no reason to fail."""
    codecs.register_error(NAME, stand_in)
    for stream in (sys.stdout, sys.stderr):
        if getattr(stream, "errors", None) in ("strict", "backslashreplace") and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=NAME)
