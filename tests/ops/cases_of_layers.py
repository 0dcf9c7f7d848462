"""Operations that layers are made of, beside the same in NumPy: products, windows, rows, losses."""

import numpy as np
from cases_of_numbers import stable_softmax
from drawing import MATRICES, SHAPES, Cases, apart, normal
from hypothesis import strategies as st

from hellodl import nn, ops
from hellodl.autograd.tensor import Tensor
from hellodl.nn import functional as F
from hellodl.nn import loss, norm
from hellodl.ops import norms, products
from hellodl.ops.pool import pair

LAYERS = Cases()
case = LAYERS.case


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
def rms_norm(draw, rng):
    def plain(x):
        return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + 0.01)

    return lambda x: ops.rms_norm(x, 0.01), plain, normal(rng, draw(MATRICES))


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
    shape = tuple(draw(st.integers(least, most)) for least, most in ((1, 2), (4, 7), (4, 7), (1, 3)))
    return make(rng, shape)


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
def conv2d__dilated(draw, rng):
    x, apart_by = normal(rng, (1, 6, 6, 2)), draw(st.sampled_from([2, (1, 2)]))
    weight = normal(rng, (2, 2, 2, 3))
    down, across = pair(apart_by)

    def plain(x, weight):
        wide = np.zeros((2, 2, down + 1, 2 * across + 1))
        wide[:, :, ::down, ::across] = weight
        return by_windows(x, wide)

    return lambda x, w: ops.conv2d(x, w, dilation=apart_by), plain, x, weight


@case
def conv2d__in_groups(draw, rng):
    def plain(x, weight, bias):
        return np.concatenate([by_windows(x[..., [k]], weight[[k]], bias[k]) for k in range(3)], axis=3)

    return (
        lambda *p: ops.conv2d(*p, groups=3),
        plain,
        normal(rng, (2, 4, 5, 3)),
        normal(rng, (3, 1, 2, 2)),
        normal(rng, 3),
    )


@case
def conv_transpose2d(draw, rng):
    x, weight = normal(rng, (1, 3, 2, 2)), normal(rng, (2, 3, 2, 3))
    (down, across), cut, apart = pair(draw(STRIDES)), draw(st.integers(0, 1)), draw(st.integers(1, 2))

    def plain(x, weight):
        out = np.zeros((1, 2 * down + apart + 1, across + 2 * apart + 1, 3))
        for row, column, i, j in np.ndindex(3, 2, 2, 3):
            out[:, row * down + i * apart, column * across + j * apart] += x[:, row, column] @ weight[:, :, i, j]
        return out[:, cut : out.shape[1] - cut, cut : out.shape[2] - cut]

    how = {"stride": (down, across), "padding": cut, "dilation": apart}
    return lambda x, w: ops.conv_transpose2d(x, w, **how), plain, x, weight


@case
def conv_transpose2d__in_groups(draw, rng):
    x, weight, bias = normal(rng, (1, 2, 2, 4)), normal(rng, (4, 1, 2, 2)), normal(rng, (2,))

    def plain(x, weight, bias):  # without overlaps: each pixel of either half paints a square of its own
        return (
            np.concatenate(
                [
                    np.einsum("nhwc,cij->nhiwj", x[..., k : k + 2], weight[k : k + 2, 0]).reshape(1, 4, 4, 1)
                    for k in (0, 2)
                ],
                axis=3,
            )
            + bias
        )

    return lambda x, w, b: ops.conv_transpose2d(x, w, b, stride=2, groups=2), plain, x, weight, bias


@case
def adaptive_avg_pool2d(draw, rng):
    x, m = normal(rng, (1, draw(st.integers(1, 5)), 3, 2)), draw(st.integers(1, 4))

    def plain(x):
        n = x.shape[1]
        return np.stack([x[:, i * n // m : -(-(i + 1) * n // m)].mean(axis=1) for i in range(m)], axis=1)

    return lambda x: ops.adaptive_avg_pool2d(x, (m, None)), plain, x


@case
def upsample(draw, rng):
    s = draw(st.integers(1, 3))
    return lambda x: ops.upsample(x, s), lambda x: x.repeat(s, axis=1).repeat(s, axis=2), normal(rng, (2, 2, 3, 1))


@case
def conv2d__pooled(draw, rng):
    x, padding, over = all_images(draw, rng, apart), draw(st.integers(1, 2)), draw(st.booleans())
    inputs = [x, normal(rng, (2, x.shape[3], 3, 3)), normal(rng, 2)]

    def plain(*p):
        return pooled(by_windows(*p, padding=padding), 2, 2, over, np.max)

    return lambda *p: ops.conv2d(*p, padding=padding, pool=True, ceil_mode=over), plain, *inputs


def by_windows(x, weight, bias=0, stride=1, padding=0):
    (down, across), (rows, columns) = pair(stride), pair(padding)
    framed = np.pad(x, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(framed, weight.shape[2:], (1, 2))[:, ::down, ::across]
    return np.einsum("nhwcij,kcij->nhwk", windows, weight) + bias


@case
def max_pool2d(draw, rng):
    x, kernel, stride = all_images(draw, rng, apart), draw(SIZES), draw(st.none() | STRIDES)
    over = draw(st.booleans())
    return (
        lambda x: ops.max_pool2d(x, kernel, stride, ceil_mode=over),
        lambda x: pooled(x, kernel, stride, over, np.max),
        x,
    )


@case
def max_pool2d__halves(draw, rng):
    x, over = all_images(draw, rng, apart), draw(st.booleans())
    return lambda x: ops.max_pool2d(x, 2, 2, ceil_mode=over), lambda x: pooled(x, 2, 2, over, np.max), x


@case
def avg_pool2d(draw, rng):
    x, kernel, stride = all_images(draw, rng), draw(SIZES), draw(st.none() | STRIDES)
    return lambda x: ops.avg_pool2d(x, kernel, stride), lambda x: pooled(x, kernel, stride, False, np.mean), x


def pooled(x, kernel, stride, over, function):
    """Window after window; with `over`, also those that begin inside and hang over the edge."""
    (height, width), (down, across) = pair(kernel), pair(stride or kernel)

    def starts(n, k, step):
        return [s for s in range(0, n, step) if s + k <= n or (over and s - step + k < n)]

    rows = []
    for r in starts(x.shape[1], height, down):
        windows = [x[:, r : r + height, c : c + width] for c in starts(x.shape[2], width, across)]
        rows.append(np.stack([function(window, axis=(1, 2)) for window in windows], axis=1))
    return np.stack(rows, axis=1)


@case
def cross_entropy(draw, rng):
    logits = normal(rng, (draw(st.integers(1, 4)), draw(st.integers(2, 4))))
    targets = rng.integers(0, logits.shape[1], len(logits))
    smoothing, how = draw(st.sampled_from([0.0, 0.1])), draw(st.sampled_from(["mean", "sum"]))

    def plain(logits):
        wanted = np.eye(logits.shape[1])[targets] * (1 - smoothing) + smoothing / logits.shape[1]
        return getattr((-wanted * np.log(stable_softmax(logits, 1))).sum(axis=1), how)()

    return lambda x: nn.cross_entropy(x, targets, label_smoothing=smoothing, reduction=how), plain, logits


@case
def cross_entropy_reference(draw, rng):
    logits = normal(rng, (3, 4))
    targets = rng.integers(0, 4, 3)

    def plain(x):
        return nn.cross_entropy(Tensor(x, dtype=np.float64), targets, label_smoothing=0.2).data

    return lambda x: loss.cross_entropy_reference(x, targets, 0.2), plain, logits


@case
def binary_cross_entropy_with_logits(draw, rng):
    shape = draw(SHAPES)
    wanted, how = rng.random(shape), draw(st.sampled_from(["mean", "sum"]))

    def plain(x):
        each = np.log1p(np.exp(x)) - x * wanted
        return each.mean() if how == "mean" else each.sum()

    return lambda x: nn.binary_cross_entropy_with_logits(x, wanted, reduction=how), plain, normal(rng, shape)


@case
def nll_loss(draw, rng):
    targets, weight = rng.integers(0, 3, 4), rng.random(3)

    def plain(x):
        return -(x[np.arange(4), targets] * weight[targets]).sum() / weight[targets].sum()

    return lambda x: F.nll_loss(x, targets, weight), plain, normal(rng, (4, 3))


@case
def l1_loss(draw, rng):
    return F.l1_loss, lambda a, b: np.abs(a - b).mean(), apart(rng, (5,)), apart(rng, (5,)) + 0.03


@case
def huber_loss(draw, rng):
    def plain(a, b):
        d = np.abs(a - b)
        return np.where(d < 0.5, d * d / 2, 0.5 * (d - 0.25)).sum()

    return lambda a, b: F.huber_loss(a, b, reduction="sum", delta=0.5), plain, normal(rng, 5), normal(rng, 5)


@case
def kl_div(draw, rng):
    target = rng.random((2, 3))

    def plain(x):
        return (target * (np.log(target) - x)).sum() / 2

    return lambda x: F.kl_div(x, target, reduction="batchmean"), plain, normal(rng, (2, 3))


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
