"""Looks inside a network: they show what is there, change nothing, and cost no more than they may."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.data.augment import Augment
from hellodl.data.dataset import Dataset
from hellodl.runs.log import RunLog
from hellodl.train import Settings, Trainer, classification
from hellodl.train.inside import Every, Pace, look, some

SETTINGS = Settings(epochs=2, batch_size=16, average=0.9, micro_batch=8, lanes=2)


@pytest.fixture
def noise():
    rng = np.random.default_rng(1)
    return Dataset("noise", rng.integers(0, 256, (96, 28, 28), dtype=np.uint8), rng.integers(0, 2, 96), "ab")


def network():
    rng = np.random.default_rng(2)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, rng=rng),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Residual(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, rng=rng), nn.ReLU())),
        nn.AvgPool2d(3),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64, 2, rng=rng),
    )


def trained(path, data, threads=1):
    """The trainer of a finished training; its log, if there is a path."""
    with RunLog(path).run("test", {}) as run:
        work = classification(data, SETTINGS, Augment(rotation=10))
        trainer = Trainer(
            network(), len(data), work, SETTINGS, run, threads=threads, probe=data.images[some(len(data), 5)]
        )
        trainer.fit()
    return trainer


def looked_into(model, probe):
    seen = {}
    look(model, probe, lambda name, array: seen.update({name: np.array(array)}))
    return seen


@pytest.mark.parametrize("threads", [1, 2])
def test_a_training_that_is_looked_into_gives_the_same_bits(noise, tmp_path, monkeypatch, threads):
    monkeypatch.setattr("hellodl.train.inside.Pace.due", lambda *about: True)
    watched = trained(tmp_path / "log.sqlite3", noise, threads)
    alone = trained(None, noise, threads)
    steps = {row["step"] for row in RunLog(tmp_path / "log.sqlite3").layers(1, kind="activation")}
    assert steps == set(range(1, 13)), "it was looked into at every step"
    for one, other in ((watched.model, alone.model), (watched.optimizer, alone.optimizer)):
        first, second = one.state_dict(), other.state_dict()
        assert all(np.array_equal(first[name], second[name]) for name in first)


def test_every_layer_shows_what_it_makes(noise):
    model, probe = network().eval(), noise.images[:3]
    seen = looked_into(model, probe)
    assert [*seen] == ["0", "1", "2", "3.body.0", "3.body.1", "3", "4", "7"]
    assert (seen["2"] == np.maximum(seen["1"], 0)).all()
    assert np.allclose(seen["3"], seen["2"] + seen["3.body.1"])
    assert seen["7"].shape == (3, 2)


def test_a_look_leaves_no_trace(noise):
    model = network()
    model.train()
    before = model.state_dict()
    looked_into(model, noise.images[:3])
    assert model.training and all(module.training for module in model.modules())
    assert not any("forward" in vars(module) for module in model.modules())
    assert all(np.array_equal(array, before[name]) for name, array in model.state_dict().items())


def test_networks_that_read_text_show_their_layers_too():
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, 20, (2, 8))
    for model in (nn.GPT(20, 8, 2, 2, 16, 0.1, rng=rng), nn.RecurrentText("gru", 20, 16, 2, 0.1, rng=rng)):
        seen = looked_into(model, tokens)
        assert seen["head"].shape == (2, 8, 20)
        assert len(seen) >= 2


def test_the_log_of_a_look_has_all_kinds(noise, tmp_path, monkeypatch):
    monkeypatch.setattr("hellodl.train.inside.Pace.due", lambda self, step, *times: step in (1, 12))
    trained(tmp_path / "log.sqlite3", noise)
    log = RunLog(tmp_path / "log.sqlite3")
    first, last = log.layers(1, "0.weight", "weight")
    assert (first["step"], first["update_ratio"]) == (1, None)
    assert 0 < first["step_ratio"] < 1
    assert last["size"] == 36
    assert log.layers(1, "0.weight", "gradient")[0]["spread"] > 0
    (row, *_) = log.layers(1, "2", "activation")
    assert row["size"] == 5 * 13 * 13 * 4, "five inputs ran through"
    assert row["low"] == 0 and 0 < row["zeros"] < 1 and row["dead"] is not None


def looks(total, seconds_a_step, look_seconds):
    """Steps that were looked at, and the share of the time that it took, by a clock of our own."""
    pace, clock, spent, found = Pace(total), 0.0, 0.0, []
    for step in range(1, total + 1):
        clock += seconds_a_step
        if pace.due(step, clock, spent):
            found.append(step)
            pace.took(look_seconds)
            clock, spent = clock + look_seconds, spent + look_seconds
    return found, spent / clock


def test_cheap_looks_are_as_many_as_a_chart_has_room_for():
    found, share = looks(4000, 0.1, 0.01)
    assert found == [1, *range(40, 4001, 40)]
    assert share < 0.003


def test_costly_looks_are_fewer_and_still_spread_over_the_run():
    found, share = looks(4000, 0.1, 0.5)
    assert share <= 0.02 + 0.5 / 400
    assert len(found) >= 15
    assert found[0] == 1 and found[-1] == 4000
    assert max(np.diff(found[1:])) <= 280, "one in 25 seconds, or 250 steps"


def test_a_look_that_is_far_too_costly_is_not_taken_again():
    assert looks(100, 0.1, 5.0)[0] == [1]


def test_what_else_the_log_costs_counts():
    pace = Pace(1000)
    pace.took(0.1)
    assert pace.due(100, passed=10, spent=0.1)
    assert not pace.due(100, passed=10, spent=0.11)
    assert pace.due(1000, passed=10, spent=0.19), "the last look may cost a little more"
    assert not pace.due(1000, passed=10, spent=0.21)
    assert not pace.due(105, passed=1e9, spent=0.0), "between the steps that suit a chart"


def test_a_run_that_goes_on_is_looked_at_where_it_begins():
    assert Pace(1000).due(517, passed=0.1, spent=0.05)


def test_the_inputs_to_look_at_are_spread_and_always_the_same():
    assert some(100, 4).tolist() == [0, 33, 66, 99]
    assert some(2, 4).tolist() == [0, 1]
    assert some(0).tolist() == []


def test_every_so_many_steps_are_looked_at_whatever_that_costs():
    pace = Every(10)
    pace.took(1000.0)
    assert [step for step in range(1, 31) if pace.due(step, passed=0.1, spent=1000.0)] == [1, 10, 20, 30]
