"""A reader that has learned one person's hand: a trained network, tuned on a few dozen of their characters.

Somebody's r that looks like a v misleads a network that learned from everybody; a few examples set it right. But a
network that learns a few pictures by heart forgets the rest (McCloskey and Cohen 1989). So half of every batch is
rehearsal: ink, the built-in handwriting, where the network is to answer as it did before ("Learning without
forgetting", Li and Hoiem 2016). Some of that ink is cut up and wrongly put together, so that the network goes on
knowing what is no character at all. The statistics of batch normalisation stay as they are: a page by one person is
no fair sample of handwriting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hellodl import loops, nn, ops, optim
from hellodl.console import progress_bar
from hellodl.data.augment import Augment
from hellodl.data.ink import Ink
from hellodl.data.unipen import CLASSES_62
from hellodl.parallel import as_input, probabilities, single_threaded_products
from hellodl.tensor import Tensor

HAND = Augment(rotation=6, shear=0.1, scale=0.08, stretch=0.1, shift=0.8, thickness=0.3, elastic=0.6)


@dataclass(frozen=True)
class Lesson:
    """How a hand is learned. `share` of a batch is the person's own; `trust` is how much of what the network should
    say of ink is its own former answer, the rest being the truth."""

    steps: int = 150
    batch_size: int = 64
    learning_rate: float = 1e-3
    share: float = 0.5
    trust: float = 0.5
    label_smoothing: float = 0.1
    layers: str = "all"
    schedule: str = "linear"


@dataclass(frozen=True)
class Rehearsal:
    """What must not be forgotten: pictures (N, 28, 28) uint8, and the answers (N, K) float32 to be given to them."""

    images: np.ndarray
    answers: np.ndarray


def rehearsal(model: nn.Module, classes: str, count: int = 6000, trust: float = 0.5, seed: int = 0,
              mangle: float = 0.15) -> Rehearsal:
    known = known_to_ink(classes)
    ink = Ink.load().dataset(count, seed, classes=known)
    labels = np.array([classes.index(c) for c in known])[ink.labels]
    rng = np.random.default_rng(seed)
    images = ink.images.copy()
    broken = rng.random(count) < mangle
    images[broken] = mangled(images[broken], rng)
    before = probabilities(model, images, 1)
    truth = np.eye(len(classes), dtype=np.float32)[labels]
    t = np.where(broken, 1.0, trust).astype(np.float32)[:, None]
    return Rehearsal(images, t * before + (1 - t) * truth)


def known_to_ink(classes: str) -> str:
    """Those of the classes that ink can write."""
    return "".join(name for name in classes if name in CLASSES_62)


def mangled(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Halves of different characters side by side: what a reader sees that cuts at the wrong place."""
    others = images[rng.permutation(len(images))]
    middle = rng.integers(10, 18, (len(images), 1, 1))
    return np.where(np.arange(images.shape[2]) < middle, images, others)


def personalised(model, classes, images, labels, lesson=Lesson(), old=None, seed=0):
    student = nn.build(nn.describe(model))
    student.load_state_dict(model.state_dict())
    student.eval()
    if old is None:
        old = rehearsal(model, classes, trust=lesson.trust, seed=seed)
    rng = np.random.default_rng([seed, 1])
    own = round(lesson.share * lesson.batch_size)
    rest = lesson.batch_size - own
    k = len(classes)
    wanted = np.eye(k, dtype=np.float32)[labels] * (1 - lesson.label_smoothing) + np.float32(lesson.label_smoothing / k)
    named = student.named_parameters()
    if lesson.layers == "last":
        last = list(named)[-2:]
        named = {n: named[n] for n in last}
    elif lesson.layers == "norm":
        last = list(named)[-2:]
        named = {n: p for n, p in named.items() if p.ndim == 1 or n in last}
    elif lesson.layers == "late":
        named = {n: named[n] for n in list(named)[len(named) // 2:]}
    optimizer = optim.AdamW(named, lesson.learning_rate, betas=(0.9, 0.99), weight_decay=0.0)
    sch = {"linear": optim.linear(lesson.steps, 10), "cosine": optim.cosine(lesson.steps, 10)}[lesson.schedule]
    chosen = endless(len(images), rng)
    chosen_old = endless(len(old.images), rng)
    params = student.parameters()
    with single_threaded_products(), loops.compiled(), progress_bar("learning", lesson.steps) as bar:
        for step in range(lesson.steps):
            a, b = take(chosen, own), take(chosen_old, rest)
            optimizer.learning_rate = lesson.learning_rate * sch(step)
            for p in params: p.grad = None
            for x, y in ((HAND(images[a], rng), wanted[a]), (as_input(old.images[b]), old.answers[b])):
                if not len(x): continue
                loss = (ops.log_softmax(student(Tensor(x))) * Tensor(y)).sum() * (-1 / lesson.batch_size)
                loss.backward()
            optimizer.step()
            bar.advance()
    return student


def endless(count, rng):
    while True:
        yield from rng.permutation(count)

def take(it, n):
    return np.array([next(it) for _ in range(n)], np.int64)
