"""Kernels, feature maps and saliency: the pictures say what the network computes."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from hellodl import Tensor, nn
from hellodl.errors import HelloError
from hellodl.plots import layers


def test_the_last_activation_is_the_answer_of_the_network(network, images):
    passed = layers.activations(network, images)
    assert [name for name, _ in passed][:3] == ["0 Conv2d", "1 BatchNorm2d", "2 ReLU"]
    x = Tensor(images[..., None].astype(np.float32) / 255)
    np.testing.assert_allclose(passed[-1][1], network(x).data, rtol=1e-5, atol=1e-6)
    assert layers.hidden(network, images).shape == (30, 12)
    with pytest.raises(HelloError, match="no plain row of layers"):
        layers.activations(nn.Residual(network), images)


def test_saliency_is_the_slope_of_the_score_by_each_pixel(network, images):
    wanted = np.array([1, 2])
    pixels = images[:2, ..., None].astype(np.float32) / 255
    slopes = layers.saliency(network, pixels, wanted)
    assert slopes.shape == (2, 28, 28, 1)
    step = 1e-2
    for k, (i, j) in enumerate([(5, 7), (20, 13)]):
        up, down = pixels.copy(), pixels.copy()
        up[k, i, j] += step
        down[k, i, j] -= step
        scores = [network(Tensor(x)).data[k, wanted[k]] for x in (up, down)]
        assert slopes[k, i, j, 0] == pytest.approx((scores[0] - scores[1]) / (2 * step), rel=0.05, abs=1e-4)
    assert all(weight.grad is None for weight in network.parameters())


def test_a_picture_of_the_way_through_the_network(network, images):
    sheet = layers.feature_maps(network, images[0], "abc", "a network")
    shown = [axes for axes in sheet.axes if axes.images]
    assert len(shown) == 3, "the image, after ReLU, after the residual block"
    maps = layers.activations(network, images[:1])[2][1][0]
    first = np.ma.filled(np.ma.asarray(shown[1].images[0].get_array()), np.nan)[:28, :28]
    np.testing.assert_allclose(first, maps[..., 0] / maps[..., 0].max(), rtol=1e-6)
    assert "4 maps of 28 × 28" in sheet.get_label()


def test_kernels_are_drawn_in_their_places(rng):
    single = rng.standard_normal((9, 1, 3, 3))
    drawn = np.ma.filled(layers.kernels(single, "0.weight").axes[0].images[0].get_array(), np.nan)
    assert drawn.shape == (11, 11), "three by three, with gaps"
    np.testing.assert_allclose(drawn[4:7, 4:7], single[4, 0])
    many = rng.standard_normal((40, 20, 3, 3))
    sheet = layers.kernels(many, "3.weight")
    drawn = np.ma.filled(sheet.axes[0].images[0].get_array(), np.nan)
    assert drawn.shape == (16 * 4 - 1, 16 * 4 - 1)
    np.testing.assert_allclose(drawn[4:7, 8:11], many[1, 2])
    assert "here 16 × 16" in sheet.get_label()


def test_a_picture_of_what_the_network_looks_at(network, images):
    sheet = layers.saliency_maps(network, images[:3], np.array([0, 1, 2]), ["a", "b", "c"])
    assert len(sheet.axes) == 6
    slopes = layers.saliency(network, images[:3], np.array([0, 1, 2]))
    np.testing.assert_allclose(sheet.axes[4].images[0].get_array(), slopes[1, ..., 0])
