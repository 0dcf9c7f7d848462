"""The page in a real browser, against a stand-in for the server: what each tab is for, on a desk and on a phone.

The Read tab has a file of its own (test_browser_reading.py). What they need, conftest.py says.
"""

from __future__ import annotations

import re

import pytest
from visiting import ARCH, STEM, asked, draw, open_tab

expect = pytest.importorskip("playwright.sync_api", reason="pip install 'hellodl[browser]'").expect
expect.set_options(timeout=20_000)  # milliseconds; other work may have the processor


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


def test_a_dot_is_seen_where_it_is_set(page):
    ink = """pad => { const {width} = pad, at = width / 4;
        return pad.getContext("2d").getImageData(at, at, 1, 1).data[3]; }"""
    pad = page.locator("#draw-pad")
    assert pad.evaluate(ink) == 0
    draw(page, "#draw-pad", [(0.25, 0.25)])
    assert pad.evaluate(ink) == 255


def test_a_trembling_dot_is_a_point(page, mock):
    draw(page, "#draw-pad", [(0.4, 0.4), (0.41, 0.4), (0.405, 0.41)])
    expect(page.locator("#draw-letter")).to_have_text("n")
    ((stroke,),) = [body["strokes"] for body in asked(mock, "/api/draw")]
    assert len(stroke) == 1


def test_a_layer_opens_large(page):
    draw(page, "#draw-pad", STEM, ARCH)
    small = page.locator("#draw-layers img").nth(2).bounding_box()["width"]
    page.locator("#draw-layers button").nth(2).click()
    room = 0.7 * page.viewport_size["width"]  # which a phone's cards fill already
    expect(page.locator("#layer-large")).to_be_visible()
    assert page.locator("#layer-large-picture").bounding_box()["width"] > min(small, room)
    expect(page.locator("#layer-large-words")).to_contain_text("64 channels of 7 × 7")
    page.keyboard.press("Escape")
    expect(page.locator("#layer-large")).to_be_hidden()


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
    expect(page.locator("#learn-others")).to_contain_text("90% right, where it was 91%")
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


def test_enter_keeps_and_what_is_taken_back_is_said(page, mock):
    open_tab(page, "teach")
    draw(page, "#teach-pad", STEM, ARCH)
    page.keyboard.press("Enter")
    expect(page.locator("#teach-total")).to_contain_text("1 character")
    mock.personal = True
    page.locator("#teach-undo").click()
    expect(page.locator("#learn-words")).to_contain_text("had learned from it")


def test_keep_says_that_it_keeps(page, mock):
    open_tab(page, "teach")
    draw(page, "#teach-pad", STEM, ARCH)
    mock.slow["/api/lessons"] = 0.5
    page.locator("#teach-keep").click()
    expect(page.locator("#teach-keep")).to_have_text("Keeping…")
    page.keyboard.press("Enter")
    expect(page.locator("#teach-keep")).to_have_text("Keep it")
    assert len(mock.lessons) == 1


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
    page.locator('.runs-list [data-run="12"] input').uncheck()
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


def test_curves_are_smoothed_and_their_scale_is_of_ratios(page):
    open_tab(page, "runs")
    choose_run(page, 9)
    path = page.locator("#runs-loss .plot path").first
    rough = path.get_attribute("d")
    page.locator("#runs-smooth").fill("0.9")
    smooth = path.get_attribute("d")
    page.locator("#runs-log").check()
    assert len({rough, smooth, path.get_attribute("d")}) == 3 and "NaN" not in path.get_attribute("d")


def test_a_run_that_goes_on_opens_by_itself_and_is_watched(page):
    open_tab(page, "runs")
    expect(page.locator('.runs-list [data-run="12"] input')).to_be_checked()
    expect(page.locator('.runs-list [data-run="12"] .result')).to_contain_text("left")
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
    expect(page.locator("#write-model")).to_contain_text("learned from the source code of Python")
    assert page.locator("#write-paper").bounding_box()["y"] < page.viewport_size["height"]
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


def test_words_on_the_pad_are_kept_and_written_like(page, mock):
    open_tab(page, "pen")
    page.locator("#pen-own summary").click()
    expect(page.locator("#pen-lesson")).to_be_disabled()
    draw(page, "#pen-pad", STEM, ARCH)
    page.locator("#pen-keep").click()
    page.locator("#pen-lesson").click()
    expect(page.locator("#said")).to_have_text("Kept: 1 word of yours")
    ((word,),) = [body["words"] for body in asked(mock, "/api/lessons")]
    assert word["text"] == "hello" and [len(stroke) > 1 for stroke in word["strokes"]] == [True, True]
    page.reload()
    open_tab(page, "pen")
    page.locator("#pen-own summary").click()
    page.locator("#pen-mine").check()
    page.locator("#pen-go").click()
    expect(page.locator("#pen-paper title")).not_to_be_empty()
    body = asked(mock, "/api/pen")[-1]
    assert (body["mine"], body["like"]) == (True, [])
