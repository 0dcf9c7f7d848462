"""What is no letter: marks are strokes, all finite, and the same from the same seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data import strokes as pen
from hellodl.data.pages.marks import KINDS, mark


def well_formed(strokes):
    return bool(strokes) and all(
        stroke.ndim == 2 and stroke.shape[1] == 2 and len(stroke) > 1 and np.isfinite(stroke).all()
        for stroke in strokes
    )


@given(seed=st.integers(0, 100_000))
def test_a_mark_has_strokes_about_one_long_and_is_the_same_from_the_same_seed(seed):
    strokes = mark(np.random.default_rng(seed))
    assert well_formed(strokes)
    assert 0.2 < np.ptp(np.concatenate(strokes), axis=0).max() < 4
    for one, other in zip(strokes, mark(np.random.default_rng(seed)), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_every_kind_has_strokes_and_differs_from_one_to_the_next(kind, rng):
    found = [kind(rng) for _ in range(40)]
    assert all(well_formed(strokes) for strokes in found)
    assert len({np.concatenate(strokes).tobytes() for strokes in found}) > 3


def test_every_mark_leaves_ink(rng):
    images = pen.render_many((mark(rng) for _ in range(60)), np.full(60, 2.0))
    assert images.shape == (60, 28, 28)
    assert (images.max(axis=(1, 2)) > 150).all()
