"""Whoever kills a training, and whenever: it comes back to the bits of one that was left alone, and leaves nothing."""

import os
import random
import sys
import time
from collections import Counter

import pytest
from rig import (
    QUICK,
    TRAININGS,
    Place,
    come_back,
    helpers,
    kill,
    killed_at_random,
    placed,
    remove,
    same_bits,
    wait_until,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="faults are tried on Linux")

# Where the process ends itself: in a save before anything is written, or before the name is the right one, or right
# after it; in a transaction of the run log and before it is committed; when the model is there and the state should go.
MOMENTS = ("begin:1", "begin:2", "save:1", "save:3", "saved:2", "commit:1", "commit:2", "row:1", "remove:1")


def assert_all_is_well(place, whole, said):
    assert said is None or said.status == 0, said.err
    assert same_bits(place.model, whole.model)
    assert place.torn() == []
    assert place.leftovers() == []


@pytest.mark.parametrize("moment", ["row:1"])  # and all the others, of all trainings, below
def test_a_kill_at_a_bad_moment_costs_nothing(place, unbroken, moment):
    training = TRAININGS["text, gru"]
    whole = unbroken("text, gru")
    assert place.run(*place.words(training), fault=moment).status == -9
    assert place.torn() == []
    assert_all_is_well(place, whole, come_back(place, training))


@pytest.mark.faults
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", QUICK)
def test_a_kill_at_a_bad_moment_costs_nothing_anywhere(place, unbroken, name, moment):
    training, whole = TRAININGS[name], unbroken(name)
    assert place.run(*place.words(training), fault=moment).status == -9
    assert place.torn() == []
    assert_all_is_well(place, whole, come_back(place, training))


@pytest.mark.parametrize("name", ["splice, simulated"])
def test_a_killed_training_goes_on_through_the_command_line(place, unbroken, name):
    training, whole = TRAININGS[name], unbroken(name)
    assert place.run(*place.words(training), fault="save:2").status == -9
    said = place.resume(training)
    assert "goes on from step" in said.err
    assert_all_is_well(place, whole, said)


def test_a_killed_helper_is_one_line_and_the_training_goes_on(place, unbroken):
    assert helper_killed(place, random.Random(0)) == "went on"
    assert_all_is_well(place, unbroken("text, longer"), place.resume(TRAININGS["text, longer"]))


def helper_killed(place, rng):
    """Kill a helper of a training at some moment, look at what is said, and go on."""
    training = TRAININGS["text, longer"]
    place.threads = 2
    process = place.start(*place.words(training))
    assert wait_until(lambda: helpers(process.pid), process), "there was a helper"
    time.sleep(rng.random() * 0.2)
    for pid in helpers(process.pid)[:1]:
        kill(pid)
    _, err = process.communicate(timeout=60)
    if process.returncode == 0:
        return "was done before"
    assert process.returncode == 1, err
    lines = [line for line in err.splitlines() if line.startswith("hellodl: ")]
    assert len(lines) == 1 and "a helping process ended" in lines[0], err
    assert "--resume runs/text-1.state" in lines[0]
    assert place.statuses() == ["failed"]
    place.threads = 1
    return "went on"


@pytest.mark.faults
def test_many_killed_helpers(tmp_path, home, unbroken):
    whole, rng = unbroken("text, longer"), random.Random(7)
    wanted, tried, went_on = int(os.environ.get("HELLODL_HELPERS", 10)), 0, 0
    while went_on < wanted:
        tried += 1
        assert tried < 5 * wanted
        place = Place(placed(tmp_path / str(tried)), home)
        if helper_killed(place, rng) == "went on":
            went_on += 1
            assert_all_is_well(place, whole, place.resume(TRAININGS["text, longer"]))
        remove(place.folder)
    print(f"\nkilled helpers: {went_on} of {wanted} were one line and went on to the same bits")


@pytest.mark.faults
def test_kills_at_random_moments_over_all_programs(tmp_path, home, unbroken):
    """HELLODL_KILLS says how many, HELLODL_SEED which."""
    wanted, seed = int(os.environ.get("HELLODL_KILLS", 20)), int(os.environ.get("HELLODL_SEED", 0))
    names = os.environ.get("HELLODL_ONLY", ";".join(QUICK)).split(";")
    print(f"\n{wanted} kills, seed {seed}")
    rng, tally, lengths, done = random.Random(seed), Counter(), {}, 0
    while done < wanted:
        name = names[done % len(names)]
        training, whole = TRAININGS[name], unbroken(name)
        if name not in lengths:
            lengths[name] = time_after_the_first_state(Place(placed(tmp_path / f"timed {name}"), home), training)
        whom = rng.choice(["parent", "parent", "all", "helper"])
        place = Place(placed(tmp_path / "here"), home, threads=2 if whom == "helper" else rng.choice([1, 2]))
        said = killed_at_random(place, training, whom, rng, lengths[name])
        assert place.torn() == [], (done, name, whom)
        if said.status == 0:  # it was done before it could be killed, which does not count
            tally["too late"] += 1
            assert tally["too late"] < 3 * wanted
        else:
            tally["goes on" if place.states() else "has its model" if place.model.exists() else "begins again"] += 1
            done += 1
        try:
            assert_all_is_well(place, whole, come_back(place, training) if said.status else None)
        except AssertionError as error:
            raise AssertionError(f"kill {done}, {name}, {whom}: {error}") from error
        remove(place.folder)
    print(f"{done} of {wanted} to the same bits: {dict(tally)}; 0 torn, 0 orphans, 0 leftovers")


def time_after_the_first_state(place, training):
    process = place.start(*place.words(training))
    wait_until(place.states, process)
    began = time.monotonic()
    process.communicate()
    remove(place.folder)
    return time.monotonic() - began
