"""`hellodl splice FILE.fasta`: where introns may begin and end in long stretches of DNA.

Every place that could be a junction is shown to the network with the 30 bases on either side. The file is read in
pieces, so a chromosome needs no more memory than a gene.

The network learned from examples of which half were junctions. In a genome hardly one place in a thousand is, so expect
many that only look like one: its probabilities say how much a place looks the part.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hellodl.commands.arguments import share
from hellodl.console import log, some
from hellodl.data import dna, fasta
from hellodl.errors import CheckpointError
from hellodl.models import MODELS

if TYPE_CHECKING:
    from hellodl.autograd.tensor import Array
    from hellodl.console import Bar

MODEL = MODELS / "splice.safetensors"
PATIENCE = 2.0  # seconds without a progress bar
NAMES = {"EI": "donor", "IE": "acceptor"}
SHOWN = 10  # bases on either side, in the last column

Classify = Callable[["Array"], "Array"]  # (n, 60) uint8 letters -> (n, 3) probabilities


class Site(NamedTuple):
    """A junction after base `position` (counted from 1, on the strand of the file), read on `strand`."""

    sequence: str
    position: int
    strand: str
    kind: str
    probability: float
    context: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and what is worth a line."""
    option = parser.add_argument
    option("files", nargs="+", type=Path, metavar="FASTA", help="sequences of DNA or RNA, may be gzipped")
    option("--threshold", type=share, default=0.5, metavar="P", help="print what is at least so probable (0.5)")
    option("--both", action="store_true", help="read the other strand too")
    everywhere = "look also where no GT or GC begins and no AG ends, which takes several times as long"
    option("--everywhere", action="store_true", help=everywhere)
    option("--model", type=Path, metavar="FILE", help="another model than the one that ships")
    parser.epilog = (
        f"Places within {dna.JUNCTION} bases of an end are not looked at. Columns: sequence, position (of the last "
        "base before the junction, counted from 1 on the file's strand), strand, donor or acceptor, probability, "
        "the bases around it. R, Y, N and the like count as the average of the bases that they stand for."
    )


def main(options: argparse.Namespace) -> int:
    """Scan each file and print its sites as they are found."""
    classify = finder(options.model, options.threads)
    found: list[Site] = []
    scanned = Scanned()
    for path in options.files:
        for site in scan(path, classify, options.threshold, options.both, options.everywhere, scanned):
            if options.json:
                found.append(site)
            else:
                print("\t".join([*map(str, site[:4]), f"{site.probability:.4f}", site.context]))
    if options.json:
        files, listed = [str(path) for path in options.files], [site._asdict() for site in found]
        print(json.dumps({"files": files, **vars(scanned), "sites": listed}))
    where = f"{some(scanned.bases, 'base')} of {some(scanned.sequences, 'sequence')}"
    log.info(f"{some(scanned.sites, 'site')} in {where}")
    return 0


class Scanned:
    """How much was looked at so far."""

    def __init__(self) -> None:
        self.sequences = self.bases = self.sites = 0


def finder(model: Path | None, threads: int | None = None) -> Classify:
    """From stretches (n, 60) of letters to probabilities (n, 3) of EI, IE and N."""
    from hellodl.train.answers import probabilities
    from hellodl.train.checkpoint import load_model, tried

    path = MODEL if model is None else model
    network, metadata = load_model(path)
    card = metadata.get("card")
    refusal = CheckpointError(f"{path}: is no finder of splice junctions; give a model from 'hellodl train splice'")
    if not isinstance(card, dict) or card.get("classes") != list(dna.CLASSES):
        raise refusal
    nothing = dna.one_hot(np.full((1, dna.LENGTH), ord("N"), np.uint8))[:, None]
    answers = tried(path, lambda: probabilities(network, nothing))
    if answers.shape != (1, len(dna.CLASSES)):
        raise refusal
    return lambda codes: probabilities(network, dna.one_hot(codes)[:, None], threads)


def scan(
    path: Path,
    classify: Classify,
    threshold: float = 0.5,
    both: bool = False,
    everywhere: bool = False,
    scanned: Scanned | None = None,
) -> Iterator[Site]:
    """The sites of a FASTA file, one after the other. A DataError says what is wrong with the file."""
    scanned = scanned or Scanned()
    kept = np.zeros(0, np.uint8)  # the last letters of the piece before, which the next windows begin with
    length, name = 0, ""
    with ExitStack() as at_the_end:
        progress = Progress(path, at_the_end)
        for piece in fasta.pieces(path):
            if piece.start == 0:
                too_short(name, length)
                kept, length, name = kept[:0], 0, piece.name
                scanned.sequences += 1
            letters = np.concatenate([kept, piece.codes])
            length += len(piece.codes)
            scanned.bases += len(piece.codes)
            for site in sites(letters, classify, threshold, both, everywhere):
                scanned.sites += 1
                yield site._replace(sequence=piece.name, position=site.position + piece.start - len(kept))
            kept = letters[-(dna.LENGTH - 1) :]
            progress.at(piece.read)
        too_short(name, length)


def sites(letters: Array, classify: Classify, threshold: float, both: bool, everywhere: bool) -> list[Site]:
    """The sites in a row of letters (L,); their positions count from its beginning."""
    if len(letters) < dna.LENGTH:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(letters, dna.LENGTH)
    found = []
    for strand in "+-" if both else "+":
        which = np.arange(len(windows)) if everywhere else candidates(letters, strand)
        looked_at = windows[which] if strand == "+" else dna.reverse_complement(windows[which])
        sure = classify(looked_at)
        for kind, name in NAMES.items():
            column = sure[:, dna.CLASSES.index(kind)]
            for row in np.flatnonzero(column >= threshold):
                position = int(which[row]) + dna.JUNCTION
                around = looked_at[row, dna.JUNCTION - SHOWN : dna.JUNCTION + SHOWN].tobytes().decode("ascii")
                context = f"{around[:SHOWN]}|{around[SHOWN:]}"
                found.append(Site("", position, strand, name, float(column[row]), context))
    return sorted(found, key=lambda site: site.position)


def candidates(letters: Array, strand: str) -> Array:
    """The windows, by number, whose middle has GT or GC after it or AG before it, as all but one junction in 100.

    A letter that stands for several bases passes for each of two, and of more for none: a gap of a million N has
    no candidates.
    """
    likely = dna.one_hot(letters) >= 0.5  # (L, 4): A C G T
    a, c, g, t = likely.T
    if strand == "+":
        donor, acceptor = g[:-1] & (t | c)[1:], a[:-1] & g[1:]  # at [i]: letters i and i + 1
        after, before = donor, acceptor
    else:  # what is read as GT from the other side stands here as AC, before the junction
        before, after = (a | g)[:-1] & c[1:], c[:-1] & t[1:]
    first, count = dna.JUNCTION, len(letters) - dna.LENGTH + 1
    return np.flatnonzero(after[first : first + count] | before[first - 2 : first - 2 + count])


def too_short(name: str, length: int) -> None:
    """Say so where there was nothing to look at."""
    if 0 < length < dna.LENGTH:
        log.warning(f"{name}: {length} bases; {dna.LENGTH} are needed to see both sides of a place")


class Progress:
    """A progress bar over the bytes of a file, from the third second on."""

    def __init__(self, path: Path, stack: ExitStack):
        self.path, self.stack, self.began = path, stack, time.perf_counter()
        self.bar: Bar | None = None
        self.read = 0

    def at(self, read: int) -> None:
        """So many bytes have been read."""
        if self.bar is None and time.perf_counter() - self.began > PATIENCE and sys.stderr is not None:
            from hellodl.console import progress_bar

            self.bar = self.stack.enter_context(progress_bar(f"scanning {self.path.name}", self.path.stat().st_size))
            self.bar.advance(self.read)
        if self.bar is not None:
            self.bar.advance(read - self.read)
        self.read = read
