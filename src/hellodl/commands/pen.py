"""`hellodl pen`: write any text by hand, in one of many hands, as strokes.

Word by word, all of them side by side, a `Pen` writes what is asked for; then words are set on lines. Its hands are
blends: each is near to what several writers have in common, and is nobody's own.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from hellodl.commands.arguments import at_least, positive, rate
from hellodl.commands.write import listed
from hellodl.console import log, some, tell
from hellodl.data.collection import Collection, collection
from hellodl.data.moves import USUAL, movements, numbered, reach_of, strokes_of
from hellodl.data.pages.conditions import Conditions
from hellodl.data.pages.layout import Page
from hellodl.data.pages.letter import KINDS, Letter, Word, as_told, read_words, words_told
from hellodl.data.pages.penned import page_of
from hellodl.data.pages.photograph import ADVANCE, LEAST_COLUMNS, MOST_COLUMNS, WIDEST
from hellodl.data.pages.phrases import page_text
from hellodl.errors import CheckpointError, DataError
from hellodl.models import find_model
from hellodl.nn.pen import Pen
from hellodl.nn.penning import Penned, penned
from hellodl.train.checkpoint import load_model
from hellodl.train.pen import fitted
from hellodl.train.threads import single_threaded_products

WIDTH, TIDY, HAND = 48.0, 0.5, 7
STANDING = frozenset("abcdehiklmnorstuvwxABCDEHIKLMNOPRSTUVWX0123456789")  # on the line, in any hand
OFF = 0.2  # of a small x: a word that stands farther off its line is set on it
MARGIN, LINE, SPACE = 1.6, 3.4, 0.75  # round the writing; from line to line; between words
TOP = 2.2  # from the upper margin to the first line
MOST = 20_000  # characters of a text
MOST_MOVES = 600  # of a word that somebody wrote; people need up to 25 a letter
MOST_WORDS = 60  # that a hand is learned from
MINE, LATEST = "mine", 20  # the hand that is one's own; words of one's collection that it is learned from


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to write, in which hand, how tidily, and where."""
    option = parser.add_argument
    option("text", metavar="TEXT", help="what to write; lines end where they end in it, and where they are full")
    option("--hand", type=at_least(0), default=HAND, metavar="N", help=f"whose hand, from 0 on ({HAND})")
    own = parser.add_mutually_exclusive_group()
    mine = "in your own hand, by the words that you wrote for `hellodl teach` or kept on the page"
    own.add_argument("--mine", action="store_true", help=mine)
    like = "in the hand of these words: a .json as --out writes it, or a list of {text, strokes}"
    own.add_argument("--like", type=Path, metavar="FILE", help=like)
    option("--tidy", type=rate, default=TIDY, metavar="B", help=f"0 as people do, 1 a clean copy, 3 stiff ({TIDY})")
    out = f"where it goes: a name that ends with {', '.join(KINDS)} (letter.svg)"
    option("--out", type=Path, default=Path("letter.svg"), metavar="FILE", help=out)
    option("--width", type=positive, default=WIDTH, metavar="X", help=f"of a line, in heights of a small x ({WIDTH:g})")
    option("--model", type=Path, metavar="FILE", help="another model of `hellodl train pen` than the one that ships")


def main(options: argparse.Namespace) -> int:
    """Write, and say where it is."""
    if options.out.suffix.lower() not in KINDS:
        raise DataError(f"{options.out}: a letter is written as {', '.join(KINDS)}; give --out such a name")
    how = {"tidy": options.tidy, "seed": options.seed, "width": options.width, "model": options.model}
    letter = written_by_hand(options.text, MINE if options.mine else options.like or options.hand, **how)
    letter.save(options.out)
    if options.json:
        print(json.dumps({"program": "pen", **letter.about, "strokes": len(letter.strokes), "out": str(options.out)}))
    else:
        whose = f"the hand of {options.like}" if options.like else f"hand {options.hand}"
        whose = "your hand" if options.mine else whose
        tell(f"{some(len(letter.strokes), 'stroke')} in {whose}: {options.out}")
    return 0


def written_by_hand(
    text: str,
    hand: int | str | Path | Sequence[Word] = HAND,
    *,
    tidy: float = TIDY,
    seed: int = 0,
    width: float = WIDTH,
    model: str | Path | None = None,
) -> Letter:
    """The text as a letter: see `add_arguments`; a hand is its number, "mine", the file of `--like`, or words.

    DataError for what it cannot write, and for a hand that is none.
    """
    network, alphabet = load(str(model) if model is not None else None)
    lines = [line.split() for line in text.splitlines()]
    words = [word for line in lines for word in line]
    if not words:
        raise DataError("there is nothing to write; give it some text")
    if len(text) > MOST:
        raise DataError(f"{len(text):,} characters are too many for one letter; give it at most {MOST:,}")
    if strange := sorted(set("".join(words)) - set(alphabet)):
        raise DataError(f"the pen cannot write {listed(strange)}; leave it out, or spell it otherwise")
    hands = network.hands.weight.data
    if not isinstance(hand, int):
        own = words_in(hand) if isinstance(hand, str | Path) else hand
        vector = hand_in(as_told(own), str(model) if model is not None else None)
    elif 0 <= hand < len(hands):
        vector = hands[hand]
    else:
        raise DataError(f"there is no hand {hand}; there are 0 to {len(hands) - 1}")
    rng = np.random.default_rng(seed)
    numbers, lengths = numbered(words)
    with single_threaded_products():
        made = penned(network, numbers, lengths, vector[None].repeat(len(words), axis=0), rng, tidy)
    whose = hand if isinstance(hand, int) else str(hand) if isinstance(hand, str | Path) else "your own"
    about = {"hand": whose, "tidy": tidy, "seed": seed}
    return set_on_lines(text, lines, made, width, rng, about)


def set_on_lines(
    text: str, lines: list[list[str]], made: list[Penned], width: float, rng: np.random.Generator, about: dict
) -> Letter:
    """Words one after the other, on as many lines as they need."""
    strokes: list[np.ndarray] = []
    letters: list[np.ndarray] = []
    line_of: list[int] = []
    levels: list[float] = []
    y, place, widest, queue = MARGIN + TOP - LINE, 0, 0.0, iter(made)
    for line in lines:
        x = MARGIN
        y += LINE
        levels.append(y)
        for word in line:
            place = text.index(word, place)
            one = next(queue)
            off = off_line(word, one)
            drawn = [stroke - [0.0, off] for stroke in strokes_of(one.moves)]
            points = np.concatenate(drawn)
            left, right = min(float(points[:, 0].min()), 0.0), float(points[:, 0].max())
            if x > MARGIN and x + right - left > MARGIN + width:
                x, y = MARGIN, y + LINE
                levels.append(y)
            at = np.split(one.letters + place, np.cumsum([len(stroke) for stroke in drawn])[:-1])
            strokes += [stroke + np.array([x - left, y]) for stroke in drawn]
            letters += at
            line_of += [len(levels) - 1] * len(drawn)
            x += right - left
            widest = max(widest, x)
            x += SPACE * float(np.exp(rng.normal(0, 0.15)))
            place += len(word)
    lowest = max(float(stroke[:, 1].max()) for stroke in strokes)
    highest = min(float(stroke[:, 1].min()) for stroke in strokes)
    down = max(MARGIN - highest, 0.0)  # room for what reaches higher than usual
    strokes = [stroke + np.array([0.0, down]) for stroke in strokes]
    size = (widest + MARGIN, max(lowest, y + 1) + down + MARGIN)
    return Letter(text, strokes, letters, *size, line_of, [level + down for level in levels], about)


def off_line(word: str, one: Penned) -> float:
    """How far below its line (y down) a word stands, by the feet of letters without a tail; 0 where that is little.

    The line of a training word was guessed from its height, as if no f and no z had a tail. In joined hands they have.
    """
    y = np.cumsum(one.moves[:, 1])
    feet = [y[one.letters == k].max() for k in set(one.letters.tolist()) if word[k] in STANDING]
    off = float(np.median(feet)) if feet else 0.0
    return off if abs(off) > OFF else 0.0


def penned_page(conditions: Conditions, seed: int, model: str | Path | None = None) -> Page:
    """A page of made-up text in a hand, and with a tidiness, drawn by chance: for `photograph`, and to learn from."""
    rng = np.random.default_rng((seed, 2013))
    x_height = float(np.exp(rng.uniform(*np.log(conditions.x_height))))
    pen = max(float(np.exp(rng.uniform(*np.log(conditions.pen)))), 1.2 / x_height)
    columns = int(np.clip((WIDEST / x_height - 2 * MARGIN) / ADVANCE, LEAST_COLUMNS, MOST_COLUMNS))
    text = page_text(rng, columns, conditions.one_style)
    hands = len(load(str(model) if model is not None else None)[0].hands.weight.data)
    hand, tidy = int(rng.integers(min(1, hands - 1), hands)), float(rng.uniform(0.3, 1.2))
    letter = written_by_hand(text, hand, tidy=tidy, seed=seed, width=columns * ADVANCE, model=model)
    return page_of(letter, x_height, pen, seed)


@lru_cache(maxsize=16)
def hand_in(told: str, model: str | None) -> np.ndarray:
    """The hand in words as `pages.letter.as_told` has them; who writes on in it need not wait for it again."""
    network, alphabet = load(model)
    with single_threaded_products():
        return fitted(network, *as_moves(words_told(told), alphabet))


def words_in(hand: str | Path) -> list[Word]:
    """Words as strokes: those in a file or, for "mine", in one's own collection, the latest of them first.

    DataError where there are none, with how to come by them.
    """
    if hand != MINE:
        return read_words(Path(hand))
    mine = collection()
    return latest(mine.words(), mine)


def latest(words: list[Word], mine: Collection) -> list[Word]:
    """The words of a collection that a hand is learned from, the last one first; DataError where there are none."""
    if not words:
        there = "photos only" if mine.lessons() else "no words of yours yet"
        raise DataError(
            f"{mine.folder}: has {there}, and a pen learns from strokes; write some words on the page (hellodl web: "
            "Pen, Your own hand) and keep them, or teach a file of strokes by: hellodl teach WORDS.json"
        )
    return words[: -LATEST - 1 : -1]


def as_moves(words: Sequence[Word], alphabet: str) -> tuple[list[np.ndarray], list[str]]:
    """Words as movements, and what they say; DataError where there is none that the pen could write."""
    moves, texts = [], []
    for text, strokes in words[:MOST_WORDS]:
        tall = float(np.ptp(np.concatenate(strokes)[:, 1])) if strokes else 0.0
        if tall > 0 and text and not set(text) - set(alphabet):
            above, below = reach_of(text)
            _, up, down = USUAL.tolist()
            moves.append(movements(strokes, text, tall / (1 + up * above + down * below), up, down))
            texts.append(text)
            if len(moves[-1]) > MOST_MOVES:
                raise DataError(f"{len(moves[-1]):,} turns of the pen are many for {text!r}; write it again")
    if not moves:
        raise DataError("there is no word among these that the pen knows how to write; give it some of plain letters")
    return moves, texts


@lru_cache(maxsize=2)
def load(model: str | None) -> tuple[Pen, str]:
    """A pen and what it can write, from a file of `hellodl train pen`, or the one that ships."""
    path = find_model(model or "pen")
    network, metadata = load_model(path)
    alphabet = metadata.get("classes")
    if not isinstance(network, Pen) or not isinstance(alphabet, str):
        raise CheckpointError(f"{path}: is no model that writes by hand; give one from `hellodl train pen`")
    log.debug(f"{path} writes")
    return network.eval(), alphabet
