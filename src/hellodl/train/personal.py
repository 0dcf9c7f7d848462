"""A reader that has learned one person's hand: a trained network, tuned on a few dozen of their characters.

Somebody's r that looks like a v misleads a network that learned from everybody, and a few examples set it right. But
a network that learns a few pictures by heart forgets the rest (McCloskey and Cohen 1989). Three things are done
about that:

- Most weights stay as they are. Tuned are the last layer and, in the layers before, how loud each channel is and from
  where on it is heard: scales and biases. So were readers of speech fitted to a speaker (Swietojanski and Renals 2014).
- Half of every batch is rehearsal: ink, the built-in handwriting, of which the network is to say partly the truth and
  partly what it said before ("Learning without forgetting", Li and Hoiem 2016). Some of that ink is halves of two
  characters put together, so that what is no character goes on looking like none.
- The running statistics of batch normalisation stay, and are used: one person's page is no fair sample of handwriting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from hellodl import nn, ops, optim
from hellodl.autograd.tensor import Tensor
from hellodl.console import progress_bar
from hellodl.data.augment import LETTERS
from hellodl.data.ink import Ink
from hellodl.data.unipen import CLASSES_62
from hellodl.errors import DataError
from hellodl.ops import loops
from hellodl.train.lanes import as_input, probabilities, single_threaded_products

BROKEN = 0.15  # of the rehearsal: pictures of no character
HALVES = (10, 18)  # between these columns a character is cut in two
HELD = 0.5  # of what is to be said of ink: what was said before, the rest being the truth
WARM_UP = 10  # steps

# Is told after each step: its number from 1, how many there are, and its loss.
StepWatcher = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Tuning:
    """How long and how hard to learn; `share` of each batch is the person's own characters, the rest rehearsal."""

    steps: int = 120
    batch_size: int = 64
    share: float = 0.5
    learning_rate: float = 3e-3
    label_smoothing: float = 0.1


@dataclass(frozen=True)
class Rehearsal:
    """What must not be forgotten: pictures (N, 28, 28) uint8, and the answers (N, K) float32 that they want."""

    images: np.ndarray
    answers: np.ndarray


def personalised(
    model: nn.Module,
    classes: str,
    images: np.ndarray,
    labels: np.ndarray,
    keep: Rehearsal | None = None,
    *,
    tuning: Tuning = Tuning(),
    seed: int = 0,
    watch: StepWatcher | None = None,
) -> nn.Module:
    """A copy of `model`, which tells K `classes` apart, tuned on one person's characters; the model stays as it is.

    `images` is (N, 28, 28) uint8, `labels` (N,) integers, indices into the classes. `keep` is what to rehearse, made
    here where it is not given. `watch` is told of each step, of how many there are, and the loss, in place of a
    progress bar; what it raises ends the lesson. Runs on one core, and comes to the same weights each time for the
    same seed. Raises DataError where there is nothing to learn from.
    """
    if not len(labels):
        raise DataError("there is no character to learn from; teach some first")
    if keep is None:
        keep = rehearsal(model, classes, seed=seed)
    rng = np.random.default_rng([seed, 1])
    own = round(tuning.share * tuning.batch_size)
    wanted = smoothed(labels, len(classes), tuning.label_smoothing)
    own_batches = batches_without_end(len(images), own, rng)
    kept_batches = batches_without_end(len(keep.images), tuning.batch_size - own, rng)

    pupil = nn.build(nn.describe(model))
    pupil.load_state_dict(model.state_dict())
    pupil.eval()  # running statistics as they are, and no dropout
    tuned = tunable(pupil)
    for name, parameter in pupil.named_parameters().items():
        parameter.requires_grad = name in tuned
    optimizer = optim.AdamW(tuned, tuning.learning_rate, betas=(0.9, 0.99), weight_decay=0.0)
    schedule = optim.linear(tuning.steps, WARM_UP)
    showing = progress_bar("learning", tuning.steps) if watch is None else nullcontext()
    with single_threaded_products(), loops.compiled(), showing as bar:
        for step in range(tuning.steps):
            mine, kept = next(own_batches), next(kept_batches)
            pictures = np.concatenate([LETTERS(images[mine], rng), as_input(keep.images[kept])])
            answers = np.concatenate([wanted[mine], keep.answers[kept]])
            beliefs = ops.log_softmax(pupil(Tensor(pictures)))
            loss = (beliefs * Tensor(answers)).sum() * (-1 / tuning.batch_size)
            optimizer.learning_rate = tuning.learning_rate * schedule(step)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if bar is not None:
                bar.advance()
            if watch is not None:
                watch(step + 1, tuning.steps, loss.item())
    for parameter in pupil.parameters():
        parameter.requires_grad, parameter.grad = True, None
    return pupil


def tunable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The weights that a person changes: scales and biases everywhere, and the last layer."""
    named = model.named_parameters()
    last = [name for name, parameter in named.items() if parameter.ndim > 1][-1]
    return {name: p for name, p in named.items() if p.ndim == 1 or name == last}


def rehearsal(model: nn.Module, classes: str, count: int = 2000, seed: int = 0) -> Rehearsal:
    """`count` pictures of ink in the classes that it can write, and what the model is to go on saying of them."""
    known = known_to_ink(classes)
    ink = Ink.load().dataset(count, seed, classes=known)
    truth = np.array([classes.index(name) for name in known])[ink.labels]
    rng = np.random.default_rng([seed, 2])
    broken = rng.random(count) < BROKEN
    images = ink.images.copy()
    images[broken] = halves(images[broken], rng)
    before = probabilities(model, images)
    held = np.where(broken, 1, HELD).astype(np.float32)[:, None]
    return Rehearsal(images, held * before + (1 - held) * smoothed(truth, len(classes), 0.0))


def known_to_ink(classes: str) -> str:
    """Those of the classes that ink can write."""
    return "".join(name for name in classes if name in CLASSES_62)


def halves(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Left and right parts of different characters (N, 28, 28) side by side, as a reader sees that cuts wrongly."""
    others = images[rng.permutation(len(images))]
    cut = rng.integers(*HALVES, (len(images), 1, 1))
    return np.where(np.arange(images.shape[2]) < cut, images, others)


def smoothed(labels: np.ndarray, classes: int, smoothing: float) -> np.ndarray:
    """Answers (N, classes) float32 that are right but for `smoothing`, which all classes share."""
    right = np.eye(classes, dtype=np.float32)[labels]
    return right * np.float32(1 - smoothing) + np.float32(smoothing / classes)


def batches_without_end(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Indices of `count` samples, `size` at a time, each as often as any other."""
    order = np.zeros(0, np.int64)
    while True:
        while len(order) < size:
            order = np.concatenate([order, rng.permutation(count)])
        yield order[:size]
        order = order[size:]
