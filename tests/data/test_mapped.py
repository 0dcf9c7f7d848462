"""Texts larger than memory: mapped, and seen through windows of which each comes once."""

import subprocess
import sys

import numpy as np
import pytest

from hellodl.data import text
from hellodl.data.mapped import Mapped, mixed
from hellodl.data.text import large_text, window_starts
from hellodl.data.vocabulary import Bytes
from hellodl.errors import DataError
from hellodl.train.lesson import Lesson


@pytest.mark.parametrize("count", [1, 2, 3, 1000, 4097])
def test_a_random_order_that_nobody_made_has_each_number_once(count):
    order = mixed(np.arange(count), count, np.random.default_rng(5))
    assert sorted(order) == list(range(count))
    again = mixed(np.arange(count)[count // 2 :], count, np.random.default_rng(5))
    assert (again == order[count // 2 :]).all(), "each place is known by itself"
    if count >= 1000:
        assert (mixed(np.arange(count), count, np.random.default_rng(6)) != order).mean() > 0.9
        assert (
            abs(np.corrcoef(order, np.arange(count))[0, 1]) < 0.1
            and abs(np.corrcoef(order[1:], order[:-1])[0, 1]) < 0.1
        )


def test_windows_of_a_large_text_come_once_in_a_pass_and_from_any_place_on(monkeypatch):
    monkeypatch.setattr(text, "MOST_WINDOWS", 10)
    starts = window_starts(10_000, 16, 3, 0, 624)
    assert len(set(starts)) == 623 or len(set(starts)) == 624
    assert len({start // 16 for start in starts[:623]}) == 623
    assert (window_starts(10_000, 16, 3, 100, 50) == starts[100:150]).all()


def test_a_mapped_text_teaches_what_the_same_text_in_memory_does(tmp_path, monkeypatch):
    path = tmp_path / "long.txt"
    path.write_text("größer als der Speicher, " * 2000, "utf-8")
    assert large_text(str(path)) is None
    monkeypatch.setattr(text, "MOST_BYTES", 1000)
    mapped = large_text(str(path))
    monkeypatch.setattr(text, "MOST_BYTES", 2**20)
    whole = Lesson(text.Corpus("long.txt", path.read_text("utf-8")), Bytes(), 16)
    lesson = Lesson(mapped, Bytes(), 16)
    assert np.shares_memory(lesson.train, mapped.bytes)
    assert (lesson.train[:5000] == whole.train[:5000]).all()
    assert lesson.characters_per_token == pytest.approx(whole.characters_per_token, rel=0.01)
    given, wanted = lesson.work(4).given(np.array([0, 50]), None)
    assert given.dtype == np.int64 and (given[1] == whole.train[50:66]).all() and wanted[15] == whole.train[16]
    other = tmp_path / "other.txt"
    other.write_text("größer als der Speicher? " * 2000, "utf-8")
    assert (Mapped("a", path).codes != Mapped("b", other).codes).any()
    with pytest.raises(DataError, match="cannot be mapped"):
        Mapped("none", tmp_path / "none")


PROGRAM = """
import sys, resource
import numpy as np
from hellodl.data.text import large_text
from hellodl.data.vocabulary import Bytes
from hellodl.train.lesson import Lesson
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
lesson = Lesson(large_text(sys.argv[1]), Bytes(), 64)
order = lesson.order(0, 3000, 1)
for start in range(0, 3000, 32):
    lesson.work(32).given(order[start : start + 32], None)
print(len(lesson.train), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_four_gigabytes_of_text_need_little_memory(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(4 << 30)  # takes no room on the disk
    done = subprocess.run([sys.executable, "-c", PROGRAM, path], capture_output=True, text=True, check=True)
    tokens, megabytes = map(int, done.stdout.split())
    assert tokens > 3_800_000_000
    assert megabytes < 100, f"{megabytes} MB"
    print(f"{megabytes} MB")
