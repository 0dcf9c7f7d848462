"""Operations on tensors: each computes a value and says, right below, how gradients come back through it.

    elementwise, reductions, shapes, norms, products, activations                 arithmetic, a page each
    conv, pool                                                                    pictures
    recurrent, attention, ctc, soft_window, mixture                               texts, lines of writing, a pen

Those are for reading; how they may be called, with `axis` or `dim`, is in `calling`. Beside them are the fast ways to
the same sums: `windows` and `winograd` for convolution, `gates` for recurrent steps, `loops/` where Numba is installed,
`scratch` for memory that is used again. A clear version (`*_reference`) is kept of each, and tests hold them equal.
Here is arithmetic alone: no weights, no layers (`nn`).
"""

import operator
from typing import TYPE_CHECKING

import numpy as np

from hellodl.autograd import tensor
from hellodl.autograd.elsewhere import none_in
from hellodl.autograd.numbers import OURS
from hellodl.autograd.tensor import Tensor
from hellodl.ops.activations import (
    elu,
    erf,
    gelu,
    gelu_tanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    relu,
    relu_squared,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from hellodl.ops.attention import attention_between
from hellodl.ops.calling import two
from hellodl.ops.conv import conv2d, conv_transpose2d
from hellodl.ops.ctc import ctc_loss
from hellodl.ops.elementwise import abs, clip, clone, dropout, exp, log, masked_fill, maximum, minimum, pow, sqrt, where
from hellodl.ops.mixture import mixture_loss
from hellodl.ops.norms import rms_norm
from hellodl.ops.pool import adaptive_avg_pool2d, avg_pool2d, max_pool2d, upsample
from hellodl.ops.products import einsum, linear
from hellodl.ops.reductions import cumsum, max, mean, min, std, sum, var
from hellodl.ops.shapes import (
    chunk,
    concatenate,
    embedding,
    flatten,
    pad,
    permute,
    reshape,
    split,
    squeeze,
    stack,
    transpose,
    unsqueeze,
)

__all__ = ["abs", "clip", "clone", "dropout", "exp", "log", "masked_fill", "maximum", "minimum", "pow", "sqrt", "where"]
__all__ += ["cumsum", "einsum", "linear", "max", "mean", "min", "rms_norm", "std", "sum", "var"]
__all__ += ["chunk", "concatenate", "embedding", "flatten", "pad", "permute", "reshape", "split", "squeeze", "stack"]
__all__ += ["transpose", "unsqueeze"]
__all__ += ["elu", "erf", "gelu", "gelu_tanh", "leaky_relu", "log_softmax", "logsigmoid", "relu", "relu_squared"]
__all__ += ["sigmoid", "silu", "softmax", "softplus", "tanh"]
__all__ += ["adaptive_avg_pool2d", "avg_pool2d", "conv2d", "conv_transpose2d", "max_pool2d", "upsample"]
__all__ += ["attention_between", "ctc_loss", "mixture_loss"]

# So that x.sum() reads as well as sum(x).
for _operation in (
    *(abs, chunk, clip, clone, cumsum, exp, flatten, log, log_softmax, masked_fill, max, mean, min, permute, pow, relu),
    *(reshape, sigmoid, softmax, split, sqrt, squeeze, std, sum, tanh, transpose, unsqueeze, var),
):
    setattr(Tensor, _operation.__name__, _operation)
Tensor.__abs__, Tensor.view = abs, reshape  # type: ignore[attr-defined]

# And so that np.exp(x) is exp(x), gradient and all.
OURS.update({np.exp: exp, np.log: log, np.sqrt: sqrt, np.absolute: abs, np.tanh: tanh, np.clip: clip, np.where: where})
OURS.update({np.maximum: maximum, np.minimum: minimum, np.sum: sum, np.mean: mean, np.reshape: reshape})
OURS.update({np.stack: stack, np.concatenate: concatenate, np.transpose: transpose, np.einsum: einsum})
OURS[np.max] = lambda x, axis=None, keepdims=False: max(x, axis=axis, keepdims=keepdims)
OURS[np.min] = lambda x, axis=None, keepdims=False: min(x, axis=axis, keepdims=keepdims)
OURS[np.square], OURS[np.negative] = lambda x: pow(x, 2), operator.neg
for _numpys, _own in (
    *((np.add, tensor.add), (np.subtract, tensor.sub), (np.multiply, tensor.mul), (np.true_divide, tensor.div)),
    *((np.matmul, tensor.matmul), (np.power, tensor.power), (np.equal, operator.eq), (np.not_equal, operator.ne)),
    *((np.less, operator.lt), (np.less_equal, operator.le), (np.greater, operator.gt), (np.greater_equal, operator.ge)),
):
    OURS[_numpys] = lambda a, b, own=_own: own(*two(own.__name__, a, b))

if not TYPE_CHECKING:
    __getattr__ = none_in(__name__)  # a name that is not here: what to write instead
