"""DNA: four letters, A, C, G and T, in very long rows; and the places in them where a gene is cut and joined.

A gene is read in pieces. Between the pieces that mean something (exons) stand others that are cut out again before
the message is used (introns). A junction where an exon ends and an intron begins (EI) is called a donor, one where
the intron ends and the next exon begins (IE) an acceptor. Introns nearly always begin with GT and end with AG, but
so do countless other places: that is what there is to learn.

The real junctions are UCI's of 1991: 60 bases each, 30 on either side of the junction or of a place that is none
(N). Where they are not at hand, `introns.simulate` draws others from published frequencies (see introns.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hellodl.data.dataset import Brief
from hellodl.data.idx import existing
from hellodl.errors import DataError

BASES = "ACGT"
CLASSES = ("EI", "IE", "N")
LENGTH = 60
JUNCTION = LENGTH // 2  # it lies before the base of this number, counted from 0
FILE = "splice.data"

# What a letter may stand for (IUPAC-IUB, Cornish-Bowden 1985); U is how RNA writes T.
IUPAC = "A=A C=C G=G T=T U=T R=AG Y=CT S=CG W=AT K=GT M=AC B=CGT D=AGT H=ACT V=ACG N=ACGT"
MEANINGS = dict(entry.split("=") for entry in IUPAC.split())
COMPLEMENTS = {"A": "T", "C": "G", "G": "C", "T": "A"}


def _shares(bases: str) -> list[float]:
    """What a letter that may stand for these is of A, of C, of G and of T."""
    return [(base in bases) / len(bases) for base in BASES]


def _opposite(bases: str) -> int:
    """The code of the letter that may stand for what these pair with."""
    pairs = {COMPLEMENTS[base] for base in bases}
    return next(ord(letter) for letter, others in MEANINGS.items() if set(others) == pairs)


def _by_code(of_letter: Mapping[str, object], default: object, dtype: type) -> np.ndarray:
    """A table from the code of a letter, capital or small, to something: 256 rows."""
    shape = (256, *np.shape(np.asarray(default)))
    table = np.full(shape, default, dtype)
    for letter, value in of_letter.items():
        table[ord(letter)] = table[ord(letter.lower())] = value
    return table


_SHARES = _by_code({letter: _shares(bases) for letter, bases in MEANINGS.items()}, np.zeros(4), np.float32)
_KNOWN = _by_code(dict.fromkeys(MEANINGS, True), False, bool)
_COMPLEMENT = _by_code({letter: _opposite(bases) for letter, bases in MEANINGS.items()}, 0, np.uint8)


@dataclass(frozen=True, repr=False)
class Junctions(Brief):
    """Stretches of DNA, each with a junction in its middle, or none.

    `codes` is (N, 60) uint8, the letters; `labels` is (N,) int64, an index into CLASSES; `groups` is (N,) int64,
    equal for equal sequences, which belong on one side of any split.
    """

    name: str
    codes: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def groups(self) -> np.ndarray:
        """Which sequences are copies of each other: (N,) int64."""
        return np.unique(self.codes, axis=0, return_inverse=True)[1].reshape(-1)

    @property
    def one_hot(self) -> np.ndarray:
        """What a network looks at: (N, 60, 4) float32."""
        return one_hot(self.codes)


def encode(text: str | bytes) -> np.ndarray:
    """Letters as their codes: (L,) uint8."""
    return np.frombuffer(text if isinstance(text, bytes) else text.encode("ascii", "replace"), np.uint8)


def one_hot(codes: np.ndarray) -> np.ndarray:
    """Letters as four numbers each, for A, C, G, T: (..., L) uint8 -> (..., L, 4) float32.

    A letter that may stand for several bases is their average: R is (½, 0, ½, 0), and N, which is any base,
    (¼, ¼, ¼, ¼).
    """
    return _SHARES[codes]


def unknown(codes: np.ndarray) -> np.ndarray:
    """Where the letters are that stand for no base: indices."""
    return np.flatnonzero(~_KNOWN[codes])


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """The other strand, as it is read: A pairs with T and C with G, and it runs the other way. (..., L) uint8."""
    return _COMPLEMENT[codes][..., ::-1]


def load_uci(folder: str | Path) -> Junctions:
    """UCI's file of 3,190 junctions. Raises DataError, with the line, where it is not what it should be."""
    path = existing(folder, FILE)
    if path is None:
        raise DataError(f"{Path(folder) / FILE} is not there; `hellodl data get splice` fetches it")
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); `hellodl data get splice` fetches it again") from None
    codes, labels = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        label, _, sequence = [part.strip() for part in (line + ",,").split(",")[:3]]
        letters = encode(sequence)
        if label not in CLASSES or len(letters) != LENGTH or len(unknown(letters)):
            raise DataError(
                f"{path}: line {number} is no 'EI, NAME, {LENGTH} bases'; `hellodl data get splice` fetches it again"
            )
        codes.append(letters)
        labels.append(CLASSES.index(label))
    if not codes:
        raise DataError(f"{path}: is empty; `hellodl data get splice` fetches it again")
    return Junctions("uci", np.stack(codes), np.array(labels, np.int64))


def disputed(junctions: Junctions) -> np.ndarray:
    """The groups of equal sequences that have several labels: whatever one answers, it is wrong for some."""
    pairs = np.unique(np.stack([junctions.groups, junctions.labels]), axis=1)
    group, labels = np.unique(pairs[0], return_counts=True)
    return group[labels > 1]


def folds(labels: np.ndarray, groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Which of `count` folds each sample is tested in: (N,) int64.

    Each fold has its share of every class (stratified), and who shares a group shares a fold. The largest groups
    are placed first, each where there is least of its class so far; the order of the rest is up to the seed.
    """
    kinds, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    if not 2 <= count <= len(kinds):
        raise DataError(
            f"{len(kinds)} different sequences cannot be cut into {count} folds; choose from 2 to {len(kinds)}"
        )
    order = np.random.default_rng(seed).permutation(len(kinds))
    order = order[np.argsort(-sizes[order], kind="stable")]
    held = np.zeros((labels.max() + 1, count), np.int64)  # samples of each class in each fold
    fold = np.empty(len(kinds), np.int64)
    for group in order:
        own = held[labels[first[group]]]
        fold[group] = np.lexsort((held.sum(axis=0), own))[0]
        own[fold[group]] += sizes[group]
    return fold[np.searchsorted(kinds, groups)]
