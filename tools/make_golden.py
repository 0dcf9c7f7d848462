"""Numbers that PyTorch computed once, for the tests to compare with: tests/golden/golden.npz.

A gradient check shows that an operation's gradient belongs to its value, but not that it is the right operation.
PyTorch is the second judge. It is needed only to make the file anew:

    pip install torch==2.13.0
    python tools/make_golden.py

Everything is computed in float64 and kept so, in this project's order: images are (N, H, W, C) here and
(N, C, H, W) there. Names in the file are "case.array"; the gradient of the loss with respect to x is "case.dx".
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).resolve().parents[1] / "tests" / "golden" / "golden.npz"

golden: dict[str, np.ndarray] = {}
rng = np.random.default_rng(2013)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


def normal(*shape: int) -> torch.Tensor:
    """Random numbers that a gradient is wanted of."""
    return torch.tensor(rng.standard_normal(shape), requires_grad=True)


def keep(case: str, **arrays: torch.Tensor | np.ndarray) -> None:
    """Into the file, as plain arrays."""
    for name, array in arrays.items():
        plain = array.detach().numpy() if isinstance(array, torch.Tensor) else np.asarray(array)
        golden[f"{case}.{name}"] = np.array(plain, order="C")


def pixels_last(image: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) -> (N, H, W, C), where it is an image at all."""
    return image.permute(0, 2, 3, 1) if image.ndim == 4 else image


def with_gradients(
    case: str, function: Callable[..., torch.Tensor], images: Mapping[str, torch.Tensor], **others: torch.Tensor
) -> None:
    """Run a function, walk back from a random weighting of its result, and keep all that went in and came out."""
    out = function(**images, **others)
    cotangent = torch.tensor(rng.standard_normal(tuple(out.shape)))
    out.backward(cotangent)
    keep(case, out=pixels_last(out), cotangent=pixels_last(cotangent))
    for name, tensor in images.items():
        keep(case, **{name: pixels_last(tensor), f"d{name}": pixels_last(tensor.grad)})
    for name, tensor in others.items():
        keep(case, **{name: tensor, f"d{name}": tensor.grad})


def layers() -> None:
    """Convolution, pooling, normalisation, linear layer, activations."""
    windows = {"plain": (1, 0, (3, 3)), "padded": (1, 1, (3, 3)), "strided": (2, 1, (3, 3))}
    windows |= {"oblong": ((2, 1), (0, 2), (2, 4)), "pointwise": (1, 0, (1, 1)), "wide_frame": (1, 3, (2, 2))}
    for name, (stride, padding, kernel) in windows.items():
        with_gradients(
            f"conv2d_{name}",
            lambda x, weight, bias, s=stride, p=padding: F.conv2d(x, weight, bias, s, p),
            {"x": normal(2, 3, 7, 6)},
            weight=normal(4, 3, *kernel),
            bias=normal(4),
        )
    pools = {"halves": (2, 2, False), "halves_ceil": (2, 2, True), "overlapping": (3, 2, False)}
    pools |= {"overlapping_ceil": (3, 2, True), "sparse_ceil": (2, 3, True), "oblong": ((3, 2), (1, 2), False)}
    for name, (size, stride, ceil_mode) in pools.items():
        with_gradients(
            f"max_pool2d_{name}",
            lambda x, k=size, s=stride, c=ceil_mode: F.max_pool2d(x, k, s, ceil_mode=c),
            {"x": normal(2, 3, 7, 5)},
        )
    with_gradients("avg_pool2d_halves", lambda x: F.avg_pool2d(x, 2), {"x": normal(2, 3, 7, 5)})
    with_gradients("avg_pool2d_overlapping", lambda x: F.avg_pool2d(x, 3, 2), {"x": normal(2, 3, 7, 6)})
    with_gradients(
        "layer_norm",
        lambda x, weight, bias: F.layer_norm(x, (6,), weight, bias),
        {"x": normal(2, 3, 6)},
        weight=normal(6),
        bias=normal(6),
    )
    with_gradients(
        "linear",
        lambda x, weight, bias: F.linear(x, weight, bias),
        {"x": normal(5, 4)},
        weight=normal(3, 4),
        bias=normal(3),
    )
    wide = torch.tensor(np.linspace(-6, 6, 41), requires_grad=True)
    with_gradients("gelu", lambda x: F.gelu(x), {"x": wide})
    wide = torch.tensor(np.linspace(-6, 6, 41), requires_grad=True)
    with_gradients("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), {"x": wide})
    with_gradients("softmax", lambda x: F.softmax(x, -1), {"x": normal(4, 5)})
    with_gradients("log_softmax", lambda x: F.log_softmax(x, -1), {"x": normal(4, 5)})


def batch_norm() -> None:
    """Two training batches of a batch norm, then one in eval: values, gradients, running statistics."""
    layer = torch.nn.BatchNorm2d(3, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(normal(3))
        layer.bias.copy_(normal(3))
    keep("batch_norm", weight=layer.weight, bias=layer.bias)
    for number, mode in enumerate(("train", "train", "eval")):
        getattr(layer, mode)()
        layer.zero_grad()
        with_gradients(f"batch_norm_{number}", lambda x: layer(x), {"x": normal(4, 3, 3, 2)})
        keep(f"batch_norm_{number}", running_mean=layer.running_mean, running_var=layer.running_var)
        keep(f"batch_norm_{number}", dweight=layer.weight.grad, dbias=layer.bias.grad)


def losses() -> None:
    """Cross-entropy with and without label smoothing, and mean squared error."""
    for smoothing in (0.0, 0.1):
        for reduction in ("mean", "sum"):
            logits, targets = normal(6, 5), torch.tensor(rng.integers(0, 5, 6))
            loss = F.cross_entropy(logits, targets, label_smoothing=smoothing, reduction=reduction)
            loss.backward()
            case = f"cross_entropy_{smoothing}_{reduction}"
            keep(case, logits=logits, targets=targets, loss=loss, dlogits=logits.grad)
    prediction, target = normal(3, 4), torch.tensor(rng.standard_normal((3, 4)))
    loss = F.mse_loss(prediction, target)
    loss.backward()
    keep("mse_loss", prediction=prediction, target=target, loss=loss, dprediction=prediction.grad)


def letter_network() -> torch.nn.Sequential:
    """The letter network of the original Hello Deep Learning, with fewer channels so that the file stays small."""

    class PixelsLast(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.permute(0, 2, 3, 1)

    nn = torch.nn
    pool = nn.MaxPool2d(2, ceil_mode=True)
    return nn.Sequential(
        *(nn.Conv2d(1, 3, 3), nn.GELU(), pool),
        *(nn.Conv2d(3, 4, 3), nn.GELU(), pool),
        *(nn.Conv2d(4, 6, 3), nn.GELU(), pool),
        nn.Sequential(PixelsLast(), nn.Flatten()),
        *(nn.Linear(24, 8), nn.GELU(), nn.Linear(8, 9), nn.GELU(), nn.Linear(9, 26)),
    ).double()


def whole_network() -> None:
    """A network's logits, loss and gradients, and its weights after three steps of AdamW."""
    torch.manual_seed(26)
    network = letter_network()
    images = torch.tensor(rng.random((3, 1, 28, 28)).astype(np.float32).astype(np.float64))
    labels = torch.tensor(rng.integers(0, 26, 3))
    keep("letters", images=pixels_last(images), labels=labels)
    keep("letters.state", **dict(network.state_dict()))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.1)
    for step in range(3):
        optimizer.zero_grad()
        logits = network(images)
        loss = F.cross_entropy(logits, labels, label_smoothing=0.1)
        loss.backward()
        if step == 0:
            keep("letters", logits=logits, loss=loss)
            keep("letters.gradient", **{name: p.grad for name, p in network.named_parameters()})
        optimizer.step()
    keep("letters.trained", **dict(network.state_dict()))


def optimisers() -> None:
    """Five steps of each with fixed gradients."""
    gradients = rng.standard_normal((5, 2, 3))
    start = rng.standard_normal((2, 3))
    keep("optim", gradients=gradients, start=start)
    optim = torch.optim
    makers = {
        "sgd": lambda p: optim.SGD(p, lr=0.1),
        "sgd_decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.2),
        "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.2),
        "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.2),
        "adam": lambda p: optim.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3),
        "adam_decay": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.2),
        "adamw": lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.2),
    }
    for name, make in makers.items():
        weight = torch.tensor(start, requires_grad=True)
        optimizer = make([weight])
        weights = []
        for gradient in gradients:
            weight.grad = torch.tensor(gradient)
            optimizer.step()
            weights.append(weight.detach().numpy().copy())
        keep("optim", **{name: np.stack(weights)})
    one, two = normal(2, 3), normal(4)
    one.grad, two.grad = torch.tensor(gradients[0]), torch.tensor(rng.standard_normal(4))
    keep("clip", one=one.grad.clone(), two=two.grad.clone())
    norm = torch.nn.utils.clip_grad_norm_([one, two], 1.5)
    keep("clip", norm=norm, clipped_one=one.grad, clipped_two=two.grad)


def schedules() -> None:
    """The share of the full learning rate at every step."""
    schedulers = torch.optim.lr_scheduler
    makers = {
        "one_cycle": lambda o: schedulers.OneCycleLR(o, max_lr=1.0, total_steps=40),
        "one_cycle_early": lambda o: schedulers.OneCycleLR(o, max_lr=1.0, total_steps=40, pct_start=0.12),
        "cosine": lambda o: schedulers.CosineAnnealingLR(o, T_max=40),
    }
    for name, make in makers.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        scheduler = make(optimizer)
        rates = []
        for step in range(40):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step < 39:
                scheduler.step()
        keep("schedule", **{name: np.array(rates)})


def recurrent() -> None:
    """Two layers of RNN, GRU and LSTM, one-way and both ways: every output, the last state, all gradients."""
    for kind in ("RNN", "GRU", "LSTM"):
        for both_ways in (False, True):
            case = f"{kind}_both_ways" if both_ways else kind
            directions = 2 if both_ways else 1
            layer = getattr(torch.nn, kind)(3, 4, 2, bidirectional=both_ways).double()
            x = normal(5, 2, 3)
            states = [normal(2 * directions, 2, 4) for _ in range(2 if kind == "LSTM" else 1)]
            out, last = layer(x, tuple(states) if kind == "LSTM" else states[0])
            results = [out, *(last if kind == "LSTM" else [last])]
            weights = [torch.tensor(rng.standard_normal(tuple(result.shape))) for result in results]
            sum((result * weight).sum() for result, weight in zip(results, weights)).backward()
            keep(case, x=x, dx=x.grad)
            for number, (result, weight) in enumerate(zip(results, weights)):
                keep(case, **{f"out{number}": result, f"cotangent{number}": weight})
            for number, state in enumerate(states):
                keep(case, **{f"state{number}": state, f"dstate{number}": state.grad})
            keep(f"{case}.weight", **dict(layer.state_dict()))
            keep(f"{case}.dweight", **{name: p.grad for name, p in layer.named_parameters()})


def transformers() -> None:
    """Embedding, RMS normalisation, silu, and causal attention of several heads with its projections."""
    which = torch.tensor(rng.integers(0, 5, (3, 4)))
    keep("embedding", which=which)
    with_gradients("embedding", lambda weight: F.embedding(which, weight), {"weight": normal(5, 3)})
    with_gradients("rms_norm", lambda x: F.rms_norm(x, (6,), eps=1e-6), {"x": normal(2, 3, 6)})
    with_gradients("silu", lambda x: F.silu(x), {"x": normal(4, 5)})

    def attention(qkv: torch.Tensor) -> torch.Tensor:
        q, k, v = qkv.reshape(2, 7, 3, 2, 4).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(2, 7, 8)

    with_gradients("self_attention", attention, {"qkv": normal(2, 7, 24)})


def muon() -> None:
    """Three steps of PyTorch's own Muon, whose products are in bfloat16 and whose averages are scaled another way."""
    gradients, start = rng.standard_normal((3, 6, 4)), rng.standard_normal((6, 4))
    weight = torch.tensor(start, requires_grad=True, dtype=torch.float32)
    optimizer = torch.optim.Muon([weight], lr=0.1, momentum=0.95, weight_decay=0.1)
    for gradient in gradients:
        weight.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    keep("muon", gradients=gradients, start=start, end=weight)


def ctc() -> None:
    """CTC of logits, so that the gradient is the same whether one counts log_softmax in or not."""
    ends, lengths = torch.tensor([12, 9, 7]), torch.tensor([4, 0, 3])
    targets = torch.tensor([[1, 2, 2, 4], [0, 0, 0, 0], [3, 3, 1, 0]])
    keep("ctc", ends=ends, lengths=lengths, targets=targets)
    for reduction in ("mean", "sum", "none"):

        def loss(logits: torch.Tensor, reduction: str = reduction) -> torch.Tensor:
            return torch.nn.CTCLoss(reduction=reduction)(logits.log_softmax(2), targets, ends, lengths)

        with_gradients(f"ctc_{reduction}", loss, {"logits": normal(12, 3, 5)})


def pen() -> None:
    """A whole step of the network that writes by hand: its loss, and the gradient of each weight."""
    sys.path.insert(0, str(HERE.parents[2] / "benchmarks" / "peers"))
    import torch_pen_peer as peer

    network = peer.built(
        {"symbols": 5, "hands": 3, "width": 6, "hills": 2, "gaussians": 2, "letter": 3, "hand": 2, "whole": 2}
    )
    texts, hands = torch.tensor([[1, 2, 3, 0], [4, 0, 0, 0]]), torch.tensor([1, 2])
    after = torch.tensor(rng.standard_normal((6, 2, 4)))
    after[..., 2:] = (after[..., 2:] > 0).double()
    weights = {
        name: rng.integers(-16, 17, tuple(p.shape)) / 16 for name, p in network.named_parameters()
    }  # small files
    network.double().load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    before = torch.cat([torch.zeros_like(after[:1]), after[:-1]])
    said = network(before, texts, (texts > 0).sum(1) + 1, hands)
    loss = peer.mixture_loss(said, after)
    loss.backward()
    keep("pen", texts=texts, hands=hands, after=after, said=said, loss=loss)
    keep("pen.weight", **weights)
    keep("pen.dweight", **{name: p.grad for name, p in network.named_parameters()})


if __name__ == "__main__":
    layers()
    batch_norm()
    losses()
    whole_network()
    optimisers()
    schedules()
    torch.manual_seed(26)
    recurrent()
    transformers()
    muon()
    ctc()
    pen()
    keep("made", torch=np.array(torch.__version__))
    np.savez_compressed(HERE, **golden)
    print(f"{len(golden)} arrays, {HERE.stat().st_size} bytes in {HERE}")
