"""Every network that both libraries can build, through files: ours into PyTorch with strict=True, and theirs into ours.

    python benchmarks/peers/torch_files.py             # exit code 1 where a name, a shape or an answer differs

Needs PyTorch and safetensors. Pictures are turned from N×H×W×C for PyTorch.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from hellodl import Tensor, checkpoint, nn, no_grad

PICTURE, ROW, WORDS, STEPS = (2, 8, 8, 2), (3, 6), (2, 5), (2, 5, 6)
NETWORKS = {
    "Linear": (ROW, lambda nn: nn.Linear(6, 4)),
    "Linear without bias": (ROW, lambda nn: nn.Sequential(nn.Linear(6, 4, bias=False), nn.ReLU())),
    "Conv2d": (PICTURE, lambda nn: nn.Conv2d(2, 4, 3, padding="same", groups=2)),
    "Conv1d": (STEPS, lambda nn: nn.Conv1d(6, 4, 3)),
    "ConvTranspose2d": (PICTURE, lambda nn: nn.ConvTranspose2d(2, 4, 3, stride=2)),
    "BatchNorm2d": (
        PICTURE,
        lambda nn: nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
    ),
    "BatchNorm1d": (ROW, lambda nn: nn.Sequential(nn.BatchNorm1d(6), nn.Tanh())),
    "GroupNorm": (PICTURE, lambda nn: nn.GroupNorm(2, 2)),
    "LayerNorm": (STEPS, lambda nn: nn.LayerNorm((5, 6))),
    "Embedding": (WORDS, lambda nn: nn.Sequential(nn.Embedding(9, 6), nn.LayerNorm(6), nn.Linear(6, 9))),
    "RNN": (STEPS, lambda nn: nn.RNN(6, 4, 2, batch_first=True)),
    "GRU": (STEPS, lambda nn: nn.GRU(6, 4, batch_first=True, bidirectional=True)),
    "LSTM": (STEPS, lambda nn: nn.LSTM(6, 4, 2, batch_first=True, bidirectional=True)),
    "MultiheadAttention": (STEPS, lambda nn: nn.MultiheadAttention(6, 2, batch_first=True)),
    "ModuleList": (ROW, lambda nn: nn.Sequential(*nn.ModuleList([nn.Linear(6, 6), nn.ELU(), nn.Linear(6, 2)]))),
}


def answer(model, x, channels):
    """What a network makes of x, as an array with channels last."""
    inputs = [x] * 3 if type(model).__name__ == "MultiheadAttention" else [x]
    out = model.eval()(*inputs)
    out = out[0] if isinstance(out, tuple) else out
    if not isinstance(out, torch.Tensor):
        return out.data
    return (out.movedim(1, -1) if channels else out).detach().numpy()


def gap(ours, theirs, shape, rng):
    """How far apart the answers of both are."""
    x = rng.integers(0, 9, shape) if shape == WORDS else rng.standard_normal(shape).astype(np.float32)
    channels = shape == PICTURE or type(ours).__name__ == "Conv1d"
    turned = torch.tensor(x).movedim(-1, 1) if channels else torch.tensor(x)
    with no_grad(), torch.no_grad():
        return float(np.abs(answer(ours, Tensor(x), False) - answer(theirs, turned, channels)).max())


def main():
    """Every network, there and back, in float32 and in bfloat16."""
    folder, rng, wrong = Path(tempfile.mkdtemp()), np.random.default_rng(0), 0
    for name, (shape, build) in NETWORKS.items():
        gaps = []
        try:
            ours, theirs, path = build(nn), build(torch.nn), str(folder / "net.safetensors")
            checkpoint.save_model(path, ours, card={})
            theirs.load_state_dict(load_file(path), strict=True)
            gaps.append(gap(ours, theirs, shape, rng))
            for kind in (torch.float32, torch.bfloat16):
                ours, theirs = build(nn), build(torch.nn)
                if "Norm" in name and shape in (PICTURE, ROW) and kind is torch.float32:  # statistics and a count
                    theirs.train()(torch.randn(shape).movedim(-1, 1) if shape == PICTURE else torch.randn(shape))
                state = {k: v.to(kind) if v.is_floating_point() else v for k, v in theirs.state_dict().items()}
                theirs.load_state_dict(state)
                save_file(state, path)
                ours.load_state_dict(checkpoint.load(path)[0])
                gaps.append(gap(ours, theirs, shape, rng))
            fine = max(gaps) < 1e-5
            note = f"answers within {max(gaps):.0e}"
        except Exception as error:
            fine, note = False, f"{type(error).__name__}: {error}"
        wrong += not fine
        print(f"{name:20} {'' if fine else 'WRONG: '}{note}")
    print(f"{wrong} of {len(NETWORKS)} networks differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
