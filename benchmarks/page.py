"""What one waits for at the page, in a real browser: `python benchmarks/page.py` (needs Playwright and Chromium).

From the end of a stroke to the answer on the page; from the choice of a run of 100,000 rows to its chart; and how much
slower a training is while the page watches it (rounds in turn, with and without the page).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from hellodl.runs.log import RunLog

ROWS, STROKES = 100_000, 40
TRAINING = ("train", "letters", "--dataset", "ink", "--count", "20000", "--epochs", "1", "--json")
WATCH_ANSWERS = """() => {
  window.waits = [];
  let ended = null;
  document.querySelector("#draw-pad").addEventListener("pointerup", () => { ended = performance.now(); }, true);
  new MutationObserver(() => requestAnimationFrame(() => {
    if (ended !== null) { window.waits.push(performance.now() - ended); ended = null; }
  })).observe(document.querySelector("#draw-sure"), { childList: true, characterData: true, subtree: true });
}"""
CHOOSE = """run => new Promise(done => {
  const began = performance.now();
  const chart = document.querySelector("#panel-runs, main");
  const seen = new MutationObserver(() => {
    if (document.querySelector(".charts path, .charts polyline")) {
      seen.disconnect();
      requestAnimationFrame(() => done(performance.now() - began));
    }
  });
  seen.observe(chart, { childList: true, subtree: true, attributes: true });
  document.querySelector(`[data-run="${run}"] input`).click();
})"""


def main() -> None:
    """Make a long run, start a server, look at the page, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="of training with and without the page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "runs" / "hellodl.sqlite3"
        long = long_run(log)
        with served(folder, log) as address, browser() as page:
            page.goto(address)
            figures: dict[str, Any] = {"draw_ms": waits_for_answers(page)}
            figures["chart_ms"] = wait_for_chart(page, address, long)
            plain, watched = [], []
            for _ in range(options.rounds):
                page.goto("about:blank")
                plain.append(trained(folder))
                page.goto(f"{address}#runs")
                page.wait_for_selector(".runs-list li")
                page.reload()
                watched.append(trained(folder, page))
            ratios = np.array(watched) / np.array(plain)
            figures |= {"images_a_second": plain, "watched": watched, "slower_by": float(1 - np.median(ratios))}
    print(json.dumps(figures))


def long_run(path: Path) -> int:
    """The number of a run of many rows, in a new log."""
    rng = np.random.default_rng(0)
    with RunLog(path).run("long", {}, seed=0) as run:
        for step in range(ROWS):
            run.train_row(step, loss=3 / (1 + step / 1000) + 0.1 * rng.random(), accuracy=rng.random())
        assert run.id is not None
        return run.id


@contextmanager
def served(folder: Path, log: Path) -> Iterator[str]:
    """The address of a server of its own."""
    command = [sys.executable, "-m", "hellodl", "web", "--port", "0", "--no-browser", "--log", str(log)]
    server = subprocess.Popen([*command, "--mine", str(folder / "mine")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


@contextmanager
def browser() -> Iterator[Page]:
    """A page in Chromium."""
    with sync_playwright() as runner:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        chromium = runner.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium.new_page()
        chromium.close()


def waits_for_answers(page: Page) -> dict[str, float]:
    """Milliseconds from the end of a stroke to the answer on the page: median and 95th percentile."""
    page.click("#tab-draw")
    page.evaluate(WATCH_ANSWERS)
    box = page.locator("#draw-pad").bounding_box()
    assert box is not None
    rng = np.random.default_rng(1)
    for stroke in range(STROKES):
        if stroke and stroke % 3 == 0:
            page.click("#draw-clear")
        x, y = rng.uniform(0.25, 0.75, 2) * (box["width"], box["height"]) + (box["x"], box["y"])
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + rng.uniform(-60, 60), y + rng.uniform(-60, 60), steps=6)
        page.mouse.up()
        page.wait_for_timeout(400)
    waits = np.array(page.evaluate("window.waits"))
    return {"count": len(waits), "median": float(np.median(waits)), "p95": float(np.quantile(waits, 0.95))}


def wait_for_chart(page: Page, address: str, run: int) -> float:
    """Milliseconds from the choice of a run to its chart, the median of five visits."""
    waits = []
    for _ in range(5):
        page.goto("about:blank")
        page.goto(f"{address}#runs")
        page.wait_for_selector(f'[data-run="{run}"]')
        waits.append(page.evaluate(CHOOSE, run))
    return float(np.median(waits))


def trained(folder: Path, page: Page | None = None) -> float:
    """Images a second of a short training, watched by a page if there is one."""
    command = [sys.executable, "-m", "hellodl", *TRAINING]
    training = subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if page is not None:
        page.wait_for_timeout(4000)
        page.reload()
        page.wait_for_selector(".runs-list li")
        page.locator(".runs-list input").first.check()
    out, _ = training.communicate()
    return float(json.loads(out)["images_per_second"])


if __name__ == "__main__":
    main()
