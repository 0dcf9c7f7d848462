"""The race is fair: same work or no race, turns in order, and the right division at the end."""

import json
import os
import shutil

import numpy as np
import pytest

from hellodl import nn
from hellodl.bench import bench
from hellodl.bench.bench import Contestant, Problem, Task
from hellodl.commands import cli
from hellodl.errors import HelloError

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_flops_are_those_counted_by_hand():
    conv = 2 * (26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 4 * 4 * 9 * 64 * 128)
    linear = 2 * (512 * 64 + 64 * 128 + 128 * 26)
    first = 2 * 26 * 26 * 9 * 32
    assert bench.flops(bench.problem_of(Task("", "hello-dl", 1, False))) == conv + linear
    assert bench.flops(bench.problem_of(Task("", "hello-dl", 1, True))) == 3 * (conv + linear) - first


def test_micro_batches_on_lanes_do_the_same_work_as_the_whole_batch():
    problem = bench.problem_of(SMALL)
    whole, lanes = bench.step(problem, 1, 8).show(), bench.step(problem, 2).show()
    assert whole[0].shape == (8, 26)
    assert whole[1].keys() == problem.state.keys()
    bench.check_alike("itself", whole, lanes)


def test_a_contestant_that_does_other_work_is_refused():
    output, gradients = bench.step(bench.problem_of(SMALL), 1, 8).show()
    for wrong in ((output * 1.01, gradients), (output, gradients | {"0.weight": -gradients["0.weight"]})):
        with pytest.raises(HelloError, match="does not do the same work"):
            bench.check_alike("another", (output, gradients), wrong)


def test_contestants_take_turns_and_the_ratio_is_taken_within_a_round(monkeypatch):
    monkeypatch.setattr(bench, "REST", 0.0)
    monkeypatch.setattr(bench, "TURN", 0.0)
    now, turns = [0.0], []
    monkeypatch.setattr(bench.time, "perf_counter", lambda: now[0])

    def contestant(library, threads, seconds):
        def run():
            turns.append(library)
            now[0] += seconds * (1 + len(turns) // 8)  # the machine gets slower all the time

        return Contestant(library, threads, run)

    racers = [contestant("hellodl", 1, 2.0), contestant("other", 1, 4.0), contestant("matrix products alone", 1, 1.0)]
    bench.race(racers, SMALL, 4)
    assert turns[6:12] == ["hellodl"] * 2 + ["other"] * 2 + ["matrix products alone"] * 2
    assert all(len(racer.rates) == 4 for racer in racers)
    figures = bench.figures_of(bench.problem_of(SMALL), racers)
    mine, other, _ = figures["best"]
    assert "hellodl is" not in mine
    assert 1.5 < other["hellodl is"][1] < 2.6
    assert figures["gain_from_threads"]["hellodl"] == 1.0


def test_the_best_number_of_threads_speaks_for_a_library():
    def racer(library, threads, *rates):
        return Contestant(library, threads, lambda: None, rates=list(rates))

    racers = [
        racer("hellodl", 1, 10.0, 10.0),
        racer("hellodl", 2, 18.0, 20.0),
        racer("other", 1, 9.0, 10.0),
        racer("other", 2, 8.0, 8.0),
        racer("matrix products alone", 1, 30.0, 30.0),
        racer("matrix products alone", 2, 60.0, 60.0),
    ]
    figures = bench.figures_of(bench.problem_of(SMALL), racers)
    assert [(row["library"], row["threads"]) for row in figures["best"]] == [
        ("hellodl", 2),
        ("other", 1),
        ("matrix products alone", 2),
    ]
    assert figures["best"][1]["hellodl is"] == [2.0, 2.0, 2.0]
    assert figures["gain_from_threads"] == {"hellodl": pytest.approx(1.9), "matrix products alone": 2.0}


def every_layer(rng):
    """A small network that has each kind of layer which the tasks have."""
    body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False, rng=rng), nn.BatchNorm2d(4), nn.ReLU())
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=rng),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.GELU("tanh"),  # 11 -> 9 -> 5
        nn.Residual(body),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 10, gain=1, rng=rng),
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("peer", bench.installed_peers(), ids=lambda peer: peer.NAME)
def test_peers_do_the_same_work(peer, training, rng):
    if "text" in peer.__name__:
        pytest.skip("images are not for it")
    if peer.NAME == "tinygrad" and shutil.which(os.environ.get("CC", "clang")) is None:
        pytest.skip("tinygrad needs clang")
    network, task = every_layer(rng), Task("small", "perceptron", 8, training)
    images, labels = rng.random((8, 11, 11, 1), np.float32), rng.integers(10, size=8)
    problem = Problem(task, nn.describe(network), network.state_dict(), images, labels)
    shown = (bench.step(problem, 1, 8) if training else bench.answer(problem, 1)).show()
    contestant = next(peer.contestants(problem, [1], bench.RATE, Contestant))
    bench.check_alike(contestant.name, shown, contestant.show())
    for _ in range(3):  # the first may compile, and use up what it is given
        contestant.run()


TEXTS = {
    "gru": lambda rng: nn.RecurrentText("gru", 11, 6, 2, rng=rng),
    "lstm": lambda rng: nn.RecurrentText("lstm", 11, 6, 2, rng=rng),
    "gpt": lambda rng: nn.GPT(11, 9, 2, 2, 8, rng=rng),
}


def text_problem(make, training, rng):
    network = make(rng)
    images, labels = rng.integers(11, size=(2, 8 if training else 1, 9))
    task = Task("small", "gru", len(images), training, micro_batch=3, classes=11, length=9)
    return Problem(task, nn.describe(network), network.state_dict(), images, labels)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_peers_read_and_write_the_same_text(make, training, rng):
    peers = [peer for peer in bench.installed_peers() if "text" in peer.__name__]
    if not peers:
        pytest.skip("PyTorch is not installed")
    problem = text_problem(make, training, rng)
    shown = (bench.step(problem, 1, 8) if training else bench.answer(problem, 1)).show()
    contestant = next(peers[0].contestants(problem, [1], bench.RATE, Contestant))
    bench.check_alike(contestant.name, shown, contestant.show())
    contestant.run()


@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_pieces_of_a_batch_of_texts_add_up_to_the_gradients_of_the_whole(make, rng):
    problem = text_problem(make, True, rng)
    bench.check_alike("itself", bench.step(problem, 1, 8).show(), bench.step(problem, 2, 3).show())


def test_what_a_letter_takes_is_as_counted_by_hand():
    gru = bench.flops(bench.problem_of(Task("", "gru", 1, False, classes=95, length=75)))
    assert gru == 2 * (768 * 256 * 5 + 256 * 95)  # the first layer looks up what the others multiply
    gpt = bench.flops(bench.problem_of(Task("", "gpt", 1, True, classes=65, length=64)))
    assert gpt == 3 * (2 * (4 * 12 * 128 * 128 + 65 * 128) + 4 * 4 * 32.5 * 128)


def test_who_cannot_do_the_work_is_left_out_but_other_work_is_an_error(caplog):
    with bench.left_out_on_failure("other"):
        raise FileNotFoundError("no compiler")
    assert "other left out: no compiler" in caplog.text
    with pytest.raises(HelloError), bench.left_out_on_failure("other"):
        bench.check_alike("other", (np.ones(2), {}), (np.zeros(2), {}))


def test_a_contestant_works_alone_for_its_memory_to_be_watched(monkeypatch, capsys):
    made = []

    def ours(problem, thread_counts):
        for library in ("other", "hellodl", "one that is never made"):
            made.append(library)
            yield Contestant(library, thread_counts[0], lambda: made.append("run"))

    monkeypatch.setattr(bench, "ours", ours)
    assert cli.main(["bench", "step-64", "--alone", "hellodl", "2"]) == 0
    assert made == ["other", "hellodl"] + ["run"] * bench.ALONE
    assert capsys.readouterr().out == ""


def test_the_command_prints_a_table_or_json(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "TASKS", (SMALL, Task("tiny", "perceptron", 4, False, classes=10)))
    monkeypatch.setattr(bench, "TURN", 0.0)
    monkeypatch.setattr(bench.memory, "can_measure", lambda: True)
    monkeypatch.setattr(bench.memory, "peak", lambda command: float(len(command)))
    path = tmp_path / "bench.json"
    assert cli.main(["bench", "--no-peers", "--rounds", "2", "--out", str(path)]) == 0
    table = capsys.readouterr().out
    assert "**small**: training steps of the network `hello-dl`, batches of 8" in table
    assert "| hellodl |" in table and "| matrix products alone |" in table
    assert table.count(" | 8 MB | ") == 2
    figures = json.loads(path.read_text())
    assert [task["task"] for task in figures["tasks"]] == ["small", "tiny"]
    assert all(np.isfinite(row["images_per_second"]) for task in figures["tasks"] for row in task["best"])


def test_where_memory_cannot_be_told_it_has_no_column(monkeypatch, capsys):
    monkeypatch.setattr(bench, "TASKS", (SMALL,))
    monkeypatch.setattr(bench, "TURN", 0.0)
    monkeypatch.setattr(bench.memory, "can_measure", lambda: False)
    assert cli.main(["bench", "--no-peers", "--rounds", "1"]) == 0
    assert "memory" not in capsys.readouterr().out


def test_wrong_usage_is_said(capsys):
    assert cli.main(["bench", "running"]) == 2
    assert "there is no task 'running'; choose from step-64" in capsys.readouterr().err
    assert cli.main(["bench", "--rounds", "0"]) == 2
