"""Files of all other kinds that hellodl opens, mangled: what is in them is changed by its meaning, and byte by byte."""

import copy
import gzip
import json
import sqlite3
import struct
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from strange_pictures import EXTREMES, damaged

from hellodl import nn
from hellodl.data.collection import Collection, Lesson
from hellodl.data.vocabulary import Bytes, Characters
from hellodl.runs.log import RunLog
from hellodl.storage.safetensors import save

ODD = [
    *(None, True, 0, -1, 1, 2, 3, 255, 2**31, 10**7, 2**62, 10**30, -0.5, 1e308, 1e-320, float("inf"), float("nan")),
    *("", "x", "NaN", "Infinity", "\0", "\x1b[2J", "../../x", "é" * 300, "2020-01-01", "\ud800"),
    *([], {}, [1, 2], [[]], {"kind": "Linear"}, {"kind": "list", "parts": []}, {"kind": "GPT", "layers": 10**7}),
]
SQL = [
    *(odd for odd in ODD if not isinstance(odd, list | dict) and odd not in ("\ud800", 10**30)),
    b"\xff\0",
    "[[[[",
    "{}",
    "[1]",
]


def changed(value: Any, rng: np.random.Generator) -> Any:
    """Some JSON with one of its parts replaced, taken away or doubled."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = str(rng.choice([*map(str, value)]))
        if rng.random() < 0.15:
            return {other: part for other, part in value.items() if other != key}
        return value | {key: changed(value.get(key), rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = int(rng.integers(len(value)))
        part = [] if rng.random() < 0.15 else [changed(value[at], rng)] * int(rng.choice([1, 1, 2, 1000]))
        return [*value[:at], *part, *value[at + 1 :]]
    return copy.deepcopy(ODD[rng.integers(len(ODD))])


def idx(rng: np.random.Generator, path: Path) -> Path:
    """An idx file, perhaps packed."""
    sizes = [int(size) for size in rng.integers(0, 20, rng.integers(0, 4))]
    data = struct.pack(f">BBBB{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + rng.bytes(int(np.prod(sizes, dtype=int)))
    if rng.random() < 0.4:
        sizes = [int(rng.choice(EXTREMES)) for _ in range(int(rng.choice([1, 2, 3, 33, 65, 255])))]
        data = struct.pack(f">BBBB{len(sizes)}I", 0, 0, int(rng.choice([8, 9, 11, 12, 13, 14])), len(sizes), *sizes)
        data += bytes(int(rng.integers(0, 2**20)))
    elif rng.random() < 0.8:
        data = damaged(data, rng)
    if rng.random() < 0.5:
        data = gzip.compress(data, 1)
        data = damaged(data, rng) if rng.random() < 0.5 else data
    path.write_bytes(data)
    return path


@cache
def networks() -> tuple[tuple[nn.Module, dict[str, Any]], ...]:
    """Small ones of every kind that a file may have, and what stands beside them."""
    with nn.init.nothing_drawn():
        reader = nn.LineReader(4, (2, 2, 2, 2), 4)
        writer = nn.GPT(9, 8, 2, 2, 8)
        cells = nn.RecurrentText("gru", 256, 4, 1)
        finder = nn.UNet(2, (2, 3))
        letters = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(1352, 3))
        splice = nn.Committee(nn.Sequential(nn.Flatten(), nn.Linear(240, 3)))
    return (
        (reader, {"classes": "abc"}),
        (writer, {"vocabulary": Characters("abcdefg\n").describe()}),
        (cells, {"vocabulary": Bytes().describe()}),
        (finder, {}),
        (letters, {"classes": "abc"}),
        (splice, {"card": {"classes": ["EI", "IE", "N"]}}),
    )


def model(rng: np.random.Generator, path: Path) -> Path:
    """A model's file: its description, what stands beside it, its tensors, or its bytes are changed."""
    network, more = networks()[rng.integers(len(networks()))]
    metadata = {"model": nn.describe(network), "classes": None, "card": {}} | copy.deepcopy(more)
    tensors = network.state_dict()
    for _ in range(rng.integers(0, 4)):
        name = str(rng.choice([*tensors])) if tensors else "none"
        match rng.integers(6):
            case 0 | 1:
                metadata["model"] = changed(metadata["model"], rng)
            case 2:
                metadata = changed(metadata, rng) if rng.random() < 0.5 else metadata
                metadata = metadata if isinstance(metadata, dict) else {}
            case 3 if name in tensors:
                tensors[name] = np.full_like(tensors[name], rng.choice([np.nan, np.inf, 1e38, 0]))
            case 4 if name in tensors:
                tensors[f"{name}x"] = tensors.pop(name)
            case 5:
                tensors |= {f"more.{n}": np.zeros(0, np.float32) for n in range(int(rng.choice([1, 10, 3000])))}
        metadata.setdefault("model", {})
    try:
        save(path, tensors, metadata)
    except Exception:  # such as no file could hold
        save(path, network.state_dict(), {"model": nn.describe(network)})
    if rng.random() < 0.3:
        path.write_bytes(damaged(path.read_bytes(), rng))
    return path


def safetensors(rng: np.random.Generator, path: Path) -> Path:
    """A file of tensors with a header that is changed by its meaning."""
    entries: Any = {"__metadata__": {"a": "b", "hellodl": '{"format": 1, "json": []}'}}
    count = int(rng.integers(0, 4))
    for number in range(count):
        entries[f"t{number}"] = {"dtype": "F32", "shape": [2, 3], "data_offsets": [24 * number, 24 * number + 24]}
    for _ in range(rng.integers(0, 3)):
        entries = changed(entries, rng)
    header = json.dumps(entries).encode()
    data = struct.pack("<Q", len(header)) + header + bytes(24 * int(rng.choice([count, count, count, 2])))
    path.write_bytes(damaged(data, rng) if rng.random() < 0.5 else data)
    return path


@cache
def whole_log() -> bytes:
    """A run log with something in every table."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        log = RunLog(Path(folder) / "log")
        with log.run("letters", {"epochs": 8}, seed=1, data="ink") as run:
            for step in range(30):
                run.train_row(step, epoch=step / 10, loss=3 - step / 14, accuracy=step / 30, learning_rate=0.1)
            run.validation_row(9, loss=0.9, accuracy=0.875)
            run.weights(9, [("conv.weight", np.ones((2, 1, 3, 3), np.float32), np.zeros((2, 1, 3, 3)))])
            run.confusion(9, np.array([[5, 4], [0, 7]]), "ab")
            run.result({"test_accuracy": 0.75})
        with log.run("digits", {"epochs": 9}, seed=1):
            pass
        with sqlite3.connect(log.path) as connection:
            connection.execute("pragma journal_mode = delete")
        connection.close()
        return log.path.read_bytes()


def log(rng: np.random.Generator, path: Path) -> Path:
    """A run log with other values in its columns, or damage."""
    path.write_bytes(whole_log())
    connection = sqlite3.connect(path)
    for _ in range(rng.integers(0, 5)):
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        table = str(rng.choice([name for name in tables if not name.startswith("sqlite")]))
        column = str(rng.choice([row[1] for row in connection.execute(f"pragma table_info({table})")]))
        try:
            where = rng.choice(["", "where rowid % 2"] if table == "runs" else ["", "where step % 2"])
            connection.execute(f"update {table} set {column} = ? {where}", [SQL[rng.integers(len(SQL))]])
        except (sqlite3.Error, OverflowError):
            continue
    connection.commit()
    connection.close()
    if rng.random() < 0.3:
        path.write_bytes(damaged(path.read_bytes(), rng, 10))
    return path


def fasta(rng: np.random.Generator, path: Path) -> Path:
    """Sequences, perhaps packed."""
    lines = [">one", "", ">", "ACGT" * int(rng.integers(1, 500)), ";", "acgtnry" * 9, "> two words", "A" * 70_000]
    lines = [lines[0], *(str(line) for line in rng.permutation(lines[1 if rng.random() < 0.5 else 3 :]))]
    data = str(rng.choice(["\n", "\r\n", "\r", ""])).join(lines).encode()
    data = damaged(data, rng, 1) if rng.random() < 0.5 else data
    if rng.random() < 0.4:
        data = gzip.compress(data + bytes(int(rng.choice([0, 0, 2**24]))), 1)
        data = damaged(data, rng) if rng.random() < 0.5 else data
    path.write_bytes(data)
    return path


def corpus(rng: np.random.Generator, path: Path) -> Path:
    """A text, or a folder with some."""

    def text() -> bytes:
        data = "to be or not to be, 日本語 \u202e\n\r\n\t".encode() * int(rng.integers(0, 50))
        return damaged(data, rng) if rng.random() < 0.7 else data

    if rng.random() < 0.3:
        path.mkdir()
        for number in range(rng.integers(0, 4)):
            (path / f"{number}.txt").write_bytes(text())
    else:
        path.write_bytes(text())
    return path


def collection(rng: np.random.Generator, path: Path) -> Path:
    """A folder of lessons in which something was changed."""
    mine = Collection(path)
    for number in range(rng.integers(1, 3)):
        strips = tuple(np.full((32, 40 + 9 * n), 90, np.uint8) for n in range(number + 1))
        texts = tuple("ab" for _ in strips)
        mine.add(Lesson(f"photo {number}", f"{number}" * 64, "2030-01-01T00:00:00+00:00", texts, texts, strips))
    files = sorted(file for file in path.iterdir() if file.suffix in (".json", ".png"))
    for _ in range(rng.integers(1, 3)):
        file = files[rng.integers(len(files))]
        if file.suffix == ".json" and rng.random() < 0.6:
            try:
                file.write_text(
                    json.dumps(changed(json.loads(file.read_text("utf-8", "replace")), rng)), "utf-8", "replace"
                )
            except ValueError:
                continue
        elif file.suffix == ".png" and rng.random() < 0.3:
            size = (int(rng.integers(1, 100)), int(rng.integers(1, 100)))
            file.write_bytes(cv2.imencode(".png", np.zeros(size, np.uint8))[1].tobytes())
        else:
            file.write_bytes(damaged(file.read_bytes(), rng))
    return path


@cache
def whole_state() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """A trainer's state, as `hellodl train digits` keeps one."""
    import tempfile

    from strange_uses import small_trainer

    from hellodl.storage.safetensors import load

    with tempfile.TemporaryDirectory() as folder:
        trainer = small_trainer(Path(folder) / "s.state")
        trainer.save()
        return load(trainer.path)


def state(rng: np.random.Generator, path: Path) -> Path:
    """A state from which a training would go on."""
    tensors, metadata = (copy.copy(part) for part in whole_state())
    for _ in range(rng.integers(0, 3)):
        metadata = changed(metadata, rng)
        metadata = metadata if isinstance(metadata, dict) else {}
    if rng.random() < 0.3:
        name = str(rng.choice([*tensors]))
        tensors[name] = np.zeros(int(rng.integers(5)), rng.choice([np.float32, np.int64, np.bool_]))
    try:
        save(path, tensors, metadata)
    except Exception:
        save(path, tensors, {})
    if rng.random() < 0.3:
        path.write_bytes(damaged(path.read_bytes(), rng))
    return path
