"""The page in WebKit, the engine of Safari, before the real server: each job once, on a desk and on a phone.

Needs Debian's `webkit2gtk-driver`, a display (`xvfb-run -a make test-web` where there is none) and the extra `browser`;
skipped, with the reason, without. HELLODL_SHOTS names a folder for pictures to look at.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from visiting import ARCH, STEM, png

pytest.importorskip("selenium", reason="pip install 'hellodl[browser]'")
pytest.importorskip("fastapi")

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

DRIVER = shutil.which("WebKitWebDriver")
BROWSER = next(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"), None)
PATIENCE = 180  # seconds; a busy machine reads for long
# The browser's own buttons would keep its window from being as narrow as a phone.
NARROW = """button, entry, image, label, headerbar, box { min-width: 0; padding: 0; margin: 0; font-size: 1px; }
image { -gtk-icon-transform: scale(0.05); }"""


class Page:
    """A window of WebKit with the page in it."""

    def __init__(self, driver, name: str):
        self.driver, self.name = driver, name
        self.wait = WebDriverWait(driver, PATIENCE, 0.1, [NoSuchElementException, StaleElementReferenceException])

    def __getitem__(self, selector: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """As a finger does: on what is in sight, in its middle."""
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", self[selector])
        ActionChains(self.driver).move_to_element(self[selector]).click().perform()

    def until(self, selector: str, holds) -> None:
        self.wait.until(lambda _: holds(self[selector]), selector)

    def draw(self, selector: str, *strokes) -> None:
        pad = self[selector]
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
        wide, high = pad.size["width"], pad.size["height"]
        for stroke in strokes:
            hand = ActionChains(self.driver, duration=20)
            for number, (x, y) in enumerate(stroke):
                hand.move_to_element_with_offset(pad, round((x - 0.5) * wide), round((y - 0.5) * high))
                if not number:
                    hand.click_and_hold()
            hand.release().perform()

    def looked(self, what: str) -> None:
        """Keep a picture, and see that nothing is wider than the screen and no trouble is told."""
        wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert self.driver.execute_script(wide) <= 0, "the page is wider than the screen"
        assert self.driver.execute_script("return errors") == [] and not self["#trouble"].is_displayed()
        if folder := os.environ.get("HELLODL_SHOTS"):
            painted = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
            self.driver.execute_async_script(painted)
            self.driver.save_screenshot(Path(folder) / f"webkit-{self.name}-{what}.png")


@pytest.fixture(params=["desk", "phone"])
def page(request, served, tmp_path, monkeypatch) -> Iterator[Page]:
    if not (DRIVER and BROWSER):
        pytest.skip("no WebKit here; apt-get install webkit2gtk-driver")
    if not os.environ.get("DISPLAY"):
        pytest.skip("no display here; xvfb-run -a make test-web")
    (tmp_path / "gtk-3.0").mkdir()
    (tmp_path / "gtk-3.0" / "gtk.css").write_text(NARROW)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(BROWSER)
    for word in ["--automation", *(["--dark-mode"] if request.param == "phone" else [])]:
        options.add_argument(word)
    driver = webdriver.WebKitGTK(options=options, service=webdriver.WebKitGTKService(DRIVER))
    try:
        driver.get(served[0])
        wanted = {"desk": [1280, 800], "phone": [390, 844]}[request.param]
        size = list(wanted)
        for _ in range(5):  # the window is larger than the page in it
            driver.set_window_size(*size)
            time.sleep(0.2)
            inner = driver.execute_script("return [innerWidth, innerHeight]")
            size = [was + want - got for was, want, got in zip(size, wanted, inner, strict=True)]
        assert inner == wanted
        driver.execute_script("window.errors = []; addEventListener('error', ({message}) => errors.push(message));")
        yield Page(driver, request.param)
    finally:
        driver.quit()


def shown(element) -> bool:
    return element.is_displayed()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:selenium")
def test_each_job_in_webkit(page, served, picture, tmp_path):
    photo = tmp_path / "page.png"
    photo.write_bytes(png(picture))

    page.draw("#draw-pad", STEM, ARCH)
    page.until("#draw-inside", shown)
    page.until("#draw-letter", lambda letter: letter.text == "h")
    page.looked("draw")

    page.click("#tab-read")
    page["#read-file"].send_keys(str(photo))
    page.until("#read-text", shown)
    page.until("#read-found", lambda found: "characters" in found.text)
    page.looked("read")
    text = page["#read-text"].get_property("value")
    assert "hay" in text
    page.click("#box-0 rect")
    page.until("#read-mend", shown)
    page.looked("box")
    page["#read-letter"].clear()
    page["#read-letter"].send_keys("Q")
    assert page["#read-text"].get_property("value") == "Q" + text[1:]
    page["#read-letter"].send_keys(Keys.CONTROL, "z")
    assert page["#read-text"].get_property("value") == text
    page.click("#read-redo")
    page.click("#read-copy")
    page.until("#read-copy", lambda copy: copy.text == "Copied")
    page.click("#read-nearer")
    page.looked("near")
    page.click("#read-keep-some")
    page.until("#read-keep-words", lambda words: "kept" in words.text)

    page.click("#tab-teach")
    page.draw("#teach-pad", STEM, ARCH)
    page.click("#teach-keep")
    page.until("#teach-total", lambda total: "characters" in total.text)
    page.click("#learn")
    page.until("#learn-stop", shown)
    page.looked("learn")
    page.until("#learn-chart", lambda chart: "loss" in chart.text)
    page.click("#learn-stop")
    page.until("#learn", lambda learn: learn.is_enabled())
    page.looked("teach")
    served[1].forget()

    page.click("#tab-runs")
    page.until(".runs-list input", shown)
    if not page[".runs-list input"].is_selected():
        page.click(".runs-list input")
    page.until("#runs-loss path", lambda line: line.get_attribute("d"))
    page.looked("runs")

    page.click("#tab-write")
    page.driver.execute_script(
        "arguments[0].value = 60; arguments[0].dispatchEvent(new Event('input'))", page["#write-length"]
    )
    page.click("#write-go")
    page.until("#write-copy", lambda copy: copy.is_enabled())
    page.looked("write")

    page.click("#tab-pen")
    page.click("#pen-go")
    page.until("#pen-save", lambda save: save.is_enabled())
    page.looked("pen")
