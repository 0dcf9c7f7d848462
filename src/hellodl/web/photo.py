"""A photo that was sent to the page: opened in memory, read, and forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import cv2

from hellodl.commands.eyes import eyes_of
from hellodl.commands.language import english
from hellodl.data.pages.layout import write_page
from hellodl.errors import PhotoError
from hellodl.reading import Page
from hellodl.reading.photo import decoded_photo
from hellodl.reading.turn import best_turn, turned
from hellodl.web.readers import lines_in

T = TypeVar("T")
R = TypeVar("R")
SECONDS = 60.0  # to read a page; a crowded one takes three on two cores
SAMPLE = """Hello from hellodl
this page was written by a hand
that nobody has with a pen made
of numbers and a network that
never saw it is about to read it
correct it where it is wrong"""
NAME = "the photo"  # has no other: what a client calls it is its own affair


def read(data: bytes, path: Path, threads: int | None, rotate: str, case: str) -> dict[str, Any]:
    """What a photo says, as the page wants to have it, to the reader in a file.

    `rotate` is none or auto, `case` page, upper or lower. Boxes are in the photo when it is `turned` to the right by so
    many degrees, which has the given width and height.
    """
    network, symbols = lines_in(path)
    photo = decoded_photo(data, NAME)
    width, height = photo.size
    eyes = eyes_of(network, symbols, threads, minded=in_time)
    degrees = best_turn(photo.picture, eyes) if rotate == "auto" else 0
    page = eyes(turned(photo.picture, degrees), language=english()).enlarged(photo.reduction)
    page = page.in_case(None if case == "page" else case)
    if degrees in (90, 270):
        width, height = height, width
    return {"width": width, "height": height, "turned": degrees, "text": page.text, "lines": characters(page)}


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
    return cv2.imencode(".png", write_page(SAMPLE, 0, "test", width=1500)[0])[1].tobytes()
