"""PyTorch opens what hellodl saves, and computes the same.  Skipped where PyTorch is not installed."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.train.answers import predict
from hellodl.train.checkpoint import load_model, save_model

torch = pytest.importorskip("torch", reason="compares with PyTorch: pip install torch")
from_file = pytest.importorskip("safetensors.torch", reason="opens files with the safetensors package")


class PixelsLast(torch.nn.Module):
    """(N, C, H, W) -> (N, H, W, C), before a Flatten."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1)


def test_pytorch_opens_a_checkpoint_and_computes_the_same(tmp_path, rng):
    ours = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, rng=rng),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(6, 8, 3, stride=2, bias=False, rng=rng),
        nn.GELU("tanh"),
        nn.AvgPool2d(2, 1),
        nn.Flatten(),
        nn.Linear(200, 10, rng=rng),
        nn.LayerNorm(10),
        nn.GELU(),
        nn.Linear(10, 4, rng=rng),
    )
    ours[1].running_mean[...] = rng.standard_normal(6)
    ours[1].running_var[...] = rng.random(6) + 0.5
    path = tmp_path / "model.safetensors"
    save_model(path, ours, classes="abcd", card={})
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 6, 3, padding=1),
        torch.nn.BatchNorm2d(6),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2, ceil_mode=True),
        torch.nn.Conv2d(6, 8, 3, stride=2, bias=False),
        torch.nn.GELU("tanh"),
        torch.nn.AvgPool2d(2, 1),
        torch.nn.Sequential(PixelsLast(), torch.nn.Flatten()),
        torch.nn.Linear(200, 10),
        torch.nn.LayerNorm(10),
        torch.nn.GELU(),
        torch.nn.Linear(10, 4),
    )
    missing = theirs.load_state_dict(from_file.load_file(path), strict=False)
    assert missing.missing_keys in ([], ["1.num_batches_tracked"])  # a counter that hellodl does not need
    assert not missing.unexpected_keys
    images = rng.random((5, 28, 28, 1), dtype=np.float32)
    with torch.no_grad():
        expected = theirs.eval()(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
    reread, _ = load_model(path)
    np.testing.assert_allclose(predict(reread, images, threads=1), expected, rtol=1e-4, atol=1e-5)
