"""A reader that has learned one person's hand: a trained network, tuned on a few lines of their writing.

Somebody's r that looks like a v misleads a network that learned from everybody, and a few lines set it right. But a
network that learns a few lines by heart forgets the rest (McCloskey and Cohen 1989). Four things are done about that:

- What the network sees stays as it is, but for how loud each channel is and from where on it is heard: scales and
  biases. So were readers of speech fitted to a speaker (Swietojanski and Renals 2014). Tuned is what it makes of what
  it sees: the memory and the last layer.
- Half of every batch is rehearsal: strings in ink, the built-in handwriting, as they were when the network learned.
- The running statistics of batch normalisation stay, and are used: one person's page is no fair sample of handwriting.
- In the end the weights go back some of the way to where they came from, which is better for the person, too (Wortsman
  et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from hellodl import nn, optim
from hellodl.console import progress_bar
from hellodl.data import writing
from hellodl.data.pages.strings import in_ink, strung
from hellodl.data.writing import Writing
from hellodl.errors import DataError
from hellodl.ops import loops, scratch
from hellodl.train.lines import told
from hellodl.train.threads import single_threaded_products

WARM_UP = 10  # steps
REHEARSED = 600  # strings

# Is told after each step: its number from 1, how many there are, and its loss.
StepWatcher = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Tuning:
    """How long and how hard to learn: of each batch so many lines are the person's own, and so many rehearsal.

    `way` is how much of the way that the weights went they keep.
    """

    steps: int = 100
    own: int = 8
    kept: int = 8
    learning_rate: float = 1e-3
    way: float = 0.7


def personalised(
    model: nn.LineReader,
    strips: Sequence[np.ndarray],
    texts: Sequence[list[int]],
    keep: Writing | None = None,
    *,
    tuning: Tuning = Tuning(),
    seed: int = 0,
    watch: StepWatcher | None = None,
) -> nn.LineReader:
    """A copy of `model` tuned on one person's lines; the model stays as it is.

    `strips` are (HEIGHT, W) uint8 as `reading.strips` cuts them, `texts` what they say, in numbers of symbols. `keep`
    is what to rehearse, made here where it is not given. `watch` is told of each step, of how many there are, and the
    loss (nats a letter), in place of a progress bar; what it raises ends the lesson. Runs on one core, and comes to the
    same weights each time for the same seed. Raises DataError where there is nothing to learn from.
    """
    if not len(texts):
        raise DataError("there is no line to learn from; teach some first")
    keep = rehearsal(seed=seed) if keep is None else keep
    rng = np.random.default_rng([seed, 1])
    own_batches = batches_without_end(len(strips), tuning.own, rng)
    kept_batches = batches_without_end(len(keep), tuning.kept, rng)

    pupil = nn.build(nn.describe(model))
    assert isinstance(pupil, nn.LineReader)
    pupil.load_state_dict(model.state_dict())
    pupil.eval()  # running statistics as they are, and no dropout
    tuned = tunable(pupil)
    for name, parameter in pupil.named_parameters():
        parameter.requires_grad = name in tuned
    optimizer = optim.AdamW(tuned, tuning.learning_rate, betas=(0.9, 0.99), weight_decay=0.0)
    schedule = optim.linear(tuning.steps, WARM_UP)
    showing = progress_bar("learning", tuning.steps) if watch is None else nullcontext()
    with single_threaded_products(), loops.compiled(), showing as bar:
        for step in range(tuning.steps):
            optimizer.learning_rate = tuning.learning_rate * schedule(step)
            optimizer.zero_grad()
            mine = next(own_batches).tolist()
            own = [writing.shaken(strips[item], rng) for item in mine], [texts[item] for item in mine]
            again = next(kept_batches).tolist()
            kept = [writing.drawn(keep[item], rng) for item in again], [keep.numbers(item) for item in again]
            total = 0.0
            for pictures, say in (own, kept):  # apart: own lines are long, and strings short
                if not pictures:
                    continue
                loss = told(pupil, *writing.side_by_side(pictures), say)[0] * (0.5 / sum(map(len, say)))
                loss.backward()
                total += loss.item()
            optim.clip_gradients(list(tuned.values()), 1.0)
            optimizer.step()
            scratch.forget()  # the next lines have other widths: what is kept for these would be kept for nothing
            if bar is not None:
                bar.advance()
            if watch is not None:
                watch(step + 1, tuning.steps, total)
    before = model.state_dict()
    for name, parameter in tuned.items():
        parameter.data[...] = before[name] + np.float32(tuning.way) * (parameter.data - before[name])
    for parameter in pupil.parameters():
        parameter.requires_grad, parameter.grad = True, None
    return pupil


def tunable(model: nn.LineReader) -> dict[str, nn.Parameter]:
    """The weights that a person changes: memory and last layer, and scales and biases everywhere."""
    named = model.named_parameters()
    return {name: p for name, p in named if p.ndim == 1 or name.startswith(("memory.", "head."))}


def rehearsal(count: int = REHEARSED, seed: int = 0, split: str = "train") -> Writing:
    """`count` strings in many hands of ink: what must not be forgotten."""
    rng = np.random.default_rng([seed, 2])
    return strung(count, in_ink(split), rng, "writing in ink")


def batches_without_end(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of `count` samples, `size` at a time, each as often as any other."""
    order = np.zeros(0, np.int64)
    while True:
        while len(order) < size:
            order = np.concatenate([order, rng.permutation(count)])
        yield order[:size]
        order = order[size:]
