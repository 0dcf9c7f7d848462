"""ONNX's operators on the left, what a user of hellodl writes for them on the right.

ONNX (2017) is how networks are handed from one library to another, and its package has some 1,500 little cases that
say what each of its operators gives. The table is filled by `onnx_numbers`, `onnx_shapes`, `onnx_pictures` and
`onnx_networks`: an operator's name, and a function of its inputs (tensors, None where one is left out) and its
attributes that calls hellodl, once or several times. Pictures are N×C×H×W there and N×H×W×C here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from hellodl import Tensor

OPERATORS: dict[str, Callable[..., Any]] = {}


class NotOffered(Exception):
    """An operator that we have, asked in a way that we have not."""


class NoCounterpart(Exception):
    """What has no place in a library for learning."""


def operator(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function under an operator's names."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return enter


def array(value: Any, like: Tensor | None = None) -> Tensor:
    """A tensor of exactly these numbers, or of the dtype of another."""
    value = np.asarray(value.data if isinstance(value, Tensor) else value)
    return Tensor(value, dtype=value.dtype if like is None else like.dtype)


def numbers(value: Any) -> Any:
    """An input that says how (axes, sizes, a limit) as Python's numbers; None stays None."""
    return None if value is None else value.tolist()


def channels_last(x: Tensor) -> Tensor:
    """(N, C, ...) -> (N, ..., C)."""
    return x.permute(0, *range(2, x.ndim), 1)


def channels_first(x: Tensor) -> Tensor:
    """(N, ..., C) -> (N, C, ...)."""
    return x.permute(0, x.ndim - 1, *range(1, x.ndim - 1))


GROUPS = {
    "texts": "RegexFullMatch StringConcat StringNormalizer StringSplit TfIdfVectorizer",
    "numbers in few bits": """BitCast ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv
        QLinearMatMul QuantizeLinear BitShift""",
    "control flow, lists and optional values": """If Loop Scan OptionalGetElement OptionalHasElement SequenceInsert
        SequenceMap SplitToSequence FlexAttention""",
    "angles, waves and rounding": """Acos Asin Atan Cos Sin Tan Ceil Floor Round Mod Sign DFT STFT BlackmanWindow
        HammingWindow HannWindow MelWeightMatrix""",
    "arrays that NumPy makes": "Bernoulli Constant ConstantOfShape EyeLike Range",
    "order, counting and the like": "CumProd Det NonMaxSuppression NonZero ReduceProd TopK Unique",
    "pictures of another kind": "AffineGrid Col2Im DeformConv GridSample ImageDecoder MaxUnpool RoiAlign",
    "other ways of learning": "ArrayFeatureExtractor Binarizer LabelEncoder TreeEnsemble Adagrad",
}
WITHOUT = {name: group for group, names in GROUPS.items() for name in names.split()}
