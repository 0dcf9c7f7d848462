"""Augmentation varies each image on its own, within what is asked for, the same for the same generator."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hellodl.data.augment import CENTRE, DIGITS, LETTERS, NONE, Augment, poster

STRONG = replace(LETTERS, shift=6, elastic=3, thickness=1, blur=1, noise=0.1, cutout=6)
EVERYTHING = [NONE, LETTERS, DIGITS, STRONG, Augment(cutout=9), Augment(noise=0.2), Augment(elastic=2)]


def letters(count=24):
    """Some big round shapes, each different: an ellipse with a bar."""
    images = np.zeros((count, 28, 28), np.uint8)
    for number, image in enumerate(images):
        cv2.ellipse(image, (14, 14), (5 + number % 5, 9), number * 7, 0, 300, 255, 2)
        cv2.line(image, (5, 5 + number % 10), (20, 20), 255, 2)
    return images


def rng(seed=0):
    return np.random.default_rng(seed)


@given(
    images=hnp.arrays(np.uint8, st.tuples(st.integers(0, 6), st.just(28), st.just(28)), elements=st.integers(0, 255))
)
@settings(max_examples=25, deadline=None)
def test_no_augmentation_gives_the_images_exactly(images):
    result = NONE(images, rng())
    assert result.shape == (len(images), 28, 28, 1) and result.dtype == np.float32
    np.testing.assert_array_equal(result[..., 0], images * np.float32(1 / 255))


def test_looking_up_every_pixel_where_it_was_changes_nothing():
    nearly = Augment(shift=1e-9)  # too little to see, but enough to send every pixel through the look-up
    np.testing.assert_allclose(nearly(letters(), rng()), NONE(letters(), rng()), atol=1e-4)


@pytest.mark.parametrize("augment", EVERYTHING)
@pytest.mark.parametrize("count", [0, 1, 16, 33])
def test_the_result_is_float32_from_nought_to_one(augment, count):
    noise = rng(1).integers(0, 256, (count, 28, 28), np.uint8)
    for images in (noise, np.full_like(noise, 255)):
        kept = images.copy()
        result = augment(images, rng(2))
        assert result.shape == (count, 28, 28, 1) and result.dtype == np.float32
        assert count == 0 or (result.min() >= 0 and result.max() <= 1)
        np.testing.assert_array_equal(images, kept)


@pytest.mark.parametrize("augment", EVERYTHING)
def test_the_generator_alone_decides(augment):
    one, same = augment(letters(), rng(3)), augment(letters(), rng(3))
    np.testing.assert_array_equal(one, same)
    if augment is not NONE:
        assert (augment(letters(), rng(4)) != one).any()


@pytest.mark.parametrize("augment", EVERYTHING)
def test_an_image_does_not_depend_on_its_neighbours(augment):
    first, second = letters(), letters()
    keep = np.arange(24) % 3 == 1
    second[~keep] = 255  # as much ink as there can be, to spill over if it could
    one, other = augment(first, rng(5)), augment(second, rng(5))
    np.testing.assert_array_equal(one[keep], other[keep])


def test_nothing_comes_in_from_a_neighbour():
    images = np.zeros((20, 28, 28), np.uint8)
    images[::2] = 255
    result = replace(STRONG, noise=0, shift=20)(images, rng(6))
    assert (result[1::2] == 0).all()


def test_each_image_is_varied_differently():
    same = np.repeat(rng(1).integers(0, 256, (1, 28, 28), np.uint8), 16, axis=0)
    for augment in EVERYTHING[1:]:
        result = augment(same, rng(7))
        assert len({image.tobytes() for image in result}) >= 15


def test_ink_at_the_very_edge_does_not_spill_over_when_the_pen_changes():
    images = np.zeros((9, 28, 28), np.uint8)
    images[::2, [0, -1]] = 255
    bold = Augment(thickness=1, blur=1, shift=3)(images, rng(19))
    assert (bold[1::2] == 0).all()


def test_many_images_are_varied_like_few():
    many = np.repeat(letters(4), 600, axis=0)
    result = LETTERS(many, rng(8))
    assert result.shape == (2400, 28, 28, 1)
    mass = result.sum((1, 2, 3)).reshape(24, 100).mean(axis=1)
    reference = NONE(many, rng()).sum((1, 2, 3)).reshape(24, 100).mean(axis=1)
    np.testing.assert_allclose(mass, reference, rtol=0.12)


def places(result):
    """Centre of mass of each image, from the middle: (N, 2) as x, y."""
    weight = result[..., 0] / result.sum((1, 2))[:, np.newaxis]
    line = np.arange(28) - CENTRE
    return np.stack([(weight.sum(1) * line).sum(1), (weight.sum(2) * line).sum(1)], axis=1)


def dots(count, x, y):
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, y : y + 3, x : x + 3] = 255
    return images


def test_a_shift_stays_within_its_pixels_and_uses_them():
    moved = places(Augment(shift=2)(dots(500, 13, 13), rng(9))) - places(NONE(dots(1, 13, 13), rng()))
    assert np.abs(moved).max() <= 2.05
    assert (moved.max(axis=0) > 1.9).all() and (moved.min(axis=0) < -1.9).all()
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.15


def test_a_rotation_turns_about_the_centre_by_its_degrees():
    before = places(NONE(dots(1, 23, 13), rng()))[0]
    after = places(Augment(rotation=30)(dots(500, 23, 13), rng(10)))
    angles = np.degrees(np.arctan2(after[:, 1], after[:, 0]) - np.arctan2(before[1], before[0]))
    assert 28 < angles.max() <= 30.5 and -30.5 <= angles.min() < -28
    np.testing.assert_allclose(np.hypot(*after.T), np.hypot(*before), atol=0.1)


def test_a_scale_and_a_stretch_are_ratios():
    far = places(NONE(dots(1, 20, 20), rng()))[0]
    scaled = places(Augment(scale=0.25)(dots(500, 20, 20), rng(11))) / far
    np.testing.assert_allclose(scaled[:, 0], scaled[:, 1], atol=0.02)
    assert 1.2 < scaled.max() < 1.27 and 0.79 < scaled.min() < 0.83
    stretched = places(Augment(stretch=0.25)(dots(500, 20, 20), rng(12))) / far
    ratio = stretched[:, 0] / stretched[:, 1]
    assert 1.2 < ratio.max() < 1.27 and 0.79 < ratio.min() < 0.83
    np.testing.assert_allclose(stretched.prod(axis=1), 1, atol=0.03)


def test_a_slant_moves_sideways_what_is_high_or_low():
    up, down = (places(Augment(shear=0.3)(dots(200, 13, y), rng(13))) for y in (4, 21))
    sideways_up, sideways_down = up[:, 0] - 0.5, down[:, 0] - 0.5  # the dots stand half a pixel off the middle
    assert np.abs(sideways_up).max() > 2
    np.testing.assert_allclose(sideways_up, -sideways_down, atol=0.1)
    np.testing.assert_allclose(up[:, 1], 5 - CENTRE, atol=0.1)


def test_bending_moves_every_place_by_its_strength():
    for x, y in ((13, 13), (3, 3), (13, 22)):
        moved = places(Augment(elastic=1.2)(dots(1500, x, y), rng(14))) - places(NONE(dots(1, x, y), rng()))
        np.testing.assert_allclose(moved.std(axis=0), 1.2, rtol=0.15)
        np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.15)


def test_bending_is_smooth():
    near = (dots(800, 12, 12), dots(800, 14, 12))
    far = (dots(800, 3, 12), dots(800, 22, 12))
    close, apart = (
        np.corrcoef(*(places(Augment(elastic=1.0)(images, rng(15)))[:, 1] for images in pair))[0, 1]
        for pair in (near, far)
    )
    assert close > 0.9 and abs(apart) < 0.2


def test_the_pen_gets_thicker_and_thinner_and_the_strokes_stay_where_they_are():
    images = np.repeat(letters(1), 400, axis=0)
    result, before = Augment(thickness=0.8)(images, rng(16)), NONE(images[:1], rng())
    ink = result.sum((1, 2, 3)) / before.sum()
    assert ink.max() > 1.3 and ink.min() < 0.7
    np.testing.assert_allclose(places(result), np.repeat(places(before), 400, axis=0), atol=0.6)
    assert result[..., 0].max(axis=(1, 2)).min() > 0.2


def test_a_cutout_blanks_a_square():
    white = np.full((300, 28, 28), 255, np.uint8)
    blank = Augment(cutout=5)(white, rng(17))[..., 0] == 0
    area, height = blank.sum((1, 2)), blank.any(axis=2).sum(axis=1)
    assert area.max() == 25 and area.min() >= 1 and (area == 25).mean() > 0.5
    for edge in (0, -1):
        assert (height[blank[:, edge].any(axis=1)] < 5).any()  # half hidden by the edge, too


def test_noise_has_its_standard_deviation():
    grey = np.full((400, 28, 28), 128, np.uint8)
    spread = Augment(noise=0.1)(grey, rng(18)).std(axis=(1, 2, 3))
    assert 0.09 < spread.max() < 0.11 and spread.min() < 0.01


def test_images_of_another_shape_or_type_are_refused():
    for images in (np.zeros((3, 28, 28)), np.zeros((3, 784), np.uint8), np.zeros((28, 28), np.uint8)):
        with pytest.raises(ValueError, match=r"takes \(N, 28, 28\) uint8"):
            LETTERS(images, rng())


def test_a_poster_shows_the_images_in_rows():
    images = letters(5)
    sheet = poster(images, columns=3)
    assert sheet.shape == (2 * 29 - 1, 3 * 29 - 1) and sheet.dtype == np.uint8
    np.testing.assert_array_equal(sheet[29:57, 29:57], images[4])
    np.testing.assert_array_equal(poster(NONE(images, rng()), columns=3), sheet)
