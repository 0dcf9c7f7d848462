"""Numbers in 16 bits: the nearest there is, and none becomes infinity or nothing."""

import numpy as np

from hellodl.ranks.halves import halved, made_whole


def test_numbers_come_back_to_within_a_part_in_256(rng):
    numbers = (rng.standard_normal(10_000) * 10.0 ** rng.uniform(-37, 37, 10_000)).astype(np.float32)
    back = made_whole(halved(numbers))
    assert (np.abs(back - numbers) <= np.abs(numbers) / 256 + 1e-38).all()
    assert (made_whole(halved(back)) == back).all(), "once is enough"


def test_the_nearest_is_taken_and_of_two_the_even_one():
    numbers = np.float32([1, 1 + 1 / 256, 1 + 3 / 256, 1 + 1.01 / 256, -(1 + 3 / 256)])
    assert made_whole(halved(numbers)).tolist() == [1, 1, 1 + 4 / 256, 1 + 2 / 256, -(1 + 4 / 256)]


def test_what_is_no_number_stays_none():
    strange = np.float32([np.inf, -np.inf, -0.0, 0.0])
    assert made_whole(halved(strange)).tobytes() == strange.tobytes()
    every_bit = np.uint32([0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001]).view(np.float32)
    assert np.isnan(made_whole(halved(every_bit))).all()
