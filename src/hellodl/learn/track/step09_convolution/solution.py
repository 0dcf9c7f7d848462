"""Step 9: convolution and its two gradients."""

import numpy as np
from step03_tensor import Tensor
from step05_broadcasting import as_tensor


def convolve(x, k):
    """A kernel (kh, kw, C, D) over pictures (N, H, W, C): (N, H - kh + 1, W - kw + 1, D)."""
    kh, kw = k.shape[:2]
    oh, ow = x.shape[1] - kh + 1, x.shape[2] - kw + 1
    out = np.zeros((len(x), oh, ow, k.shape[3]))
    for a in range(kh):
        for b in range(kw):
            out += x[:, a : a + oh, b : b + ow] @ k[a, b]
    return out


def back_to_picture(g, k):
    """The gradient of the pictures."""
    kh, kw = k.shape[:2]
    oh, ow = g.shape[1:3]
    back = np.zeros((len(g), oh + kh - 1, ow + kw - 1, k.shape[2]))
    for a in range(kh):
        for b in range(kw):
            back[:, a : a + oh, b : b + ow] += g @ k[a, b].T
    return back


def back_to_kernel(g, x):
    """The gradient of the kernel."""
    oh, ow = g.shape[1:3]
    size = (x.shape[1] - oh + 1, x.shape[2] - ow + 1)
    back = np.zeros((*size, x.shape[3], g.shape[3]))
    for a in range(size[0]):
        for b in range(size[1]):
            part = x[:, a : a + oh, b : b + ow].reshape(-1, x.shape[3])
            back[a, b] = part.T @ g.reshape(-1, g.shape[3])
    return back


def conv2d(x, k):
    """The convolution of two Tensors."""
    x, k = as_tensor(x), as_tensor(k)
    to_x = lambda g: back_to_picture(g, k.data)
    to_k = lambda g: back_to_kernel(g, x.data)
    return Tensor(convolve(x.data, k.data), ((x, to_x), (k, to_k)))
