"""Muon steps along nearly orthogonal matrices, and leaves to AdamW what is no matrix of the inside."""

import numpy as np
import pytest

from hellodl import nn, optim
from hellodl.autograd.tensor import Tensor
from hellodl.optim import muon


@pytest.mark.parametrize("shape", [(8, 8), (5, 12), (12, 5), (3, 6, 4)])
def test_orthogonalised_is_close_to_the_matrix_with_all_singular_values_one(shape, rng):
    matrix = rng.standard_normal(shape).astype(np.float32)
    found = muon.orthogonalised(matrix)
    singular = np.linalg.svd(found, compute_uv=False)
    assert found.dtype == np.float32 and singular.min() > 0.6 and singular.max() < 1.3
    for one, original in zip(found.reshape(-1, *shape[-2:]), matrix.reshape(-1, *shape[-2:])):
        nearest = muon.orthogonalised_reference(original)
        along = (one * nearest).sum() / np.linalg.norm(one) / np.linalg.norm(nearest)
        assert along > 0.97


def test_the_size_of_a_gradient_does_not_matter_only_its_directions(rng):
    gradient = rng.standard_normal((4, 6)).astype(np.float32)
    steps = []
    for size in (1, 1000):
        weight = Tensor(np.zeros((4, 6)), requires_grad=True)
        weight.grad = gradient * np.float32(size)
        muon.Muon([{"params": {"w": weight}, "pieces": 1}], 0.1).step()
        steps.append(weight.data)
    np.testing.assert_allclose(*steps, atol=1e-5)


def test_pieces_are_stepped_as_if_each_were_a_matrix_of_its_own(rng):
    gradients = rng.standard_normal((3, 2, 4, 5)).astype(np.float32)
    together = Tensor(np.zeros((8, 5)), requires_grad=True)
    alone = [Tensor(np.zeros((4, 5)), requires_grad=True) for _ in range(2)]
    one = muon.Muon([{"params": {"w": together}, "pieces": 2}], 0.1)
    two = muon.Muon([{"params": {"a": alone[0], "b": alone[1]}, "pieces": 1}], 0.1, threads=2)
    for gradient in gradients:
        together.grad = gradient.reshape(8, 5)
        alone[0].grad, alone[1].grad = gradient
        one.step()
        two.step()
    np.testing.assert_allclose(together.data, np.concatenate([a.data for a in alone]), atol=1e-6)


def test_every_weight_of_a_language_model_is_in_one_group(rng):
    for model in (
        nn.GPT(11, 8, 2, 2, 8, tied=False, rng=rng),
        nn.GPT(11, 8, 2, 2, 8, rng=rng),
        nn.RecurrentText("gru", 11, 6, 2, rng=rng),
    ):
        groups = muon.groups(model, 0.1)
        names = [name for group in groups for name in group["params"]]
        assert sorted(names) == sorted(dict(model.named_parameters()))
        inside = {name for group in groups if "pieces" in group for name in group["params"]}
        assert inside and not any("head" in name or "symbols" in name or "bias" in name for name in inside)


def test_three_pieces_are_queries_keys_and_values_or_gates(rng):
    groups = muon.groups(nn.GPT(11, 8, 1, 2, 8, rng=rng))
    pieces = {name: group["pieces"] for group in groups if "pieces" in group for name in group["params"]}
    assert pieces["block_0.attention.qkv.weight"] == 3 and pieces["block_0.network.expand.weight"] == 1
    groups = muon.groups(nn.RecurrentText("gru", 11, 6, 1, rng=rng))
    assert all(group.get("pieces") in (None, 3) for group in groups)


def test_it_goes_on_from_its_state_to_the_same_weights(rng):
    def trained(stop):
        model = nn.GPT(5, 4, 1, 2, 4, rng=np.random.default_rng(0))
        optimizer = muon.Muon(muon.groups(model))
        for step in range(4):
            if step == stop:
                state, optimizer = optimizer.state_dict(), muon.Muon(muon.groups(model))
                optimizer.load_state_dict(state)
            draw = np.random.default_rng(step)
            for parameter in model.parameters():
                parameter.grad = draw.standard_normal(parameter.shape).astype(np.float32)
            optimizer.step()
        return model.state_dict()

    one, other = trained(None), trained(2)
    assert all((one[name] == other[name]).all() for name in one)


def test_the_rest_is_adamw_to_the_letter(rng):
    gradient = rng.standard_normal(7).astype(np.float32)
    weights = []
    for make in (
        lambda w: muon.Muon([{"params": {"w": w}}], 0.01, betas=(0.9, 0.99), weight_decay=0.1),
        lambda w: optim.AdamW({"w": w}, 0.01, betas=(0.9, 0.99), eps=1e-10, weight_decay=0.1),
    ):
        weight = Tensor(np.ones(7), requires_grad=True)
        optimizer = make(weight)
        for _ in range(3):
            weight.grad = gradient
            optimizer.step()
        weights.append(weight.data)
    assert (weights[0] == weights[1]).all()


def test_kernels_of_convolutions_are_matrices_too_and_the_last_layer_is_the_head(rng):
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, rng=rng),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4, 6, rng=rng),
        nn.Linear(6, 3, gain=1, rng=rng),
    )
    kind = {}
    for group in muon.groups(model, 0.1):
        kind |= {name: (group.get("pieces"), group.get("rate")) for name in group["params"]}
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    assert set(kind) == set(shapes)
    assert {shapes[name] for name, found in kind.items() if found == (1, None)} == {(4, 2, 3, 3), (6, 4)}
    assert {shapes[name] for name, found in kind.items() if found == (None, 0.25)} == {(3, 6)}
    assert all(len(shapes[name]) == 1 for name, found in kind.items() if found == (None, 0.5))


def test_a_kernel_is_stepped_as_the_matrix_from_its_window_to_its_channels(rng):
    gradient = rng.standard_normal((4, 2, 3, 3)).astype(np.float32)
    kernel, matrix = (Tensor(np.zeros(shape), requires_grad=True) for shape in ((4, 2, 3, 3), (4, 18)))
    kernel.grad, matrix.grad = gradient, gradient.reshape(4, 18)
    for weight in (kernel, matrix):
        muon.Muon([{"params": {"w": weight}, "pieces": 1}], 0.1).step()
    assert kernel.data.shape == (4, 2, 3, 3) and kernel.data.any()
    np.testing.assert_allclose(kernel.data.reshape(4, 18), matrix.data, atol=1e-6)
