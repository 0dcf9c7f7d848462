"""Every layer: right gradients in float64 for its input and weights, float32 otherwise, and made again from JSON."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hellodl
from hellodl import nn, ops
from hellodl.autograd.gradcheck import gradcheck_module
from hellodl.autograd.tensor import Tensor
from hellodl.errors import CheckpointError, HelloError, ShapeError
from hellodl.nn.module import KINDS

# Each kind of layer: ways to make it from a generator, and the shape of what it takes (a batch of n).
LAYERS = {
    "Linear": [(lambda rng: nn.Linear(3, 4, rng=rng), "n3"), (lambda rng: nn.Linear(3, 2, bias=False, rng=rng), "n23")],
    "Flatten": [(lambda rng: nn.Flatten(), "n423")],
    "Conv2d": [
        (lambda rng: nn.Conv2d(2, 3, 3, padding=1, rng=rng), "n452"),
        (lambda rng: nn.Conv2d(2, 3, (1, 2), stride=(2, 1), padding=(1, 0), bias=False, rng=rng), "n452"),
        (lambda rng: nn.Conv2d(2, 4, 3, padding="same", dilation=2, groups=2, rng=rng), "n452"),
    ],
    "Conv1d": [
        (lambda rng: nn.Conv1d(2, 3, 2, 2, 1, rng=rng), "n52"),
        (lambda rng: nn.Conv1d(4, 4, 3, groups=4), "n54"),
    ],
    "ConvTranspose2d": [
        (lambda rng: nn.ConvTranspose2d(2, 3, 3, 2, 1, 1, rng=rng), "n322"),
        (lambda rng: nn.ConvTranspose2d(2, 1, (1, 2), bias=False, rng=rng), "n322"),
        (lambda rng: nn.ConvTranspose2d(2, 4, 2, 3, groups=2, dilation=2, rng=rng), "n322"),
    ],
    "MaxPool2d": [
        (lambda rng: nn.MaxPool2d(2), "n552"),
        (lambda rng: nn.MaxPool2d(2, ceil_mode=True), "n552"),
        (lambda rng: nn.MaxPool2d((3, 2), (1, 2)), "n552"),
        (lambda rng: nn.MaxPool2d(3, 2, 1, ceil_mode=True), "n542"),
    ],
    "AvgPool2d": [
        (lambda rng: nn.AvgPool2d(2), "n552"),
        (lambda rng: nn.AvgPool2d(3, (1, 2)), "n552"),
        (lambda rng: nn.AvgPool2d(2, padding=1), "n552"),
    ],
    "AdaptiveAvgPool2d": [
        (lambda rng: nn.AdaptiveAvgPool2d(2), "n542"),
        (lambda rng: nn.AdaptiveAvgPool2d((None, 3)), "n251"),
    ],
    "Upsample": [
        (lambda rng: nn.Upsample(scale_factor=2), "n322"),
        (lambda rng: nn.Upsample(scale_factor=3, mode="bilinear"), "n231"),
    ],
    "GlobalAvgPool2d": [(lambda rng: nn.GlobalAvgPool2d(), "n432")],
    "PixelShuffle": [(lambda rng: nn.PixelShuffle(2), "n238"), (lambda rng: nn.PixelShuffle(3), "n119")],
    "UNet": [(lambda rng: nn.UNet(2, (2, 3), rng=rng), "n481"), (lambda rng: nn.UNet(1, (2,), rng=rng).eval(), "n241")],
    "Soften": [(lambda rng: nn.Soften(), "n342"), (lambda rng: nn.Soften(0.8).eval(), "n342")],
    "BatchNorm2d": [
        (lambda rng: nn.BatchNorm2d(3), "n343"),
        (lambda rng: nn.BatchNorm2d(3, eps=0.1, momentum=0.5), "n3"),
        (lambda rng: after_training(nn.BatchNorm2d(3), rng), "n343"),
    ],
    "BatchNorm1d": [(lambda rng: nn.BatchNorm1d(3), "n3"), (lambda rng: after_training(nn.BatchNorm1d(3), rng), "n43")],
    "GroupNorm": [(lambda rng: nn.GroupNorm(2, 4), "n234"), (lambda rng: nn.GroupNorm(1, 3, eps=0.1), "n3")],
    "LayerNorm": [
        (lambda rng: nn.LayerNorm(4), "n4"),
        (lambda rng: nn.LayerNorm(4, eps=0.1), "n34"),
        (lambda rng: nn.LayerNorm((3, 2)), "n532"),
    ],
    "Dropout": [(lambda rng: nn.Dropout(0.4), "n5"), (lambda rng: nn.Dropout(0.4).eval(), "n5")],
    "ReLU": [(lambda rng: nn.ReLU(), "n5")],
    "GELU": [(lambda rng: nn.GELU(), "n5"), (lambda rng: nn.GELU("tanh"), "n5")],
    "LeakyReLU": [(lambda rng: nn.LeakyReLU(0.1), "n5")],
    "ELU": [(lambda rng: nn.ELU(1.5), "n5")],
    "SiLU": [(lambda rng: nn.SiLU(), "n5")],
    "Softplus": [(lambda rng: nn.Softplus(2.0), "n5")],
    "Softmax": [(lambda rng: nn.Softmax(dim=-1), "n5")],
    "Tanh": [(lambda rng: nn.Tanh(), "n5")],
    "Sigmoid": [(lambda rng: nn.Sigmoid(), "n5")],
    "RMSNorm": [(lambda rng: nn.RMSNorm(), "n34")],
    "FeedForward": [
        (lambda rng: nn.FeedForward(3, 5, rng=rng), "n43"),
        (lambda rng: nn.FeedForward(3, 4, "swiglu", bias=False, rng=rng), "n3"),
        (lambda rng: nn.FeedForward(3, 4, "relu2", rng=rng), "n3"),
    ],
    "CausalSelfAttention": [
        (lambda rng: nn.CausalSelfAttention(4, 2, 5, rng=rng), "n54"),
        (lambda rng: nn.CausalSelfAttention(4, 1, 6, False, rotary=True, normalise=True, rng=rng), "n54"),
    ],
    "TokenShift": [(lambda rng: nn.TokenShift(3, 2), "n53"), (lambda rng: nn.TokenShift(3, 2), "n13")],
    "Block": [
        (lambda rng: nn.Block(4, 2, 5, rng=rng), "n54"),
        (lambda rng: nn.Block(4, 2, 5, 0.3, norm="rms", shift=2, rng=rng), "n34"),
    ],
    "Sequential": [(lambda rng: nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.Linear(4, 2, rng=rng)), "n3")],
    "Committee": [(lambda rng: nn.Committee(nn.Linear(3, 4, rng=rng), nn.Linear(3, 4, rng=rng)), "n3")],
    "Residual": [(lambda rng: nn.Residual(nn.Sequential(nn.Linear(3, 3, rng=rng), nn.GELU())), "n3")],
}
# These take whole numbers or a state, or give one, and have tests of their own beside this file.
OTHERS = {
    "Embedding",
    "RNN",
    "GRU",
    "LSTM",
    "Recurrent",
    "LanguageModel",
    "GPT",
    "RecurrentText",
    "CTCLoss",
    "LineReader",
    "Pen",
    "WindowLSTM",
    "ModuleList",
    "MultiheadAttention",
    *("Loss", "CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss", "MSELoss", "L1Loss", "HuberLoss", "KLDivLoss"),
}
CASES = [(kind, make, shape) for kind, ways in LAYERS.items() for make, shape in ways]
NAMES = [f"{kind}-{number}" for kind, ways in LAYERS.items() for number in range(len(ways))]
ways = pytest.mark.parametrize(("kind", "make", "shape"), CASES, ids=NAMES)


def after_training(norm, rng):
    norm.running_mean[...], norm.running_var[...] = rng.standard_normal(3), rng.random(3) + 0.5
    return norm.eval()


def some_input(rng, shape, batch):
    """Numbers that are apart from each other and from zero, so that no kink is near, then moved a little."""
    sizes = [batch if size == "n" else int(size) for size in shape]
    count = int(np.prod(sizes))
    return ((rng.permutation(count) - count // 2 + 0.5) * (3 / count)).reshape(sizes)


def prepared(make, rng):
    layer = make(rng)
    layer.use_generator(rng)
    for parameter in layer.parameters():  # biases, too, away from zero
        parameter.data += 0.3 * rng.standard_normal(parameter.shape).astype(np.float32)
    return layer


def test_every_kind_of_layer_has_a_case_here():
    ours = {name for name, kind in KINDS.items() if kind.__module__.startswith("hellodl.nn")}
    assert ours == set(LAYERS) | OTHERS
    assert ours | {"Module", "Parameter"} <= set(nn.__all__) | {"Parameter", "Recurrent"}


@ways
@given(batch=st.integers(2, 4), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8)
def test_gradients_are_the_slopes(kind, make, shape, batch, seed):
    rng = np.random.default_rng(seed)
    checks = gradcheck_module(prepared(make, rng), some_input(rng, shape, batch), rng, most=60)
    assert all(check.checked for check in checks)


@ways
def test_float32_stays_float32_forward_and_back(kind, make, shape, rng):
    layer = prepared(make, rng)
    x = Tensor(some_input(rng, shape, 3), requires_grad=True)
    out = layer(x)
    assert out.dtype == np.float32
    out.backward(rng.standard_normal(out.shape))
    assert x.grad.dtype == np.float32
    assert all(p.dtype == p.grad.dtype == np.float32 for p in layer.parameters())


@ways
def test_a_description_in_json_makes_the_same_layer_again(kind, make, shape, rng):
    layer = prepared(make, rng)
    description = json.loads(json.dumps(nn.describe(layer)))
    twin = nn.build(description)
    assert type(twin) is KINDS[kind] and nn.describe(twin) == nn.describe(layer)
    assert repr(twin) == repr(layer)
    twin.load_state_dict(layer.state_dict())
    twin.train(layer.training).use_generator(np.random.default_rng(1))
    layer.use_generator(np.random.default_rng(1))
    x = Tensor(some_input(rng, shape, 3))
    assert (twin(x).data == layer(x).data).all()
    assert all(a.data.strides == b.data.strides for a, b in zip(twin.parameters(), layer.parameters()))


@ways
def test_one_image_alone_gets_the_answer_that_it_gets_in_company(kind, make, shape, rng):
    layer = prepared(make, rng).eval()
    x = some_input(rng, shape, 5)
    together = layer(Tensor(x)).data
    np.testing.assert_allclose(layer(Tensor(x[2:3])).data, together[2:3], rtol=1e-5, atol=1e-6)


@ways
def test_on_a_plain_array_it_does_the_same(kind, make, shape, rng):
    layer = prepared(make, rng).eval()
    x = some_input(rng, shape, 3).astype(np.float32)
    for batch in (x, x[:1]):
        np.testing.assert_allclose(layer.plain(batch), layer(Tensor(batch)).data, rtol=1e-5, atol=1e-6)


def test_flatten_takes_pixel_by_pixel_channels_innermost_and_empty_batches():
    x = np.arange(12.0).reshape(1, 2, 3, 2)
    assert nn.Flatten()(Tensor(x)).data.tolist() == [list(range(12))]
    assert nn.Flatten()(Tensor(np.zeros((0, 2, 3)))).shape == (0, 6)


def test_batch_norm_makes_each_channel_mean_zero_and_variance_one(rng):
    x = Tensor(5 + 3 * rng.standard_normal((8, 6, 6, 3)))
    layer = nn.BatchNorm2d(3)
    out = layer(x).data.reshape(-1, 3)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(out.var(axis=0), 1, rtol=1e-4)
    unbiased = x.data.reshape(-1, 3).var(axis=0, ddof=1)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * unbiased, rtol=1e-4)
    before = layer.running_mean.copy()
    layer.eval()(x)
    assert (layer.running_mean == before).all()


@ways
def test_two_walks_with_one_gradient_array_that_changed_between_them(kind, make, shape, rng):
    layer = prepared(make, rng)
    x = Tensor(some_input(rng, shape, 3), requires_grad=True)
    out = layer(x)
    gradient = rng.standard_normal(out.shape).astype(np.float32)
    leaves = [x, *layer.parameters()]
    out.backward(gradient, keep_graph=True)
    once = [leaf.grad.copy() for leaf in leaves]
    gradient *= 2
    out.backward(gradient)
    for leaf, first in zip(leaves, once):
        np.testing.assert_allclose(leaf.grad, 3 * first, rtol=1e-4, atol=1e-5)


def test_batch_norm_in_eval_uses_the_running_statistics_alone(rng):
    layer = after_training(nn.BatchNorm2d(3, eps=0.5), rng)
    layer.weight.data[...], layer.bias.data[...] = [1, 2, 3], [4, 5, 6]
    x = rng.standard_normal((2, 4, 4, 3))
    expected = (x - layer.running_mean) / np.sqrt(layer.running_var + 0.5) * [1, 2, 3] + [4, 5, 6]
    np.testing.assert_allclose(layer(Tensor(x)).data, expected, rtol=1e-4, atol=1e-5)


def test_residual_adds_what_its_body_makes_and_activations_are_what_they_are_called():
    x = Tensor([-2.0, 0.5])
    assert nn.Residual(nn.ReLU())(x).data.tolist() == [-2, 1]
    assert nn.ReLU()(x).data.tolist() == [0, 0.5]
    np.testing.assert_allclose(nn.Tanh()(x).data, np.tanh(x.data), rtol=1e-6)
    np.testing.assert_allclose(nn.Sigmoid()(x).data, 1 / (1 + np.exp(-x.data)), rtol=1e-6)
    np.testing.assert_allclose(nn.GELU()(x).data, [-0.04550026, 0.34573123], rtol=1e-5)
    np.testing.assert_allclose(nn.GELU("tanh")(x).data, [-0.04540231, 0.34571401], rtol=1e-5)
    image = Tensor(np.arange(8.0).reshape(1, 2, 2, 2))
    assert nn.GlobalAvgPool2d()(image).data.tolist() == [[3, 4]]


def test_soften_spreads_a_dot_evenly_and_only_when_not_training():
    dot = np.zeros((1, 5, 5, 2))
    dot[0, 2, 2] = [1, 10]
    layer = nn.Soften(0.6)
    assert layer(Tensor(dot)).data.tolist() == dot.tolist()
    soft = layer.eval()(Tensor(dot)).data
    np.testing.assert_allclose(soft.sum(axis=(0, 1, 2)), [1, 10], rtol=1e-6)
    np.testing.assert_allclose(soft[0, 2, 3] / soft[0, 2, 2], np.exp(-1 / (2 * 0.36)), rtol=1e-5)
    assert (soft[0, :, :, 0] == soft[0, :, :, 0].T).all()


def test_dropout_drops_only_while_training_and_only_by_its_generator(rng):
    layer = nn.Dropout(0.5)
    x = Tensor(np.ones((100, 10)))
    drawn = []
    for seed in (3, 3, 4):
        hellodl.manual_seed(seed)
        drawn.append(layer(x).data)
    assert (drawn[0] == drawn[1]).all() and (drawn[0] != drawn[2]).any()
    draws = []
    for seed in (1, 1, 2):
        layer.use_generator(np.random.default_rng(seed))
        draws.append(layer(x).data)
    assert (draws[0] == draws[1]).all() and (draws[0] != draws[2]).any()
    assert set(np.unique(draws[0])) == {0, 2}
    assert layer.eval()(x) is x
    assert nn.Dropout(0)(x) is x


def test_starting_weights_have_hes_spread_and_come_from_the_generator_alone():
    layer = nn.Linear(400, 300, rng=np.random.default_rng(1))
    assert layer.weight.data.std() == pytest.approx(np.sqrt(2 / 400), rel=0.01)
    assert (layer.bias.data == 0).all()
    kernel = nn.Conv2d(16, 64, 5, rng=np.random.default_rng(1)).weight
    assert kernel.shape == (64, 16, 5, 5)
    assert kernel.data.std() == pytest.approx(np.sqrt(2 / (16 * 25)), rel=0.02)
    assert (nn.Linear(400, 300, rng=np.random.default_rng(1)).weight.data == layer.weight.data).all()
    assert (nn.Linear(4, 3, gain=0.0, rng=np.random.default_rng(1)).weight.data == 0).all()
    limit = np.sqrt(6 / (40 * 9 + 20 * 9))
    drawn = nn.init.glorot_uniform((20, 40, 3, 3), np.random.default_rng(1))
    assert limit * 0.99 < np.abs(drawn).max() <= limit and drawn.dtype == np.float32


def test_kernels_lie_innermost_in_memory():
    weight = nn.Conv2d(5, 7, 3, rng=np.random.default_rng(1)).weight.data
    assert weight.transpose(2, 3, 1, 0).flags.c_contiguous


MISTAKES = {
    "too few features": (
        lambda: nn.Sequential(nn.ReLU(), nn.Linear(512, 10, rng=None))(Tensor(np.ones((64, 500)))),
        r"Linear '1' takes 512 features, got \(64, 500\); is a Flatten missing before it, or the size",
    ),
    "channels first": (
        lambda: nn.Conv2d(3, 8, 3, rng=None)(Tensor(np.ones((2, 3, 28, 28)))),
        r"Conv2d '' takes images \(N, H, W, 3\), got \(2, 3, 28, 28\); channels come last here",
    ),
    "another number of channels": (
        lambda: nn.BatchNorm2d(3)(Tensor(np.ones((2, 4, 4, 5)))),
        r"BatchNorm2d '' takes 3 channels last, got \(2, 4, 4, 5\)",
    ),
    "another number of features": (
        lambda: nn.LayerNorm(3)(Tensor(np.ones((2, 5)))),
        r"LayerNorm '' takes 3 features last, got \(2, 5\)",
    ),
}


@pytest.mark.parametrize(("mistake", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_shape_that_does_not_fit_names_the_layer_both_shapes_and_the_mend(mistake, line):
    with pytest.raises(ShapeError, match=line):
        mistake()


def test_other_mistakes_are_told_in_one_line():
    with pytest.raises(HelloError, match="BatchNorm2d '' cannot take the spread of one value per channel"):
        nn.BatchNorm2d(3)(Tensor(np.ones((1, 3))))
    with pytest.raises(ValueError, match="Dropout's probability is at least 0 and under 1, not 1"):
        nn.Dropout(1)
    with pytest.raises(ValueError, match="GELU approximates 'none' or 'tanh', not 'erf'"):
        nn.GELU("erf")
    with pytest.raises(TypeError, match="LeakyReLU got an unexpected keyword argument 'inplace'; it takes neg"):
        nn.LeakyReLU(0.1, inplace=True)


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"kind": "Nonsense"},
        {"kind": "os.system", "command": "true"},
        {"kind": "Linear", "in_features": 3},
        {"kind": "Linear", "in_features": 3, "out_features": 4, "colour": "red"},
        {"kind": "Linear", "in_features": "three", "out_features": 4},
        {"kind": "Sequential", "layers": [{"kind": "ReLU"}, {"kind": "Oops"}]},
        {"kind": "Dropout", "p": 7},
        [],
        None,
    ],
)
def test_a_description_that_makes_no_sense_is_refused_in_one_line(description):
    with pytest.raises(CheckpointError, match="the model's description cannot be understood") as error:
        nn.build(description)
    assert "\n" not in str(error.value)


def test_a_committee_believes_the_mean_of_what_its_members_believe(rng):
    members = [nn.Linear(3, 4, rng=rng), nn.Linear(3, 4, rng=rng), nn.Linear(3, 4, rng=rng)]
    committee = nn.Committee(*members)
    x = Tensor(rng.standard_normal((5, 3)))
    believed = np.mean([ops.softmax(member(x)).data for member in members], axis=0)
    np.testing.assert_allclose(np.exp(committee(x).data), believed, rtol=1e-5)
    assert committee.members == members


def test_a_committee_that_is_sure_beyond_float32_still_answers_in_numbers(rng):
    member = nn.Linear(1, 2, rng=rng)
    member.weight.data[...] = [[1e4], [-1e4]]
    assert np.isfinite(nn.Committee(member)(Tensor(np.ones((1, 1)))).data).all()


def test_batch_norm_in_float64_divides_by_the_root_of_its_variance_to_the_last_digit():
    norm = nn.BatchNorm2d(1).eval()
    norm.weight = Tensor(np.ones(1), dtype=np.float64)
    assert abs(norm(Tensor(np.ones((1, 1, 1, 1)), dtype=np.float64)).item() - 0.9999950000374997) < 1e-15
