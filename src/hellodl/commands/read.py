"""`hellodl read PHOTO ...`: the text of photographed handwriting, and where wanted a picture of what was read where."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hellodl.commands.arguments import share
from hellodl.console import log, say
from hellodl.errors import HelloError, PhotoError
from hellodl.reading.debug import DebugFolder, Watcher, nobody
from hellodl.storage.atomic import make_folder, write_whole
from hellodl.storage.safetensors import one_line

if TYPE_CHECKING:
    import numpy as np

    from hellodl.commands.eyes import Eyes
    from hellodl.reading import Language, Page

TURNS = ("auto", "0", "90", "180", "270")
TOO_SMALL = 4.0  # pixels of a small x: of mild pages shrunk so far, two characters in five are wrong


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The photos, and whether there are to be pictures with the answers."""
    option = parser.add_argument
    option("photos", nargs="+", type=Path, metavar="PHOTO", help="photos of handwriting")
    shown = parser.add_mutually_exclusive_group()
    picture = "leave PHOTO-read.png beside the photo, which shows what was read where"
    shown.add_argument("--picture", action="store_true", help=picture)
    shown.add_argument("--out", type=Path, metavar="DIR", help="leave such pictures in this folder")
    option("--case", choices=("upper", "lower"), help="all letters in one case (as the page shows them)")
    doubt = "write ? for characters that are less probable than this, 0 to 1 (0)"
    option("--min-confidence", type=share, default=0.0, metavar="P", help=doubt)
    option("--debug-dir", type=Path, metavar="DIR", help="put a picture of each stage of reading there")
    add_reader_arguments(parser)


def add_reader_arguments(parser: argparse.ArgumentParser) -> None:
    """Who reads, and how: the options of all programs that read photos."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--model", type=Path, metavar="FILE", help="another reader than the one that ships")
    mine = (
        "the reader that learned your hand from `hellodl teach` (in $HELLODL_MINE, else among your own data; "
        "that of another folder: --model DIR/reader.safetensors)"
    )
    which.add_argument("--mine", action="store_true", help=mine)
    language = (
        "decide doubtful letters by a language (english), or none; a text in it (a file; of one word a line: a list "
        "of words to expect), a corpus of `hellodl train text`, or a model that it made of characters (.safetensors)"
    )
    parser.add_argument("--language", metavar="TEXT", default="english", help=language)
    turns = "turn photos by so many degrees to the right first; auto: try all four (0)"
    parser.add_argument("--rotate", choices=TURNS, default="0", help=turns)


def main(options: argparse.Namespace) -> int:
    """Read each photo; a bad one gets its line and does not keep the others from being read."""
    reader = reader_of(options)
    records, failed, shown = [], False, 0
    for path, name in zip(options.photos, picture_names(options.photos)):
        watch = DebugFolder(options.debug_dir, name.removesuffix("-read.png")) if options.debug_dir else nobody
        try:
            page, annotated = read_and_annotate(path, reader, watch)
        except PhotoError as error:
            say(str(error))
            failed = True
            continue
        if 0 < page.x_height < TOO_SMALL:
            log.warning(
                f"{path}: small letters are {page.x_height:.0f} pixels high, which is too small to read for sure; "
                "take the photo from nearer by, or with more pixels"
            )
        page = page.in_case(options.case).doubting(options.min_confidence)
        if options.json:
            records.append({"photo": str(path), **page.to_json()})
        else:
            show(page, path if len(options.photos) > 1 else None, first=not shown)
            shown += 1
        if options.picture or options.out:
            failed |= not left(path.parent if options.picture else options.out, name, annotated)
    if options.json:
        print(json.dumps({"photos": records}, ensure_ascii=False))
    return int(failed)


def left(folder: Path, name: str, picture: np.ndarray) -> bool:
    """Leave a picture in a folder and say so; where that cannot be done, say that, for its text is there anyway."""
    try:
        make_folder(folder)
        save_picture(folder / name, picture)
    except HelloError as error:
        log.warning(str(error))
        return False
    log.info(f"{folder / name} shows what was read where")
    return True


def show(page: Page, path: Path | None, first: bool) -> None:
    """The text on standard output, under its file's name where there are several."""
    if path is not None:
        print(("" if first else "\n") + f"{path}:")
    if page.text:
        print(page.text, flush=True)


def read_photo(
    path: str | Path, model: str | Path | None = None, language: str | Path | None = "english", rotate: str | int = 0
) -> Page:
    """Read one photo with the reader that ships, or with the model file given; `.text` is what it says.

    `language` is what `--language` takes, or None for none; `rotate` turns the photo first, by 90, 180 or 270 degrees
    to the right, or as it reads best ("auto").
    """
    from hellodl.commands.eyes import eyes

    who = eyes(None if model is None else Path(model))
    reader = Reader(who, None if language is None else load_language(language), str(rotate))
    return read_and_annotate(Path(path), reader)[0]


def read_and_annotate(path: Path, reader: Reader, watch: Watcher = nobody) -> tuple[Page, np.ndarray]:
    """The page, its boxes in pixels of the photo, and the picture with the answers (large ones reduced)."""
    from hellodl.reading import annotate, load_photo

    photo = load_photo(path)
    with one_picture(path):
        page = reader(photo.picture, watch)
    return page.enlarged(photo.reduction), annotate(photo.picture, page)


@contextmanager
def one_picture(path: Path) -> Iterator[None]:
    """Whatever goes wrong inside is wrong with this picture alone: a PhotoError, so that others are still read."""
    try:
        yield
    except HelloError:
        raise
    except Exception as error:
        log.debug("", exc_info=error)
        raise PhotoError(f"{path}: cannot be read ({type(error).__name__}: {one_line(error)}); leave it out") from error


@dataclass(frozen=True)
class Reader:
    """Somebody who reads pictures: eyes, perhaps a language, and which way up."""

    eyes: Eyes
    language: Language | None = None
    rotate: str = "0"

    def __call__(self, picture: np.ndarray, watch: Watcher = nobody) -> Page:
        """What a picture (H, W, 3) uint8 says, with its boxes in its pixels."""
        from hellodl.reading.turn import best_turn, turned, turned_back

        degrees = best_turn(picture, self.eyes) if self.rotate == "auto" else int(self.rotate)
        page = self.eyes(turned(picture, degrees), language=self.language, watch=watch)
        return turned_back(page, degrees)


def reader_of(options: argparse.Namespace) -> Reader:
    """The reader that the options ask for."""
    from hellodl.commands.eyes import eyes

    who = eyes(own_reader() if options.mine else options.model, options.threads)
    return Reader(who, load_language(options.language), options.rotate)


def load_language(source: str | Path) -> Language | None:
    """Somebody who knows the language of a text, or of what a model of text learned from; None for "none"."""
    from hellodl.commands.language import load

    return load(source)


def own_reader() -> Path:
    """The reader that `hellodl teach` made. Raises HelloError without one; says so where it began with an older one."""
    from hellodl.commands.eyes import LINES
    from hellodl.data.collection import collection, digest
    from hellodl.storage.safetensors import load

    mine = collection()
    if not mine.reader.exists():
        raise HelloError(
            f"{mine.folder}: has no reader of yours yet; teach it your hand by: hellodl teach PHOTO --text TRUTH"
        )
    card = load(mine.reader)[1].get("card")
    if not isinstance(card, dict) or card.get("base") != digest(LINES):
        log.info(
            "hellodl has a newer reader than the one that learned your hand; "
            "`hellodl teach` alone teaches it what is in your collection"
        )
    return mine.reader


def picture_names(photos: list[Path]) -> list[str]:
    """PHOTO-read.png for each; where two would be the same, with the suffix kept, or numbered."""
    names: list[str] = []
    stems = [path.stem for path in photos]
    for path in photos:
        name = path.stem if stems.count(path.stem) == 1 else path.name
        number, wanted = 1, f"{name}-read.png"
        while wanted in names:
            number += 1
            wanted = f"{name}-{number}-read.png"
        names.append(wanted)
    return names


def save_picture(path: Path, picture: np.ndarray) -> None:
    """Write a PNG whole or not at all."""
    import cv2

    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise HelloError(f"{path}: OpenCV cannot make this picture")
    write_whole(path, data.tobytes())
