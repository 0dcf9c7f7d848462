"""Convolution and pooling: the fast ones are the loops that one can follow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import conv
from hellodl.errors import ShapeError
from hellodl.gradcheck import gradcheck
from hellodl.tensor import Tensor

SIDE = st.integers(1, 7)


@given(st.integers(0, 2), SIDE, SIDE, st.integers(1, 3), st.integers(1, 3), st.integers(0, 3), st.booleans(),
       st.integers(1, 3), st.integers(1, 3))  # fmt: skip
@settings(max_examples=50)
def test_conv2d_is_six_loops(images, height, width, channels, stride, padding, biased, rows, columns):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((images, height, width, channels))
    weight = rng.standard_normal((2, channels, rows, columns))
    bias = rng.standard_normal(2) if biased else None
    tensors = [None if a is None else Tensor(a, dtype=np.float64) for a in (x, weight, bias)]
    if height + 2 * padding < rows or width + 2 * padding < columns:
        with pytest.raises(ShapeError, match="does not fit"):
            conv.conv2d(*tensors, stride, padding)
        return
    expected = conv.conv2d_reference(x, weight, bias, stride, padding)
    np.testing.assert_allclose(conv.conv2d(*tensors, stride, padding).data, expected, atol=1e-12)


@given(SIDE, SIDE, st.integers(1, 4), st.none() | st.integers(1, 4), st.booleans())
@settings(max_examples=60)
def test_max_pool2d_is_the_largest_of_every_window(height, width, kernel, stride, over):
    x = np.random.default_rng(2).standard_normal((2, height, width, 2)).astype(np.float32)
    sizes = [conv.pooled_size(n, kernel, stride or kernel, over) for n in (height, width)]
    if min(sizes) < 1:
        with pytest.raises(ShapeError, match="does not fit"):
            conv.max_pool2d(Tensor(x), kernel, stride, over)
        return
    assert (
        conv.max_pool2d(Tensor(x), kernel, stride, over).data
        == conv.max_pool2d_reference(x, kernel, stride, over)
    ).all()


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (1, 2), (2, 1), ((1, 2), (2, 0)), (3, 0)])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (2, 3), (4, 1)])
def test_what_goes_back_to_the_input_is_the_transpose_of_what_came_from_it(rng, stride, padding, kernel):
    # <conv(x), g> = <x, back(g)> for every x and g: both ways that the code has of going back.
    x, weight = rng.standard_normal((2, 6, 5, 3)), rng.standard_normal((4, 3, *kernel))
    out = conv.conv2d(
        Tensor(x, dtype=np.float64), Tensor(weight, dtype=np.float64), None, stride, padding
    ).data
    g = rng.standard_normal(out.shape)
    back = conv.conv2d_input_gradient(g, weight, x.shape, conv.pair(stride), conv.pair(padding))
    assert back.shape == x.shape
    assert (out * g).sum() == pytest.approx((x * back).sum(), rel=1e-10)


def test_a_stride_goes_back_right_even_where_padding_makes_the_result_larger_than_the_input(rng):
    inputs = rng.standard_normal((2, 2, 2, 3)), rng.standard_normal((4, 3, 4, 4))
    assert conv.conv2d(*(Tensor(a) for a in inputs), None, 2, 3).shape == (2, 3, 3, 4)
    gradcheck(lambda x, weight: conv.conv2d(x, weight, None, 2, 3), *inputs, rng=rng)


def test_both_ways_back_to_the_input_are_taken(rng, monkeypatch):
    calls = []
    windows = conv.Windows
    monkeypatch.setattr(conv, "Windows", lambda *p: calls.append(p) or windows(*p))
    weight = rng.standard_normal((4, 3, 3, 3))
    conv.conv2d_input_gradient(rng.standard_normal((1, 6, 6, 4)), weight, (1, 6, 6, 3), (1, 1), (1, 1))
    assert len(calls) == 1  # as a convolution with turned kernels
    conv.conv2d_input_gradient(rng.standard_normal((1, 4, 4, 4)), weight, (1, 6, 6, 3), (1, 1), (0, 0))
    assert len(calls) == 1  # as shares that are added where the windows were


def test_images_that_go_through_a_few_at_a_time_give_what_they_give_at_once(rng, monkeypatch):
    inputs = rng.standard_normal((7, 6, 5, 3)), rng.standard_normal((4, 3, 3, 3)), rng.standard_normal(4)

    def results():
        tensors = [Tensor(a, requires_grad=True) for a in inputs]
        out = conv.conv2d(*tensors, padding=1)
        out.backward(np.ones(out.shape))
        return [out.data, *(t.grad for t in tensors)]

    at_once = results()
    x = inputs[0].astype(np.float32)
    assert [len(rows) for _, rows in conv.Windows(x, (3, 3), (1, 1), (1, 1))] == [7 * 30]
    monkeypatch.setattr(conv, "CACHE", 3 * 30 * 27 * 4)
    assert [len(rows) for _, rows in conv.Windows(x, (3, 3), (1, 1), (1, 1))] == [3 * 30, 3 * 30, 30]
    for one, other in zip(at_once, results(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_weights_in_memory_as_the_layer_keeps_them_or_as_pytorch_does_give_the_same(rng):
    x, weight = Tensor(rng.random((2, 6, 6, 3))), rng.random((4, 3, 3, 3), dtype=np.float32)
    channels_inside = np.ascontiguousarray(weight.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(
        conv.conv2d(x, Tensor(weight)).data, conv.conv2d(x, Tensor(channels_inside)).data, rtol=1e-6
    )


def test_images_that_do_not_lie_in_one_piece_are_read_right(rng):
    whole = rng.standard_normal((2, 3, 9, 8)).astype(np.float32)
    view = whole.transpose(0, 2, 3, 1)[:, ::2, 1:]
    weight = Tensor(rng.standard_normal((2, 3, 2, 2)))
    for operation in (lambda x: conv.conv2d(x, weight), lambda x: conv.conv2d(x, weight, padding=1),
                      lambda x: conv.max_pool2d(x, 2), lambda x: conv.avg_pool2d(x, 2)):  # fmt: skip
        assert (operation(Tensor(view)).data == operation(Tensor(np.ascontiguousarray(view))).data).all()


def test_of_equal_pixels_exactly_one_gets_the_gradient():
    for kernel, stride, over in ((2, 2, False), (2, 2, True), (3, 2, False), (3, 3, True)):
        x = Tensor(np.ones((1, 6, 6, 1)), requires_grad=True)
        out = conv.max_pool2d(x, kernel, stride, over)
        out.sum().backward()
        assert x.grad.sum() == out.size
        assert set(np.unique(x.grad)) <= set(range(out.size + 1))


def test_max_pooling_hands_on_a_nan_and_survives_minus_infinity():
    x = np.zeros((1, 4, 4, 1), np.float32)
    x[0, 1, 1] = np.nan
    x[0, 2:, 2:] = -np.inf
    for kernel, stride in ((2, 2), (3, 1)):
        out = conv.max_pool2d(Tensor(x, requires_grad=True), kernel, stride)
        assert np.isnan(out.data[0, 0, 0, 0])
        out.backward(np.ones(out.shape))
    assert conv.max_pool2d(Tensor(x), 2).data[0, 1, 1, 0] == -np.inf


def test_a_flipped_kernel_gradient_does_not_pass_the_check(rng):
    # The mistake of the C++ original: a check with the plain sum of the outputs lets it through.
    def flipped(x, weight):
        out = conv.conv2d(x, weight)
        (image, to_x), (kernel, to_weight) = out._parents
        out._parents = ((image, to_x), (kernel, lambda g: to_weight(g)[:, :, ::-1, ::-1]))
        return out

    with pytest.raises(Exception, match="the gradient is wrong at input 1"):
        gradcheck(flipped, rng.standard_normal((2, 5, 5, 2)), rng.standard_normal((3, 2, 3, 3)), rng=rng)


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (
            lambda x: conv.conv2d(x, Tensor(np.ones((2, 5, 3, 3)))),
            r"takes images \(N, H, W, 5\), got \(1, 4, 4, 3\); channels",
        ),
        (
            lambda x: conv.conv2d(x[0], Tensor(np.ones((2, 3, 3, 3)))),
            r"takes images \(N, H, W, 3\), got \(4, 4, 3\)",
        ),
        (
            lambda x: conv.conv2d(x, Tensor(np.ones((2, 3, 5, 5)))),
            r"a window of \(5, 5\) does not fit into \(4, 4\)",
        ),
        (lambda x: conv.max_pool2d(x, 5), r"max_pool2d: a window of \(5, 5\) does not fit into \(4, 4\)"),
        (
            lambda x: conv.avg_pool2d(x, (1, 5)),
            r"avg_pool2d: a window of \(1, 5\) does not fit into \(4, 4\)",
        ),
        (lambda x: conv.max_pool2d(x[0], 2), r"max_pool2d takes images \(N, H, W, C\), got \(4, 4, 3\)"),
        (lambda x: conv.avg_pool2d(x[0], 2), r"avg_pool2d takes images \(N, H, W, C\), got \(4, 4, 3\)"),
    ],
)
def test_windows_and_shapes_that_do_not_fit_are_named(mistake, line):
    with pytest.raises(ShapeError, match=line):
        mistake(Tensor(np.ones((1, 4, 4, 3))))
