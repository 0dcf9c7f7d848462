"""ONNX's operators for pictures: convolution, pooling, normalisation, resizing."""

from math import floor, prod

import numpy as np
from onnx_table import NotOffered, array, channels_first, channels_last, numbers, operator

from hellodl import nn, ops

operator("GlobalAveragePool")(lambda x: x.mean(axis=tuple(range(2, x.ndim)), keepdims=True))
operator("GlobalMaxPool")(lambda x: ops.max(x, axis=tuple(range(2, x.ndim)), keepdims=True))


def flat(x):
    """Sequences (N, C, L) as pictures of one row; three axes of space are not offered."""
    if x.ndim > 4:
        raise NotOffered("pictures have two axes, not three")
    return x.unsqueeze(2) if x.ndim == 3 else x


def two(values, sides, default=1):
    """A setting for two axes, of one for `sides`."""
    values = list(values or [default] * sides)
    return tuple([default] * (2 - sides) + values)


def frame(size, kernel, strides, dilations, pads, auto_pad):
    """What is put around: (before, after) for both axes."""
    if auto_pad in ("NOTSET", "VALID"):
        n = len(pads or []) // 2
        widths = [(pads[k], pads[k + n]) for k in range(n)] if auto_pad == "NOTSET" else []
        return [(0, 0)] * (2 - len(widths)) + widths
    widths = []
    for n, k, s, d in zip(size, kernel, strides, dilations):
        more = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        small, large = more // 2, more - more // 2
        widths.append((small, large) if auto_pad == "SAME_UPPER" else (large, small))
    return widths


def framed(x, widths, value=0.0):
    """Pictures N×H×W×C with a frame."""
    return ops.pad(x, [(0, 0), *widths, (0, 0)], value)


@operator("Conv")
def _(x, w, b=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
    sides, x, w = x.ndim - 2, flat(x), flat(w)
    strides, dilations = two(strides, sides), two(dilations, sides)
    x = framed(channels_last(x), frame(x.shape[2:], w.shape[2:], strides, dilations, pads, auto_pad))
    out = channels_first(ops.conv2d(x, w, b, strides, 0, dilations, group))
    return out if sides == 2 else out.squeeze(2)


@operator("ConvTranspose")
def _(
    *xwb,
    auto_pad="NOTSET",
    dilations=None,
    group=1,
    kernel_shape=None,
    output_padding=None,
    output_shape=None,
    pads=None,
    strides=None,
):
    (x, w, *b), sides = xwb, xwb[0].ndim - 2
    if any(d != 1 for d in dilations or ()):
        raise NotOffered("conv_transpose2d has no dilation")
    x, w = flat(x), flat(w)
    strides, extra = two(strides, sides), two(output_padding, sides, 0)
    widths = frame((0, 0), (0, 0), strides, (1, 1), pads, "NOTSET")
    full = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], strides, w.shape[2:])]
    if output_shape or auto_pad.startswith("SAME"):
        wanted = output_shape or [n * s for n, s in zip(x.shape[2:], strides)]
        more = [n + e - size for n, e, size in zip(full, extra, wanted)]
        half = [(m // 2, m - m // 2) for m in more]
        widths = half if auto_pad == "SAME_UPPER" else [(after, before) for before, after in half]
    parts = zip(x.split(x.shape[1] // group, 1), w.split(w.shape[0] // group, 0))
    whole = ops.concatenate([ops.conv_transpose2d(channels_last(one), own, None, strides) for one, own in parts], 3)
    whole = framed(whole, [(max(-a, 0), max(e - c, 0)) for (a, c), e in zip(widths, extra)])
    cut = [slice(max(a, 0), size - max(c - e, 0)) for (a, c), e, size in zip(widths, extra, whole.shape[1:3])]
    out = channels_first(whole[:, cut[0], cut[1]])
    out = out + b[0].reshape(-1, 1, 1) if b else out
    return out if sides == 2 else out.squeeze(2)


def windows(x, kernel_shape, strides, dilations, pads, auto_pad, ceil_mode):
    """Pictures N×H×W×C, window, stride, frame, and how much further the last windows of `ceil_mode` reach."""
    sides, x = len(kernel_shape), flat(x)
    if any(d != 1 for d in dilations or ()):
        raise NotOffered("pools have no dilation")
    kernel, strides = two(kernel_shape, sides), two(strides, sides)
    x = channels_last(x)
    widths = frame(x.shape[1:3], kernel, strides, (1, 1), pads, auto_pad)
    beyond = []
    for n, k, s, (a, b) in zip(x.shape[1:3], kernel, strides, widths):
        count = -(-(n + a + b - k) // s) + 1 if ceil_mode else (n + a + b - k) // s + 1
        if ceil_mode and (count - 1) * s >= n + a:
            count -= 1
        beyond.append(max((count - 1) * s + k - (n + a + b), 0))
    return x, kernel, strides, widths, beyond


@operator("MaxPool")
def _(
    x, kernel_shape, auto_pad="NOTSET", ceil_mode=0, dilations=None, pads=None, storage_order=0, strides=None, outputs=1
):
    if outputs > 1:
        raise NotOffered("max_pool2d does not say where the largest were")
    seen, kernel, strides, widths, beyond = windows(x, kernel_shape, strides, dilations, pads, auto_pad, ceil_mode)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    seen = framed(seen, [(a, b + more) for (a, b), more in zip(widths, beyond)], lowest)
    out = channels_first(ops.max_pool2d(seen, kernel, strides))
    return out if x.ndim == 4 else out.squeeze(2)


@operator("LpPool")
def _(x, p=2, **how):
    return averages(x, power=p, **how)


@operator("AveragePool")
def averages(
    x,
    kernel_shape,
    auto_pad="NOTSET",
    ceil_mode=0,
    count_include_pad=0,
    dilations=None,
    pads=None,
    strides=None,
    power=None,
):
    seen, kernel, strides, widths, beyond = windows(x, kernel_shape, strides, dilations, pads, auto_pad, ceil_mode)
    far, counted = [(0, more) for more in beyond], array(np.ones((1, *seen.shape[1:3], 1)), x)
    if power is not None:
        seen = abs(seen) ** power
    seen = framed(framed(seen, widths), far)
    counted = framed(framed(counted, widths, float(count_include_pad)), far)
    out = ops.avg_pool2d(seen, kernel, strides)
    out = out / ops.avg_pool2d(counted, kernel, strides) if power is None else (out * prod(kernel)) ** (1 / power)
    return channels_first(out) if x.ndim == 4 else channels_first(out).squeeze(2)


@operator("LRN")
def _(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    channels, before = x.shape[1], (size - 1) // 2
    squares = ops.pad(x * x, [(0, 0), (before, size - 1 - before), *[(0, 0)] * (x.ndim - 2)])
    around = sum((squares[:, k : k + channels] for k in range(1, size)), squares[:, :channels])
    return x / (bias + alpha / size * around) ** beta


def weighed(layer, weight, bias=None):
    """A layer with these weights."""
    layer.weight.data = weight.data.reshape(layer.weight.shape)
    layer.bias.data = np.zeros_like(layer.weight.data) if bias is None else bias.data.reshape(layer.weight.shape)
    return layer


@operator("LayerNormalization")
def _(x, scale, bias=None, axis=-1, epsilon=1e-5, stash_type=1):
    axes = tuple(range(axis % x.ndim, x.ndim))
    out = weighed(nn.LayerNorm(x.shape[axes[0] :], epsilon), scale, bias)(x)
    return out, x.mean(axis=axes, keepdims=True), (x.var(axis=axes, correction=0, keepdims=True) + epsilon) ** -0.5


@operator("RMSNormalization")
def _(x, scale, axis=-1, epsilon=1e-5, stash_type=1):
    axis = axis % x.ndim
    return ops.rms_norm(x.reshape(*x.shape[:axis], -1), epsilon).reshape(x.shape) * scale


@operator("GroupNormalization")
def _(x, scale, bias, num_groups, epsilon=1e-5, stash_type=1):
    return channels_first(weighed(nn.GroupNorm(num_groups, x.shape[1], epsilon), scale, bias)(channels_last(x)))


@operator("InstanceNormalization")
def _(x, scale, bias, epsilon=1e-5):
    return channels_first(weighed(nn.GroupNorm(x.shape[1], x.shape[1], epsilon), scale, bias)(channels_last(x)))


@operator("BatchNormalization")
def _(x, scale, bias, mean, var, epsilon=1e-5, momentum=0.9, training_mode=0):
    layer = weighed(nn.BatchNorm2d(x.shape[1], epsilon, 1 - momentum).train(bool(training_mode)), scale, bias)
    layer.running_mean[...], layer.running_var[...] = mean.data, var.data
    out = channels_first(layer(channels_last(x)))
    axes = (0, *range(2, x.ndim))  # ONNX's running variance is over n, PyTorch's and ours over n - 1
    return out, layer.running_mean, momentum * var + (1 - momentum) * x.var(axis=axes, correction=0)


# -- resizing: each axis mixed by a matrix, as `ops.upsample` does it -----------------------------------------------


@operator("Resize", "Upsample")
def _(x, *given, mode="nearest", coordinate_transformation_mode="half_pixel", antialias=0, axes=None, **how):
    if len(given) == 1:  # the elder Upsample
        given, coordinate_transformation_mode, how = (None, *given), "asymmetric", {"nearest_mode": "floor"}
    roi, scales, sizes = (*map(numbers, given), None, None)[:3]
    axes = [axis % x.ndim for axis in axes or range(x.ndim)]
    scales = scales or [n / x.shape[axis] for n, axis in zip(sizes, axes)]
    policy = how.get("keep_aspect_ratio_policy", "stretch")
    if sizes and policy != "stretch":
        scales = [(min if policy == "not_larger" else max)(scales)] * len(axes)
        sizes = [floor(x.shape[axis] * s + 0.5) for axis, s in zip(axes, scales)]
    for k, axis in enumerate(axes):
        n, scale = x.shape[axis], scales[k]
        m = sizes[k] if sizes else floor(n * scale)
        if m == n and scale == 1 and coordinate_transformation_mode != "tf_crop_and_resize":
            continue
        window = (roi[k], roi[k + len(axes)]) if coordinate_transformation_mode == "tf_crop_and_resize" else (0, 1)
        places = places_of(coordinate_transformation_mode, m, n, scale, window)
        matrix, outside = shares(mode, places, n, min(scale, 1.0) if antialias else 1.0, how), None
        if coordinate_transformation_mode == "tf_crop_and_resize":
            outside = (places < 0) | (places > n - 1)
        letters = "abcdef"[: x.ndim]
        x = ops.einsum(f"z{letters[axis]},{letters}->{letters.replace(letters[axis], 'z')}", array(matrix, x), x)
        if outside is not None:
            hidden = np.moveaxis(np.broadcast_to(outside, (*x.shape[:axis], *x.shape[axis + 1 :], m)), -1, axis)
            x = ops.masked_fill(x, hidden, how.get("extrapolation_value", 0.0))
    return x


def places_of(kind, m, n, scale, window):
    """Where in the old row of n pixels the m new ones lie."""
    k, length = np.arange(m), n * scale
    if kind == "align_corners":
        return k * (n - 1) / (length - 1) if m > 1 else np.zeros(m)
    if kind == "tf_crop_and_resize":
        start, end = window
        return (
            start * (n - 1) + k * (end - start) * (n - 1) / (m - 1)
            if m > 1
            else np.array([(start + end) * (n - 1) / 2])
        )
    if kind == "asymmetric":
        return k / scale
    if kind == "pytorch_half_pixel" and m == 1:
        return np.zeros(1)
    shift = (n / 2) * (1 - m / length) if kind == "half_pixel_symmetric" else 0
    return shift + (k + 0.5) / scale - 0.5


def shares(mode, places, n, narrow, how):
    """What each new pixel takes of the old ones: (m, n)."""
    if mode == "nearest":
        kind = how.get("nearest_mode", "round_prefer_floor")
        whole = {
            "floor": np.floor,
            "ceil": np.ceil,
            "round_prefer_floor": lambda x: np.ceil(x - 0.5),
            "round_prefer_ceil": lambda x: np.floor(x + 0.5),
        }[kind](places)
        return np.eye(n)[np.clip(whole, 0, n - 1).astype(int)]
    reach = (2 if mode == "cubic" else 1) / narrow
    around = np.arange(floor(-reach) - n - 1, floor(reach) + 2 * n + 2)
    away = np.abs(places[:, None] - around) * narrow
    if mode == "cubic":
        a = how.get("cubic_coeff_a", -0.75)
        near, far = ((a + 2) * away - (a + 3)) * away**2 + 1, ((away - 5) * away + 8) * a * away - 4 * a
        weight = np.where(away <= 1, near, np.where(away < 2, far, 0))
    else:
        weight = np.maximum(1 - away, 0)
    inside = (around >= 0) & (around < n)
    if how.get("exclude_outside"):
        weight = weight * inside
    weight = weight / weight.sum(axis=1, keepdims=True)
    out = np.zeros((len(places), n))
    for k, place in enumerate(np.clip(around, 0, n - 1)):
        out[:, place] += weight[:, k]
    return out
