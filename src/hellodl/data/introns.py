"""Junctions drawn by chance: stretches of DNA as their published frequencies would have them.

An intron's two ends look alike from gene to gene because the same molecules have to find them. How often each base
stands at each place was counted by Zhang, "Statistical features of human exons and their flanking regions" (Human
Molecular Genetics 7, 1998), in human genes of low G+C content; the tables below are his. Written as a consensus,
the first is MAG|GTRAGT and the second a row of C and T, then NCAG|G.

What is drawn here knows nothing but these tables: each place is drawn by itself, and far from a junction all bases
are alike. Real DNA is richer, so a network that learned from this alone is an exercise and no finder of genes.
"""

from __future__ import annotations

import numpy as np

from hellodl.data.dna import BASES, CLASSES, JUNCTION, LENGTH, Junctions, encode, one_hot

# Per cent of A, C, G, T at each place; the junction is before the place that is marked.
DONOR = {
    "A": (38, 62, 12, 0, 0, 71, 73, 11, 21),
    "C": (31, 10, 4, 0, 0, 2, 6, 6, 10),
    "G": (18, 12, 77, 100, 0, 24, 8, 75, 14),
    "T": (13, 16, 7, 0, 100, 3, 13, 8, 55),
}
DONOR_BEGINS = -3
ACCEPTOR = {
    "A": (15, 14, 13, 11, 10, 10, 11, 12, 13, 11, 10, 26, 7, 100, 0, 26, 24),
    "C": (24, 20, 21, 22, 21, 22, 25, 28, 28, 25, 22, 25, 55, 0, 0, 11, 15),
    "G": (10, 12, 10, 9, 10, 9, 10, 10, 8, 5, 5, 15, 1, 0, 100, 50, 20),
    "T": (51, 53, 57, 58, 59, 59, 54, 50, 51, 59, 63, 33, 37, 0, 0, 13, 41),
}
ACCEPTOR_BEGINS = -15

SHARES = (0.25, 0.25, 0.5)  # of EI, IE and N, about as in UCI's set
DECOYS = 0.5  # this share of N has a GT or an AG where the junction would be


def frequencies(kind: str) -> np.ndarray:
    """How often each base stands at each place of a class: (60, 4), rows that add up to 1."""
    shares = np.full((LENGTH, len(BASES)), 1 / len(BASES))
    if kind != "N":
        table, begins = (DONOR, DONOR_BEGINS) if kind == "EI" else (ACCEPTOR, ACCEPTOR_BEGINS)
        counted = np.array([table[base] for base in BASES], np.float64).T
        begin = JUNCTION + begins
        shares[begin : begin + len(counted)] = counted / counted.sum(axis=1, keepdims=True)
    return shares


def simulate(count: int, seed: int) -> Junctions:
    """`count` stretches of 60 bases with a junction in the middle or none; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(CLASSES), size=count, p=SHARES).astype(np.int64)
    steps = np.stack([frequencies(kind) for kind in CLASSES]).cumsum(axis=2)  # (3, 60, 4)
    drawn = rng.random((count, LENGTH, 1))
    bases = (drawn >= steps[labels][:, :, :-1]).sum(axis=2)  # (N, 60): how many steps the number is above
    codes = encode(BASES)[bases]

    none = np.flatnonzero(labels == CLASSES.index("N"))
    decoys = none[rng.random(len(none)) < DECOYS]
    like_donors = rng.random(len(decoys)) < 0.5
    codes[decoys[like_donors], JUNCTION : JUNCTION + 2] = encode("GT")
    codes[decoys[~like_donors], JUNCTION - 2 : JUNCTION] = encode("AG")
    return Junctions("simulated", codes, labels)


def best_guesses(codes: np.ndarray) -> np.ndarray:
    """What Bayes' rule says of simulated stretches, from the very figures that drew them: (N, 3) probabilities.

    Nothing can be right more often on average, so it is what a network's accuracy should be compared with.
    """
    seen = one_hot(codes)  # (N, 60, 4)
    tables = np.stack([frequencies(kind) for kind in CLASSES])  # (3, 60, 4)
    likelihood = np.einsum("npb,kpb->nkp", seen, tables).prod(axis=2) * 4.0**LENGTH
    like_donor = (codes[:, JUNCTION : JUNCTION + 2] == encode("GT")).all(axis=1)
    like_acceptor = (codes[:, JUNCTION - 2 : JUNCTION] == encode("AG")).all(axis=1)
    # Where the two letters were set they were certain, and otherwise one of the sixteen pairs.
    likelihood[:, 2] *= 1 - DECOYS + DECOYS / 2 * 16 * (like_donor + like_acceptor.astype(int))
    joint = likelihood * SHARES
    return joint / joint.sum(axis=1, keepdims=True)
