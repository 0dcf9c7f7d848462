"""Inside a network that reads text: where each head looks, and what makes a single unit light up.

A head of attention says for every symbol how much it takes from each one before it; drawn as a square, one sees
heads that look one back, at the start of the line, at what stood in the same place (Vaswani et al. 2017; Clark et
al. 2019). And Karpathy (2015) coloured every character of a passage by how strongly one unit of a network answers
to it, and found units for quotations, for brackets, for the length of a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hellodl.errors import DataError, HelloError
from hellodl.nn import GPT, LanguageModel, RecurrentText
from hellodl.ops.attention import causal_softmax, transposed
from hellodl.plots import style
from hellodl.plots.style import COUNTS, INK, SIGNED, SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 88  # characters in a line of a passage
UNREADABLE = "\ufffd"  # what is shown for a character that has no sign


class Thoughts(NamedTuple):
    """What goes on in a network that reads: attention's `shares` (heads, T, T) by block, `units` (T, U) by layer."""

    shares: list[np.ndarray]
    units: list[np.ndarray]


def thoughts(model: LanguageModel, tokens: np.ndarray) -> Thoughts:
    """Have a model read tokens (T,), which must fit into its context, and note what goes on inside.

    The units of a GPT are those in the middle of each block's small network; a recurrent network's are its cells,
    and it has no attention.
    """
    if not len(tokens):
        raise DataError("there is no text to read; give some")
    model.eval()
    if isinstance(model, RecurrentText):
        return Thoughts([], cells_over(model, tokens))
    if not isinstance(model, GPT):
        raise HelloError(f"a {type(model).__name__} cannot be looked into here; take a GPT or a recurrent network")
    found = Thoughts([], [])
    x = model.symbols.plain(tokens)
    places = model.places(0, len(tokens))
    if model.positions is not None:
        x = x + model.positions.plain(places)
    if model.entry:
        x = model.entry.plain(x)
    # Each block as in `Block.go_on`, with a look at what is computed on the way.
    for block, memory in zip(model.blocks(), model.begin(), strict=True):
        inner = block.norm_1.plain(x)
        if block.shift_1:
            inner = block.shift_1.go_on(inner, memory.last["shift_1"])
        q, k, _ = block.attention.asked(inner)
        shares = np.ascontiguousarray(q @ transposed(k))
        causal_softmax(shares, q.dtype.type(1 / sqrt(q.shape[-1])))
        found.shares.append(shares)
        x = x + block.attention.go_on(inner, memory)
        inner = block.norm_2.plain(x)
        if block.shift_2:
            inner = block.shift_2.go_on(inner, memory.last["shift_2"])
        units = block.network.hidden(inner)
        found.units.append(units)
        x = x + block.network.project.plain(units)
    return found


def cells_over(model: RecurrentText, tokens: np.ndarray) -> list[np.ndarray]:
    """What the cells of each layer say after each token: (T, width) a layer."""
    state = model.begin()
    said = []
    for token in tokens:
        _, state = model.cells.step(int(token), state)
        said.append([layer[0] for layer in state])
    return [np.stack(layer) for layer in zip(*said)]


def attention_maps(shares: Sequence[np.ndarray], symbols: Sequence[str], title: str = "") -> Figure:
    """Where each head of each block looks: `shares` (heads, T, T) by block, rows ask and columns answer."""
    heads, steps = shares[0].shape[:2]
    count = heads * len(shares)
    near = [
        f"block {b} head {h} looks {looks_back(one):.1f} back"
        for b, block in enumerate(shares)
        for h, one in enumerate(block)
    ]
    words = f"Where {count} heads look while reading {''.join(symbols)!r}, {steps} symbols; on average "
    side = 1.9 if steps <= 48 else 2.3
    sheet = style.figure(side * heads + 0.4, side * len(shares) + 0.5, f"{words}{'; '.join(near)}.", title)
    named = [printable(symbol)[:7] for symbol in symbols]
    for number, axes in enumerate(style.panels(sheet, count, heads)):
        block, head = divmod(number, heads)
        axes.imshow(shares[block][head] ** 0.5, cmap=COUNTS, vmin=0, vmax=1)
        axes.set_title(f"block {block}, head {head}", fontsize=SMALL, color=INK, loc="left", pad=2)
        axes.tick_params(length=0, pad=1)
        for spine in axes.spines.values():
            spine.set_visible(False)
        size = min(SMALL, 62 * side / steps)
        axes.set_xticks(
            range(steps), named if block == len(shares) - 1 and size > 2.4 else [], fontsize=size, rotation=90
        )
        axes.set_yticks(range(steps), named if head == 0 and size > 2.4 else [], fontsize=size)
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            label.set(family="monospace", parse_math=False)
    sheet.supylabel("this symbol takes", fontsize=SMALL, color=INK)
    sheet.supxlabel("from these (the darker the more; shades are of the share's root)", fontsize=SMALL, color=INK)
    return sheet


def looks_back(shares: np.ndarray) -> float:
    """How many positions back a head (T, T) looks on average."""
    steps = np.arange(len(shares))
    return float((shares * (steps[:, None] - steps)).sum(axis=1).mean())


def telling_units(units: Sequence[np.ndarray], wanted: int) -> list[tuple[int, int]]:
    """(layer, unit) of those that are most worth looking at: clearly on or off, and for some while.

    "On" is over two fifths of the strongest answer. The measure is how far the mean answers of on and off lie
    apart, as a share of the strongest, times how alike neighbours are (a unit for quotations stays on between
    them), among units that are on for a twentieth to two fifths of the symbols.
    """
    scored = []
    for layer, values in enumerate(units):
        size = np.abs(values) / np.maximum(np.abs(values).max(axis=0), 1e-9)
        on = size > 0.4
        share = on.mean(axis=0)
        above = (size * on).sum(axis=0) / np.maximum(on.sum(axis=0), 1)
        below = (size * ~on).sum(axis=0) / np.maximum((~on).sum(axis=0), 1)
        stays = (on[1:] & on[:-1]).sum(axis=0) / np.maximum(on.sum(axis=0), 1)
        score = np.where((share >= 0.05) & (share <= 0.4), (above - below) * (0.3 + stays), -1)
        scored += [(float(value), layer, unit) for unit, value in enumerate(score)]
    return [(layer, unit) for _, layer, unit in sorted(scored, reverse=True)[:wanted]]


def neurons(
    units: Sequence[np.ndarray], symbols: Sequence[str], which: Sequence[tuple[int, int]], title: str = ""
) -> Figure:
    """A passage once for each of some units, every character coloured by how strongly the unit answers to it.

    `units` (T, units) by layer; `symbols` (T,) are the passage, one or more characters each; `which` are (layer,
    unit). Blue is above zero, red below; each unit has its own scale.
    """
    lines = laid_out(symbols)
    names = ", ".join(f"unit {unit} of layer {layer}" for layer, unit in which)
    words = f"The passage {''.join(symbols)!r}, coloured by how strongly {names} answer to each character."
    height = 0.13 * len(lines) + 0.3
    longest = max(max(map(len, lines)), 40)
    sheet = style.figure(0.068 * longest + 0.3, height * len(which) + 0.4, words, title)
    for axes, (layer, unit) in zip(style.panels(sheet, len(which), 1), which):
        values = units[layer][:, unit]
        draw_passage(axes, lines, values / max(float(np.abs(values).max()), 1e-9), longest)
        style.bare(axes, f"layer {layer}, unit {unit}: from {values.min():.2g} to {values.max():.2g}", loc="left")
    return sheet


def laid_out(symbols: Sequence[str]) -> list[list[tuple[str, int]]]:
    """The passage as lines of (character, number of its symbol); long lines are broken, their ends are shown as ↵."""
    lines: list[list[tuple[str, int]]] = [[]]
    for number, symbol in enumerate(symbols):
        for character in symbol:
            lines[-1].append((printable(character), number))
            if character == "\n" or len(lines[-1]) == WIDTH:
                lines.append([])
    return [line for line in lines if line]


def draw_passage(axes: Axes, lines: Sequence[Sequence[tuple[str, int]]], values: np.ndarray, longest: int) -> None:
    """The characters in a grid, each on the colour of its symbol's value, -1 to 1."""
    shades = np.full((len(lines), longest), np.nan)
    for row, line in enumerate(lines):
        for column, (character, number) in enumerate(line):
            shades[row, column] = values[number]
            if character != "·":
                colour = "white" if abs(values[number]) > 0.6 else INK
                style.mark(axes, column, row, character, family="monospace", color=colour)
    axes.imshow(shades, cmap=SIGNED, vmin=-1, vmax=1, aspect="auto")


def printable(text: str) -> str:
    """Text in which blanks and ends of lines can be seen, and nothing that a font has no sign for."""
    shown = text.replace(" ", "·").replace("\n", "↵").replace("\t", "→")
    return "".join(c if c.isprintable() else UNREADABLE for c in shown)
