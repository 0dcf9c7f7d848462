"""The tensor: its types, its results, and what an operation of one's own needs."""

import numpy as np
import pytest
from growing import leaf

from hellodl.autograd import tensor
from hellodl.autograd.tensor import Tensor, record


def test_lists_and_float64_become_float32_unless_told_otherwise():
    assert Tensor([1.5, 2]).dtype == np.float32
    assert Tensor(np.ones(2)).dtype == np.float32
    assert Tensor(np.ones(2), dtype=np.float64).dtype == np.float64
    assert Tensor([1, 2]).dtype.kind == "i"
    assert Tensor(Tensor([1.5])).data.tolist() == [1.5]


def test_numbers_and_arrays_on_either_side_take_the_tensors_type():
    x = leaf(2, 4)
    for out in (x + 1, 1 - x, np.float64(3) * x, x * np.ones(2), np.ones(2) / x, np.ones((2, 2)) @ x, x**2, -x, x / 3):
        assert isinstance(out, Tensor)
        assert out.dtype == np.float32
    assert (1 - x).data.tolist() == [-1, -3]
    assert (8 / x).data.tolist() == [4, 2]
    assert (np.array([[1, 1], [0, 1]]) @ x).data.tolist() == [6, 4]


def test_integers_cannot_be_learned():
    with pytest.raises(TypeError, match=r"only floats have gradients, not int64; give it dtype=np.float32"):
        Tensor(np.array([1, 2]), requires_grad=True)


def test_a_result_of_one_number_is_an_array_too():
    x = Tensor(np.float32(2), requires_grad=True)
    for out in (x + x, x * x, x.exp(), -x, leaf(1, 2)[0], leaf(1, 2) @ leaf(3, 4), leaf(1, 2).sum(), x**2):
        assert isinstance(out.data, np.ndarray) and out.shape == () and out.dtype == np.float32
    assert len(leaf(1, 2)) == 2 and "Tensor([1. 2.], shape=(2,))" in repr(leaf(1, 2))


def test_an_operation_of_the_readers_own_needs_only_record():
    def cube(x):
        return record(x.data**3, (x, lambda g: g * 3 * x.data**2))

    x = leaf(2)
    cube(x).backward()
    assert x.grad.item() == 12


def test_unbroadcast_sums_over_what_was_stretched():
    gradient = np.arange(24.0).reshape(2, 3, 4)
    assert tensor.unbroadcast(gradient, (2, 3, 4)) is gradient
    assert (tensor.unbroadcast(gradient, (3, 1)) == gradient.sum((0, 2))[:, None]).all()
    assert tensor.unbroadcast(gradient, ()) == gradient.sum()
    assert tensor.unbroadcast(gradient, (1, 1, 4)).shape == (1, 1, 4)


def test_numpy_takes_a_tensor_for_its_array():
    x = Tensor([1.0, 2.0])
    assert np.asarray(x) is x.data
    assert np.asarray(x).dtype == np.float32
    assert isinstance(np.ones(2, np.float32) * x, Tensor), "but arithmetic with arrays still makes tensors"
