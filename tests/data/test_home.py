"""Where data sets are looked for, and what is said when they are not there."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hellodl.commands.cli import main
from hellodl.data import Dataset, available, home, split_off_validation
from hellodl.errors import DataError


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch, tmp_path):
    for name in ("HELLODL_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)


def test_a_given_folder_wins_over_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "set"))
    assert home.data_home(tmp_path / "given") == tmp_path / "given"
    assert home.data_home() == tmp_path / "set"


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", ".cache/hellodl"), ("darwin", "Library/Caches/hellodl"), ("win32", "AppData/Local/hellodl")],
)
def test_each_system_keeps_its_caches_elsewhere(monkeypatch, tmp_path, platform, expected):
    monkeypatch.setattr(sys, "platform", platform)
    assert home.data_home() == tmp_path / expected


def test_the_cache_folder_can_be_moved(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "moved"))
    assert home.data_home() == tmp_path / "moved" / "hellodl"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert home.data_home() == tmp_path / ".cache" / "hellodl"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert home.data_home() == tmp_path / "local" / "hellodl"


def put(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    for file in home.source(name).files:
        (folder / file.name).touch()


def test_a_set_is_found_in_its_own_folder_before_the_data_home_itself(tmp_path):
    assert home.find("mnist", tmp_path) is None
    put(tmp_path, "mnist")
    assert home.find("mnist", tmp_path) == tmp_path
    put(tmp_path / "mnist", "mnist")
    assert home.find("mnist", tmp_path) == tmp_path / "mnist"


def test_a_set_with_a_file_missing_is_not_found(tmp_path):
    put(tmp_path, "emnist")
    (tmp_path / "emnist-letters-test-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=rf"emnist is not in {tmp_path}: run `hellodl data get emnist --data"):
        home.folder_of("emnist", tmp_path)


def test_what_cannot_be_downloaded_says_what_to_do_instead(tmp_path):
    with pytest.raises(DataError, match=r"unipen is not in .*: point --data .*zenodo") as caught:
        home.folder_of("unipen", tmp_path)
    assert "data get" not in str(caught.value)


def test_every_source_says_all_that_a_person_and_the_download_need():
    for known in home.sources().values():
        assert known.what and known.size and known.licence and known.citation, known.name
        for file in known.files:
            assert bool(file.urls) + bool(file.member) == known.can_download, file.name
            assert not file.member or known.zip_urls
            if known.can_download:
                assert len(file.sha256) == 64 or len(file.md5) == 32, file.name
                assert file.bytes > 0 and known.by_hand


def test_the_list_has_every_set_and_where_it_was_found(tmp_path):
    put(tmp_path / "mnist", "mnist")
    found = {known.name: known for known in available(tmp_path)}
    assert {"ink", "mnist", "emnist", "unipen"} <= set(found)
    assert found["mnist"].folder == tmp_path / "mnist"
    assert found["ink"].built_in and found["ink"].how == ""
    assert found["emnist"].folder is None and "hellodl data get emnist" in found["emnist"].how


def test_the_program_lists_the_sets(tmp_path, capsys):
    put(tmp_path / "mnist", "mnist")
    assert main(["data", "--data", str(tmp_path), "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["mnist"]["folder"] == str(tmp_path / "mnist")
    assert main(["data", "--data", str(tmp_path)]) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in listed) and "built in" in table


def test_the_program_knows_wrong_usage(capsys):
    assert main(["data", "get"]) == 2
    assert "get what?" in capsys.readouterr().err
    assert main(["data", "fetch"]) == 2
    assert main(["data", "list", "mnist"]) == 2
    capsys.readouterr()
    assert main(["data", "get", "minst"]) == 1
    assert "there is no data set 'minst'" in capsys.readouterr().err


def people(writers):
    count = len(writers)
    images, labels = np.zeros((count, 28, 28), np.uint8), np.zeros(count, np.int64)
    return Dataset("test", images, labels, "a", np.array(writers))


def test_nobody_writes_for_both_training_and_validation():
    everything = people(np.random.default_rng(0).integers(0, 50, 1000))
    learned, watched = split_off_validation(everything, seed=1)
    assert (learned ^ watched).all()
    assert not set(everything.writers[learned]) & set(everything.writers[watched])
    assert len(set(everything.writers[watched])) == 5


def test_the_seed_decides_who_is_watched():
    everything = people(np.arange(200))
    one, same, other = (split_off_validation(everything, seed)[1] for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


def test_importing_the_data_sets_does_not_load_opencv():
    code = "import sys, hellodl.data; sys.exit('cv2' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
