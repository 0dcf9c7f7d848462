"""The two trainings behind `hellodl read`, in small: they learn, leave models that say how they were made."""

import json
import os
import signal
import sys
import threading
import time
from multiprocessing import active_children

import numpy as np
import pytest

from hellodl import nn
from hellodl.commands.cli import main
from hellodl.data.writing import HEIGHT, gathered
from hellodl.programs import clippings, finder, lines
from hellodl.reading.lines import Line
from hellodl.train import Settings
from hellodl.train.checkpoint import load_model


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Little of everything, and no UNIPEN."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "none"))
    monkeypatch.setattr(finder, "WATCHED", 2)
    monkeypatch.setattr(finder, "SIDE", 64)
    monkeypatch.setattr(lines, "WATCHED", 20)
    return tmp_path


def test_a_finder_learns_from_made_pages(small, capsys):
    assert (
        main(
            ["train", "finder", "--pages", "16", "--epochs", "1", "--threads", "1", "--json", "--out", "f.safetensors"]
        )
        == 0
    )
    figures = json.loads(capsys.readouterr().out)
    model, metadata = load_model("f.safetensors")
    assert isinstance(model, nn.UNet) and metadata["card"]["pages"] == 16
    assert 0 <= figures["validation_accuracy"] <= 1


def test_a_reader_of_lines_learns_from_ink_and_says_what_it_cannot(small, capsys):
    words = ["--dataset", "ink", "--count", "64", "--pages", "0", "--epochs", "2", "--threads", "1"]
    assert main(["train", "lines", *words, "--json", "--out", "l.safetensors"]) == 0
    said = capsys.readouterr()
    assert "no joined hand" in said.err
    figures = json.loads(said.out)
    assert figures["validation_error"] > 0 and "test_error" not in figures
    model, metadata = load_model("l.safetensors")
    assert isinstance(model, nn.LineReader) and metadata["card"]["temperature"] > 0
    assert main(["train", "lines", *words, "--weights", "l.safetensors", "--out", "m.safetensors"]) == 0
    assert "characters by people whom it never saw" in capsys.readouterr().out


def test_pieces_of_pages_show_the_truth_where_it_is(rng):
    dark = np.zeros((100, 140), np.uint8)
    dark[40:60, 20:120] = 200
    truth = np.zeros((50, 70, 2), np.uint8)
    truth[20:30, 10:60] = 255
    for _ in range(20):
        seen, marks = finder.piece((dark, truth), rng, 64)
        assert seen.shape == (64, 64) and marks.shape == (32, 32, 2)
        both = seen[::2, ::2] > 60, marks[..., 0] > 127
        assert (both[0] == both[1]).mean() > 0.9


def test_a_batch_is_about_equally_wide_and_an_epoch_visits_each_once_but_for_the_rest():
    widths = np.random.default_rng(0).random(500) * 10
    order = lines.by_width(widths, Settings(batch_size=16), 0)
    assert len(set(order.tolist())) == len(order) > 470
    spread = [np.ptp(widths[order[k : k + 16]]) for k in range(0, 256, 16)]
    assert np.mean(spread) < 2
    assert (lines.by_width(widths, Settings(batch_size=16), 1) != order).any()


def test_material_is_writing_first_and_then_clippings(rng):
    written = gathered([([np.array([[0, 0], [9, 9]], np.int16)], "a")])
    clipped = clippings.Clipping(np.full((HEIGHT, 40), 200, np.uint8), "b c")
    material = lines.Material(written, [clipped])
    assert len(material) == 2 and material.widths.tolist() == [1.0, 40 / HEIGHT]
    assert material.numbers(0) == [lines.NUMBER["a"]] and len(material.numbers(1)) == 3
    assert material.picture(1, rng).shape[0] == HEIGHT and material.picture(1, rng).max() > 100


@pytest.mark.parametrize(
    ("left", "right", "y", "text"),
    [
        (100, 300, 50, "right"),
        (100, 200, 50, None),
        (100, 300, 90, None),
        (100, 420, 50, None),
        (104, 310, 53, "right"),
    ],
)
def test_a_found_line_says_what_the_band_says_that_it_covers(left, right, y, text):
    zone = np.array([[100, 60], [300, 60], [300, 40], [100, 40]], float)
    line = Line(left, right, np.array([float(y)]), 20.0, (1,))
    assert clippings.said(line, [zone + 200, zone], ["wrong", "right"]) == text


def test_the_lines_of_a_page_are_cut_out_with_their_texts():
    found = [one for number in range(6) for one in clippings.clipped((0, number, None))]
    assert found and all(one.picture.shape[0] == HEIGHT and one.text.strip() for one in found)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_pages_in_hand_are_the_last_after_ctrl_c_however_often(monkeypatch):
    before = {*active_children()}
    put_away = finder.ProcessPoolExecutor.shutdown

    def pressed_again(pool, **how):
        os.kill(os.getpid(), signal.SIGINT)
        put_away(pool, **how)

    monkeypatch.setattr(finder.ProcessPoolExecutor, "shutdown", pressed_again)
    press = threading.Timer(3.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    start = time.monotonic()
    press.start()
    with pytest.raises(KeyboardInterrupt):
        finder.side_by_side(time.sleep, [0.5] * 400, "sleeping", threads=2)
    assert time.monotonic() - start < 60 and {*active_children()} <= before
