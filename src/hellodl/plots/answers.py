"""What a network answers, seen as a whole: which classes get mixed up, its worst mistakes, what it learned from.

How sure it is of its answers, beside how often they are right: the reliability diagram.

And how it sees the matter itself: the numbers that its last hidden layer makes of each picture, a point in a space
of a thousand dimensions, looked at from the side where the points are farthest apart (principal components; Pearson
1901). Classes that it tells apart are islands there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hellodl.nn.calibration import Bin
from hellodl.plots import style
from hellodl.plots.style import BLUE, COLOURS, GREY, INK, NORMAL, PAPER, SMALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_matrix(matrix: np.ndarray, classes: Sequence[str], title: str = "") -> Figure:
    """How often each class (row) was read as each class (column), (K, K): shares of the row, mistakes stand out.

    What is right, on the diagonal, is left pale: there would be nothing else to see.
    """
    totals = np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    shares = matrix / totals
    wrong = shares - np.diag(np.diag(shares))
    right = np.trace(matrix) / max(matrix.sum(), 1)
    worst = [np.unravel_index(place, wrong.shape) for place in np.argsort(-wrong, axis=None)[:5]]
    pairs = ", ".join(f"{classes[i]} as {classes[j]} ({wrong[i, j]:.0%})" for i, j in worst if wrong[i, j])
    words = f"Confusion matrix of {len(classes)} classes, {right:.1%} right; most often mistaken: {pairs or 'none'}."
    side = max(3.2, (0.42 if len(classes) <= 12 else 0.18) * len(classes) + 0.8)
    sheet = style.figure(side + 0.8, side, words, title)
    (axes,) = style.panels(sheet, 1, 1)
    shown = np.where(np.eye(len(classes), dtype=bool), np.nan, wrong)
    image = axes.imshow(shown, cmap="Oranges", vmin=0, vmax=max(wrong.max(), 1e-9))
    if len(classes) <= 12:
        for (i, j), count in np.ndenumerate(matrix):
            dark = i != j and wrong[i, j] > 0.6 * wrong.max()
            style.mark(axes, j, i, f"{count:,}" if count else "", color="white" if dark else GREY if i == j else INK)
    places = range(len(classes))
    axes.set_xticks(places, list(classes), fontsize=SMALL)
    axes.set_yticks(places, list(classes), fontsize=SMALL)
    style.dress(axes, "read as", "was", f"{right:.1%} right")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = sheet.colorbar(image, ax=axes, shrink=0.6, label="share of the row")
    bar.ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g}%")
    bar.ax.tick_params(labelsize=SMALL)
    bar.ax.yaxis.label.set_fontsize(SMALL)
    bar.outline.set_visible(False)
    return sheet


def reliability(bins: Sequence[Bin], title: str = "") -> Figure:
    """How sure a model said it was, beside how often it was right then; below, how many answers it gave so.

    An honest model's bars reach the dashed line. Where they stay below, it boasts; above, it is too modest.
    """
    told = "; ".join(f"{b.confidence:.0%} sure, {b.accuracy:.0%} of {b.images:,} right" for b in bins)
    sheet = style.figure(3.8, 4.8, f"How sure a model said it was, and how often it was right: {told}.", title)
    upper, lower = sheet.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    edges, widths = [b.low for b in bins], [b.high - b.low for b in bins]
    shares = [b.accuracy for b in bins]
    upper.bar(edges, shares, widths, align="edge", color=BLUE, edgecolor="white")
    upper.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    upper.plot([b.confidence for b in bins], shares, "o", color=INK, markersize=3.5, clip_on=False)
    lower.bar(edges, [b.images for b in bins], widths, align="edge", color=GREY, edgecolor="white")
    style.dress(upper, y="right").set(xlim=(0, 1), ylim=(0, 1.02))
    style.dress(lower, "how sure it said it was", "answers")
    for axis in (lower.xaxis, upper.yaxis):
        axis.set_major_formatter(lambda share, _: f"{share:.0%}")
    lower.yaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    return sheet


def worst_mistakes(
    images: np.ndarray, labels: np.ndarray, sure: np.ndarray, classes: Sequence[str], most: int = 40, title: str = ""
) -> Figure:
    """Images (N, 28, 28) read wrong, the surest first, each with what it was and what it was taken for.

    `labels` (N,) are the true classes, `sure` (N, K) the probabilities.
    """
    guesses = sure.argmax(axis=1)
    wrong = np.flatnonzero(guesses != labels)
    order = wrong[np.argsort(-sure[wrong, guesses[wrong]], kind="stable")][:most]
    captions = [f"{classes[labels[k]]} as {classes[guesses[k]]}, {sure[k, guesses[k]]:.0%}" for k in order]
    words = f"The {len(order)} surest of {len(wrong)} mistakes among {len(labels)} images: {'; '.join(captions)}."
    sheet = contact_sheet(images[order], captions, words, title)
    if not len(order):
        sheet.text(0.5, 0.4, "none", ha="center", fontsize=NORMAL, color=GREY)
    return sheet


def contact_sheet(
    images: np.ndarray, captions: Sequence[str], description: str, title: str = "", columns: int = 8
) -> Figure:
    """Images (N, H, W), white on black, as ink on paper, each with its caption above."""
    count, height, width = images.shape
    columns = max(min(columns, count), 1)
    above, gap = round(0.3 * height), round(0.2 * width)  # room for a caption, and between images
    framed = np.pad(images, [(0, 0), (above, 0), (0, 0)])
    rows = max(math.ceil(count / columns), 1)
    sheet = style.figure(0.98 * columns, 1.08 * rows + 0.3, description, title)
    (axes,) = style.panels(sheet, 1, 1)
    style.bare(axes)
    if count:
        most = 255 if images.dtype == np.uint8 else 1
        axes.imshow(style.sheet_of(framed, columns, gap, background=0), cmap=PAPER, vmin=0, vmax=most)
    for number, caption in enumerate(captions):
        row, column = divmod(number, columns)
        place = column * (width + gap) + width / 2, row * (height + above + gap) + above / 2
        style.mark(axes, *place, caption, clip_on=False)
    return sheet


def poster(
    images: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    rng: np.random.Generator,
    each: int = 20,
    title: str = "",
) -> Figure:
    """A training set at a glance: a row for each class, with up to `each` of its images (N, 28, 28), by chance."""
    counts = np.bincount(labels, minlength=len(classes))
    words = f"{each} images of each of {len(classes)} classes, of {len(labels):,} in all"
    sheet = style.figure(0.26 * each + 1.1, 0.26 * len(classes) + 0.4, words + ".", title)
    (axes,) = style.panels(sheet, 1, 1)
    side = images.shape[1]
    shown = np.zeros((len(classes), each, side, side), np.uint8)
    for place in range(len(classes)):
        own = rng.permutation(np.flatnonzero(labels == place))[:each]
        shown[place, : len(own)] = images[own]
    axes.imshow(style.sheet_of(shown.reshape(-1, side, side), each, gap=2, background=0), cmap=PAPER)
    style.bare(axes)
    for place, name in enumerate(classes):
        middle = place * (side + 2) + side / 2
        axes.text(-side * 0.4, middle, name, ha="center", va="center", fontsize=NORMAL, color=INK)
        axes.text(each * (side + 2) + 4, middle, f"{counts[place]:,}", va="center", fontsize=SMALL, color=GREY)
    return sheet


def principal_components(points: np.ndarray, wanted: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, D) seen along the directions in which they are farthest apart: (N, wanted), and each one's share.

    With the points' mean taken away, the singular value decomposition X = U S Vᵀ has these directions as the rows
    of Vᵀ, and U S are the points along them; a share is how much of all the variance lies in a direction. Signs are
    chosen so that the largest weight of each direction is positive.
    """
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0, dtype=np.float64)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(vt[:wanted]).argmax(axis=1)
    signs = np.sign(vt[np.arange(len(largest)), largest])
    return u[:, :wanted] * s[:wanted] * signs, s[:wanted] ** 2 / max((s**2).sum(), 1e-300)


def embedding(points: np.ndarray, labels: np.ndarray, classes: Sequence[str], title: str = "") -> Figure:
    """Points (N, D) in two dimensions, each drawn as the name of its class: `classes[labels]`, labels (N,)."""
    seen, shares = principal_components(points)
    words = f"{len(points)} points of {points.shape[1]} dimensions in two, with {shares.sum():.0%} of their variance"
    sheet = style.figure(6.2, 5.2, f"{words}; each is drawn as its class, one of {', '.join(classes[:64])}.", title)
    (axes,) = style.panels(sheet, 1, 1)
    colours, pale = (COLOURS, 0.55) if len(points) > 3 * len(classes) else ((BLUE,), 1.0)
    for (x, y), label in zip(seen, labels):
        style.mark(axes, x, y, classes[label], color=colours[label % len(colours)], alpha=pale)
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = 0.04 * (high - low) + 1e-9
    axes.set_xlim(low[0] - room[0], high[0] + room[0])
    axes.set_ylim(low[1] - room[1], high[1] + room[1])
    style.dress(axes, f"first direction ({shares[0]:.0%} of the variance)", f"second direction ({shares[1]:.0%})")
    axes.set_xticks([])
    axes.set_yticks([])
    return sheet
