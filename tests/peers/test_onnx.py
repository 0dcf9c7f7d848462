"""ONNX's cases of one operator each, from the generator in its package: right, or named with a reason."""

import warnings

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytestmark = pytest.mark.peers

import onnx_networks  # noqa: F401, E402  (they fill the table)
import onnx_numbers  # noqa: F401, E402
import onnx_pictures  # noqa: F401, E402
import onnx_shapes  # noqa: F401, E402
from onnx_table import OPERATORS, WITHOUT, NoCounterpart, NotOffered  # noqa: E402

from hellodl import Tensor, ops  # noqa: E402

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the generator computes past a few infinities
    from onnx.backend.test.loader import load_model_tests

    CASES = [case for case in load_model_tests(kind="node") if len(case.model.graph.node) == 1]


def tensor_of(value):
    """An input as a tensor; NoCounterpart for lists, texts and types that NumPy has not."""
    if not isinstance(value, np.ndarray | np.generic) or np.asarray(value).dtype.kind not in "biuf":
        raise NoCounterpart("a type that NumPy has not")
    return Tensor(value, dtype=value.dtype)


def run(node, inputs):
    """What hellodl gives for a node, as arrays, by the outputs' places."""
    if node.op_type in WITHOUT or node.op_type not in OPERATORS:
        raise NoCounterpart(WITHOUT.get(node.op_type, "unknown"))
    given = iter(inputs)
    tensors = [tensor_of(next(given)) if name else None for name in node.input]
    how = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    how = {key: value.decode() if isinstance(value, bytes) else value for key, value in how.items()}
    if node.op_type in ("Split", "MaxPool"):
        how["outputs"] = len(node.output)
    out = OPERATORS[node.op_type](*tensors, **how)
    return [each if each is None else np.asarray(each) for each in (out if isinstance(out, tuple) else (out,))]


@pytest.mark.parametrize("way", ["NumPy", "compiled"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_right_or_named(case, way, tally):
    counts, reasons = tally
    if way == "compiled":
        pytest.importorskip("numba")
    node = case.model.graph.node[0]
    for inputs, wanted in case.data_sets:
        try:
            for value in wanted:
                tensor_of(value)
            with ops.loops.compiled(way == "compiled"), np.errstate(all="ignore"):
                found = run(node, inputs)
        except NoCounterpart as reason:
            counts[f"{way}: no counterpart"] += 1
            pytest.skip(f"{node.op_type}: no counterpart: {reason}")
        except NotOffered as reason:
            counts[f"{way}: not offered"] += 1
            reasons.setdefault(f"{node.op_type}: {reason}", []).append(case.name)
            pytest.skip(f"{node.op_type} is not offered: {reason}")
        except Exception:
            counts[f"{way}: wrong"] += 1
            raise
        counts[f"{way}: wrong"] += 1  # until it is found right
        shown = [array for name, array in zip(node.output, found) if name]
        assert len(shown) == len(wanted)
        for ours, theirs in zip(shown, wanted):
            theirs = np.asarray(theirs)
            assert ours.dtype.kind == theirs.dtype.kind and ours.shape == theirs.shape
            near = 2e-3 if theirs.dtype == np.float16 else 1e-5
            np.testing.assert_allclose(ours, theirs, rtol=max(case.rtol, near), atol=max(case.atol, near))
        counts[f"{way}: wrong"] -= 1
    counts[f"{way}: right"] += 1
