"""The folder of one's own handwriting: kept, shown, taken back and forgotten."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data import collection as module
from hellodl.data.augment import poster
from hellodl.data.collection import Collection, Lesson, collection, counted, pictures_of
from hellodl.errors import DataError, HelloError


def lesson(characters="abba", digest="1" * 64, photo="note.jpg", seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (len(characters), 28, 28), dtype=np.uint8)
    return Lesson(photo, digest, "2024-01-01T10:00:00+00:00", characters, "x" * len(characters), images)


@given(st.integers(1, 70))
def test_pictures_come_back_from_their_sheet(count):
    images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    np.testing.assert_array_equal(pictures_of(poster(images, module.COLUMNS), count), images)


def test_lessons_come_back_as_they_were_in_order(tmp_path):
    mine = Collection(tmp_path / "new" / "mine")
    first, second = lesson("aé1B"), lesson("q" * 20, "2" * 64, "other.png", seed=1)
    assert [mine.add(first), mine.add(second)] == [1, 2]
    found = mine.lessons()
    assert list(found) == [1, 2]
    for one, other in zip((first, second), found.values()):
        assert (one.photo, one.digest, one.when) == (other.photo, other.digest, other.when)
        assert (one.characters, one.read) == (other.characters, other.read)
        np.testing.assert_array_equal(one.images, other.images)


def test_the_poster_shows_all_characters_by_the_alphabet(tmp_path):
    mine = Collection(tmp_path)
    one = lesson("ba")
    mine.add(one)
    shown = cv2.imread(str(tmp_path / "poster.png"), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(shown, poster(one.images[::-1], 32))


def test_the_same_photo_again_takes_the_place_of_its_lesson(tmp_path):
    mine = Collection(tmp_path)
    mine.add(lesson("abc"))
    mine.add(lesson("de", "2" * 64))
    assert mine.add(lesson("ab")) == 1
    assert [found.characters for found in mine.lessons().values()] == ["ab", "de"]


def test_undo_takes_the_last_lesson_and_nothing_else(tmp_path):
    mine = Collection(tmp_path)
    mine.add(lesson("abc"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    mine.add(lesson("de", "2" * 64))
    assert mine.undo().characters == "de"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    mine.undo()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match="no lesson to undo"):
        mine.undo()


def test_forget_deletes_what_is_ours_and_nothing_else(tmp_path):
    mine = Collection(tmp_path / "mine")
    mine.add(lesson())
    mine.reader.write_bytes(b"weights")
    (mine.folder / "diary.txt").write_text("somebody else's")
    assert mine.forget() == 1
    assert [path.name for path in mine.folder.iterdir()] == ["diary.txt"]
    (mine.folder / "diary.txt").unlink()
    assert mine.forget() == 0
    assert not mine.folder.exists()
    assert mine.forget() == 0


def test_a_lesson_deleted_by_hand_is_gone(tmp_path):
    mine = Collection(tmp_path)
    mine.add(lesson("abc"))
    mine.add(lesson("de", "2" * 64))
    for name in ("lesson-001.png", "lesson-001.json"):
        (tmp_path / name).unlink()
    assert [found.characters for found in mine.lessons().values()] == ["de"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "lesson-001.png").unlink(),
        lambda folder: (folder / "lesson-001.png").write_bytes(b"no picture"),
        lambda folder: (folder / "lesson-001.png").write_bytes(b""),
        lambda folder: (folder / "lesson-001.json").write_text("{"),
        lambda folder: (folder / "lesson-001.json").write_text("[]"),
        lambda folder: (folder / "lesson-001.json").write_text('{"characters": "a"}'),
        lambda folder: change(folder, characters="abbas"),
        lambda folder: change(folder, read="abba?"),
        lambda folder: change(folder, photo=7),
    ],
)
def test_a_damaged_lesson_is_one_line_that_names_it(tmp_path, damage):
    Collection(tmp_path).add(lesson())
    damage(tmp_path)
    with pytest.raises(DataError, match=r"lesson-001\.json: is damaged") as error:
        Collection(tmp_path).lessons()
    assert "\n" not in str(error.value)


def change(folder, **values):
    path = folder / "lesson-001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HelloError, match=r"cannot be written .*by --mine"):
        Collection(tmp_path / "file").add(lesson())


def test_where_the_collection_is(monkeypatch, tmp_path):
    monkeypatch.delenv("HELLODL_MINE", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert collection().folder == tmp_path / "hellodl" / "mine"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert collection().folder == Path.home() / ".local" / "share" / "hellodl" / "mine"
    monkeypatch.setenv("HELLODL_MINE", str(tmp_path / "b"))
    assert collection().folder == tmp_path / "b"
    assert collection(tmp_path / "a").folder == tmp_path / "a"


def test_characters_are_counted():
    assert counted("abBa") == "B 1, a 2, b 1"
