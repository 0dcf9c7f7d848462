"""Training can be trusted: it resumes to the same bits, stops at the first NaN, and saves on Ctrl-C."""

import signal
from dataclasses import replace

import numpy as np
import pytest

from hellodl import nn
from hellodl.data.augment import Augment
from hellodl.data.batches import epoch_order
from hellodl.data.dataset import Dataset
from hellodl.errors import CheckpointError, HelperError, TrainingError
from hellodl.runs.log import RunLog
from hellodl.train import Settings, Trainer, checkpoint, classification, evaluate, plain

SETTINGS = Settings(
    epochs=3, batch_size=16, learning_rate=0.01, average=0.9, label_smoothing=0.1, clip=1.0, micro_batch=8, lanes=2
)


@pytest.fixture
def squares():
    """Two classes that a child can tell apart: a bright square above, or below, the middle."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 96)
    images = rng.integers(0, 60, (96, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels):
        image[4 + 12 * label : 12 + 12 * label, 8:20] = 200
    return Dataset("squares", images, labels, "ab")


def network():
    rng = np.random.default_rng(2)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, rng=rng),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AvgPool2d(3),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64, 2, rng=rng),
    )


def trainer(data, path=None, settings=SETTINGS, work=None, threads=1, augment=None):
    prepare = augment or Augment(rotation=10, shift=1)
    run = RunLog(None).run("test", {})
    return Trainer(
        network(), len(data), work or classification(data, settings, prepare), settings, run, path=path, threads=threads
    )


def states_equal(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_it_learns_what_a_child_can_tell(squares):
    learner = trainer(squares)
    learner.fit()
    assert evaluate(learner.model, squares)["accuracy"] > 0.95


@pytest.mark.parametrize("stop_at", [1, 6, 7, 13])
def test_a_killed_run_resumes_to_the_same_bits(squares, tmp_path, stop_at):
    whole = trainer(squares)
    whole.fit()

    class Killed(Exception):
        pass

    broken = trainer(squares, tmp_path / "run.state")
    step = broken.step

    def step_and_die(lanes, batch):
        if broken.steps == stop_at:
            broken.save()
            raise Killed
        return step(lanes, batch)

    broken.step = step_and_die
    with pytest.raises(Killed):
        broken.fit()

    again = trainer(squares, tmp_path / "run.state", threads=2)
    again.load(tmp_path / "run.state")
    assert again.steps == stop_at
    again.fit()
    assert states_equal(whole.model.state_dict(), again.model.state_dict())
    assert states_equal(whole.optimizer.state_dict(), again.optimizer.state_dict())


def test_the_seed_decides_what_comes_out(squares):
    models = []
    for seed in (0, 0, 1):
        learner = trainer(squares, settings=replace(SETTINGS, epochs=1, seed=seed))
        models.append(learner.fit().state_dict())
    assert states_equal(models[0], models[1])
    assert not states_equal(models[0], models[2])


def test_resuming_with_other_settings_is_refused(squares, tmp_path):
    first = trainer(squares, tmp_path / "run.state")
    first.save()
    other = trainer(squares, settings=replace(SETTINGS, learning_rate=0.02))
    with pytest.raises(CheckpointError, match=r"learning_rate=0\.01, not 0\.02"):
        other.load(tmp_path / "run.state")


def test_a_finished_model_is_no_run_to_resume(squares, tmp_path):
    checkpoint.save_model(tmp_path / "model.safetensors", network(), classes="ab", card={})
    with pytest.raises(CheckpointError, match="finished model"):
        trainer(squares).load(tmp_path / "model.safetensors")


def test_nan_stops_training_names_its_origin_and_keeps_the_last_good_weights(squares, tmp_path):
    learner = trainer(squares, tmp_path / "run.state")
    step = learner.step
    good = {}

    def poisoned(lanes, batch):
        if learner.steps == 4:
            good.update(learner.model.state_dict())
            nothing = np.float32(np.nan)
            learner.work = classification(squares, SETTINGS, lambda i, g: np.full((len(i), 28, 28, 1), nothing))
        return step(lanes, batch)

    learner.step = poisoned
    with pytest.raises(TrainingError, match=r"step 4.*first NaN came out of 'conv2d' in layer '.*0'.*run\.state"):
        learner.fit()
    tensors, _ = checkpoint.load(tmp_path / "run.state")
    assert all(np.array_equal(tensors[f"model.{name}"], array) for name, array in good.items())


def test_weights_that_explode_are_never_applied(squares):
    settings = replace(SETTINGS, learning_rate=1e30, optimizer="sgd", schedule="constant", clip=None, average=None)
    learner = trainer(squares, settings=settings, augment=plain)
    with np.errstate(all="ignore"), pytest.raises(TrainingError, match="smaller --lr"):
        learner.fit()


def test_ctrl_c_finishes_the_step_saves_and_says_how_to_go_on(squares, tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    learner = trainer(squares, tmp_path / "run.state")
    step = learner.step

    def interrupted(lanes, batch):
        if learner.steps == 2:
            signal.raise_signal(signal.SIGINT)
        return step(lanes, batch)

    learner.step = interrupted
    with pytest.raises(KeyboardInterrupt, match="--resume"):
        learner.fit()
    again = trainer(squares)
    again.load(tmp_path / "run.state")
    assert again.steps == 3
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_state_is_there_before_the_first_step_and_every_so_often(squares, tmp_path, monkeypatch):
    saved = []

    def noted(learner):
        save = learner.save
        learner.save = lambda: (saved.append(learner.steps), save())
        return learner

    learner = noted(trainer(squares, tmp_path / "run.state"))
    learner.fit()
    epoch = learner.steps_per_epoch
    assert saved == [0, *range(epoch, learner.total + 1, epoch)]
    monkeypatch.setattr("hellodl.train.trainer.SAVE_SECONDS", 0.0)
    saved.clear()
    noted(trainer(squares, tmp_path / "often.state")).fit()
    assert {*saved} == {*range(learner.total + 1)}


def test_a_helper_that_ends_costs_no_step(squares, tmp_path):
    """In the middle of a step: what was learned before it is saved, and it goes on to the same bits."""
    whole = trainer(squares)
    whole.fit()
    broken = trainer(squares, tmp_path / "run.state")
    step = broken.step

    def lose_a_helper(lanes, batch):
        if broken.steps == 7:
            raise HelperError("a helping process ended")
        return step(lanes, batch)

    broken.step = lose_a_helper
    with pytest.raises(HelperError):
        broken.fit()
    again = trainer(squares, tmp_path / "run.state")
    again.load(tmp_path / "run.state")
    assert again.steps == 7
    again.fit()
    assert states_equal(whole.model.state_dict(), again.model.state_dict())


def test_too_few_samples_for_a_batch_is_said(squares):
    with pytest.raises(TrainingError, match="smaller --batch-size"):
        trainer(squares.subset(np.arange(10)))


def test_the_last_batch_that_is_not_full_is_left_for_the_next_shuffle(squares):
    learner = trainer(squares.subset(np.arange(90)))
    assert learner.steps_per_epoch == 90 // 16


def test_samples_come_as_often_as_their_weights_say(squares):
    seen = []

    def work(model, which, generator):
        seen.extend(which.tolist())
        return classification(squares, SETTINGS)(model, which, generator)

    run = RunLog(None).run("test", {})
    weights = np.where(np.arange(96) < 32, 2.0, 0.5)

    def order(epoch):
        return epoch_order(96, 0, epoch, weights)

    Trainer(network(), 96, work, replace(SETTINGS, epochs=1), run, threads=1, order=order).fit()
    times = np.bincount(seen, minlength=96)
    assert (times[:32] == 2).all() and times[32:].sum() == 32 and times[32:].max() == 1
