"""Pictures that move: kernels while they are learned, and the border between two classes while it is found.

A still shows what was learned; that it was learned, slowly and from noise, is seen when it moves.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hellodl import nn, optim
from hellodl.autograd.mode import no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.console import progress_bar
from hellodl.errors import HelloError
from hellodl.plots import style
from hellodl.plots.layers import some_kernels
from hellodl.plots.style import BLUE, INK, NORMAL, ORANGE, SIGNED
from hellodl.storage.atomic import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

DOTS = 100  # an inch
COLOURS = 255  # of a whole GIF; its 256th number means "as in the frame before"


class Moving(NamedTuple):
    """A moving picture: frames (H, W, 3) uint8, how long to show each (seconds), and what it shows in words."""

    frames: list[np.ndarray]
    seconds: list[float]
    description: str

    def save(self, path: str | Path) -> Path:
        """Write it as a .gif."""
        path = Path(path)
        if path.suffix.lower() != ".gif":
            raise HelloError(f"{path}: moving pictures are written as .gif; give --out such a name")
        write_whole(path, self.as_gif())
        return path

    def as_gif(self) -> bytes:
        """What is in such a file: frames shown over and over, and the description as a comment.

        All frames have the same colours, so that what stands still is the same from one frame to the next; Pillow
        leaves it out, which makes small files.
        """
        try:
            from PIL import Image
        except ImportError:
            raise HelloError("moving pictures need Pillow, which is not here: pip install 'hellodl[plots]'") from None
        film, data = np.stack(self.frames), io.BytesIO()
        height, width = film.shape[1:3]
        with progress_bar("writing", len(film)) as bar:
            strip = Image.fromarray(film.reshape(-1, width, 3)).quantize(COLOURS, dither=Image.Dither.NONE)

            def cut() -> Iterator[Image.Image]:
                for top in range(0, strip.height, height):
                    yield strip.crop((0, top, width, top + height))
                    bar.advance()

            frames = cut()
            next(frames).save(
                data,
                "GIF",
                save_all=True,
                append_images=frames,
                duration=[10 * max(round(100 * time), 2) for time in self.seconds],
                loop=0,
                comment=self.description,
                optimize=True,
            )
        return data.getvalue()

    def __repr__(self) -> str:
        return f"{len(self.frames)} frames: {self.description}"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        return style.as_html(self.as_gif(), "gif", self.description, self.frames[0].shape[1] / DOTS)


def pixels(sheet: Figure, dots: int = DOTS) -> np.ndarray:
    """A figure as an array (H, W, 3) uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    sheet.set_dpi(dots)
    canvas = FigureCanvasAgg(sheet)
    canvas.draw()
    sheet.set_layout_engine("none")  # what follows stands where the first frame stood
    return np.array(canvas.buffer_rgba())[..., :3]


def learning_kernels(steps: Mapping[int, np.ndarray], name: str = "", title: str = "") -> Moving:
    """Kernels (out, in, k, k) of one layer by step, one frame a step; every frame has the same colours.

    Of large layers the first ones are shown, see `kernels`.
    """
    outputs, inputs, height, width = next(iter(steps.values())).shape
    part = {step: some_kernels(kernels) for step, kernels in steps.items()}
    first, columns = part[min(part)]
    rows = -(-len(first) // columns)
    most = max(float(np.abs(kernels).max()) for kernels, _ in part.values()) or 1.0
    words = f"{outputs} × {inputs} kernels of {name or 'a layer'} while they learn, "
    words += f"from step {min(steps)} to {max(steps)}."
    sheet = style.figure(max(0.36 * columns + 0.2, 3), 0.36 * rows * height / width + 0.6, words, title)
    (axes,) = style.panels(sheet, 1, 1)
    image = axes.imshow(style.sheet_of(first, columns), cmap=SIGNED, vmin=-most, vmax=most)
    style.bare(axes)
    frames = []
    with progress_bar("drawing", len(part)) as bar:
        for step, (kernels, _) in part.items():
            image.set_data(style.sheet_of(kernels, columns))
            style.bare(axes, f"{name}, step {step:,}", loc="left")
            frames.append(pixels(sheet))
            bar.advance()
    return Moving(frames, [0.15] * (len(frames) - 1) + [2.0], words)


def two_spirals(count: int, rng: np.random.Generator, noise: float = 0.06) -> tuple[np.ndarray, np.ndarray]:
    """Two classes of points that wind around each other (Lang and Witbrock 1988): (N, 2) float32, (N,) 0 or 1."""
    along = np.sqrt(rng.uniform(0.02, 1, count))
    labels = rng.integers(2, size=count)
    angle = 1.25 * 2 * np.pi * along + np.pi * labels
    points = (along * np.array([np.cos(angle), np.sin(angle)])).T + noise * rng.standard_normal((count, 2))
    return points.astype(np.float32), labels


def learning_border(
    points: np.ndarray,
    labels: np.ndarray,
    network: nn.Module,
    steps: int,
    *,
    every: int = 10,
    learning_rate: float = 0.02,
    title: str = "",
) -> Moving:
    """How a small network learns to tell two classes of points in a plane apart: the border it draws, step by step.

    `points` (N, 2) float32 and `labels` (N,) 0 or 1 are learned all at once, `steps` times, with a frame at each
    `every`th. `network` gives one number for each, whose sigmoid is how sure it is of class 1; it is trained here.
    """
    optimizer = optim.AdamW(network.named_parameters(), learning_rate)
    sheet = style.figure(3.6, 3.9, "", title)
    (axes,) = style.panels(sheet, 1, 1)
    frames: list[np.ndarray] = []
    right = 0.0
    with progress_bar("learning", steps) as bar:
        for step in range(steps + 1):
            sure = network(Tensor(points)).sigmoid()
            loss = nn.mse_loss(sure, labels[:, None].astype(np.float32))
            if step % every == 0 or step == steps:
                right = float(((sure.data[:, 0] > 0.5) == labels).mean())
                axes.clear()
                draw_border(axes, network, points, labels)
                style.bare(
                    axes, f"step {step:4}   loss {loss.item():.3f}   right {right:.1%}", fontsize=NORMAL, loc="left"
                )
                frames.append(pixels(sheet))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            bar.advance()
    words = f"The border that a network draws between two classes of {len(points)} points, over {steps} steps"
    return Moving(frames, [0.08] * (len(frames) - 1) + [2.5], f"{words}; at the end {right:.1%} are right.")


def draw_border(axes: Axes, network: nn.Module, points: np.ndarray, labels: np.ndarray) -> None:
    """The points, on what the network answers everywhere between them; a line where it is in doubt."""
    low, high = points.min() * 1.1, points.max() * 1.1
    line = np.linspace(low, high, 80, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    with no_grad():
        answers = network(Tensor(grid)).sigmoid().data.reshape(len(line), len(line))
    axes.imshow(answers, cmap="PuOr_r", vmin=-0.3, vmax=1.3, origin="lower", extent=(low, high, low, high), alpha=0.5)
    if answers.min() < 0.5 < answers.max():
        axes.contour(line, line, answers, levels=[0.5], colors=INK, linewidths=1)
    for label, colour in enumerate((BLUE, ORANGE)):
        own = points[labels == label]
        axes.scatter(own[:, 0], own[:, 1], s=7, color=colour, linewidths=0)
