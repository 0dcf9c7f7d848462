"""EMNIST letters: 145,600 handwritten letters, cut from the same NIST forms as MNIST's digits.

Cohen, Afshar, Tapson and van Schaik (2017, arXiv 1702.05373) prepared them: both cases of a letter are one
class. Two habits of the files are dealt with here, once, so that nobody else needs to know: every image is
stored transposed (rows and columns swapped, as MATLAB writes them), and the labels count from 1 (a) to 26
(z).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hellodl.data.dataset import LETTERS, Dataset
from hellodl.data.idx import existing, read_labelled_images
from hellodl.errors import DataError


def load(folder: str | Path, split: str) -> Dataset:
    """The 'train' (124,800) or 'test' (20,800) letters from a folder with the files of EMNIST's gzip.zip."""
    paths = []
    for name in (f"emnist-letters-{split}-images-idx3-ubyte.gz", f"emnist-letters-{split}-labels-idx1-ubyte.gz"):
        path = existing(folder, name)
        if path is None:
            raise DataError(f"{folder}: has no {name}; get it with `hellodl data get emnist`")
        paths.append(path)
    return load_files(*paths)


def load_files(images_path: Path, labels_path: Path) -> Dataset:
    """Letters from an images file and a labels file as EMNIST distributes them; they are turned upright."""
    images, labels = read_labelled_images(images_path, labels_path)
    if len(labels) and (labels.min() < 1 or labels.max() > 26):
        raise DataError(
            f"{labels_path}: has labels {labels.min()} to {labels.max()}, but EMNIST's letters are 1 to 26; "
            f"take the emnist-letters files, not another part of EMNIST"
        )
    upright = np.ascontiguousarray(images.transpose(0, 2, 1))  # (N, columns, rows) -> (N, rows, columns)
    return Dataset("emnist", upright, labels.astype(np.int64) - 1, LETTERS)
