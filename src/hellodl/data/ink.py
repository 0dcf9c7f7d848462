"""INK, the built-in handwriting: characters without end, with no download.

`ink.npz` beside this file holds about two thousand ways in which people write the 62 characters: for each an
average path of the pen, the few directions in which it varies from one time to the next, and the wobble that
is left. To write a character is to pick a style, to draw a few random numbers, and to add up. The model is a
mixture of factor analysers (Ghahramani and Hinton 1996) over curves of 40 points; tools/fit_ink.py fitted it
on UNIPEN (Guyon et al. 1994, CC BY 4.0). It holds parameters only, nobody's drawing.

Some styles never appear in training: split='test' writes in those alone, so that a network that reads them
has learned to read, not to remember.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import numpy as np

from hellodl.console import progress_bar
from hellodl.data import strokes as pen
from hellodl.data.dataset import DIGITS, LETTERS, Dataset
from hellodl.data.unipen import CLASSES_36, CLASSES_62, checked_split
from hellodl.errors import DataError

FILE = Path(__file__).with_name("ink.npz")
CLASSES = {"letters": LETTERS, "digits": DIGITS, "36": CLASSES_36, "62": CLASSES_62}
MANY, PIECE = 5_000, 500  # characters that take so long that progress is shown, and after how many
FARTHEST = 2.5  # no random number farther out than this many standard deviations

SLANT = (0.11, 0.17)  # mean and spread: x gained to the right for each y upwards (writers alone: 0.13)
TURN = np.deg2rad(5.5)  # spread of the rotation
STRETCH = 0.12  # spread of the logarithm of width over height


class Ink:
    """Styles of handwriting. `Ink.load()` gives those that ship with hellodl.

    Style s writes the character CLASSES_62[characters[s]] with len(counts[s]) strokes.
    """

    def __init__(self, arrays: dict[str, np.ndarray]):
        real = np.float32
        group = arrays["style_group"].astype(np.intp)
        counts = [tuple(row[row > 0].tolist()) for row in arrays["group_counts"]]
        self.basis_mean = arrays["basis_mean"].astype(real)  # (2 * points,)
        self.basis = arrays["basis"].astype(real)  # (directions, 2 * points)
        self.counts = [counts[number] for number in group]
        self.characters = arrays["group_character"].astype(np.intp)[group]
        self.means = arrays["style_mean"] * arrays["mean_step"]  # (styles, directions)
        self.loadings = arrays["style_loadings"] * arrays["loading_step"]  # (styles, components, varied)
        self.wobble = (arrays["style_wobble"] / real(64))[:, None] * arrays["wobble_profile"]
        self.weight = arrays["style_weight"].astype(np.float64)
        self.held_out = arrays["style_held_out"]
        # A style weighs the roots of its people's numbers of drawings, so a character's square is their number.
        self.often = np.bincount(self.characters, self.weight, len(CLASSES_62)) ** 2  # (62,)

    @staticmethod
    @cache
    def load(path: Path = FILE) -> Ink:
        """The handwriting in a file, read once. Raises DataError when it is not there or damaged."""
        try:
            with path.open("rb") as file, np.load(file) as arrays:
                return Ink({name: arrays[name] for name in arrays.files})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is missing or damaged ({error}); install hellodl again") from error

    def __len__(self) -> int:
        return len(self.characters)

    def styles(self, character: str, split: str = "train") -> np.ndarray:
        """The numbers of the styles in which one of the 62 characters is written in a split."""
        if len(character) != 1 or character not in CLASSES_62:
            raise DataError(f"ink cannot write {character!r}; it knows A-Z, a-z and 0-9")
        in_split = self.held_out == (checked_split(split) == "test")
        return np.flatnonzero((self.characters == CLASSES_62.index(character)) & in_split)

    def pick(self, character: str, count: int, rng: np.random.Generator, split: str = "train") -> np.ndarray:
        """`count` styles of a character at random, each as often as people use it."""
        own = self.styles(character, split)
        return rng.choice(own, count, p=self.weight[own] / self.weight[own].sum())

    def latents(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Random numbers (count, components + directions) float32 that say how one drawing differs from another."""
        numbers = rng.standard_normal((count, self.loadings.shape[1] + self.means.shape[1]), np.float32)
        return np.clip(numbers, -FARTHEST, FARTHEST)

    def curves(self, styles: np.ndarray, latents: np.ndarray) -> np.ndarray:
        """Pen paths (count, points, 2): upright, y downwards, about 1 long, strokes one after the other."""
        components = self.loadings.shape[1]
        places = self.means[styles]
        places[:, : self.loadings.shape[2]] += (latents[:, None, :components] @ self.loadings[styles])[:, 0]
        places += self.wobble[styles] * latents[:, components:]
        return (self.basis_mean + places @ self.basis).reshape(len(styles), -1, 2)

    def cut(self, style: int, curve: np.ndarray) -> list[np.ndarray]:
        """The strokes of a curve (points, 2) that was written in a style."""
        ends = np.cumsum(self.counts[style]).tolist()
        return [curve[start:end] for start, end in zip([0, *ends[:-1]], ends)]

    def write(self, styles: np.ndarray, rng: np.random.Generator) -> list[list[np.ndarray]]:
        """One character in each style as strokes, each by another hand: slanted, turned and stretched at random."""
        curves = self.curves(styles, self.latents(len(styles), rng)) @ random_shapes(len(styles), rng)
        return [self.cut(style, curve) for style, curve in zip(styles.tolist(), curves)]

    def character(self, character: str, rng: np.random.Generator, split: str = "train") -> list[np.ndarray]:
        """One character as strokes, each (n, 2) float32, y downwards, about 1 long."""
        return self.write(self.pick(character, 1, rng, split), rng)[0]

    def dataset(
        self,
        count: int,
        seed: int,
        classes: str = "letters",
        split: str = "train",
        width: tuple[float, float] = (2.3, 3.1),
        even: bool = False,
    ) -> Dataset:
        """`count` pictures of single characters, the same ones for the same seed.

        `classes` is 'letters' (26, both cases merged), 'digits', '36' (both together), '62' (cases apart), or
        any characters such as '37'. They come about as often as people write them (in UNIPEN), since what an
        upright bar is likely to be is worth knowing; with `even`, equally likely. `width` is the thinnest and
        the thickest pen in pixels. Ten thousand take about two seconds.
        """
        names = CLASSES.get(classes, classes)
        known = [c for c in CLASSES_62 if c in names or c.lower() in names]
        strange = "".join(c for c in names if c not in CLASSES_62)
        if strange or not known:
            raise DataError(f"ink has no class {strange!r}; it writes A-Z, a-z and 0-9")
        rng = np.random.default_rng((seed, int(checked_split(split) == "test")))
        class_of = np.array([names.index(c if c in names else c.lower()) for c in known])
        chances = self.often[[CLASSES_62.index(c) for c in known]]
        if even:
            chances = chances / np.bincount(class_of, chances)[class_of]
        characters = rng.choice(len(known), count, p=chances / chances.sum())
        styles = np.empty(count, np.intp)
        for number in np.unique(characters):
            places = np.flatnonzero(characters == number)
            styles[places] = self.pick(known[number], len(places), rng, split)
        widths = np.exp(rng.uniform(np.log(width[0]), np.log(width[1]), count))
        images = np.empty((count, pen.SIZE, pen.SIZE), np.uint8)
        written = self.write(styles, rng)
        with progress_bar("writing in ink", count) if count >= MANY else nullcontext() as bar:
            for first in range(0, count, PIECE):
                piece = slice(first, first + PIECE)
                images[piece] = pen.render_many(written[piece], widths[piece])
                if bar is not None:
                    bar.advance(PIECE)
        return Dataset(f"ink {classes}, {split}", images, class_of[characters], names)


def random_shapes(count: int, rng: np.random.Generator) -> np.ndarray:
    """Matrices (count, 2, 2) that stretch, slant and turn points written as rows, as different people would."""
    stretch = np.exp(rng.normal(0, STRETCH, count))
    turn = rng.normal(0, TURN, count)
    shear = shapes(rng.normal(*SLANT, count))
    shear[:, 0] *= stretch[:, None]
    cosine, sine = np.cos(turn), np.sin(turn)
    turns = np.stack([np.stack([cosine, sine], axis=-1), np.stack([-sine, cosine], axis=-1)], axis=-2)
    return (shear @ turns).astype(np.float32)


def shapes(slants: np.ndarray | Sequence[float]) -> np.ndarray:
    """Matrices (N, 2, 2) that slant points written as rows: what is higher (smaller y) moves to the right."""
    slants = np.asarray(slants, np.float64)
    matrices = np.tile(np.eye(2), (len(slants), 1, 1))
    matrices[:, 1, 0] = -slants
    return matrices
