"""Confusion, mistakes, posters and projections: numbers that can be worked out by hand."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from hellodl.nn import calibration
from hellodl.plots import answers


def test_principal_components_are_the_eigenvectors_of_the_covariance(rng):
    points = rng.standard_normal((200, 6)) @ rng.standard_normal((6, 6)) + 5
    seen, shares = answers.principal_components(points, 3)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    values, vectors = values[::-1], vectors[:, ::-1]
    np.testing.assert_allclose(shares, values[:3] / values.sum(), rtol=1e-9)
    along = (points - points.mean(axis=0)) @ vectors[:, :3]
    np.testing.assert_allclose(np.abs(seen), np.abs(along), rtol=1e-6, atol=1e-9)
    turned, _ = answers.principal_components(-points, 3)
    np.testing.assert_allclose(turned, -seen, atol=1e-9)


def test_an_embedding_draws_each_point_as_its_class(rng):
    points, labels = rng.standard_normal((12, 5)), np.arange(12) % 3
    (axes,) = answers.embedding(points, labels, "abc").axes
    assert [text.get_text() for text in axes.texts] == ["abc"[k] for k in labels]
    seen, _ = answers.principal_components(points)
    np.testing.assert_allclose([text.get_position() for text in axes.texts], seen)


def test_the_confusion_matrix_shows_shares_of_mistakes():
    matrix = np.array([[8, 2, 0], [0, 5, 0], [1, 0, 3]])
    sheet = answers.confusion_matrix(matrix, "abc", "a run")
    drawn = np.ma.filled(sheet.axes[0].images[0].get_array(), np.nan)
    np.testing.assert_allclose(drawn, [[np.nan, 0.2, 0], [0, np.nan, 0], [0.25, 0, np.nan]])
    assert sheet.axes[0].get_title(loc="left") == "84.2% right"
    assert "most often mistaken: c as a (25%), a as b (20%)." in sheet.get_label()


def test_a_reliability_diagram_has_a_bar_for_each_bin():
    sure, right = np.array([0.95, 0.9, 0.92, 0.98, 0.35]), np.array([True, True, True, False, False])
    sheet = answers.reliability(calibration.reliability(sure, right)[1], "a model")
    upper, lower = sheet.axes
    assert [(bar.get_x(), bar.get_height()) for bar in upper.patches] == [(0.3, 0), (0.9, 0.75)]
    assert [bar.get_height() for bar in lower.patches] == [1, 4]
    dots = upper.lines[1].get_xydata()
    np.testing.assert_allclose(dots, [[0.35, 0], [0.9375, 0.75]])
    assert "94% sure, 75% of 4 right." in sheet.get_label()


def test_the_surest_mistakes_come_first(images):
    labels = np.array([0, 1, 2, 0, 1])
    sure = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.1, 0.3, 0.6], [0.2, 0.1, 0.7], [0, 0.1, 0.9]])
    sheet = answers.worst_mistakes(images[:5], labels, sure, "abc")
    (axes,) = sheet.axes
    assert [text.get_text() for text in axes.texts] == ["b as c, 90%", "b as a, 80%", "a as c, 70%"]
    np.testing.assert_array_equal(np.asarray(axes.images[0].get_array())[8:36, :28], images[4])
    assert "The 3 surest of 3 mistakes among 5 images" in sheet.get_label()
    none = answers.worst_mistakes(images[:1], labels[:1], sure[:1], "abc")
    assert [text.get_text() for text in none.texts] == ["none"]


def test_a_poster_has_a_row_for_each_class_with_its_count(images, rng):
    labels = np.array([0] * 12 + [2] * 18)
    (axes,) = answers.poster(images, labels, "abc", rng, each=4).axes
    assert [text.get_text() for text in axes.texts] == ["a", "12", "b", "0", "c", "18"]
    drawn = np.asarray(axes.images[0].get_array())
    assert drawn.shape == (3 * 30 - 2, 4 * 30 - 2)
    assert not drawn[30:58].any(), "class b has no images"
    of_c = drawn[60:88, :28]
    assert any(np.array_equal(of_c, image) for image in images[12:])
