"""How a training went: loss, accuracy and learning rate over the steps, and what happened inside the layers.

A curve alone says little. Beside one's own stands what to expect: the loss of blind guessing, another run, or a
figure that was published. Whoever starts above the loss of guessing, or stays there, need not look any further.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl.plots import style
from hellodl.plots.layout import spread
from hellodl.plots.style import BLUE, GREY, INK, ORANGE, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curves = Mapping[str, Mapping[str, np.ndarray]]  # 'training' and 'validation', each with columns by name


def loss_and_accuracy(
    curves: Curves,
    title: str = "",
    *,
    guessing: float | None = None,
    beside: tuple[str, Curves] | None = None,
    claim: tuple[str, float] | None = None,
) -> Figure:
    """Loss (nats, logarithmic) and accuracy over the steps, learned from (thin) and kept back (dots).

    `curves` has 'training' and 'validation', each with arrays 'step', 'loss' and 'accuracy' (0 to 1). What to
    expect: `guessing`, the loss of knowing nothing; `beside`, another run by its name; `claim`, a published
    accuracy by its name.
    """
    accuracies = curves["validation"]["accuracy"]
    last = curves["training"]["loss"] if len(curves["training"]["loss"]) else curves["validation"]["loss"]
    words = f"Loss and accuracy over the steps of {title or 'a training'}: "
    words += f"the loss goes from {last[0]:.3g} to {last[-1]:.3g}"
    if len(accuracies):
        words += f", the accuracy on what was kept back ends at {accuracies[-1]:.1%}"
    if guessing is not None:
        words += f"; guessing would have a loss of {guessing:.2f}"
    if beside is not None:
        words += f"; beside it in grey stands {beside[0]}"
    sheet = style.figure(8, 3.4, words + ".", title)
    left, right = style.panels(sheet, 2, 2)
    for axes, name in ((left, "loss"), (right, "accuracy")):
        if beside is not None:
            draw_run(axes, beside[1], name, (GREY, GREY), beside[0])
        draw_run(axes, curves, name, (BLUE, ORANGE), "")
    style.dress(left, "step", "loss (nats)").set_yscale("log")
    style.dress(right, "step", "accuracy").set_ylim(0, 1.02)
    plain_numbers(left)
    right.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    if guessing is not None:
        expected(left, guessing, f"guessing: {guessing:.2f}")
    if claim is not None:
        expected(right, claim[1], f"{claim[0]}: {claim[1]:.1%}", above=False)
    right.legend(frameon=False, fontsize=SMALL, labelcolor=INK, loc="lower right")
    return sheet


def draw_run(axes: Axes, curves: Curves, name: str, colours: tuple[str, str], run: str) -> None:
    """One run's curve of this name: what it learned from as a thin line, what was kept back as dots."""
    prefix = f"{run}, " if run else ""
    learned, kept = curves["training"], curves["validation"]
    axes.plot(learned["step"], learned[name], color=colours[0], linewidth=1, label=f"{prefix}learned from")
    if len(kept["step"]):
        dots: dict[str, Any] = {"color": colours[1], "linewidth": 1.2, "marker": "o", "markersize": 3.5}
        axes.plot(kept["step"], kept[name], **dots, label=f"{prefix}kept back")


def expected(axes: Axes, value: float, words: str, above: bool = True) -> None:
    """A dashed line across, with words on the side where the curve will not be."""
    axes.axhline(value, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    where: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
    where |= {"xytext": (0, 3), "va": "bottom"} if above else {"xytext": (0, -3), "va": "top"}
    axes.annotate(words, (1, value), **where, fontsize=SMALL, color=INK)


def plain_numbers(axes: Axes) -> None:
    """Numbers as people write them on a logarithmic axis, at 1, 2 and 5 of each power of ten."""
    from matplotlib.ticker import LogLocator, NullLocator

    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def learning_rate(steps: np.ndarray, rates: np.ndarray, title: str = "") -> Figure:
    """The learning rate (S,) over the steps (S,)."""
    highest = float(np.nanmax(rates))
    words = f"Learning rate over the steps of {title or 'a training'}: "
    words += f"from {rates[0]:.2g} to {rates[-1]:.2g}, at most {highest:.2g}."
    sheet = style.figure(5, 2.6, words, title)
    (axes,) = style.panels(sheet, 1, 1)
    axes.plot(steps, rates, color=BLUE, linewidth=1.4)
    style.dress(axes, "step", "learning rate").set_ylim(0, highest * 1.08)
    return sheet


def update_ratios(layers: Mapping[str, Mapping[str, np.ndarray]], title: str = "") -> Figure:
    """How far the weights of each layer move in one step, as a share of their length, over the steps.

    `layers` has arrays 'step' and 'step_ratio' by name, first layer first. Layers that hardly move do not learn;
    one that moves by its whole length forgets what it knew. About a thousandth a step is a good sign (Karpathy 2022).
    """
    seen = {name: layer for name, layer in layers.items() if np.isfinite(layer["step_ratio"]).any()}
    words = f"How far the weights of {len(seen)} layers move in one step, as a share of their length"
    sheet = style.figure(6.4, 3.4, f"{words}, of {title or 'a training'}.", title)
    (axes,) = style.panels(sheet, 1, 1)
    shades = np.linspace(0.25, 1, max(len(seen), 1))  # the first layer is the lightest
    ends = []
    for shade, (name, layer) in zip(shades, seen.items()):
        known = np.isfinite(layer["step_ratio"]) & (layer["step_ratio"] > 0)
        steps, ratios = layer["step"][known], layer["step_ratio"][known]
        if len(ratios):
            colour = blue(shade)
            axes.plot(steps, ratios, color=colour, linewidth=1.2)
            ends.append((steps[-1], ratios[-1], name, colour))
    style.dress(axes, "step", "moved by one step,\nshare of the weights' length").set_yscale("log")
    low, high = np.log(axes.get_ylim())
    ends.sort(key=lambda end: end[1])
    heights = spread([float(np.log(ratio)) for _, ratio, _, _ in ends], (high - low) / 22)
    for height, (step, _, name, colour) in zip(heights, ends):
        style.end_label(axes, step, np.exp(height), name, colour)
    return sheet


def blue(shade: float) -> tuple[float, ...]:
    """A blue, from light (0) to dark (1)."""
    from matplotlib import colormaps

    return colormaps[style.COUNTS](0.25 + 0.75 * shade)


def histograms(layers: Mapping[str, Mapping[str, np.ndarray]], what: str = "weight", title: str = "") -> Figure:
    """How the numbers of each layer are spread, over the steps: dark where there are many of them.

    `layers` has by name the arrays 'step', 'low', 'high', 'mean', 'spread' (S,) and 'histogram' (S, bins), counts
    in equal bins from low to high. The lines are the mean and one standard deviation to both sides.
    """
    words = f"How the {what}s of {len(layers)} layers are spread over the steps of {title or 'a training'}"
    parts = [
        f"{name}'s spread goes from {of['spread'][0]:.2g} to {of['spread'][-1]:.2g}" for name, of in layers.items()
    ]
    columns = min(len(layers), 4)
    rows = -(-len(layers) // columns)
    sheet = style.figure(2.5 * columns + 0.5, 1.9 * rows + 0.5, f"{words}: {'; '.join(parts)}.", title)
    for axes, (name, layer) in zip(style.panels(sheet, len(layers), columns), layers.items()):
        steps = layer["step"]
        edges = shared_edges(layer)
        density = np.stack([rebinned(*row, edges) for row in zip(layer["histogram"], layer["low"], layer["high"])])
        density /= np.maximum(density.max(axis=1, keepdims=True), 1e-12)
        axes.pcolormesh(around(steps), edges, density.T, cmap=style.COUNTS, vmin=0, vmax=1, rasterized=True)
        axes.plot(steps, layer["mean"], color=ORANGE, linewidth=0.8)
        for side in (-1, 1):
            axes.plot(steps, layer["mean"] + side * layer["spread"], color=ORANGE, linewidth=0.5)
        style.dress(axes, title=name).set_ylim(edges[0], edges[-1])
        axes.locator_params(axis="y", nbins=4)
        axes.locator_params(axis="x", nbins=3)
    sheet.supxlabel("step", fontsize=style.NORMAL, color=INK)
    sheet.supylabel(what, fontsize=style.NORMAL, color=INK)
    return sheet


def shared_edges(layer: Mapping[str, np.ndarray], bins: int = 48) -> np.ndarray:
    """Edges (bins + 1,) that hold nearly all values of most steps: what lies farther out would hide the rest."""
    low = np.quantile(np.maximum(layer["low"], layer["mean"] - 4 * layer["spread"]), 0.1)
    high = np.quantile(np.minimum(layer["high"], layer["mean"] + 4 * layer["spread"]), 0.9)
    return np.linspace(low, max(high, low + 1e-12), bins + 1)


def rebinned(counts: np.ndarray, low: float, high: float, edges: np.ndarray) -> np.ndarray:
    """Counts in equal bins from low to high, shared out over other bins as if evenly spread within each: (E - 1,)."""
    if high <= low:  # all values are the same
        return np.histogram([low], edges)[0] * counts.sum()
    own = np.linspace(low, high, len(counts) + 1)
    return np.diff(np.interp(edges, own, np.concatenate([[0], np.cumsum(counts)])))


def around(steps: np.ndarray) -> np.ndarray:
    """Edges between steps, (S + 1,): each step reaches half-way to its neighbours."""
    if len(steps) == 1:
        return np.array([steps[0] - 0.5, steps[0] + 0.5])
    middle = (steps[1:] + steps[:-1]) / 2
    return np.concatenate([[2 * steps[0] - middle[0]], middle, [2 * steps[-1] - middle[-1]]])
