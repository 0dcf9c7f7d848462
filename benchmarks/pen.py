"""Are hands hands? A small network is told which of 20 hands wrote a word, and then asked about other words.

    python benchmarks/pen.py                   # the pen that ships; --model FILE another one
    python benchmarks/pen.py --stretch 1.5     # its hands, each so many times as far from their mean
    python benchmarks/pen.py --each 360        # four times as many words of each hand to learn from
    python benchmarks/pen.py --writers         # words that 20 writers of UNIPEN's training part wrote: what is possible

Words are written by the pen: it shows whether a hand looks the same from word to word, and unlike the others. Whether
they can still be read, the reader of lines says.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np

from hellodl import nn, optim
from hellodl.autograd.tensor import Tensor
from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.pen import load
from hellodl.commands.penned import fine
from hellodl.commands.words import figures_of, read_words
from hellodl.console import log, start_logging
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.data.moves import load_moves, numbered, strokes_of
from hellodl.data.writing import Writing, gathered
from hellodl.nn.penning import penned
from hellodl.train.answers import predict
from hellodl.train.lanes import Lanes

HANDS, EACH, ASKED = 20, 90, 20  # words of each hand to learn from (a person wrote no more), and to be asked about
WIDTH = 160  # pixels of a picture
LEARNED = "people water world great small house right think three place world again never under light might story "
LEARNED += "young often group begin country example between letter another without second almost because family"
OTHERS = "garden window moment yesterday morning number picture paper silver follow music river travel summer kitchen"


def main() -> int:
    """Write, learn, ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="another pen than the one that ships")
    parser.add_argument("--tidy", type=float, default=0.5)
    parser.add_argument("--each", type=int, default=EACH, help="words of each hand to learn from")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--stretch", type=float, default=1.0)
    parser.add_argument("--writers", action="store_true", help="people's words in place of the pen's")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    start_logging()
    rng = np.random.default_rng(0)
    network, _ = load(options.model)
    figures: dict[str, float] = {}
    if options.writers:
        train, labels, test, truth = by_people(options.each, rng)
    else:
        table = network.hands.weight.data[1:]
        table = table.mean(axis=0) + np.float32(options.stretch) * (table - table.mean(axis=0))
        hands = table[rng.permutation(len(table))[:HANDS]]
        train, labels, _ = pictures(network, hands, LEARNED.split(), options.each, options.tidy, rng)
        test, truth, words = pictures(network, hands, OTHERS.split(), ASKED, options.tidy, rng)
        read = figures_of([*words.texts], read_words(lines_of(LINES)[0], words))
        figures["read_wrong"] = read["error"]

    def window(before: int, after: int) -> list[nn.Module]:
        layers = [nn.Conv2d(before, after, 3, padding=1, bias=False, rng=rng), nn.BatchNorm2d(after), nn.ReLU()]
        return [*layers, nn.MaxPool2d(2)]

    parts = [*window(1, 16), *window(16, 32), *window(32, 64), *window(64, 96), nn.GlobalAvgPool2d()]
    teller = nn.Sequential(*parts, nn.Dropout(0.3), nn.Linear(96, HANDS, gain=1, rng=rng))
    steps = options.epochs * (len(train) // 64)
    optimizer = optim.AdamW(teller.parameters(), 3e-3, weight_decay=0.02)
    schedule, began = optim.one_cycle(steps), time.perf_counter()

    def work(model: nn.Module, which: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, np.ndarray]:
        moved = np.stack([np.roll(train[item], int(rng.integers(-12, 13)), axis=1) for item in which])
        logits = model(Tensor(moved))
        right = (logits.data.argmax(axis=1) == labels[which]).sum()
        return nn.cross_entropy(logits, labels[which], reduction="sum") * (1 / 64), np.array([right, len(which)])

    with Lanes(teller, 16, 4) as lanes:
        for step in range(steps):
            optimizer.learning_rate = 3e-3 * schedule(step)
            loss, sums = lanes.gradients(work, rng.integers(0, len(train), 64), (0, step))
            optimizer.step()
            if (step + 1) % 50 == 0:
                log.info(f"step {step + 1} of {steps}: loss {loss:.3f}, {sums[0] / sums[1]:.0%} right")
    figures["told_apart"] = float((predict(teller.eval(), test).argmax(axis=1) == truth).mean())
    if options.json:
        print(json.dumps(figures))
        return 0
    told = f"{figures['told_apart']:.1%} of {len(test)} words by {HANDS} hands"
    print(f"told apart: {told}, after {time.perf_counter() - began:.0f} s")
    if "read_wrong" in figures:
        print(f"of the characters of these words {figures['read_wrong']:.1%} are read wrong")
    return 0


def pictures(
    network: nn.Pen, hands: np.ndarray, words: list[str], each: int, tidy: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, Writing]:
    """So many words in each of hands (H, D), as pictures (N, 32, WIDTH, 1), whose each is (N,), and as strokes."""
    made = []
    for hand in hands:
        texts = [words[k % len(words)] for k in range(each)]
        numbers, lengths = numbered(texts)
        own = penned(network, numbers, lengths, hand[None].repeat(each, axis=0), rng, tidy)
        made += [([fine(stroke) for stroke in strokes_of(one.moves)], text) for one, text in zip(own, texts)]
    return np.stack([picture(strokes) for strokes, _ in made]), np.arange(len(hands)).repeat(each), gathered(made)


def picture(strokes: list[np.ndarray]) -> np.ndarray:
    """A word as a picture (32, WIDTH, 1) from 0 to 1."""
    drawn = writing.as_strip(strokes)
    canvas = np.zeros((writing.HEIGHT, WIDTH, 1), np.float32)
    canvas[:, : drawn.shape[1], 0] = drawn[:, :WIDTH] / 255
    return canvas


def by_people(each: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """The same of people who wrote enough words, drawn as the pen's are: what one is asked about, one did not see."""
    moves = load_moves(folder_of("unipen"), "train")
    long = np.flatnonzero([len(text) > 3 for text in moves.texts])
    enough = np.flatnonzero(np.bincount(moves.hands[long]) >= each + ASKED)
    found, asked = [], []
    for writer in rng.permutation(enough)[:HANDS].tolist():
        own = rng.permutation(long[moves.hands[long] == writer])[: each + ASKED].tolist()
        words = [picture([fine(stroke) for stroke in strokes_of(moves[item])]) for item in own]
        found += words[:each]
        asked += words[each:]
    return np.stack(found), np.arange(HANDS).repeat(each), np.stack(asked), np.arange(HANDS).repeat(ASKED)


if __name__ == "__main__":
    sys.exit(main())
