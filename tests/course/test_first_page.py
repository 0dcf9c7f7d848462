"""The network on the first page of the course."""

import first_page
import numpy as np

from hellodl.train.answers import as_input, predict


def test_it_reads_digits_of_people_it_has_never_met():
    assert first_page.right(first_page.read()) > 0.97


def test_what_is_written_is_what_is_read(monkeypatch, tmp_path, rng):
    model = first_page.network(rng)
    monkeypatch.setattr(first_page, "WEIGHTS", tmp_path / "weights.js")
    first_page.WEIGHTS.write_text(first_page.written(model), "utf-8")
    images = as_input(rng.integers(0, 256, (5, 28, 28)).astype(np.uint8))
    np.testing.assert_allclose(predict(first_page.read(), images), predict(model, images), atol=0.1)


def test_a_round_of_teaching_is_enough_to_be_better_than_chance():
    assert first_page.right(first_page.taught(count=1000, rounds=1)) > 0.3
