"""The look that all pictures share, and how they become files.

One quiet style: white paper (so that a picture reads on a dark page as well), few colours, thin lines, units on
every axis, and no frame that carries no information (Tufte 1983). Figures are made without pyplot, so that drawing
leaves nothing behind in the process, and a server may draw as well as a program.

Every picture has a description in words, for those who cannot see it: `figure.get_label()`. `save` writes it into
the file: a PNG's `Description`, an SVG's title and description.
"""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl.errors import HelloError
from hellodl.storage.atomic import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, FAINT = "#333333", "#8a8a8a", "#dddddd"
BLUE, ORANGE, GREEN, RED, PURPLE = "#2f6db3", "#d9822b", "#3a8f5c", "#b3423a", "#7a5ba8"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, GREY)
COUNTS, SIGNED, PAPER = "Blues", "RdBu", "gray_r"  # colour maps: amounts, amounts of both signs, ink on paper
SMALL, NORMAL, LARGE = 7, 8.5, 10.5  # points
DOTS = 144  # an inch


def figure(width: float, height: float, description: str, title: str = "") -> Figure:
    """An empty sheet of so many inches; HelloError, with the mend, where matplotlib is not installed."""
    sheet = sheet_class()(figsize=(width, height), dpi=DOTS, facecolor="white", layout="constrained")
    sheet.set_label(" ".join(description.split()))
    if title:
        sheet.suptitle(title, fontsize=LARGE, color=INK, x=0.01, ha="left")
    return sheet


def sheet_class() -> type[Figure]:
    """What to make sheets with; HelloError, with the mend, where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise HelloError("drawing needs matplotlib, which is not here: pip install 'hellodl[plots]'") from None
    return shown_by_notebooks(Figure)


@cache
def shown_by_notebooks(figure: type[Figure]) -> type[Figure]:
    """matplotlib's `Figure`, which a notebook shows as a picture with its description."""

    class Sheet(figure):  # type: ignore[misc, valid-type]
        def _repr_html_(self) -> str:
            return as_html(as_bytes(self, "png"), "png", str(self.get_label()), self.get_figwidth())

    return Sheet


def as_html(picture: bytes, kind: str, description: str, inches: float) -> str:
    """A picture in a page, with its description for those who cannot see it; no wider than the page, unless that is
    a phone's, where its words would be too small to read."""
    data = base64.b64encode(picture).decode()
    words = html.escape(description, quote=True)
    width = f"{96 * inches:.0f}px"
    look = f"width: {width}; max-width: 100%; min-width: min({width}, 30rem)"
    return f'<img src="data:image/{kind};base64,{data}" alt="{words}" style="{look}">'


def panels(sheet: Figure, count: int, columns: int, **options: Any) -> list[Axes]:
    """So many diagrams on a sheet, row by row; places that are left over stay empty."""
    rows = max(math.ceil(count / columns), 1)
    grid = sheet.subplots(rows, columns, squeeze=False, **options).ravel()
    for axes in grid[count:]:
        axes.set_axis_off()
    return list(grid[:count])


def dress(axes: Axes, x: str = "", y: str = "", title: str = "") -> Axes:
    """Quiet axes with these labels."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(labelsize=SMALL, color=GREY, labelcolor=INK)
    axes.set_xlabel(x, fontsize=NORMAL, color=INK)
    axes.set_ylabel(y, fontsize=NORMAL, color=INK)
    if title:
        axes.set_title(title, fontsize=NORMAL, color=INK, loc="left")
    return axes


def bare(axes: Axes, caption: str = "", **options: Any) -> Axes:
    """No axes at all, for a picture in a picture, with words above it."""
    axes.set_axis_off()
    if caption:
        axes.set_title(caption, **{"fontsize": SMALL, "color": INK, "pad": 2, **options})
    return axes


def end_label(axes: Axes, x: float, y: float, words: str, colour: Any) -> None:
    """Words at the end of a line, which are read sooner than a legend."""
    where: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
    axes.annotate(words, (x, y), **where, fontsize=SMALL, color=colour, annotation_clip=False)


def mark(axes: Axes, x: float, y: float, words: str, **options: Any) -> None:
    """Small words centred on a point of a diagram, as they are, which claim no room of their own."""
    look: dict[str, Any] = {"fontsize": SMALL, "color": INK, "ha": "center", "va": "center"}
    words_there = axes.text(x, y, words, **look | {"parse_math": False, "clip_on": True} | options)
    words_there.set_in_layout(False)  # to ask a thousand letters for their size takes seconds


def sheet_of(pictures: np.ndarray, columns: int, gap: int = 1, background: float = np.nan) -> np.ndarray:
    """Pictures (N, H, W[, 3]) side by side, row by row, with a gap between them: (rows·(H + gap), ...) float."""
    count, height, width = pictures.shape[:3]
    rows = math.ceil(count / columns)
    shape = (rows, columns, height + gap, width + gap, *pictures.shape[3:])
    sheet = np.full(shape, background, np.float64)
    places = np.divmod(np.arange(count), columns)
    sheet[places[0], places[1], :height, :width] = pictures
    joined = np.moveaxis(sheet, 2, 1).reshape(rows * shape[2], columns * shape[3], *pictures.shape[3:])
    return joined[: rows * shape[2] - gap, : columns * shape[3] - gap]


def can_save(path: str | Path) -> str:
    """The kind of a picture's file, png or svg; HelloError for others, and where there is no matplotlib to draw it.

    To be asked before long work that ends in a picture.
    """
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in ("png", "svg"):
        raise HelloError(f"{path}: pictures are written as .png or .svg; give it such a name")
    sheet_class()
    return kind


def save(sheet: Figure, path: str | Path) -> Path:
    """Write a figure to a .png or .svg file, with its description, whole or not at all."""
    write_whole(Path(path), as_bytes(sheet, can_save(path)))
    return Path(path)


def as_bytes(sheet: Figure, kind: str) -> bytes:
    """What is in a `png` or `svg` file of a figure."""
    from matplotlib import rc_context

    words = str(sheet.get_label())
    about: Mapping[str, Mapping[str, str | None]] = {
        "png": {"Description": words, "Software": "hellodl"},
        "svg": {"Title": words, "Description": words, "Date": None},
    }
    data = io.BytesIO()
    with rc_context({"svg.hashsalt": "hellodl"}):  # the same picture is the same bytes
        sheet.savefig(data, format=kind, metadata=dict(about[kind]), facecolor="white")
    return data.getvalue()
