"""Tests of faults: a few in every run of the tests, all of them by `make test-faults` (`pytest -m faults`)."""

import pytest
from rig import TRAININGS, Place, data, placed


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Data for all trainings."""
    return data(tmp_path_factory.mktemp("home"))


@pytest.fixture
def place(tmp_path, home):
    """A folder to train in."""
    return Place(placed(tmp_path / "here"), home)


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory, home):
    """A place where a training was never disturbed."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = Place(placed(tmp_path_factory.mktemp("unbroken")), home)
            said = made[name].train(TRAININGS[name])
            assert said.status == 0, said.err
        return made[name]

    return make
