"""A file is there whole or not at all, and what keeps it from being written is one line."""

import os
import subprocess
import sys

import pytest

from hellodl.errors import HelloError
from hellodl.storage import atomic
from hellodl.storage.atomic import make_folder, whole, write_whole
from hellodl.storage.locks import lock


def test_a_file_takes_its_name_when_it_is_whole(tmp_path):
    write_whole(tmp_path / "a", b"before")
    write_whole(tmp_path / "a", b"after")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"after")]


@pytest.mark.parametrize("name", ["none/a", "file/a", "folder"])
def test_what_is_in_the_way_is_said(name, tmp_path):
    (tmp_path / "file").write_bytes(b"in the way")
    (tmp_path / "folder").mkdir()
    with pytest.raises(HelloError, match=r"cannot be written \(.+\); choose a folder by --mine"):
        write_whole(tmp_path / name, b"data", "--mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")

DIES = """
import os, sys
from pathlib import Path
from hellodl.storage.atomic import whole
with whole(Path(sys.argv[1])) as file:
    file.write(b"half of it")
    file.flush()
    os.kill(os.getpid(), 9)
"""


@posix
def test_what_a_killed_process_left_is_swept_by_the_next_who_writes(tmp_path):
    write_whole(tmp_path / "a", b"before")
    for _ in range(2):
        subprocess.run([sys.executable, "-c", DIES, str(tmp_path / "a")], check=False)
    assert len(list(tmp_path.glob(atomic.PARTS))) == 1, "the second has swept what the first left"
    assert (tmp_path / "a").read_bytes() == b"before"
    atomic._sweep.cache_clear()  # as in a new process
    write_whole(tmp_path / "b", b"other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@posix
def test_what_somebody_still_writes_is_left_alone(tmp_path):
    with whole(tmp_path / "a") as file:
        file.write(b"slowly")
        atomic._sweep.cache_clear()
        write_whole(tmp_path / "b", b"quickly")
    assert (tmp_path / "a").read_bytes() == b"slowly"


@posix
def test_a_part_that_was_swept_before_it_could_be_locked_is_begun_again(tmp_path, monkeypatch):
    """Somebody comes between the making of the file and its lock."""
    tried = []

    def swept_once(handle):
        tried.append(handle)
        if len(tried) == 1:
            next(tmp_path.glob(atomic.PARTS)).unlink()
        return lock(handle)

    monkeypatch.setattr(atomic, "lock", swept_once)
    write_whole(tmp_path / "a", b"whole")
    assert len(tried) == 2 and (tmp_path / "a").read_bytes() == b"whole"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HelloError, match="is not a file"):
        write_whole(tmp_path / "pipe", b"data")
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_is_made_or_what_is_in_the_way_is_said(tmp_path):
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    for name in ("file", "file/below"):
        with pytest.raises(HelloError, match="choose another by --there"):
            make_folder(tmp_path / name, "choose another by --there")
