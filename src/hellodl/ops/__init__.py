"""Operations on tensors: each computes a value and says, right below, how gradients come back through it.

    elementwise, reductions, shapes, softmaxes, norms, products, activations      arithmetic, a page each
    conv, pool                                                                    pictures
    recurrent, attention, ctc                                                     texts, and lines of writing

Those are for reading. Beside them are the fast ways to the same sums: `windows` and `winograd` for convolution,
`gates` for recurrent steps, `loops/` where Numba is installed, `scratch` for memory that is used again. A clear version
(`*_reference`) is kept of each, and tests hold them equal. Here is arithmetic alone: no weights, no layers (`nn`).
"""

from hellodl.autograd.tensor import Tensor
from hellodl.ops.activations import erf, gelu, gelu_tanh, relu, relu_squared, sigmoid, silu, tanh
from hellodl.ops.conv import conv2d
from hellodl.ops.ctc import ctc_loss
from hellodl.ops.elementwise import abs, clip, dropout, exp, log, maximum, minimum, sqrt, where
from hellodl.ops.norms import rms_norm
from hellodl.ops.pool import avg_pool2d, max_pool2d
from hellodl.ops.products import linear
from hellodl.ops.reductions import max, mean, sum
from hellodl.ops.shapes import concatenate, embedding, pad, reshape, stack, transpose
from hellodl.ops.softmaxes import log_softmax, softmax

__all__ = [
    "abs",
    "avg_pool2d",
    "clip",
    "concatenate",
    "conv2d",
    "ctc_loss",
    "dropout",
    "embedding",
    "erf",
    "exp",
    "gelu",
    "gelu_tanh",
    "linear",
    "log",
    "log_softmax",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "minimum",
    "pad",
    "relu",
    "relu_squared",
    "reshape",
    "rms_norm",
    "sigmoid",
    "silu",
    "softmax",
    "sqrt",
    "stack",
    "sum",
    "tanh",
    "transpose",
    "where",
]

# So that x.sum() reads as well as sum(x).
for _operation in (sum, mean, max, reshape, transpose, exp, log, sqrt, abs, tanh, sigmoid, relu):
    setattr(Tensor, _operation.__name__, _operation)
