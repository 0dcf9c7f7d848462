"""Make a model that ships: round a trained one to 16 bits or fewer, measure it before and after, and write its card.

    python tools/ship_model.py runs/letters-7.safetensors letters --bits 8 --data FOLDER

writes src/hellodl/models/letters.safetensors and letters.md. The command and the seed on the card are those that the
trained model's own card names; the figures are measured here, on UNIPEN's test writers, whom no training saw.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import data
from hellodl.commands import show
from hellodl.commands.evaluate import judge
from hellodl.console import start_logging
from hellodl.storage.quantize import TABLES
from hellodl.train import Settings, checkpoint

MODELS = Path(__file__).parent.parent / "src" / "hellodl" / "models"

CARD = """# {name}: {what}

| | |
|---|---|
| input | 28×28 pictures, white ink on black, upright, the longer side of the ink {longest} px, its box in the middle |
| classes | {classes} |
| network | `{architecture}`, {weights:,} weights, stored in {bits}, {size:,} bytes |
| made with | `{command} --seed {seed}` at commit {source}, in {minutes:.0f} minutes; then `tools/ship_model.py` |
| learned from | {sources} |

## Figures, after rounding, on {count:,} {kind} by 44 writers of UNIPEN whom it never saw

| | |
|---|---|
| right, by the mean opinion of five views of each | {accuracy:.2%} (before rounding {before:.2%}) |
| right, each as it stands | {one_view:.2%} |
| right within two guesses | {top2:.2%} |
| expected calibration error | {calibration:.2%} |

Most mixed up: {pairs}.

## What it cannot do

{cannot}

## Where it comes from

UNIPEN train_r01_v07: I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet, "UNIPEN project of on-line data
exchange and recognizer benchmarks", ICPR 1994; published as doi:10.5281/zenodo.1195803 under CC BY 4.0 (the CD-ROM of
the 1990s that it goes back to said "research only").
The weights are under hellodl's own MIT licence.
"""

CANNOT = """- It was taught with letters of some 250 people who wrote Latin letters by themselves, and with made ones.
  Joined writing, accents, other scripts and punctuation it has never seen: it will take them for one of its classes,
  and sometimes be sure of it.
- {case}
- It should not decide anything about a person: neither who wrote something, nor what a form says that matters and that
  nobody checks."""

# What cannot be read off the trained model.
ABOUT = {
    "letters": {
        "what": "the 26 letters, both cases together",
        "kind": "letters",
        "sources": "UNIPEN's training writers",
        "case": "Capital and small letters are one class. It knows no digits, and takes a zero for an O.",
    }
}


def different(usual: Settings, used: Mapping[str, Any]) -> str:
    """The options of a training for what it did not do as usual."""
    options = {"optimizer": "optimizer", "learning_rate": "lr", "schedule": "schedule"}
    own = [f" --{option} {used[name]}" for name, option in options.items() if used[name] != getattr(usual, name)]
    return "".join(own) + f" --epochs {used['epochs']}"


def main() -> int:
    """Round, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("name", choices=tuple(ABOUT))
    parser.add_argument("--data", type=Path, help="where UNIPEN is")
    parser.add_argument("--bits", type=int, choices=(16, 8, 4), default=16, help="of a weight (16)")
    parser.add_argument("--how", choices=TABLES, default="uniform", help="which values 8 or 4 bits stand for")
    options = parser.parse_args()
    start_logging()

    model, metadata = checkpoint.load_model(options.model)
    made = metadata["card"]
    target = MODELS / f"{options.name}.safetensors"
    test = data.load("unipen", "test", options.data)
    before = judge(model, test, metadata["classes"], None, options.model)["accuracy"]
    checkpoint.save_model(target, model, classes=metadata["classes"], card=made, bits=options.bits, how=options.how)
    model = checkpoint.load_model(target)[0]
    figures = judge(model, test, metadata["classes"], None, target)
    about = ABOUT[options.name]
    arguments = f"--dataset {made['dataset'].split()[0]}"
    if made.get("all"):
        arguments += f" --all --temperature {made['temperature']:.3g}"
    arguments += different(import_module(f"hellodl.programs.{options.name}").SETTINGS, made["settings"])
    pairs = show.pairs_as_text(np.array(figures["confusion"]), figures["told_apart"])
    card = CARD.format(
        name=options.name,
        what=about["what"],
        longest=20,
        classes=metadata["classes"],
        architecture=made["architecture"],
        weights=model.weight_count(),
        bits=f"{options.bits} bits" + (f" ({options.how})" if options.bits < 16 else ""),
        size=target.stat().st_size,
        command=f"hellodl train {options.name} {arguments}".strip(),
        seed=made["seed"],
        source=made.get("source") or "unknown",
        minutes=made["seconds"] / 60,
        sources=about["sources"],
        count=len(test),
        kind=about["kind"],
        cannot=CANNOT.format(case=about["case"]),
        accuracy=figures["accuracy"],
        before=before,
        one_view=figures["accuracy_one_view"],
        top2=figures["top2"],
        calibration=figures["calibration_error"],
        pairs=pairs.removeprefix("most mixed up: "),
    )
    (MODELS / f"{options.name}.md").write_text(card, encoding="utf-8")
    print(f"{target}: {figures['accuracy']:.2%} right ({before:.2%} before), {target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
