"""The Read tab in a real browser, against a stand-in for the server: a text that one edits, and boxes that follow."""

from __future__ import annotations

import pytest
from visiting import asked, open_tab

expect = pytest.importorskip("playwright.sync_api", reason="pip install 'hellodl[browser]'").expect
expect.set_options(timeout=20_000)  # milliseconds; other work may have the processor


def read_sample(page) -> None:
    open_tab(page, "read")
    page.locator("#read-sample").click()
    expect(page.locator("#read-result")).to_be_visible()


def first_line(page) -> str:
    return page.locator("#read-text").input_value().split("\n")[0]


def test_a_photo_is_read_corrected_and_kept(page, mock):
    read_sample(page)
    assert first_line(page) == "Dear Avna"
    page.locator("#read-boxes").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#read-next").click()
    expect(page.locator("#read-letter")).to_have_value("v")
    page.locator("#read-runner-up").click()
    assert first_line(page) == "Dear Anna"
    page.locator("#read-letter").fill("qu")  # where a q was doubtful
    page.locator("#read-letter").press("Enter")
    page.locator("#read-none").click()
    page.locator("#read-keep-some").click()
    expect(page.locator("#read-keep-words")).to_contain_text("characters kept")
    (body,) = asked(mock, "/api/lessons")
    said = page.locator("#read-text").input_value().split("\n")
    assert [line["text"] for line in body["lines"]] == said[: len(body["lines"])] and "Dear Anna" in said
    assert all(len(line["box"]) == 4 for line in body["lines"])
    assert len(body["photo"]) > 1000


def boxes(page) -> list[tuple[str, str, float]]:
    """Each box: its letter, its class, its width."""
    found = """all => all.map(one =>
        [one.lastChild.textContent, one.getAttribute("class").trim(), Number(one.firstChild.getAttribute("width"))])"""
    return [tuple(one) for one in page.locator("#read-boxes [role=option]").evaluate_all(found)]


def test_boxes_follow_the_text(page):
    read_sample(page)
    text, before = page.locator("#read-text"), boxes(page)
    whole = text.input_value()
    text.fill("Dlear" + whole[4:])  # an l where there was none
    assert boxes(page)[:3] == [before[0], ("l", "mended", boxes(page)[1][2]), before[1]]
    text.fill("clear" + whole[4:])  # c and l in place of D
    half = before[0][2] / 2
    assert boxes(page)[:3] == [("c", "mended", half), ("l", "mended", half), before[1]]
    text.fill("Dor" + whole[4:])  # o in place of e and a
    assert boxes(page)[1][:2] == ("o", "mended") and boxes(page)[1][2] > before[1][2] and boxes(page)[2] == before[3]
    text.fill("De ar" + whole[4:])
    assert boxes(page) == before, "a space is no box"
    text.fill("Dar" + whole[4:])
    assert ("", "mended none", before[1][2]) in boxes(page)
    text.fill(whole)
    assert boxes(page) == before


def test_a_box_is_split_joined_and_moved_away_from_the_word(page):
    read_sample(page)
    page.locator("#box-0 rect").click(force=True)
    page.locator("#read-letter").fill("cl")
    assert first_line(page).startswith("clear") and page.locator("#read-boxes [aria-selected=true]").count() == 2
    page.locator("#read-letter").fill("d")
    assert first_line(page).startswith("dear") and page.locator("#read-boxes [aria-selected=true]").count() == 1
    page.locator("#read-join").click()
    expect(page.locator("#read-letter")).to_have_value("de")
    page.locator("#box-2 rect").click(force=True)
    page.locator("#read-space").click()
    assert first_line(page).startswith("de ar")
    expect(page.locator("#read-letter")).to_have_value("a")
    page.locator("#read-space").click()
    assert first_line(page).startswith("dear")


def test_several_boxes_are_taken_by_keyboard(page):
    read_sample(page)
    page.locator("#read-boxes").focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#read-letter")).to_have_value("De")
    expect(page.locator("#read-join")).to_be_enabled()


def test_what_is_chosen_in_the_text_is_marked_in_the_photo(page):
    read_sample(page)
    page.locator("#read-text").evaluate("area => { area.focus(); area.setSelectionRange(1, 3); }")
    expect(page.locator("#box-1")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#box-2")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#box-3")).to_have_attribute("aria-selected", "false")
    expect(page.locator("#read-mend")).to_be_hidden()


def test_right_is_sure_and_lines_must_stay_to_be_learned(page, mock):
    read_sample(page)
    doubtful = page.locator("#read-boxes .doubt").count()
    page.locator("#read-boxes .doubt rect").first.click(force=True)
    page.locator("#read-mend button[type=submit]").click()
    expect(page.locator("#read-boxes .doubt")).to_have_count(doubtful - 1)
    text = page.locator("#read-text")
    text.fill(text.input_value().replace("\n", " "))
    page.locator("#read-keep-all").click()
    expect(page.locator("#trouble-words")).to_contain_text("a line of its own")
    assert asked(mock, "/api/lessons") == []


def test_a_click_takes_the_nearest_box(page):
    read_sample(page)
    page.locator("#box-3 rect").click(force=True)
    expect(page.locator("#box-3")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#read-letter")).to_have_value("r")


def test_a_photo_is_whole_and_comes_nearer(page):
    read_sample(page)
    inside = """() => { const [frame, sheet] = ["read-photo", "read-sheet"].map(id => document.getElementById(id));
        const whole = sheet.clientWidth <= frame.clientWidth && sheet.clientHeight <= frame.clientHeight;
        return [whole, frame.scrollLeft]; }"""
    assert page.evaluate(inside) == [True, 0]
    for _ in range(4):
        page.locator("#read-nearer").click()
    whole, left = page.evaluate(inside)
    assert not whole and left > 0, "the middle stays in the middle"
    frame = page.locator("#read-photo").bounding_box()
    page.mouse.move(frame["x"] + 100, frame["y"] + 100)
    page.mouse.down()
    page.mouse.move(frame["x"] + 160, frame["y"] + 100, steps=3)
    page.mouse.up()
    assert page.evaluate(inside) == [False, left - 60]
    expect(page.locator("#read-mend")).to_be_hidden()
    page.locator("#read-whole").click()
    assert page.evaluate(inside) == [True, 0]


def test_the_chosen_box_stays_in_sight_as_the_photo_comes_nearer(page):
    read_sample(page)
    page.locator("#box-0 rect").click(force=True)
    for _ in range(4):
        page.locator("#read-nearer").click()
    frame, box = (page.locator(one).bounding_box() for one in ("#read-photo", "#box-0 rect"))
    for side, size in (("x", "width"), ("y", "height")):
        middle = box[side] + box[size] / 2
        assert frame[side] <= middle <= frame[side] + frame[size]


def test_a_photo_that_is_higher_than_its_frame_is_whole_too(page):
    page.set_viewport_size({"width": page.viewport_size["width"], "height": 320})
    read_sample(page)
    sides = "frame => [frame.scrollHeight - frame.clientHeight, frame.scrollWidth - frame.clientWidth]"
    assert page.locator("#read-photo").evaluate(sides) == [0, 0]
    assert page.locator("#read-sheet").bounding_box()["height"] > 50


def test_the_text_is_in_sight_once_a_photo_is_read(page):
    read_sample(page)
    top = page.locator("#read-text").bounding_box()["y"]
    assert 0 < top < page.viewport_size["height"]


HAND_OVER = """async kind => {
    const bytes = await (await fetch("/api/sample")).blob(), data = new DataTransfer();
    data.items.add(new File([bytes], "page.png", {type: "image/png"}));
    document.dispatchEvent(kind === "drop"
        ? new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})
        : new ClipboardEvent("paste", {clipboardData: data, bubbles: true})); }"""


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_photo_may_be_dropped_or_pasted_on_any_tab(page, kind):
    page.evaluate(HAND_OVER, kind)
    expect(page.locator("#read-text")).to_be_visible()
    assert first_line(page) == "Dear Avna"


def test_a_phone_offers_its_camera(page):
    open_tab(page, "read")
    camera = page.locator("#read-camera-label")
    expect(camera).to_be_visible() if page.viewport_size["width"] < 500 else expect(camera).to_be_hidden()
    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"bytes"}
    page.locator("#read-camera").set_input_files(picture)
    expect(page.locator("#read-result")).to_be_visible()


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


def test_whatever_was_changed_can_be_undone_and_done_again(page):
    read_sample(page)
    text, undo, redo = (page.locator(f"#read-{name}") for name in ("text", "undo", "redo"))
    expect(undo).to_be_disabled()
    states = [(text.input_value(), boxes(page))]

    def changed() -> None:
        states.append((text.input_value(), boxes(page)))
        assert states[-1] != states[-2]

    text.evaluate("area => { area.focus(); area.setSelectionRange(4, 4); }")
    page.keyboard.type("est")  # at one go
    changed()
    page.locator("#box-0 rect").click(force=True)
    page.locator("#read-letter").press_sequentially("cl")  # a box is halved
    changed()
    page.locator("#read-none").click()
    changed()
    page.locator("#read-boxes .doubt rect").first.click(force=True)
    page.locator("#read-mend button[type=submit]").click()  # it is right
    changed()
    page.locator("#read-runner-up").click()
    changed()
    for number, (was, drawn) in enumerate(reversed(states[:-1])):
        undo.click() if number % 2 else page.keyboard.press("Control+z")
        assert (text.input_value(), boxes(page)) == (was, drawn), number
    expect(undo).to_be_disabled()
    page.keyboard.press("Control+z")  # the browser has nothing to add
    assert text.input_value() == states[0][0]
    for was, drawn in states[1:-1]:
        page.keyboard.press("Control+Shift+Z")
        assert (text.input_value(), boxes(page)) == (was, drawn)
    redo.click()
    assert (text.input_value(), boxes(page)) == states[-1]
    page.keyboard.press("Control+z")
    text.press_sequentially("!")
    expect(redo).to_be_disabled()
