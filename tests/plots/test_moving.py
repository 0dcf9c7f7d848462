"""GIFs show the frames that went in, as long as they should, and moving pictures have a frame for each step."""

import sys

import cv2
import numpy as np
import pytest

pytest.importorskip("matplotlib")
from PIL import Image, ImageSequence

from hellodl import nn
from hellodl.errors import HelloError
from hellodl.plots import moving
from hellodl.plots.moving import Moving


def read(path):
    """A GIF's frames (H, W, 3), seconds and comment; it is shown over and over."""
    frames, seconds = [], []
    with Image.open(path) as film:
        assert film.info["loop"] == 0
        comment = film.info.get("comment", b"").decode()
        for frame in ImageSequence.Iterator(film):
            frames.append(np.array(frame.convert("RGB")))
            seconds.append(film.info["duration"] / 1000)
    return frames, seconds, comment


def of_200_colours(rng, height=40, width=50):
    colours = rng.integers(256, size=(200, 3), dtype=np.uint8)
    return colours[rng.integers(200, size=(height, width))]


def test_frames_come_back_one_by_one(tmp_path, rng):
    first = of_200_colours(rng)
    second = first.copy()
    second[10:20, 30:35] = first[0, 0]
    frames, seconds = [first, second, second, first], [0.1, 0.2, 0.3, 2.0]
    path = Moving(frames, seconds, "four frames, é").save(tmp_path / "a.gif")
    shown, long, comment = read(path)
    np.testing.assert_array_equal(shown, [first, second, first])  # what does not change is one frame
    assert long == [0.1, 0.5, 2.0]
    assert comment == "four frames, é"
    if hasattr(cv2, "imreadanimation"):  # a reader of somebody else's
        done, theirs = cv2.imreadanimation(str(path))
        assert done
        np.testing.assert_array_equal([frame[..., 2::-1] for frame in theirs.frames], shown)
        np.testing.assert_array_equal(theirs.durations, [100, 500, 2000])


@pytest.mark.parametrize("count", [1, 3])
def test_a_picture_that_never_moves_is_shown_all_the_time(count, tmp_path, rng):
    frame = of_200_colours(rng)
    shown, seconds, _ = read(Moving([frame] * count, [0.5] * count, "still").save(tmp_path / "a.gif"))
    np.testing.assert_array_equal(shown, [frame])
    assert seconds == [0.5 * count]


def test_no_frame_is_shorter_than_browsers_show(tmp_path, rng):
    frames = [of_200_colours(rng), np.zeros((40, 50, 3), np.uint8)]
    assert read(Moving(frames, [0.001, 0.129], "").save(tmp_path / "a.gif"))[1] == [0.02, 0.13]


def test_only_what_changed_is_stored(rng):
    before = of_200_colours(rng, 200, 300)
    after = before.copy()
    after[5, 7] = before[0, 0]
    after[110, 3] = before[0, 0]
    still, moved = (len(Moving(frames, [0.1] * len(frames), "").as_gif()) for frames in ([before], [before, after]))
    assert moved < 1.02 * still


def test_of_many_colours_the_most_frequent_are_kept(tmp_path, rng):
    frames = rng.integers(256, size=(2, 60, 60, 3), dtype=np.uint8)
    frames[:, :30] = (7, 99, 201)
    shown, _, _ = read(Moving([*frames], [0.1, 0.1], "").save(tmp_path / "a.gif"))
    np.testing.assert_array_equal(shown[0][:30], frames[0, :30])
    assert np.abs(np.subtract(shown, frames, dtype=int)).max(axis=3)[:, 30:].mean() < 40
    assert len(np.unique(np.reshape(shown, (-1, 3)), axis=0)) <= 256


def test_a_gif_is_called_gif(tmp_path):
    with pytest.raises(HelloError, match=r"as \.gif"):
        Moving([np.zeros((2, 2, 3), np.uint8)], [1], "").save(tmp_path / "a.png")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(HelloError, match="cannot be written"):
        Moving([np.zeros((2, 2, 3), np.uint8)], [1], "").save(tmp_path / "none" / "a.gif")


def test_without_pillow_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(HelloError, match=r"pip install 'hellodl\[plots\]'"):
        Moving([np.zeros((2, 2, 3), np.uint8)], [1], "").as_gif()


def test_kernels_that_learn_have_a_frame_for_each_step(rng):
    steps = {step: rng.standard_normal((4, 1, 3, 3)) for step in (1, 100, 200)}
    moved = moving.learning_kernels(steps, "0.weight")
    assert len(moved.frames) == len(moved.seconds) == 3
    assert (moved.frames[0] != moved.frames[2]).any()
    assert "from step 1 to 200" in moved.description
    moving.learning_kernels({1: rng.standard_normal((20, 18, 1, 3))})


def test_two_spirals_are_told_apart_by_a_network_that_learns(rng, tmp_path):
    points, labels = moving.two_spirals(120, rng)
    assert points.shape == (120, 2)
    network = nn.Sequential(
        nn.Linear(2, 24, rng=rng), nn.Tanh(), nn.Linear(24, 24, rng=rng), nn.Tanh(), nn.Linear(24, 1, rng=rng)
    )
    moved = moving.learning_border(points, labels, network, 120, every=60, learning_rate=0.03)
    assert len(moved.frames) == 3
    share = float(moved.description.split("the end ")[1].split("%")[0])
    assert share >= 90
    frames, _, comment = read(moved.save(tmp_path / "border.gif"))
    assert len(frames) == 3
    assert comment == moved.description


def test_a_notebook_shows_a_moving_picture_with_its_description():
    frames = [np.full((40, 60, 3), shade, np.uint8) for shade in (0, 255)]
    shown = Moving(frames, [0.1, 0.1], "Black, then white.")._repr_html_()
    assert 'src="data:image/gif;base64,' in shown and 'alt="Black, then white."' in shown
