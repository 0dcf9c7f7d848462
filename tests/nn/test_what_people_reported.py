"""What people stumbled over in libraries like this one: wrong in silence, or a raw error. Each by its right value."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import hellodl
from hellodl import nn, no_grad, ops, optim
from hellodl.autograd.tensor import Tensor
from hellodl.errors import CheckpointError, HelloError, ShapeError, TrainingError
from hellodl.nn.module import KINDS, evaluating
from hellodl.train import evaluate
from hellodl.train.answers import predict
from hellodl.train.checkpoint import load_model, save_model


def leaf(*numbers):
    return Tensor([float(n) for n in numbers], requires_grad=True)


METHODS = ["sum", "mean", "max", "reshape", "transpose", "exp", "log", "sqrt", "abs", "tanh", "sigmoid", "relu"]


@pytest.mark.parametrize("way", ["hellodl", "hellodl.autograd.tensor"])
def test_methods_are_there_in_a_fresh_interpreter(way):
    program = (
        f"from {way} import Tensor; assert all(hasattr(Tensor([1.0]), name) for name in {METHODS}); Tensor([1.]).T"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


# -- NumPy's functions ------------------------------------------------------------------------------------------


def test_numpys_functions_carry_gradients():
    x = leaf(1, 2)
    (x * x + np.exp(x)).sum().backward()
    np.testing.assert_allclose(x.grad, [2 + np.e, 4 + np.e**2], rtol=1e-6)


@pytest.mark.parametrize(
    ("numpys", "ours"),
    [
        (np.tanh, ops.tanh),
        (lambda x: np.maximum(1.5, x), lambda x: ops.maximum(x, 1.5)),
        (lambda x: np.where(x > 1.5, x, 0.0), lambda x: ops.where(x.data > 1.5, x, 0.0)),
        (lambda x: np.stack([x, x]), lambda x: ops.stack([x, x])),
        (lambda x: np.concatenate([x, 2 * x], axis=0), lambda x: ops.concatenate([x, 2 * x])),
        (lambda x: np.clip(x, 0, 1.5), lambda x: ops.clip(x, 0, 1.5)),
        (lambda x: np.max(x, axis=0), lambda x: x.max()),
        (lambda x: np.float64(3) * x + np.ones(2), lambda x: 3 * x + 1),
        (lambda x: np.ones((2, 2)) @ x, lambda x: Tensor(np.ones((2, 2))) @ x),
        (lambda x: np.einsum("i,i->", x, x), lambda x: (x * x).sum()),
        (np.square, lambda x: x * x),
    ],
)
def test_each_that_we_have_is_ours(numpys, ours):
    one, two = leaf(1, 2), leaf(1, 2)
    for x, function in ((one, numpys), (two, ours)):
        out = function(x)
        assert isinstance(out, Tensor) and out.dtype == np.float32
        (out * out).sum().backward()
    assert one.grad.tolist() == two.grad.tolist()


@pytest.mark.parametrize("function", [np.sin, np.dot, np.cumprod, np.linalg.norm, np.add.reduce, np.std, np.outer])
def test_what_would_forget_a_gradient_is_refused_and_else_computed(function):
    arguments = (leaf(1, 2),) * (2 if function in (np.dot, np.outer) else 1)
    with pytest.raises(TypeError, match=r"would forget the gradient: use hellodl\.ops") as error:
        function(*arguments)
    assert "\n" not in str(error.value)
    expected = function(*(x.data for x in arguments))
    with no_grad():
        assert (function(*arguments) == expected).all()
    assert (function(*(x.detach() for x in arguments)) == expected).all()


def test_truths_and_counts_need_no_gradient():
    x = leaf(1, 2)
    assert np.isfinite(x).all() and np.argmax(x) == 1 and np.shape(x) == (2,) and np.allclose(x, [1, 2])
    array = np.ones(2)
    with pytest.raises(TypeError, match=r"np\.add would forget"):
        array += x
    assert array.tolist() == [1, 1]


# -- modules and their files -------------------------------------------------------------------------------------


def test_a_class_of_ones_own_does_not_replace_ours_of_the_same_name(tmp_path):
    class ReLU(nn.Module):
        def forward(self, x):
            return -x

    assert KINDS["ReLU"] is nn.ReLU
    assert isinstance(nn.build(nn.describe(nn.ReLU())), nn.ReLU)
    assert isinstance(nn.build(json.loads(json.dumps(nn.describe(ReLU())))), ReLU)
    ours = {name for name, kind in KINDS.items() if kind.__module__.startswith("hellodl.")}
    assert not any("." in name for name in ours)
    assert isinstance(nn.build({"kind": "Pair", "first": 1}), Pair)  # an older file says no module


class Pair(nn.Module):
    def __init__(self, first, *rest, table=None, **others):
        self.first, self.rest, self.table, self.others = first, rest, table, others


@pytest.mark.parametrize(
    "made",
    [
        lambda: Pair(1, 2, 3),
        lambda: Pair(1, table={"a": [1, (2, 3)], 4: None}, width=5, deep=[nn.ReLU()]),
        lambda: Pair(nn.Sequential(nn.Linear(2, 2)), nn.Tanh()),
        lambda: nn.ModuleList(nn.Linear(2, 2) for _ in range(3)),
        lambda: nn.Sequential(nn.ReLU()).append(nn.Tanh()),
    ],
)
def test_whatever_a_module_is_made_with_comes_back_from_its_file(made):
    module = made()
    twin = nn.build(json.loads(json.dumps(nn.describe(module))))
    assert nn.describe(twin) == nn.describe(module)
    if isinstance(module, Pair):
        assert (twin.rest == module.rest or isinstance(module.rest[0], nn.Module)) and twin.table == module.table
        assert twin.others.keys() == module.others.keys()
    assert repr(twin) == repr(module) or "object at" in repr(module)


def test_what_no_file_can_hold_is_refused_when_it_would_be_written(tmp_path):
    class Odd(nn.Module):
        def __init__(self, kind=None, array=None):
            pass

    for odd, line in (
        (Odd(array=np.ones(2)), "Odd's array is a ndarray, and a file"),
        (Odd(array=[{1: print}]), "Odd's array is a builtin_function_or_method"),
        (Odd(kind="a"), "no file can hold an argument called 'kind'"),
    ):
        with pytest.raises(CheckpointError, match=line):
            save_model(tmp_path / "odd.safetensors", odd, card={})
    changed = nn.Residual(nn.Linear(2, 2))
    changed.body = nn.Linear(2, 3)
    with pytest.raises(CheckpointError, match=r"is not what it was made with any more: 'body.bias' is \(3,\)"):
        save_model(tmp_path / "odd.safetensors", changed, card={})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda: nn.ReLU(inplace=True), "ReLU got an unexpected keyword argument 'inplace'; it takes nothing"),
        (lambda: nn.ReLU(typo=1), "ReLU got an unexpected keyword argument 'typo'"),
        (lambda: nn.Linear(2, 3, biass=False), "Linear got an unexpected keyword argument 'biass'; it takes in_"),
        (lambda: nn.Linear(), "in_features"),
        (lambda: nn.Sequential([nn.ReLU()]), r"takes modules, not a list; of a list, Sequential\(\*layers\)"),
        (lambda: nn.Committee([nn.ReLU()]), "Committee takes modules, not a list"),
        (lambda: nn.ModuleList([1]), "ModuleList takes modules, not a int"),
        (lambda: nn.MSELoss(weight=1), "MSELoss takes reduction, not 'weight'"),
    ],
)
def test_wrong_arguments_are_refused_at_once(mistake, line):
    with pytest.raises(TypeError, match=line):
        mistake()


MODULES = [
    lambda rng: nn.Linear(2, 3, rng=rng),
    lambda rng: nn.Sequential(nn.Conv2d(1, 2, 3, rng=rng), nn.BatchNorm2d(2), nn.GELU("tanh"), nn.Dropout(0.1)),
    lambda rng: nn.GPT(5, 4, 1, 1, 4, activation="swiglu", shift=1, rng=rng),
    lambda rng: nn.GPT(5, 4, 1, 1, 4, activation="relu2", tied=False, norm="rms", rotary=True, rng=rng),
    lambda rng: nn.RecurrentText("lstm", 5, 4, 1, rng=rng),
    lambda rng: nn.LineReader(5, (1, 1, 1, 1), 2, rng=rng),
    lambda rng: nn.MultiheadAttention(4, 2, rng=rng),
    lambda rng: nn.CrossEntropyLoss(label_smoothing=0.1),
]


@pytest.mark.parametrize("make", MODULES)
@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda m: pickle.loads(pickle.dumps(m))])
def test_modules_can_be_copied_and_pickled(make, copied, rng):
    model = make(rng)
    twin = copied(model)
    assert nn.describe(twin) == nn.describe(model) and repr(twin) == repr(model)
    assert all((twin.state_dict()[name] == array).all() for name, array in model.state_dict().items())
    shared = any(np.shares_memory(a.data, b.data) for a, b in zip(model.parameters(), twin.parameters()))
    assert shared == (copied is copy.copy and any(True for _ in model.parameters()))
    assert len(list(twin.parameters())) == len(list(model.parameters()))  # what was tied is tied


def test_a_tensor_with_a_past_is_not_copied():
    x = leaf(1, 2)
    assert copy.deepcopy(x).requires_grad and copy.deepcopy(x * 1.0 if False else x.detach()).data.tolist() == [1, 2]
    with pytest.raises(TypeError, match="only leaves can be copied"):
        copy.deepcopy(x * 2)


# -- states ------------------------------------------------------------------------------------------------------


class TheirTensor:
    """Stands for one of PyTorch's that is alive: NumPy may only look at it once it is detached."""

    def __init__(self, array, what=None):
        self.array, self.what = array, what

    def detach(self):
        return TheirTensor(self.array, "detached" if self.what is None else self.what)

    def __array__(self, dtype=None, copy=None):
        if self.what == "detached":
            return self.array
        raise TypeError(self.what) if self.what else RuntimeError("Can't call numpy() on Tensor that requires grad.")


def test_states_of_pytorchs_are_taken(rng):
    model = nn.Sequential(nn.Linear(2, 2, rng=rng), nn.BatchNorm1d(2))
    state = {name: TheirTensor(array + 1) for name, array in model.state_dict().items()}
    state["1.num_batches_tracked"] = TheirTensor(np.array(7))
    model.load_state_dict(state)
    assert (model[0].weight.data == state["0.weight"].array).all()
    state["0.weight"] = TheirTensor(state["0.weight"].array, "Got unsupported ScalarType BFloat16")
    with pytest.raises(CheckpointError, match=r"'0.weight' does not become an array \(Got unsupported ScalarType"):
        model.load_state_dict(state)
    with pytest.raises(CheckpointError, match=r"it has no '0\.num_batches_tracked'"):
        model.load_state_dict(model.state_dict() | {"0.num_batches_tracked": np.array(1)})


def test_tied_weights_come_under_one_name_or_two_but_not_as_two(rng):
    model = nn.GPT(5, 4, 1, 1, 4, rng=rng)
    state = model.state_dict()
    assert (state["symbols.weight"] == state["head.weight"]).all()
    for name in ("symbols.weight", "head.weight"):
        fewer = {key: array + 1 for key, array in state.items() if key != name}
        model.load_state_dict(fewer)
        assert (model.symbols.weight.data == state["head.weight"] + 1).all()
    with pytest.raises(CheckpointError, match="are one weight in this model and two different ones in the file"):
        model.load_state_dict(state | {"head.weight": state["head.weight"] + 1})


# -- optimisers ----------------------------------------------------------------------------------------------------


def steps_of(make, models, count=3):
    optimizer = make(models)
    for step in range(count):
        for number, model in enumerate(models):
            for p in model.parameters():
                p.grad = np.full_like(p.data, (number + 1) * np.cos(step))
        optimizer.step()
    return optimizer


def test_two_networks_with_equal_names_share_no_memory():
    together = [nn.Linear(2, 2, rng=np.random.default_rng(k)) for k in (1, 2)]
    alone = copy.deepcopy(together)
    optimizer = steps_of(lambda ms: optim.Adam([{"params": m.named_parameters()} for m in ms], lr=0.1), together)
    for k, model in enumerate(alone):
        for step in range(3):
            for p in model.parameters():
                p.grad = np.full_like(p.data, (k + 1) * np.cos(step))
            if step == 0:
                own = optim.Adam(model.parameters(), lr=0.1)
            own.step()
        assert (model.weight.data == together[k].weight.data).all()
    state = optimizer.state_dict()
    assert {"mean.weight", "mean.weight (group 1)"} <= state.keys()
    again = optim.Adam([{"params": m.named_parameters()} for m in together], lr=0.1)
    again.load_state_dict(state)
    assert all((again.state_dict()[key] == array).all() for key, array in state.items())


def test_gradients_are_clipped_whatever_the_weights_come_in():
    p = leaf(0, 0)
    for given in ((q for q in [p]), [p], p):
        p.grad = np.float32([12, 16])
        assert optim.clip_gradients(given, 1.0) == 20
        assert optim.gradient_norm(q for q in [p]) == pytest.approx(1, abs=1e-6)
    rows = leaf(1, 2)
    ops.concatenate(row * row for row in [rows, rows]).sum().backward()  # and so are generators of tensors
    assert rows.grad.tolist() == [4, 8]


@pytest.mark.parametrize("late", [1, 1000])
def test_adams_first_step_is_the_rate_whenever_it_comes(late):
    early, patient = leaf(0), leaf(0)
    optimizer = optim.Adam([early, patient], lr=0.1)
    for _ in range(late - 1):
        early.grad = np.ones(1, np.float32)
        optimizer.step()
    patient.grad = np.ones(1, np.float32)
    optimizer.step()
    assert patient.item() == pytest.approx(-0.1, rel=1e-4)
    twin = optim.Adam([leaf(0), leaf(0)], lr=0.1)
    twin.load_state_dict(optimizer.state_dict())
    counts = [memory["steps"] for memory in twin.memory.values()]
    assert counts == [late if late > 1 else 0, 1] and twin.steps == late


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Muon"])
def test_a_weight_without_axes_is_stepped_too(name):
    single, row = Tensor(2.0, requires_grad=True), leaf(2)
    optimizer = getattr(optim, name)([single, row], lr=0.1)
    for _ in range(3):
        single.grad, row.grad = np.float32(0.5), np.float32([0.5])
        optimizer.step()
    assert single.shape == () and single.item() == row.item() != 2
    optimizer.load_state_dict(optimizer.state_dict())


def test_a_groups_own_settings_are_taken():
    one, two, three = leaf(1), leaf(1), leaf(1)
    sgd = optim.SGD(
        [{"params": [one]}, {"params": [two], "lr": 0.5, "momentum": 0.9}, {"params": three, "rate": 2}], 0.1
    )
    for _ in range(2):
        for p in (one, two, three):
            p.grad = np.ones(1, np.float32)
        sgd.step()
    np.testing.assert_allclose([one.item(), two.item(), three.item()], [0.8, 1 - 0.5 - 0.95, 0.6], rtol=1e-5)
    sgd.learning_rate = 0.2  # keeps their proportions, as PyTorch's schedules do
    assert [group["lr"] for group in sgd.param_groups] == [0.2, 1.0, 0.4]
    sgd.param_groups[0]["lr"] = 0.0
    sgd.zero_grad()
    one.grad = np.ones(1, np.float32)
    sgd.step()
    assert one.item() == pytest.approx(0.8)
    adam = optim.Adam([{"params": [one], "betas": (0.0, 0.5), "eps": 3.0, "learning_rate": 1.0}], lr=0.1)
    adam.step()
    assert one.item() == pytest.approx(0.8 - 1 / (1 + 3.0))
    sgd.add_param_group({"params": [leaf(1)], "nesterov": True, "momentum": 0.5})


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda p: optim.SGD([{"params": [p]}, {"params": {"w": p}}], 0.1), "'w' was given before, as '0'; give it"),
        (lambda p: optim.SGD([p, p], 0.1), "'1' was given before, as '0'"),
        (lambda p: optim.Adam([]), "Adam got no weights"),
        (lambda p: optim.Adam(iter([])), "Adam got no weights"),
        (lambda p: optim.SGD([p], -0.1), "SGD: lr is a number from 0 on, not -0.1"),
        (lambda p: optim.SGD([p], float("nan")), "SGD: lr is a number from 0 on, not nan"),
        (lambda p: optim.SGD([p], 0.1, momentum=-1), "momentum is a number from 0 on"),
        (lambda p: optim.Adam([p], betas=(1, 1)), r"betas are two numbers from 0 to under 1, not \(1, 1\)"),
        (lambda p: optim.Adam([{"params": [p], "betas": (0.9, 1.5)}]), "betas are two numbers"),
        (lambda p: optim.Adam([p], eps=-1), "eps is a number from 0 on"),
        (lambda p: optim.Adam([{"params": [p], "leraning_rate": 1}]), "a group has no 'leraning_rate'; it has"),
        (lambda p: optim.Adam([p * 2]), "'0' was computed from others"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(mistake, line):
    with pytest.raises(ValueError, match=line):
        mistake(leaf(1))


def test_both_spellings_of_the_rate_are_one():
    assert optim.SGD([leaf(1)], lr=0.3).learning_rate == optim.SGD([leaf(1)], learning_rate=0.3).learning_rate == 0.3
    assert optim.Adam([leaf(1)]).learning_rate == 1e-3 and optim.Muon([leaf(1)], lr=0.1).learning_rate == 0.1
    with pytest.raises(TypeError, match="'lr' and 'learning_rate' are one thing"):
        optim.SGD([leaf(1)], 0.1, lr=0.1)
    with pytest.raises(TypeError, match="SGD takes several weights, got one tensor"):
        optim.SGD(leaf(1), 0.1)


def test_no_gradient_of_what_was_computed_with_other_weights():
    def forward():
        x = leaf(3)
        w = leaf(1)
        return x, w, (w * x * x).sum()

    def step(w):
        optim.SGD([w], 1.0).step()

    def rebound(w):
        w.data = w.data * 2

    def changed(w):
        with no_grad():
            w -= 1.0
        return w

    for change in (step, rebound, changed, lambda w: w.changed()):
        _, w, loss = forward()
        loss.backward(keep_graph=True)
        change(w)
        with pytest.raises(TrainingError, match=r"a tensor of shape \(1,\) was changed"):
            loss.backward()
    linear = nn.Linear(1, 1)
    loss = linear(leaf(1)).sum()
    linear.load_state_dict(linear.state_dict())
    with pytest.raises(TrainingError, match="was changed"):
        loss.backward()


# -- numbers -------------------------------------------------------------------------------------------------------


def test_batch_norm_of_a_large_mean(rng):
    layer = nn.BatchNorm2d(16)
    out = layer(Tensor(np.full((64, 28, 28, 16), 100.3))).data
    assert np.abs(out).max() < 1e-3
    x = (1e6 + rng.standard_normal((64, 8, 8, 3))).astype(np.float32)
    layer = nn.BatchNorm2d(3)
    out = layer(Tensor(x)).data
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(axis=(0, 1, 2))) / np.sqrt(exact.var(axis=(0, 1, 2)) + 1e-5)
    np.testing.assert_allclose(out, exact, atol=1e-3)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * x.astype(float).var(axis=(0, 1, 2)), rtol=1e-4)


@pytest.mark.parametrize("make", [lambda n: nn.LayerNorm(n), lambda n: nn.GroupNorm(1, n)])
def test_layer_and_group_norm_of_a_large_mean(make):
    assert np.abs(make(4096)(Tensor(np.full((2, 4096), 100.3))).data).max() < 1e-3


def test_far_below_zero_the_sigmoid_is_still_a_number():
    assert Tensor(-20.0).sigmoid().item() == pytest.approx(2.0611537e-9, rel=1e-6)
    assert Tensor(-20.0).sigmoid().log().item() == pytest.approx(-20, rel=1e-6)
    x = leaf(-20, -17.4, 30)
    (-x.sigmoid().log()).sum().backward()
    np.testing.assert_allclose(x.grad, [-1, -1, 0], atol=1e-6)
    x = leaf(-1e4, -200, 0, 200)
    y = ops.logsigmoid(x)
    np.testing.assert_allclose(y.data, [-1e4, -200, -np.log(2), 0], rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, [1, 1, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(ops.silu(Tensor(-20.0)).item(), -4.1223074e-8, rtol=1e-5)


def whole(*numbers, shape=None):
    array = np.array(numbers, np.uint8)
    return Tensor(array if shape is None else np.broadcast_to(array, shape))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: nn.AvgPool2d(2)(whole(200, shape=(1, 2, 2, 1))), 200),
        (lambda: nn.AdaptiveAvgPool2d(1)(whole(200, shape=(1, 2, 2, 1))), 200),
        (lambda: nn.MaxPool2d(3)(whole(200, shape=(1, 3, 3, 1))), 200),
        (lambda: nn.MaxPool2d(3, padding=1)(whole(200, shape=(1, 3, 3, 1))), 200),
        (lambda: nn.Soften().eval()(whole(200, shape=(1, 3, 3, 1)))[0, 1, 1, 0], 200),
        (lambda: whole(12).exp(), 162754.79),
        (lambda: whole(9).sqrt(), 3),
        (lambda: whole(1) / whole(3), 1 / 3),
        (lambda: whole(12).tanh(), 1),
        (lambda: ops.softmax(whole(1, 2, 3)), [0.09003057, 0.24472847, 0.66524096]),
        (lambda: ops.log_softmax(whole(1, 2, 3)), [-2.407606, -1.407606, -0.407606]),
        (
            lambda: ops.dropout(whole(*[100] * 10_000), 0.3, np.random.default_rng(0)).mean(),
            pytest.approx(100, rel=0.02),
        ),
        (lambda: nn.LayerNorm(2)(whole(1, 3)), [-0.999995, 0.999995]),
        (lambda: nn.BatchNorm1d(1)(whole(1, 3).reshape(2, 1)), [[-0.999995], [0.999995]]),
        (lambda: ops.rms_norm(whole(3, 3)), [1, 1]),
        (lambda: nn.mse_loss(whole(1), whole(3)), 4),
        (lambda: nn.cross_entropy(whole(3, 3).reshape(1, 2), [1]), np.log(2)),
        (lambda: whole(1, 2, 250, 255).var(), 21004.667),
        (lambda: Tensor([1, 2]).mean(), 1.5),
    ],
)
def test_whole_numbers_are_taken_as_floats_where_the_result_is_none(made, expected):
    out = made()
    assert out.dtype == np.float32 or out.dtype == np.uint8
    if isinstance(expected, type(pytest.approx(1))):
        assert out.item() == expected
    else:
        np.testing.assert_allclose(out.data, np.reshape(expected, out.shape), rtol=1e-4)


# -- what is compared, and what is true -------------------------------------------------------------------------------


def test_comparisons_are_element_by_element():
    x, y = Tensor([1.0, 2.0, 3.0]), Tensor([3.0, 2.0, 1.0])
    for out, expected in (
        (x == y, [False, True, False]),
        (x != y, [True, False, True]),
        (x < y, [True, False, False]),
        (x <= 2, [True, True, False]),
        (x > 2, [False, False, True]),
        (x >= np.array([1, 2, 4]), [True, True, False]),
        ((x > 1) & (x < 3), [False, True, False]),
        ((x < 2) | (x > 2), [True, False, True]),
        (~(x > 1), [True, False, False]),
    ):
        assert isinstance(out, Tensor) and out.dtype == bool and out.tolist() == expected
    assert 1.0 in x and 5 not in x
    assert {x: 1}[x] == 1 and x in {x} and len({x, y}) == 2
    assert (x == None) is False and (x != "x") is True  # noqa: E711
    with pytest.raises(ShapeError, match=r"compare: \(3,\) and \(2,\) do not line up"):
        x == Tensor([1.0, 2.0])  # noqa: B015
    assert (x == y).float().mean().item() == pytest.approx(1 / 3)


def test_truth_and_numbers_of_a_single_element():
    assert not Tensor([0.0]) and Tensor(1.0) and bool(Tensor(2.0) < 3)
    with pytest.raises(ShapeError, match=r"a tensor of shape \(2,\) is no single truth"):
        bool(Tensor([1.0, 2.0]))
    assert float(Tensor([2.5])) == 2.5 and int(Tensor(2)) == 2 and "abc"[Tensor(1)] == "b"
    assert f"{Tensor(0.12345):.3f}" == "0.123" and f"{Tensor([1.0])}".startswith("Tensor(")
    with pytest.raises(TypeError):
        f"{Tensor([1.0, 2.0]):.3f}"
    with pytest.raises(ShapeError, match="is no single number"):
        Tensor([1.0, 2.0]).item()
    with pytest.raises(TypeError, match="cannot be walked over"):
        list(Tensor(1.0))


@pytest.mark.parametrize("other", [None, "1", [None], {}, 1j])
def test_what_is_no_number_is_refused(other):
    for operate in (lambda x: x + other, lambda x: other * x, lambda x: ops.maximum(x, other), lambda x: x**other):
        with pytest.raises(TypeError, match=r"do not go together|unsupported|not allowed|can't multiply|argument"):
            operate(Tensor([1.0, 2.0]))
    with pytest.raises(TypeError, match="a tensor holds numbers"):
        Tensor(other)


# -- modes ---------------------------------------------------------------------------------------------------------


def test_looking_at_a_model_leaves_its_mode(rng):
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(784, 10, rng=rng))
    model[1].eval()
    images = rng.integers(0, 255, (4, 28, 28)).astype(np.uint8)
    data = hellodl.data.Dataset("noise", images, np.arange(4), "0123456789")
    for look in (lambda: evaluate(model, data), lambda: predict(model, images), lambda: predict(model, images[:0])):
        look()
        assert [part.training for part in model.modules()] == [True, True, False, True]
    with pytest.raises(ValueError), evaluating(model):
        assert not any(part.training for part in model.modules())
        raise ValueError
    assert [part.training for part in model.modules()] == [True, True, False, True]
    writing = nn.GPT(5, 4, 1, 1, 4, dropout=0.5, rng=rng)
    writing.writer().read(np.array([1, 2]))
    assert all(part.training for part in writing.modules())


# -- shapes and sizes ------------------------------------------------------------------------------------------------


def test_nothing_in_nothing_out(rng):
    for count in (3, 300):  # a large table's rows are added up another way
        w = Tensor(np.ones((count, 2)), requires_grad=True)
        ops.embedding(np.zeros(0, int), w).sum().backward()
        assert (w.grad == 0).all()
    for options in ({}, {"rotary": True, "normalise": True, "shift": 1}):
        model = nn.GPT(5, 4, 1, 1, 4, rng=rng, **options)
        out = model(Tensor(np.zeros((0, 3), int)))
        assert out.shape == (0, 3, 5)
        out.sum().backward()
        assert all((p.grad == 0).all() for p in model.parameters())


@pytest.mark.parametrize(
    "made",
    [
        lambda a: ops.relu(a),
        lambda a: ops.sum(a),
        lambda a: nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.LayerNorm(3), nn.Dropout(0.1), nn.Flatten())(a),
        lambda a: nn.Sequential(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1), nn.MaxPool2d(2), nn.GlobalAvgPool2d())(a[None]),
        lambda a: ops.where(a > 0, 0.0, Tensor(a)),
        lambda a: ops.where(a > 0, Tensor(a), 1),
        lambda a: ops.where(a > 0, 1.0, 0.0),
        lambda a: ops.maximum(0, Tensor(a)),
        lambda a: ops.stack([a, Tensor(a)]),
        lambda a: nn.GRU(3, 2)(a)[0],
        lambda a: nn.mse_loss(a, a),
        lambda a: ops.einsum("ijk->i", a),
    ],
)
def test_arrays_are_taken_for_tensors(made, rng):
    assert isinstance(made(rng.standard_normal((2, 2, 3)).astype(np.float32)), Tensor)


def test_what_stands_beside_a_tensor_takes_its_precision():
    x = Tensor([0.1, 0.3], dtype=np.float64)
    for out in (ops.maximum(0.2, x), ops.maximum(x, 0.2), ops.where(np.array([True, False]), 0.2, x)):
        assert out.dtype == np.float64 and out.tolist() == [0.2, 0.3]


def test_what_is_neither_is_told_what_is_wanted():
    with pytest.raises(TypeError, match=r"relu takes a tensor or an array, not str; Tensor\(\.\.\.\) makes one"):
        ops.relu("x")


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "stride is a whole number from 1 on, or two of them, not 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "padding is a whole number from 0 on"),
        (lambda: nn.Conv2d(1, 1, 0), "kernel_size is a whole number from 1 on"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "kernel_size is a whole number from 1 on"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "3 and 4 channels do not make 2 equal groups"),
        (lambda: nn.MaxPool2d(2, 0), "stride is a whole number from 1 on"),
        (lambda: nn.MaxPool2d(2, padding=2), "padding is at most half of the window"),
        (lambda: nn.AvgPool2d(1.5), "kernel_size is a whole number from 1 on, or two of them, not 1.5"),
        (lambda: nn.Conv2d(1, 1, 3, 2, "same")(Tensor(np.ones((1, 4, 4, 1)))), "with a stride of 1 'same'"),
        (lambda: nn.PixelShuffle(0), "upscale_factor is a whole number from 1 on"),
        (lambda: nn.GroupNorm(2, 3), "3 channels do not make 2 equal groups"),
        (lambda: nn.CausalSelfAttention(4, 0, 4), "4 features do not make 0 equal heads"),
        (lambda: nn.MultiheadAttention(4, 3), "4 features do not make 3 equal heads"),
    ],
)
def test_sizes_that_cannot_be_meant_are_refused_in_one_line(mistake, line):
    with pytest.raises(ValueError, match=line):
        mistake()


def test_numpys_whole_numbers_are_whole_numbers():
    image = Tensor(np.ones((1, 4, 4, 1)))
    assert nn.Conv2d(1, 1, np.int64(3), stride=np.int32(1))(image).shape == (1, 2, 2, 1)
    assert nn.MaxPool2d(np.int64(2))(image).shape == (1, 2, 2, 1)
    assert nn.Conv2d(np.int64(1), np.int64(2), (np.int64(1), 2), [1, np.int64(1)])(image).shape == (1, 4, 3, 2)


def test_a_saved_model_may_hold_lists_and_dicts(tmp_path, rng):
    model = nn.Sequential(nn.ModuleList([nn.Linear(2, 2, rng=rng)])[0], nn.Tanh())
    save_model(tmp_path / "model.safetensors", model, card={})
    assert isinstance(load_model(tmp_path / "model.safetensors")[0][1], nn.Tanh)
    with pytest.raises(HelloError):
        load_model(tmp_path / "nothing.safetensors")
