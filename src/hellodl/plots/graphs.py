"""Pictures of what comes from what: an expression of Tensors, the layers of a model, the folders of a package.

A Tensor that needs a gradient knows what it was made from, so its whole past can be drawn, with the value and the
gradient of every step on the way (as micrograd does; Karpathy 2020). What needs no gradient is not remembered, and
so is not in the picture. No Graphviz is needed: see layout.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hellodl import nn
from hellodl.autograd.backward import topological_order
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.errors import HelloError
from hellodl.plots import style
from hellodl.plots.layout import layered
from hellodl.plots.style import BLUE, GREY, INK, ORANGE, SMALL
from hellodl.train.answers import as_input

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NODES = 60
OPERATORS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "matmul": "@", "power": "power"}


class Box(NamedTuple):
    """A node as it is drawn: lines of text, and its colour."""

    text: str
    colour: str = INK


def expression(result: Tensor, names: Mapping[str, Tensor] | None = None, title: str = "") -> Figure:
    """How `result` was made: every Tensor with its value and the gradient of `result` by it, and the operations.

    `names` are what to call some of them. Draw before `backward`, which frees the graph (or keep it).
    """
    nodes = topological_order(result)[::-1]  # each after its parents
    if len(nodes) < 2:
        raise HelloError(
            "this tensor remembers no past: make it from one that requires a gradient, and draw it "
            "before backward (which frees the graph)"
        )
    if len(nodes) > MOST_NODES:
        raise HelloError(f"{len(nodes)} tensors are too many for a picture ({MOST_NODES} at most); draw a part")
    slopes = gradients(result)
    called = {id(tensor): name for name, tensor in (names or {}).items()}
    parents: dict[int, list[int]] = {}
    boxes: dict[int, Box] = {}
    for node in nodes:
        made = [id(parent) for parent, _ in node._parents or ()]
        parents[id(node)] = made
        lines = [called[id(node)]] if id(node) in called else []
        if made:
            lines.append(operation(node))
        lines += [f"value {shown(node.data)}", f"gradient {shown(slopes[id(node)])}"]
        boxes[id(node)] = Box("\n".join(lines), INK if made else BLUE)
    leaves = [name for name, tensor in (names or {}).items() if not tensor._parents]
    words = f"Graph of an expression of {len(nodes)} tensors, from {', '.join(leaves) or 'its leaves'} to its result"
    return draw(parents, boxes, f"{words}, {shown(result.data)}.", title, wide=1.35, high=0.78)


def gradients(result: Tensor) -> dict[int, np.ndarray]:
    """The gradient of `result` by every tensor that it was made from, by `id`; the graph stays.

    This is what `backward` does, which keeps only those of the leaves.
    """
    order = topological_order(result)
    found = {id(node): np.zeros_like(node.data) for node in order}
    found[id(result)] = np.ones_like(result.data)
    for node in order:
        for parent, carry_back in node._parents or ():
            found[id(parent)] = found[id(parent)] + carry_back(found[id(node)])
    return found


def operation(node: Tensor) -> str:
    """What made a tensor: the name of the function that knows its derivative."""
    assert node._parents
    name = node._parents[0][1].__qualname__.split(".")[0]
    return OPERATORS.get(name, name)


def shown(array: np.ndarray) -> str:
    """A number as it is, an array as its shape."""
    return f"{array.item():.3g}" if array.size == 1 else " × ".join(map(str, array.shape))


def model(network: nn.Module, image: np.ndarray | None = None, title: str = "") -> Figure:
    """The parts of a model from left to right, with what comes out of each if an `image` is given to look at.

    `image` is (28, 28) uint8 or (H, W, C) float32. Parts that hold others are drawn with them: a `Sequential` as
    a row, a `Residual` with the way around it, a `Committee` side by side; all else is one box.
    """
    graph = Parts()
    x = None if image is None else Tensor(as_input(image[None]))
    network.eval()
    start = graph.add("input" if x is None else f"input\n{size_of(x)}", [], BLUE)
    with no_grad():
        graph.put("", network, start, x)
    words = "; ".join(box.text.replace("\n", " ") for box in graph.boxes.values())
    description = f"Graph of a model with {network.weight_count():,} weights: {words}."
    return draw(graph.parents, graph.boxes, description, title, wide=1.12, high=0.72)


class Parts:
    """The boxes of a model as they are found, each with those it follows."""

    def __init__(self):
        self.parents: dict[int, list[int]] = {}
        self.boxes: dict[int, Box] = {}

    def add(self, text: str, parents: list[int], colour: str = INK) -> int:
        """A box more; its number."""
        number = len(self.boxes)
        self.parents[number], self.boxes[number] = parents, Box(text, colour)
        return number

    def put(self, name: str, part: nn.Module, before: int, x: Tensor | None) -> tuple[int, Tensor | None]:
        """A part after the box `before`: the box that ends it, and what comes out of it for x."""
        if isinstance(part, nn.Sequential):
            for number, child in part.named_children():
                before, x = self.put(f"{name}.{number}".lstrip("."), child, before, x)
            return before, x
        if isinstance(part, nn.Residual):
            end, _ = self.put(f"{name}.body".lstrip("."), part.body, before, x)
            out = None if x is None else part(x)
            return self.add("+", [before, end]), out
        if isinstance(part, nn.Committee):
            ends = [self.put(f"{name}{number}", member, before, x)[0] for number, member in enumerate(part.members)]
            return self.add("mean belief", ends), None if x is None else part(x)
        if isinstance(part, nn.GPT | nn.Block):
            return self.put_language(name, part, before), None
        out = None if x is None else part(x)
        lines = [f"{name} {type(part).__name__}".strip(), *facts(part, out)]
        return self.add("\n".join(lines), [before], ORANGE if part.weight_count() else INK), out

    def put_language(self, name: str, part: nn.GPT | nn.Block, before: int) -> int:
        """The blocks of a transformer, each with its two ways around."""
        if isinstance(part, nn.GPT):
            before = self.put("symbols", part.symbols, before, None)[0]
            for number, block in enumerate(part.blocks()):
                before = self.put_language(f"block {number}", block, before)
            return self.put("head", part.head, before, None)[0]
        for own, inner in (("attention", part.attention), ("network", part.network)):
            end = self.add("\n".join([f"{name}", own, *facts(inner, None)]), [before], ORANGE)
            before = self.add("+", [before, end])
        return before


def facts(part: nn.Module, out: Tensor | None) -> list[str]:
    """What else is in a box: how many weights, and what comes out."""
    weights = [f"{part.weight_count():,} weights"] if part.weight_count() else []
    return weights + ([] if out is None else [f"→ {size_of(out)}"])


def size_of(x: Tensor) -> str:
    """The shape of one sample."""
    return " × ".join(map(str, x.shape[1:]))


def imports(package: Path, title: str = "") -> Figure:
    """Which parts of a package import which: everything stands right of what it needs.

    A part is a folder, or a file beside them. Ways that lead over another part are left out: who imports `nn`, which
    imports `ops`, may use both. Raises graphlib.CycleError where parts import each other in a circle.
    """
    parts = {
        path.stem: [path] if path.is_file() else sorted(path.rglob("*.py"))
        for path in package.iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    needs = {
        part: {name for file in files for name in imported(file, package.name)} & parts.keys() - {part}
        for part, files in parts.items()
        if files
    }
    order = list(TopologicalSorter(needs).static_order())
    reach: dict[str, set[str]] = {}
    for part in order:
        reach[part] = needs[part].union(*(reach[need] for need in needs[part]))
    straight = {part: needs[part] - set().union(*(reach[need] for need in needs[part])) for part in order}
    boxes = {}
    for number, part in enumerate(order):
        lines = sum(len(file.read_text("utf-8").splitlines()) for file in parts[part])
        boxes[number] = Box(f"{part}\n{lines:,} lines", BLUE if needs[part] else INK)
    parents = {number: [order.index(need) for need in sorted(straight[part])] for number, part in enumerate(order)}
    words = "; ".join(f"{part} imports {', '.join(sorted(straight[part])) or 'nothing'}" for part in order)
    return draw(parents, boxes, f"Imports between the parts of {package.name}: {words}.", title, wide=1.05, high=0.6)


def imported(file: Path, package: str) -> Iterator[str]:
    """The parts of a package that a file of it imports from, at its top or when it runs."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            yield (node.module or "").split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith(f"{package}."))


def draw(
    parents: Mapping[int, list[int]],
    boxes: Mapping[int, Box],
    description: str,
    title: str,
    wide: float,
    high: float,
    most: int = 12,
) -> Figure:
    """The boxes where the layout puts them, with lines between; `wide` and `high` are inches for one.

    What is longer than `most` columns goes on in the next row, as text does.
    """
    places, ways = layered(parents)
    last = max(x for x, _ in places.values())
    tall = max(y for way in ways.values() for _, y in way) + 1 if ways else 1
    rows = int(last) // most + 1
    columns = min(int(last) + 1, most)
    sheet = style.figure(wide * columns + 0.3, high * tall * rows + (0.5 if title else 0.2), description, title)
    (axes,) = style.panels(sheet, 1, 1)
    style.bare(axes)

    def at(x: float, y: float, row: int) -> tuple[float, float]:
        return x - row * most, -(y + row * (tall + 0.3))

    for (parent, child), way in ways.items():
        (left, y_left), *between, (right, y_right) = way
        left, right = left + room(boxes[parent], wide), right - room(boxes[child], wide)
        way = [(left, y_left), *between, (right, y_right)]
        rows_passed = range(int(way[0][0]) // most, int(places[child][0]) // most + 1)
        for row in rows_passed:  # a line that goes on in the next row is drawn in both, cut at the edges
            points = [at(x, y, row) for x, y in way]
            axes.plot(*zip(*points), color=GREY, linewidth=0.9, zorder=1)
        head = {"arrowstyle": "-|>", "color": GREY, "linewidth": 0, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", points[-1], points[-2], zorder=1, annotation_clip=True, arrowprops=head)
    for node, (x, y) in places.items():
        box = boxes[node]
        line = {"edgecolor": box.colour, "linewidth": 1 if box.colour != INK else 0.7}
        frame = {"boxstyle": "round,pad=0.35", "facecolor": "white", **line}
        place = at(x, y, int(x) // most)
        style.mark(axes, *place, box.text, fontsize=SMALL - 1, zorder=2, linespacing=1.15, bbox=frame)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(-(tall - 0.5 + (rows - 1) * (tall + 0.3)), 0.5)
    return sheet


def room(box: Box, wide: float) -> float:
    """Half the width of a box, about, as a share of what there is for one: where lines begin and end."""
    longest = max(map(len, box.text.split("\n")))
    return min((longest * 0.54 * (SMALL - 1) / 72 / 2 + 0.045) / wide, 0.49)
