"""Pictures of the page at work, before the real server: to look at after a change, and the one that the README shows.

    python tools/page_pictures.py FOLDER            # every job, on a desk and on a phone, light and dark: some minutes
    python tools/page_pictures.py FOLDER --readme   # and docs/page.jpg, put together from six of them

needs the extra `browser` and Chromium (`apt-get install chromium`).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from hellodl.runs.machine import SOURCE

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WAYS = {
    "desk": DESK,
    "desk-dark": DESK | {"color_scheme": "dark"},
    "phone": PHONE,
    "phone-dark": PHONE | {"color_scheme": "dark"},
}
H = [[(0.35, 0.1), (0.35, 0.9)], [(0.35, 0.6), (0.5, 0.5), (0.65, 0.6), (0.65, 0.9)]]
README = [["desk-draw", "desk-read", "phone-read"], ["desk-teach", "desk-runs", "phone-dark-draw"]]
HIGH, GAP, QUALITY = 650, 16, 88  # pixels of a row of docs/page.jpg, pixels between pictures, JPEG
SMALL = "train digits --dataset ink --count 12000 --epochs 4 --architecture perceptron --threads 2"
EXPECTED = 600_000  # milliseconds; other work may have the processor

Shot = Callable[[str], None]


def hellodl(*words: str) -> list[str]:
    """A command, as this Python runs it."""
    return [sys.executable, "-m", "hellodl", *words]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of `hellodl web` in a folder where something has been learned."""
    subprocess.run(hellodl(*SMALL.split()), cwd=folder, check=True)
    words = hellodl("web", "--port", "0", "--no-browser", "--mine", "mine")
    server = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout
        address = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        yield address
    finally:
        server.terminate()
        server.wait()


def draw(page: Page, pad: str, strokes: list[list[tuple[float, float]]]) -> None:
    """Strokes by mouse, as shares of a pad's sides."""
    page.locator(pad).scroll_into_view_if_needed()
    frame = page.locator(pad).bounding_box()
    assert frame
    for stroke in strokes:
        places = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def drawing(page: Page, shot: Shot) -> None:
    """Draw an h, and look at what a layer saw."""
    draw(page, "#draw-pad", H)
    expect(page.locator("#draw-letter")).to_have_text("h")
    page.locator("h1").scroll_into_view_if_needed()
    shot("draw")
    page.locator("#draw-layers button").nth(2).click()
    shot("draw-layer")
    page.keyboard.press("Escape")


def reading(page: Page, shot: Shot) -> None:
    """A made page is read, a box split, and the split undone."""
    page.locator("#tab-read").click()
    shot("read-first")
    page.locator("#read-sample").click()
    expect(page.locator("#read-text")).to_be_visible()
    shot("read")
    page.locator("#read-boxes .doubt, #box-3").first.locator("rect").click(force=True)
    shot("read-box")
    page.locator("#read-letter").fill("cl")
    page.locator("#read-nearer").click()
    shot("read-split")
    page.keyboard.press("Control+z")
    page.locator("#read-whole").click()
    page.locator("#read-close").click()
    page.locator("#read-keep-all").click()
    expect(page.locator("#read-keep-words")).to_contain_text("kept")


def teaching(page: Page, shot: Shot) -> None:
    """The page that was kept is learned for a while, and forgotten."""
    page.locator("#tab-teach").click()
    shot("teach-first")
    page.locator("#learn").click()
    expect(page.locator("#learn-words")).to_have_text(re.compile(r"Step [2-9]\d of"))
    shot("teach")
    page.locator("#learn-stop").click()
    expect(page.locator("#teach-forget")).to_be_enabled()
    page.locator("#teach-forget").click()
    shot("teach-forget")
    page.locator("#forget button[value=yes]").click()


def watching(page: Page, shot: Shot) -> None:
    """A run, and what is inside."""
    page.locator("#tab-runs").click()
    page.locator(".runs-list input").first.check()
    expect(page.locator("#runs-loss path").first).to_be_visible()
    shot("runs")
    page.locator("#layer-name").scroll_into_view_if_needed()
    shot("runs-layer")


def writing(page: Page, shot: Shot) -> None:
    """The small GPT, and the pen."""
    page.locator("#tab-write").click()
    page.locator("#write-length").fill("300")
    page.locator("#write-go").click()
    expect(page.locator("#write-copy")).to_be_enabled()
    shot("write")
    page.locator("#tab-pen").click()
    page.locator("#pen-go").click()
    expect(page.locator("#pen-save")).to_be_enabled()
    shot("pen")


def toured(page: Page, name: str, folder: Path) -> None:
    """Do each job once, and look."""

    def shot(what: str) -> None:
        page.screenshot(path=folder / f"{name}-{what}.png")

    for job in (drawing, reading, teaching, watching, writing):
        job(page, shot)


def put_together(folder: Path) -> np.ndarray:
    """Six of the pictures in two rows, on white."""
    rows = []
    for names in README:
        parts: list[Any] = []
        for name in names:
            picture = cv2.imread(str(folder / f"{name}.png"))
            assert picture is not None
            width = round(picture.shape[1] * HIGH / picture.shape[0])
            parts += [cv2.resize(picture, (width, HIGH), interpolation=cv2.INTER_AREA)]
            cv2.rectangle(parts[-1], (0, 0), (width - 1, HIGH - 1), (200, 200, 200), 1)
            parts += [np.full((HIGH, GAP, 3), 255, np.uint8)]
        rows.append(np.concatenate(parts[:-1], axis=1))
    return np.concatenate([rows[0], np.full((GAP, rows[0].shape[1], 3), 255, np.uint8), rows[1]])


def main() -> None:
    """Serve, tour, and put together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true", help="make docs/page.jpg anew")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as home, served(Path(home)) as address, sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in options.ways:
            context = browser.new_context(**WAYS[name], reduced_motion="reduce")
            context.set_default_timeout(EXPECTED)
            expect.set_options(timeout=EXPECTED)
            page = context.new_page()
            page.goto(address)
            toured(page, name, options.folder)
            context.close()
    if options.readme:
        cv2.imwrite(
            str(SOURCE / "docs" / "page.jpg"), put_together(options.folder), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
        )


if __name__ == "__main__":
    main()
