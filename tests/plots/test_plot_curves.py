"""Curves and histograms: the right numbers stand where they should, and what to expect stands beside them."""

import math

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from hellodl.errors import DataError, HelloError
from hellodl.plots import curves, records, style


def lines_of(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_loss_and_accuracy_are_drawn_beside_what_to_expect(log):
    mine = records.curves(log, 1)
    guessing = records.guessing(log, log.runs()[0])
    sheet = curves.loss_and_accuracy(mine, "run 1", guessing=guessing, beside=("run 7", mine), claim=("best", 0.9))
    left, right = sheet.axes
    np.testing.assert_array_equal(lines_of(left)["learned from"].get_ydata(), mine["training"]["loss"])
    np.testing.assert_array_equal(lines_of(right)["kept back"].get_xdata(), [20, 40])
    assert {"run 7, learned from", "run 7, kept back"} <= set(lines_of(right))
    assert [line.get_ydata() for line in left.get_lines()][-1] == [guessing, guessing]
    assert any("best: 90.0%" in text.get_text() for text in right.texts)
    assert "guessing would have a loss of 1.39" in sheet.get_label()


def test_guessing_among_four_has_a_loss_of_ln_4(log):
    run = log.runs()[0]
    assert records.guessing(log, run) == pytest.approx(math.log(4))
    by_hand = {**run, "result": {"vocabulary": 512, "characters_per_token": 2.0}}
    assert records.guessing(log, by_hand) == pytest.approx(math.log(512) / 2), "text is told by the character"
    assert records.guessing(log, {**run, "settings": {"tokens": "512"}}) is None
    assert records.guessing(log, log.runs()[1]) is None


def test_guessing_is_known_before_the_run_has_ended(tmp_path, rng):
    log = records.RunLog(tmp_path / "log.sqlite3")
    with log.run("digits", {}) as run:
        run.weights(1, [("2.bias", rng.standard_normal(64), None), ("10.bias", rng.standard_normal(7), None)])
    assert records.guessing(log, log.runs()[0]) == pytest.approx(math.log(7))


def test_layers_come_in_their_order_and_by_kind(log):
    assert list(records.layers(log, 1, "gradient")) == ["0.weight", "2.weight", "10.bias", "10.weight"]
    assert list(records.layers(log, 1, "weight", ["10.weight"])) == ["10.weight"]
    layer = records.layers(log, 1, "weight")["0.weight"]
    assert layer["histogram"].shape == (3, 32)
    assert layer["histogram"].sum() == 3 * 36
    assert np.isnan(layer["step_ratio"][0])
    assert (layer["step_ratio"][1:] > 0).all()


def test_a_run_without_the_rows_says_so(log):
    for ask in (records.curves, records.confusion):
        with pytest.raises(DataError, match="run 2 has no"):
            ask(log, 2)
    with pytest.raises(DataError, match="did not write down activations of its layers, but gradients, weights"):
        records.layers(log, 1, "activation")
    with pytest.raises(DataError, match=r"it has 0\.weight, 2\.weight"):
        records.layers(log, 1, "weight", ["nonsense"])
    with pytest.raises(DataError, match=r"no kernels of a layer '2\.weight'"):
        records.kernels(log, 1, "2.weight")


def test_counts_are_shared_out_over_other_bins_and_none_is_lost(rng):
    counts = rng.integers(50, size=32).astype(float)
    wide = np.linspace(-3, 5, 49)
    new = curves.rebinned(counts, -1.0, 2.0, wide)
    assert new.sum() == pytest.approx(counts.sum())
    halves = curves.rebinned(np.array([4.0, 8.0]), 0.0, 2.0, np.array([0, 0.5, 1, 1.5, 2]))
    np.testing.assert_allclose(halves, [2, 2, 4, 4])
    alike = curves.rebinned(np.array([7.0] + [0.0] * 31), 0.5, 0.5, np.array([0, 1.0, 2.0]))
    np.testing.assert_allclose(alike, [7, 0])


def test_histograms_draw_what_the_rows_say(log):
    layers = records.layers(log, 1, "weight")
    sheet = curves.histograms(layers, "weight", "run 1")
    assert [axes.get_title(loc="left") for axes in sheet.axes[:4]] == list(layers)
    drawn = np.asarray(sheet.axes[0].collections[0].get_array())
    assert drawn.shape == (48, 3)
    assert drawn.max() == 1
    np.testing.assert_allclose(sheet.axes[0].get_lines()[0].get_ydata(), layers["0.weight"]["mean"])


def test_update_ratios_and_learning_rate(log):
    layers = records.layers(log, 1, "weight")
    (axes,) = curves.update_ratios(layers).axes
    assert len(axes.get_lines()) == 4
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), layers["0.weight"]["step_ratio"][1:])
    training = records.curves(log, 1)["training"]
    (axes,) = curves.learning_rate(training["step"], training["learning_rate"]).axes
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), training["learning_rate"])


def test_steps_reach_half_way_to_their_neighbours():
    np.testing.assert_array_equal(curves.around(np.array([1.0, 3, 7])), [0, 2, 5, 9])
    np.testing.assert_array_equal(curves.around(np.array([4.0])), [3.5, 4.5])


def test_files_hold_the_description_and_the_same_picture_is_the_same_bytes(log, tmp_path):
    training = records.curves(log, 1)["training"]
    for name in ("a.png", "a.svg"):
        sheet = curves.learning_rate(training["step"], training["learning_rate"], "run 1")
        path = style.save(sheet, tmp_path / name)
        first = path.read_bytes()
        assert b"Learning rate over the steps of run 1" in first
        again = curves.learning_rate(training["step"], training["learning_rate"], "run 1")
        assert style.save(again, path).read_bytes() == first
    assert b"<title>Learning rate" in first
    with pytest.raises(HelloError, match=r"as \.png or \.svg"):
        style.save(sheet, tmp_path / "a.pdf")
    with pytest.raises(HelloError, match="cannot be written"):
        style.save(sheet, tmp_path / "nowhere" / "a.png")
    assert sorted(path.name for path in tmp_path.glob("*a.*")) == ["a.png", "a.svg"]


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(HelloError, match=r"pip install 'hellodl\[plots\]'"):
        style.figure(1, 1, "nothing")


def test_a_sheet_of_pictures_has_each_in_its_place(rng):
    pictures = rng.standard_normal((5, 2, 3))
    sheet = style.sheet_of(pictures, 3, gap=1, background=9)
    assert sheet.shape == (5, 11)
    np.testing.assert_array_equal(sheet[3:5, 4:7], pictures[4])
    assert (sheet[2] == 9).all()
    assert (sheet[3:, 8:] == 9).all()


def test_a_notebook_shows_a_figure_with_its_description():
    sheet = style.figure(2, 1, 'A "line" & nothing else.')
    shown = sheet._repr_html_()
    assert 'src="data:image/png;base64,' in shown
    assert 'alt="A &quot;line&quot; &amp; nothing else."' in shown and "width: 192px" in shown
