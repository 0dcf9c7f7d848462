"""Inside a network that looks at pictures: its kernels, what each layer makes of one picture, and what it looks at.

No machinery of hooks is needed to see what passes between layers: a `Sequential` is a list, and `activations` walks
it by hand. What a network looks at is the gradient of its answer by the pixels ("saliency"; Simonyan, Vedaldi and
Zisserman 2013): a pixel with a large one would change the answer most if it changed a little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hellodl import nn
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.errors import HelloError
from hellodl.ops import softmax
from hellodl.plots import style
from hellodl.plots.style import BLUE, COUNTS, GREY, PAPER, SIGNED, SMALL
from hellodl.train.answers import as_input, predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SIDE, MOST_MAPS = 16, 64  # kernels in a row or column, and maps, in one picture


def kernels(weights: np.ndarray, name: str = "", title: str = "") -> Figure:
    """Kernels (out, in, k, k) as small pictures: a row for each output, blue where ink counts for it, red against.

    A layer that looks at one channel has its kernels in a square instead; of large layers the first ones are shown.
    """
    outputs, inputs, height, width = weights.shape
    shown, columns = some_kernels(weights)
    rows = -(-len(shown) // columns)
    left_out = "" if len(shown) == outputs * inputs else f", here {rows} × {columns}"
    words = f"{outputs} × {inputs} kernels of {height} × {width} pixels of {name or 'a layer'}{left_out}"
    unit = min(0.6, 6 / columns)
    sheet = style.figure(max(unit * columns + 1.3, 4), unit * rows * height / width + 0.6, words + ".", title)
    (axes,) = style.panels(sheet, 1, 1)
    most = float(np.abs(weights).max()) or 1.0
    image = axes.imshow(style.sheet_of(shown, columns), cmap=SIGNED, vmin=-most, vmax=most)
    style.bare(axes, f"{name}: {outputs} from {inputs}{left_out}" if name else "", loc="left")
    bar = sheet.colorbar(image, ax=axes, shrink=min(1.0, 2 / (unit * rows)), ticks=[-most, 0, most], format="%.2g")
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_visible(False)
    return sheet


def some_kernels(weights: np.ndarray) -> tuple[np.ndarray, int]:
    """The kernels (out, in, k, k) that a picture has room for, (N, k, k), and how many stand in a row."""
    outputs, inputs, height, width = weights.shape
    if inputs == 1:
        return weights[: MOST_SIDE**2, 0], math.ceil(math.sqrt(min(outputs, MOST_SIDE**2)))
    return weights[:MOST_SIDE, :MOST_SIDE].reshape(-1, height, width), min(inputs, MOST_SIDE)


def layers_of(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """The layers of a `Sequential` by name and kind, in order; HelloError for other models."""
    if not isinstance(model, nn.Sequential):
        raise HelloError(f"a {type(model).__name__} is no plain row of layers; look at one of its parts that is")
    return [(f"{name} {type(layer).__name__}", layer) for name, layer in model.named_children()]


def activations(model: nn.Module, images: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """What comes out of each layer for images (N, 28, 28) uint8 or (N, H, W, C) float32, in the `eval` state."""
    model.eval()
    found = []
    with no_grad():
        x = Tensor(as_input(images))
        for name, layer in layers_of(model):
            x = layer(x)
            found.append((name, x.data))
    return found


def hidden(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """What the last layer gets to decide by: (N, features), of images as for `activations`."""
    layers = [layer for _, layer in layers_of(model)[:-1]]
    if not layers:
        raise HelloError("a network of one layer has nothing hidden; take one with two or more")
    before_last = nn.Sequential(*layers)
    return predict(before_last, images, threads=1).reshape(len(images), -1)


def feature_maps(model: nn.Module, image: np.ndarray, classes: Sequence[str], title: str = "") -> Figure:
    """One image (28, 28) on its way through a network: the maps that each stage makes of it, and the answer.

    Shown is what leaves the activations (ReLU and its like), a residual block or, where there are none, each layer.
    """
    passed = activations(model, image[None])
    bent = (nn.ReLU, nn.GELU, nn.Tanh, nn.Sigmoid, nn.Residual)
    layers = layers_of(model)
    pictures = [
        (name, values[0])
        for (name, values), (_, layer) in zip(passed, layers)
        if values.ndim == 4 and isinstance(layer, bent)
    ]
    pictures = pictures or [(name, values[0]) for name, values in passed if values.ndim == 4]
    with no_grad():
        sure = softmax(Tensor(passed[-1][1])).data[0]
    guess = int(sure.argmax())
    stages = ", ".join(f"{name}: {maps.shape[2]} maps of {maps.shape[0]} × {maps.shape[1]}" for name, maps in pictures)
    words = f"One image on its way through a network, which takes it for {classes[guess]} ({sure[guess]:.0%})."
    columns = len(pictures) + 2
    sheet = style.figure(2.1 * columns - 1.2, 3.1, f"{words} {stages}.", title)
    ratios = [0.7, *[1.0] * len(pictures), 0.7]
    grid = list(sheet.subplots(1, columns, width_ratios=ratios, squeeze=False)[0])
    grid[0].imshow(image, cmap=PAPER)
    style.bare(grid[0], "the image", loc="left")
    for axes, (name, maps) in zip(grid[1:], pictures):
        shown = maps.transpose(2, 0, 1)[:MOST_MAPS]
        scaled = shown / np.maximum(np.abs(shown).max(axis=(1, 2), keepdims=True), 1e-9)  # each by itself
        across = int(np.ceil(np.sqrt(len(scaled))))
        low, colours = (-1, SIGNED) if scaled.min() < -0.2 else (0, COUNTS)
        axes.imshow(style.sheet_of(scaled, across), cmap=colours, vmin=low, vmax=1)
        of = f"{len(shown)} of {maps.shape[2]}" if len(shown) < maps.shape[2] else f"{len(shown)}"
        style.bare(axes, f"{name}\n{of} maps, {maps.shape[0]} × {maps.shape[1]}", loc="left")
    answers(grid[-1], sure, classes)
    return sheet


def answers(axes: Axes, sure: np.ndarray, classes: Sequence[str], most: int = 6) -> None:
    """The likeliest classes as bars."""
    order = np.argsort(-sure)[:most][::-1]
    axes.barh(range(len(order)), sure[order], color=[GREY] * (len(order) - 1) + [BLUE], height=0.6)
    for place, k in enumerate(order):
        style.mark(axes, sure[k] + 0.03, place, f"{sure[k]:.1%}", ha="left")
    style.dress(axes, title="the answer")
    axes.set_yticks(range(len(order)), [classes[k] for k in order], fontsize=SMALL)
    axes.set_xlim(0, 1.35)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)


def saliency(model: nn.Module, images: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How much the score (logit) of the class `wanted` (N,) changes with each pixel (as 0 to 1): (N, H, W, C) float32.

    The model is put into its `eval` state, and forgets gradients that its weights may have.
    """
    pixels = Tensor(as_input(images), requires_grad=True)
    model.eval()
    scores = model(pixels)
    scores[np.arange(len(images)), wanted].sum().backward()
    model.zero_grad()
    assert pixels.grad is not None
    return pixels.grad


def saliency_maps(
    model: nn.Module, images: np.ndarray, wanted: np.ndarray, captions: Sequence[str], title: str = ""
) -> Figure:
    """Images (N, 28, 28), and below each what more ink would do to the score of the class `wanted` (N,).

    Blue is where more of it would raise the score, red where it would lower it.
    """
    slopes = saliency(model, images, wanted).sum(axis=3)
    columns = len(images)
    words = f"{columns} images, and below each where more ink would raise (blue) or lower (red) the score of a class: "
    sheet = style.figure(1.1 * columns, 2.6, words + "; ".join(captions) + ".", title)
    grid = style.panels(sheet, 2 * columns, columns)
    for k, (image, slope) in enumerate(zip(images, slopes)):
        grid[k].imshow(image, cmap=PAPER)
        style.bare(grid[k], captions[k])
        most = float(np.quantile(np.abs(slope), 0.995)) or 1.0
        grid[columns + k].imshow(slope, cmap=SIGNED, vmin=-most, vmax=most)
        grid[columns + k].contour(image, levels=[127], colors=GREY, linewidths=0.5)
        style.bare(grid[columns + k])
    return sheet
