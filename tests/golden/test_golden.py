"""What PyTorch 2.13 computed (tools/make_golden.py), hellodl computes: values and gradients, in float64."""

from pathlib import Path

import numpy as np
import pytest

from hellodl import nn, ops, optim
from hellodl.autograd.tensor import Tensor
from hellodl.nn.norm import BatchNorm2d, normalise_rows
from hellodl.ops import activations, attention, conv, pool
from hellodl.optim import muon

FILE = Path(__file__).with_name("golden.npz")
GOLDEN = dict(np.load(FILE))


def case(name):
    """All arrays of one case, without its name."""
    return {key.removeprefix(f"{name}."): array for key, array in GOLDEN.items() if key.startswith(f"{name}.")}


def leaf(array):
    return Tensor(array.copy(), requires_grad=True, dtype=np.float64)


def close(ours, theirs, tolerance=1e-10):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def layer_norm(x, weight, bias):
    return normalise_rows(x, weight, bias, 1e-5)


OPERATIONS = {
    "conv2d_plain": conv.conv2d,
    "conv2d_padded": lambda x, weight, bias: conv.conv2d(x, weight, bias, padding=1),
    "conv2d_strided": lambda x, weight, bias: conv.conv2d(x, weight, bias, stride=2, padding=1),
    "conv2d_oblong": lambda x, weight, bias: conv.conv2d(x, weight, bias, stride=(2, 1), padding=(0, 2)),
    "conv2d_pointwise": conv.conv2d,
    "conv2d_wide_frame": lambda x, weight, bias: conv.conv2d(x, weight, bias, padding=3),
    "max_pool2d_halves": lambda x: pool.max_pool2d(x, 2),
    "max_pool2d_halves_ceil": lambda x: pool.max_pool2d(x, 2, ceil_mode=True),
    "max_pool2d_overlapping": lambda x: pool.max_pool2d(x, 3, 2),
    "max_pool2d_overlapping_ceil": lambda x: pool.max_pool2d(x, 3, 2, ceil_mode=True),
    "max_pool2d_sparse_ceil": lambda x: pool.max_pool2d(x, 2, 3, ceil_mode=True),
    "max_pool2d_oblong": lambda x: pool.max_pool2d(x, (3, 2), (1, 2)),
    "avg_pool2d_halves": lambda x: pool.avg_pool2d(x, 2),
    "avg_pool2d_overlapping": lambda x: pool.avg_pool2d(x, 3, 2),
    "layer_norm": layer_norm,
    "linear": ops.linear,
    "gelu": activations.gelu,
    "gelu_tanh": activations.gelu_tanh,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "embedding": lambda weight: ops.embedding(GOLDEN["embedding.which"], weight),
    "rms_norm": ops.rms_norm,
    "silu": activations.silu,
    "self_attention": lambda qkv: attention.self_attention(qkv, 2),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_computes_what_pytorch_computes(name):
    golden = case(name)
    inputs = {k: leaf(golden[k]) for k in golden if f"d{k}" in golden}
    out = OPERATIONS[name](**inputs)
    close(out.data, golden["out"])
    out.backward(golden["cotangent"])
    for key, tensor in inputs.items():
        close(tensor.grad, golden[f"d{key}"])


def in_float64(module):
    for parameter in module.parameters():
        parameter.data = parameter.data.astype(np.float64, order="K")
    return module


def test_batch_norm_learns_running_statistics_and_uses_them_in_eval():
    layer = in_float64(BatchNorm2d(3))
    layer.weight.data[...], layer.bias.data[...] = GOLDEN["batch_norm.weight"], GOLDEN["batch_norm.bias"]
    for number, training in enumerate((True, True, False)):
        golden = case(f"batch_norm_{number}")
        layer.train(training).zero_grad()
        x = leaf(golden["x"])
        out = layer(x)
        out.backward(golden["cotangent"])
        tolerance = 1e-10 if training else 1e-5  # running statistics are float32
        close(out.data, golden["out"], tolerance)
        close(x.grad, golden["dx"], tolerance)
        close(layer.weight.grad, golden["dweight"], tolerance)
        close(layer.bias.grad, golden["dbias"], tolerance)
        close(layer.running_mean, golden["running_mean"], 1e-6)
        close(layer.running_var, golden["running_var"], 1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_cross_entropy(smoothing, reduction):
    golden = case(f"cross_entropy_{smoothing}_{reduction}")
    logits = leaf(golden["logits"])
    loss = nn.cross_entropy(logits, golden["targets"], label_smoothing=smoothing, reduction=reduction)
    loss.backward()
    close(loss.data, golden["loss"])
    close(logits.grad, golden["dlogits"])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ctc(reduction):
    golden, about = case(f"ctc_{reduction}"), case("ctc")
    logits = leaf(golden["logits"])
    loss = nn.CTCLoss(reduction=reduction)(ops.log_softmax(logits), about["targets"], about["ends"], about["lengths"])
    loss.backward(golden["cotangent"])
    close(loss.data, golden["out"])
    close(logits.grad, golden["dlogits"])


def test_mean_squared_error():
    golden = case("mse_loss")
    prediction = leaf(golden["prediction"])
    loss = nn.mse_loss(prediction, golden["target"])
    loss.backward()
    close(loss.data, golden["loss"])
    close(prediction.grad, golden["dprediction"])


def letter_network():
    """The letter network of the original Hello Deep Learning, with fewer channels."""
    layers = []
    for channels in ((1, 3), (3, 4), (4, 6)):
        layers += [nn.Conv2d(*channels, 3, rng=None), nn.GELU(), nn.MaxPool2d(2, ceil_mode=True)]
    layers += [nn.Flatten(), nn.Linear(24, 8, rng=None), nn.GELU(), nn.Linear(8, 9, rng=None), nn.GELU()]
    return nn.Sequential(*layers, nn.Linear(9, 26, rng=None))


def test_state_dict_has_pytorchs_names_and_shapes():
    ours, theirs = letter_network().state_dict(), case("letters.state")
    assert {name: array.shape for name, array in ours.items()} == {n: array.shape for n, array in theirs.items()}
    assert list(ours) == list(theirs)


def test_a_whole_network_with_pytorchs_weights_gives_its_logits_and_gradients_and_learns_the_same():
    golden, gradients, trained = case("letters"), case("letters.gradient"), case("letters.trained")
    network = letter_network()
    network.load_state_dict(case("letters.state"))
    optimizer = optim.AdamW(network.named_parameters(), 0.01, weight_decay=0.1)
    for step in range(3):
        network.zero_grad()
        logits = network(Tensor(golden["images"]))
        loss = nn.cross_entropy(logits, golden["labels"], label_smoothing=0.1)
        loss.backward()
        if step == 0:
            assert logits.dtype == np.float32
            close(logits.data, golden["logits"], 1e-5)
            close(loss.item(), golden["loss"], 1e-5)
            for name, parameter in network.named_parameters():
                close(parameter.grad, gradients[name], 1e-5)
        optimizer.step()
    for name, array in network.state_dict().items():
        close(array, trained[name], 2e-4)


def test_the_whole_network_in_float64_is_pytorchs_to_ten_digits():
    golden, gradients = case("letters"), case("letters.gradient")
    network = in_float64(letter_network())
    network.load_state_dict(case("letters.state"))
    logits = network(Tensor(golden["images"], dtype=np.float64))
    loss = nn.cross_entropy(logits, golden["labels"], label_smoothing=0.1)
    loss.backward()
    close(logits.data, golden["logits"])
    close(loss.data, golden["loss"])
    for name, parameter in network.named_parameters():
        close(parameter.grad, gradients[name])


OPTIMISERS = {
    "sgd": lambda p: optim.SGD(p, 0.1),
    "sgd_decay": lambda p: optim.SGD(p, 0.1, weight_decay=0.2),
    "momentum": lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.2),
    "nesterov": lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.2),
    "adam": lambda p: optim.Adam(p, 0.1, betas=(0.8, 0.95), eps=1e-3),
    "adam_decay": lambda p: optim.Adam(p, 0.1, weight_decay=0.2),
    "adamw": lambda p: optim.AdamW(p, 0.1, weight_decay=0.2),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_five_steps_of_an_optimiser_are_pytorchs(name):
    weight = leaf(GOLDEN["optim.start"])
    optimizer = OPTIMISERS[name]({"weight": weight})
    for gradient, expected in zip(GOLDEN["optim.gradients"], GOLDEN[f"optim.{name}"]):
        weight.grad = gradient.copy()
        optimizer.step()
        close(weight.data, expected, 1e-12)
        assert (weight.grad == gradient).all()  # the caller's gradient is not the optimiser's scratch paper


def test_gradient_clipping_scales_all_gradients_together():
    golden = case("clip")
    one, two = leaf(golden["one"]), leaf(golden["two"])
    one.grad, two.grad = golden["one"].copy(), golden["two"].copy()
    close(optim.clip_gradients([one, two], 1.5), golden["norm"])
    close(one.grad, golden["clipped_one"])
    close(two.grad, golden["clipped_two"])


SCHEDULES = {"one_cycle": optim.one_cycle(40), "one_cycle_early": optim.one_cycle(40, rise=0.12)}


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_learning_rate_of_every_step_is_pytorchs(name):
    close([SCHEDULES[name](step) for step in range(40)], GOLDEN[f"schedule.{name}"])


def test_cosine_without_warm_up_is_pytorchs_cosine_annealing():
    close([optim.cosine(40)(step) for step in range(40)], GOLDEN["schedule.cosine"])


@pytest.mark.parametrize("both_ways", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_take_pytorchs_weights_and_give_its_outputs_states_and_gradients(kind, both_ways):
    name = f"{kind}_both_ways" if both_ways else kind
    golden, gradients = case(name), case(f"{name}.dweight")
    layer = in_float64(getattr(nn, kind)(3, 4, 2, bidirectional=both_ways))
    layer.load_state_dict(case(f"{name}.weight"))
    x, states = leaf(golden["x"]), [leaf(golden[f"state{k}"]) for k in range(2 if kind == "LSTM" else 1)]
    out, last = layer(x, tuple(states) if kind == "LSTM" else states[0])
    loss = 0
    for number, result in enumerate([out, *(last if kind == "LSTM" else [last])]):
        close(result.data, golden[f"out{number}"])
        loss = loss + (result * golden[f"cotangent{number}"]).sum()
    loss.backward()
    close(x.grad, golden["dx"])
    for number, state in enumerate(states):
        close(state.grad, golden[f"dstate{number}"])
    for key, parameter in layer.named_parameters():
        close(parameter.grad, gradients[key])


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_in_float32_are_pytorchs_to_five_digits(kind):
    golden = case(kind)
    layer = getattr(nn, kind)(3, 4, 2)
    layer.load_state_dict(case(f"{kind}.weight"))
    states = [Tensor(golden[f"state{k}"]) for k in range(2 if kind == "LSTM" else 1)]
    x = Tensor(golden["x"], requires_grad=True)
    out, _ = layer(x, tuple(states) if kind == "LSTM" else states[0])
    assert out.dtype == np.float32
    close(out.data, golden["out0"], 1e-5)


def test_muon_goes_where_pytorchs_goes():
    golden = case("muon")
    weight = Tensor(golden["start"], requires_grad=True)
    # PyTorch steps √max(1, out/in) times as far, as we do, and decays by rate·decay.
    optimizer = muon.Muon([{"params": {"w": weight}, "pieces": 1}], 0.1, weight_decay=0.1)
    for gradient in golden["gradients"]:
        weight.grad = gradient.astype(np.float32)
        optimizer.step()
    moved, theirs = weight.data - golden["start"], golden["end"] - golden["start"]
    assert np.linalg.norm(moved - theirs) < 0.02 * np.linalg.norm(theirs)  # bfloat16 there


def test_a_step_of_the_pen_has_pytorchs_loss_and_gradients():
    golden, slopes = case("pen"), case("pen.dweight")
    model = in_float64(nn.Pen(5, 3, 6, 2, 2, 3, 2, 2))
    model.load_state_dict(case("pen.weight"))
    texts, after = golden["texts"], golden["after"]
    before = Tensor(np.concatenate([np.zeros_like(after[:1]), after[:-1]]), dtype=np.float64)
    said = model(before, texts, (texts > 0).sum(axis=1) + 1, golden["hands"])
    close(said.data, golden["said"])
    loss = ops.mixture_loss(said, after)
    close(loss.data, golden["loss"])
    loss.backward()
    assert {name for name, _ in model.named_parameters()} == set(slopes)
    for name, parameter in model.named_parameters():
        close(parameter.grad, slopes[name])


def test_the_golden_file_stays_small():
    assert FILE.stat().st_size < 330_000
    assert str(GOLDEN["made.torch"]).startswith("2.13")
