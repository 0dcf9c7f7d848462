"""Files of events for TensorBoard: their bytes are those of the standards, and all of a run is in them."""

import struct

import numpy as np
import pytest

from hellodl.errors import DataError
from hellodl.runs.log import RunLog
from hellodl.runs.tensorboard import crc32c, event, export, histogram, record, scalar, varint


def records(content):
    """The contents of a file of records, their checksums found right."""
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        whole, content = content[: length + 16], content[length + 16 :]
        assert record(whole[12:-4]) == whole
        yield whole[12:-4]


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
    assert crc32c(b"") == 0
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(bytes([255]) * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_numbers_take_seven_bits_a_byte():
    assert [varint(n).hex() for n in (0, 127, 128, 300)] == ["00", "7f", "8001", "ac02"]


def test_a_small_event_is_byte_for_byte_what_it_should_be():
    made = event(1.5, 300, [scalar("loss", 0.25)])
    assert made.hex(" ", 1) == (
        "09 00 00 00 00 00 00 f8 3f "  # wall_time (1): 1.5
        "10 ac 02 "  # step (2): 300
        "2a 0d 0a 0b "  # summary (5), with one value (1)
        "0a 04 6c 6f 73 73 "  # tag (1): loss
        "15 00 00 80 3e"  # simple_value (2): 0.25
    )
    whole = record(made)
    assert whole[:8].hex() == "1b00000000000000"
    assert whole[8:12] == struct.pack("<I", 0x139E0D1A)
    assert whole[12:-4] == made
    assert whole[-4:] == struct.pack("<I", 0xEDDE0899)


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
    shape = fields(fields(histogram("weight/0", row))[5][0])
    assert np.frombuffer(shape[7][0]).tolist() == [250, 750]


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}):
        pass
    with pytest.raises(DataError, match="another folder"):
        export(log, log.runs()[0], log.path)
