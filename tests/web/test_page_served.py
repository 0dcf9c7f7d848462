"""The page in a real browser, before the real server with the networks that ship: from a photo to the corrected text.

The little that a stand-in cannot tell (see test_browser.py): that a photo is read, turned, corrected and learned from,
and that nothing is in the way of who cannot see or has no mouse, by the rules of axe-core. Skipped, with the reason,
where there is no Playwright or Chromium.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

pytest.importorskip("playwright.sync_api", reason="pip install 'hellodl[browser]'")
pytest.importorskip("axe_playwright_python", reason="pip install 'hellodl[browser]'")
pytest.importorskip("fastapi")

import axe_playwright_python as axe
from playwright.sync_api import expect
from visiting import png

RULES = Path(axe.__file__).with_name("axe.min.js")
PATIENCE = 180_000  # milliseconds; a busy machine reads for long
DESK = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True, "is_mobile": True}
PASTE = """async bytes => { const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "page.png", {type: "image/png"}));
    document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true})); }"""


@pytest.fixture
def page(browser, served, request) -> Iterator:
    context = browser.new_context(**getattr(request, "param", DESK), reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(served[0])
    yield page
    context.close()
    assert complaints == []


def findings(page) -> list[tuple[str, list[str]]]:
    """What axe-core finds on the page as it is now."""
    page.evaluate(RULES.read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    assert len(found["passes"]) > 10, "it looked"
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def test_a_photo_becomes_a_corrected_text_in_six_clicks_and_keys(page, served, picture):
    """One that is misread at one letter; a chord such as Ctrl+V counts as one."""
    page.evaluate(PASTE, list(png(picture)))  # 1
    text = page.locator("#read-text")
    expect(text).to_be_visible(timeout=PATIENCE)
    wrong = len(text.input_value()) - 1
    number = page.locator("#read-boxes [role=option]").count() - 1
    page.locator(f"#box-{number} rect").click(force=True)  # 2
    page.keyboard.press("Q")  # 3
    page.locator("#read-copy").click()  # 4
    expect(page.locator("#read-copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == text.input_value() and copied[wrong:] == "Q"
    page.locator("#read-keep-some").click()
    expect(page.locator("#read-keep-words")).to_contain_text("kept", timeout=PATIENCE)
    (lesson,) = served[1].lessons().values()
    assert lesson.texts == (copied.split("\n")[-1],)
    served[1].forget()


def test_a_photo_on_its_side_is_shown_upright(page, picture):
    page.locator("#tab-read").click()
    page.locator("#read-rotate").check()
    file = {"name": "a.png", "mimeType": "image/png", "buffer": png(cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE))}
    page.locator("#read-file").set_input_files(file)
    expect(page.locator("#read-text")).to_be_visible(timeout=PATIENCE)
    size = "async one => (await one.decode(), [one.naturalWidth, one.naturalHeight])"
    shown = page.locator("#read-picture").evaluate(size)
    assert shown == [picture.shape[1], picture.shape[0]]
    lines = page.locator("#read-text").input_value().split("\n")
    assert len(lines) == 2 and len(lines[0]) < len(lines[1])


@pytest.mark.parametrize("page", [DESK, PHONE], indirect=True, ids=["desk", "phone"])
def test_axe_finds_nothing(page, picture):
    frame = page.locator("#draw-pad").bounding_box()
    page.mouse.click(frame["x"] + 50, frame["y"] + 50)
    expect(page.locator("#draw-inside")).to_be_visible(timeout=PATIENCE)
    found = {"draw": findings(page)}
    page.locator("#draw-layers button").first.click()
    found["large"] = findings(page)
    page.keyboard.press("Escape")
    page.locator("#tab-read").click()
    page.locator("#read-file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": png(picture)})
    expect(page.locator("#read-text")).to_be_visible(timeout=PATIENCE)
    page.locator("#box-2 rect").click(force=True)
    found["read"] = findings(page)
    page.locator("#tab-teach").click()
    found["teach"] = findings(page)
    page.locator("#tab-runs").click()
    page.locator(".runs-list input").first.check()
    expect(page.locator("#runs-loss path").first).to_be_visible(timeout=PATIENCE)
    found["runs"] = findings(page)
    page.locator("#tab-write").click()
    page.locator("#write-length").fill("50")
    page.locator("#write-go").click()
    expect(page.locator("#write-copy")).to_be_enabled(timeout=PATIENCE)
    found["write"] = findings(page)
    assert found == {tab: [] for tab in found}
