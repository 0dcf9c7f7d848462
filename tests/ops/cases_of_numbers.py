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
def power__of_two(draw, rng):
    return lambda x, y: x**y, np.power, *(a for a in two(draw, rng, positive))


@case
def pow(draw, rng):
    return lambda x: x.pow(2), np.square, normal(rng, draw(SHAPES))


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
def softplus(draw, rng):
    beta = draw(st.sampled_from([1.0, 2.5]))
    return lambda x: ops.softplus(x, beta), lambda x: np.log(1 + np.exp(beta * x)) / beta, normal(rng, draw(SHAPES))


@case
def logsigmoid(draw, rng):
    return ops.logsigmoid, lambda x: -np.log(1 + np.exp(-x)), normal(rng, draw(SHAPES))


@case
def leaky_relu(draw, rng):
    return lambda x: ops.leaky_relu(x, 0.2), lambda x: np.where(x > 0, x, 0.2 * x), apart(rng, draw(SHAPES))


@case
def elu(draw, rng):
    return lambda x: ops.elu(x, 1.5), lambda x: np.where(x > 0, x, 1.5 * (np.exp(x) - 1)), apart(rng, draw(SHAPES))


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
reduction("min", apart)


def along_one_axis(name):
    def drawn(draw, rng):
        x = apart(rng, draw(MATRICES))
        axis, keep = draw(st.integers(-x.ndim, x.ndim - 1)), draw(st.booleans())
        return (
            lambda x: getattr(x, name)(axis, keepdim=keep).values,
            lambda x: getattr(np, name)(x, axis=axis, keepdims=keep),
            x,
        )

    NUMBERS[f"{name}__along"] = drawn


along_one_axis("max")
along_one_axis("min")


def spread(name):
    def drawn(draw, rng):
        x = normal(rng, (draw(st.integers(2, 3)), draw(st.integers(2, 4))))
        axis, keep, less = draw(st.sampled_from([None, 0, -1, (0, 1)])), draw(st.booleans()), draw(st.integers(0, 1))
        return (
            lambda x: getattr(ops, name)(x, dim=axis, correction=less, keepdim=keep),
            lambda x: getattr(np, name)(x, axis=axis, ddof=less, keepdims=keep),
            x,
        )

    NUMBERS[name] = drawn


spread("var")
spread("std")


@case
def cumsum(draw, rng):
    x = normal(rng, draw(MATRICES))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return lambda x: x.cumsum(axis), lambda x: np.cumsum(x, axis), x


@case
def reshape(draw, rng):
    x = normal(rng, draw(MATRICES))
    target = draw(st.sampled_from([(-1,), (1, -1), (x.shape[0], -1), (x.size,), (*x.shape, 1)]))
    together = draw(st.booleans())
    return lambda x: x.reshape(target) if together else x.reshape(*target), lambda x: x.reshape(target), x


def some_order(draw, x):
    return tuple(axis - x.ndim * draw(st.booleans()) for axis in draw(st.permutations(range(x.ndim))))


@case
def transpose(draw, rng):
    x = normal(rng, draw(SHAPES))
    order = draw(st.sampled_from([(), (some_order(draw, x),)]))
    return lambda x: ops.transpose(x, *order), lambda x: x.transpose(*order), x


@case
def transpose__two_axes(draw, rng):
    x = normal(rng, draw(MATRICES))
    one, other = (draw(st.integers(-x.ndim, x.ndim - 1)) for _ in range(2))
    return lambda x: x.transpose(one, other), lambda x: np.swapaxes(x, one, other), x


@case
def permute(draw, rng):
    x = normal(rng, draw(MATRICES))
    order, together = some_order(draw, x), draw(st.booleans())
    return lambda x: x.permute(order) if together else x.permute(*order), lambda x: x.transpose(order), x


@case
def reshape__view(draw, rng):
    x = normal(rng, draw(MATRICES))
    return lambda x: x.view(-1, 1), lambda x: x.reshape(-1, 1), x


@case
def flatten(draw, rng):
    x = normal(rng, draw(SHAPES))
    start, end = sorted(draw(st.integers(0, max(x.ndim - 1, 0))) for _ in range(2))
    shape = (*x.shape[:start], -1, *x.shape[end + 1 :])
    return lambda x: x.flatten(start, end - max(x.ndim, 1)), lambda x: x.reshape(shape), x


@case
def unsqueeze(draw, rng):
    x = normal(rng, draw(SHAPES))
    axis = draw(st.integers(-x.ndim - 1, x.ndim))
    return lambda x: x.unsqueeze(dim=axis), lambda x: np.expand_dims(x, axis), x


@case
def squeeze(draw, rng):
    x = normal(rng, draw(SHAPES))
    single = tuple(axis for axis, n in enumerate(x.shape) if n == 1)
    if draw(st.booleans()):
        return ops.squeeze, np.squeeze, x
    return lambda x: x.squeeze(tuple(range(x.ndim))), lambda x: np.squeeze(x, single), x


@case
def split(draw, rng):
    x, size = normal(rng, draw(MATRICES)), draw(st.integers(1, 3))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    places = list(range(size, x.shape[axis], size))

    def turned_round(parts, join):
        return join(parts[::-1], axis=axis)

    return (
        lambda x: turned_round(x.split(size, dim=axis), ops.concatenate),
        lambda x: turned_round(np.split(x, places, axis), np.concatenate),
        x,
    )


@case
def chunk(draw, rng):
    x, count = normal(rng, (5, 2)), draw(st.integers(1, 7))
    sizes = {1: [5], 2: [3, 2], 3: [2, 2, 1], 4: [2, 2, 1]}.get(count, [1] * 5)  # as in PyTorch
    places = np.cumsum(sizes)[:-1]
    return lambda x: ops.concatenate(x.chunk(count)[::-1]), lambda x: np.concatenate(np.split(x, places)[::-1]), x


@case
def clone(draw, rng):
    return ops.clone, np.copy, normal(rng, draw(SHAPES))


@case
def masked_fill(draw, rng):
    shape = draw(SHAPES)
    mask = rng.random(shape) < 0.5
    return lambda x: x.masked_fill(mask, -3.0), lambda x: np.where(mask, -3.0, x), normal(rng, shape)


@case
def einsum(draw, rng):
    several = ["ij,jk->ik", "ij,jk", "bij,bkj->bik", "i,j->ij", "ij,ij->", "ij,k->k", "...ij,...jk->...ik"]
    equation = draw(st.sampled_from([*several, "ij->ji", "ij->j", "ij,jk,kb->ib"]))
    sizes = {letter: draw(st.integers(1, 3)) for letter in "bijk"}
    shapes = [[sizes[c] for c in word.replace("...", "b")] for word in equation.partition("->")[0].split(",")]
    return lambda *p: ops.einsum(equation, *p), lambda *p: np.einsum(equation, *p), *(normal(rng, s) for s in shapes)


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
