"""A letter as SVG, PNG, a GIF that writes itself and JSON: all show the same strokes."""

import io
import json
from itertools import pairwise
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from hellodl.data.pages.hands import smooth
from hellodl.data.pages.letter import PEN, SCALE, SHADES, Letter, path_of, pieces
from hellodl.errors import DataError

ZIGZAG = np.array([[1, 1], [2, 3], [3, 1], [4, 3.0]])
DOT = np.array([[5.0, 2]])


def a_letter():
    strokes = [ZIGZAG, DOT, ZIGZAG[:2] + np.array([5, 1])]
    return Letter(
        'a<b "',
        strokes,
        [np.full(len(stroke), n) for n, stroke in enumerate(strokes)],
        9.0,
        6.0,
        [0, 0, 0],
        [3.0],
        {"hand": 3},
    )


def test_the_svg_is_xml_with_a_path_for_each_stroke():
    root = ElementTree.fromstring(a_letter().as_svg())
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == 'a<b "'
    assert len(root.findall(f".//{space}path")) == 3
    assert root.get("viewBox") == "0 0 9.00 6.00"


def test_bezier_curves_are_the_curve_that_is_drawn():
    numbers = [float(n) for n in path_of(ZIGZAG).replace("M", " ").replace("C", " ").split()]
    start, curves = np.array(numbers[:2]), np.array(numbers[2:]).reshape(-1, 3, 2)
    t = np.linspace(0, 1, 4, endpoint=False)[:, None]
    drawn = []
    for a, b, end in curves:
        drawn.append((1 - t) ** 3 * start + 3 * t * (1 - t) ** 2 * a + 3 * t * t * (1 - t) * b + t**3 * end)
        start = end
    np.testing.assert_allclose(np.concatenate([*drawn, [start]]), smooth(ZIGZAG), atol=0.02)


def test_a_stroke_is_drawn_from_point_to_point():
    parts = pieces(ZIGZAG)
    assert len(parts) == 3
    for part, start, end in zip(parts, ZIGZAG, ZIGZAG[1:]):
        np.testing.assert_allclose(part[[0, -1]], [start, end])


def test_ink_is_where_the_strokes_are():
    picture = a_letter().picture()
    assert picture.shape == (6 * SCALE, 9 * SCALE)
    for x, y in np.concatenate([smooth(ZIGZAG), DOT]):
        assert picture[round(y * SCALE), round(x * SCALE)] > 200
    away = picture.copy()
    cv2.polylines(away, [np.rint(smooth(ZIGZAG) * SCALE).astype(np.int32)], False, 0, round(2 * PEN * SCALE) + 3)
    assert (away[:, : round(4.5 * SCALE)] == 0).all()


def test_the_png_is_ink_on_white():
    picture = cv2.imdecode(np.frombuffer(a_letter().as_png(), np.uint8), cv2.IMREAD_COLOR)
    assert (picture[0, 0] == 255).all()
    assert picture[2 * SCALE, 5 * SCALE].tolist() == [78, 37, 28]


def test_frames_only_ever_add_ink_and_end_with_all_of_it():
    frames = [frame.astype(int) for frame in a_letter().frames()]
    assert (frames[0] == 0).all() and len(frames) > 2
    assert all((after >= before).all() for before, after in pairwise(frames))
    np.testing.assert_array_equal(frames[-1], np.rint(a_letter().picture() * ((SHADES - 1) / 255)))


def test_the_gif_moves():
    image = pytest.importorskip("PIL.Image")
    film = image.open(io.BytesIO(a_letter().as_gif()))
    assert film.n_frames == len(list(a_letter().frames()))


def test_the_json_has_it_all():
    told = json.loads(a_letter().as_json())
    assert (told["text"], told["hand"], told["width"]) == ('a<b "', 3, 9.0)
    np.testing.assert_allclose(np.array(told["strokes"][0]), ZIGZAG)
    assert told["letters"][1] == [1]


def test_it_is_saved_by_its_name(tmp_path):
    assert a_letter().save(tmp_path / "a.SVG").read_text().startswith("<svg")
    with pytest.raises(DataError, match=r"a\.bmp: a letter is written as \.svg"):
        a_letter().save(tmp_path / "a.bmp")


def test_a_picture_beyond_all_bounds_is_refused():
    huge = Letter("a", [ZIGZAG], [np.zeros(4, int)], 1e4, 1e4, [0], [1.0])
    with pytest.raises(DataError, match="too large"):
        huge.picture()
