"""What is done with each kind of file, as a user would have it done."""

import contextlib
import io
import os
from functools import cache
from pathlib import Path

import numpy as np
import strange_files
import strange_pictures

from hellodl import nn
from hellodl.commands import cli, eyes, scan, write
from hellodl.data import fasta, idx, text
from hellodl.data.collection import Collection
from hellodl.errors import HelloError
from hellodl.reading import annotate, load_photo
from hellodl.runs.log import RunLog
from hellodl.storage.safetensors import load
from hellodl.train import Settings, Trainer
from hellodl.train.checkpoint import load_model

LARGEST_READ = 30_000  # pixels; reading larger ones takes its time, and nothing else


@cache
def reader():
    return eyes.eyes(threads=1)


def use_picture(path: Path) -> None:
    photo = load_photo(path)
    if photo.picture.size < 3 * LARGEST_READ:
        annotate(photo.picture, reader()(photo.picture))


def use_idx(path: Path) -> None:
    with contextlib.suppress(HelloError):
        idx.read_labelled_images(path, path)
    idx.read(path)


def use_safetensors(path: Path) -> None:
    load(path)


def use_model(path: Path) -> None:
    for use in (read_a_strip, write_a_little, lambda path: scan.finder(path, 1)):
        with contextlib.suppress(HelloError):
            use(path)
    network, _ = load_model(path)
    repr(network)


def read_a_strip(path: Path) -> None:
    network, symbols = eyes.lines_of(path)
    picture = np.full((60, 200, 3), 255, np.uint8)
    picture[20:40, 20:180:12] = 0
    annotate(picture, eyes.eyes_of(network, symbols, 1)(picture))


def write_a_little(path: Path) -> None:
    for _ in write.written("abc", path, 5, 0, write.Knobs()):
        pass


def use_log(path: Path) -> None:
    from hellodl.web.answers import Answer
    from hellodl.web.watch import Runs

    said(["runs", "--log", str(path)])
    for words in (["show", "1"], ["show", "1", "--json"], ["show", "1", "--csv"], ["compare", "1", "2"]):
        said(["runs", *words, "--log", str(path)])
    runs = Runs(RunLog(path))
    for ask in (
        lambda: runs.listed(),
        lambda: runs.run(1),
        lambda: runs.curves(1, 10),
        lambda: runs.layers(1, "conv.weight", "weight"),
        lambda: runs.kernels(1, "conv.weight", None),
        lambda: runs.confusion(1),
    ):
        try:
            Answer(ask())
        except HelloError:
            continue
        except Exception as error:
            if getattr(error, "status_code", None) != 404:
                raise


def use_fasta(path: Path) -> None:
    for _ in fasta.pieces(path):
        pass


def use_corpus(path: Path) -> None:
    corpus = text.load_text(str(path))
    assert corpus.train + corpus.validation == corpus.text


def use_collection(path: Path) -> None:
    mine = Collection(path)
    with contextlib.suppress(HelloError):
        mine.lessons()
    with contextlib.suppress(HelloError):
        mine.add(next(iter(mine.lessons().values())))
    try:
        mine.undo()
    finally:
        mine.forget()


def small_trainer(path: Path) -> Trainer:
    """A training of nearly nothing."""
    with RunLog(None).run("digits", {}) as run, nn.init.nothing_drawn():
        model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
        return Trainer(model, 64, lambda *parts: None, Settings(epochs=2, batch_size=32), run, path=path)


def use_state(path: Path) -> None:
    small_trainer(path).load(path)


def said(words: list[str]) -> None:
    """A command's own lines; fails where they own up to a mistake."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(words)
    if status not in (0, 1) or "unexpected" in err.getvalue() or "Traceback" in err.getvalue():
        raise AssertionError(f"{words}: {status}, {err.getvalue()}")


KINDS = {
    "picture": (strange_pictures.picture, use_picture),
    "idx": (strange_files.idx, use_idx),
    "safetensors": (strange_files.safetensors, use_safetensors),
    "model": (strange_files.model, use_model),
    "log": (strange_files.log, use_log),
    "fasta": (strange_files.fasta, use_fasta),
    "corpus": (strange_files.corpus, use_corpus),
    "collection": (strange_files.collection, use_collection),
    "state": (strange_files.state, use_state),
}
os.environ.setdefault("COLUMNS", "200")
