"""The built-in handwriting: characters without end, by seed, in styles that training sees or does not."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hellodl.data import ink as ink_module
from hellodl.data.ink import Ink
from hellodl.data.strokes import render_many
from hellodl.data.unipen import CLASSES_62, LETTERS, load_strokes
from hellodl.errors import DataError

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("HELLODL_SHARED", ROOT.parent / "shared")) / "data" / "unipen"


@pytest.fixture(scope="module")
def ink():
    return Ink.load()


def test_the_file_is_small_enough_to_ship():
    assert ink_module.FILE.stat().st_size <= 400_000


def test_it_holds_parameters_that_at_least_five_people_share():
    with np.load(ink_module.FILE) as arrays:
        assert arrays["style_people"].min() >= 5
        assert "writers" not in " ".join(arrays.files)


def test_its_samples_keep_the_distance_that_people_keep():
    with np.load(ink_module.FILE) as arrays:
        closest = slice(0, 4)  # the nearest 0.1, 1, 5 and 25 per cent
        assert (arrays["privacy_samples"][closest] >= arrays["privacy_people"][closest]).all()
        assert arrays["privacy_nearer"] <= 0.5


def test_the_same_seed_writes_the_same_and_another_seed_something_else(ink):
    first, again, other = (ink.dataset(200, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert (first.images != other.images).any()


@pytest.mark.parametrize(("classes", "names"), [("letters", 26), ("digits", 10), ("36", 36), ("62", 62)], ids=str)
def test_every_class_is_written_and_equally_often_if_asked_for(ink, classes, names):
    data = ink.dataset(names * 7, 3, classes)
    assert len(data.classes) == names
    counts = np.bincount(ink.dataset(names * 40, 3, classes, even=True).labels, minlength=names)
    assert counts.min() > 15 and counts.max() < 80
    assert data.images.shape == (names * 7, 28, 28)
    assert data.images.dtype == np.uint8


def test_training_and_test_share_no_style_and_both_know_every_character(ink):
    for character in CLASSES_62:
        train, test = ink.styles(character, "train"), ink.styles(character, "test")
        assert len(train) >= 5, character
        assert len(test) >= 2, character
        assert not set(train) & set(test)


def test_training_pictures_come_from_training_styles_alone(ink, monkeypatch):
    written = []
    monkeypatch.setattr(Ink, "write", lambda self, styles, rng: written.append(styles) or [[np.eye(2)]] * len(styles))
    ink.dataset(500, 1, "62", "train")
    ink.dataset(500, 1, "62", "test")
    assert not ink.held_out[written[0]].any()
    assert ink.held_out[written[1]].all()


def extent(inked):
    """From the first to the last True of each row of (N, 28)."""
    return inked.shape[1] - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)


@pytest.mark.parametrize("split", ["train", "test"])
def test_no_picture_is_empty_or_a_fragment(ink, split):
    """A fragment is a character as flat as a dash, or with hardly any path, where its middle sample is not."""
    data = ink.dataset(62 * 30, 5, "62", split)
    heights, widths = extent(data.images.max(axis=2) > 60), extent(data.images.max(axis=1) > 60)
    assert (np.maximum(heights, widths) >= 18).all()
    assert (np.maximum(heights, widths) <= 22).all()
    flat = heights < 7
    assert flat.mean() < 0.003
    amount = data.images.sum(axis=(1, 2)) / 255
    for label in range(62):
        own = amount[data.labels == label]
        assert (own < 0.35 * np.median(own)).mean() <= 0.05, CLASSES_62[label]


def test_test_styles_look_like_their_character_to_one_who_only_saw_training_styles(ink):
    """The nearest of the training pictures is of the same letter for most: the styles are legible."""

    def seen(data):
        return data.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(len(data), -1).astype(np.float32)

    train, test = ink.dataset(3900, 1, "letters", "train"), ink.dataset(390, 2, "letters", "test")
    known, new = seen(train), seen(test)
    nearest = ((known**2).sum(axis=1) - 2 * new @ known.T).argmin(axis=1)
    assert (train.labels[nearest] == test.labels).mean() > 0.7


def test_the_pen_is_as_wide_as_asked(ink):
    thin, thick = (ink.dataset(260, 1, width=(width, width)).images.mean() for width in (1.5, 4.5))
    assert 2 < thick / thin < 4


def test_a_character_has_the_strokes_that_writers_give_it(ink):
    rng = np.random.default_rng(0)
    strokes = [len(ink.character("E", rng)) for _ in range(200)]
    assert min(strokes) == 1
    assert max(strokes) >= 3
    assert all(points.shape[1] == 2 for points in ink.character("a", rng, "test"))


def test_what_it_cannot_write_is_said(ink):
    with pytest.raises(DataError, match="A-Z, a-z and 0-9"):
        ink.character("ä", np.random.default_rng(0))
    with pytest.raises(DataError, match="ink has no class"):
        ink.dataset(1, 0, "?!")
    with pytest.raises(DataError, match="no split 'validation'"):
        ink.dataset(1, 1, split="validation")


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "ink.npz"
    path.write_bytes(ink_module.FILE.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"ink\.npz is missing or damaged"):
        Ink.load(path)


def test_thousands_of_pictures_take_a_second_or_so(ink):
    start = time.process_time()
    ink.dataset(2000, 1)
    assert time.process_time() - start < 2  # 0.25 s where this was written


@pytest.mark.shared
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the UNIPEN files are not here (HELLODL_SHARED)")
def test_no_sample_is_nearer_to_a_drawing_than_other_peoples_drawings_are(ink, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import ink_curves

    drawings = load_strokes(FOLDER)
    chosen = drawings.select("train")
    chosen = chosen[np.isin(drawings.labels[chosen], list("gR5"))]
    rng = np.random.default_rng(8)
    people, samples, overtaken = [], [], []
    for group in ink_curves.grouped(drawings, chosen):
        own = np.flatnonzero(ink.characters == group.character)
        own = own[[len(ink.counts[style]) == len(group.counts) for style in own]]
        if len(own) == 0:
            continue
        styles = rng.choice(own, len(group.curves), p=ink.weight[own] / ink.weight[own].sum())
        written = ink_curves.boxed(ink.curves(styles, ink.latents(len(styles), rng)))
        others = ink_curves.distance_to_nearest(group.curves, group.curves, group.writers, group.writers)
        people.append(others)
        samples.append(ink_curves.distance_to_nearest(written, group.curves))
        overtaken.append(ink_curves.distance_to_nearest(group.curves, written) < others)
    people, samples, overtaken = map(np.concatenate, (people, samples, overtaken))
    assert len(people) > 2500
    for closest in (0.01, 0.05, 0.25):
        assert np.quantile(samples, closest) >= np.quantile(people, closest)
    assert overtaken.mean() <= 0.5
    sys.modules.pop("ink_curves")


def test_both_cases_of_a_letter_are_one_class(ink):
    data = ink.dataset(1300, 1, "letters")
    own = data.images[data.labels == LETTERS.index("l")]
    rng = np.random.default_rng(1)
    capital = render_many(ink.character("L", rng) for _ in range(50)).mean(axis=0)
    small = render_many(ink.character("l", rng) for _ in range(50)).mean(axis=0)
    like_capital = ((own - capital) ** 2).sum(axis=(1, 2)) < ((own - small) ** 2).sum(axis=(1, 2))
    assert 0.2 < like_capital.mean() < 0.7


def test_letters_come_as_often_as_people_write_them(ink):
    data = ink.dataset(3_000, 3)
    counts = dict(zip(data.classes, np.bincount(data.labels, minlength=26)))
    assert counts["e"] > 3 * counts["q"] > 0


def test_any_characters_can_be_asked_for_but_only_those_that_ink_can_write(ink):
    assert set(ink.dataset(60, 3, "37").labels.tolist()) == {0, 1}
    with pytest.raises(DataError, match="no class '!'"):
        ink.dataset(10, 3, "a!")
