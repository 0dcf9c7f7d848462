"""Modules: names, state, and what happens when they are misused."""

import json

import numpy as np
import pytest

from hellodl import nn
from hellodl.autograd.mode import debug
from hellodl.autograd.tensor import Tensor
from hellodl.errors import CheckpointError


class Small(nn.Module):
    """A network written the way a reader writes one."""

    def __init__(self, width, rng):
        self.body = nn.Sequential(nn.Conv2d(1, width, 3, rng=rng), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten())
        self.scale = nn.Parameter(np.ones(1))
        self.head = nn.Linear(width * 4, 3, bias=False, rng=rng)

    def forward(self, x):
        return self.head(self.body(x) * self.scale)


def test_names_say_where_a_weight_hangs_in_the_order_of_making(rng):
    model = Small(2, rng)
    names = ["scale", "body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias", "head.weight"]
    assert [name for name, _ in model.named_parameters()] == names
    assert list(dict(model.named_buffers())) == ["body.1.running_mean", "body.1.running_var"]
    assert list(model.state_dict()) == names + list(dict(model.named_buffers()))
    assert model.weight_count() == 1 + 18 + 2 + 2 + 2 + 24
    assert [name for name, _ in model.named_modules()] == ["", "body", "body.0", "body.1", "body.2", "body.3", "head"]


def test_state_goes_out_and_comes_back_to_the_bit(rng):
    model, twin = Small(2, rng), Small(2, None)
    model(Tensor(rng.random((5, 4, 4, 1))))  # running statistics move
    twin.load_state_dict(model.state_dict())
    for name, array in model.state_dict().items():
        assert (twin.state_dict()[name] == array).all() and array.flags.c_contiguous
    x = Tensor(rng.random((2, 4, 4, 1)))
    assert (model.eval()(x).data == twin.eval()(x).data).all()


def test_state_dict_is_a_copy_and_loading_writes_into_the_same_arrays(rng):
    model = Small(2, rng)
    state = model.state_dict()
    arrays = [p.data for p in model.parameters()] + list(dict(model.named_buffers()).values())
    for array in state.values():
        array += 1
    assert not any(np.shares_memory(a, b) for a in arrays for b in state.values())
    model.load_state_dict(state)
    assert all(p.data is a for p, a in zip(model.parameters(), arrays))
    assert all((model.state_dict()[name] == array).all() for name, array in state.items())
    model.load_state_dict({name: array.astype(np.float16) for name, array in state.items()})
    assert all(p.dtype == np.float32 for p in model.parameters())


BAD_STATES = {
    "missing": (lambda s: {k: s[k] for k in s if k != "head.weight"}, r"'head.weight' is not among them \(1 missing\)"),
    "extra": (lambda s: {**s, "tail.bias": np.zeros(1)}, r"it has no 'tail.bias' \(1 too many\)"),
    "shape": (lambda s: {**s, "head.weight": np.zeros((3, 9))}, r"'head.weight' is \(3, 8\) here and \(3, 9\) there"),
    "last of all": (lambda s: {**s, "body.1.running_var": np.zeros(3)}, r"'body.1.running_var' is \(2,\) here"),
    "text": (lambda s: {**s, "body.1.running_var": np.array(["a", "b"])}, "'body.1.running_var' holds <U1"),
    "complex": (lambda s: {**s, "head.weight": s["head.weight"] * 1j}, "'head.weight' holds complex64"),
    "empty": (lambda s: {}, r"for another model: 'body.0.bias' is not among them \(8 missing\)"),
}


@pytest.mark.parametrize(("spoil", "line"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_state_that_does_not_fit_is_refused_and_nothing_is_changed(rng, spoil, line):
    model = Small(2, rng)
    before = model.state_dict()
    state = {name: array + 1 for name, array in before.items()}
    with pytest.raises(CheckpointError, match=line) as error:
        model.load_state_dict(spoil(state))
    assert "\n" not in str(error.value)
    assert all((array == before[name]).all() for name, array in model.state_dict().items())


def test_a_misspelt_attribute_raises(rng):
    with pytest.raises(AttributeError, match="boddy"):
        _ = Small(2, rng).boddy
    with pytest.raises(AttributeError, match="wieght"):
        _ = nn.Linear(2, 2, rng=rng).wieght


def test_train_and_eval_reach_every_part(rng):
    model = Small(2, rng)
    assert model.eval() is model
    assert not any(part.training for part in model.modules())
    assert all(part.training for part in model.train().modules())
    assert nn.ReLU().training  # of others, nothing changes


def test_use_generator_reaches_every_dropout_and_nothing_else(rng):
    model = nn.Sequential(nn.Dropout(0.1), nn.Residual(nn.Sequential(nn.Dropout(0.2), nn.ReLU())))
    model.use_generator(rng)
    assert model[0].generator is model[1].body[0].generator is rng
    assert not hasattr(model[1].body[1], "generator")


def test_zero_grad_forgets(rng):
    model = Small(2, rng)
    model(Tensor(rng.random((2, 4, 4, 1)))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_whole_network_with_parts_in_parts_is_described_and_built(rng):
    block = nn.Residual(
        nn.Sequential(nn.Conv2d(4, 4, (3, 1), padding=(1, 0), rng=rng), nn.BatchNorm2d(4), nn.GELU("tanh"))
    )
    model = nn.Sequential(
        nn.Conv2d(1, np.int64(4), 3, rng=rng), block, nn.MaxPool2d((2, 1), ceil_mode=True), nn.Dropout(0.2)
    )
    description = json.loads(json.dumps(nn.describe(model)))
    twin = nn.build(description)
    assert nn.describe(twin) == nn.describe(model)
    assert all((p.data == 0).all() for name, p in twin.named_parameters() if "1.body.1" not in name)
    twin.load_state_dict(model.state_dict())
    x = Tensor(rng.random((2, 8, 6, 1)))
    assert (twin.eval()(x).data == model.eval()(x).data).all()


def test_a_readers_own_module_is_described_and_built_too(rng):
    twin = nn.build(json.loads(json.dumps(nn.describe(Small(3, rng)))))
    assert isinstance(twin, Small) and twin.head.weight.shape == (3, 12)


def test_a_weight_in_two_places_is_one_weight_with_two_names_in_files(rng):
    first = nn.Linear(2, 2, rng=rng)
    model = nn.Sequential(first, nn.Tanh(), first)
    assert list(dict(model.named_parameters())) == ["0.weight", "0.bias"]
    assert model.weight_count() == 6
    state = model.state_dict()
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    model.load_state_dict(state)


def test_sequential_is_a_list_of_layers_and_prints_as_a_tree(rng):
    model = nn.Sequential(nn.Linear(2, 3, rng=rng), nn.Residual(nn.Sequential(nn.ReLU())))
    assert len(model) == 2 and isinstance(model[1], nn.Residual) and isinstance(model[-1], nn.Residual)
    assert repr(model) == (
        "Sequential()\n  (0) Linear(in_features=2, out_features=3)\n"
        "  (1) Residual()\n    (body) Sequential()\n      (0) ReLU()"
    )


def test_more_than_ten_layers_stay_in_order(rng):
    model = nn.Sequential(*(nn.Linear(1, 1, rng=rng) for _ in range(12)))
    assert list(model.state_dict())[-2:] == ["11.weight", "11.bias"]
    assert [part.name for part in model.children()] == [str(n) for n in range(12)]


def test_a_module_without_forward_says_what_to_write():
    class Unfinished(nn.Module):
        pass

    with pytest.raises(TypeError, match=r"Unfinished has no forward yet; write `def forward\(self, x\)` in it"):
        Unfinished()(Tensor([1.0]))


@pytest.mark.parametrize(
    "pooling, fuses",
    [
        (nn.MaxPool2d(2), True),
        (nn.MaxPool2d(2, 2, ceil_mode=True), True),
        (nn.MaxPool2d(3, 2), False),
        (nn.AvgPool2d(2), False),
        (nn.ReLU(), False),
    ],
)
def test_a_sequence_fuses_a_convolution_with_the_pooling_after_it_and_nothing_else(pooling, fuses, rng, monkeypatch):
    layer = nn.Conv2d(2, 3, 3, rng=rng)
    network = nn.Sequential(nn.ReLU(), layer, pooling, nn.ReLU())
    x = Tensor(rng.standard_normal((2, 9, 9, 2)).astype(np.float32))
    asked = []
    convolved = nn.Conv2d.convolved
    monkeypatch.setattr(nn.Conv2d, "convolved", lambda self, x, **how: asked.append(how) or convolved(self, x, **how))
    fused = network(x)
    assert [a.get("pool", False) for a in asked] == [fuses]
    with debug():
        np.testing.assert_allclose(network(x).data, fused.data, rtol=1e-5, atol=1e-6)
    assert not asked[1], "debug mode names the layer where a NaN began, so it goes one by one"
