"""Schedules of the learning rate: they rise to one and fall to their end, however short the training."""

import numpy as np
import pytest

from hellodl import optim

SCHEDULES = {
    "cosine": (optim.cosine(100, warm_up=9, final=0.2), 0.1, 9, 0.2),
    "linear": (optim.linear(100, warm_up=9, final=0.2), 0.1, 9, 0.2),
    "one-cycle": (optim.one_cycle(101, rise=31 / 101), 1 / 25, 30, 1 / 250_000),
}


@pytest.mark.parametrize(("schedule", "first", "top", "last"), SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_rises_to_one_and_falls_to_its_end(schedule, first, top, last):
    shares = [schedule(step) for step in range(101)]
    assert shares[0] == pytest.approx(first)
    assert shares[top] == pytest.approx(1)
    assert shares[100] == pytest.approx(last)
    assert (np.diff(shares[: top + 1]) > 0).all() and (np.diff(shares[top:]) < 0).all()
    assert schedule(1000) >= 0


def test_short_trainings_have_schedules_too():
    assert optim.constant()(7) == 1
    for total in range(1, 12):
        schedules = [make(total, total // 2) for make in (optim.cosine, optim.linear)]
        schedules += [optim.one_cycle(total, rise) for rise in (0.1, 0.3, 0.5, 1)]
        for schedule in schedules:
            shares = [schedule(step) for step in range(total)]
            assert all(0 <= share <= 1 for share in shares), (total, shares)
    assert optim.one_cycle(10, rise=0.1)(0) == 1
