"""How much a lesson helps: people whom the reader of lines never saw give some words, and the rest is read.

    python benchmarks/teach.py --data FOLDER [--split validation] [--given 20] [--writers N]

Each writer of UNIPEN's test split with enough words gives `--given` of them, drawn plainly; up to as many as MEASURED
others are read before and after the lesson, and so are strings by other hands, in ink. Settings of lessons are chosen
on the validation split.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.teach import accuracy
from hellodl.console import progress_bar, show_table, start_logging
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.train.personal import Tuning, personalised, rehearsal

MEASURED = 60  # words of a writer, at most
OTHERS = 120  # strings by other hands


def main() -> int:
    """Teach one writer after the other; a line for each, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="where UNIPEN is")
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument("--given", type=int, default=20, help="words in a lesson (20)")
    parser.add_argument("--writers", type=int, help="so many writers only")
    parser.add_argument("--steps", type=int, default=Tuning.steps)
    parser.add_argument("--lr", type=float, default=Tuning.learning_rate)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    start_logging()
    model, symbols = lines_of(LINES)
    words, about = writing.load_words(folder_of("unipen", options.data), options.split, 10)
    single = np.array([" " not in text and len(text) > 1 for text in words.texts])
    by = about["writer_group"]
    writers = [w for w in np.unique(by) if (single & (by == w)).sum() >= 2 * options.given][: options.writers]
    keep, others = rehearsal(), rehearsal(OTHERS, 7, "test")
    rng = np.random.default_rng(0)
    theirs = [writing.drawn(others[k], rng, plain=True) for k in range(OTHERS)], [*others.texts]
    before_others = accuracy(model, symbols, *theirs, None)
    tuning = Tuning(steps=options.steps, learning_rate=options.lr)
    rows = []
    with progress_bar("teaching", len(writers)) as bar:
        for writer in writers:
            own = np.random.default_rng(int(writer)).permutation(np.flatnonzero(single & (by == writer)))
            strips = [writing.drawn(words[item], rng, plain=True) for item in own.tolist()]
            texts = [words.texts[item] for item in own.tolist()]
            rest = slice(options.given, options.given + MEASURED)
            lesson = [[symbols.index(c) + 1 for c in text] for text in texts[: options.given]]
            pupil = personalised(model, strips[: options.given], lesson, keep, tuning=tuning, watch=lambda *_: None)
            before, after = (1 - accuracy(m, symbols, strips[rest], texts[rest], None) for m in (model, pupil))
            lost = before_others - accuracy(pupil, symbols, *theirs, None)
            rows.append((int(writer), len(texts[rest]), before, after, lost))
            bar.advance(1)
    figures = {
        "writers": len(rows),
        "before": float(np.mean([row[2] for row in rows])),
        "after": float(np.mean([row[3] for row in rows])),
        "reduction": float(np.mean([1 - row[3] / row[2] for row in rows if row[2]])),
        "others_lose": float(np.mean([row[4] for row in rows])),
        "others_lose_most": float(np.max([row[4] for row in rows])),
    }
    if options.json:
        print(json.dumps(figures))
        return 0
    cells = [(str(writer), str(count), *(f"{value:.1%}" for value in shares)) for writer, count, *shares in rows]
    show_table(("writer", "words", "error before", "after", "others lose"), cells)
    print(", ".join(f"{name} {value:.1%}" if value < 2 else f"{name} {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
