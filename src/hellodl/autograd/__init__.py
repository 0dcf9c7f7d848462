"""How a gradient finds its way back.

    mode, arrays, elsewhere -> backward, numbers -> tensor -> gradcheck

`mode` says whether anything is remembered at all (`no_grad`, `debug`); `backward` walks from a loss to its leaves;
`tensor` is the array that remembers how it was made, with Python's operators, and `numbers` what it says where a number
or a truth is wanted; `elsewhere` says what to write for a name of PyTorch's that is not ours; `gradcheck` wiggles and
looks. Nothing here knows an operation other than + - * / ** @ and [], and no file imports from `ops`, `nn` or anything
above. Only the last lines here do: whoever has a tensor has its methods.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from hellodl.autograd.elsewhere import none_in

import_module("hellodl.ops")  # which gives tensors their methods

if not TYPE_CHECKING:
    __getattr__ = none_in(__name__)
