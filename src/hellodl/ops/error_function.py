"""The error function, which GELU needs and NumPy lacks.

erf(x) is the chance that a random error of the normal kind is smaller than x (times √2). It has no formula
in elementary functions, so everybody approximates. Ours: with t = 2/(2+|x|), the function
log(erfc(x)·exp(x²)/t) is so smooth on all of x ≥ 0 that a short Chebyshev series in t is exact to the last
digits (the substitution is old numerical folklore; Chebyshev interpolation: Trefethen, "Approximation Theory
and Approximation Practice", 2013). The coefficients are not copied from a table: they are computed here, when
first needed, from three dozen values of the standard library's `math.erfc`.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from hellodl.autograd.arrays import as_array

# Where 1 - erf(x) is below the last bit of a float32 or float64, there is nothing left to compute.
_LAST = {np.dtype(np.float32): 4.0, np.dtype(np.float64): 6.0}
_TERMS = {np.dtype(np.float32): 10, np.dtype(np.float64): 28}


@cache
def _polynomial(dtype: np.dtype) -> tuple[np.ndarray, float]:
    """Chebyshev coefficients in u in [-1, 1], highest first, and the smallest t, for this precision."""
    smallest = 2 / (2 + _LAST[dtype])
    nodes = np.cos((np.arange(64) + 0.5) * math.pi / 64)
    t = smallest + (nodes + 1) / 2 * (1 - smallest)
    x = 2 / t - 2
    values = [math.log(math.erfc(v) / w) + v * v for v, w in zip(x, t)]
    series = np.polynomial.chebyshev.chebfit(nodes, values, _TERMS[dtype] - 1)
    return series[::-1].astype(np.float64), smallest


def erf(x: np.ndarray) -> np.ndarray:
    """erf of every element of a float32 (good to 3e-7) or float64 array (good to 1e-12); others become float64."""
    x = as_array(x)
    if x.dtype not in _LAST:
        x = x.astype(np.float64)
    coefficients, smallest = _polynomial(x.dtype)
    size = np.minimum(np.abs(x), x.dtype.type(_LAST[x.dtype]))
    t = 2 / (2 + size)
    u = (t - smallest) * (2 / (1 - smallest)) - 1
    # Clenshaw's recurrence sums a Chebyshev series without ever forming its powers, which would cancel badly.
    older, old = np.zeros_like(u), np.full_like(u, coefficients[0])
    for coefficient in coefficients[1:-1]:
        older, old = old, float(coefficient) + 2 * u * old - older
    logarithm = float(coefficients[-1]) + u * old - older
    return np.copysign(1 - t * np.exp(logarithm - size * size), x)
