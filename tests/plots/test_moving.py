"""GIFs decode to the frames that went in, and moving pictures have a frame for each step."""

import cv2
import numpy as np
import pytest

from hellodl import nn
from hellodl.errors import HelloError
from hellodl.plots import gif, moving


def read(path):
    """A GIF's frames (H, W, 3), seconds and comment, by a reader that is as plain as the format allows."""
    data = path.read_bytes()
    assert data[:6] == b"GIF89a"
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    palette = np.frombuffer(data[13 : 13 + 768], np.uint8).reshape(256, 3)
    at, screen, frames, seconds, comment = 13 + 768, np.zeros((height, width), np.uint8), [], [], b""

    def blocks():
        nonlocal at
        out = b""
        while size := data[at]:
            out += data[at + 1 : at + 1 + size]
            at += 1 + size
        at += 1
        return out

    while data[at] != 0x3B:
        kind, at = data[at], at + 1
        if kind == 0x21:
            label, at = data[at], at + 1
            content = blocks()
            if label == 0xF9:
                seconds.append(int.from_bytes(content[1:3], "little") / 100)
            elif label == 0xFE:
                comment = content
        else:
            left, top, w, h = (int.from_bytes(data[at + k : at + k + 2], "little") for k in (0, 2, 4, 6))
            assert data[at + 9] == 8
            at += 10
            screen[top : top + h, left : left + w] = np.reshape(unpacked(blocks()), (h, w))
            frames.append(palette[screen])
    return frames, seconds, comment.decode()


def unpacked(data):
    """What LZW codes stand for."""
    out, table, width, before = [], {}, 9, None
    bits = int.from_bytes(data, "little")
    while True:
        assert bits, "the stream has no end"
        code = bits & ((1 << width) - 1)
        bits >>= width
        if code == 256:
            table, width, before = {k: [k] for k in range(256)} | {256: [], 257: []}, 9, None
            continue
        if code == 257:
            assert bits == 0
            return out
        entry = table[code] if code in table else before + before[:1]
        out += entry
        if before is not None and len(table) < 4096:
            table[len(table)] = before + entry[:1]
            if len(table) >> width and width < 12:
                width += 1
        before = entry


# Where codes get longer, at 254 and 766 codes, and where the list is full, at 3,838, one too few or many breaks all.
@pytest.mark.parametrize("sizes", [range(1, 5), range(250, 265), range(760, 780), range(3835, 3875), [20_000]])
def test_any_number_of_pixels_survives(sizes, rng):
    for size in sizes:
        for pixels in (rng.integers(256, size=size), rng.integers(2, size=size), np.zeros(size, int)):
            assert unpacked(gif.compressed(pixels.tolist())) == pixels.tolist()


def test_frames_come_back_one_by_one(tmp_path, rng):
    colours = rng.integers(256, size=(200, 3), dtype=np.uint8) & 0xF8  # a drawer each
    first = colours[rng.integers(200, size=(40, 50))]
    second = first.copy()
    second[10:20, 30:35] = colours[3]
    frames = [first, second, second, first]
    path = gif.save(tmp_path / "a.gif", frames, [0.1, 0.2, 0.3, 2.0], "four frames")
    found, seconds, comment = read(path)
    np.testing.assert_array_equal(found, frames)
    assert seconds == [0.1, 0.2, 0.3, 2.0]
    assert comment == "four frames"
    if hasattr(cv2, "imreadanimation"):  # a reader of somebody else's
        done, theirs = cv2.imreadanimation(str(path))
        assert done
        np.testing.assert_array_equal([frame[..., 2::-1] for frame in theirs.frames], frames)


def test_only_what_changed_is_stored(rng):
    before = rng.integers(9, size=(30, 40), dtype=np.uint8)
    after = before.copy()
    after[5, 7] += 1
    after[11, 3] += 1
    top, left, part = gif.changed(after, before)
    assert (top, left, part.shape) == (5, 3, (7, 5))
    assert gif.changed(before, before)[2].shape == (1, 1)


def test_of_many_colours_the_most_frequent_are_kept(rng):
    frames = rng.integers(256, size=(1, 60, 60, 3), dtype=np.uint8)
    frames[0, :30] = (7, 99, 201)
    numbers, palette = gif.in_few_colours(frames)
    np.testing.assert_array_equal(palette[numbers[0, 0, 0]], (7, 99, 201))
    error = np.abs(palette[numbers].astype(int) - frames).max(axis=3)
    assert error[:, 30:].mean() < 40


def test_a_gif_is_called_gif(tmp_path):
    with pytest.raises(HelloError, match=r"as \.gif"):
        gif.save(tmp_path / "a.png", [np.zeros((2, 2, 3), np.uint8)], 1)


def test_kernels_that_learn_have_a_frame_for_each_step(rng):
    pytest.importorskip("matplotlib")
    steps = {step: rng.standard_normal((4, 1, 3, 3)) for step in (1, 100, 200)}
    moved = moving.learning_kernels(steps, "0.weight")
    assert len(moved.frames) == len(moved.seconds) == 3
    assert (moved.frames[0] != moved.frames[2]).any()
    assert "from step 1 to 200" in moved.description
    moving.learning_kernels({1: rng.standard_normal((20, 18, 1, 3))})


def test_two_spirals_are_told_apart_by_a_network_that_learns(rng, tmp_path):
    pytest.importorskip("matplotlib")
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
    shown = moving.Moving(frames, [0.1, 0.1], "Black, then white.")._repr_html_()
    assert 'src="data:image/gif;base64,' in shown and 'alt="Black, then white."' in shown
