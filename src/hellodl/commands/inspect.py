"""`hellodl inspect MODEL`: what goes on inside a trained model, as pictures.

MODEL is a file that hellodl saved, or the name of a model that comes with hellodl. Which pictures there are depends
on the model: one that reads images is shown test images of a data set, one that writes is given a passage to read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hellodl import nn, plots
from hellodl.commands.arguments import at_least
from hellodl.commands.evaluate import images_for, in_cases_of
from hellodl.commands.show import confusion_matrix
from hellodl.console import progress_bar
from hellodl.data import IMAGE_SETS, SPLITS
from hellodl.data.vocabulary import from_description
from hellodl.errors import HelloError
from hellodl.models import find_model
from hellodl.plots.text import UNREADABLE, printable
from hellodl.storage.atomic import make_folder
from hellodl.train.answers import probabilities
from hellodl.train.checkpoint import load_model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures = dict[str, "Figure"]  # by what they are of, within the picture's name

SAMPLES = 8  # images whose saliency is shown
SYMBOLS = 40  # of a passage, at most, in a picture of attention
UNITS = 6
PASSAGE = '''def read(path, size=None):
    """Return the lines of a file."""
    if size is None:
        raise ValueError("size is missing")
    with open(path) as file:
        lines = [line.strip() for line in file]
    return {"path": path, "lines": lines[:size]}
'''


@dataclass(frozen=True)
class Reader:
    """A model that tells classes apart, and images that it did not learn from with what it says of them."""

    name: str
    model: nn.Module
    images: np.ndarray  # (N, 28, 28) uint8
    labels: np.ndarray  # (N,), in the order of classes
    sure: np.ndarray  # (N, K)
    classes: str
    spoken: str  # what the model itself tells apart: with capitals, say, where `classes` has none


@dataclass(frozen=True)
class Writer:
    """A model of text, and a passage as its symbols."""

    name: str
    model: nn.LanguageModel
    tokens: np.ndarray  # (T,)
    symbols: list[str]  # (T,)
    vocabulary: list[str]  # all symbols


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, which pictures, and what the model is shown."""
    option = parser.add_argument
    option("model", metavar="MODEL", help="a .safetensors file, or a model that ships, such as letters")
    pictures = (*dict.fromkeys([*OF_ALL, *OF_READERS, *OF_WRITERS]),)
    of_readers = f"of one that reads images: {', '.join(OF_READERS)}"
    of_writers = f"of one that writes: {', '.join(OF_WRITERS)} (all that suit the model)"
    what = f"of any model: {', '.join(OF_ALL)}; {of_readers}; {of_writers}"
    option("--what", nargs="+", choices=pictures, metavar="WHAT", help=what)
    option("--out", type=Path, default=Path(), metavar="DIR", help="where MODEL-WHAT.png goes (here)")
    option("--format", choices=("png", "svg"), default="png", help="(png)")
    option("--dataset", choices=IMAGE_SETS, default="ink", help="the images that it is shown (ink)")
    option("--split", choices=SPLITS, default="test", help="which part of them (test)")
    option("--count", type=at_least(1), default=1000, metavar="N", help="how many of them (1000)")
    option("--text", default=PASSAGE, metavar="TEXT", help="the passage that a model of text reads (some Python)")


def main(options: argparse.Namespace) -> int:
    """Draw all that was asked for; the files' names go to standard output."""
    path = find_model(options.model)
    model, metadata = load_model(path)
    model.eval()
    pictures = suited_to(model, metadata)
    suited = [*OF_ALL, *pictures]
    wanted = options.what or suited
    if unsuited := [name for name in wanted if name not in suited]:
        raise HelloError(f"{path.stem}: there is no picture of its {unsuited[0]}; there are {', '.join(suited)}")
    make_folder(options.out)
    subject: Any = None
    if not {*wanted} <= {*OF_ALL}:
        subject = (writer_of if isinstance(model, nn.LanguageModel) else reader_of)(path, model, metadata, options)
    files = []
    with progress_bar("drawing", len(wanted)) as bar:
        for name in wanted:
            found = OF_ALL[name](model, path.stem) if name in OF_ALL else pictures[name](subject, path.stem)
            for part, figure in found.items():
                place = options.out / f"{'-'.join(filter(None, (path.stem, name, part)))}.{options.format}"
                plots.save(figure, place)
                files.append({"what": name, "picture": str(place), "description": str(figure.get_label())})
            bar.advance()
    if options.json:
        print(json.dumps({"program": "inspect", "model": str(path), "pictures": files}))
    else:
        print("\n".join(file["picture"] for file in files))
    return 0


def suited_to(model: nn.Module, metadata: dict[str, Any]) -> dict[str, Callable[[Any, str], Figures]]:
    """The pictures that there can be of a model, beside those that there are of any."""
    if isinstance(model, nn.GPT):
        return OF_WRITERS
    if isinstance(model, nn.LanguageModel):
        return {"neurons": neurons}
    return OF_READERS if metadata.get("classes") and isinstance(model, nn.Sequential) else {}


def reader_of(path: Path, model: nn.Module, metadata: dict[str, Any], options: argparse.Namespace) -> Reader:
    """The model with the images of the data set that it knows."""
    spoken = metadata["classes"]
    _, data = images_for(path, spoken, options)
    sure, names = in_cases_of(data.classes, probabilities(model, data.images, options.threads), spoken)
    labels = np.array([names.find(name) for name in data.classes])[data.labels]
    return Reader(path.stem, model, data.images, labels, sure, names, spoken)


def writer_of(path: Path, model: Any, metadata: dict[str, Any], options: argparse.Namespace) -> Writer:
    """The model of text with a passage, cut to what it can look at."""
    if not options.text:
        raise HelloError("--text is empty; give the model something to read")
    vocabulary = from_description(metadata.get("vocabulary"))
    tokens = vocabulary.encode(options.text)[: model.context]
    every = [vocabulary.decode([token]) for token in range(vocabulary.size)]
    return Writer(path.stem, model, tokens, list(vocabulary.stream(tokens))[: len(tokens)], every)


def graph(model: nn.Module, name: str) -> Figures:
    """The parts of the model from left to right."""
    return {"": plots.model(model, example(model), name)}


def example(model: nn.Module) -> np.ndarray | None:
    """An empty image that the model can look at, to see how large what it makes of it is; None for other models."""
    first = next((part for part in model.modules() if isinstance(part, nn.Conv2d | nn.Linear)), None)
    pixels = 1 if isinstance(first, nn.Conv2d) else 28 * 28
    return np.zeros((28, 28), np.uint8) if first is not None and first.weight.shape[1] == pixels else None


def kernels(model: nn.Module, name: str) -> Figures:
    """The kernels of each convolution."""
    found = {key: weight for key, weight in model.named_parameters() if weight.ndim == 4}
    return {key: plots.kernels(weight.data, key, name) for key, weight in found.items()}


def maps(reader: Reader, name: str) -> Figures:
    """The first image on its way through the network."""
    return {"": plots.feature_maps(reader.model, reader.images[0], reader.spoken, name)}


def saliency(reader: Reader, name: str) -> Figures:
    """What the network looks at in some images."""
    images = reader.images[:SAMPLES]
    sure = probabilities(reader.model, images)
    guesses = sure.argmax(axis=1)
    captions = [f"{reader.spoken[guess]}, {own[guess]:.0%}" for guess, own in zip(guesses, sure)]
    title = f"{name}: where more ink would speak for its answer (blue) or against it (red)"
    return {"": plots.saliency_maps(reader.model, images, guesses, captions, title)}


def confusion(reader: Reader, name: str) -> Figures:
    """Which classes are taken for which."""
    matrix = confusion_matrix(reader.labels, reader.sure.argmax(axis=1), len(reader.classes))
    seen = matrix.sum(axis=0) + matrix.sum(axis=1) > 0
    classes = [c for c, there in zip(reader.classes, seen) if there]
    return {"": plots.confusion_matrix(matrix[seen][:, seen], classes, f"{name} on {len(reader.images):,} images")}


def mistakes(reader: Reader, name: str) -> Figures:
    """The mistakes it was surest of."""
    title = f"{name}: its surest mistakes among {len(reader.images):,} images"
    return {"": plots.worst_mistakes(reader.images, reader.labels, reader.sure, reader.classes, title=title)}


def embedding(reader: Reader, name: str) -> Figures:
    """The images as the last layer sees them."""
    points = plots.hidden(reader.model, reader.images)
    return {"": plots.embedding(points, reader.labels, reader.classes, f"{name}: what the last layer decides by")}


def attention(writer: Writer, name: str) -> Figures:
    """Where each head looks."""
    shares = plots.thoughts(writer.model, writer.tokens[:SYMBOLS]).shares
    return {"": plots.attention_maps(shares, writer.symbols[:SYMBOLS], f"{name}: where its heads look")}


def neurons(writer: Writer, name: str) -> Figures:
    """What some units answer to."""
    units = plots.thoughts(writer.model, writer.tokens).units
    title = f"{name}: what some of its units answer to"
    return {"": plots.neurons(units, writer.symbols, plots.telling_units(units, UNITS), title)}


def symbols(writer: Writer, name: str) -> Figures:
    """The symbols as the network sees them first."""
    assert isinstance(writer.model, nn.GPT)
    names = {k: printable(symbol) for k, symbol in enumerate(writer.vocabulary)}
    readable = {k: name for k, name in names.items() if name and UNREADABLE not in name}
    points, title = writer.model.symbols.weight.data[list(readable)], f"{name}: its symbols as vectors"
    return {"": plots.embedding(points, np.arange(len(readable)), [*readable.values()], title)}


OF_ALL: dict[str, Callable[[nn.Module, str], Figures]] = {"graph": graph, "kernels": kernels}
OF_READERS: dict[str, Callable[[Reader, str], Figures]] = {
    "maps": maps,
    "saliency": saliency,
    "confusion": confusion,
    "mistakes": mistakes,
    "embedding": embedding,
}
OF_WRITERS: dict[str, Callable[[Writer, str], Figures]] = {
    "attention": attention,
    "neurons": neurons,
    "embedding": symbols,
}
