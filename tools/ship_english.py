"""Count the words that `hellodl read` expects where it is told no other language, and write down how well they do.

    python tools/ship_english.py --data FOLDER

writes src/hellodl/models/english.txt, a line for each word with how often it came, and its card, english.md. The words
are those of Python's standard library, comments, names and all, and of Shakespeare's plays as in tinyshakespeare.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from hellodl.commands.language import ENGLISH
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.data.ngrams import ALPHABET, NGrams, as_read
from hellodl.data.text import load_text
from hellodl.errors import HelloError

CARD = """# english: words, and how often each came, for `hellodl read`

| | |
|---|---|
| what it is | {words:,} words of letters or of digits, with their counts, {size:,} bytes |
| made with | `tools/ship_english.py` |
| counted in | Python {python}'s standard library, {library:,} words, and Shakespeare's plays, {plays:,} |
| used as | an n-gram model of letters, seven in a row, with Kneser and Ney's smoothing (`hellodl.data.ngrams`) |

## Figures

| | |
|---|---|
| words and lines by UNIPEN's validation writers | {nats:.2f} nats a letter (all letters alike: {uniform:.2f}) |
| of their words that are in the list | {known:.0%} |

What it does for reading, with and without it, stands in benchmarks/reading.md.

## What it cannot do

- It knows single words, not which follow which, and English as programmers and Shakespeare wrote it.
- Other languages: `hellodl read --language FILE` takes a text in yours, and `--language none` does without.

## Where it comes from

Python's standard library, the Python Software Foundation and many authors, PSF License Agreement 2
(https://docs.python.org/3/license.html); Shakespeare's plays, which belong to nobody. Counts are no text of theirs.
"""


def main(arguments: list[str] | None = None) -> int:
    """Count, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="where tinyshakespeare and UNIPEN are, if not in their usual place")
    options = parser.parse_args(arguments)
    try:
        library, plays = (words_of(load_text(name, options.data).text) for name in ("python", "tinyshakespeare"))
        texts = writing.load_words(folder_of("unipen", options.data), "validation")[0].texts
    except HelloError as error:
        print(error, file=sys.stderr)
        return 1
    counts = library + plays
    ENGLISH.write_text("".join(f"{word} {count}\n" for word, count in sorted(counts.items(), key=usual_first)), "utf-8")
    said = [as_read(text) for text in texts]
    ENGLISH.with_suffix(".md").write_text(
        CARD.format(
            words=len(counts),
            size=ENGLISH.stat().st_size,
            python=platform.python_version(),
            library=library.total(),
            plays=plays.total(),
            nats=surprise(NGrams(counts), said),
            uniform=np.log(len(ALPHABET)),
            known=np.mean([word in counts for text in said for word in text.split()]),
        ),
        "utf-8",
    )
    print(f"{len(counts):,} words, {ENGLISH.stat().st_size:,} bytes; {ENGLISH}")
    return 0


def usual_first(item: tuple[str, int]) -> tuple[int, str]:
    """What sorts words by how often they come, and by letters."""
    return -item[1], item[0]


def words_of(text: str) -> Counter[str]:
    """How often each word comes; what mixes letters and digits is none."""
    return Counter(word for word in as_read(text).split() if word.isalpha() or word.isdecimal())


def surprise(model: NGrams, texts: list[str]) -> float:
    """Nats a letter, the space after each word included."""
    total, letters = 0.0, 0
    for text in texts:
        state = model.start()
        for letter in f"{text} ":
            total -= float(model.scores([state])[0, ALPHABET.index(letter)])
            state = model.go_on(state, letter)
            letters += 1
    return total / max(letters, 1)


if __name__ == "__main__":
    sys.exit(main())
