"""A newcomer's folder, with something of everything that hellodl makes, and the commands that are typed there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from screens import piped

from hellodl.runs.log import RunLog


@dataclass(frozen=True)
class Typed:
    """A command, as words, what is seen of it, and how it ends where all is well.

    `slow` ones are typed in the long form of the tests only; `writes` is whether they need a folder to write to, and
    `raw` whether they print something for programs, whose lines are as long as they are. `once` ones take longest,
    and are gone through to the end in the narrowest terminal alone.
    """

    words: str
    says: str = ""
    status: int = 0
    slow: bool = False
    writes: bool = False
    raw: bool = False
    once: bool = False


SMALL = "--batch-size 32 --epochs 1 --threads 1"
COMMANDS = [
    Typed("", says="programs:", status=2),
    Typed("help", says="programs:"),
    Typed("help read", says="--min-confidence"),
    Typed("help train digits", says="--architecture"),
    Typed("-V", says="hellodl "),
    Typed("train", says="three-or-seven", status=2),
    Typed("sampel", says="there is no program 'sampel'", status=2),
    Typed("data", says="hellodl data get emnist"),
    Typed("runs", says="digits"),
    Typed("runs show 1", says="learning_rate"),
    Typed("runs compare 1 2", says="training loss"),
    Typed("runs show 99", says="has no run 99", status=1),
    Typed("completion bash", says="complete -o", raw=True),
    Typed("reproduce --list", says="mnist"),
    Typed("read page-0001.png --threads 1", says="world short yes", slow=True),
    Typed("read no.png", says="no such file", status=1),
    Typed("read page-0001.png --picture --threads 1", says="page-0001-read.png shows", slow=True, writes=True),
    Typed("read page-0001.png --json --threads 1", says='"photos"', slow=True, raw=True),
    Typed("score . --threads 1", says="case and spaces counted", slow=True),
    Typed("teach --show", says="is empty"),
    Typed("teach page-0001.png --text page-0001.txt --dry-run", says="line 1: ", slow=True),
    Typed(
        "teach page-0001.png --text page-0001.txt",
        says="the reader that ships reads",
        slow=True,
        writes=True,
        once=True,
    ),
    Typed("learn my-engine", says="hellodl learn check 1", writes=True),
    Typed("learn check 1 --folder engine", says="is not written yet", status=1, writes=True),
    Typed("learn report .", says="of 14"),
    Typed("splice gene.fasta --threads 1", says="1 sequence", slow=True, raw=True),
    Typed("write --length 60 --seed 1", slow=True, raw=True),
    Typed("evaluate letters.safetensors --dataset ink", says="right: ", slow=True),
    Typed("quantize letters.safetensors --dataset ink", says="8 bits", slow=True),
    Typed("pages --count 1 --out made", says="1 page with", slow=True, writes=True),
    Typed("plot curves --out curves.png", says="curves.png", slow=True, writes=True),
    Typed("inspect letters.safetensors --out inside --dataset ink", says="inside", slow=True, writes=True),
    Typed("train three-or-seven --dataset ink --epochs 1", says="by hand", slow=True),
    Typed(
        f"train digits --dataset ink --count 200 --architecture perceptron {SMALL}",
        says="test images of ink",
        writes=True,
        slow=True,
    ),
    Typed(f"train digits --dataset ink --count 64 {SMALL}", says="the perceptron reads", slow=True, writes=True),
    Typed(
        f"train letters --dataset ink --count 64 --architecture perceptron {SMALL}",
        says="test images of ink",
        slow=True,
        writes=True,
    ),
    Typed(
        "train finder --pages 16 --epochs 1 --threads 1",
        says="overlap the true ones",
        slow=True,
        writes=True,
        once=True,
    ),
    Typed("train lines --dataset ink --count 64 --pages 0 --epochs 1 --threads 1", slow=True, writes=True),
    Typed("train text --corpus rhyme.txt --steps 16 --width 16 --context 16 --batch-size 4", slow=True, writes=True),
    Typed("train splice --dataset simulated --count 200 --epochs 2 --members 1", slow=True, writes=True),
]


def settled(folder: Path) -> Path:
    """Put a text, a gene, an engine that was begun, and two runs with unhelpfully long numbers into a folder."""
    rhyme = "Humpty Dumpty sat on a wall, Humpty Dumpty had a great fall.\n"
    (folder / "rhyme.txt").write_text(rhyme * 40)
    (folder / "gene.fasta").write_text(">a gene\n" + "ACGTTGCAAGGTAAGTCCAGTTTTCTTTCAGGCAT" * 12 + "\n")
    rng = np.random.default_rng(0)
    for seed in (0, 1):
        settings = {"epochs": 2, "steps": None, "learning_rate": 0.003, "optimizer": "adamw", "clip": None}
        with RunLog(folder / "runs" / "hellodl.sqlite3").run("digits", settings, seed=seed, data="ink digits") as run:
            for step in range(100):
                run.train_row(step, epoch=step / 50, loss=3 / (step + 1 + seed), accuracy=step / 100)
            run.validation_row(99, loss=0.123456789, accuracy=0.87654321)
            weights = rng.standard_normal((8, 1, 3, 3)).astype(np.float32) * 1e-6
            run.weights(99, [("convolution.weight", weights, weights / 3)], {"convolution.weight": weights * 0.99})
            run.confusion(99, rng.integers(1, 900, (10, 10)), "0123456789")
            for number in range(12):
                run.sample(99, number, "7", "1", 0.7)
            run.result({"test_accuracy": 0.87654321, "settings": settings})
    done(folder, "learn engine")
    return folder


def with_pages(folder: Path) -> Path:
    """Add a page whose text is known, and a model."""
    done(folder, "pages --count 1 --out .")
    done(folder, f"train letters --dataset ink --count 128 --architecture perceptron {SMALL} --out letters.safetensors")
    return folder


def done(folder: Path, words: str) -> str:
    """What a command prints that ends well."""
    said = piped(words.split(), folder)
    assert said.returncode == 0, said.stderr.decode()
    return said.stdout.decode()
