"""How well is a hand learned from a few words? What a movement costs the pen, of words by people whom it never met.

    python benchmarks/own_hand.py                   # UNIPEN's validation writers; --split test the others

Some words of each writer are shown, and others asked about: in nobody's hand (0), in the mean of its hands, in that of
them which costs least on the words that were shown, and in the one that `hellodl pen --mine` learns from these.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict

import numpy as np

from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.commands.pen import load
from hellodl.console import progress_bar, start_logging
from hellodl.data.batches import cut
from hellodl.data.home import folder_of
from hellodl.data.moves import Moves, load_moves
from hellodl.nn import Pen
from hellodl.train.pen import fitted, told
from hellodl.train.threads import single_threaded_products

SHOWN, ASKED = (5, 10, 20), 24  # words of a writer


def main() -> int:
    """Learn each writer's hand, and ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="another pen than the one that ships")
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--writers", type=int, default=1000, help="so many at most")
    options = parser.parse_args()
    start_logging()
    network, moves = load(options.model)[0], load_moves(folder_of("unipen"), options.split)
    moves = moves.subset(np.flatnonzero([len(text) > 1 for text in moves.texts]))
    enough = np.flatnonzero(np.bincount(moves.hands) >= SHOWN[-1] + ASKED)[: options.writers]
    found: dict[str, list[float]] = defaultdict(list)
    with progress_bar("learning hands", len(enough)) as bar, single_threaded_products():
        for writer in enough.tolist():
            own = np.random.default_rng(writer).permutation(np.flatnonzero(moves.hands == writer))
            for name, cost in of_a_writer(network, moves, own).items():
                found[name].append(cost)
            bar.advance(1)
    means = {name: round(float(np.mean(costs)), 3) for name, costs in found.items()}
    print(json.dumps({"split": options.split, "writers": len(enough), **means}))
    return 0


def of_a_writer(network: Pen, moves: Moves, own: np.ndarray) -> dict[str, float]:
    """Nats a movement of words that were not shown, by what the hand was taken from."""
    hands, asked = network.hands.weight.data, own[SHOWN[-1] :][:ASKED]
    costs = {"nobody's": cost(network, moves, asked, hands[0])}
    costs["mean"] = cost(network, moves, asked, hands[1:].mean(axis=0))
    for count in SHOWN:
        best = min(hands[1:], key=lambda hand: cost(network, moves, own[:count], hand))
        costs[f"best of its hands, by {count} words"] = cost(network, moves, asked, best)
        words, texts = [moves[item] for item in own[:count].tolist()], [moves.texts[item] for item in own[:count]]
        costs[f"learned from {count} words"] = cost(network, moves, asked, fitted(network, words, texts))
    return costs


def cost(network: Pen, moves: Moves, which: np.ndarray, hand: np.ndarray) -> float:
    """Nats a movement of these words in a hand."""
    loss = seen = 0.0
    with no_grad():
        for some in cut(which[np.argsort(moves.lengths[which], kind="stable")], 64):
            words, texts = [moves[item] for item in some.tolist()], [moves.texts[item] for item in some.tolist()]
            more, _, count = told(network, words, texts, Tensor(hand[None].repeat(len(some), axis=0)))
            loss, seen = loss + more.item(), seen + count
    return loss / seen


if __name__ == "__main__":
    sys.exit(main())
