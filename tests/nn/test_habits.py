"""What hands that know PyTorch type: it does what PyTorch does, or says in one line what is done here instead."""

import subprocess
import sys

import numpy as np
import pytest

import hellodl
import hellodl.nn.functional as F
from hellodl import nn, no_grad, ops, optim
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError


class Tower(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4 if k == 0 else width, width) for k in range(3)])
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(width, 3)

    def forward(self, x, scale=1.0):
        for layer in self.layers:
            x = F.relu(layer(x)) + x.mean(dim=-1, keepdim=True)
        return self.head(self.drop(x)) * scale


def learned(seed):
    hellodl.manual_seed(seed)
    model, x, y = Tower(), Tensor(np.sin(np.arange(64.0)).reshape(16, 4)), np.arange(16) % 3
    optimizer, criterion = optim.Adam(model.parameters(), lr=1e-2), nn.CrossEntropyLoss(label_smoothing=0.1)
    losses = []
    for _ in range(40):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x, scale=1.0), y)
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


def test_a_script_without_generators_learns_and_one_line_makes_it_repeatable():
    first, again, other = learned(1), learned(1), learned(2)
    assert first == again != other
    assert first[-1] < 0.7 * first[0]


@pytest.mark.parametrize("make", [lambda: nn.Embedding(5, 3), lambda: nn.GRU(2, 3), lambda: nn.GPT(5, 4, 1, 1, 4)])
def test_no_layer_begins_with_zeros_unless_told_to(make):
    hellodl.manual_seed(3)
    first, second = make(), make()
    assert all((p.data != 0).any() for p in list(first.parameters())[:1])
    assert any((a.data != b.data).any() for a, b in zip(first.parameters(), second.parameters()))
    hellodl.manual_seed(3)
    assert all((a.data == b.data).all() for a, b in zip(first.parameters(), make().parameters()))
    before = nn.init.DEFAULT.bit_generator.state
    twin = nn.build(nn.describe(first))
    assert nn.init.DEFAULT.bit_generator.state == before and (next(twin.parameters()).data == 0).all()


def test_names_and_parts_of_a_network():
    model = Tower()
    names = [name for name, p in model.named_parameters() if p.ndim > 1]
    assert names == ["layers.0.weight", "layers.1.weight", "layers.2.weight", "head.weight"]
    assert sum(isinstance(part, nn.Linear) for part in model.modules()) == 4
    assert [name for name, _ in model.named_children()] == ["layers", "drop", "head"]
    assert [type(part).__name__ for part in model.children()] == ["ModuleList", "Dropout", "Linear"]
    assert "layers.1" in dict(model.named_modules()) and next(model.parameters()).shape == (8, 4)
    assert len(model.layers) == 3 and model.layers[-1] is model.layers[2] and len(model.layers[1:]) == 2
    model.layers.append(nn.Tanh()).extend([nn.ReLU()])
    assert len(model.layers) == 5 and "layers.4" in dict(model.named_modules())
    sequence = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert isinstance(sequence[:2], nn.Sequential) and sequence[:2][0] is sequence[0] and len(list(sequence)) == 3


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("register_buffer", "has no attribute 'register_buffer'; assign the array, and name it in the class"),
        ("to", "has no attribute 'to'; there is one device"),
        ("cuda", "there is one device"),
        ("forwards", "Tower has no attribute 'forwards'$"),
    ],
)
def test_what_is_done_otherwise_says_how(name, line):
    with pytest.raises(AttributeError, match=line):
        getattr(Tower(), name)


def leaf(*numbers):
    return Tensor([float(n) for n in numbers], requires_grad=True)


def test_weights_change_in_place_where_nothing_is_remembered():
    w = leaf(1, 2)
    array, twin = w.data, w
    with no_grad():
        w -= 0.5 * np.ones(2)
        w *= 2
        w += leaf(1, 1)
        w /= 2
    assert w is twin and w.data is array and w.data.tolist() == [1, 2]
    with pytest.raises(TypeError, match=r"a leaf that requires a gradient is not changed in place; do so inside"):
        w += 1
    x = w * 1
    before = x
    x += 1  # elsewhere it is a new tensor, with its gradient
    x.sum().backward()
    assert x is not before and w.grad.tolist() == [1, 1] and w.data.tolist() == [1, 2]


def test_writing_into_a_tensor():
    x = Tensor(np.zeros((2, 2)))
    x[0] = 1
    x[Tensor([1]), 1] = Tensor([5.0])
    assert x.tolist() == [[1, 1], [0, 5]]
    with pytest.raises(TypeError, match=r"nothing is written into a tensor that gradients go through; put it together"):
        x[0] = leaf(1, 2)
    w = leaf(1, 2)
    with pytest.raises(TypeError, match=r"or write inside hellodl\.no_grad"):
        w[0] = 3
    with no_grad():
        w[0] = 3
    assert w.tolist() == [3, 2]


def test_the_largest_and_where_it_is():
    x = Tensor([[1.0, 5.0], [7.0, 2.0]], requires_grad=True)
    values, indices = x.max(1)
    assert values.tolist() == [5, 7] and indices.tolist() == [1, 0]
    assert x.max(dim=0, keepdim=True).values.shape == (1, 2) and x.min(dim=-1).indices.tolist() == [0, 1]
    assert x.max(axis=1).tolist() == [5, 7] and x.max().item() == 7 and x.min().item() == 1
    assert x.argmax().item() == 2 and x.argmax(dim=1).tolist() == [1, 0] and x.argmax(1, keepdim=True).shape == (2, 1)
    with pytest.raises(TypeError, match=r"dim is one axis, a whole number; two tensors want ops\.maximum"):
        ops.max(x, x)
    with pytest.raises(TypeError, match="'dim' and 'axis' are one; give one of them"):
        x.sum(dim=0, axis=1)


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda x: x.transpose(0, 3), r"transpose: there is no axis 3 in a tensor of 3"),
        (lambda x: x.permute(0, 1), r"transpose: \(2, 3, 4\) wants each of its 3 axes once, got \(0, 1\)"),
        (lambda x: x.squeeze(5), "squeeze: there is no axis 5"),
        (lambda x: x.flatten(2, 1), "flatten: axis 2 comes after axis 1"),
        (lambda x: x.split([1, 3]), r"split: sizes \[1, 3\] do not add up to the 2 of axis 0"),
        (lambda x: x.split(0), "split: parts have at least size 1"),
        (lambda x: x.chunk(0), "chunk: give at least 1"),
        (lambda x: ops.einsum("ij->i", x), "einsum: 'ij' does not name each of 3 axes once"),
        (lambda x: ops.einsum("ijk,jk->i", x), "speaks of 2 tensors, got 1"),
        (lambda x: ops.einsum("ijk,jl->i", x, x[0, :2]), "does not fit"),
        (lambda x: ops.pad(x, (1, 1, 1)), r"pad: give a pair \(before, after\) for each axis"),
        (lambda x: ops.conv2d(x[None], Tensor(np.ones((2, 4, 1, 1))), groups=2), "2 groups of 4 channels"),
        (lambda x: ops.conv_transpose2d(x[None], Tensor(np.ones((4, 1, 1, 1))), padding=2), "leaves nothing of"),
        (lambda x: nn.GRU(4, 2)(x, lengths=[1, 0, 2]), "lengths are 3 whole numbers from 1 to 2"),
        (lambda x: nn.BatchNorm1d(4)(x[None]), "BatchNorm1d '' takes 4 channels last"),
        (lambda x: nn.LayerNorm((2, 4))(x), r"LayerNorm '' takes \(2, 4\) features last"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(mistake, line):
    with pytest.raises(ShapeError, match=line):
        mistake(Tensor(np.ones((2, 3, 4))))


def test_both_words_for_one_thing():
    x = Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    assert x.sum(dim=1).tolist() == x.sum(axis=1).tolist() == [3, 12]
    assert x.mean(dim=0, keepdim=True).shape == x.mean(axis=0, keepdims=True).shape == (1, 3)
    assert ops.stack([x, x], dim=1).shape == (2, 2, 3) and ops.concatenate([x, x], dim=1).shape == (2, 6)
    assert x.std(unbiased=False).item() == pytest.approx(np.arange(6).std(), rel=1e-6)
    assert x.softmax(dim=1).data.sum() == pytest.approx(2)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert x.grad[0, 1] == 4
    optimizer = optim.SGD([x], lr=0.1)
    optimizer.zero_grad(set_to_none=False)
    assert (x.grad == 0).all()
    optimizer.zero_grad()
    assert x.grad is None


def test_where_all_are_equal_the_spread_has_no_slope():
    x = leaf(2, 2, 2)
    x.std().backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_attention_of_who_may_look_nowhere_is_zero():
    q = Tensor(np.ones((1, 2, 4)), requires_grad=True)
    answer, shares = ops.attention_between(q, q, q, mask=np.array([[True, False], [False, False]]))
    assert answer.data[0, 1].tolist() == [0, 0, 0, 0] and shares.tolist() == [[[1, 0], [0, 0]]]
    causal, shares = ops.attention_between(q, q, q, is_causal=True)
    assert shares.data[0, 0].tolist() == [1, 0]
    causal.sum().backward()
    assert np.isfinite(q.grad).all()


def test_a_data_set_prints_in_a_line_and_hellodl_says_its_version():
    data = hellodl.data.Dataset("few", np.zeros((3, 28, 28), np.uint8), np.zeros(3, int), "ab")
    assert repr(data) == "Dataset(name='few', images=uint8(3, 28, 28), labels=int64(3), classes='ab', writers=None)"
    assert hellodl.__version__.count(".") == 2


def test_functional_is_there_without_being_asked_for():
    code = "import hellodl; print(hellodl.nn.functional.relu(hellodl.Tensor([-1.0, 2.0])).tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[0.0,", "2.0]"]
