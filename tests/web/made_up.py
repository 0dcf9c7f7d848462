"""What the mock server of the page tells: made up, but of the shape and size that the real answers have."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

import cv2
import numpy as np

from hellodl.data.pages.layout import page_boxes, write_page
from hellodl.data.strokes import render

TEXT = "Dear Anna\nthe quick brown fox\njumps over 13 lazy dogs\nsee you on Monday"
SEED = 4
LAYERS = ("0.weight", "0.bias", "2.weight", "4.weight")
KERNELS = {"0.weight": (32, 1, 3, 3), "2.weight": (8, 4, 3, 3)}
CLASSES = "0123456789abcdefghijklmnopqrstuvwxyz"
WRITTEN = """\"\"\"The lines of a file, without their ends.\"\"\"
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\\n") for line in file]


def count(words, least=1):
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return {word: times for word, times in found.items() if times >= least}
"""


def data_uri(picture: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode()


def png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()


def drawn(strokes: list, personal: bool) -> dict:
    """An answer to a drawing: the more strokes, the surer."""
    picture = render([np.array(stroke, np.float32) for stroke in strokes])
    sure = 0.35 if len(strokes) == 1 else 0.93
    shares = [sure, *(1 - sure) * np.array([0.5, 0.25, 0.12, 0.06, 0.03])]
    characters = "hbnk?L" if personal else "nhbk?L"
    candidates = [{"character": c, "probability": float(p)} for c, p in zip(characters, shares)]
    rng = np.random.default_rng(0)
    layers = []
    for name, side, channels in (("stem", 28, 16), ("stage 1", 14, 32), ("stage 2", 7, 64)):
        small = cv2.resize(picture.astype(np.float32) / 255, (side, side), interpolation=cv2.INTER_AREA)
        maps = [np.abs(cv2.filter2D(small, -1, rng.normal(0, 0.6, (3, 3)))) for _ in range(channels)]
        layers.append({"name": name, "shape": [side, side, channels], "picture": data_uri(tiled(maps))})
    strip = rng.uniform(0, 255, (1, 63)) ** 2 / 255
    layers.append({"name": "answers", "shape": [63], "picture": data_uri(strip.astype(np.uint8))})
    return {**candidates[0], "candidates": candidates, "picture": data_uri(picture), "layers": layers}


def tiled(maps: list[np.ndarray]) -> np.ndarray:
    """A contact sheet, with a line of one pixel between the maps."""
    columns = 8
    rows = [np.hstack([np.pad(m, 1) for m in maps[at : at + columns]]) for at in range(0, len(maps), columns)]
    return np.clip(np.vstack(rows) * 255, 0, 255).astype(np.uint8)


@cache
def page() -> bytes:
    """A photo of a handwritten page."""
    return png(write_page(TEXT, SEED)[0])


def read(personal: bool) -> dict:
    """What was read in it: every ninth character doubtful, and with the general reader also wrong."""
    height, width = cv2.imdecode(np.frombuffer(page(), np.uint8), cv2.IMREAD_GRAYSCALE).shape
    lines: list[list[dict]] = [[] for _ in TEXT.splitlines()]
    spaces = {sum(len(w) for w in TEXT.split()[:count]) for count in range(1, len(TEXT.split()))}
    for place, found in enumerate(page_boxes(TEXT, SEED)):
        true, doubtful = found.character, place % 9 == 5
        wrong = "v" if doubtful and not personal else true
        line = lines[found.line]
        line.append(
            {
                "letter": wrong,
                "probability": 0.41 if doubtful else 0.97,
                "runner_up": true if doubtful else "c",
                "runner_up_probability": 0.38 if doubtful else 0.01,
                "box": [found.left, found.top, found.right - found.left, found.bottom - found.top],
                "space": bool(line) and place in spaces,
            }
        )
    text = "\n".join("".join(" " * c["space"] + c["letter"] for c in line) for line in lines)
    return {"width": width, "height": height, "turned": 0, "text": text, "lines": lines}


def runs(now: datetime, all_ended: bool) -> list[dict]:
    """A dozen runs, of which the last still goes on unless all have ended."""
    found = []
    for number in range(1, 13):
        program = ("letters", "digits", "reader", "text")[number % 4]
        started = now - timedelta(hours=7 * (12 - number), minutes=12)
        ended = {3: "failed", 7: "interrupted", 12: "finished" if all_ended else "running"}.get(number, "finished")
        found.append(
            {
                "id": number,
                "program": program,
                "started": started.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "seen": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "finished": None,
                "status": ended,
                "settings": {"epochs": 12, "batch_size": 256, "learning_rate": 0.003 + 0.0005 * number},
                "result": {"accuracy": 0.93 + 0.004 * number} if ended == "finished" else {},
                "data": "ink" if number % 2 else "emnist letters",
                "seed": 1,
                "error": "the loss became NaN at step 812; a smaller --lr may help" if number == 3 else None,
                "accuracy": 0.93 + 0.004 * number if program != "text" else None,
                "loss": 1.1,
                "epochs": 4.0 if ended == "running" else 12.0,
            }
        )
    return found


def curves(number: int, steps: int = 120) -> dict:
    rng = np.random.default_rng(number)
    at = np.arange(1, steps + 1) * 50
    loss = 3.2 * np.exp(-at / (500 + 60 * number)) + 0.2 + rng.normal(0, 0.03, steps)
    part = {"step": at.tolist(), "loss": loss.tolist(), "accuracy": (1 - loss / 3.6).tolist()}
    few = {name: values[9::10] for name, values in part.items()}
    return {"training": {**part, "learning_rate": [0.003] * steps}, "validation": few}


def row(step: int) -> dict:
    """One more row of the run that goes on."""
    loss = 0.2 + 1 / step
    return {"step": step, "loss": loss, "accuracy": 1 - loss / 3.6, "learning_rate": 0.003}


def statistics(name: str, kind: str) -> dict:
    """One layer over the steps: it begins wide at random and grows a second hill."""
    rng = np.random.default_rng(len(name) + len(kind))
    steps = list(range(0, 6001, 150))
    out: dict[str, list] = {key: [] for key in ("mean", "std", "low", "high", "zeros", "update_ratio", "histograms")}
    for at, _ in enumerate(steps):
        values = np.concatenate([rng.normal(0, 0.05 + 0.002 * at, 900), rng.normal(0.005 * at, 0.02, 60 + 4 * at)])
        counts, _ = np.histogram(values, 32)
        entry = (values.mean(), values.std(), values.min(), values.max(), 0.01, 0.2 / (at + 1), counts.tolist())
        for key, value in zip(out, entry):
            out[key].append(value if isinstance(value, list) else float(value))
    out["update_ratio"][0] = None
    return {"steps": steps, **out}


def kernels(name: str, step: int) -> dict:
    shape = KERNELS[name]
    values = np.random.default_rng(step).normal(0, 1, shape)
    return {"shape": list(shape), "values": values.ravel().tolist()}


def confusion() -> dict:
    rng = np.random.default_rng(1)
    size = len(CLASSES)
    matrix = rng.poisson(0.15, (size, size)) + np.diag(rng.integers(80, 240, size))
    for truth, guess, count in (("0", "o", 61), ("1", "l", 54), ("9", "g", 22), ("u", "v", 17)):
        matrix[CLASSES.index(truth), CLASSES.index(guess)] = count
    return {"classes": list(CLASSES), "matrix": matrix.tolist()}


def likely(character: str) -> list[dict]:
    shares = [0.62, 0.14, 0.09, 0.05, 0.03, 0.02, 0.01, 0.005]
    return [
        {"character": c, "probability": p} for c, p in zip([character, " ", "\n", "e", "(", "s", "_", "self"], shares)
    ]


def now() -> datetime:
    return datetime.now(UTC)
