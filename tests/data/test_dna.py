"""Sequences of DNA: letters and what they stand for, UCI's junctions, folds that keep copies together."""

import os
from pathlib import Path

import numpy as np
import pytest

from hellodl.data import dna
from hellodl.errors import DataError

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
FOLDER = SHARED / "data" / "splice"
needs_uci = pytest.mark.skipif(not FOLDER.is_dir(), reason="UCI's junctions are not here (HELLODL_SHARED)")

DONOR, ACCEPTOR = "ACGTA" * 6 + "GTAAG" * 6, "TTTCA" * 5 + "TTCAG" + "GCTGA" * 6


def uci(folder, *rows):
    (folder / dna.FILE).write_text("\n".join(rows) + "\n")
    return dna.load_uci(folder)


def test_a_base_is_one_of_four_numbers_and_capital_or_small_makes_no_difference():
    eye = np.eye(4, dtype=np.float32)
    assert (dna.one_hot(dna.encode("ACGT")) == eye).all()
    assert (dna.one_hot(dna.encode("acgt")) == eye).all()
    assert (dna.one_hot(dna.encode("U")) == eye[3]).all(), "RNA's U is T"
    assert dna.one_hot(np.zeros((5, 60), np.uint8)).shape == (5, 60, 4)
    assert dna.one_hot(dna.encode("A")).dtype == np.float32


def test_a_letter_that_stands_for_several_bases_is_their_average():
    shares = {letter: dna.one_hot(dna.encode(letter))[0].tolist() for letter in "RSDN"}
    assert shares["R"] == [0.5, 0, 0.5, 0]
    assert shares["S"] == [0, 0.5, 0.5, 0]
    assert shares["D"] == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert shares["N"] == [0.25] * 4
    every = dna.one_hot(dna.encode("".join(dna.MEANINGS)))
    np.testing.assert_allclose(every.sum(axis=1), 1, rtol=1e-6)


def test_letters_that_stand_for_no_base_are_found_where_they_are():
    assert dna.unknown(dna.encode("ACGTURYSWKMBDHVNacgturyswkmbdhvn")).tolist() == []
    assert dna.unknown(dna.encode("AC-GX*")).tolist() == [2, 4, 5]


def test_the_other_strand_runs_the_other_way_with_the_bases_that_pair():
    assert dna.reverse_complement(dna.encode("AACGRnk")).tobytes() == b"MNYCGTT"
    codes = dna.encode("ACGTRYSWKMBDHVN")
    assert (dna.reverse_complement(dna.reverse_complement(codes)) == codes).all()
    ours = dna.one_hot(dna.reverse_complement(codes))
    np.testing.assert_array_equal(ours, dna.one_hot(codes)[::-1, ::-1], "A, C, G, T reversed are T, G, C, A")
    assert dna.reverse_complement(np.stack([codes, codes])).shape == (2, 15)


def test_ucis_rows_become_letters_and_labels(tmp_path):
    found = uci(tmp_path, f"EI,   ONE-DONOR-1,    {DONOR}", f"IE,TWO-ACCEPTOR-2,{ACCEPTOR}", f"N, THREE, {DONOR}")
    assert found.labels.tolist() == [0, 1, 2]
    assert found.codes.tobytes() == (DONOR + ACCEPTOR + DONOR).encode()
    assert found.one_hot.shape == (3, 60, 4)
    assert found.groups[0] == found.groups[2] != found.groups[1]


def test_equal_sequences_with_two_labels_are_disputed_and_stay(tmp_path):
    found = uci(tmp_path, f"IE, A, {ACCEPTOR}", f"N, B, {ACCEPTOR}", f"EI, C, {DONOR}", f"EI, D, {DONOR}")
    assert dna.disputed(found).tolist() == [found.groups[0]]
    assert len(found) == 4


@pytest.mark.parametrize(
    "row", [f"EX, NAME, {DONOR}", f"EI, NAME, {DONOR}A", f"EI, NAME, {DONOR[:-1]}X", "EI", "EI, NAME"]
)
def test_a_row_that_is_none_is_refused_with_its_line(tmp_path, row):
    with pytest.raises(DataError, match="line 2 is no 'EI, NAME, 60 bases'"):
        uci(tmp_path, f"EI, NAME, {DONOR}", row)


def test_a_set_that_is_missing_empty_or_no_text_is_one_line(tmp_path):
    with pytest.raises(DataError, match="hellodl data get splice"):
        dna.load_uci(tmp_path)
    with pytest.raises(DataError, match="is empty"):
        uci(tmp_path, "")
    (tmp_path / dna.FILE).write_bytes(b"EI, N\xe4me, ACGT")
    with pytest.raises(DataError, match="cannot be read"):
        dna.load_uci(tmp_path)


def test_folds_keep_copies_together_and_give_each_its_share_of_every_class(rng):
    groups = rng.integers(0, 300, 600)
    labels = (groups % 7 == 0).astype(int) + (groups % 3 == 0)
    fold = dna.folds(labels, groups, 10, seed=1)
    assert set(fold) == set(range(10))
    for group in np.unique(groups):
        assert len(set(fold[groups == group])) == 1
    for kind in range(3):
        counts = np.bincount(fold[labels == kind], minlength=10)
        assert counts.max() - counts.min() <= 3
    sizes = np.bincount(fold)
    assert sizes.max() - sizes.min() <= 5


def test_what_is_left_over_of_one_class_goes_where_others_leave_room():
    labels = np.repeat([0, 1, 2], [13, 13, 14])
    assert np.bincount(dna.folds(labels, np.arange(40), 10, 0)).tolist() == [4] * 10


def test_folds_are_the_seeds_alone(rng):
    labels, groups = rng.integers(0, 3, 90), np.arange(90)
    assert (dna.folds(labels, groups, 5, 1) == dna.folds(labels, groups, 5, 1)).all()
    assert (dna.folds(labels, groups, 5, 1) != dna.folds(labels, groups, 5, 2)).any()


@pytest.mark.parametrize("count", [0, 1, 7])
def test_folds_that_cannot_be_made_say_which_can(count):
    with pytest.raises(DataError, match="choose from 2 to 6"):
        dna.folds(np.zeros(8, int), np.array([0, 0, 0, 1, 2, 3, 4, 5]), count, 0)


@pytest.mark.shared
@needs_uci
def test_ucis_junctions_are_between_the_thirtieth_base_and_the_next():
    found = dna.load_uci(FOLDER)
    assert np.bincount(found.labels).tolist() == [767, 768, 1655]
    assert len(np.unique(found.groups)) == 3005
    assert len(dna.disputed(found)) == 1
    donors, acceptors = found.codes[found.labels == 0], found.codes[found.labels == 1]
    after, before = slice(dna.JUNCTION, dna.JUNCTION + 2), slice(dna.JUNCTION - 2, dna.JUNCTION)
    assert (donors[:, after] == dna.encode("GT")).all(axis=1).mean() > 0.98
    assert (acceptors[:, before] == dna.encode("AG")).all(axis=1).mean() > 0.98
    fold = dna.folds(found.labels, found.groups, 10, 1)
    assert np.bincount(fold).tolist() == pytest.approx([319] * 10, abs=2)
