"""Every operation: its value is NumPy's, its gradient is the slope, and float32 stays float32.

Shapes are generated. Values keep away from kinks (of relu, max, ...), where there is no one slope.
"""

import inspect
import math
import pkgutil
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as some

from hellodl import nn, ops
from hellodl.autograd import tensor
from hellodl.autograd.backward import topological_order
from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.nn import loss, norm
from hellodl.ops import norms, products
from hellodl.ops.pool import pair

SHAPES = some.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)
MATRICES = some.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)

CASES = {}  # name -> function(draw, rng) -> (operation, the same in NumPy or None, *inputs)


def case(function):
    """Register a case for the operation of this name; what comes after two underscores tells cases apart."""
    CASES[function.__name__] = function
    return function


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


def reduction(name, make):
    def drawn(draw, rng):
        x = make(rng, draw(SHAPES))
        options = {"axis": axis_of(draw, x.shape), "keepdims": draw(st.booleans())}
        return lambda x: getattr(ops, name)(x, **options), lambda x: getattr(np, name)(x, **options), x

    CASES[name] = drawn


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


@case
def linear(draw, rng):
    x = normal(rng, draw(MATRICES))
    inputs = [x, normal(rng, (3, x.shape[-1]))] + ([normal(rng, 3)] if draw(st.booleans()) else [])
    return ops.linear, lambda x, weight, bias=0: x @ weight.T + bias, *inputs


@case
def linear_reference(draw, rng):
    _, plain, *inputs = linear(draw, rng)
    return products.linear_reference, plain, *inputs


@case
def dropout(draw, rng):
    seed, share = draw(st.integers(0, 99)), draw(st.sampled_from([0, 0.3, 0.9]))

    def plain(x):
        kept = np.random.default_rng(seed).random(x.shape, dtype=np.float32) >= share
        return np.where(kept, x / (1 - share), 0)

    return lambda x: ops.dropout(x, share, np.random.default_rng(seed)), plain, normal(rng, draw(SHAPES))


@case
def relu_squared(draw, rng):
    return ops.relu_squared, lambda x: np.maximum(x, 0) ** 2, normal(rng, draw(SHAPES))


@case
def silu(draw, rng):
    return ops.silu, lambda x: x / (1 + np.exp(-x)), normal(rng, draw(SHAPES))


@case
def rms_norm(draw, rng):
    return (
        lambda x: ops.rms_norm(x, 0.01),
        lambda x: x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + 0.01),
        normal(rng, draw(MATRICES)),
    )


@case
def rms_norm_reference(draw, rng):
    _, plain, x = rms_norm(draw, rng)
    return lambda x: norms.rms_norm_reference(x, 0.01), plain, x


@case
def embedding(draw, rng):
    count = draw(st.sampled_from([3, 300]))  # few are added up as a product, many by sorting
    indices = rng.integers(0, count, draw(MATRICES)) % 5 % count
    return lambda table: ops.embedding(indices, table), lambda table: table[indices], normal(rng, (count, 2))


def all_images(draw, rng, make=normal):
    return make(
        rng, (draw(st.integers(1, 2)), draw(st.integers(4, 7)), draw(st.integers(4, 7)), draw(st.integers(1, 3)))
    )


SIZES = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 4))
STRIDES = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3))
PADDINGS = st.integers(0, 3) | st.tuples(st.integers(0, 2), st.integers(0, 2))


@case
def conv2d(draw, rng):
    x, kernel = all_images(draw, rng), pair(draw(SIZES))
    options = {"stride": draw(STRIDES), "padding": draw(PADDINGS)}
    inputs = [x, normal(rng, (2, x.shape[3], *kernel))] + ([normal(rng, 2)] if draw(st.booleans()) else [])
    return lambda *p: ops.conv2d(*p, **options), lambda *p: by_windows(*p, **options), *inputs


@case
def conv2d__pooled(draw, rng):
    x, padding, over = all_images(draw, rng, apart), draw(st.integers(1, 2)), draw(st.booleans())
    inputs = [x, normal(rng, (2, x.shape[3], 3, 3)), normal(rng, 2)]
    return (
        lambda *p: ops.conv2d(*p, padding=padding, pool=True, ceil_mode=over),
        lambda *p: pooled(by_windows(*p, padding=padding), 2, 2, over, np.max),
        *inputs,
    )


def by_windows(x, weight, bias=0, stride=1, padding=0):
    (down, across), (rows, columns) = pair(stride), pair(padding)
    framed = np.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(framed, weight.shape[2:], (1, 2))[:, ::down, ::across]
    return np.einsum("nhwcij,kcij->nhwk", windows, weight) + bias


@case
def max_pool2d(draw, rng):
    x, kernel, stride = all_images(draw, rng, apart), draw(SIZES), draw(st.none() | STRIDES)
    over = draw(st.booleans())
    return (lambda x: ops.max_pool2d(x, kernel, stride, over), lambda x: pooled(x, kernel, stride, over, np.max), x)


@case
def max_pool2d__halves(draw, rng):
    x, over = all_images(draw, rng, apart), draw(st.booleans())
    return lambda x: ops.max_pool2d(x, 2, 2, over), lambda x: pooled(x, 2, 2, over, np.max), x


@case
def avg_pool2d(draw, rng):
    x, kernel, stride = all_images(draw, rng), draw(SIZES), draw(st.none() | STRIDES)
    return (lambda x: ops.avg_pool2d(x, kernel, stride), lambda x: pooled(x, kernel, stride, False, np.mean), x)


def pooled(x, kernel, stride, over, function):
    """Window after window; with `over`, also those that begin inside and hang over the edge."""
    kernel, stride = pair(kernel), pair(stride or kernel)
    starts = [
        [s for s in range(0, n, step) if s + k <= n or (over and s - step + k < n)]
        for n, k, step in zip(x.shape[1:3], kernel, stride)
    ]
    rows = [
        np.stack([function(x[:, r : r + kernel[0], c : c + kernel[1]], axis=(1, 2)) for c in starts[1]], axis=1)
        for r in starts[0]
    ]
    return np.stack(rows, axis=1)


@case
def cross_entropy(draw, rng):
    logits = normal(rng, (draw(st.integers(1, 4)), draw(st.integers(2, 4))))
    targets = rng.integers(0, logits.shape[1], len(logits))
    smoothing, how = draw(st.sampled_from([0.0, 0.1])), draw(st.sampled_from(["mean", "sum"]))

    def plain(logits):
        wanted = np.eye(logits.shape[1])[targets] * (1 - smoothing) + smoothing / logits.shape[1]
        return getattr((-wanted * np.log(stable_softmax(logits, 1))).sum(axis=1), how)()

    return lambda x: nn.cross_entropy(x, targets, smoothing, how), plain, logits


@case
def cross_entropy_reference(draw, rng):
    logits = normal(rng, (3, 4))
    targets = rng.integers(0, 4, 3)
    return (
        lambda x: loss.cross_entropy_reference(x, targets, 0.2),
        lambda x: nn.cross_entropy(Tensor(x, dtype=np.float64), targets, 0.2).data,
        logits,
    )


@case
def mse_loss(draw, rng):
    shape = draw(SHAPES)
    return nn.mse_loss, lambda a, b: np.mean((a - b) ** 2), normal(rng, shape), normal(rng, shape)


def normalised(draw, rng, function, axis):
    """A normalising function of x, weight and bias, beside the same in single steps."""
    x = normal(rng, (draw(st.integers(2, 4)), 2, draw(st.integers(2, 4))))

    def plain(x, weight, bias):
        tensors = (Tensor(a, dtype=np.float64) for a in (x, weight, bias))
        return norm.normalise_reference(*tensors, axis, 0.1).data

    return function, plain, x, normal(rng, x.shape[-1]), normal(rng, x.shape[-1])


@case
def normalise_rows(draw, rng):
    return normalised(draw, rng, lambda x, weight, bias: norm.normalise_rows(x, weight, bias, 0.1), -1)


@case
def normalise_columns(draw, rng):
    return normalised(draw, rng, lambda x, weight, bias: norm.normalise_columns(x, weight, bias, 0.1)[0], (0, 1))


@case
def normalise_reference(draw, rng):
    x = normal(rng, (draw(st.integers(2, 4)), 2, draw(st.integers(2, 4))))
    axis = draw(st.sampled_from([-1, (0, 1)]))

    def plain(x, weight, bias):
        spread = np.sqrt(x.var(axis=axis, keepdims=True) + 0.1)
        return (x - x.mean(axis=axis, keepdims=True)) / spread * weight + bias

    weight, bias = normal(rng, x.shape[-1]), normal(rng, x.shape[-1])
    return lambda *p: norm.normalise_reference(*p, axis, 0.1), plain, x, weight, bias


def public_operations():
    """The names of all functions that turn tensors into a tensor."""
    helpers = {"as_tensor", "record", "no_grad", "debug", "topological_order", "unbroadcast", "broadcast"}
    found = set()
    elsewhere = ("recurrent", "attention", "ctc")  # have tests of their own
    names = [about.name for about in pkgutil.iter_modules(ops.__path__) if about.name not in elsewhere]
    for module in (tensor, *(import_module(f"hellodl.ops.{name}") for name in names), loss, norm):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            returns = str(function.__annotations__.get("return")).removeprefix("tuple[").partition(",")[0]
            if function.__module__ == module.__name__ and not name.startswith("_") and returns == "Tensor":
                found.add(name)
    return found - helpers


def test_every_operation_has_a_case_here():
    assert public_operations() == {name.partition("__")[0] for name in CASES}


@pytest.mark.parametrize("name", CASES)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_an_operation_has_numpys_value_the_right_gradient_and_keeps_float32(name, data, seed):
    rng = np.random.default_rng(seed)
    operation, plain, *inputs = CASES[name](data.draw, rng)
    expected = plain(*inputs)
    out = operation(*(Tensor(x, dtype=np.float64) for x in inputs))
    assert isinstance(out.data, np.ndarray)
    assert out.shape == np.shape(expected)
    np.testing.assert_allclose(out.data, expected, rtol=1e-10, atol=1e-11)
    gradcheck(operation, *inputs, rng=rng, most=40)
    everything_is_float32(operation, inputs)


@pytest.mark.parametrize(
    "shapes",
    [
        *[((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4))],
        *[((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (6, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((3, 3), (3,))],
        *[((0, 3), (3, 4)), ((2, 0), (0, 4)), ((2, 0), (0,))],
    ],
)
def test_matmul_takes_vectors_matrices_and_stacks_of_them_on_either_side(shapes, rng):
    a, b = (normal(rng, shape) for shape in shapes)
    assert (tensor.matmul(Tensor(a, dtype=np.float64), Tensor(b, dtype=np.float64)).data == a @ b).all()
    gradcheck(tensor.matmul, a, b, rng=rng)
    everything_is_float32(tensor.matmul, (a, b))


def everything_is_float32(operation, inputs):
    """Each result on the way and each gradient that is carried back, before anybody could turn it to float32."""
    out = operation(*(Tensor(x, requires_grad=True, dtype=np.float32) for x in inputs))
    for node in topological_order(out):
        assert node.data.dtype == np.float32
        for parent, carry_back in node._parents:
            gradient = carry_back(np.full(node.shape, 0.5, np.float32))
            assert gradient.dtype == np.float32, carry_back.__qualname__
            assert gradient.shape == parent.shape, carry_back.__qualname__


def leaf(*numbers):
    return Tensor([float(n) for n in numbers], requires_grad=True)


def gradient_of(x, out):
    out.sum().backward()
    return x.grad.tolist()


def test_where_two_are_equal_maximum_and_minimum_share_the_gradient():
    for operation in (ops.maximum, ops.minimum):
        a, b = leaf(1, 2), leaf(1, 2)
        operation(a, b).sum().backward()
        assert a.grad.tolist() == b.grad.tolist() == [0.5, 0.5]


def test_several_equal_winners_of_max_share_the_gradient():
    x = leaf(3, 1, 3)
    assert gradient_of(x, x.max()) == [0.5, 0, 0.5]


def test_at_the_kink_relu_and_abs_pass_nothing():
    x = leaf(0, 0)
    assert gradient_of(x, ops.relu(x)) == [0, 0]
    x = leaf(0, 0)
    assert gradient_of(x, ops.abs(x)) == [0, 0]


def test_clip_passes_gradients_at_its_limits_and_none_beyond():
    x = leaf(-2, -1, 0, 1, 2)
    assert gradient_of(x, ops.clip(x, -1, 1)) == [0, 1, 1, 1, 0]


def test_to_the_power_of_zero_is_flat_even_at_zero():
    x = leaf(0, 2)
    assert gradient_of(x, x**0) == [0, 0]


def test_huge_scores_do_not_overflow():
    scores = leaf(1e4, 0, -1e4)
    assert ops.softmax(scores).data.tolist() == [1, 0, 0]
    assert ops.log_softmax(scores).data.tolist() == [0, -1e4, -2e4]
    assert ops.sigmoid(leaf(-1e4, 1e4)).data.tolist() == [0, 1]


def test_dropout_keeps_the_mean_and_drops_the_share_it_was_told(rng):
    out = ops.dropout(Tensor(np.ones(100_000)), 0.3, rng).data
    assert (out == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert out.mean() == pytest.approx(1, abs=0.01)


def test_integers_become_float32_where_they_meet_floats():
    whole, weight = Tensor([1, 2, 3]), leaf(0.5, 0.5, 0.5)
    assert whole.dtype.kind == "i"
    for out in (
        whole * weight,
        weight * whole,
        whole / 2,
        whole * 0.5,
        whole.exp(),
        whole.mean(),
        ops.gelu(whole),
        ops.erf(whole),
        whole @ weight,
    ):
        assert out.dtype == np.float32
    (whole * weight).sum().backward()
    assert weight.grad.dtype == np.float32
    assert weight.grad.tolist() == [1, 2, 3]
    assert Tensor([1, 2]).mean().item() == 1.5
    assert Tensor(np.array([200, 200], np.uint8)).sum().item() == 400
    assert Tensor(np.array([True, True])).sum().item() == 2
    bytes_ = Tensor(np.full((1, 3, 3, 1), 255, np.uint8))
    assert ops.conv2d(bytes_, Tensor(np.ones((1, 1, 3, 3)))).data.tolist() == [[[[2295.0]]]]


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda t: t(64, 10) * t(64), "mul: (64, 10) and (64,) do not line up; reshape one so that sizes match"),
        (lambda t: t(2, 3) @ t(2, 3), "matmul: (2, 3) and (2, 3) do not line up"),
        (lambda t: t(2, 3).reshape(4, -1), "reshape: (2, 3) has 6 elements, which (4, -1) cannot hold"),
        (lambda t: t(2, 3).reshape(7), "reshape: (2, 3) has 6 elements, which (7,) cannot hold"),
        (lambda t: ops.linear(t(2, 3), t(5, 4)), "linear: x is (2, 3) and weight (5, 4); their last sizes must be"),
        (lambda t: ops.concatenate([t(2, 3), t(2, 4)]), "concatenate: (2, 3), (2, 4) do not go together along axis 0"),
        (lambda t: ops.stack([t(2), t(3)]), "stack: (2,), (3,) do not go together along axis 0"),
        (lambda t: ops.pad(t(2, 3), [(1, 1)]), "pad: 1 pairs of widths for a tensor (2, 3); give one for each axis"),
        (lambda t: ops.where(np.ones(3, bool), t(2), t(2)), "where: (2,) and (2,) do not line up"),
    ],
)
def test_shapes_that_do_not_fit_are_named_with_the_mend(mistake, line):
    with pytest.raises(ShapeError) as error:
        mistake(lambda *shape: Tensor(np.ones(shape)))
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
