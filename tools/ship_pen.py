"""Ship the pen behind `hellodl pen`: keep hands that differ and can be read, round it to 8 bits, and write its card.

    hellodl train pen --out trained.safetensors
    python tools/ship_pen.py trained.safetensors "hellodl train pen" --data FOLDER

writes src/hellodl/models/pen.safetensors and pen.md, and with --sheet a contact sheet of 100 words, as they come. Hands
of a trained pen are blends of several writers' already, and so more alike than people's: they are moved away from their
mean. Then each writes the same words, the reader of lines that ships reads them, and of those that it reads best, most
of the others being in too much of a hurry, the ones are kept that lie farthest from each other.

What the card says of hands comes from benchmarks/pen.py and benchmarks/own_hand.py, which take a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from hellodl import nn
from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.pen import TIDY
from hellodl.commands.penned import WORDS, by_pen, fine, judge
from hellodl.commands.words import figures_of, read_words
from hellodl.data import writing
from hellodl.data.batches import cut
from hellodl.data.home import folder_of
from hellodl.data.moves import load_moves, numbered, strokes_of
from hellodl.data.writing import gathered
from hellodl.nn.penning import penned
from hellodl.train import checkpoint
from hellodl.train.pen import judged
from hellodl.train.threads import single_threaded_products

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "src" / "hellodl" / "models"
STRETCH = 1.6  # times as far from their mean as they were
LEGIBLE, HANDS = 128, 64  # hands that are read best; those of them that ship
TRIAL = ["The", "quick", "brown", "fox", "jumps", "over", "lazy", "dog", "when", "Mary", "packs", "gifts", "again"]

CARD = """# pen: writes any text by hand, for `hellodl pen`

| | |
|---|---|
| input | a text of `{alphabet}`, the number of a hand, 0 to {last} |
| answers | movements: where the pen goes next, a mixture of {hills} Gaussians; whether it lifts; whether it is done |
| network | two LSTMs of {width}, one with a window on the text; {weights:,} weights, 8 bits, {size:,} bytes |
| made with | `{command}` at commit {source}, in {minutes:.0f} minutes{also}; then `tools/ship_pen.py` |
| learned from | {learned_words:,} words by {writers} training writers of UNIPEN, {learned_movements:,} movements |

## Figures, after rounding, on people whom it never met

| | |
|---|---|
| what a movement costs, of {movements:,} by test writers | {loss:.3f} nats (before rounding {before:.3f}) |
| times that it knows whether the pen lifts | {accuracy:.1%} |
| characters wrong where `lines` reads {words} words that it wrote (tidy {tidy}) | {written_error:.1%} |
| characters wrong where `lines` reads the same words by test writers | {real_error:.1%} |
| both, with case ignored | {written_error_case_ignored:.1%}, {real_error_case_ignored:.1%} |
| from its words to the nearest training word with the same text (median of {compared}) | {written_apart:.3f} |
| from words by test writers to that | {real_apart:.3f} |
| letters a second, many words side by side | {letters_per_second:.0f} |

Whose hand it is, it is not told of test writers; movements are in thirds of a small x, distances in
a small x. `hellodl evaluate pen --dataset unipen` measures them again.

## Whose hands these are

Nobody's. Each began as a mean of the learned vectors of four writers who write alike, none of whom had a share above
40%; the vectors of writers themselves are not in the file. Such blends lie nearer to each other than people do, so they
were moved {stretch} times as far from their mean. Of {made} these are the {hands} farthest from each other among the
{legible} that `lines` reads best; of words in all {made} it reads {unchosen:.1%} of the characters wrong.

How different are they? A small network learned from words of 20 of them, and was asked who wrote others
(`benchmarks/pen.py`; chance would be right in 5%):

| who wrote, and what | told apart |
|---|---|
| the pen, 90 words in each hand (`--epochs 40`) | {told_apart:.0%} |
| the pen, 360 words in each hand (`--each 360 --epochs 30`) | {told_apart_by_more:.0%} |
| 20 people, 90 words each (`--writers --epochs 40`) | {people_apart:.0%} |

## Your own hand

`hellodl pen --mine` learns a vector, and nothing else, from a few words. What a movement costs, of 24 other words by
each of {strangers} validation writers, whom the pen never met (`python benchmarks/own_hand.py`):

| the hand | nats |
|---|---|
| the mean of its hands | {mean:.2f} |
| nobody's, 0 | {nobody:.2f} |
| the one of its hands that suits 5, 10, 20 of their words best | {best} |
| learned from 5, 10, 20 of their words | {fitted} |

## What it cannot do

- Other letters than those above. Rare ones (most signs, some capitals) it has seen seldom, and writes badly.
- Dots and bars that come at the end of a joined word do not always find their letter.
- It writes word by word, and knows nothing of the word before. Words of over 14 letters it never saw.
- It should not be used to pass as somebody's writing. Its hands are nobody's; `--like` takes on a hand from words,
  which should be your own.

## Where it comes from

UNIPEN train_r01_v07: I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet, "UNIPEN project of on-line data
exchange and recognizer benchmarks", ICPR 1994; published as doi:10.5281/zenodo.1195803 under CC BY 4.0 (the CD-ROM of
the 1990s that it goes back to said "research only"). The weights are under hellodl's own MIT licence.
"""


def main() -> int:
    """Choose, round, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="what `hellodl train pen` made")
    parser.add_argument("command", help="how: the command, for the card")
    parser.add_argument("--also", default="", help="what else the card says of how it was made")
    parser.add_argument("--minutes", type=float, help="what all of it took, if more than the last training")
    parser.add_argument("--data", type=Path, help="where the data sets are")
    parser.add_argument("--sheet", type=Path, help="a contact sheet of 100 words, as a .png")
    options = parser.parse_args()

    trained, metadata = checkpoint.load_model(options.model)
    assert isinstance(trained, nn.Pen)
    folder, reader = folder_of("unipen", options.data), lines_of(LINES)[0]
    table = trained.hands.weight.data
    middle = table[1:].mean(axis=0)
    table[1:] = middle + np.float32(STRETCH) * (table[1:] - middle)
    legible = best_hands(trained, reader)
    network = with_hands(trained, table[[0, *sorted(legible[far_apart(table[legible], HANDS)])]])
    words = [text for text in writing.load_words(folder, "test")[0].texts if text.isalpha() and 2 < len(text) < 12]
    every = by_pen(trained, words[:: len(words) // WORDS], np.random.default_rng(0), TIDY)  # in all hands
    unchosen = figures_of([*every.texts], read_words(reader, every))["error"]
    before = judged(network, load_moves(folder, "test"))["loss"]
    target = MODELS / "pen.safetensors"
    made, alphabet = metadata["card"], metadata["classes"]
    checkpoint.save_model(target, network, classes=alphabet, card=made, bits=8)
    network = checkpoint.load_model(target)[0].eval()
    assert isinstance(network, nn.Pen)
    found = judge(network, folder, "test", WORDS, 0, None)
    if options.sheet:
        some = words[:: len(words) // 100][:100]
        written = by_pen(network, some, np.random.default_rng(0), TIDY)
        cv2.imwrite(str(options.sheet), sheet([written[item] for item in range(len(some))], some))
    card = CARD.format(
        alphabet=alphabet.replace("|", "\\|"),
        last=HANDS,
        hills=network.hills,
        width=network.width,
        size=target.stat().st_size,
        command=options.command,
        source=made.get("source") or "unknown",
        minutes=options.minutes or made["seconds"] / 60,
        also=options.also and f"; {options.also}",
        before=before,
        stretch=STRETCH,
        made=len(table) - 1,
        legible=LEGIBLE,
        hands=HANDS,
        unchosen=unchosen,
        **of_hands(options.data),
        **found,
    )
    (MODELS / "pen.md").write_text(card, encoding="utf-8")
    print(json.dumps({"unchosen": unchosen, "size": target.stat().st_size, "before": before, **found}, indent=1))
    return 0


def of_hands(data: Path | None) -> dict[str, object]:
    """How far apart the hands of the pen that has been written are, and what one's own costs."""
    apart = [["--epochs", "40"], ["--each", "360", "--epochs", "30"], ["--writers", "--epochs", "40"]]
    by_few, by_more, people = (measured("pen.py", [*how, "--json"], data)["told_apart"] for how in apart)
    own = measured("own_hand.py", [], data)
    best, fitted = (
        ", ".join(f"{own[name.format(count)]:.2f}" for count in (5, 10, 20))
        for name in ("best of its hands, by {} words", "learned from {} words")
    )
    return {
        "told_apart": by_few,
        "told_apart_by_more": by_more,
        "people_apart": people,
        "strangers": own["writers"],
        "mean": own["mean"],
        "nobody": own["nobody's"],
        "best": best,
        "fitted": fitted,
    }


def measured(script: str, arguments: list[str], data: Path | None) -> dict[str, float]:
    """What one of the benchmarks says."""
    there = os.environ | ({"HELLODL_DATA": str(data)} if data else {})
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    return json.loads(subprocess.run(command, env=there, stdout=subprocess.PIPE, check=True, text=True).stdout)


def best_hands(network: nn.Pen, reader: nn.LineReader) -> np.ndarray:
    """The hands whose words are read best, by their numbers (LEGIBLE,)."""
    wrong: list[float] = []
    for some in cut(np.arange(1, len(network.hands.weight.data)), 32):
        texts = TRIAL * len(some)
        numbers, lengths = numbered(texts)
        vectors = network.hands.weight.data[some.repeat(len(TRIAL))]
        with single_threaded_products():
            made = penned(network, numbers, lengths, vectors, np.random.default_rng(1), TIDY)
        read = read_words(
            reader, gathered(([fine(s) for s in strokes_of(one.moves)], text) for one, text in zip(made, texts))
        )
        for hand in range(len(some)):
            own = read[hand * len(TRIAL) : (hand + 1) * len(TRIAL)]
            wrong.append(figures_of(TRIAL, own)["error_case_ignored"])
    return np.argsort(wrong, kind="stable")[:LEGIBLE] + 1


def far_apart(table: np.ndarray, count: int) -> list[int]:
    """So many rows of a table, each the one that is farthest from all before it, from the farthest from the mean on."""
    chosen = [int(np.linalg.norm(table - table.mean(axis=0), axis=1).argmax())]
    while len(chosen) < count:
        apart = np.linalg.norm(table[:, None] - table[chosen], axis=2).min(axis=1)
        chosen.append(int(apart.argmax()))
    return chosen


def with_hands(network: nn.Pen, table: np.ndarray) -> nn.Pen:
    """The same network with these hands alone."""
    description = nn.describe(network) | {"hands": len(table)}
    fewer = nn.build(description)
    fewer.load_state_dict(network.state_dict() | {"hands.weight": table})
    assert isinstance(fewer, nn.Pen)
    return fewer.eval()


def sheet(words: list, texts: list[str], columns: int = 5, box: tuple[int, int] = (64, 300)) -> np.ndarray:
    """Words as they come, each with what it was to say."""
    height, width = box
    canvas = np.full((-(-len(words) // columns) * height, columns * width), 255, np.uint8)
    for number, (strokes, text) in enumerate(zip(words, texts)):
        row, column = divmod(number, columns)
        picture = writing.drawn(strokes, np.random.default_rng(0), height=44, plain=True)[:, : width - 20]
        top, left = row * height + 2, column * width + 10
        canvas[top : top + 44, left : left + picture.shape[1]] = 255 - picture
        place = (left, top + 56)
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.35, 130, 1, cv2.LINE_AA)
    return canvas


if __name__ == "__main__":
    sys.exit(main())
