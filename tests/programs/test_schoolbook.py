"""The pages from which the reader learns: the same from the same seed, and every piece has its name."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hellodl.data import unipen
from hellodl.data.unipen import CLASSES_62, UnipenStrokes
from hellodl.programs import schoolbook
from hellodl.programs.schoolbook import CLASSES, COLUMNS, LINES, REFUSED, lines_of, marks, page_apart, taken_apart
from hellodl.reading.segment import UNKNOWN


@pytest.fixture(scope="module")
def pages():
    """Two pages of a seed, taken apart one by one."""
    return [page_apart((5, number, None, None)) for number in range(2)]


def test_pieces_have_names_and_not_too_many_are_no_character(pages):
    for pictures, names in pages:
        assert pictures.shape == (len(names), 28, 28) and pictures.dtype == np.uint8
        assert len(names) > 50
        assert set(names) <= set(CLASSES)
        refused = names.count(UNKNOWN)
        assert 0 < refused <= REFUSED * (len(names) - refused)


def test_pages_made_side_by_side_are_those_made_one_by_one(pages):
    data = taken_apart(2, 5, None, None, threads=2)
    assert data.classes == CLASSES
    assert (data.images == np.concatenate([pictures for pictures, _ in pages])).all()
    assert "".join(CLASSES[label] for label in data.labels) == "".join("".join(names) for _, names in pages)
    assert pages[0][1] != pages[1][1]


def test_lines_are_of_all_characters_about_equally_often(rng):
    lines = [line for _ in range(150) for line in lines_of(rng)]
    assert len(lines) == 150 * LINES
    assert all(0 < len(line) <= COLUMNS + 1 and line == " ".join(line.split()) for line in lines)
    counts = Counter("".join(lines))
    del counts[" "]
    assert set(counts) == set(CLASSES_62)
    assert min(counts.values()) > 0.5 * max(counts.values())


def test_marks_are_no_characters_and_have_ink():
    data = marks(30, 4, (1.5, 3.0))
    assert {data.classes[label] for label in data.labels} == {UNKNOWN}
    assert (data.images.max(axis=(1, 2)) > 100).all()
    assert (data.images == marks(30, 4, (1.5, 3.0)).images).all()
    assert (data.images != marks(30, 5, (1.5, 3.0)).images).any()


def test_who_is_watched_writes_nothing(monkeypatch):
    stroke = np.array([[0, 0], [4, -9], [8, 0]], np.float32)
    people = UnipenStrokes(
        points=np.concatenate([stroke] * 3),
        stroke_start=np.arange(4) * 3,
        item_start=np.arange(4),
        labels=np.array(["a"] * 3),
        writers=np.array([7, 8, 9]),
        is_test=np.array([False, False, True]),
        duplicate=np.zeros(3, bool),
        good=np.ones(3, bool),
    )
    monkeypatch.setattr(unipen, "load_strokes", lambda folder: people)
    assert set(schoolbook.writers(Path("three"), None).of) == {7, 8}
    assert set(schoolbook.writers(Path("three"), (7,)).of) == {8}
    assert people.is_test.tolist() == [False, False, True], "the drawings themselves are left alone"
