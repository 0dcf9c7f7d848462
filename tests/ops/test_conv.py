"""Convolution and pooling: the fast ones are the loops that one can follow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import nn
from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.ops import conv, pool, windows, winograd

SIDE = st.integers(1, 7)


@given(
    st.integers(0, 2),
    SIDE,
    SIDE,
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 3),
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 3),
)
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
    try:
        pool.pooled_size((height, width), pool.pair(kernel), pool.pair(stride or kernel), over)
    except ShapeError:
        with pytest.raises(ShapeError, match="does not fit"):
            pool.max_pool2d(Tensor(x), kernel, stride, ceil_mode=over)
        return
    assert (
        pool.max_pool2d(Tensor(x), kernel, stride, ceil_mode=over).data
        == pool.max_pool2d_reference(x, kernel, stride, over)
    ).all()


SHAPES = [  # images x, weight, padding: tiles that fit, that hang over, with fewer channels than kernels and more
    ((2, 10, 10, 3), (4, 3, 3, 3), 0),
    ((3, 9, 7, 5), (2, 5, 3, 3), 1),
    ((1, 3, 4, 2), (3, 2, 3, 3), 0),
    ((2, 3, 3, 4), (4, 4, 3, 3), 1),
    ((1, 1, 1, 2), (1, 2, 3, 3), 2),
    ((0, 5, 5, 2), (3, 2, 3, 3), 0),
]


def ways(x, weight, padding):
    """Every way that there is to do a convolution by 3×3."""
    padding = pool.pair(padding)
    yield windows.Windows(x, weight, (1, 1), padding)
    for side in winograd.SIDES:
        yield winograd.Tiles(x, weight, padding, side, again=True)


@pytest.mark.parametrize(("shape", "kernel", "padding"), SHAPES)
def test_every_way_gives_what_the_loops_give_and_goes_back_as_its_transpose(shape, kernel, padding, rng):
    x, weight = rng.standard_normal(shape), rng.standard_normal(kernel)
    expected = conv.conv2d_reference(x, weight, padding=padding)
    for way in ways(x, weight, padding):
        assert way.size == expected.shape[1:3]
        (height, width), out = way.size, np.empty((len(x), *way.room, len(weight)))
        g, to_x = np.zeros_like(out), np.empty_like(x)
        g[:, :height, :width] = rng.standard_normal(expected.shape)
        for images in way.parts:
            way.forward(images, out[images])
            way.backward(images, g[images], to_x[images])
        out, to_weight = out[:, :height, :width], way.to_weight()
        np.testing.assert_allclose(out, expected, atol=1e-11)
        # It is linear in x and in the weights: <out, g> = <x, to_x> = <weight, to_weight>, whatever g is.
        total = pytest.approx((out * g[:, :height, :width]).sum(), rel=1e-9)
        assert (x * to_x).sum() == total
        assert (weight * to_weight).sum() == total
        assert not way.to_weight().any(), "a second walk begins at zero"


def test_tiles_lose_less_than_a_digit_of_float32(rng):
    x, weight = rng.standard_normal((2, 16, 16, 32)), rng.standard_normal((8, 32, 3, 3)) / 17
    exact = conv.conv2d(Tensor(x, dtype=np.float64), Tensor(weight, dtype=np.float64)).data
    single = x.astype(np.float32), weight.astype(np.float32)
    errors = []
    for way in ways(*single, 0):
        out = np.empty((2, *way.room, 8), np.float32)
        for images in way.parts:
            way.forward(images, out[images])
        errors.append(np.abs(out[:, :14, :14] - exact).max())
    assert errors[0] < 1e-6
    assert max(errors) < 10 * errors[0]


@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "way"),
    [
        ((32, 13, 13, 32), (64, 32, 3, 3), 1, 4),  # the letter network's second convolution
        ((32, 9, 9, 64), (64, 64, 3, 3), 1, 4),  # 7×7 outputs: four tiles of 4×4, or nine of 3×3
        ((32, 5, 5, 128), (128, 128, 3, 3), 1, 3),  # 3×3 outputs: one tile
        ((32, 28, 28, 1), (32, 1, 3, 3), 1, None),  # one channel: nothing to gain
        ((1, 6, 6, 64), (128, 64, 3, 3), 1, None),  # one image: the kernels' transform would not pay
        ((32, 13, 13, 32), (64, 32, 3, 3), 2, None),
        ((32, 13, 13, 32), (64, 32, 5, 5), 1, None),
    ],
)
def test_the_way_is_chosen_by_what_it_costs(shape, kernel, stride, way):
    chosen = conv.fastest(Tensor(np.zeros(shape)), Tensor(np.zeros(kernel)), (stride, stride), (0, 0), True)
    assert getattr(chosen, "side", None) == way


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (1, 2), (2, 1), ((1, 2), (2, 0)), (3, 0)])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (2, 3), (4, 1)])
@pytest.mark.parametrize("channels", [1, 3])
def test_windows_of_any_size_go_back_as_their_transpose(rng, stride, padding, kernel, channels):
    inputs = [rng.standard_normal((2, 6, 5, channels)), rng.standard_normal((4, channels, *kernel))]
    x, weight = (Tensor(a, requires_grad=True, dtype=np.float64) for a in inputs)
    out = conv.conv2d(x, weight, None, stride, padding)
    g = rng.standard_normal(out.shape)
    out.backward(g)
    total = pytest.approx((out.data * g).sum(), rel=1e-10)
    assert (x.data * x.grad).sum() == total
    assert (weight.data * weight.grad).sum() == total


def test_a_stride_goes_back_right_even_where_padding_makes_the_result_larger_than_the_input(rng):
    inputs = rng.standard_normal((2, 2, 2, 3)), rng.standard_normal((4, 3, 4, 4))
    assert conv.conv2d(*(Tensor(a) for a in inputs), None, 2, 3).shape == (2, 3, 3, 4)
    gradcheck(lambda x, weight: conv.conv2d(x, weight, None, 2, 3), *inputs, rng=rng)


@pytest.mark.parametrize("size", [5, 3])
@pytest.mark.parametrize("pooled", [False, True])
def test_images_that_go_through_a_few_at_a_time_give_what_they_give_at_once(rng, monkeypatch, size, pooled):
    inputs = (rng.standard_normal((7, 8, 7, 3)), rng.standard_normal((4, 3, size, size)), rng.standard_normal(4))

    def results():
        tensors = [Tensor(a, requires_grad=True) for a in inputs]
        out = conv.conv2d(*tensors, padding=1, pool=pooled)
        out.backward(np.ones(out.shape))
        return [out.data, *(t.grad for t in tensors)]

    assert windows.parts_of(7, 1000) == [slice(0, 7)]
    at_once = results()
    monkeypatch.setattr(windows, "CACHE", 3000)
    assert windows.parts_of(7, 1000) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert windows.parts_of(2, 10_000) == [slice(0, 1), slice(1, 2)]
    for one, other in zip(at_once, results(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_going_back_twice_adds_the_same_gradient_twice(rng):
    x, weight = Tensor(rng.random((2, 6, 6, 16))), Tensor(rng.random((16, 16, 3, 3)), requires_grad=True)
    out = conv.conv2d(x, weight)
    out.backward(np.ones(out.shape), keep_graph=True)
    once = weight.grad.copy()
    out.backward(np.ones(out.shape))
    np.testing.assert_allclose(weight.grad, 2 * once, rtol=1e-6)


@pytest.mark.parametrize("over", [False, True])
@given(height=st.integers(4, 9), width=st.integers(4, 9), padding=st.integers(0, 2), stride=st.integers(1, 2))
def test_pooling_within_a_convolution_is_pooling_after_it(over, height, width, padding, stride):
    rng = np.random.default_rng([height, width, padding, stride])
    arrays = (rng.standard_normal((3, height, width, 2)), rng.standard_normal((4, 2, 3, 3)), rng.standard_normal(4))

    def results(within):
        tensors = [Tensor(a, requires_grad=True, dtype=np.float64) for a in arrays]
        if within:
            out = conv.conv2d(*tensors, stride, padding, pool=True, ceil_mode=over)
        else:
            out = pool.max_pool2d(conv.conv2d(*tensors, stride, padding), 2, ceil_mode=over)
        out.backward(np.random.default_rng(0).standard_normal(out.shape))
        return [out.data, *(t.grad for t in tensors)]

    try:
        after = results(False)
    except ShapeError:
        with pytest.raises(ShapeError, match="does not fit"):
            results(True)
        return
    for one, other in zip(after, results(True), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_weights_in_memory_as_the_layer_keeps_them_or_as_pytorch_does_give_the_same(rng):
    x, weight = Tensor(rng.random((2, 6, 6, 3))), rng.random((4, 3, 3, 3), dtype=np.float32)
    kernels_inside = np.ascontiguousarray(weight.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1)
    assert nn.Conv2d(3, 4, 3, rng=rng).weight.data.strides == kernels_inside.strides
    np.testing.assert_allclose(
        conv.conv2d(x, Tensor(weight)).data, conv.conv2d(x, Tensor(kernels_inside)).data, rtol=1e-6
    )


def test_images_that_do_not_lie_in_one_piece_are_read_right(rng):
    whole = rng.standard_normal((2, 3, 9, 8)).astype(np.float32)
    view = whole.transpose(0, 2, 3, 1)[:, ::2, 1:]
    weight = Tensor(rng.standard_normal((2, 3, 2, 2)))
    for operation in (
        lambda x: conv.conv2d(x, weight),
        lambda x: conv.conv2d(x, weight, padding=1),
        lambda x: pool.max_pool2d(x, 2),
        lambda x: pool.avg_pool2d(x, 2),
    ):
        assert (operation(Tensor(view)).data == operation(Tensor(np.ascontiguousarray(view))).data).all()


def test_of_equal_pixels_exactly_one_gets_the_gradient():
    for kernel, stride, over in ((2, 2, False), (2, 2, True), (3, 2, False), (3, 3, True)):
        x = Tensor(np.ones((1, 6, 6, 1)), requires_grad=True)
        out = pool.max_pool2d(x, kernel, stride, ceil_mode=over)
        out.sum().backward()
        assert x.grad.sum() == out.numel()
        assert set(np.unique(x.grad)) <= set(range(out.numel() + 1))


def test_max_pooling_hands_on_a_nan_and_survives_minus_infinity():
    x = np.zeros((1, 4, 4, 1), np.float32)
    x[0, 1, 1] = np.nan
    x[0, 2:, 2:] = -np.inf
    for kernel, stride in ((2, 2), (3, 1)):
        out = pool.max_pool2d(Tensor(x, requires_grad=True), kernel, stride)
        assert np.isnan(out.data[0, 0, 0, 0])
        out.backward(np.ones(out.shape))
    assert pool.max_pool2d(Tensor(x), 2).data[0, 1, 1, 0] == -np.inf


def test_a_flipped_kernel_gradient_does_not_pass_the_check(rng):
    # The mistake of the C++ original: a check with the plain sum of the outputs lets it through.
    def flipped(x, weight):
        out = conv.conv2d(x, weight)
        (image, to_x), (kernel, to_weight) = out._parents
        out._parents = ((image, to_x), (kernel, lambda g: to_weight(g)[:, :, ::-1, ::-1]))
        return out

    with pytest.raises(Exception, match="the gradient is wrong at input 1"):
        gradcheck(flipped, rng.standard_normal((2, 5, 5, 2)), rng.standard_normal((3, 2, 3, 3)), rng=rng)


def convolved(x, *shape):
    return conv.conv2d(x, Tensor(np.ones(shape)))


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda x: convolved(x, 2, 5, 3, 3), r"takes images \(N, H, W, 5\), got \(1, 4, 4, 3\); channels"),
        (lambda x: convolved(x[0], 2, 3, 3, 3), r"takes images \(N, H, W, 3\), got \(4, 4, 3\)"),
        (lambda x: convolved(x, 2, 3, 5, 5), r"a window of \(5, 5\) does not fit into \(4, 4\)"),
        (lambda x: pool.max_pool2d(x, 5), r"pooling: a window of \(5, 5\) does not fit into \(4, 4\)"),
        (lambda x: pool.avg_pool2d(x, (1, 5)), r"pooling: a window of \(1, 5\) does not fit into \(4, 4\)"),
        (lambda x: pool.max_pool2d(x[0], 2), r"max_pool2d takes images \(N, H, W, C\), got \(4, 4, 3\)"),
        (lambda x: pool.avg_pool2d(x[0], 2), r"avg_pool2d takes images \(N, H, W, C\), got \(4, 4, 3\)"),
    ],
)
def test_windows_and_shapes_that_do_not_fit_are_named(mistake, line):
    with pytest.raises(ShapeError, match=line):
        mistake(Tensor(np.ones((1, 4, 4, 3))))


@given(
    st.sampled_from([(1, 12, 3), (12, 12, 3), (3, 5, 5), (4, 8, 1)]),
    st.integers(90, 140),
    st.sampled_from([40, 1500]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_a_large_picture_in_bands_of_rows_is_what_it_is_in_one_go(sizes, height, width, pooled, over):
    channels, kernels, side = sizes
    rng = np.random.default_rng(height)
    x = Tensor(rng.standard_normal((2, height, width, channels), np.float32))
    weight = Tensor(rng.standard_normal((kernels, channels, side, side), np.float32))
    bias = Tensor(rng.standard_normal(kernels, np.float32))
    options = {"padding": side // 2, "pool": pooled, "ceil_mode": over}
    rows = conv.EVEN if width == 1500 else 24  # so many that a band is narrow, or by hand
    bands = conv.in_bands(x.data, weight, bias, (side // 2, side // 2), pooled, over, rows)
    with pytest.MonkeyPatch.context() as patch:
        if width == 1500:
            assert conv.band(x.shape, weight.shape, (1, 1), (side // 2, side // 2)) > 0
        patch.setattr(conv, "band", lambda *_: 0)
        whole = conv.conv2d(x, weight, bias, **options).data
    np.testing.assert_allclose(bands, whole, atol=1e-4, rtol=1e-4)


def test_what_has_a_way_back_is_never_cut_into_bands(monkeypatch, rng):
    monkeypatch.setattr(conv, "in_bands", lambda *_: pytest.fail("cut into bands"))
    x = Tensor(rng.standard_normal((1, 100, 1500, 2), np.float32), requires_grad=True)
    weight = Tensor(rng.standard_normal((2, 2, 3, 3), np.float32), requires_grad=True)
    conv.conv2d(x, weight, padding=1).sum().backward()
    assert x.grad.shape == x.shape
