"""Ship the pen behind `hellodl pen`: keep hands that can be read, round it to 8 bits, measure, and write its card.

    hellodl train pen --out trained.safetensors
    python tools/ship_pen.py trained.safetensors "hellodl train pen" --data FOLDER

writes src/hellodl/models/pen.safetensors and pen.md, and with --sheet a contact sheet of 100 words, as they come. Hands
of a trained pen are blends of several writers' already. Of these each writes the same words, the reader of lines that
ships reads them, and those that it reads best are kept, most of the others being in too much of a hurry.
"""

from __future__ import annotations

import argparse
import json
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

MODELS = Path(__file__).parent.parent / "src" / "hellodl" / "models"
HANDS = 64  # that ship
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

Nobody's. Each is a mean of the learned vectors of four writers who write alike, none of whom has a share above 40%; the
vectors of writers themselves are not in the file. Of {made} such blends these are the {hands} that `lines` reads
best; of words in all of them it reads {unchosen:.1%} of the characters wrong.

They differ, but not by much: a small network that learned from 90 words of each tells 20 of them apart by one word in
45% of the cases, where chance would in 5% (`python benchmarks/pen.py --epochs 40`). Twenty people it tells apart in 70%
(`--writers`). Blends lie nearer to each other than people do; moved 1.6 times as far from their mean (`--stretch 1.6`)
they are told apart in 66%, and of the characters of their words 8.4% are read wrong, where it was 7.0%.

## Your own hand

`hellodl pen --mine` learns a vector, and nothing else, from a few words. What a movement costs, of 24 other words by
each of 24 validation writers, whom the pen never met (`python benchmarks/own_hand.py`):

| the hand | nats |
|---|---|
| the mean of its hands | 0.46 |
| nobody's, 0 | 0.31 |
| the one of its hands that suits 5, 10, 20 of their words best | 0.32, 0.32, 0.32 |
| learned from 5, 10, 20 of their words | 0.21, 0.17, 0.15 |

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
    network = with_hands(trained, table[[0, *best_hands(trained, reader)]])
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
        made=len(table) - 1,
        hands=HANDS,
        unchosen=unchosen,
        **found,
    )
    (MODELS / "pen.md").write_text(card, encoding="utf-8")
    print(json.dumps({"unchosen": unchosen, "size": target.stat().st_size, "before": before, **found}, indent=1))
    return 0


def best_hands(network: nn.Pen, reader: nn.LineReader) -> list[int]:
    """The hands whose words are read best, by their numbers."""
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
    return sorted((np.argsort(wrong, kind="stable")[:HANDS] + 1).tolist())


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
