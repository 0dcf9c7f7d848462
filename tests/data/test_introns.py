"""Simulated junctions: they follow the published frequencies, and are the seed's alone."""

import numpy as np

from hellodl.data import dna, introns

MANY = introns.simulate(6000, seed=3)


def shares_at(kind, place):
    """How often A, C, G, T stand so many bases after the junction (before it, where negative)."""
    codes = MANY.codes[MANY.labels == dna.CLASSES.index(kind)]
    return dna.one_hot(codes)[:, dna.JUNCTION + place].mean(axis=0)


def test_donors_and_acceptors_have_the_bases_that_were_counted():
    np.testing.assert_array_equal(shares_at("EI", 0), [0, 0, 1, 0], "all introns begin with G")
    np.testing.assert_array_equal(shares_at("EI", 1), [0, 0, 0, 1], "and T")
    np.testing.assert_allclose(shares_at("EI", -1), [0.12, 0.04, 0.77, 0.07], atol=0.04)
    np.testing.assert_allclose(shares_at("EI", 5), [0.21, 0.10, 0.14, 0.55], atol=0.04)
    np.testing.assert_array_equal(shares_at("IE", -2), [1, 0, 0, 0], "all end with A")
    np.testing.assert_array_equal(shares_at("IE", -1), [0, 0, 1, 0], "and G")
    np.testing.assert_allclose(shares_at("IE", -5), [0.10, 0.22, 0.05, 0.63], atol=0.04)
    np.testing.assert_allclose(shares_at("IE", 1), [0.24, 0.15, 0.20, 0.41], atol=0.04)
    np.testing.assert_allclose(shares_at("EI", -20), [0.25] * 4, atol=0.04)


def test_classes_come_as_in_the_real_set_and_half_of_the_rest_look_like_junctions():
    np.testing.assert_allclose(np.bincount(MANY.labels) / len(MANY), introns.SHARES, atol=0.03)
    none = MANY.codes[MANY.labels == 2]
    like_donors = (none[:, dna.JUNCTION : dna.JUNCTION + 2] == dna.encode("GT")).all(axis=1).mean()
    like_acceptors = (none[:, dna.JUNCTION - 2 : dna.JUNCTION] == dna.encode("AG")).all(axis=1).mean()
    assert 0.24 < like_donors < 0.34 and 0.24 < like_acceptors < 0.34


def test_the_same_seed_draws_the_same_sequences():
    again, other = introns.simulate(50, 3), introns.simulate(50, 4)
    assert (again.codes == introns.simulate(50, 3).codes).all()
    assert (again.codes != other.codes).any()
    assert again.codes.shape == (50, dna.LENGTH) and again.labels.dtype == np.int64


def test_the_best_guess_is_as_sure_as_it_is_right():
    sure = introns.best_guesses(MANY.codes)
    np.testing.assert_allclose(sure.sum(axis=1), 1)
    right = sure.argmax(axis=1) == MANY.labels
    assert abs(right.mean() - sure.max(axis=1).mean()) < 0.01
    assert 0.91 < right.mean() < 0.94
    like_donors = (MANY.codes[:, dna.JUNCTION : dna.JUNCTION + 2] == dna.encode("GT")).all(axis=1)
    assert abs(sure[like_donors, 2].mean() - (MANY.labels[like_donors] == 2).mean()) < 0.02
