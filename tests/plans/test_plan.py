"""A plan gives the same bits as the function that it was made of, or says why there is none."""

import gc
import threading
import tracemalloc

import numpy as np
import pytest

import hellodl
from hellodl import Tensor, nn, no_grad, ops, optim
from hellodl.autograd.mode import as_it_is
from hellodl.models.networks import hello_dl, perceptron, residual
from hellodl.ops import loops
from hellodl.plans.plan import MOST_MISSES, MOST_SHAPES, Plan

PLAYED_FROM = 3  # the first call that is played: one is watched, one written down, one compared


def gpt(classes, rng):
    return nn.GPT(classes, 16, 2, 2, 16, rng=rng)


def gru(classes, rng):
    return nn.RecurrentText("gru", classes, 24, 2, rng=rng)


def lstm(classes, rng):
    return nn.RecurrentText("lstm", classes, 24, 2, rng=rng)


def small_residual(classes, rng):
    return residual(classes, rng, channels=(4, 8, 8, 8))


class Lesson:
    """A network with an optimiser, and one step of its training as users write it."""

    def __init__(self, network, clip=1.0, optimizer=optim.AdamW):
        self.model = network(10, np.random.default_rng(0))
        self.optimizer = optimizer(self.model.parameters(), 1e-2)
        self.clip = clip

    def step(self, x, y):
        self.optimizer.zero_grad()
        logits = self.model(Tensor(x)).reshape(y.size, -1)
        loss = nn.cross_entropy(logits, y.reshape(-1), label_smoothing=0.1)
        loss.backward()
        norm = optim.clip_gradients(self.model.parameters(), self.clip)
        self.optimizer.step()
        return loss, {"logits": logits.detach(), "norm": norm, "right": (logits.data.argmax(axis=1) == y.ravel()).sum()}

    def state(self):
        arrays = [p.data for p in self.model.parameters()] + [p.grad for p in self.model.parameters()]
        arrays += [a for _, a in self.model.named_buffers()]
        remembered = sorted(self.optimizer.state_dict().items())
        return [None if a is None else a.tobytes() for a in [*arrays, *(a for _, a in remembered)]]


def batches(network, count, size=6, seed=1):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        if network in (gpt, gru, lstm):
            yield tuple(rng.integers(10, size=(2, size, 9)))
        else:
            yield rng.random((size, 28, 28, 1), np.float32), rng.integers(10, size=size)


def bits(result):
    loss, more = result
    return [loss.data.tobytes(), more["logits"].data.tobytes(), float(more["norm"]), int(more["right"])]


def held_equal(network, planned_calls, **how):
    """Two trainings side by side, one by a plan: all that comes out and all that stays is the same."""
    plain, other = Lesson(network, **how), Lesson(network, **how)
    plan = Plan(other.step)
    for number, (x, y) in enumerate(batches(network, planned_calls + PLAYED_FROM)):
        plain.optimizer.learning_rate = other.optimizer.learning_rate = 1e-2 / (1 + number)  # a schedule
        assert bits(plain.step(x, y)) == bits(plan(x, y)), number
        assert plain.state() == other.state(), number
    assert plan.played == planned_calls
    return plan


@pytest.mark.parametrize("network", [perceptron, hello_dl, small_residual, gru, lstm, gpt])
def test_a_training_step_has_the_same_bits_with_a_plan(network):
    held_equal(network, 4)


@pytest.mark.skipif(not loops.available(), reason="Numba is not installed")
@pytest.mark.parametrize("network", [hello_dl, small_residual, gru, lstm, gpt])
def test_and_with_compiled_loops(network):
    with loops.compiled():
        held_equal(network, 3)


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.Muon])
def test_any_optimiser_steps_as_it_is(optimizer):
    held_equal(perceptron, 3, optimizer=optimizer)


def test_clipping_that_bites_at_times_only():
    lesson = Lesson(perceptron)
    norms = [float(lesson.step(x, y)[1]["norm"]) for x, y in batches(perceptron, 8)]
    middle = float(np.median(norms[PLAYED_FROM:]))
    assert min(norms[PLAYED_FROM:]) < middle < max(norms[PLAYED_FROM:])
    held_equal(perceptron, 5, clip=middle)


def test_answers_inside_no_grad_and_two_plans_beside_each_other(caplog):
    models = [network(10, np.random.default_rng(3)).eval() for network in (hello_dl, small_residual)]
    plans = [hellodl.plan(model) for model in models]
    for x, _ in batches(hello_dl, 6, size=2):
        for model, plan in zip(models, plans):
            with no_grad():
                assert plan(Tensor(x)).data.tobytes() == model(Tensor(x)).data.tobytes()
    assert [plan.played for plan in plans] == [3, 3]
    assert not caplog.records


def test_an_answer_is_kept_when_the_next_one_comes():
    plan = hellodl.plan(lambda x: np.exp(x) + 1)
    first = [plan(np.full(3, k, np.float32)) for k in range(6)]
    assert np.array_equal([row[0] for row in first], np.exp(np.arange(6, dtype=np.float32)) + 1)


def test_weights_may_be_others_at_each_call_by_any_means():
    model, other = (small_residual(10, np.random.default_rng(seed)).eval() for seed in (0, 1))
    for _, running in model.named_buffers():
        running += np.float32(0.5)
    plan = hellodl.plan(model)

    def asked():
        x = Tensor(next(batches(small_residual, 1, size=2))[0])
        with no_grad():
            answer = plan(x)
            assert answer.data.tobytes() == model(x).data.tobytes()
        return answer.data.tobytes()

    seen = [asked() for _ in range(PLAYED_FROM + 1)][-1:]
    played = plan.played
    model.load_state_dict(other.state_dict())
    seen.append(asked())
    next(model.parameters()).data *= 2
    seen.append(asked())
    next(a for name, a in model.named_buffers() if name.endswith("running_var"))[...] *= 4
    seen.append(asked())
    assert plan.played == played + 3
    weight = next(model.parameters())
    weight.data = weight.data.copy() * 3  # another array, for which there has to be another plan
    seen += [asked() for _ in range(PLAYED_FROM + 1)]
    assert plan.played == played + 4
    assert len(set(seen)) == 5


def test_each_shape_has_a_plan_of_its_own_and_there_is_an_end_of_them(caplog):
    plan = Plan(lambda x: (x * x).sum())
    for size in [*range(1, 5), *range(1, 5), *range(1, 5), *range(1, 5)]:
        x = np.arange(size, dtype=np.float32)
        assert plan(x) == (x * x).sum()
    assert plan.played == 4
    assert not caplog.records
    for size in range(5, MOST_SHAPES + 10):
        assert plan(np.ones(size, np.float32)) == size
    assert [line.getMessage() for line in caplog.records] == [
        f"plan: '<lambda>' runs by itself, for there are more than {MOST_SHAPES} shapes"
    ]
    assert plan(np.ones(3, np.float64)).dtype == np.float64


def test_a_branch_that_goes_another_way_is_gone_by_the_function_itself(caplog):
    running = np.zeros(1, np.float32)

    class Counting(nn.Module):
        buffers = ("seen",)

        def __init__(self):
            self.seen = running

        def forward(self, x):
            self.seen += x.sum()  # before the branch: has to be undone when the other way is gone
            return x * 2 if x.max() > 0 else x - 1

    module = Counting()
    plan, total = Plan(lambda x: module(x)), np.float32(0)
    for number, sign in enumerate([1, 1, 1, 1, -1, 1, -1]):
        x = np.full(2, sign, np.float32)
        total += x.sum()
        assert np.array_equal(plan(x), x * 2 if sign > 0 else x - 1), number
        assert running[0] == total, number
    assert plan.played == 2
    assert [line.getMessage() for line in caplog.records] == [
        "plan: '<lambda>' runs by itself, for a branch was True when the plan was made, and is False"
    ]
    for _ in range(MOST_MISSES):
        plan(-np.ones(2, np.float32))
    played = plan.played
    plan(np.ones(2, np.float32))
    assert plan.played == played  # too often another way: it is given up


def test_nan_and_infinity_come_out_as_they_do():
    lesson, other = Lesson(perceptron), Lesson(perceptron)
    plan = Plan(other.step)
    with np.errstate(all="ignore"):
        for number, (x, y) in enumerate(batches(perceptron, 7)):
            if number == 5:
                x[0, 3] = np.nan
            assert bits(lesson.step(x, y))[:2] == bits(plan(x, y))[:2]
            assert lesson.state() == other.state()
    assert plan.played == 4
    assert np.isnan(next(other.model.parameters()).data).any()


def test_a_wrong_label_is_told_as_without_and_changes_nothing():
    lesson = Lesson(perceptron)
    plan = Plan(lesson.step)
    for x, y in batches(perceptron, 5):
        plan(x, y)
    before = lesson.state()[:6]
    with pytest.raises(hellodl.errors.DataError, match="whole numbers from 0 to 9"):
        plan(x, y + 9)
    assert lesson.state()[:6] == before
    plan(x, y)
    assert plan.played == 3


def leaks():
    rng, calls = np.random.default_rng(0), []
    weight, elsewhere = nn.Parameter(np.ones(3, np.float32)), np.zeros(3, np.float32)
    drop = nn.Dropout(0.5)
    drop.generator = np.random.default_rng(1)
    noisy = nn.Dropout(0.5)
    noisy.generator = np.random.default_rng(1)
    noisy.forward = lambda x: x + noisy.generator.random(3, np.float32)

    def counted(x):
        calls.append(x)
        return x * len(calls)

    def kept(x):
        elsewhere[...] = x
        return x + 1

    yield "a number as Python's", lambda x: x * float(x[0]), "numbers were looked at by float"
    yield "an array of numbers", lambda x: x + np.array([x[0], 1, 2]), "numbers were looked at by"
    yield "a list of numbers", lambda x: x + x.tolist()[0], "numbers were looked at by .tolist"
    yield "numbers that choose", lambda x: x * [2, 3][int(x[0] > 0)], "numbers were looked at by"
    yield "NumPy's own truths", lambda x: x * np.array_equal(x, x), "array_equal gives Python a number"
    yield "an array from elsewhere", lambda x: np.add(x, 1, out=elsewhere) * 1, "an array that is not the plan's"
    yield "and in place", kept, "numbers were looked at by np.array"
    yield "dropout", drop, "dropout draws from a generator"
    yield "a module's generator", noisy, "a generator was drawn from"
    yield "any generator", lambda x: x + rng.random(3, np.float32), "the result is another than without"
    yield "a count", counted, "the result is another than without"
    yield "a graph that leads out", lambda x: Tensor(x) * weight, "still has its way back"
    yield "other libraries", lambda x: memoryview(x)[0] * x, "TypeError: memoryview: a bytes-like object"


@pytest.mark.parametrize("name", [name for name, _, _ in leaks()])
def test_what_cannot_be_replayed_is_not_and_a_line_says_why(name, caplog):
    planned, plain = ({n: (f, why) for n, f, why in leaks()}[name] for _ in range(2))
    plan = Plan(planned[0])
    for k in range(6):
        x = np.array([k % 3 + 1, 2, 3], np.float32)
        given = Tensor(x) if isinstance(planned[0], nn.Module) and name == "dropout" else x
        mine, theirs = plan(given), plain[0](given)
        mine, theirs = (getattr(result, "data", result) for result in (mine, theirs))
        assert np.asarray(mine).tobytes() == np.asarray(theirs).tobytes(), k
    assert plan.played == 0
    assert len(caplog.records) == 1
    assert planned[1] in caplog.text


def test_warnings_are_off_where_they_were():
    def quiet(x):
        with np.errstate(divide="ignore"):
            return np.log(x) + 1

    plan = Plan(quiet)
    assert [plan(np.full(1, k, np.float32))[0] for k in (1, 2, 1, 0, 1)][3:] == [-np.inf, 1]
    assert plan.played == 2


def test_weights_that_are_new_arrays_each_time_have_no_plan(caplog):
    weight, x = nn.Parameter(np.ones(3, np.float32)), np.arange(3, dtype=np.float32)

    def step(x):
        weight.grad = None
        (Tensor(x) * weight * weight).sum().backward()

    plan = Plan(step)
    for _ in range(14):
        plan(x)
        assert np.array_equal(weight.grad, 2 * x * weight.data)
        weight.data = weight.data - np.float32(0.1) * weight.grad
    assert plan.played == 0
    assert "its weights are other arrays again and again" in caplog.text


def test_an_error_of_the_function_is_its_own(caplog):
    lesson = Lesson(perceptron)
    plan = Plan(lesson.step)
    (x, y) = next(batches(perceptron, 1))
    plan(x, y)
    with pytest.raises(hellodl.errors.DataError, match="whole numbers from 0 to 9"):
        plan(x, y + 9)
    for _ in range(3):
        plan(x, y)
    assert plan.played == 1
    assert not caplog.records


def test_gradients_that_are_added_up_over_calls_are_added_up(caplog):
    weight = nn.Parameter(np.ones(3, np.float32))
    plan = Plan(lambda x: (Tensor(x) * weight).sum().backward())
    x = np.arange(3, dtype=np.float32)
    for _ in range(5):
        weight.grad = None
        plan(x)
        assert np.array_equal(weight.grad, x)
    assert plan.played == 2
    plan(x)
    assert np.array_equal(weight.grad, 2 * x)
    assert "gradients, buffers or train() are not as they were" in caplog.text


def test_a_network_that_is_told_to_train_again_does():
    model = small_residual(10, np.random.default_rng(0)).eval()
    twin = small_residual(10, np.random.default_rng(0)).eval()
    plan = Plan(lambda x: model(Tensor(x)).data)
    for number, (x, _) in enumerate(batches(small_residual, 8)):
        if number == 5:
            model.train(), twin.train()
        with no_grad():
            assert plan(x).tobytes() == twin(Tensor(x)).data.tobytes()
    assert plan.played == 2


def test_memory_does_not_grow_and_places_are_used_again():
    lesson = Lesson(hello_dl)
    plan = Plan(lesson.step)
    for x, y in batches(hello_dl, 6):
        plan(x, y)
    (recording,) = plan.known.values()
    outs = [step.keywords["out"] for step in recording.tape.steps if "out" in step.keywords]
    outs = [out[0] if isinstance(out, tuple) else out for out in outs]
    assert recording.tape.nbytes < sum(out.nbytes for out in outs)
    gc.collect()
    tracemalloc.start()
    try:
        plan(x, y)
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(10):
            plan(x, y)
        assert tracemalloc.get_traced_memory()[0] - before < 10_000
    finally:
        tracemalloc.stop()


def test_a_plan_goes_when_its_function_goes():
    lesson = Lesson(perceptron)
    plan = Plan(lesson.step)
    for x, y in batches(perceptron, 4):
        plan(x, y)
    gone = threading.Event()
    import weakref

    weakref.finalize(next(iter(plan.known.values())).tape, gone.set)
    del plan
    gc.collect()
    assert gone.is_set()


def test_threads_that_call_one_plan_get_their_own_answers():
    inside, go_on, found = threading.Event(), threading.Event(), []

    @as_it_is
    def pause():
        if threading.current_thread().name == "first":
            inside.set()
            go_on.wait(20)

    def doubled(x):
        e = np.exp(x)
        pause()
        return e * 2

    plan, ones, twos = Plan(doubled), np.ones(3, np.float32), np.full(3, 2, np.float32)
    for _ in range(4):
        plan(ones)
    first = threading.Thread(target=lambda: found.append(plan(ones)), name="first")
    first.start()
    assert inside.wait(20)
    assert np.array_equal(plan(twos), np.exp(twos) * 2)  # while the first is in the middle of the plan
    go_on.set()
    first.join()
    assert np.array_equal(found[0], np.exp(ones) * 2)
    assert plan.played == 2


def test_a_plan_within_a_plan_is_part_of_it():
    inner = Plan(lambda x: x * 2)
    outer = Plan(lambda x: inner(x) + 1)
    for k in range(6):
        assert outer(np.full(2, k, np.float32))[0] == 2 * k + 1
    assert (outer.played, inner.played) == (3, 0)


def test_several_uses_of_memory_in_one_function():
    """Views, writing through views, picking by numbers, and a function of NumPy that has no `out`."""

    def busy(x, rows):
        out = ops.scratch.empty((3, 4), np.float32)
        out[:, 1:3] = x[:, ::2]
        out[:, 0] = out[:, 3] = 7
        out.T[...] *= x[:, :1].T
        picked = out[rows, [0, 1, 2]]
        np.add.at(out, rows, picked[:, None])
        chosen = np.where(out > 1, out, -out)[rows]
        chosen[chosen > 5] = 0
        return chosen, np.sort(x, axis=1)[:, -1], x[1, 2], np.cumsum(x, axis=0).mean(axis=1), x.reshape(-1)[::-1]

    plan, rng = Plan(busy), np.random.default_rng(0)
    for _ in range(7):
        x, rows = rng.normal(size=(3, 4)).astype(np.float32), rng.integers(3, size=3)
        for mine, theirs in zip(plan(x, rows), busy(x, rows), strict=True):
            assert mine.tobytes() == theirs.tobytes()
            assert mine.shape == theirs.shape
    assert plan.played == 4
