"""Make the two models behind `hellodl read`: round trained ones to fewer bits, measure, and write their cards.

    python tools/ship_reader.py runs/finder-1.safetensors runs/lines-1.safetensors --data FOLDER

writes finder and lines, .safetensors and .md, into src/hellodl/models. Commands, seeds and sources on the cards are
those that the trained models name; the figures are measured here, on made pages and on UNIPEN's test writers.

With `--mean-with`, the finder that ships is half-way between two, the second of which began where the first had ended:
that is often better than either (Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models
improves accuracy without increasing inference time", 2022). The first may be such a mean itself.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from hellodl.commands.eyes import FINDER, LINES, lines_of
from hellodl.commands.words import figures_of, read_words
from hellodl.console import start_logging
from hellodl.data import writing
from hellodl.data.home import folder_of
from hellodl.programs.finder import judged
from hellodl.programs.finder import made as made_pages
from hellodl.train import checkpoint

PAGES, KEPT_BACK = 160, 77  # pages that the finder is judged by, and their seed, which no training had

SOURCE = """## Where it comes from

UNIPEN train_r01_v07: I. Guyon, L. Schomaker, R. Plamondon, M. Liberman, S. Janet, "UNIPEN project of on-line data
exchange and recognizer benchmarks", ICPR 1994; published as doi:10.5281/zenodo.1195803 under CC BY 4.0 (the CD-ROM of
the 1990s that it goes back to said "research only"). The weights are under hellodl's own MIT licence.
"""

FINDER_CARD = """# finder: where lines of writing are in a photo

| | |
|---|---|
| input | how much darker than its paper each pixel is, (H, W) from 0 to 1; a small x is best 8 to 40 pixels high |
| output | at half the size: is it in the band of a line (from what letters stand on to a small x's height); is it ink |
| network | `UNet`, {weights:,} weights in {bits} bits, {size:,} bytes |
| made with | {made} |
| learned from | made pages: words and characters by UNIPEN's training writers, and ink, on made paper and desks |

Marked and true bands overlap by {overlap:.1%} (intersection over union) on {pages} pages that were kept back.

## What it cannot do

- Tell handwriting from print that looks like it. Tables, music and drawings may be marked here and there; what is found
  there is read with little confidence, and left out.
- Lines that run in different directions on one page, or steeper than some fifteen degrees.

"""

LINES_CARD = """# lines: what a line of handwriting says

| | |
|---|---|
| input | strips 32 pixels high, white ink on black, one line each, as `reading.strips` cuts them |
| symbols | a blank, then {symbols} |
| network | `LineReader`, {weights:,} weights in {bits} bits, {size:,} bytes |
| made with | {made} |
| learned from | words and lines by training writers of UNIPEN, strings of characters, lines of made pages |

## Figures, after rounding, on {pieces:,} words and lines by writers of UNIPEN whom it never saw

| | |
|---|---|
| characters wrong; with case ignored | {error:.1%} (before rounding {before:.1%}); {error_case_ignored:.1%} |
| words and lines right | {right:.1%} |
| characters wrong where the text is none that training had ({new_pieces:,} pieces) | {error_of_new:.1%} |
| expected calibration error of its characters | {calibration_error:.1%} |
| wrong of what is read; without the least sure 5% | {wrong_of_read:.1%}; {wrong_of_sure:.1%} |

No dictionary is used.

## What it cannot do

- Other scripts than the Latin one, accents, formulas. It takes what it does not know for something that it does, mostly
  with little confidence.
- Case is often a guess where both cases look alike (c, o, s, u, v, w, x, z).
- It knows English spelling from its training, and leans to it a little.
- It should not decide anything about a person: neither who wrote something, nor what a form says that matters and that
  nobody checks.

"""


def main() -> int:
    """Round, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("finder", type=Path)
    parser.add_argument("lines", type=Path, nargs="?", help="left out, the reader of lines that ships stays")
    parser.add_argument("--mean-with", type=Path, metavar="FINDER", help="the finder that `finder` began with")
    parser.add_argument("--data", type=Path, help="where UNIPEN is")
    parser.add_argument("--bits", type=int, choices=(16, 8), default=8, help="of a weight of lines (8); finder has 16")
    options = parser.parse_args()
    start_logging()

    ship_finder(options)
    if options.lines:
        ship_lines(options)
    return 0


def ship_lines(options: argparse.Namespace) -> None:
    """The reader of lines."""
    reader, symbols = lines_of(options.lines)
    card = checkpoint.load_model(options.lines)[1]["card"]
    test, _ = writing.load_words(folder_of("unipen", options.data), "test", 14)
    learned, _ = writing.load_words(folder_of("unipen", options.data), "train", 14)
    before = figures_of([*test.texts], read_words(reader, test))["error"]
    checkpoint.save_model(LINES, reader, classes=symbols, card=card, bits=options.bits)
    reader, symbols = lines_of(LINES)
    figures = figures_of([*test.texts], read_words(reader, test), set(learned.texts))
    told = {"weights": reader.weight_count(), "bits": options.bits, "size": LINES.stat().st_size}
    text = LINES_CARD.format(**told, **figures, before=before, made=made_with(card), symbols=f"`{symbols}`")
    LINES.with_suffix(".md").write_text(text + SOURCE, encoding="utf-8")
    print(f"{figures['error']:.2%} of the characters wrong ({before:.2%} before rounding)")


def ship_finder(options: argparse.Namespace) -> None:
    """The finder, or the mean of two."""
    network, metadata = checkpoint.load_model(options.finder)
    card = metadata["card"]
    if options.mean_with:
        first, before = checkpoint.load_model(options.mean_with)
        ours, theirs = network.state_dict(), first.state_dict()
        network.load_state_dict({name: (ours[name] + theirs[name]) / 2 for name in ours})
        card = {**card, "mean_with": before["card"]}
    checkpoint.save_model(FINDER, network, classes=metadata["classes"], card=card, bits=16)
    network, _ = checkpoint.load_model(FINDER)
    kept_back = made_pages(PAGES, KEPT_BACK, folder_of("unipen", options.data), None)
    told = {"weights": network.weight_count(), "bits": 16, "size": FINDER.stat().st_size, "made": story(card)}
    text = FINDER_CARD.format(**told, pages=PAGES, overlap=judged(network, kept_back)["accuracy"])
    FINDER.with_suffix(".md").write_text(text + SOURCE, encoding="utf-8")


def story(card: dict[str, Any]) -> str:
    """How a model came about that is a training's, or the mean of its beginning and its end, and so on back."""
    if "mean_with" not in card:
        return made_with(card)
    return f"{story(card['mean_with'])}; then half-way from there to where {made_with(card)} ended"


def made_with(card: dict[str, Any]) -> str:
    """The command that made a model, where, and how long it took."""
    settings, program = card["settings"], card["program"]
    options = {"pages": card.get("pages"), "epochs": settings["epochs"], "lr": settings["learning_rate"]}
    words = "".join(f" --{name} {value}" for name, value in options.items() if value is not None)
    begun = " `--weights` of the model before it," if card.get("began_with") else ""
    source = card.get("source") or "unknown"
    command = f"`hellodl train {program}{words} --seed {card['seed']}`"
    return f"{command}{begun} at commit {source}, {card['seconds'] / 60:.0f} minutes"


if __name__ == "__main__":
    sys.exit(main())
