"""Disks that are full, folders that nobody may write to, files in each other's way, and clocks that are wrong."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import pytest
from rig import TRAININGS, ended, same_bits, wait_until

if sys.platform != "linux":
    pytest.skip("faults are tried on Linux", allow_module_level=True)

NAME = "text, gru"
TRAINING = TRAININGS[NAME]
NO_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")  # root, but nobody special


@pytest.fixture
def nobody(place):
    """The same place for somebody to whom rights apply."""
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may do everything, and there is no setpriv to change that")
        place.prefix = NO_RIGHTS
    return place


@contextmanager
def closed(folder):
    """Inside, nobody may write into a folder."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def test_a_folder_that_is_read_only_is_one_line_before_any_work(nobody):
    with closed(nobody.folder):
        said = nobody.train(TRAINING)
    assert said.status == 1 and said.is_one_line(), said.err
    assert "cannot be made one" in said.last or "Permission denied" in said.last
    assert "learn" not in said.out and nobody.leftovers() == []


@pytest.mark.faults
def test_a_folder_for_the_model_that_is_read_only_is_one_line_before_any_work(nobody):
    with closed(nobody.folder / "mine"):
        said = nobody.run(*TRAINING.words, "--out", "mine/model.safetensors")
    assert said.status == 1 and said.is_one_line() and "--out" in said.last, said.err


def test_a_final_save_that_fails_says_so_and_how_to_go_on(nobody, unbroken):
    """The folder is closed while it learns."""
    place, out = nobody, nobody.folder / "there"
    process = place.start(*TRAINING.words, "--threads", "1", "--out", "there/model.safetensors")
    wait_until(place.states, process)
    with closed(out):
        said = ended(process)
    assert said.status == 1 and said.is_one_line(), said.err
    assert "not saved" in said.last and "--resume runs/text-1.state" in said.last
    assert place.statuses() == ["failed"]
    assert place.resume(TRAINING).status == 0
    assert same_bits(place.model, unbroken(NAME).model) and place.leftovers() == []


@pytest.mark.faults
def test_a_limit_on_the_size_of_files_is_one_line(place, unbroken):
    """As on a disk that is full: the log cannot be written any more, which is a warning, and then no state."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    said = place.train(TRAINING, preexec_fn=limit)
    assert said.status == 1 and said.is_one_line() and "not saved" in said.last, said.err
    (state,) = place.states()
    assert f"--resume {state.relative_to(place.folder)}" in said.last and place.torn() == []
    again = place.run("train", "text", "--resume", state, "--out", "model.safetensors")
    assert again.status == 0 and same_bits(place.model, unbroken(NAME).model) and place.leftovers() == []


@pytest.mark.faults
@pytest.mark.parametrize("kilobytes", [40, 120, 200, 260, 320, 400, 500, 700])
def test_a_full_disk_is_one_line_or_a_warning_and_room_mends_it(place, unbroken, kilobytes):
    """A disk of a few hundred kilobytes, full at one time or another."""
    disk = place.folder / "runs"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "hellodl", disk], capture_output=True)
    if done.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        words = [*TRAINING.words, "--threads", "1", "--out", "runs/model.safetensors"]
        said = place.run(*words)
        if said.status:
            assert said.status == 1 and said.is_one_line(), said.err
            assert "full" in said.last, said.err
        assert not list(disk.glob(".hellodl-*"))
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True, capture_output=True)
        assert place.torn() == []
        if said.status:
            states = place.states()
            again = place.run("train", "text", "--resume", states[0], "--out", "model.safetensors") if states else None
            assert (again or place.train(TRAINING)).status == 0
        model = place.model if place.model.exists() else disk / "model.safetensors"
        assert same_bits(model, unbroken(NAME).model)
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.faults
def test_a_folder_in_the_place_of_a_file_is_one_line(place):
    (place.folder / "runs").mkdir()
    (place.folder / "runs" / "text-1.state").mkdir()
    for words in (["--resume", "1"], ["--resume", "runs"], ["--out", "runs"]):
        said = place.run(*TRAINING.words, *words)
        assert said.status == 1 and said.is_one_line(), said.err


def test_a_file_in_the_place_of_a_folder_is_one_line(place):
    (place.folder / "runs").write_text("no folder")
    said = place.train(TRAINING)
    assert said.status == 1 and said.is_one_line(), said.err


@pytest.mark.faults
@pytest.mark.parametrize("what", ["state", "model"])
def test_a_file_that_becomes_a_folder_while_it_learns_is_one_line_that_says_how_to_go_on(place, unbroken, what):
    training = TRAININGS["text, longer"]
    process = place.start(*place.words(training))
    wait_until(place.states, process)
    path = place.states()[0] if what == "state" else place.model
    path.unlink(missing_ok=True)
    path.mkdir()
    said = ended(process)
    assert said.status == 1 and said.is_one_line() and "not saved" in said.last, said.err
    path.rmdir()
    again = place.resume(training) if what == "model" else place.train(training)
    assert again.status == 0 and same_bits(place.model, unbroken("text, longer").model)


@pytest.mark.faults
def test_a_run_log_that_somebody_holds_is_a_warning_and_does_not_stop_it(place, unbroken):
    place.train(TRAINING)
    with closing(sqlite3.connect(place.folder / "runs" / "hellodl.sqlite3", isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        began = time.monotonic()
        said = place.train(TRAINING)
    assert said.status == 0 and "goes on without its log" in said.err
    assert time.monotonic() - began < 60
    assert same_bits(place.model, unbroken(NAME).model)


@pytest.mark.faults
@pytest.mark.parametrize("what", ["a folder", "no database", "nothing", "read only"])
def test_a_run_log_that_is_none_is_a_warning_and_does_not_stop_it(nobody, unbroken, what):
    path = nobody.folder / "runs" / "hellodl.sqlite3"
    path.parent.mkdir()
    path.mkdir() if what == "a folder" else path.write_bytes(b"" if what == "nothing" else b"no database" * 1000)
    if what == "read only":
        path.chmod(0o444)
    said = nobody.train(TRAINING)
    assert said.status == 0 and ("goes on without its log" in said.err) == (what != "nothing"), said.err
    assert same_bits(nobody.model, unbroken(NAME).model)


@pytest.mark.faults
def test_a_clock_that_goes_backwards_changes_nothing(place, unbroken):
    """What the last start wrote is from the future."""
    assert place.run(*place.words(TRAINING), fault="save:4").status == -9
    later = time.time() + 10 * 365 * 86400
    with closing(sqlite3.connect(place.folder / "runs" / "hellodl.sqlite3")) as connection, connection:
        connection.execute("update runs set started = '2099-01-01T00:00:00Z', seen = '2099-01-01T00:00:00Z'")
    for path in place.folder.glob("runs/*"):
        os.utime(path, (later, later))
    assert place.resume(TRAINING).status == 0
    assert same_bits(place.model, unbroken(NAME).model) and place.leftovers() == []
    listed = place.run("runs")
    assert listed.status == 0 and "Traceback" not in listed.err
    assert place.run("runs", "show", "1").status == 0
