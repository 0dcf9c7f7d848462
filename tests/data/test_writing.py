"""Words and lines as strokes: what UNIPEN's file says, strings of single characters, and their pictures."""

import numpy as np
import pytest

from hellodl.data import writing
from hellodl.data.pages.hands import Hand
from hellodl.data.pages.strings import some_text, strung
from hellodl.errors import DataError

TEXTS = ("hi", "Ox {", "a b", "no")


def write_tiny_words(folder):
    """Four pieces by two people; ALPHABET cannot say the second one, the last is in test."""
    points = [[[0, 0], [0, 9], [4, 9]], [[1, 1], [2, 2]], [[5, 0], [0, 5], [3, 8], [6, 5]], [[7, 7], [8, 9]]]
    steps = np.concatenate([np.diff(np.array(p), axis=0, prepend=0) for p in points])
    np.savez(
        folder / writing.WORDS_FILE,
        xy=steps.astype(np.int16),
        stroke_ptr=np.array([0, 2, 3, 5, 9, 11], np.int32),
        item_ptr=np.array([0, 2, 3, 4, 5], np.int32),
        text=np.frombuffer("".join(TEXTS).encode(), np.uint8),
        text_ptr=np.cumsum([0, *map(len, TEXTS)]).astype(np.int32),
        split=np.array([0, 0, 0, 2], np.uint8),
        writer_group=np.array([3, 3, 4, 5], np.int16),
        kind=np.array([0, 0, 3, 0], np.uint8),
        case_ok=np.array([True, True, False, True]),
        height_mm=np.array([5, 0, 4, 6], np.float32),
        aspect=np.array([0.5, 1, 0.75, 1], np.float32),
    )


def test_steps_become_points_with_y_pointing_down(tmp_path):
    write_tiny_words(tmp_path)
    words, about = writing.load_words(tmp_path, "train")
    assert words.texts == ["hi", "a b"] and about["writer_group"].tolist() == [3, 4]
    assert about["height_mm"].tolist() == [5, 4]
    assert [stroke.tolist() for stroke in words[0]] == [[[0, 0], [0, -9]], [[4, -9]]]
    assert [stroke.tolist() for stroke in words[1]] == [[[5, 0], [0, -5], [3, -8], [6, -5]]]
    assert writing.load_words(tmp_path, "test")[0].texts == ["no"]
    assert writing.load_words(tmp_path, "train", widest=0.6)[0].texts == ["hi"]


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(DataError, match="hellodl data get unipen"):
        writing.load_words(tmp_path, "train")


def test_parts_and_pieces_stay_together(tmp_path):
    write_tiny_words(tmp_path)
    words, _ = writing.load_words(tmp_path, "train")
    rng = np.random.default_rng(0)
    strings = strung(9, lambda rng: Hand.of(1, "train"), rng)
    both = writing.joined([words, strings])
    assert both.texts == [*words.texts, *strings.texts] and len(both) == 11
    for place in range(9):
        assert all((a == b).all() for a, b in zip(both[2 + place], strings[place], strict=True))
    some = both.subset(np.array([3, 1]))
    assert some.texts == [both.texts[3], "a b"]
    assert (some[1][0] - some[1][0].min(axis=0) == words[1][0] - words[1][0].min(axis=0)).all()
    assert some.widths == pytest.approx(both.widths[[3, 1]], abs=0.02)


def test_strings_are_all_that_the_alphabet_can_say(rng):
    texts = [some_text(rng) for _ in range(500)]
    assert set("".join(texts)) <= set(writing.ALPHABET)
    assert any(text.isdigit() for text in texts) and any(":" in text for text in texts)
    strings = strung(20, lambda rng: Hand.of(int(rng.integers(99)), "train"), rng)
    assert [strings.numbers(k) for k in range(20)] == [
        [writing.ALPHABET.index(c) + 1 for c in t] for t in strings.texts
    ]


def test_a_piece_is_drawn_anew_each_time_and_plainly_always_the_same(rng):
    word = strung(1, lambda rng: Hand.of(3, "train"), rng)[0]
    pictures = [writing.drawn(word, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert all(picture.dtype == np.uint8 and len(picture) == writing.HEIGHT for picture in pictures)
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    plain = [writing.drawn(word, np.random.default_rng(seed), plain=True) for seed in (1, 2)]
    assert np.array_equal(*plain) and plain[0].max() == 255
    rows = np.flatnonzero(plain[0].max(axis=1) > 100)
    assert rows[-1] - rows[0] >= 26, "the ink fills the height"


def test_a_dot_can_be_drawn(rng):
    for seed in range(20):
        assert writing.drawn([np.array([[3, 3]])], np.random.default_rng(seed)).shape[1] >= 8


def test_pictures_stand_side_by_side_blank_on_the_right():
    batch, widths = writing.side_by_side([np.full((32, 10), 255, np.uint8), np.full((32, 17), 51, np.uint8)])
    assert batch.shape == (2, 32, 24, 1) and batch.dtype == np.float32 and widths.tolist() == [10, 17]
    assert (batch[0, :, :10] == 1).all() and not batch[0, :, 10:].any() and batch[1, 0, 0, 0] == pytest.approx(0.2)
