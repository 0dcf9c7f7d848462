"""The error function of our own against the standard library's."""

import math

import numpy as np
import pytest

from hellodl.ops.error_function import erf


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 5e-7)])
def test_erf_is_the_standard_librarys(dtype, tolerance):
    x = np.concatenate([np.linspace(-8, 8, 40_001), np.logspace(-30, 0, 200), [3.999, 4, 4.001, 5.999, 6, 6.001]])
    x = x.astype(dtype)
    exact = np.array([math.erf(v) for v in x])
    ours = erf(x)
    assert ours.dtype == dtype
    assert np.abs(ours - exact).max() < tolerance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_at_the_edges_of_the_number_line(dtype):
    ours = erf(np.array([np.inf, -np.inf, np.nan, 1e30, -1e30], dtype))
    assert ours[[0, 1, 3, 4]].tolist() == [1, -1, 1, -1]
    assert np.isnan(ours[2])
    assert abs(erf(np.zeros(1, dtype))[0]) < 1e-7


def test_erf_is_odd_never_beyond_one_and_takes_any_shape(rng):
    x = rng.standard_normal((3, 0, 2)).astype(np.float32)
    assert erf(x).shape == (3, 0, 2)
    x = 4 * rng.standard_normal((5, 4)).astype(np.float32)
    assert (erf(-x) == -erf(x)).all()
    assert (np.abs(erf(x)) <= 1).all()
    assert erf(np.float64(0.5)) == pytest.approx(math.erf(0.5), abs=1e-12)
    assert erf(np.array([1, 2])) == pytest.approx([math.erf(1), math.erf(2)], abs=1e-12)
