"""The tree of sums: every way to share it out gives the bits of the plain version."""

import numpy as np
import pytest

from hellodl.ranks.tree import branches, root, shares, total, tree_sum_reference


def leaves_of(rng, count, missing=()):
    sizes = rng.uniform(-8, 8, (count, 200))  # of all magnitudes, or any order would do
    found = (rng.standard_normal((count, 200)) * 10.0**sizes).astype(np.float32)
    return [None if number in missing else leaf for number, leaf in enumerate(found)]


def test_the_plain_tree_adds_neighbours_first(rng):
    a, b, c, d, e = leaves_of(rng, 5)
    assert (tree_sum_reference([a, b, c, d, e]) == ((a + b) + (c + d)) + e).all()
    assert (tree_sum_reference([a, b, c, d, e]) != (((a + b) + c) + d) + e).any()
    assert tree_sum_reference([None, a]) is a
    assert tree_sum_reference([]) is tree_sum_reference([None, None]) is None


@pytest.mark.parametrize("missing", [(), (0,), (2, 3), (1, 4, 5, 6, 7)])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_however_many_share_the_leaves_the_sum_has_the_same_bits(rng, count, missing):
    leaves = leaves_of(rng, count, missing)
    plain = tree_sum_reference(leaves)
    for sharing in (1, 2, 3, 4, 5, 8):
        known = {}
        for mine in shares(count, sharing):
            own = {(number, 1): np.array(leaves[number]) for number in mine if leaves[number] is not None}
            known |= {branch: total(branch, own) for branch in branches(root(count), mine)}
        found = total(root(count), known)
        assert (found is None and plain is None) or (found == plain).all()


@pytest.mark.parametrize("count", [1, 3, 8, 20])
@pytest.mark.parametrize("sharing", [1, 2, 3, 4, 7])
def test_each_leaf_is_in_just_one_branch_of_just_one_share(count, sharing):
    dealt = [branches(root(count), mine) for mine in shares(count, sharing)]
    spanned = [number for of_one in dealt for first, size in of_one for number in range(first, first + size)]
    assert spanned == list(range(count))
    sizes = [len(mine) for mine in shares(count, sharing)]
    assert max(sizes) - min(sizes) <= 1


def test_powers_of_two_have_one_branch_each():
    for sharing in (1, 2, 4, 8):
        assert all(len(branches(root(8), mine)) == 1 for mine in shares(8, sharing))
    assert [branches(root(8), mine) for mine in shares(8, 3)] == [[(0, 2)], [(2, 2), (4, 1)], [(5, 1), (6, 2)]]
