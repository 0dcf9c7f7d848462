"""The first page of the course in a browser: what JavaScript says of a digit is what hellodl says."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hellodl import data
from hellodl.data import strokes
from hellodl.runs.machine import SOURCE
from hellodl.train.answers import as_input, predict

SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.5, 0.55), (0.42, 0.8)]


@pytest.fixture
def first_page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(SOURCE / "tools" / "course"), *sys.path])
    import first_page

    return first_page


@pytest.fixture(params=[1280, 360])
def sheet(browser, request):
    """The sheet alone, on a desk and on a phone."""
    page = browser.new_page(viewport={"width": request.param, "height": 800})
    page.set_content('<div id="draw-a-digit"></div>')
    for name in ("digit-weights.js", "digit.js"):
        page.add_script_tag(path=SOURCE / "course" / "_static" / name)
    page.add_style_tag(path=SOURCE / "course" / "_static" / "course.css")
    yield page
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.close()
    assert wide <= 0


def drawn(page, points):
    box = page.locator(".digit-sheet canvas").bounding_box()
    for number, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def test_it_computes_what_hellodl_computes(sheet, first_page):
    images = as_input(data.load("ink", "test", count=10, classes="digits").images)
    ours = predict(first_page.read(), images)
    theirs = [sheet.evaluate("image => look(image).scores", image[..., 0].tolist()) for image in images]
    np.testing.assert_allclose(theirs, ours, atol=1e-3)


def test_it_draws_as_hellodl_draws(sheet):
    seven = np.array(SEVEN)
    picture = sheet.evaluate("strokes => picture(strokes).map(row => Object.values(row))", [seven.tolist()])
    usual = strokes.render([seven]) / 255
    assert np.corrcoef(np.ravel(picture), usual.ravel())[0, 1] > 0.98


def test_a_seven_is_told_with_all_that_the_layers_make_of_it(sheet):
    said = sheet.locator("[role=status]")
    assert said.inner_text() == "Draw a digit."
    drawn(sheet, SEVEN)
    assert "A 7" in said.inner_text()
    assert sheet.locator(".digit-layers canvas").count() == 1 + 8 + 16
    assert sheet.locator(".digit-layers li").count() == 10
    sheet.get_by_role("button", name="Clear").click()
    assert sheet.locator(".digit-layers canvas").count() == 0
