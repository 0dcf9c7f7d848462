"""ONNX's arithmetic: number by number, comparisons, and few numbers made of many."""

from functools import reduce

import numpy as np
from onnx_table import NoCounterpart, NotOffered, array, numbers, operator

from hellodl import Tensor, ops

ONE = {
    "Abs": lambda x: abs(x),
    "Neg": lambda x: -x,
    "Exp": ops.exp,
    "Log": ops.log,
    "Sqrt": ops.sqrt,
    "Reciprocal": lambda x: 1 / x,
    "Tanh": ops.tanh,
    "Sigmoid": ops.sigmoid,
    "Relu": ops.relu,
    "Erf": ops.erf,
    "Softplus": ops.softplus,
    "Softsign": lambda x: x / (1 + abs(x)),
    "Mish": lambda x: x * ops.tanh(ops.softplus(x)),
    "HardSwish": lambda x: x * ops.clip(x / 6 + 0.5, 0, 1),
    "Sinh": lambda x: (ops.exp(x) - ops.exp(-x)) / 2,
    "Cosh": lambda x: (ops.exp(x) + ops.exp(-x)) / 2,
    "Asinh": lambda x: ops.log(x + ops.sqrt(x * x + 1)),
    "Acosh": lambda x: ops.log(x + ops.sqrt(x * x - 1)),
    "Atanh": lambda x: ops.log((1 + x) / (1 - x)) / 2,
    "Identity": ops.clone,
    "Not": lambda x: ~x,
    "BitwiseNot": lambda x: ~x,
    "IsNaN": lambda x: x != x,
}
TWO = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "MatMul": lambda a, b: a @ b,
    "Pow": lambda a, b: array(a**b, a),
    "Equal": lambda a, b: a == b,
    "Less": lambda a, b: a < b,
    "LessOrEqual": lambda a, b: a <= b,
    "Greater": lambda a, b: a > b,
    "GreaterOrEqual": lambda a, b: a >= b,
    "And": lambda a, b: a & b,
    "BitwiseAnd": lambda a, b: a & b,
    "Or": lambda a, b: a | b,
    "BitwiseOr": lambda a, b: a | b,
    "Xor": lambda a, b: a != b,
    "BitwiseXor": lambda a, b: (a | b) & ~(a & b),
    "PRelu": lambda x, slope: ops.where(x > 0, x, slope * x),
}
for _name, _function in {**ONE, **TWO}.items():
    operator(_name)(_function)

operator("Max")(lambda *all: reduce(ops.maximum, all))
operator("Min")(lambda *all: reduce(ops.minimum, all))
operator("Sum")(lambda *all: reduce(lambda a, b: a + b, all))
operator("Mean")(lambda *all: ops.stack(all).mean(axis=0))
operator("Where")(lambda condition, a, b: ops.where(condition, a, b))
operator("LeakyRelu")(lambda x, alpha=0.01: ops.leaky_relu(x, alpha))
operator("Elu")(lambda x, alpha=1.0: ops.elu(x, alpha))
operator("Celu")(lambda x, alpha=1.0: alpha * ops.elu(x / alpha))
operator("Selu")(lambda x, alpha=1.67326319217681884765625, gamma=1.05070102214813232421875: gamma * ops.elu(x, alpha))
operator("HardSigmoid")(lambda x, alpha=0.2, beta=0.5: ops.clip(alpha * x + beta, 0, 1))
operator("Swish")(lambda x, alpha=1.0: x * ops.sigmoid(alpha * x))
operator("SwiGLU")(lambda gate, x, alpha=1.0: gate * ops.sigmoid(alpha * gate) * x)
operator("ThresholdedRelu")(lambda x, alpha=1.0: ops.where(x > alpha, x, 0.0))
operator("Gelu")(lambda x, approximate="none": ops.gelu(x) if approximate == "none" else ops.gelu_tanh(x))
operator("Softmax")(lambda x, axis=-1: ops.softmax(x, axis))
operator("LogSoftmax")(lambda x, axis=-1: ops.log_softmax(x, axis))


@operator("Einsum")
def _(*all, equation):
    if any(
        len({*word.strip()} - {"."}) < len(word.strip().replace(".", "")) for word in equation.split("->")[0].split(",")
    ):
        raise NotOffered("einsum takes no diagonals")
    return ops.einsum(equation, *all)


@operator("Div")
def _(a, b):
    return a / b if a.dtype.kind == "f" else array((array(a, array(0.0)) / array(b, array(0.0))).long(), a)


@operator("Cast", "CastLike")
def _(x, like=None, to=None, saturate=1, round_mode="up"):
    kinds = {
        1: "f4",
        2: "u1",
        3: "i1",
        4: "u2",
        5: "i2",
        6: "i4",
        7: "i8",
        9: "?",
        10: "f2",
        11: "f8",
        12: "u4",
        13: "u8",
    }
    if to is not None and to not in kinds:
        raise NoCounterpart("a type that NumPy has not")
    return Tensor(x, dtype=kinds[to] if like is None else like.dtype)


@operator("Clip")
def _(x, low=None, high=None, min=None, max=None):
    edges = np.finfo(x.dtype) if x.dtype.kind == "f" else np.iinfo(x.dtype)
    low, high = numbers(low) if min is None else min, numbers(high) if max is None else max
    return ops.clip(x, edges.min if low is None else low, edges.max if high is None else high)


@operator("Shrink")
def _(x, bias=0.0, lambd=0.5):
    return ops.where(x < -lambd, x + bias, ops.where(x > lambd, x - bias, array(0, x)))


@operator("IsInf")
def _(x, detect_negative=1, detect_positive=1):
    return ((x == np.inf) & bool(detect_positive)) | ((x == -np.inf) & bool(detect_negative))


@operator("Gemm")
def _(a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):
    out = alpha * ((a.T if transA else a) @ (b.T if transB else b))
    return out if c is None else out + beta * c


def reduction(name, function):
    """An operator that adds up, or the like, over axes that are an attribute or an input."""

    def reduced(x, axes_input=None, axes=None, keepdims=1, noop_with_empty_axes=0):
        axes = numbers(axes_input) if axes is None else axes
        if not axes and noop_with_empty_axes:
            axes = ()
        return function(x, tuple(axes) if axes or noop_with_empty_axes else None, bool(keepdims))

    operator(name)(reduced)


def largest(x, axis, keepdims, sign=1):
    """The largest along axes, or with sign -1 the smallest; of nothing it is the least of all."""
    if x.dtype.kind == "b":
        return largest(x.float(), axis, keepdims, sign) > 0
    if not x.size:
        kept = [1 if axis is None or k in axis else n for k, n in enumerate(x.shape)]
        return Tensor(np.full([n for k, n in enumerate(kept) if keepdims or n != 1 or x.shape[k] == 1], -np.inf * sign))
    return (ops.max if sign > 0 else ops.min)(x, axis=axis, keepdims=keepdims)


def log_sum_exp(x, axis, keepdims):
    """log Σ eˣ, with the largest of all taken out so that nothing overflows."""
    top = numbers(ops.max(x)) if x.size else 0.0
    return ops.log(ops.exp(x - top).sum(axis=axis, keepdims=keepdims)) + top


reduction("ReduceSum", lambda x, axis, keep: x.sum(axis=axis, keepdims=keep))
reduction("ReduceMean", lambda x, axis, keep: x.mean(axis=axis, keepdims=keep))
reduction("ReduceL1", lambda x, axis, keep: abs(x).sum(axis=axis, keepdims=keep))
reduction("ReduceL2", lambda x, axis, keep: ops.sqrt((x * x).sum(axis=axis, keepdims=keep)))
reduction("ReduceSumSquare", lambda x, axis, keep: (x * x).sum(axis=axis, keepdims=keep))
reduction("ReduceLogSum", lambda x, axis, keep: ops.log(x.sum(axis=axis, keepdims=keep)))
reduction("ReduceLogSumExp", log_sum_exp)
reduction("ReduceMax", largest)
reduction("ReduceMin", lambda x, axis, keep: largest(x, axis, keep, -1))


@operator("ArgMax")
def argmax(x, axis=0, keepdims=1, select_last_index=0):
    if not select_last_index:
        return x.argmax(axis, keepdim=bool(keepdims))
    turned = x[(slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)]
    return x.shape[axis] - 1 - turned.argmax(axis, keepdim=bool(keepdims))


@operator("ArgMin")
def _(x, **how):
    return argmax(-x, **how)


@operator("CumSum")
def _(x, axis, exclusive=0, reverse=0):
    way = (slice(None),) * (int(axis) % x.ndim) + (slice(None, None, -1 if reverse else 1),)
    out = ops.cumsum(x[way], int(axis))
    return (out - x[way] if exclusive else out)[way]


@operator("Hardmax")
def _(x, axis=-1):
    rows = ops.embedding(x.argmax(axis), array(np.eye(x.shape[axis]), x))
    return array(np.moveaxis(rows.data, -1, axis))


@operator("LpNormalization")
def _(x, axis=-1, p=2):
    size = abs(x).sum(axis=axis, keepdims=True) if p == 1 else ops.sqrt((x * x).sum(axis=axis, keepdims=True))
    return ops.where(size == 0, 0.0, x / ops.where(size == 0, 1.0, size))


@operator("MeanVarianceNormalization")
def _(x, axes=(0, 2, 3)):
    centred = x - x.mean(axis=tuple(axes), keepdims=True)
    return centred / (x.std(axis=tuple(axes), correction=0, keepdims=True) + 1e-9)
