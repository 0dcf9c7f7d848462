"""The page in a real browser, against a stand-in for the server: what each tab is for, on a desk and on a phone.

Needs Playwright (the extra `browser`) and a Chromium: the one that CHROMIUM names, or Debian's
(`apt-get install chromium`). `make test-web` runs only these. Every test also fails for a script error, or for a
breach of the page's own policy.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from mock_server import Mock

playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'hellodl[browser]'")
expect = playwright.expect
expect.set_options(timeout=20_000)  # milliseconds; other work may have the processor

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SIZES = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
EXPECTED = "Failed to load resource: the server responded with a status of"  # a browser's word on an error answer

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def mock() -> Iterator[Mock]:
    mock = Mock().start()
    mock.pace = 0.002
    yield mock
    mock.shutdown()
    mock.server_close()


@pytest.fixture(params=SIZES)
def page(browser, mock, request) -> Iterator:
    """The page as it is first opened; complaints of the browser fail the test."""
    context = browser.new_context(**SIZES[request.param], reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.goto(mock.address)
    yield page
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert [line for line in complaints if EXPECTED not in line] == []
    assert wide <= 0, "the page is wider than the screen"


def draw(page, pad: str, *strokes: list[tuple[float, float]]) -> None:
    """Strokes by mouse, as shares of the pad's sides."""
    page.locator(pad).scroll_into_view_if_needed()
    frame = page.locator(pad).bounding_box()
    for stroke in strokes:
        places = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


STEM, ARCH = [(0.35, 0.1), (0.35, 0.9)], [(0.35, 0.6), (0.5, 0.5), (0.65, 0.6), (0.65, 0.9)]


def asked(mock: Mock, path: str) -> list:
    """The bodies that were posted to a path."""
    return [body for method, where, _, body in mock.asked if (method, where) == ("POST", path)]


def open_tab(page, name: str) -> None:
    page.locator(f"#tab-{name}").click()


def read_sample(page) -> None:
    open_tab(page, "read")
    page.locator("#read-sample").click()
    expect(page.locator("#read-result")).to_be_visible()


def choose_run(page, number: int) -> None:
    page.locator(f'.runs-list [data-run="{number}"] input').check()


# ---- tabs ----


def test_tabs_are_turned_by_keyboard_and_kept_in_the_address(page):
    page.locator("#tab-draw").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-read")).to_be_focused()
    expect(page.locator("#read")).to_be_visible()
    expect(page.locator("#draw")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#tab-pen")).to_have_attribute("aria-selected", "true")
    assert page.url.endswith("#pen")
    page.reload()
    expect(page.locator("#pen")).to_be_visible()


# ---- Draw ----


def test_a_drawing_is_answered_after_every_stroke(page, mock):
    draw(page, "#draw-pad", STEM)
    expect(page.locator("#draw-letter")).to_have_text("n")
    expect(page.locator("#draw-sure")).to_contain_text("a guess")
    draw(page, "#draw-pad", ARCH)
    expect(page.locator("#draw-sure")).to_have_text("93% sure")
    expect(page.locator("#draw-candidates li")).to_have_count(6)
    expect(page.locator("#draw-layers li")).to_have_count(4)
    assert page.locator("#draw-picture").evaluate("picture => picture.naturalWidth") == 28
    assert [len(body["strokes"]) for body in asked(mock, "/api/draw")] == [1, 2]
    page.locator("#draw-undo").click()
    expect(page.locator("#draw-sure")).to_contain_text("a guess")
    page.locator("#draw-clear").click()
    expect(page.locator("#draw-sure")).to_have_text("Waiting for a stroke")
    expect(page.locator("#draw-undo")).to_be_disabled()


def test_one_can_draw_by_keyboard(page, mock):
    page.locator("#draw-pad").focus()
    for key in ("ArrowLeft", "Space", "ArrowDown", "ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#draw-letter")).to_have_text("n")
    ((stroke,),) = [body["strokes"] for body in asked(mock, "/api/draw")]
    assert stroke == [[188, 200], [188, 212], [188, 224], [200, 224]]


def test_a_late_answer_to_an_older_drawing_is_not_shown(page, mock):
    mock.slow["/api/draw"] = 0.6
    draw(page, "#draw-pad", STEM)
    page.wait_for_timeout(100)
    mock.slow.clear()
    draw(page, "#draw-pad", ARCH)
    expect(page.locator("#draw-sure")).to_have_text("93% sure")
    page.wait_for_timeout(800)
    expect(page.locator("#draw-sure")).to_have_text("93% sure")
    expect(page.locator("#trouble")).to_be_hidden()


def test_an_error_is_one_line_until_it_works_again(page, mock):
    mock.fail["/api/draw"] = (422, "that is no character: 90,000 points; draw it again")
    draw(page, "#draw-pad", STEM)
    expect(page.locator("#trouble-words")).to_have_text("that is no character: 90,000 points; draw it again")
    mock.fail.clear()
    draw(page, "#draw-pad", ARCH)
    expect(page.locator("#draw-letter")).to_have_text("n")
    expect(page.locator("#trouble")).to_be_hidden()


# ---- Read ----


def test_a_photo_is_read_corrected_and_kept(page, mock):
    read_sample(page)
    expect(page.locator("#read-text .line").first).to_have_text("Dear Avna")
    page.locator("#read-boxes").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#read-next").click()
    expect(page.locator("#read-letter")).to_have_value("v")
    page.locator("#read-runner-up").click()
    expect(page.locator("#read-text .line").first).to_have_text("Dear Anna")
    page.locator("#read-letter").fill("c")
    page.keyboard.press("Enter")
    expect(page.locator("#read-text .line").nth(1)).to_contain_text("quick")
    page.locator("#read-none").click()
    page.locator("#read-keep-some").click()
    expect(page.locator("#read-keep-words")).to_contain_text("2 characters kept")
    (body,) = asked(mock, "/api/lessons")
    assert [one["letter"] for one in body["characters"]] == ["n", "c", ""]
    assert all(len(one["box"]) == 4 for one in body["characters"])
    assert len(body["photo"]) > 1000


def test_a_click_takes_the_nearest_box(page):
    read_sample(page)
    page.locator("#box-3 rect").click(force=True)
    expect(page.locator("#box-3")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#read-letter")).to_have_value("r")


def test_a_file_is_read_and_too_large_a_one_is_not_sent(page, mock, tmp_path):
    open_tab(page, "read")
    page.locator("#read-file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"})
    expect(page.locator("#trouble-words")).to_contain_text("no picture")
    huge = tmp_path / "huge.png"
    with huge.open("wb") as file:
        file.truncate(31_000_000)
    page.locator("#read-file").set_input_files(huge)
    expect(page.locator("#trouble-words")).to_contain_text("smaller than 30 MB")
    assert asked(mock, "/api/read") == []
    page.locator("#read-file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"bytes"})
    expect(page.locator("#read-result")).to_be_visible()
    assert asked(mock, "/api/read") == [b"bytes"]
    expect(page.locator("#trouble")).to_be_hidden()


# ---- Teach ----


def test_it_is_taught_learns_and_forgets(page, mock):
    open_tab(page, "teach")
    expect(page.locator("#teach-letter")).to_have_value("a")
    draw(page, "#teach-pad", STEM, ARCH)
    page.locator("#teach-keep").click()
    expect(page.locator("#teach-total")).to_contain_text("1 character")
    expect(page.locator("#teach-letter")).to_have_value("b")
    assert mock.lessons == ["a"]
    page.locator("#learn").click()
    expect(page.locator("#learn-after")).to_have_text("96%")
    expect(page.locator("#learn-chart path").first).to_be_visible()
    expect(page.locator("#hand")).to_be_checked()
    open_tab(page, "draw")
    draw(page, "#draw-pad", STEM)
    expect(page.locator("#draw-letter")).to_have_text("h")
    open_tab(page, "teach")
    page.locator("#teach-forget").click()
    page.locator("#forget button[value=no]").click()
    assert mock.lessons == ["a"]
    page.locator("#teach-forget").click()
    page.locator("#forget button[value=yes]").click()
    expect(page.locator("#teach-total")).to_have_text("Nothing yet")
    expect(page.locator("#hand")).to_be_disabled()
    assert mock.lessons == []


def test_learning_can_be_stopped_and_is_found_again(page, mock):
    mock.lessons, mock.pace = ["abc"], 0.1
    open_tab(page, "teach")
    page.locator("#learn").click()
    expect(page.locator("#learn-words")).to_contain_text("of 40")
    page.reload()
    expect(page.locator("#learn-words")).to_contain_text("of 40")
    page.locator("#learn-stop").click()
    expect(page.locator("#learn-words")).to_contain_text("Stopped")
    expect(page.locator("#learn")).to_be_enabled()


def test_a_wrong_answer_in_draw_becomes_a_lesson(page, mock):
    draw(page, "#draw-pad", STEM, ARCH)
    page.locator("#draw-teach").click()
    expect(page.locator("#teach")).to_be_visible()
    page.locator("#teach-letter").fill("h")
    page.locator("#teach-keep").click()
    expect(page.locator("#teach-total")).to_contain_text("1 character")
    (body,) = asked(mock, "/api/lessons")
    assert body["letter"] == "h"
    assert len(body["strokes"]) == 2


# ---- Runs ----


def test_a_run_is_looked_into(page):
    open_tab(page, "runs")
    expect(page.locator(".runs-list li")).to_have_count(12)
    choose_run(page, 9)
    expect(page.locator("#runs-loss path").first).to_be_visible()
    expect(page.locator("#kernels-words")).to_contain_text("32 of 3 × 3")
    expect(page.locator("#confusion-worst li").first).to_have_text("0 taken for o 61 of 253 times")
    expect(page.locator("#confusion-table tbody tr")).to_have_count(36)
    page.locator("#layer-name").select_option("0.bias")
    expect(page.locator("#kernels")).to_be_hidden()
    page.locator("#layer-step").press("ArrowLeft")
    expect(page.locator("#layer-words")).to_contain_text("Step 5,850")


def test_runs_are_compared_and_read_by_keyboard(page):
    open_tab(page, "runs")
    choose_run(page, 9)
    choose_run(page, 8)
    expect(page.locator("#runs-loss .plot path")).to_have_count(4)
    plot = page.locator("#runs-loss .plot")
    plot.focus()
    page.keyboard.press("Home")
    expect(plot).to_have_attribute("aria-valuenow", "50")
    expect(plot).to_have_attribute(
        "aria-valuetext", re.compile("^step 50: 9 digits training 3.*8 letters validation –$")
    )
    page.keyboard.press("ArrowRight")
    expect(plot).to_have_attribute("aria-valuenow", "100")
    page.locator('.runs-list [data-run="8"] input').uncheck()
    expect(page.locator("#runs-loss .plot path")).to_have_count(2)


def test_a_run_that_goes_on_is_watched(page):
    open_tab(page, "runs")
    choose_run(page, 12)
    plot = page.locator("#runs-loss .plot")
    expect(plot).to_have_attribute("aria-valuenow", "7000")
    expect(page.locator('.runs-list [data-run="12"]')).not_to_have_class("live")


# ---- Write ----


def test_it_writes_on_and_stops(page, mock):
    open_tab(page, "write")
    page.locator("#write-prompt").fill("def f():")
    page.locator("#write-top").fill("5")
    page.locator("#write-length").fill("50")
    page.locator("#write-go").click()
    expect(page.locator("#write-copy")).to_be_enabled()
    expect(page.locator("#write-given")).to_have_text("def f():")
    assert len(page.locator("#write-text").inner_text()) == 50
    expect(page.locator("#write-next li")).to_have_count(8)
    (body,) = asked(mock, "/api/write")
    assert body == {"prompt": "def f():", "temperature": 0.8, "top_k": 5, "length": 50}
    mock.pace = 0.05
    page.locator("#write-go").click()
    expect(page.locator("#write-text")).not_to_be_empty()
    page.locator("#write-stop").click()
    expect(page.locator("#write-stop")).to_be_disabled()
    assert len(page.locator("#write-text").inner_text()) < 50


# ---- Pen ----


def test_it_writes_by_hand_stroke_by_stroke(page, mock):
    open_tab(page, "pen")
    page.locator("#pen-text").fill("by hand")
    page.locator("#pen-hand").fill("3")
    page.locator("#pen-go").click()
    strokes = page.locator("#pen-paper path")
    expect(strokes).to_have_count(7)
    expect(page.locator('#pen-paper path[visibility="hidden"]')).to_have_count(0)
    expect(page.locator("#pen-paper title")).to_have_text("by hand")
    (body,) = asked(mock, "/api/pen")
    assert (body["text"], body["hand"], body["tidy"]) == ("by hand", 3, 0.5)
    with page.expect_download() as saved:
        page.locator("#pen-save").click()
    assert saved.value.path().read_text().count("<path") == 7
    page.locator("#pen-other").click()
    expect(page.locator("#pen-hand")).to_have_attribute("max", "11")
    assert 0 <= int(page.locator("#pen-hand").input_value()) < 12
