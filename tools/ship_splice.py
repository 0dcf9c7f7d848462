"""Ship the finder of splice junctions: round a trained one to float16, see what that changes, and write its card.

    hellodl train splice --dataset uci --folds 10 --seed 1 --json > folds.json
    hellodl train splice --dataset uci --all --seed 1 --out all.safetensors
    python tools/ship_splice.py all.safetensors folds.json --data FOLDER

writes src/hellodl/models/splice.safetensors and splice.md. The model learned from all of UCI's junctions, so nothing
is left to test it on: its figures are those of the ten trainings that each left a tenth out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from hellodl.data import dna
from hellodl.data.home import folder_of
from hellodl.programs.junctions import as_pictures
from hellodl.train import checkpoint
from hellodl.train.answers import probabilities

MODELS = Path(__file__).parent.parent / "src" / "hellodl" / "models"

CARD = """# splice: where introns begin and end, for `hellodl splice`

| | |
|---|---|
| input | 60 bases of DNA, (N, 1, 60, 4): A, C, G, T are each one of four numbers, other letters their average |
| answers | EI (an intron begins after the 30th base: a donor), IE (one ends there: an acceptor), N (neither) |
| network | a committee of {members} convolutional networks, {weights:,} weights, stored as float16, {size:,} bytes |
| made with | `{command} --seed {seed}` at commit {source}, in {minutes:.0f} min; then `tools/ship_splice.py` |
| learned from | all of UCI's splice-junction set: 3,190 sequences of primates, 767 EI, 768 IE, 1,655 N |

## Figures

It learned from everything, so that nothing is left to test it on. These are of ten committees made in the same way,
each of which left a tenth of the set out, with equal sequences on one side:
`hellodl train splice --dataset uci --folds 10 --seed {fold_seed}`.

| | |
|---|---|
| right, mean and standard deviation over the ten | {accuracy:.2%} ± {spread:.2%} |
| right of the {distinct:,} different sequences, each counted once | {distinct_accuracy:.2%} |
| EI, IE, N found | {recall} |

| truth | taken for EI | for IE | for N |
|---|---|---|---|
{confusion}

Rounding to float16 changed {changed} of its 3,190 answers, and no probability by more than {moved:.4f}.

## What it cannot do

- Half of what it learned from were junctions. In a genome hardly one place in a thousand is, so most of what it finds
  there only looks like one: its probabilities are of looking the part, not of being one.
- It sees 30 bases on either side, knows GT–AG introns (and a handful of GC–AG), and was taught with genes of primates
  as they were known in 1991. Branch points further away, other organisms and U12 introns it has not learned.
- {alike} pairs of its sequences differ in 10 bases or less (genes that are copies of each other). Only equal ones were
  kept on one side, so the figures are a little kinder than wholly new genes would be.
- It is for learning about sequences. It should not decide anything about a person's genome.

## Where it comes from

UCI Molecular Biology (Splice-junction Gene Sequences), https://archive.ics.uci.edu/dataset/69, CC BY 4.0 by its page:
M. Noordewier, G. Towell, J. Shavlik, "Training knowledge-based neural networks to recognize genes in DNA sequences",
NIPS 3, 1991. The weights are under hellodl's own MIT licence.
"""


def main() -> int:
    """Round, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="what learned from everything")
    parser.add_argument("folds", type=Path, help="what the ten folds printed with --json")
    parser.add_argument("--data", type=Path, help="where the data sets are")
    options = parser.parse_args()

    junctions = dna.load_uci(folder_of("splice", options.data))
    folds = json.loads(options.folds.read_text())
    model, metadata = checkpoint.load_model(options.model)
    made = metadata["card"]
    for key in ("settings", "members", "struck_out", "turned"):
        ours, theirs = but_for_the_seed(made[key]), but_for_the_seed(folds[key])
        if ours != theirs:
            raise SystemExit(f"the figures are of other settings: {key} is {theirs}, not {ours}")
    figures = {name: folds[name] for name in ("test_accuracy", "spread", "distinct_accuracy", "recall", "confusion")}
    target = MODELS / "splice.safetensors"
    before = probabilities(model, as_pictures(junctions.codes))
    checkpoint.save_model(target, model, classes=None, card=made | {"folds_gave": figures}, bits=16)
    after = probabilities(checkpoint.load_model(target)[0], as_pictures(junctions.codes))

    rows = zip(dna.CLASSES, folds["confusion"])
    card = CARD.format(
        members=made["members"],
        weights=model.weight_count(),
        size=target.stat().st_size,
        command="hellodl train splice --dataset uci --all",
        seed=made["seed"],
        source=made.get("source") or "unknown",
        minutes=made["seconds"] / 60,
        fold_seed=folds["seed"],
        accuracy=folds["test_accuracy"],
        spread=folds["spread"],
        distinct=folds["distinct"],
        distinct_accuracy=folds["distinct_accuracy"],
        recall=", ".join(f"{share:.1%}" for share in folds["recall"].values()),
        confusion="\n".join(f"| {kind} | {' | '.join(f'{count:,}' for count in row)} |" for kind, row in rows),
        changed=int((before.argmax(axis=1) != after.argmax(axis=1)).sum()),
        moved=float(np.abs(before - after).max()),
        alike=alike(junctions, 10),
    )
    (MODELS / "splice.md").write_text(card, encoding="utf-8")
    print(f"{target}: {target.stat().st_size:,} bytes")
    return 0


def but_for_the_seed(setting: Any) -> Any:
    """A setting as it must be in both trainings; of a group of them, all but the seed."""
    return {k: v for k, v in setting.items() if k != "seed"} if isinstance(setting, dict) else setting


def alike(junctions: dna.Junctions, most: int) -> int:
    """How many pairs of different sequences differ in so many places at most."""
    codes = np.unique(junctions.codes, axis=0)
    return sum(int(((codes[i + 1 :] != codes[i]).sum(axis=1) <= most).sum()) for i in range(len(codes)))


if __name__ == "__main__":
    sys.exit(main())
