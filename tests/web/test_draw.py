"""A drawing becomes what the reader learned from, and what it says is what the network believes."""

import base64

import cv2
import numpy as np
import pytest

pytest.importorskip("fastapi")

from hellodl.commands.eyes import LINES, lines_of, reader
from hellodl.data.writing import drawn
from hellodl.ops.ctc import ctc_loss_reference
from hellodl.web import draw

L = [[[10, 10], [12, 200], [90, 200]]]
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


def test_the_input_is_drawn_as_the_training_data_is(client):
    shown = picture(client.post("/api/draw", json={"strokes": T}).json()["picture"])
    assert np.array_equal(shown, drawn([np.array(stroke, float) for stroke in T], np.random.default_rng(0), plain=True))
    assert cv2.boundingRect(shown)[3] >= 28


def test_a_word_may_be_drawn_too(client):
    word = [stroke for k in range(3) for stroke in [[[x + 300 * k, y] for x, y in part] for part in L]]
    answer = client.post("/api/draw", json={"strokes": word}).json()
    assert len(answer["character"]) > 1 or answer["probability"] < 0.9
    assert picture(answer["picture"]).shape[1] > 40


def test_the_beliefs_are_those_of_reading():
    network, symbols = lines_of(LINES)
    shown = draw.as_strip(T)
    log_probs = reader(network, 1)([shown])[0]
    for candidate in draw.looked_at(network, symbols, shown)["candidates"]:
        text = [symbols.index(letter) + 1 for letter in candidate["character"]]
        assert candidate["probability"] == pytest.approx(np.exp(-ctc_loss_reference(log_probs, text)[0]), abs=2e-4)


@pytest.mark.parametrize("change", [lambda s: s * 7 + 5000, lambda s: s / 50 - 3])
def test_size_and_place_on_the_canvas_do_not_matter(change):
    moved = [change(np.array(stroke, float)).tolist() for stroke in T]
    one, other = draw.as_strip(moved), draw.as_strip(T)
    assert one.shape == other.shape and np.abs(one.astype(int) - other).max() <= 60


def test_a_dot_is_a_dot_wherever_it_is():
    near, far = draw.as_strip([[[0, 0]]]), draw.as_strip([[[987654.321, -876543.21]], []])
    assert np.array_equal(near, far) and near.max() > 200 and (near > 0).sum() < 40


def test_what_each_layer_saw_is_shown(client):
    answer = client.post("/api/draw", json={"strokes": T}).json()
    layers, width = answer["layers"], picture(answer["picture"]).shape[1]
    wide = -(-width // 8) * 8
    assert layers[0]["name"] == "0 Conv2d" and layers[0]["shape"] == [32, wide, 16]
    assert layers[-1]["shape"] == [2, wide // 4, 128]
    assert not any("BatchNorm" in layer["name"] or "ReLU" in layer["name"] for layer in layers)
    assert picture(layers[0]["picture"]).std() > 5, "and not all grey"


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
