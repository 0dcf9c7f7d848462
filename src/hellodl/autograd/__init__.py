"""How a gradient finds its way back.

    mode, arrays -> backward, numbers -> tensor -> gradcheck

`mode` says whether anything is remembered at all (`no_grad`, `debug`); `backward` walks from a loss to its leaves;
`tensor` is the array that remembers how it was made, with Python's operators, and `numbers` what it says where a number
or a truth is wanted; `gradcheck` wiggles and looks. Nothing here knows an operation other than + - * / ** @ and [], and
no file imports from `ops`, `nn` or anything above. Only the last line here does: whoever has a tensor has its methods.
"""

from importlib import import_module

import_module("hellodl.ops")  # which gives tensors their methods
