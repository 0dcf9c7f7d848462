"""Loops, as Python and as machine code, do what NumPy does in whole arrays."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hellodl import nn, optim
from hellodl.autograd.mode import debug
from hellodl.autograd.tensor import Tensor
from hellodl.nn import norm
from hellodl.ops import activations, attention, conv, ctc, loops, pool, recurrent
from hellodl.ops.loops import compiler
from hellodl.train.lanes import Lanes

WAYS = [
    "as Python",
    pytest.param(
        "as machine code",
        marks=pytest.mark.skipif(not loops.available(), reason="Numba is not installed (or HELLODL_JIT=0)"),
    ),
]


@pytest.fixture(params=WAYS, scope="module")
def way(request):
    return request.param


class switched_on:
    """Inside, loops run: compiled, or just as they stand here."""

    def __init__(self, way):
        self.way = way

    def __enter__(self):
        self.before = [each.fast for each in loops.LOOPS]
        if self.way == "as Python":
            for each in loops.LOOPS:
                each.fast = None
            compiler.on = True
        else:
            loops.start()
            compiler.on = True

    def __exit__(self, *error):
        compiler.on = False
        for each, fast in zip(loops.LOOPS, self.before):
            each.fast = each.fast or fast


def both(way, function, *arrays):
    """What `function` of tensors gives, and all gradients for the same random g, in NumPy and in loops."""
    results = []
    for on in (False, True):
        tensors = [Tensor(array, requires_grad=True) for array in arrays]
        if on:
            with switched_on(way):
                out = function(*tensors)
                out.backward(np.random.default_rng(0).standard_normal(out.shape))
        else:
            out = function(*tensors)
            out.backward(np.random.default_rng(0).standard_normal(out.shape))
        results.append([out.data, *(t.grad for t in tensors)])
    return results


def assert_same(way, function, *arrays, atol=1e-6):
    for one, other in zip(*both(way, function, *arrays), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=atol)


def normal(*shape):
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


@given(st.integers(1, 7), st.integers(1, 7), st.booleans(), st.booleans())
@settings(max_examples=25, deadline=None)
def test_pooling_by_halves(way, height, width, over, ties):
    if min(height, width) < 2 and not over:
        return
    x = normal(2, height, width, 3)
    if ties:
        x = np.round(x)
    for one, other in zip(*both(way, lambda x: pool.max_pool2d(x, 2, ceil_mode=over), x), strict=True):
        assert (one == other).all()


def test_pooling_hands_on_a_nan(way):
    for place in np.ndindex(2, 2):
        x = normal(1, 2, 2, 4)
        x[(0, *place)] = np.nan
        with switched_on(way):
            assert np.isnan(pool.max_pool2d(Tensor(x), 2).data).all()
            assert np.isnan(activations.relu(Tensor(x[0, place[0], place[1]])).data).all()


@pytest.mark.parametrize("side", [2, 3, 4])
@given(st.integers(3, 8), st.integers(3, 8), st.integers(0, 2), st.integers(0, 2))
@settings(max_examples=12, deadline=None)
def test_convolution_by_tiles(way, side, height, width, rows, columns):
    def tiles_only(x, weight, stride, padding, again):
        return conv.Tiles(x.data, weight.data, padding, side, again)

    fastest, conv.fastest = conv.fastest, tiles_only
    arrays = normal(3, height, width, 2), normal(4, 2, 3, 3), normal(4)
    padding = rows, columns
    try:
        assert_same(way, lambda *p: conv.conv2d(*p, padding=padding), *arrays, atol=3e-5)
        assert_same(way, lambda *p: conv.conv2d(*p, padding=padding, pool=True, ceil_mode=True), *arrays, atol=3e-5)
    finally:
        conv.fastest = fastest


@pytest.mark.parametrize("rectify", [False, True])
def test_batch_norm(way, rectify):
    arrays = 3 * normal(4, 5, 3, 6) + 1, 1 + 0.1 * normal(6), normal(6)
    assert_same(way, lambda *p: norm.normalise_columns(*p, 1e-5, rectify)[0], *arrays, atol=1e-4)
    plain = norm.normalise_columns(*map(Tensor, arrays), 1e-5)
    with switched_on(way):
        fast = norm.normalise_columns(*map(Tensor, arrays), 1e-5)
    for one, other in zip(plain[1:], fast[1:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("function", [activations.relu, activations.gelu_tanh])
def test_activations(way, function):
    x = np.concatenate([3 * normal(500), [0, -0.0, 50, -50, 1e-20]]).astype(np.float32).reshape(5, -1)
    assert_same(way, function, x)
    assert_same(way, lambda t: function(t.transpose()), x)  # not in one piece: NumPy's affair


@pytest.mark.parametrize("make", [optim.Adam, optim.AdamW])
def test_adam(way, make, rng):
    weights = []
    for on in (False, True):
        layer = nn.Conv2d(3, 4, 3, rng=np.random.default_rng(1))
        optimizer = make(layer.named_parameters(), 0.01, weight_decay=0.1)
        for step in range(4):
            for p in layer.parameters():
                p.grad = np.zeros_like(p.data, order="K")
                p.grad[...] = np.random.default_rng(step).standard_normal(p.shape)
            if on:
                with switched_on(way):
                    optimizer.step()
            else:
                optimizer.step()
        weights.append(layer.state_dict())
    for name, array in weights[0].items():
        np.testing.assert_allclose(weights[1][name], array, rtol=1e-5, atol=1e-6)
    assert (weights[0]["weight"] != nn.Conv2d(3, 4, 3, rng=np.random.default_rng(1)).weight.data).all()


@pytest.mark.skipif(not loops.available(), reason="Numba is not installed (or HELLODL_JIT=0)")
def test_compiled_loops_give_the_same_bits_on_any_number_of_threads():
    images, labels = normal(64, 12, 12, 1), np.arange(64) % 5

    def work(model, which, generator):
        loss = nn.cross_entropy(model(Tensor(images[which])), labels[which], reduction="sum")
        return loss * (1 / 64), np.zeros(1)

    found = []
    for threads, processes in [(1, False), (2, False), (4, False), (8, False), (2, True), (8, True)]:
        rng = np.random.default_rng(1)
        model = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1, rng=rng),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, rng=rng),
            nn.MaxPool2d(2),
            nn.GELU("tanh"),
            nn.Flatten(),
            nn.Linear(200, 5, rng=rng),
        )
        optimizer = optim.AdamW(model.named_parameters(), 0.01)
        with Lanes(model, 8, 8, threads, processes) as lanes:
            assert loops.running()
            for step in range(3):
                lanes.gradients(work, np.arange(64), (0, step))
                optimizer.step()
        assert not loops.running()
        found.append(model.state_dict())
    for other in found[1:]:
        assert all((other[name] == array).all() for name, array in found[0].items())


def test_loops_are_left_alone_unless_wanted_and_possible(monkeypatch):
    x, double = normal(2, 2, 2, 1), normal(2, 2, 2, 1).astype(np.float64)
    assert not loops.use(x)
    monkeypatch.setattr(compiler, "on", True)
    assert loops.use(x)
    assert not loops.use(x, double) and not loops.use(x[:, ::-1])
    monkeypatch.setenv("HELLODL_JIT", "0")
    assert not loops.available()
    with loops.compiled():
        assert not loops.running()
    assert loops.running()


def test_importing_hellodl_does_not_import_numba():
    program = "import sys, hellodl, hellodl.commands.cli, hellodl.train; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_layer_normalisation_of_rows(way):
    x, weight, bias = normal(3, 4, 40), normal(40), normal(40)
    assert_same(way, lambda *a: norm.normalise_rows(*a, 1e-5), x, weight, bias, atol=1e-5)


def test_the_squared_rectifier(way):
    assert_same(way, activations.relu_squared, normal(5, 7))


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_recurrent_layers(way, kind):
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
    states = [normal(3, 8), normal(3, 8) + 1][: 2 if kind == "lstm" else 1]
    weights = [normal(gates * 8, 5), normal(gates * 8, 8), normal(gates * 8), normal(gates * 8) + 1]

    def run(x, *others):
        return getattr(recurrent, kind)(x, *others[:-4], recurrent.Weights(*others[-4:]))

    assert_same(way, run, normal(6, 3, 5), *states, *weights, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 7, 70])
def test_attention(way, steps):
    assert_same(way, lambda x: attention.self_attention(x, 2), normal(2, steps, 24), atol=1e-5)
    angle = attention.angles(steps, 4)
    assert_same(way, lambda x: attention.self_attention(x, 2, angle, normalise=True), normal(1, steps, 24), atol=1e-5)
    x, weight = normal(2, steps, 5), normal(3, 5)
    assert_same(way, attention.token_shift, x, weight, atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_ctc(way, seed):
    rng = np.random.default_rng(seed)
    steps, batch, classes = 11, 4, 5
    logits = rng.standard_normal((steps, batch, classes)) * (1 + 4 * seed)
    ends, lengths = rng.integers(7, steps + 1, batch), rng.integers(0, 4, batch)
    texts = rng.integers(1, classes, (batch, 3))
    texts[0], lengths[0] = (1, 1, 1), 3

    def loss(x):
        return ctc.ctc_loss(
            activations.log_softmax(x), texts, ends, lengths, reduction=("mean", "sum", "none")[seed % 3]
        )

    both(way, loss, logits.astype(np.float32))


def test_ctc_of_what_is_all_but_impossible(way):
    log_probs = np.full((4, 1, 3), -200.0, np.float32)
    log_probs[:, :, 2] = 0  # says the wrong thing, as surely as can be

    def loss(x):
        return ctc.ctc_loss(x, [[1, 1]], reduction="sum")

    both(way, loss, log_probs)


def as_it_was(array, kind):
    """A copy; what a loop writes may be memory as it came, with bits that no number has: those are zeros then."""
    copied = np.copy(array)
    if kind.startswith(compiler.INTO) and copied.dtype.kind == "f":
        copied[~(np.abs(copied) < 1e6)] = 0
    return copied


def record_loops(monkeypatch):
    """What each loop is called with, copied before the call, while layers and optimisers of all kinds work."""
    found = {}
    plain = compiler.Loop.__call__

    def noted(self, *arguments):
        kept = [as_it_was(a, kind) if np.ndim(a) else a for a, kind in zip(arguments, self.types, strict=True)]
        found.setdefault(self.function.__name__, (self, kept))
        plain(self, *arguments)

    monkeypatch.setattr(compiler.Loop, "__call__", noted)
    rng = np.random.default_rng(0)
    pictures = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.ReLU())
    texts = [
        nn.GPT(7, 6, 1, 1, 4, activation="relu2", norm="rms", rotary=True, normalise=True, shift=1, rng=rng),
        nn.GPT(7, 6, 1, 1, 4, rng=rng),
    ]
    texts += [nn.RecurrentText(cells, 7, 4, 1, rng=rng) for cells in ("gru", "lstm")]
    with switched_on("as Python"):
        models = [(pictures, normal(2, 9, 9, 3)), *((model, rng.integers(0, 7, (2, 5))) for model in texts)]
        for model, x in models:
            optimizer = optim.Adam(model.parameters())
            (model(Tensor(x, requires_grad=x.dtype == np.float32)) ** 2).sum().backward()
            optimizer.step()
        assert_same("as Python", lambda x: ctc.ctc_loss(activations.log_softmax(x), [[1, 2], [1, 1]]), normal(6, 2, 3))
        with switched_on("as Python"):
            ctc.ctc_loss(Tensor(normal(6, 2, 3)), [[1, 2], [1, 1]])
    monkeypatch.undo()
    return found


def strided(array):
    wide = np.repeat(array, 2, axis=-1)
    return wide[..., ::2]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.skipif(not loops.available(), reason="Numba is not installed (or HELLODL_JIT=0)")
@pytest.mark.parametrize("change", [read_only, np.asfortranarray, strided, lambda a: a.astype(np.float64, order="F")])
def test_every_compiled_loop_takes_what_numpy_takes(change, monkeypatch):
    found = record_loops(monkeypatch)
    assert set(found) == {each.function.__name__ for each in loops.LOOPS}
    loops.start()
    for name, (loop, arguments) in found.items():
        results = []
        for function, how in ((loop.function, np.copy), (loop, change)):
            given = []
            for kind, argument in zip(loop.types, arguments):
                writes = kind.startswith(compiler.INTO)
                is_array = isinstance(argument, np.ndarray) and argument.ndim
                given.append(how(argument) if is_array and not (writes and change is read_only) else np.copy(argument))
                if not is_array:
                    given[-1] = argument
            with np.errstate(all="ignore"):
                function(*given)
            results.append([a for a, kind in zip(given, loop.types) if kind.startswith(compiler.INTO)])
        for one, other in zip(*results, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.skipif(not loops.available(), reason="Numba is not installed (or HELLODL_JIT=0)")
def test_a_result_that_cannot_be_written_is_an_error_as_in_numpy():
    loops.start()
    with pytest.raises(ValueError, match="output array is read-only"):
        loops.rows.rectify(normal(3), read_only(normal(3)))


@pytest.mark.parametrize("shape", [(), (0,), (1, 1), (3, 0), (2, 3)])
@pytest.mark.parametrize("function", [activations.relu, activations.relu_squared, activations.gelu_tanh])
def test_activations_of_any_shape_and_after_a_sum(way, function, shape):
    assert_same(way, lambda x: function(x).sum(), normal(*shape))
    if 0 not in shape:
        assert_same(way, lambda x: function(x).mean(), read_only(np.asarray(normal(*shape))))


@pytest.mark.parametrize("steps", [0, 1])
def test_layers_on_nothing(way, steps):
    layers = [
        (lambda x: norm.normalise_rows(x, Tensor(np.ones(4)), Tensor(np.zeros(4)), 1e-5), (0, 4)),
        (lambda x: pool.max_pool2d(x, 2), (0, 4, 4, 2)),
        (lambda x: conv.conv2d(x, Tensor(np.ones((2, 2, 3, 3))), padding=1), (0, 8, 8, 2)),
        (lambda x: attention.self_attention(x, 2, attention.angles(3, 2), normalise=True), (0, 3, 12)),
        (lambda x: attention.token_shift(x, Tensor(np.ones((2, 4)))), (0, 3, 4)),
    ]
    for function, shape in layers:
        assert_same(way, function, np.zeros(shape, np.float32))


def test_arrays_that_are_locked_or_from_a_file(way):
    """As the search for the first NaN locks them, and as a file's memory is."""
    x = np.frombuffer(normal(2, 8, 8, 4).tobytes(), np.float32).reshape(2, 8, 8, 4)
    assert not x.flags.writeable
    weight = read_only(normal(4, 4, 3, 3))
    assert_same(way, lambda x, w: activations.relu(conv.conv2d(x, w, padding=1)).sum(), x, weight, atol=1e-3)
    assert_same(way, lambda x: pool.max_pool2d(x, 2).mean(), x)
    assert_same(
        way, lambda x: norm.normalise_columns(x, Tensor(np.ones(4)), Tensor(np.zeros(4)), 1e-5)[0], x, atol=1e-4
    )
    network = nn.Sequential(nn.Conv2d(4, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    with switched_on(way), debug():
        network(Tensor(x)).mean().backward()


def test_batch_norm_of_a_large_mean(way):
    with switched_on(way):
        assert np.abs(nn.BatchNorm2d(4)(Tensor(np.full((64, 28, 28, 4), 100.3))).data).max() < 1e-3
        assert np.abs(nn.LayerNorm(4096)(Tensor(np.full((2, 4096), 100.3))).data).max() < 1e-3
        x = (1e6 + np.random.default_rng(0).standard_normal((64, 8, 8, 3))).astype(np.float32)
        exact = x.astype(np.float64) - x.mean(axis=(0, 1, 2), dtype=np.float64)
        out = nn.BatchNorm2d(3)(Tensor(x)).data
        np.testing.assert_allclose(out, exact / np.sqrt((exact**2).mean(axis=(0, 1, 2)) + 1e-5), atol=0.1)


def test_adam_of_a_weight_without_axes(way):
    with switched_on(way):
        weight = Tensor(2.0, requires_grad=True)
        optimizer = optim.Adam([weight], lr=0.1)
        weight.grad = np.float32(1)
        optimizer.step()
        assert weight.item() == pytest.approx(1.9)
