"""A drawing becomes what the reader learned from, and what it says is what the network believes."""

import base64

import cv2
import numpy as np
import pytest

pytest.importorskip("fastapi")

from hellodl.commands import read
from hellodl.data.strokes import render
from hellodl.reading.views import from_all_sides
from hellodl.train.lanes import as_input, probabilities
from hellodl.web import draw
from hellodl.web.readers import known

T = [[[10, 10], [210, 12]], [[110, 10], [108, 260]]]


def picture(address: str) -> np.ndarray:
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def test_a_t_is_read_as_a_t(client):
    answer = client.post("/api/draw", json={"strokes": T, "personal": False}).json()
    assert answer["character"] in "Tt" and answer["probability"] > 0.5
    assert len(answer["candidates"]) == 6
    chances = [candidate["probability"] for candidate in answer["candidates"]]
    assert chances == sorted(chances, reverse=True) and sum(chances) <= 1.001
    assert answer["candidates"][0] == {name: answer[name] for name in ("character", "probability")}


def test_the_input_is_normalised_as_the_training_data_is(client):
    shown = picture(client.post("/api/draw", json={"strokes": T}).json()["picture"])
    assert np.array_equal(shown, render([np.array(stroke, float) for stroke in T]))
    _, _, width, height = cv2.boundingRect(shown)
    assert max(width, height) in (20, 21, 22)


def test_the_beliefs_are_those_of_reading():
    reader = known(read.MODEL)
    shown = draw.normalised(T)
    expected = from_all_sides(shown[None], lambda pictures: probabilities(reader.network, pictures, 1))[0]
    for candidate in draw.looked_at(reader, shown)["candidates"]:
        assert candidate["probability"] == pytest.approx(
            expected[reader.classes.index(candidate["character"])], abs=2e-4
        )


@pytest.mark.parametrize("change", [lambda s: s * 7 + 5000, lambda s: s / 50 - 3])
def test_size_and_place_on_the_canvas_do_not_matter(change):
    moved = [change(np.array(stroke, float)).tolist() for stroke in T]
    assert np.abs(draw.normalised(moved).astype(int) - draw.normalised(T)).max() <= 40


def test_a_dot_is_a_dot_wherever_it_is():
    near, far = draw.normalised([[[0, 0]]]), draw.normalised([[[987654.321, -876543.21]], []])
    assert np.array_equal(near, far) and near[14, 14] > 200 and (near > 0).sum() < 30


def test_what_each_layer_saw_is_shown(client):
    layers = client.post("/api/draw", json={"strokes": T}).json()["layers"]
    assert layers[0]["name"] == "0 Conv2d" and layers[0]["shape"] == [28, 28, 16]
    assert picture(layers[0]["picture"]).shape == (2 * 29 - 1, 8 * 29 - 1)
    assert layers[-1]["shape"] == [63] and picture(layers[-1]["picture"]).shape == (1, 63)
    assert not any("Dropout" in layer["name"] or "Flatten" in layer["name"] for layer in layers)
    first = picture(layers[0]["picture"])
    assert first.std() > 5, "and not all grey"


def test_the_layers_are_shown_of_the_drawing_as_it_stands():
    reader, shown = known(read.MODEL), draw.normalised(T)
    first = reader.network[0].plain(as_input(shown[None]))[0]
    layer = draw.looked_at(reader, shown)["layers"][0]
    assert np.abs(picture(layer["picture"]).astype(int) - draw.sheet(first)).max() <= 1


def test_one_large_number_does_not_hide_all_others():
    maps = np.ones((20, 20, 1), np.float32)
    maps[0, 0] = 10
    shown = draw.sheet(maps)
    assert shown[0, 0] == 255 and shown[9, 9] > 50, "of one in ten it would be 26"


def test_a_map_shows_zero_as_black_where_nothing_is_below():
    maps = np.zeros((2, 2, 1), np.float32)
    maps[0, 0] = 4
    assert draw.sheet(maps).tolist() == [[255, 0], [0, 0]]
    maps[1, 1] = -2
    assert draw.sheet(maps).tolist() == [[255, 128], [128, 64]]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"strokes": []}, 422, "nothing is drawn"),
        ({"strokes": [[], []]}, 422, "nothing is drawn"),
        ({"strokes": [[[0, 0]] * 9000] * 3}, 422, "points"),
        ({"strokes": [[[0]]]}, 422, "at least 2"),
        ({"strokes": [[["a", 1]]]}, 422, "number"),
        ({"strokes": [[[1e300, 1]]]}, 422, "less than"),
        ({"strokes": [[[True, 1]]]}, 422, "number"),
        ({"strokes": T, "personal": "no"}, 422, "boolean"),
        ({"strokes": T, "persona": True}, 422, "not known"),
        ({}, 422, "strokes"),
        ([], 422, "object"),
        ({"strokes": T, "personal": True}, 409, "reader of your own"),
    ],
)
def test_bad_drawings_get_one_line(client, body, status, says):
    answer = client.post("/api/draw", json=body)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b'{"strokes": [[[NaN, 1]]]}', 422),
        (b'{"strokes": [[[1e999, 1]]]}', 422),
        (b'{"strokes": [[[' + b"9" * 5000 + b", 1]]]}", 400),
    ],
)
def test_bytes_that_are_no_drawing(client, body, status):
    answer = client.post("/api/draw", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status and "error" in answer.json()


def test_a_form_is_no_json(client):
    assert client.post("/api/draw", data={"strokes": "1"}).status_code == 415
