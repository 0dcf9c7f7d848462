"""The mixture of where a pen goes next: equal to the sum over hills one by one, with the right slope."""

import numpy as np
import pytest

from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError
from hellodl.ops.mixture import mixture_loss, mixture_loss_reference


def some(rng, steps=7, hills=3, flags=2):
    said = rng.standard_normal((steps, 6 * hills + flags))
    raised = rng.integers(0, 2, (steps, flags))
    return said, np.concatenate([rng.standard_normal((steps, 2)), raised], axis=1)


@pytest.mark.parametrize("hills, flags", [(1, 0), (3, 1), (5, 2)])
def test_the_loss_is_that_of_the_hills_added_up_one_by_one(rng, hills, flags):
    said, moves = some(rng, hills=hills, flags=flags)
    loss = mixture_loss(Tensor(said, dtype=np.float64), moves)
    assert loss.item() == pytest.approx(mixture_loss_reference(said, moves), rel=1e-10)


def test_its_gradient_is_the_slope(rng):
    said, moves = some(rng)
    said, moves = said.reshape(7, 1, -1).repeat(2, axis=1), np.stack([moves, moves + 0.3], axis=1)
    moves[..., 2:] = moves[..., 2:] > 0.5
    counts = rng.integers(0, 2, (7, 2))
    gradcheck(lambda s: mixture_loss(s, moves, counts), said, rng=rng)


def test_what_does_not_count_has_neither_loss_nor_gradient(rng):
    said, moves = some(rng)
    counts = np.array([1, 1, 0, 1, 0, 0, 1])
    tensor = Tensor(said, requires_grad=True, dtype=np.float64)
    loss = mixture_loss(tensor, moves, counts)
    loss.backward()
    kept = counts > 0
    assert loss.item() == pytest.approx(mixture_loss_reference(said[kept], moves[kept]), rel=1e-10)
    assert (tensor.grad[~kept] == 0).all() and (tensor.grad[kept] != 0).any()


def test_float32_stays_and_the_far_away_is_no_catastrophe(rng):
    said, moves = (array.astype(np.float32) for array in some(rng))
    moves[0, :2] = 1e3
    tensor = Tensor(said, requires_grad=True)
    loss = mixture_loss(tensor, moves)
    loss.backward()
    assert loss.dtype == tensor.grad.dtype == np.float32
    assert np.isfinite(loss.item()) and np.isfinite(tensor.grad).all()


def test_what_does_not_belong_together_is_refused(rng):
    with pytest.raises(ShapeError, match="mixture_loss takes"):
        mixture_loss(Tensor(np.zeros((3, 8))), np.zeros((4, 4)))
    with pytest.raises(ShapeError, match="6·M"):
        mixture_loss(Tensor(np.zeros((3, 9))), np.zeros((3, 4)))


def test_the_loss_is_pytorchs():
    """By torch.distributions: MixtureSameFamily of MultivariateNormal, and Bernoulli (torch 2, float64)."""
    said = [[0.3, -0.2, 0.5, -1.0, 0.1, 0.4, -0.7, 0.2, 0.0, -0.5, 0.6, -0.4, 1.2, -0.8]]
    said += [[1.0, 0.4, -0.3, 0.2, 0.9, -0.6, 0.1, -0.1, 0.3, 0.2, -0.9, 0.5, -0.3, 2.0]]
    slopes = [[-0.225085573, 0.225085573, 0.699500607, -0.069438338, 0.211228658, 0.250187588, 0.601364727]]
    slopes[0] += [0.067471852, 0.720320947, -0.045447087, -0.496180449, 0.131374622, -0.231475217, 0.310025519]
    slopes += [[-0.22656601, 0.22656601, 0.421009983, 0.209651813, 0.334749598, -0.177000511, 0.767194725]]
    slopes[1] += [-0.018369541, 0.787764684, -0.099869981, 0.455224, 0.205740163, 0.425557483, -0.119202922]
    tensor = Tensor(np.array(said), requires_grad=True, dtype=np.float64)
    loss = mixture_loss(tensor, np.array([[0.2, -0.4, 1, 0], [-0.5, 0.7, 0, 1]]))
    loss.backward()
    assert loss.item() == pytest.approx(5.2090332813505835, rel=1e-12)
    np.testing.assert_allclose(tensor.grad, slopes, atol=1e-9)
