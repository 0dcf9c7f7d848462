"""hellodl's pen and its twin in PyTorch, trained alike: do they end equally well on people whom neither ever met?

    python benchmarks/pen_twin.py [--steps 600]     # with UNIPEN, and PyTorch beside hellodl

Both begin with the same weights and see the same words, shaken alike; each has its own gradients, its own AdamW, its
own clipping. In the end hellodl's `judged` asks both, with the weights of each, about validation writers. Their first
losses agree to the last digits; then rounding drives them apart, as it does two runs of one library.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

import numpy as np
from peers import torch_pen_peer as peer

from hellodl import nn, optim
from hellodl.console import progress_bar, start_logging
from hellodl.data.home import folder_of
from hellodl.data.moves import Moves, load_moves, numbered
from hellodl.data.writing import ALPHABET
from hellodl.nn.pen import Pen
from hellodl.ops import loops
from hellodl.programs.pen import SETTINGS, UNSIGNED, USUAL, WATCHED, by_length, shaken
from hellodl.train.pen import judged, side_by_side, told

WARM_UP = 30  # steps
SHOWN = 50  # steps, of which a mean loss is shown


def main() -> int:
    """Train both, in turns, and ask."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600, help="of 64 words each (600)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start_logging()
    folder = folder_of("unipen")
    train, watched = (load_moves(folder, split) for split in ("train", "validation"))
    watched = watched.subset(np.random.default_rng(0).permutation(len(watched))[:WATCHED])
    pen = Pen(len(ALPHABET) + 1, int(train.hands.max()) + 1, rng=np.random.default_rng(options.seed))
    contestants = {"hellodl": our_step(pen), "PyTorch": (theirs := Twin(pen)).step}
    rate = optim.linear(options.steps, WARM_UP)
    losses: dict[str, list[float]] = {name: [] for name in contestants}
    with progress_bar("training both", options.steps) as bar, loops.compiled():
        for number, batch in zip(range(options.steps), batches(train, options.seed)):
            for name, step in contestants.items():
                losses[name].append(step(*batch, SETTINGS.learning_rate * rate(number)))
            bar.advance(1)
    shown = range(0, options.steps, SHOWN)
    curves = {name: [round(float(np.mean(of[k : k + SHOWN])), 4) for k in shown] for name, of in losses.items()}
    figures = {"hellodl": judged(pen, watched)["loss"]}
    pen.load_state_dict(theirs.state())
    figures["PyTorch"] = judged(pen, watched)["loss"]
    apart = figures["hellodl"] / figures["PyTorch"] - 1
    print(json.dumps({"steps": options.steps, "losses": curves, "validation": figures, "apart": apart}))
    return 0


def batches(train: Moves, seed: int) -> Iterator[tuple[list[np.ndarray], list[str], np.ndarray]]:
    """Words, what they say, and whose they are, without end."""
    rng = np.random.default_rng([seed, 2])
    epoch = 0
    while True:
        order = by_length(train.lengths, SETTINGS, epoch)
        for start in range(0, len(order) - SETTINGS.batch_size + 1, SETTINGS.batch_size):
            which = order[start : start + SETTINGS.batch_size]
            hands = np.where(rng.random(len(which)) < UNSIGNED, 0, train.hands[which])
            items = which.tolist()
            yield [shaken(train[item], rng) for item in items], [train.texts[item] for item in items], hands
        epoch += 1


def our_step(pen: Pen):
    """A step of hellodl's, which says what a movement cost, in nats."""
    optimizer = optim.AdamW(optim.decay_matrices_only(pen, SETTINGS.weight_decay), SETTINGS.learning_rate)
    weights = [*pen.parameters()]

    def step(words: list[np.ndarray], texts: list[str], hands: np.ndarray, rate: float) -> float:
        optimizer.zero_grad()
        loss, _, seen = told(pen, words, texts, hands)
        (loss * (1 / (USUAL * len(words)))).backward()
        optim.clip_gradients(weights, SETTINGS.clip)
        optimizer.learning_rate = rate
        optimizer.step()
        return loss.item() / seen

    return step


class Twin:
    """The same network in PyTorch, and its steps."""

    def __init__(self, pen: Pen):
        import torch

        self.network = peer.built(nn.describe(pen))
        self.network.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in pen.state_dict().items()})
        weights = [weight for _, weight in self.network.named_parameters()]
        matrices, rest = ([w for w in weights if (w.ndim > 1) == flat] for flat in (True, False))
        groups = [{"params": matrices, "weight_decay": SETTINGS.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, SETTINGS.learning_rate)
        self.weights = weights

    def step(self, words: list[np.ndarray], texts: list[str], hands: np.ndarray, rate: float) -> float:
        """A step, which says what a movement cost, in nats."""
        import torch

        numbers, lengths = numbered(texts)
        before, after, counts = side_by_side(words)
        given = [torch.from_numpy(np.ascontiguousarray(each)) for each in (before, numbers, lengths, hands)]
        self.optimizer.zero_grad()
        loss = peer.mixture_loss(self.network(*given), torch.from_numpy(after), torch.from_numpy(counts))
        (loss / (USUAL * len(words))).backward()
        torch.nn.utils.clip_grad_norm_(self.weights, SETTINGS.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        return loss.item() / float(counts.sum())

    def state(self) -> dict[str, np.ndarray]:
        """Its weights, under hellodl's names."""
        return {name: weight.detach().numpy().copy() for name, weight in self.network.named_parameters()}


if __name__ == "__main__":
    sys.exit(main())
