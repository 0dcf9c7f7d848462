"""Writing that is cut out tight gets paper around it."""

import numpy as np

from hellodl.reading.room import LARGER, SMALL, is_cut_out, with_room


def test_the_paper_around_it_has_the_shade_of_its_edge():
    picture = np.zeros((20, 12, 3), np.uint8)
    picture[3:17, 4:8] = 255
    roomy, back = with_room(picture)
    assert roomy.shape == (3 * 20 * LARGER, 12 * LARGER + 2 * 20 * LARGER, 3)
    assert roomy[0, 0].tolist() == [0, 0, 0] and roomy[roomy.shape[0] // 2, roomy.shape[1] // 2].min() > 200
    assert np.allclose(back @ [20 * LARGER, 20 * LARGER, 1], 0), "its corner"


def test_only_what_is_small_is_cut_out():
    assert is_cut_out(np.zeros((SMALL, 9, 3))) and not is_cut_out(np.zeros((SMALL + 1, 9, 3)))
