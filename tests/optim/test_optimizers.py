"""Optimisers and clipping.  That the steps are PyTorch's is tested in golden/."""

import numpy as np
import pytest

from hellodl import nn, optim
from hellodl.autograd.tensor import Tensor
from hellodl.errors import CheckpointError

MAKERS = {
    "SGD": lambda p: optim.SGD(p, 0.1, weight_decay=0.1),
    "momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: optim.Adam(p, 0.1, weight_decay=0.1),
    "AdamW": lambda p: optim.AdamW(p, 0.1),
}


def network(rng):
    return nn.Sequential(nn.Conv2d(2, 3, 3, rng=rng), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4, rng=rng))


def give_gradients(model, rng):
    for parameter in model.parameters():
        parameter.grad = rng.standard_normal(parameter.shape).astype(np.float32)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_saved_and_loaded_it_takes_the_same_next_steps_to_the_bit(make, rng):
    first, second = network(np.random.default_rng(1)), network(np.random.default_rng(1))
    one, two = make(first.named_parameters()), make(second.named_parameters())
    for _ in range(3):
        give_gradients(first, rng)
        one.step()
    second.load_state_dict(first.state_dict())
    two.load_state_dict(one.state_dict())
    assert two.steps == 3
    for step in range(3):
        for model, optimizer in ((first, one), (second, two)):
            give_gradients(model, np.random.default_rng(step))
            optimizer.step()
    for name, array in first.state_dict().items():
        assert (array == second.state_dict()[name]).all()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_weights_change_in_place_and_stay_float32(make, rng):
    model = network(rng)
    arrays = [p.data for p in model.parameters()]
    before = [array.copy() for array in arrays]
    optimizer = make(model.named_parameters())
    give_gradients(model, rng)
    optimizer.step()
    for parameter, array, old in zip(model.parameters(), arrays, before):
        assert parameter.data is array and array.dtype == np.float32
        assert (array != old).any()
    assert all(a.dtype == np.float32 for name, a in optimizer.state_dict().items() if name != "steps")


def test_what_it_remembers_lies_in_memory_as_the_weights_do(rng):
    model = network(rng)
    optimizer = optim.AdamW(model.named_parameters())
    give_gradients(model, rng)
    optimizer.step()
    assert optimizer.memory[model[0].weight]["mean"].strides == model[0].weight.data.strides
    assert optimizer.state_dict()["mean.0.weight"].flags.c_contiguous


def test_state_dict_is_a_copy(rng):
    model = network(rng)
    optimizer = optim.SGD(model.named_parameters(), 0.1, momentum=0.9)
    give_gradients(model, rng)
    optimizer.step()
    state = optimizer.state_dict()
    kept = {name: array.copy() for name, array in state.items()}
    give_gradients(model, rng)
    optimizer.step()
    assert all((state[name] == kept[name]).all() for name in kept)


def test_a_weight_without_a_gradient_stays(rng):
    model = network(rng)
    before = model.state_dict()
    optim.AdamW(model.named_parameters(), weight_decay=0.5).step()
    assert all((array == before[name]).all() for name, array in model.state_dict().items())


def test_zero_grad_forgets_all_gradients(rng):
    model = network(rng)
    give_gradients(model, rng)
    optim.SGD(model.named_parameters(), 0.1).zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_adam_is_what_its_formula_says(rng):
    weight = Tensor(rng.normal(size=(4, 3)), requires_grad=True)
    adam = optim.Adam({"weight": weight}, learning_rate=0.02)
    by_the_book = weight.data.astype(np.float64)
    mean = square = np.zeros((4, 3))
    for step in range(1, 6):
        weight.grad = rng.normal(size=(4, 3)).astype(np.float32) * step
        by_the_book, mean, square = optim.adam_reference(by_the_book, weight.grad, mean, square, step, 0.02)
        adam.step()
        np.testing.assert_allclose(weight.data, by_the_book, rtol=1e-5)


def test_a_state_for_another_model_is_refused_and_nothing_is_changed(rng):
    model = network(rng)
    optimizer = optim.SGD(model.named_parameters(), 0.1, momentum=0.9)
    give_gradients(model, rng)
    optimizer.step()
    before = optimizer.state_dict()
    for state, line in (
        ({**before, "momentum.9.weight": np.zeros(3)}, r"for another model: it has '9.weight' \(3,\)"),
        ({**before, "momentum.3.bias": np.zeros(3)}, r"for another model: it has '3.bias' \(3,\)"),
        ({"momentum.3.bias": before["momentum.3.bias"]}, "it has no 'steps'"),
    ):
        with pytest.raises(CheckpointError, match=line):
            optimizer.load_state_dict(state)
        after = optimizer.state_dict()
        assert after.keys() == before.keys() and all((after[name] == before[name]).all() for name in before)


def test_groups_have_their_own_settings():
    slow, fast = (Tensor([1.0], requires_grad=True) for _ in range(2))
    groups = [{"params": {"slow": slow}, "rate": 0.1}, {"params": {"fast": fast}, "weight_decay": 1.0}]
    optimizer = optim.SGD(groups, 0.5)
    slow.grad, fast.grad = np.ones(1, np.float32), np.ones(1, np.float32)
    optimizer.step()
    assert (slow.item(), fast.item()) == (pytest.approx(0.95), 0.0)


def test_decay_matrices_only_leaves_biases_and_scales_alone(rng):
    model = network(rng)
    decayed, kept = optim.decay_matrices_only(model, 0.3)
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.3, 0.0)
    assert list(decayed["params"]) == ["0.weight", "3.weight"]
    assert list(kept["params"]) == ["0.bias", "1.weight", "1.bias", "3.bias"]
    optimizer = optim.AdamW([decayed, kept], 0.1)
    for parameter in model.parameters():
        parameter.grad = np.zeros_like(parameter.data)
    before = model.state_dict()
    optimizer.step()
    after = model.state_dict()
    assert (after["1.weight"] == before["1.weight"]).all()
    np.testing.assert_allclose(after["3.weight"], before["3.weight"] * 0.97, rtol=1e-6)


def test_clipping_leaves_short_gradients_alone_and_says_how_long_they_were():
    one, two, none = (Tensor([0.0, 0.0], requires_grad=True) for _ in range(3))
    one.grad, two.grad = np.float32([3, 0]), np.float32([0, 4])
    assert optim.gradient_norm([one, two, none]) == 5
    assert optim.clip_gradients([one, two, none], 5) == 5
    assert (one.grad.tolist(), two.grad.tolist()) == ([3, 0], [0, 4])
    assert optim.clip_gradients([one, two, none], 1) == 5
    assert optim.gradient_norm([one, two, none]) == pytest.approx(1, abs=1e-5)
    assert one.grad.dtype == np.float32 and none.grad is None


def test_mistakes_are_told_in_one_line(rng):
    model = network(rng)
    with pytest.raises(TypeError, match=r"SGD steps tensors, not a ndarray; give it model.parameters\(\)"):
        optim.SGD([p.data for p in model.parameters()], 0.1)
    with pytest.raises(ValueError, match="nesterov needs a momentum"):
        optim.SGD(model.named_parameters(), 0.1, nesterov=True)
    plain = optim.Optimizer(model.named_parameters(), 0.1, 0.0)
    give_gradients(model, rng)
    with pytest.raises(TypeError, match="Optimizer has no update yet"):
        plain.step()


def test_a_state_that_counts_its_steps_in_no_number_is_refused():
    model = nn.Linear(2, 2)
    optimizer = optim.Adam(model.parameters())
    with pytest.raises(CheckpointError, match="counts its steps in no number"):
        optimizer.load_state_dict(optimizer.state_dict() | {"steps": np.zeros(3)})
