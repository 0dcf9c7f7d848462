"""What `splice` says of junctions: which there are to learn from, how they were judged, and what speaks for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hellodl import nn
from hellodl.autograd.tensor import Array, Tensor
from hellodl.commands import show
from hellodl.data import dna, introns


def introduction(data: dna.Junctions) -> str:
    """What there is to learn from, one of each class, and what is wrong with it."""
    counts = ", ".join(f"{n:,} {kind}" for kind, n in zip(dna.CLASSES, np.bincount(data.labels, minlength=3)))
    lines = [f"splice: {len(data):,} stretches of DNA ({data.name}): {counts}"]
    for number, kind in enumerate(dna.CLASSES):
        for row in np.flatnonzero(data.labels == number)[:1]:
            lines.append(f"{kind:>4}  {cut_open(data.codes[row])}")
    if len(disputed := dna.disputed(data)):
        rows = np.flatnonzero(np.isin(data.groups, disputed))
        kinds = " and as ".join(sorted({dna.CLASSES[label] for label in data.labels[rows]}))
        lines.append(f"{len(disputed)} sequence stands there as {kinds}: no answer is right for both, and both stay")
    if data.name == "simulated":
        best = np.mean(introns.best_guesses(data.codes).argmax(axis=1) == data.labels)
        lines.append(f"who knew the very frequencies that drew them would be right in {best:.1%}")
    return "\n".join(lines)


def cut_open(codes: Array) -> str:
    """Sixty bases with a bar where the junction would be."""
    return codes[: dna.JUNCTION].tobytes().decode() + "|" + codes[dna.JUNCTION :].tobytes().decode()


def as_pictures(codes: Array) -> Array:
    """Sequences as the network takes them: (N, 60) uint8 -> (N, 1, 60, 4) float32, pictures one pixel high."""
    return dna.one_hot(codes)[:, None]


def judgement(data: dna.Junctions, judged: Array, sure: Array, fold: Array | None) -> dict[str, Any]:
    """Figures of probabilities (n, 3) for the examples `judged`; by fold, where there are several."""
    if not len(judged):
        return {"tested": 0, "test_accuracy": None, "confusion": None}
    guesses, labels = sure.argmax(axis=1), data.labels[judged]
    right = guesses == labels
    confusion = show.confusion_matrix(labels, guesses, len(dna.CLASSES))
    _, distinct = np.unique(data.groups[judged], return_index=True)
    figures: dict[str, Any] = {"tested": len(judged), "test_accuracy": float(right.mean())}
    if fold is not None:
        by_fold = [float(right[fold == number].mean()) for number in range(fold.max() + 1)]
        mean, spread = float(np.mean(by_fold)), float(np.std(by_fold, ddof=1))
        figures |= {"test_accuracy": mean, "spread": spread, "fold_accuracies": by_fold}
    recall = {kind: float(right[labels == k].mean()) for k, kind in enumerate(dna.CLASSES) if (labels == k).any()}
    figures |= {"right": int(right.sum()), "distinct": len(distinct)}
    figures |= {"distinct_accuracy": float(right[distinct].mean()), "recall": recall}
    return figures | {"confusion": confusion.tolist()}


def saliency(model: nn.Committee, codes: Array, kind: int) -> Array:
    """How much each base at each place speaks for a class, on average over sequences (n, 60): (60, 4).

    A gradient says how the answer would change if there were a little more of a base at a place (Simonyan et al.
    2013). What counts is that of the base that is there, beside the mean of the four that could be.
    """
    x = Tensor(as_pictures(codes), requires_grad=True)
    for member in model.eval().members:
        logits = member(x)
        ((logits[:, kind] - logits.mean(axis=1)).sum() * (1 / len(model.members))).backward()
    assert x.grad is not None
    gradient = x.grad - x.grad.mean(axis=-1, keepdims=True)
    return (gradient * x.data).mean(axis=0)[0]  # (n, 1, 60, 4) -> (60, 4)


def what_it_learned(model: nn.Committee, data: dna.Junctions, most: int = 400) -> str:
    """For the two kinds of junction, the bases around it as high as they speak for it."""
    lines = []
    for kind, around in (("EI", slice(20, 40)), ("IE", slice(10, 35))):
        k = dna.CLASSES.index(kind)
        codes = data.codes[data.labels == k][:most]
        if not len(codes):
            continue
        heights = saliency(model, codes, k)[around]
        before, after = dna.JUNCTION - around.start, around.stop - dna.JUNCTION
        lines.append(f"what speaks for {kind}, {before} bases before the junction and {after} after it:")
        lines.append(show.logo(heights, dna.BASES, before))
    return "\n".join(lines)
