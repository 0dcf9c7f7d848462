"""From a photo of handwriting to text.

    photo -> darkness -> lines -> strips -> spoken -> page

Each word is a file of this folder, and each arrow a function from one plain record to the next; none leads back. A
photo is opened (`photo`), compared with its paper (`darkness`), its lines are marked by a network and followed
(`lines`), cut out and bent straight (`strips`), and said letter by letter by another network in several looks (`looks`,
`decoding`, `spoken`). A page that lies askew is turned first (`level`). A picture that a single character fills is its
own line (`alone`).

Nothing here knows what a network is: reading is given two functions, one that marks pictures and one that says what is
in strips, and anything that does will do. `apart` is the older way, letter by letter, for letters that stand apart.
"""

from __future__ import annotations

import numpy as np

from hellodl.reading.alone import alone
from hellodl.reading.darkness import darkness
from hellodl.reading.debug import Watcher, nobody
from hellodl.reading.draw import annotate
from hellodl.reading.language import Language, Spelling
from hellodl.reading.level import askew_again, levelled, slope_of
from hellodl.reading.lines import Mark, look
from hellodl.reading.looks import Read, listened
from hellodl.reading.page import Character, Page
from hellodl.reading.photo import Photo, load_photo
from hellodl.reading.room import cut_out_again, is_cut_out, with_room
from hellodl.reading.spoken import characters_of, is_text
from hellodl.reading.strips import cut_strips, stacked

__all__ = ["Character", "Language", "Page", "Photo", "annotate", "load_photo", "read_closely", "read_page"]


def read_page(
    picture: np.ndarray,
    mark: Mark,
    read: Read,
    alphabet: str,
    language: Language | None = None,
    watch: Watcher = nobody,
) -> Page:
    """Read a picture (H, W, 3) uint8, blue-green-red, upright; boxes are in its pixels.

    `mark` says where lines and ink are in a page's darkness (see `lines.Mark`), `read` what strips of it say in
    symbols (see `spoken.Read`), the blank and then those of the `alphabet`. A `language` is asked what letters may come
    next; `watch` is shown every stage. A page with nothing on it gives an empty Page.
    """
    return read_closely(picture, mark, read, alphabet, language, watch)[0]


def read_closely(
    picture: np.ndarray,
    mark: Mark,
    read: Read,
    alphabet: str,
    language: Language | None = None,
    watch: Watcher = nobody,
) -> tuple[Page, list[np.ndarray]]:
    """`read_page`, and the strips (HEIGHT, W) uint8 in which the page's lines were read."""
    height, width = picture.shape[:2]
    if strip := alone(picture):
        line = characters_of(strip, listened([strip.picture], read)[0], alphabet)
        if is_text(line):
            watch("strips", lambda: stacked([strip]))
            return Page([line], (width, height), strip.line.x_height), [strip.picture]
    if is_cut_out(picture):
        roomy, back = with_room(picture)
        page, pictures = read_closely(roomy, mark, read, alphabet, language, watch)
        return cut_out_again(page, back, (width, height)), pictures
    watch("picture", lambda: picture)
    dark = darkness(picture)
    watch("darkness", lambda: dark)
    found = look(dark, mark)
    if slope := slope_of(found.marks.ink > 0.5, found.x_height * found.marks.scale):
        dark, back = levelled(dark, slope)
        found = look(dark, mark)
    watch("lines", lambda: found.marks.line)
    watch("ink", lambda: found.marks.ink)
    strips = cut_strips(dark, found)
    watch("strips", lambda: stacked(strips))
    spelling = Spelling(language, alphabet) if language else None
    heard = listened([strip.picture for strip in strips], read, spelling)
    lines = [characters_of(strip, what, alphabet) for strip, what in zip(strips, heard, strict=True)]
    kept = [number for number, line in enumerate(lines) if is_text(line)]
    page = Page([lines[number] for number in kept], (width, height), found.x_height)
    return askew_again(page, back) if slope else page, [strips[number].picture for number in kept]
