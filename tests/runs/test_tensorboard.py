"""Files of events for TensorBoard: their bytes are those of the standards, and all of a run is in them."""

import struct
import sys

import numpy as np
import pytest

from hellodl.errors import DataError, HelloError
from hellodl.runs.log import RunLog
from hellodl.runs.tensorboard import export, histogram

pytest.importorskip("tensorboardX")


def crc32c(content):
    """Castagnoli's checksum, a bit at a time."""
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF


def masked(checksum):
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    """The contents of a file of records, their checksums found right."""
    while content:
        (length, checksum) = struct.unpack("<QI", content[:12])
        assert checksum == masked(crc32c(content[:8]))
        inside, content = content[12 : 12 + length], content[12 + length :]
        assert content[:4] == struct.pack("<I", masked(crc32c(inside)))
        yield inside
        content = content[4:]


def fields(content):
    """A message as {number: [values]}; what is inside stays bytes."""
    found = {}

    def number():
        nonlocal content
        value = shift = 0
        while True:
            byte, content = content[0], content[1:]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while content:
        key = number()
        size = {1: 8, 5: 4}.get(key & 7)
        if key & 7 == 0:
            value = number()
        else:
            size = size or number()
            value, content = content[:size], content[size:]
        if key & 7 in (1, 5):
            (value,) = struct.unpack("<d" if key & 7 == 1 else "<f", value)
        found.setdefault(key >> 3, []).append(value)
    return found


def test_the_checksum_is_that_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def test_all_of_a_run_is_in_the_file(tmp_path):
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}) as run:
        run.train_row(10, loss=2.5, accuracy=0.5, learning_rate=0.125, seconds=4)
        run.validation_row(10, loss=1.5, seconds=6)
        run.weights(5, [("0.weight", np.array([[-1.0, 1.0, 3.0, 1.0]]), None)])
        run.activation(5, "0", np.array([[0.0, np.nan]]))
    path = export(log, log.runs()[0], tmp_path / "board" / "run-1")
    assert "tfevents" in path.name
    first, *events = [fields(content) for content in records(path.read_bytes())]
    assert first[3] == [b"brain.Event:2"]
    values = {}
    for found in events:
        for value in fields(found[5][0]).get(1, []):
            value = fields(value)
            values[value[1][0].decode()] = (found[1][0] - first[1][0], found[2][0], value)
    plain = {tag: (when, step, value[2][0]) for tag, (when, step, value) in values.items() if 2 in value}
    assert plain == {
        "loss/training": (4, 10, 2.5),
        "accuracy/training": (4, 10, 0.5),
        "learning_rate/training": (4, 10, 0.125),
        "loss/validation": (6, 10, 1.5),
        "zeros/0.weight/weight": (2, 5, 0),
        "dead/0/activation": (2, 5, 0.5),
    }
    when, step, value = values["weight/0.weight"]
    assert (when, step) == (2, 5)
    shape = fields(value[5][0])
    assert [shape[number][0] for number in range(1, 6)] == pytest.approx([-1, 3, 4, 4, 12])
    limits, counts = (np.frombuffer(shape[number][0]) for number in (6, 7))
    assert (len(limits), limits[-1], counts.sum()) == (32, 3, 4)
    assert (counts[0], counts[16], counts[31]) == (1, 2, 1)


def test_the_histogram_of_a_sample_stands_for_all_numbers():
    row = {"low": 0, "high": 2, "mean": 1, "spread": 1, "size": 1000, "histogram": [1, 3]}
    assert histogram(row)["bucket"].tolist() == [250, 750]


def test_the_same_run_is_the_same_file_again(tmp_path):
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}) as run:
        run.train_row(10, loss=2.5, seconds=4)
    first = export(log, log.runs()[0], tmp_path / "board")
    content = first.read_bytes()
    assert export(log, log.runs()[0], tmp_path / "board") == first
    assert [*first.parent.iterdir()] == [first]
    assert first.read_bytes() == content


def test_without_tensorboardx_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}):
        pass
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(HelloError, match=r"pip install 'hellodl\[tensorboard\]'"):
        export(log, log.runs()[0], tmp_path / "board")
    assert not (tmp_path / "board").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}):
        pass
    with pytest.raises(DataError, match="another folder"):
        export(log, log.runs()[0], log.path)
