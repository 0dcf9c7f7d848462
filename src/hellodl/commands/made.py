"""`hellodl pages`: photographs of handwritten pages, made up, with the truth of every letter beside them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from hellodl.commands.arguments import at_least
from hellodl.storage.atomic import make_folder, write_whole

if TYPE_CHECKING:
    from hellodl.data.pages.photograph import Photographed

CONDITIONS = ("mild", "hard", "any")
DEFAULT_COUNT = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How bad the photos may be, how many, where they go, and in whose hands."""
    parser.description = (
        "Make photos of handwritten pages, to try a reader on: DIR/page-0001.png, what it says in "
        "page-0001.txt, and the box of every character's ink in page-0001.json."
    )
    option = parser.add_argument
    kinds = "a decent phone photo; hard: a bad one that a person still reads; any: a broad mix, to train on"
    option("--conditions", choices=CONDITIONS, default="mild", help=f"mild: {kinds} (mild)")
    option("--count", type=at_least(1), default=DEFAULT_COUNT, metavar="N", help=f"pages ({DEFAULT_COUNT})")
    option("--out", type=Path, required=True, metavar="DIR", help="the folder for them")
    hands = "styles of handwriting that training never sees, or those that it does (test)"
    whose = "ink: letter by letter; pen: the pen of `hellodl pen`, joined and unjoined, in a hand drawn by chance (ink)"
    option("--hands", choices=("ink", "pen"), default="ink", help=whose)
    option("--split", choices=("test", "train"), default="test", help=hands)


def main(options: argparse.Namespace) -> int:
    """Make the pages, one seed after the other, and say where they are."""
    from hellodl.commands.pen import penned_page
    from hellodl.console import progress_bar, some, tell
    from hellodl.data.pages.photograph import PRESETS, made_page, photograph

    make_folder(options.out)
    characters = 0
    with progress_bar("writing pages", options.count) as bar:
        for number in range(options.count):
            seed = options.seed + number
            if options.hands == "pen":
                page = photograph(penned_page(PRESETS[options.conditions], seed), PRESETS[options.conditions], seed)
            else:
                page = made_page(PRESETS[options.conditions], seed, options.split)
            save(page, options.out / f"page-{number + 1:04d}", options.conditions, seed, options.split)
            characters += len(page.boxes)
            bar.advance()
    if options.json:
        print(json.dumps({"folder": str(options.out), "pages": options.count, "characters": characters}))
    else:
        tell(f"{some(options.count, 'page')} with {some(characters, 'character')} in {options.out}")
    return 0


def save(page: Photographed, stem: Path, conditions: str, seed: int, split: str) -> None:
    """Write a page's picture, text and boxes to STEM.png, STEM.txt and STEM.json."""
    from hellodl.commands.read import save_picture

    boxes = [vars(box) for box in page.boxes]
    truth = {"conditions": conditions, "seed": seed, "split": split, "text": page.text, "boxes": boxes}
    save_picture(stem.with_suffix(".png"), page.picture)
    write_whole(stem.with_suffix(".txt"), f"{page.text}\n".encode())
    write_whole(stem.with_suffix(".json"), f"{json.dumps(truth)}\n".encode())
