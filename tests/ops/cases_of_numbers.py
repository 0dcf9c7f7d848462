"""Operations on numbers, one by one and gathered, beside the same in NumPy."""

import math

import numpy as np
from drawing import MATRICES, SHAPES, Cases, apart, axis_of, normal, positive, two
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from hellodl import ops
from hellodl.autograd import tensor
from hellodl.autograd.tensor import Tensor

NUMBERS = Cases()
case = NUMBERS.case


@case
def add(draw, rng):
    return tensor.add, np.add, *two(draw, rng)


@case
def sub(draw, rng):
    return tensor.sub, np.subtract, *two(draw, rng)


@case
def mul(draw, rng):
    return tensor.mul, np.multiply, *two(draw, rng)


@case
def div(draw, rng):
    return tensor.div, np.divide, *two(draw, rng, positive)


@case
def neg(draw, rng):
    return tensor.neg, np.negative, normal(rng, draw(SHAPES))


@case
def power(draw, rng):
    exponent = draw(st.sampled_from([0, 1, 2, 3, -1, 0.5, 2.5, np.float64(1.5)]))
    return lambda x: x**exponent, lambda x: np.power(x, float(exponent)), positive(rng, draw(SHAPES))


@case
def matmul(draw, rng):
    signature = some.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3)
    return tensor.matmul, np.matmul, *(normal(rng, shape) for shape in draw(signature).input_shapes)


@case
def getitem__basic(draw, rng):
    shape = draw(SHAPES)
    key = draw(some.basic_indices(shape, allow_newaxis=True))
    return lambda x: x[key], lambda x: x[key], normal(rng, shape)


@case
def getitem__index_arrays(draw, rng):
    shape = draw(MATRICES)
    few = some.array_shapes(min_dims=1, max_dims=2, max_side=5)
    key = draw(some.integer_array_indices(shape, result_shape=few))  # may hold an index many times
    return lambda x: x[key], lambda x: x[key], normal(rng, shape)


@case
def getitem__mask(draw, rng):
    shape = draw(MATRICES)
    mask = rng.random(shape) < 0.5
    return lambda x: x[Tensor(mask)], lambda x: x[mask], normal(rng, shape)


@case
def getitem__mixed(draw, rng):
    key = (draw(st.sampled_from([slice(None), slice(0, 2), Ellipsis])), [1, 1, 0])
    return lambda x: x[key], lambda x: x[key], normal(rng, (3, draw(st.integers(2, 4))))


@case
def exp(draw, rng):
    return ops.exp, np.exp, normal(rng, draw(SHAPES))


@case
def log(draw, rng):
    return ops.log, np.log, positive(rng, draw(SHAPES))


@case
def sqrt(draw, rng):
    return ops.sqrt, np.sqrt, positive(rng, draw(SHAPES))


@case
def abs(draw, rng):
    return ops.abs, np.abs, apart(rng, draw(SHAPES))


@case
def maximum(draw, rng):
    return ops.maximum, np.maximum, *two_apart(draw, rng)


@case
def minimum(draw, rng):
    return ops.minimum, np.minimum, *two_apart(draw, rng)


def two_apart(draw, rng):
    a, b = two(draw, rng, apart)
    return a, b + 0.05


@case
def clip(draw, rng):
    low, high = draw(st.sampled_from([(-0.2, 0.2), (0, 1), (np.float64(-0.3), np.float64(0))]))
    return lambda x: ops.clip(x, low, high), lambda x: np.clip(x, low, high), apart(rng, draw(SHAPES))


@case
def where(draw, rng):
    shapes = draw(some.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3)).input_shapes
    chosen = rng.random(shapes[0]) < 0.5
    a, b = (normal(rng, shape) for shape in shapes[1:])
    return lambda a, b: ops.where(chosen, a, b), lambda a, b: np.where(chosen, a, b), a, b


@case
def relu(draw, rng):
    return ops.relu, lambda x: np.where(x > 0, x, 0), apart(rng, draw(SHAPES))


@case
def sigmoid(draw, rng):
    return ops.sigmoid, lambda x: 1 / (1 + np.exp(-x)), normal(rng, draw(SHAPES))


@case
def tanh(draw, rng):
    return ops.tanh, np.tanh, normal(rng, draw(SHAPES))


@case
def erf(draw, rng):
    return ops.erf, np.vectorize(math.erf, [float]), normal(rng, draw(SHAPES))


@case
def gelu(draw, rng):
    exact = np.vectorize(lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2))), [float])
    return ops.gelu, exact, 2 * normal(rng, draw(SHAPES))


@case
def gelu_tanh(draw, rng):
    def formula(x):
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    return ops.gelu_tanh, formula, 2 * normal(rng, draw(SHAPES))


@case
def relu_squared(draw, rng):
    return ops.relu_squared, lambda x: np.maximum(x, 0) ** 2, normal(rng, draw(SHAPES))


@case
def silu(draw, rng):
    return ops.silu, lambda x: x / (1 + np.exp(-x)), normal(rng, draw(SHAPES))


def reduction(name, make):
    def drawn(draw, rng):
        x = make(rng, draw(SHAPES))
        options = {"axis": axis_of(draw, x.shape), "keepdims": draw(st.booleans())}
        return lambda x: getattr(ops, name)(x, **options), lambda x: getattr(np, name)(x, **options), x

    NUMBERS[name] = drawn


reduction("sum", normal)
reduction("mean", normal)
reduction("max", apart)


@case
def reshape(draw, rng):
    x = normal(rng, draw(MATRICES))
    target = draw(st.sampled_from([(-1,), (1, -1), (x.shape[0], -1), (x.size,), (*x.shape, 1)]))
    together = draw(st.booleans())
    return lambda x: x.reshape(target) if together else x.reshape(*target), lambda x: x.reshape(target), x


@case
def transpose(draw, rng):
    x = normal(rng, draw(SHAPES))
    order = [axis - x.ndim * draw(st.booleans()) for axis in draw(st.permutations(range(x.ndim)))]
    order = draw(st.sampled_from([(), tuple(order)]))
    return lambda x: ops.transpose(x, *order), lambda x: x.transpose(*order), x


@case
def concatenate(draw, rng):
    shape = draw(MATRICES)
    axis = draw(st.integers(-len(shape), len(shape) - 1))

    def stretched(size):
        return (*shape[: axis % len(shape)], size, *shape[axis % len(shape) + 1 :])

    parts = [normal(rng, stretched(size)) for size in draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))]
    return lambda *p: ops.concatenate(p, axis), lambda *p: np.concatenate(p, axis), *parts


@case
def stack(draw, rng):
    shape = draw(SHAPES)
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    parts = [normal(rng, shape) for _ in range(draw(st.integers(1, 3)))]
    return lambda *p: ops.stack(p, axis), lambda *p: np.stack(p, axis), *parts


@case
def pad(draw, rng):
    shape = draw(MATRICES)
    widths = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in shape]
    return lambda x: ops.pad(x, widths), lambda x: np.pad(x, widths), normal(rng, shape)


def stable_softmax(x, axis):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


@case
def softmax(draw, rng):
    x = normal(rng, draw(MATRICES))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return lambda x: ops.softmax(x, axis), lambda x: stable_softmax(x, axis), x


@case
def log_softmax(draw, rng):
    x = normal(rng, draw(MATRICES))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return lambda x: ops.log_softmax(x, axis), lambda x: np.log(stable_softmax(x, axis)), x
