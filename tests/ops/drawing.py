"""What the cases of operations draw their inputs from, and where they are listed."""

import math

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as some


class Cases(dict):
    """Name -> function(draw, rng) -> (operation, the same in NumPy or None, *inputs)."""

    def case(self, function):
        """Register a case for the operation of this name; what comes after two underscores tells cases apart."""
        self[function.__name__] = function
        return function


SHAPES = some.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)
MATRICES = some.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def normal(rng, shape):
    return np.asarray(rng.standard_normal(shape))


def positive(rng, shape):
    return np.asarray(rng.uniform(0.5, 2, shape))


def apart(rng, shape):
    """Numbers that are at least 0.1 from each other and 0.05 from zero and from whole tenths: no kink is near."""
    count = math.prod(shape)
    return (rng.permutation(count) - count // 2 + 0.5).reshape(shape) * 0.1


def two(draw, rng, make=normal):
    shapes = draw(some.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)).input_shapes
    return [make(rng, shape) for shape in shapes]


def axis_of(draw, shape):
    """None, one axis, or several; counted from either end."""
    if not shape:
        return None
    ways = st.integers(-len(shape), len(shape) - 1)
    several = st.lists(ways, unique_by=lambda a: a % len(shape), max_size=len(shape)).map(tuple)
    return draw(st.none() | ways | several)
