"""Step 9: convolution and its gradients. The story is in stories/step09_convolution.md; then: hellodl learn check 9."""

import numpy as np
from step03_tensor import Tensor
from step05_broadcasting import as_tensor


def convolve(x, k):
    """A kernel (kh, kw, C, D) over pictures (N, H, W, C): (N, H - kh + 1, W - kw + 1, D)."""
    raise NotImplementedError


def back_to_picture(g, k):
    """The gradient of the pictures."""
    raise NotImplementedError


def back_to_kernel(g, x):
    """The gradient of the kernel."""
    raise NotImplementedError


def conv2d(x, k):
    """The convolution of two Tensors."""
    raise NotImplementedError
