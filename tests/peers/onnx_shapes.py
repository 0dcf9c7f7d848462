"""ONNX's operators that move numbers about."""

import numpy as np
from onnx_table import NotOffered, array, numbers, operator

from hellodl import Tensor, no_grad, ops

operator("Shape")(lambda x, start=0, end=None: Tensor(np.array(x.shape[start:end], np.int64)))
operator("Size")(lambda x: Tensor(np.int64(x.numel())))
operator("Transpose")(lambda x, perm=None: x.transpose(perm) if perm else x.transpose())
operator("Concat")(lambda *all, axis: ops.concatenate(all, axis))


def at(axis, part):
    """An index that takes `part` along one axis, and all of the axes before it."""
    return (slice(None),) * axis + (part,)


@operator("Reshape")
def _(x, shape, allowzero=0):
    sizes = [x.shape[k] if n == 0 and not allowzero else n for k, n in enumerate(numbers(shape))]
    return x.reshape(sizes)


@operator("Flatten")
def _(x, axis=1):
    return x.reshape(int(np.prod(x.shape[:axis])), -1) if axis else x.reshape(1, -1)


@operator("Squeeze")
def _(x, axes=None):
    return x.squeeze() if axes is None else x.squeeze(tuple(numbers(axes)))


@operator("Unsqueeze")
def _(x, axes):
    ndim = x.ndim + axes.size
    for axis in sorted(axis % ndim for axis in numbers(axes)):
        x = x.unsqueeze(axis)
    return x


@operator("Expand")
def _(x, shape):
    return ops.where(True, x, array(np.zeros(numbers(shape)), x))


@operator("Tile")
def _(x, repeats):
    for axis, times in enumerate(numbers(repeats)):
        x = ops.concatenate([x] * times, axis)
    return x


@operator("Split")
def _(x, sizes=None, axis=0, split=None, num_outputs=None, outputs=1):
    sizes = split or numbers(sizes)
    return x.split(sizes, axis) if sizes else x.split(-(-x.shape[axis] // (num_outputs or outputs)), axis)


@operator("Slice")
def _(x, starts, ends, axes=None, steps=None):
    starts, ends = numbers(starts), numbers(ends)
    axes = numbers(axes) or range(len(starts))
    key = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, numbers(steps) or [1] * len(starts)):
        key[axis] = slice(start, None if step < 0 and end < -x.shape[axis] else end, step)
    return x[tuple(key)]


@operator("Pad")
def _(x, pads, value=None, axes=None, mode="constant"):
    given, n = numbers(pads), pads.size // 2
    widths = [(0, 0)] * x.ndim
    for k, axis in enumerate(numbers(axes) or range(n)):
        widths[axis] = (given[k], given[k + n])
    if mode == "constant":
        x = x[tuple(slice(max(-a, 0), size - max(-b, 0)) for (a, b), size in zip(widths, x.shape))]
        widths = [(max(a, 0), max(b, 0)) for a, b in widths]
        return ops.pad(x, widths, 0.0 if value is None else value.item())
    for axis, width in enumerate(widths):  # picked by index, each axis by itself
        x = x[at(axis, np.pad(np.arange(x.shape[axis]), width, mode=mode))]
    return x


@operator("CenterCropPad")
def _(x, shape, axes=None):
    for axis, size in zip(axes or range(x.ndim), numbers(shape)):
        more = size - x.shape[axis]
        if more < 0:
            x = x[at(axis % x.ndim, slice(-more // 2, -more // 2 + size))]
        widths = [(0, 0)] * x.ndim
        widths[axis] = (more // 2, more - more // 2) if more > 0 else (0, 0)
        x = ops.pad(x, widths)
    return x


@operator("Gather")
def _(x, indices, axis=0):
    return x[at(axis, indices)]


def along(indices, axis):
    """An index for `np.take_along_axis`."""
    key = list(np.ix_(*map(np.arange, indices.shape)))
    key[axis] = indices.data
    return tuple(key)


@operator("GatherElements")
def _(x, indices, axis=0):
    return x[along(indices, axis)]


@operator("GatherND")
def _(x, indices, batch_dims=0):
    rows = np.ix_(*map(np.arange, indices.shape[:batch_dims]))
    rows = [row.reshape(*row.shape, *[1] * (indices.ndim - 1 - batch_dims)) for row in rows]
    return x[(*rows, *np.moveaxis(indices.data, -1, 0))]


def written(x, key, updates, reduction="none"):
    """A copy of x with updates at some places."""
    if reduction != "none":
        raise NotOffered("writing at places adds, multiplies or compares nothing")
    with no_grad():
        out = x.clone()
        out[key] = updates
    return out


@operator("Scatter", "ScatterElements")
def _(x, indices, updates, axis=0, reduction="none"):
    return written(x, along(indices, axis), updates, reduction)


@operator("ScatterND")
def _(x, indices, updates, reduction="none"):
    return written(x, tuple(np.moveaxis(indices.data, -1, 0)), updates, reduction)


@operator("TensorScatter")
def _(past, update, starts=None, mode="linear", axis=-2):
    axis, size = axis % past.ndim, update.shape[axis]
    first = np.zeros(len(past), int) if starts is None else starts.data
    steps = (first[:, None] + np.arange(size)) % past.shape[axis]
    whole = np.moveaxis(past.data, axis, 1).copy()
    out = written(array(whole), (np.arange(len(past))[:, None], steps), array(np.moveaxis(update.data, axis, 1)))
    return array(np.moveaxis(out.data, 1, axis))


@operator("Compress")
def _(x, condition, axis=None):
    if axis is None:
        x, axis = x.reshape(-1), 0
    return x[at(axis % x.ndim, np.flatnonzero(condition.data))]


@operator("OneHot")
def _(indices, depth, values, axis=-1):
    count = int(depth.item())
    rows = np.where(np.eye(count) > 0, values.data[1], values.data[0]).astype(values.dtype)
    whole = np.asarray(indices.data, int)
    rows = np.concatenate([rows, np.full((1, count), values.data[0], values.dtype)])  # for what is out of range
    whole = np.where((whole < -count) | (whole >= count), count, whole % count)
    out = ops.embedding(whole, array(rows))
    order = list(range(out.ndim - 1))
    order.insert(axis % out.ndim, out.ndim - 1)
    return out.permute(*order)


@operator("Trilu")
def _(x, k=None, upper=1):
    k = 0 if k is None else int(k.item())
    seen = np.tri(*x.shape[-2:], k - 1 if upper else k, dtype=bool)
    return ops.masked_fill(x, seen if upper else ~seen, 0)


@operator("ReverseSequence")
def _(x, lengths, batch_axis=1, time_axis=0):
    step, ends = np.arange(x.shape[time_axis])[:, None], lengths.data
    turned = np.where(step < ends, ends - 1 - step, step)
    key = (turned, np.arange(len(ends))) if time_axis == 0 else (np.arange(len(ends))[:, None], turned.T)
    return x[key]


@operator("DepthToSpace")
def _(x, blocksize, mode="DCR"):
    n, c, h, w = x.shape
    b = blocksize
    if mode == "DCR":
        return x.reshape(n, b, b, c // b**2, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // b**2, h * b, w * b)
    return x.reshape(n, c // b**2, b, b, h, w).permute(0, 1, 4, 2, 5, 3).reshape(n, c // b**2, h * b, w * b)


@operator("SpaceToDepth")
def _(x, blocksize, mode="DCR"):
    n, c, h, w = x.shape
    b = blocksize
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    return x.reshape(n, c, h // b, b, w // b, b).permute(*order).reshape(n, c * b * b, h // b, w // b)
