"""The model of time: what it says where the answer is plain, and the command that tells it."""

import json

import pytest

from hellodl.bench import ranks
from hellodl.bench.problems import Task
from hellodl.bench.ranks import SAID, Training, Wire, bytes_sent
from hellodl.commands import cli

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_each_of_two_sends_as_many_numbers_as_there_are_weights():
    assert bytes_sent(1_000_000, 1) == 0
    assert bytes_sent(1_000_000, 2) == 4_000_000 + 2 * SAID
    assert bytes_sent(1_000_000, 4) == 6_000_000 + 2 * 3 * SAID


def test_a_wire_takes_its_bits_and_its_delays():
    assert Wire(1.0, 0.2).seconds(10**9, 1) == 0
    assert Wire(1.0, 1e-9).seconds(125_000_000, 2) == pytest.approx(4.0, rel=1e-3)
    assert Wire(1e9, 1.0).seconds(1000, 8) == pytest.approx((2 * 3 + 1 + 7) * 1e-3, rel=1e-3)


def test_a_step_is_as_long_as_its_slowest_rank():
    free = Wire(1e12, 1e-12)
    training = Training("any", 1000, pieces=8, piece=1.0, optimizer=0.5)
    seconds = [training.seconds(free, count) for count in (1, 2, 3, 4, 8, 64)]
    assert seconds == pytest.approx([8.5, 4.5, 3.5, 2.5, 1.5, 1.5])
    told = training.told(free, 64)
    assert told["same batch"] == pytest.approx(8.5 / 1.5)
    assert told["batch grows"] == pytest.approx(64)
    assert told["grows, 8 at a time"] == pytest.approx(64 * 8 * 8.5 / 64.5)


def test_the_command_tells_of_a_room_of_machines(monkeypatch, capsys):
    monkeypatch.setattr(ranks, "TASKS", (SMALL,))
    monkeypatch.setattr(ranks, "TRAININGS", ("small",))
    assert cli.main(["bench", "ranks", "--gigabits", "10"]) == 0
    table = capsys.readouterr().out
    assert "over 10 Gbit/s and 0.2 ms" in table and "| 1024 | " in table
    assert cli.main(["bench", "ranks", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["pieces"] == 2 and found["piece"] > 0 and found["weights"] == 137_178
    assert [row["ranks"] for row in found["told"]] == list(ranks.RANKS)
    assert cli.main(["bench", "ranks", "--delay", "0"]) == 2
    assert cli.main(["bench", "ranks", "step-64"]) == 2
