"""All pictures that hellodl draws, in one folder: to look at them after a change, and to choose from for the course.

    python tools/gallery.py gallery

trains a small network on ink (a minute), so that there is a run to draw, and then calls `hellodl plot` and `hellodl
inspect` for everything they know. `gallery/index.html` shows all with their descriptions.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import sys
from pathlib import Path

import numpy as np

from hellodl import data
from hellodl.commands import cli, plot
from hellodl.commands.show import confusion_matrix
from hellodl.console import start_logging
from hellodl.models import MODELS
from hellodl.models.networks import hello_dl
from hellodl.runs.log import RunLog
from hellodl.train import Settings, Trainer, classification, evaluate
from hellodl.train.answers import predict
from hellodl.train.inside import Every

EVERY = 4  # steps between two looks at the weights
RATES = (4e-3, 4e-4)  # a good learning rate, and one that is too low to show beside it


def train(log: RunLog, rate: float) -> None:
    """A run on ink letters, with more looks at the weights than a training usually takes."""
    learned, kept = (data.load("ink", split, count=count) for split, count in (("train", 6000), ("validation", 1000)))
    network = hello_dl(len(learned.classes), np.random.default_rng(0))
    settings = Settings(epochs=5, batch_size=100, learning_rate=rate)
    with log.run("letters", {"learning_rate": rate}, seed=0, data=learned) as run:
        work = classification(learned, settings)
        trainer = Trainer(network, len(learned), work, settings, run, judge=lambda model: evaluate(model, kept))
        trainer.inside.pace = Every(EVERY)
        trainer.fit()
        guesses = predict(network, kept.images).argmax(axis=1)
        run.confusion(trainer.steps, confusion_matrix(kept.labels, guesses, len(kept.classes)), kept.classes)


def called(*words: str) -> list[dict[str, str]]:
    """What a program drew: files and descriptions, as it prints them."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = cli.main([*words, "--json"])
    if status:
        raise SystemExit(f"hellodl {' '.join(words)} failed")
    found = json.loads(out.getvalue())
    return found.get("pictures", [found])


def main() -> None:
    """Draw everything into the folder that is named."""
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    start_logging()
    log = RunLog(folder / "runs.sqlite3")
    if not log.runs():
        for rate in RATES:
            train(log, rate)
    pictures = []
    for name in (*plot.OF_RUNS, *plot.OF_ALL_ELSE):
        of_run = name in plot.OF_RUNS
        if name == "activations" and not log.layers(1, kind="activation"):
            continue
        ending = "gif" if name in plot.MOVING else "png"
        beside = ["--beside", "2"] if name == "curves" else []
        words = ["1", "--log", str(log.path), *beside] if of_run else []
        pictures += called("plot", name, *words, "--out", str(folder / f"{name}.{ending}"))
    pictures += called("plot", "expression", "--out", str(folder / "expression.svg"))
    for model in sorted(MODELS.glob("*.safetensors")):
        pictures += called("inspect", model.stem, "--out", str(folder))
    figures = [
        f'<figure><img src="{html.escape(Path(one["picture"]).name)}" alt="{html.escape(one["description"])}">'
        f"<figcaption>{html.escape(Path(one['picture']).name)}: {html.escape(one['description'])}</figcaption></figure>"
        for one in pictures
    ]
    style = "body{font:15px sans-serif;max-width:70em;margin:2em auto}img{max-width:100%}figure{margin:2em 0}"
    page = f"<!doctype html><meta charset=utf-8><title>hellodl's pictures</title><style>{style}</style>"
    (folder / "index.html").write_text("\n".join([page, *figures]), "utf-8")
    print(folder / "index.html")


if __name__ == "__main__":
    main()
