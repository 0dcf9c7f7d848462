"""Lanes and answers go by plans where they can, and come to the same bits."""

import threading

import numpy as np
import pytest

from hellodl import Tensor, nn, no_grad
from hellodl.models.networks import perceptron, residual
from hellodl.train.answers import predict
from hellodl.train.lanes import Lanes
from hellodl.train.steady import Learner, Steady, _answers, replica

IMAGES = np.random.default_rng(0).random((60, 28, 28, 1), np.float32)
LABELS = np.random.default_rng(1).integers(10, size=60)


def small(rng, dropout=0.0):
    return residual(10, rng, channels=(4, 8, 8, 8), dropout=dropout)


def given(which, generator):
    return IMAGES[which] + generator.normal(0, 0.1, (len(which), 1, 1, 1)).astype(np.float32), LABELS[which]


def judge(model, images, labels):
    logits = model(Tensor(images))
    loss = nn.cross_entropy(logits, labels, reduction="sum") * (1 / 60)
    return loss, ((logits.data.argmax(axis=1) == labels).sum(), len(labels))


def unsteady(model, which, generator):
    return judge(model, *given(which, generator))


def everything(model, work, threads, processes, steps=6, micro_batch=6):
    found = []
    with Lanes(model, micro_batch, 3, threads, processes) as lanes:
        for step in range(steps):
            loss, sums = lanes.gradients(work, np.arange(60 if step % 2 else 57), (1, step))
            found.append([loss, *sums, *(p.grad.tobytes() for p in model.parameters())])
            for parameter in model.parameters():
                parameter.data -= 0.1 * parameter.grad
        played = getattr(getattr(lanes._local, "learner", None), "_plan", None)
    return found, [a.tobytes() for a in model.state_dict().values()], played.played if played else 0


@pytest.mark.parametrize(("threads", "processes"), [(1, False), (2, False), (2, True)])
def test_lanes_come_to_the_same_bits_with_plans(threads, processes):
    model, twin = (small(np.random.default_rng(2)) for _ in range(2))
    plain = everything(model, unsteady, 1, False)
    steady = everything(twin, Steady(given, judge), threads, processes)
    assert plain[:2] == steady[:2]
    if threads == 1:
        assert steady[2] > 40  # of 60 micro-batches; three of each size were not played


def test_dropout_draws_anew_each_time():
    model, twin = (small(np.random.default_rng(2), dropout=0.3) for _ in range(2))
    plain, steady = everything(model, unsteady, 1, False), everything(twin, Steady(given, judge), 1, False)
    assert plain[:2] == steady[:2]
    assert steady[2] == 0


def test_a_batch_of_one_piece_has_the_gradients_of_the_plan_itself():
    model, twin = (perceptron(10, np.random.default_rng(2)) for _ in range(2))
    plain = everything(model, unsteady, 1, False, steps=8, micro_batch=60)
    steady = everything(twin, Steady(given, judge), 1, False, steps=8, micro_batch=60)
    assert plain[:2] == steady[:2]
    assert steady[2] == 2


def test_a_learner_adds_to_what_a_lane_has():
    model = small(np.random.default_rng(2))
    learner, lane = Learner(model, Steady(given, judge)), Lanes(model, 6, 1, 1).lanes[0]
    loss, _ = learner.learn(lane, np.arange(6), np.random.default_rng(0), alone=False)
    one = [p.grad.copy() for p in lane.parameters.values()]
    learner.learn(lane, np.arange(6), np.random.default_rng(0), alone=False)
    assert all(np.array_equal(p.grad, 2 * g) for p, g in zip(lane.parameters.values(), one))
    assert [len(norm.waiting) for norm in lane.norms] == [2] * len(lane.norms)
    assert loss.item() > 0


def told(model, images):
    with no_grad():
        return replica(model).eval()(Tensor(images)).data


def test_answers_to_little_follow_the_model():
    model, other = (small(np.random.default_rng(seed)) for seed in (3, 4))
    images = iter(IMAGES[:60, None])

    def asked(times):
        for _ in range(times):
            image = next(images)
            answer = predict(model, image)
            assert answer.tobytes() == told(model, image).tobytes()
        return answer

    asked(6)
    plan = _answers[model].to
    assert plan.played == 3
    model.load_state_dict(other.state_dict())
    asked(2)
    assert plan.played == 5
    assert model.training
    model.train(False)
    asked(2)
    model.train()
    asked(2)
    assert model.training and _answers[model].to is plan, "whether it is told to train is no change for its answers"
    assert plan.played == 9
    last = str(len(model) - 1)
    setattr(model, last, nn.Linear(72, 10, rng=np.random.default_rng(5)))  # another layer in its place
    asked(2)
    changed = _answers[model].to
    assert changed is not plan
    asked(4)
    assert changed.played
    layer = getattr(model, last)
    layer.forward = lambda x: nn.Linear.forward(layer, x) * 2  # somebody who looks inside
    assert np.array_equal(predict(model, IMAGES[:1]), told(model, IMAGES[:1]))
    parameter = next(model.parameters())
    parameter.data = parameter.data * 3
    asked(5)


def test_nobody_meets_a_stand_in_of_another_thread():
    model, wrong = small(np.random.default_rng(3)), []
    expected = [told(model, image).tobytes() for image in IMAGES[:20, None]]

    def ask():
        for k in range(60):
            size = k // 20 + 1  # again and again a plan is made
            answer = predict(model.eval(), IMAGES[k % 20 : k % 20 + 1].repeat(size, axis=0))
            if size == 1 and answer.tobytes() != expected[k % 20]:
                wrong.append(k)
            if not np.isfinite(model(Tensor(IMAGES[:1])).data).all():
                wrong.append(k)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_answer_to_an_image_is_the_callers_own():
    model = perceptron(10, np.random.default_rng(0))
    kept = [predict(model, image) for image in IMAGES[:6, None]]
    assert all(np.array_equal(a, told(model, image)) for a, image in zip(kept, IMAGES[:6, None]))
