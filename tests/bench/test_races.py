"""The race is fair: same work or no race, turns in order, and the right division at the end."""

import numpy as np
import pytest

from hellodl.bench import races
from hellodl.bench.contestants import Way, step
from hellodl.bench.problems import Task, problem_of
from hellodl.bench.racers import Racer
from hellodl.bench.standings import summary_of
from hellodl.errors import HelloError

SMALL = Task("small", "hello-dl", 8, True, micro_batch=4)


def test_a_contestant_that_does_other_work_is_refused():
    output, gradients = step(problem_of(SMALL), 1, 8).show()
    for wrong in ((output * 1.01, gradients), (output, gradients | {"0.weight": -gradients["0.weight"]})):
        with pytest.raises(HelloError, match="does not do the same work"):
            races.check_alike("another", (output, gradients), wrong)


def test_who_cannot_do_the_work_is_left_out_but_other_work_is_an_error(caplog):
    with races.left_out_on_failure("other"):
        raise FileNotFoundError("no compiler")
    assert "other left out: no compiler" in caplog.text
    with pytest.raises(HelloError), races.left_out_on_failure("other"):
        races.check_alike("other", (np.ones(2), {}), (np.zeros(2), {}))


def test_contestants_take_turns_and_the_ratio_is_taken_within_a_round(monkeypatch):
    monkeypatch.setattr(races, "REST", 0.0)
    monkeypatch.setattr(races, "TURN", 0.0)
    turns = []

    class Told(Racer):
        """One whose clock says what we say: the machine gets slower all the time."""

        def turn(self, times):
            turns.append(self.library)
            seconds = {"hellodl": 2.0, "other": 4.0, "matrix products alone": 1.0}[self.library]
            return times * seconds * (1 + len(turns) // 4)

    racers = [Told(Way(library, 1)) for library in ("hellodl", "other", "matrix products alone")]
    races.race(racers, SMALL, 4)
    assert turns == ["hellodl", "other", "matrix products alone"] * 5
    assert all(len(racer.rates) == 4 for racer in racers)
    figures = races.figures_of(problem_of(SMALL), racers)
    mine, other, _ = figures["best"]
    assert "hellodl is" not in mine
    assert 1.5 < other["hellodl is"][1] < 2.6
    assert figures["gain_from_threads"]["hellodl"] == 1.0


def test_the_best_number_of_threads_speaks_for_a_library():
    def racer(library, threads, *rates):
        return Racer(Way(library, threads), rates=list(rates))

    racers = [
        racer("hellodl", 1, 10.0, 10.0),
        racer("hellodl", 2, 18.0, 20.0),
        racer("other", 1, 9.0, 10.0),
        racer("other", 2, 8.0, 8.0),
        racer("matrix products alone", 1, 30.0, 30.0),
        racer("matrix products alone", 2, 60.0, 60.0),
    ]
    figures = races.figures_of(problem_of(SMALL), racers)
    assert [(row["library"], row["threads"]) for row in figures["best"]] == [
        ("hellodl", 2),
        ("other", 1),
        ("matrix products alone", 2),
    ]
    assert figures["best"][1]["hellodl is"] == [2.0, 2.0, 2.0]
    assert figures["gain_from_threads"] == {"hellodl": pytest.approx(1.9), "matrix products alone": 2.0}
    assert summary_of([figures])[-1].split(" | ")[-1] == "32% |"  # of what bare products reach


def test_a_racer_works_in_a_process_of_its_own_and_says_what_went_wrong():
    racer = Racer(Way("hellodl", 1))
    racer.start(SMALL)
    try:
        races.check_alike("the racer", step(problem_of(SMALL), 1, 8).show(), racer.ready())
        assert 0 < racer.turn(2) < 60
        racer.weigh()
        assert racer.memory_mb is None or 20 < racer.memory_mb < 2000
        racer._process.kill()
        racer._process.join()
        with pytest.raises(HelloError, match="hellodl, 1 thread: its process ended"):
            racer.turn(1)
    finally:
        racer.stop()
    nobody = Racer(Way("nobody", 1))
    nobody.stop()  # another's error before its start is told, and not one of its own
    nobody.start(SMALL)
    try:
        with pytest.raises(RuntimeError, match="nobody here does 'small' by nobody"):
            nobody.ready()
    finally:
        nobody.stop()
