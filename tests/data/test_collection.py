"""The folder of one's own handwriting: kept, shown, taken back and forgotten."""

import json
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.collection import Collection, Lesson, collection, counted, stacked, unstacked
from hellodl.errors import DataError, HelloError
from hellodl.storage.atomic import write_whole
from hellodl.storage.safetensors import load, save


def lesson(*texts, digest="1" * 64, photo="note.jpg", seed=0):
    texts = texts or ("ab", "ba")
    rng = np.random.default_rng(seed)
    strips = tuple(rng.integers(0, 256, (32, 20 + 5 * k), dtype=np.uint8) for k in range(len(texts)))
    return Lesson(photo, digest, "2024-01-01T10:00:00+00:00", texts, tuple("x" for _ in texts), strips)


@given(st.lists(st.integers(1, 70), min_size=1, max_size=6))
def test_strips_come_back_from_their_sheet(widths):
    strips = [np.random.default_rng(width).integers(0, 256, (32, width), dtype=np.uint8) for width in widths]
    for one, other in zip(strips, unstacked(stacked(strips), widths), strict=True):
        np.testing.assert_array_equal(one, other)


def test_lessons_come_back_as_they_were_in_order(tmp_path):
    mine = Collection(tmp_path / "new" / "mine")
    first, second = lesson("aé 1B", "c"), lesson("q" * 20, digest="2" * 64, photo="other.png", seed=1)
    assert [mine.add(first), mine.add(second)] == [1, 2]
    found = mine.lessons()
    assert list(found) == [1, 2]
    for one, other in zip((first, second), found.values()):
        assert (one.photo, one.digest, one.when) == (other.photo, other.digest, other.when)
        assert (one.texts, one.read) == (other.texts, other.read)
        assert all(np.array_equal(a, b) for a, b in zip(one.strips, other.strips, strict=True))
    assert found[1].characters == "aé1Bc"


def test_the_poster_shows_all_lines(tmp_path):
    mine = Collection(tmp_path)
    one, other = lesson("ba"), lesson("c", digest="2" * 64, seed=1)
    poster = tmp_path / "poster.png"
    mine.add(one)
    mine.drawn()
    np.testing.assert_array_equal(cv2.imread(str(poster), cv2.IMREAD_GRAYSCALE), stacked(one.strips))
    mine.add(other)
    assert not poster.exists(), "what it showed is not all any more"
    assert [*mine.drawn()] == [*mine.lessons()] == [1, 2]
    np.testing.assert_array_equal(cv2.imread(str(poster), cv2.IMREAD_GRAYSCALE), stacked([*one.strips, *other.strips]))
    mine.undo()
    assert not poster.exists()


def test_a_lesson_more_looks_at_no_other_ones_picture(tmp_path, monkeypatch):
    mine = Collection(tmp_path)
    mine.add(lesson("ab", "b c"))
    monkeypatch.setattr(Collection, "_load", None)
    monkeypatch.setattr("hellodl.data.collection.unstacked", None)
    mine.add(lesson("d", digest="2" * 64))
    assert mine.characters() == "abbcd"


def test_the_same_photo_again_takes_the_place_of_its_lesson(tmp_path):
    mine = Collection(tmp_path)
    mine.add(lesson("abc"))
    mine.add(lesson("de", digest="2" * 64))
    assert mine.add(lesson("ab")) == 1
    assert [found.characters for found in mine.lessons().values()] == ["ab", "de"]


def test_undo_takes_the_last_lesson_and_nothing_else(tmp_path):
    mine = Collection(tmp_path)
    mine.add(lesson("abc"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    mine.add(lesson("de", digest="2" * 64))
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
    mine.add(lesson("de", digest="2" * 64))
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
        lambda folder: (folder / "lesson-001.json").write_text('{"lines": "a"}'),
        lambda folder: change(folder, lines=[]),
        lambda folder: change(folder, lines=[{"text": "ab", "read": "x", "width": 20}]),
        lambda folder: change(folder, lines=[{"text": "ab", "read": 7, "width": 20}] * 2),
        lambda folder: change(folder, lines=[{"text": "ab", "width": 20}] * 2),
        lambda folder: change(folder, photo=7),
        lambda folder: (folder / "lesson-001.json").write_text(OLD),
    ],
)
def test_a_damaged_lesson_is_one_line_that_names_it(tmp_path, damage):
    Collection(tmp_path).add(lesson())
    damage(tmp_path)
    with pytest.raises(DataError, match=r"lesson-001\.json: is damaged") as error:
        Collection(tmp_path).lessons()
    assert "\n" not in str(error.value)


# What an older hellodl kept: single characters.
OLD = '{"photo": "a", "sha256": "b", "when": "c", "characters": "ab", "read": "ab"}'


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
    assert counted("abBa") == "B×1, a×2, b×1"


@pytest.mark.parametrize("files", range(3))
def test_a_lesson_that_is_replaced_is_whole_at_any_moment(tmp_path, monkeypatch, files):
    """Stopped after so many files: there is the old lesson or the new one, with its own picture."""
    old, new, mine, written = lesson("abc", seed=1), lesson("de", seed=2), Collection(tmp_path), []
    mine.add(old)

    def write(path, content, *rest, **named):
        if len(written) == files:
            raise KeyboardInterrupt
        written.append(path)
        write_whole(path, content, *rest, **named)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr("hellodl.data.collection.write_whole", write)
        mine.add(new)
    assert len(written) == min(files, 2)
    (found,) = mine.lessons().values()
    wanted = old if files < 2 else new
    assert found.texts == wanted.texts and np.array_equal(found.strips[0], wanted.strips[0])
    mine.add(new)
    assert len(list(mine.folder.glob("lesson-*"))) == 2, "and the picture that nobody names is gone"


def test_pictures_of_ones_own_stay_where_they_are(tmp_path):
    (tmp_path / "lesson-plan.png").write_bytes(b"somebody else's")
    mine = Collection(tmp_path)
    mine.add(lesson())
    mine.forget()
    assert [path.name for path in tmp_path.iterdir()] == ["lesson-plan.png"]


@pytest.mark.parametrize("sheet", ["../secret.png", "/etc/passwd", "poster.png", "lesson-001.json", 7])
def test_a_lesson_names_a_picture_of_lessons_or_is_damaged(tmp_path, sheet):
    Collection(tmp_path).add(lesson())
    change(tmp_path, sheet=sheet)
    with pytest.raises(DataError, match="is damaged"):
        Collection(tmp_path).lessons()


def test_lessons_from_before_they_named_their_picture_are_read(tmp_path):
    Collection(tmp_path).add(lesson("ab"))
    path = tmp_path / "lesson-001.json"
    record = json.loads(path.read_text())
    del record["sheet"]
    path.write_text(json.dumps(record))
    assert Collection(tmp_path).lessons()[1].texts == ("ab",)


def test_a_reader_is_kept_only_while_its_lessons_are_there(tmp_path):
    mine = Collection(tmp_path)
    first, second = lesson("a"), lesson("b", digest="2" * 64)
    mine.add(first)
    mine.keep_reader([first], lambda path: path.write_bytes(b"knows a"))
    assert mine.reader.read_bytes() == b"knows a"
    with pytest.raises(DataError, match="was taken back while it was being learned"):
        mine.keep_reader([first, second], lambda path: path.write_bytes(b"knows b"))
    assert mine.reader.read_bytes() == b"knows a"
    mine.forget()
    with pytest.raises(DataError, match="taken back"):
        mine.keep_reader([first], lambda path: path.write_bytes(b"remembers"))
    assert not mine.reader.exists()


def test_who_learned_less_does_not_take_the_place_of_who_learned_more(tmp_path):
    mine = Collection(tmp_path)
    first, second = lesson("a"), lesson("b", digest="2" * 64)
    mine.add(first)
    mine.add(second)
    both = {"card": {"learned": [first.digest, second.digest]}}
    mine.keep_reader([first, second], lambda path: save(path, {}, both))
    mine.keep_reader([first], lambda path: path.write_bytes(b"began earlier, ended later"))
    assert load(mine.reader)[1] == both
    mine.keep_reader([first, second], lambda path: path.write_bytes(b"again"))
    assert mine.reader.read_bytes() == b"again"


def test_half_a_character_in_a_lesson_is_damage(tmp_path):
    mine = Collection(tmp_path / "mine")
    strip = np.full((32, 40), 90, np.uint8)
    mine.add(Lesson("photo", "0" * 64, "2030-01-01", ("ab",), ("ab",), (strip,)))
    record = mine.folder / "lesson-001.json"
    record.write_text(record.read_text().replace('"photo": "photo"', r'"photo": "\ud800"'))
    with pytest.raises(DataError, match="is damaged"):
        mine.lessons()


@pytest.mark.parametrize("at", [16, 33])
def test_a_sheet_that_promises_gigabytes_is_damage_and_is_not_decoded(tmp_path, monkeypatch, at):
    mine = Collection(tmp_path / "mine")
    strip = np.full((32, 40), 90, np.uint8)
    mine.add(Lesson("photo", "0" * 64, "2030-01-01", ("ab",), ("ab",), (strip,)))
    sheet = mine.folder / "lesson-001.png"
    data = sheet.read_bytes()
    sheet.write_bytes(data[:at] + b"\x7f\xff\0\0" + data[at + 4 :])  # its width, or the length of its data
    monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(DataError, match="is damaged"):
        mine.lessons()


def test_words_of_a_pen_come_back_with_their_strokes_and_go_with_their_lesson(tmp_path):
    mine = Collection(tmp_path / "mine")
    assert mine.words() == []
    photo, by_pen = lesson("c"), lesson("ab", "ba", digest="2" * 64)
    strokes = ([np.array([[0.5, 1], [2, 3]])], [np.array([[7.0, 8]]), np.array([[1.0, 1], [2, 2], [3, 9]])])
    mine.add(photo)
    mine.add(replace(by_pen, strokes=strokes))
    found = mine.words()
    assert [text for text, _ in found] == ["ab", "ba"]
    for (_, one), other in zip(found, strokes, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert len(mine.lessons()[2].strokes) == 2 and mine.lessons()[1].strokes == ()
    assert len(mine.undo().strokes) == 2 and mine.words() == []


def test_strokes_that_are_none_are_told_of_as_damage(tmp_path):
    mine = Collection(tmp_path / "mine")
    mine.add(replace(lesson("ab"), strokes=([np.array([[0.0, 1]])],)))
    record = tmp_path / "mine" / "lesson-001.json"
    for wrong in ("3", "[[]]", "[[[0, NaN]]]", "[[[0]]]"):
        told = json.loads(record.read_text())
        told["lines"][0]["strokes"] = json.loads(wrong)
        record.write_text(json.dumps(told))
        with pytest.raises(DataError, match=r"lesson-001\.json: is damaged"):
            mine.words()
