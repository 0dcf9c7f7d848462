"""A photo that was sent to the page: opened in memory, read, and forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import cv2

from hellodl.commands.eyes import eyes_of
from hellodl.commands.read import Reader
from hellodl.data.pages.layout import sample_page
from hellodl.errors import PhotoError
from hellodl.nn import LineReader
from hellodl.reading import Page, Photo
from hellodl.reading.header import picture_size
from hellodl.reading.photo import decoded_photo

T = TypeVar("T")
R = TypeVar("R")
MOST_PIXELS = 60_000_000
SECONDS = 60.0  # to read a page; a crowded one takes three on two cores
NAME = "the photo"  # has no other: what a client calls it is its own affair


def opened(data: bytes) -> tuple[Photo, tuple[int, int]]:
    """A picture from the bytes of its file, and its (width, height) upright, as a browser shows it.

    Raises PhotoError for what a browser does not show, for what is too large (seen before anything is decoded), and
    as `reading.load_photo` does.
    """
    size = picture_size(data)
    if size is not None and size[0] * size[1] > MOST_PIXELS:
        raise PhotoError(
            f"{NAME} has {size[0]}×{size[1]} pixels, and {MOST_PIXELS / 1e6:.0f} million are enough; make it smaller"
        )
    if size is None and data and data[4:8] != b"ftyp":  # `decoded_photo` knows what to say about phones' own formats
        raise PhotoError(f"{NAME} is not in a format that is read here; send JPEG, PNG, WebP, GIF or BMP")
    photo = decoded_photo(data, NAME)
    height, width = photo.picture.shape[:2]
    full = size or (width, height)
    as_it_lies = abs(full[0] * height - full[1] * width) <= abs(full[1] * height - full[0] * width)
    return photo, full if as_it_lies else full[::-1]


def read(data: bytes, network: LineReader, symbols: str, threads: int | None, rotate: str, case: str) -> dict[str, Any]:
    """What a photo says, as the page wants to have it. `rotate` is none or auto, `case` page, upper or lower."""
    photo, (width, height) = opened(data)
    eyes = eyes_of(network, symbols, threads, minded=in_time)
    reader = Reader(eyes, rotate="auto" if rotate == "auto" else "0")
    page = reader(photo.picture).enlarged(photo.reduction).in_case(None if case == "page" else case)
    return {"width": width, "height": height, "text": page.text, "lines": characters(page)}


def characters(page: Page) -> list[list[dict[str, Any]]]:
    """The characters of each line."""
    lines = []
    for line in page.lines:
        records = [asdict(character) for character in line]
        for record in records:
            record["space"] = record.pop("space_before")
            record["probability"] = round(record["probability"], 4)
            record["runner_up_probability"] = round(record["runner_up_probability"], 4)
        lines.append(records)
    return lines


def in_time(look: Callable[[T], R], seconds: float = SECONDS) -> Callable[[T], R]:
    """The same function until the time is over, from now on; then it raises PhotoError, and reading ends there."""
    end = time.monotonic() + seconds

    def look_in_time(pictures: T) -> R:
        if time.monotonic() > end:
            raise PhotoError(f"{NAME} takes over {seconds:g} s to read; send a smaller part of the page")
        return look(pictures)

    return look_in_time


def sample() -> bytes:
    """A made page for who has no photo at hand, as the bytes of a PNG."""
    return cv2.imencode(".png", sample_page()[0])[1].tobytes()
