"""Decide which pieces of a line make one character, and let the network be the judge of it.

A broken K is an I and a <, two touching letters are one strange one. So in every line all sensible ways to
put neighbouring pieces together, and to cut wide ones apart, are laid out as a lattice; all of them are shown
to the network in one go, and the cheapest way through the lattice is found by dynamic programming (as banks'
readers of cheques did: LeCun, Bottou, Bengio and Haffner 1998). What a network finds no character costs much;
so do wide gaps inside of a character, and cuts.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from hellodl.reading.cuts import slices_of
from hellodl.reading.debug import Watcher, nobody
from hellodl.reading.glyph import among, cut_out, normalise
from hellodl.reading.layout import Atom, Line
from hellodl.reading.parts import Box, around
from hellodl.reading.survey import Survey
from hellodl.reading.views import Classify, from_all_sides

WIDEST_GAP = 0.3  # of the letter height: pieces farther apart are never one character
CUT_COST = 1.2  # nats: cutting through ink needs a reason
CRUMB_COST = 2.5  # nats: what was cut off should stand as high as a letter, unlike the foot of an L
MOST_PIECES = 3
MOST_SLICES = 7
WIDE_ENOUGH, TOO_WIDE = 1.5, 4.0  # so many usual widths cost nothing; nats for each one more
# How wide characters are beside the usual one, both cases (a capital I may have serifs).
WIDTHS = {**dict.fromkeys("mw", 1.5), **dict.fromkeys("l1", 0.75)}
EDGE = 0.35  # of a stroke's own darkness: where its edge is
UNKNOWN = "?"  # the class of what is no character: half a letter, two at once, a stain, a drawing
LEAST = 1e-3  # a network is never so sure
SURE = -1.5  # nats: the odds against a character up to which nobody thinks of cutting it
CERTAIN = 0.98  # a character of such probability needs no closer look
STAIN = 4.0  # nats: the odds against a character from which on it is left out; most of what is on a page is written


@dataclass(frozen=True)
class Piece:
    """An atom, or a slice of one between two cuts: its box, and its ink in it (h, w) bool."""

    atom: Atom
    box: Box
    ink: np.ndarray
    first: bool = True  # whether this is the leftmost slice of its atom
    last: bool = True


@dataclass
class Candidate:
    """Pieces `start` up to `stop` of a line taken as one character, with its box and its picture."""

    start: int
    stop: int
    box: Box
    picture: np.ndarray
    cost: float  # of its geometry, before the network has seen it
    weight: float
    alone: Atom | None  # the atom that it is, neither cut nor joined

    @property
    def single(self) -> bool:
        """Whether this is one atom, neither cut nor joined."""
        return self.alone is not None


@dataclass(frozen=True)
class Glyph:
    """A character that was found: its box, its normalised picture, the probabilities of the classes (K,) float32,
    given that it is a character, and how probable that is."""

    box: Box
    picture: np.ndarray
    probabilities: np.ndarray
    character: float = 1.0


def lattice(page: Survey, boldly: bool = True, whole: Container[int] = ()) -> list[list[Candidate]]:
    """All that may be one character, line by line: runs of neighbouring pieces, whole and cut.

    Cutting `boldly`, into whatever might be two characters, is for those who know half a character when they see it.
    The atoms whose `id` is among `whole` are not cut.
    """
    seen = (page.dark, page.labels, page.threshold, page.letter, usual_gap(page.lines, page.letter))
    return [candidates_of(pieces_of(line, page.labels, page.letter, boldly, whole), *seen) for line in page.lines]


def find_glyphs(page: Survey, classify: Classify, classes: str, watch: Watcher = nobody) -> list[list[Glyph]]:
    """The characters of each line, left to right. All candidates of the whole page go through `classify` at once."""
    seen_alone = atoms_alone(page, classify) if UNKNOWN in classes else {}
    whole = {atom for atom, row in seen_alone.items() if beyond_doubt(row, classes)}
    everything = lattice(page, UNKNOWN in classes, whole)
    flat = [candidate for candidates in everything for candidate in candidates]
    if not flat:
        return [[] for _ in everything]
    probabilities = looked_at(flat, seen_alone, classify)
    surprises = surprise(flat, probabilities, classes)
    chosen: list[list[Candidate]] = []
    first: list[np.ndarray] = []  # what the network made of those at first sight
    place = 0
    for candidates in everything:
        own = surprises[place : place + len(candidates)]
        path = cheapest_path(candidates, np.minimum(own, STAIN))
        path = [i for i in path if own[i] < STAIN]
        chosen.append([candidates[i] for i in path])
        first.append(probabilities[np.array(path, int) + place])
        place += len(candidates)
    watch("candidates", lambda: draw_candidates(page, flat, [one for line in chosen for one in line]))
    if not any(chosen):
        return [[] for _ in everything]
    seen = closely_seen(np.stack([c.picture for line in chosen for c in line]), np.concatenate(first), classify)
    beliefs, character = known_and_unknown(seen, classes)
    character = 1 / (1 + np.exp(odds_against(character) - STAIN))  # what is found on its own is hardly ever a stain
    answers = iter(zip(beliefs, character.tolist()))
    return [[Glyph(c.box, c.picture, *next(answers)) for c in line] for line in chosen]


def closely_seen(pictures: np.ndarray, first: np.ndarray, classify: Classify) -> np.ndarray:
    """The probabilities (N, K) of pictures (N, 28, 28), of which `first` (N, K) are those at first sight: what is in
    any doubt is looked at from all sides."""
    doubtful = first.max(axis=1) < CERTAIN
    seen = first.copy()
    if doubtful.any():
        seen[doubtful] = from_all_sides(pictures[doubtful], classify)
    return seen


def atoms_alone(page: Survey, classify: Classify) -> dict[int, np.ndarray]:
    """What the network makes of each atom as it stands, by the atom's `id`: probabilities (K,)."""
    atoms = [atom for line in page.lines for atom in line.atoms]
    if not atoms:
        return {}
    pictures = []
    for atom in atoms:
        own = cut_out(page.dark, page.labels, ink_of(atom, page.labels), atom.box)
        pictures.append(normalise(own, _edge(own, page.threshold)))
    return {id(atom): row for atom, row in zip(atoms, classify(np.stack(pictures)))}


def beyond_doubt(probabilities: np.ndarray, classes: str) -> bool:
    """Whether probabilities (K,) are those of a character that nobody need think of cutting."""
    _, character = known_and_unknown(probabilities[None], classes)
    return bool(odds_against(character)[0] < SURE)


def looked_at(candidates: list[Candidate], known: Mapping[int, np.ndarray], classify: Classify) -> np.ndarray:
    """What the network makes of each candidate, (N, K); atoms that it has seen alone are not shown again."""
    rows = [known.get(id(candidate.alone)) for candidate in candidates]
    new = [candidate.picture for candidate, row in zip(candidates, rows) if row is None]
    answers = iter(classify(np.stack(new))) if new else iter(())
    return np.stack([next(answers) if row is None else row for row in rows])


def surprise(candidates: list[Candidate], probabilities: np.ndarray, classes: str) -> np.ndarray:
    """How little each candidate looks like any character, in nats (N,).

    A network that was taught what is no character says so itself: the cost is its odds against, and may be
    negative, so that two good characters beat one that is as good. Of others the likeliest class is asked: it costs its
    negative log-probability, and more where the candidate is too wide for it, for such a network has never seen two
    letters in one picture and calls them anything, but an O is no two letters wide.
    """
    if UNKNOWN in classes:
        _, character = known_and_unknown(probabilities, classes)
        return odds_against(character)
    typical = np.array([WIDTHS.get(name, 1.0) for name in classes])
    wide = np.array([candidate.box.width for candidate in candidates], np.float64)
    # How broadly this page is written: by what was never in doubt.
    likeliest = typical[probabilities.argmax(axis=1)]
    plain = np.array([candidate.single for candidate in candidates])
    scale = float(np.median((wide / likeliest)[plain])) if plain.any() else float(np.median(wide))
    excess = wide[:, None] / (scale * typical[None]) - WIDE_ENOUGH
    # Where nothing can be cut, width is no reason to doubt: some write broadly.
    excess[np.array([candidate.stop - candidate.start == 1 for candidate in candidates])] = 0.0
    cost = -np.log(np.maximum(probabilities, 0.02)) + TOO_WIDE * np.maximum(excess, 0.0)
    return cost.min(axis=1)


def odds_against(character: np.ndarray) -> np.ndarray:
    """The logarithm of the odds (N,) that something is no character, of the probability that it is one."""
    return np.log(np.maximum(1 - character, LEAST)) - np.log(np.maximum(character, LEAST))


def known_and_unknown(probabilities: np.ndarray, classes: str) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, K) with the class of what is no character taken out: those of the characters alone, (N, K)
    adding up to 1 with nothing for UNKNOWN, and how probable it is that there is a character, (N,)."""
    place = classes.find(UNKNOWN)
    if place < 0:
        return probabilities, np.ones(len(probabilities), np.float32)
    alone = probabilities.copy()
    alone[:, place] = 0
    character = alone.sum(axis=1)
    return alone / np.maximum(character, 1e-12)[:, None], character


def usual_gap(lines: list[Line], height: float) -> float:
    """The usual gap between neighbours on this page, as a share of the letter height."""
    gaps = []
    for line in lines:
        boxes = [atom.box for atom in line.atoms]
        gaps += [-before.overlap_x(after) / height for before, after in itertools.pairwise(boxes)]
    gaps = [gap for gap in gaps if 0 < gap < 1.5]
    return float(np.median(gaps)) if gaps else 0.4


def pieces_of(
    line: Line, labels: np.ndarray, height: float, boldly: bool = False, whole: Container[int] = ()
) -> list[Piece]:
    """A line's atoms from left to right, wide ones cut where that crosses little ink."""
    pieces = []
    for atom in sorted(line.atoms, key=lambda atom: atom.box.left):
        ink = ink_of(atom, labels)
        if id(atom) in whole or not wide(atom.box, height, boldly):
            pieces.append(Piece(atom, atom.box, ink))
            continue
        slices = np.where(ink, slices_of(ink, height), 255)
        numbers = np.flatnonzero(np.bincount(slices[ink]))
        for i, number in enumerate(numbers):
            own = slices == number
            x, y, width, height_ = cv2.boundingRect(own.astype(np.uint8))
            box = Box(atom.box.left + x, atom.box.top + y, atom.box.left + x + width, atom.box.top + y + height_)
            pieces.append(Piece(atom, box, own[y : y + height_, x : x + width], i == 0, i == len(numbers) - 1))
    return pieces


def ink_of(atom: Atom, labels: np.ndarray) -> np.ndarray:
    """Where in its box an atom has ink, (h, w) bool."""
    return among(labels[atom.box.slices()], [part.label for part in atom.parts])


def wide(box: Box, height: float, boldly: bool) -> bool:
    """Whether an atom is so wide that it may be two characters."""
    narrowest = (0.5, 0.4) if boldly else (0.75, 0.9)
    return box.width >= narrowest[0] * height and box.width >= narrowest[1] * box.height


def candidates_of(
    pieces: list[Piece], dark: np.ndarray, labels: np.ndarray, threshold: float, height: float, gap: float
) -> list[Candidate]:
    """All runs of one to a few neighbouring pieces that may be one character."""
    out = []
    for start in range(len(pieces)):
        for stop in range(start + 1, min(len(pieces), start + MOST_SLICES) + 1):
            run = pieces[start:stop]
            cost = geometry_cost(run, height, gap)
            if cost is None:
                break
            box, own = _cut_run(run, dark, labels)
            atoms = len({id(piece.atom) for piece in run})
            cut_free = run[0].first and run[-1].last
            alone = run[0].atom if atoms == 1 and cut_free else None
            if not cut_free and box.height < 0.4 * height:
                cost += CRUMB_COST
            out.append(Candidate(start, stop, box, normalise(own, _edge(own, threshold)), cost, float(atoms), alone))
    return out


def _edge(own: np.ndarray, threshold: float) -> float:
    """The darkness at which this character's ink begins: what is much darker than usual has a darker edge."""
    inside = own[own > threshold]
    if not len(inside):
        return threshold
    dark = int(0.8 * len(inside))
    return max(threshold, EDGE * float(np.partition(inside, dark)[dark]))


def geometry_cost(run: list[Piece], height: float, usual: float) -> float | None:
    """The cost, in nats, of taking these pieces for one character; None if it is out of the question."""
    cost = 0.0
    atoms: list[Atom] = []
    for piece in run:
        if not atoms or atoms[-1] is not piece.atom:
            atoms.append(piece.atom)
    if len(atoms) > MOST_PIECES:
        return None
    for before, after in itertools.pairwise(atoms):
        gap = max(-before.box.overlap_x(after.box) / height, 0.0)
        if gap > WIDEST_GAP:
            return None
        cost += float(np.clip(np.log((gap + 0.03) / (usual + 0.03)) + 1.5, -0.7, 4))
    width = around(piece.box for piece in run).width / height
    if width > (1.6 if len(atoms) > 1 else 2.0) and len(run) > 1:
        return None
    cost += 3 * max(0.0, width - 1.4) if len(run) > 1 else 0.0
    cost += CUT_COST / 2 * ((not run[0].first) + (not run[-1].last))
    if (not run[0].first or not run[-1].last) and width < 0.15:
        cost += 1.0
    return cost


def _cut_run(run: list[Piece], dark: np.ndarray, labels: np.ndarray) -> tuple[Box, np.ndarray]:
    """The box of a run of pieces and its darkness, everything else blank."""
    box = around(piece.box for piece in run)
    ink = np.zeros((box.height, box.width), bool)
    for piece in run:
        y, x = piece.box.top - box.top, piece.box.left - box.left
        ink[y : y + piece.box.height, x : x + piece.box.width] |= piece.ink
    return box, cut_out(dark, labels, ink, box)


def cheapest_path(candidates: list[Candidate], surprises: np.ndarray) -> list[int]:
    """The candidates, by index, that cover all pieces of a line once and cost the least together."""
    if not candidates:
        return []
    last = max(candidate.stop for candidate in candidates)
    best = np.full(last + 1, np.inf)
    best[0] = 0.0
    came_by = [-1] * (last + 1)
    for i in sorted(range(len(candidates)), key=lambda i: candidates[i].start):
        candidate = candidates[i]
        cost = best[candidate.start] + candidate.cost + candidate.weight * float(surprises[i])
        if cost < best[candidate.stop]:
            best[candidate.stop] = cost
            came_by[candidate.stop] = i
    path: list[int] = []
    place = last
    while place > 0 and came_by[place] >= 0:
        path.append(came_by[place])
        place = candidates[came_by[place]].start
    return path[::-1]


def draw_candidates(page: Survey, everything: list[Candidate], chosen: list[Candidate]) -> np.ndarray:
    """The ink with a thin box around all that was considered, and a thick one around what was chosen."""
    out = cv2.cvtColor((page.labels == 0).astype(np.uint8) * 255, cv2.COLOR_GRAY2BGR)
    for candidates, colour, thickness in ((everything, (220, 200, 120), 1), (chosen, (0, 140, 0), 2)):
        for box in (candidate.box for candidate in candidates):
            cv2.rectangle(out, (box.left, box.top), (box.right, box.bottom), colour, thickness)
    return out
