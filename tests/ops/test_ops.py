"""Every operation: its value is NumPy's, its gradient is the slope, and float32 stays float32.

Shapes are generated. Values keep away from kinks (of relu, max, ...), where there is no one slope. The cases stand in
`cases_of_numbers.py` and `cases_of_layers.py`.
"""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest
from cases_of_layers import LAYERS
from cases_of_numbers import NUMBERS
from drawing import normal
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import ops
from hellodl.autograd import tensor
from hellodl.autograd.backward import topological_order
from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.nn import loss, norm

CASES = NUMBERS | LAYERS


def public_operations():
    """The names of all functions that turn tensors into a tensor."""
    helpers = {"as_tensor", "record", "no_grad", "debug", "topological_order", "unbroadcast", "broadcast"}
    helpers |= {"floats", "tensor_of", "two"}
    found = set()
    elsewhere = ("recurrent", "attention", "ctc", "soft_window", "mixture")  # have tests of their own
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
    products = (whole * weight, weight * whole, whole / 2, whole * 0.5, whole @ weight)
    for out in (*products, whole.exp(), whole.mean(), ops.gelu(whole), ops.erf(whole)):
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
