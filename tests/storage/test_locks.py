"""Locks that end with their holder: here, and as Windows has them, with a msvcrt that does what its manual says."""

import errno
import importlib.util
import os
import sys
import threading
import time
from types import ModuleType

import pytest

from hellodl.errors import DataError
from hellodl.storage import locks


class Windows(ModuleType):
    """msvcrt's locks as Microsoft describes `_locking`, and files that know whether they are locked when they close.

    A region begins where the file stands, belongs to one handle, overlaps no other, and is freed as it was locked,
    before its file is closed.
    """

    LK_UNLCK, LK_LOCK, LK_NBLCK, LK_RLCK, LK_NBRLCK = range(5)

    def __init__(self):
        super().__init__("msvcrt")
        self.regions, self.asked, self.guard = {}, [], threading.Lock()
        self.really_close = os.close

    def locking(self, handle, mode, nbytes):
        region = os.fstat(handle).st_ino, os.lseek(handle, 0, os.SEEK_CUR), nbytes
        with self.guard:
            self.asked.append((mode, nbytes))
            if mode == self.LK_NBLCK and region not in self.regions:
                self.regions[region] = handle
            elif mode == self.LK_UNLCK and self.regions.get(region) == handle:
                del self.regions[region]
            else:
                raise OSError(errno.EACCES, "Permission denied")

    def close(self, handle):
        assert handle not in self.regions.values(), "it is unlocked before it is closed"
        self.really_close(handle)


@pytest.fixture
def windows(monkeypatch):
    """msvcrt, and `locks` as it is on Windows."""
    msvcrt = Windows()
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "close", msvcrt.close)
    spec = importlib.util.spec_from_file_location("locks_on_windows", locks.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return msvcrt, module


def test_windows_locks_a_byte_and_frees_it_before_it_closes(windows, tmp_path):
    msvcrt, module = windows
    with module.alone_in(tmp_path):
        assert len(msvcrt.regions) == 1
    assert not msvcrt.regions and msvcrt.asked == [(msvcrt.LK_NBLCK, 1), (msvcrt.LK_UNLCK, 1)]
    assert not [*tmp_path.iterdir()], "what is locked lies elsewhere"


def test_windows_frees_it_also_after_an_error(windows, tmp_path):
    msvcrt, module = windows
    with pytest.raises(ZeroDivisionError), module.alone_in(tmp_path):
        1 / 0  # noqa: B018
    assert not msvcrt.regions


def test_on_windows_a_folder_has_one_lock_by_whatever_name(windows, tmp_path, monkeypatch):
    msvcrt, module = windows
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with module.alone_in(tmp_path / "a"):
        with pytest.raises(DataError, match="another hellodl has been busy"), module.alone_in(module.Path("a"), 0.01):
            pass
        with module.alone_in(tmp_path / "b", 0.01):
            assert len(msvcrt.regions) == 2
    with pytest.raises(FileNotFoundError), module.alone_in(tmp_path / "c"):
        pass


@pytest.mark.parametrize("where", ["here", "windows"])
def test_threads_take_turns(request, where, tmp_path):
    module = locks if where == "here" else request.getfixturevalue("windows")[1]
    inside, most = [], []

    def work():
        for _ in range(5):
            with module.alone_in(tmp_path):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20
