"""GIF from scratch: others unpack what was packed, to the last pixel."""

import io

import numpy as np
import pytest

from hellodl.storage.gif import animated, changed, packed

PALETTE = (np.arange(24, dtype=np.uint8) * 3).reshape(8, 3)


def unpacked(data, bits):
    """LZW as the standard tells it, from the other side."""
    number, place, clear, end = int.from_bytes(data, "little"), 0, 1 << bits, (1 << bits) + 1
    out, known, before, size = [], [], None, bits + 1
    while True:
        code = number >> place & ((1 << size) - 1)
        place += size
        if code == clear:
            known, size, before = [(n,) for n in range(clear)] + [None, None], bits + 1, None
            continue
        if code == end:
            return bytes(out), -(-place // 8)
        if before is not None:
            first = known[code][0] if code < len(known) else before[0]
            if len(known) < 4096:
                known.append((*before, first))
        before = known[code]
        out += before
        if len(known) == 1 << size and size < 12:
            size += 1


@pytest.mark.parametrize("count", [*range(1, 70), 1000, 60_000])
@pytest.mark.parametrize("bits", [2, 3, 8])
def test_what_was_packed_is_unpacked(count, bits, rng):
    for data in (rng.integers(0, 1 << bits, count), np.zeros(count), np.arange(count) // 7 % (1 << bits)):
        data = data.astype(np.uint8).tobytes()
        made = packed(data, bits)
        assert unpacked(made, bits) == (data, len(made))


def test_only_what_changed_is_said():
    before, after = np.zeros((9, 8), np.uint8), np.zeros((9, 8), np.uint8)
    after[3:5, 2:7] = 1
    top, left, part = changed(before, after)
    assert (top, left, part.shape) == (3, 2, (2, 5))
    assert changed(after, after)[2].shape == (1, 1)


def test_pillow_sees_every_frame_as_it_was(rng):
    image = pytest.importorskip("PIL.Image")
    frames = [np.zeros((20, 31), np.uint8)]
    for number in range(6):
        frames.append(frames[-1].copy())
        frames[-1][2 * number : 2 * number + 5, 3:20] = rng.integers(0, 8, (5, 17))
    film = image.open(io.BytesIO(animated(frames, [0.1] * 6 + [2.0], PALETTE)))
    assert (film.size, film.n_frames) == ((31, 20), 7)
    for number, frame in enumerate(frames):
        film.seek(number)
        assert (np.array(film.convert("RGB")) == PALETTE[frame]).all()
    assert film.info["duration"] == 2000
