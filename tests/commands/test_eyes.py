"""The networks behind reading: large pages in pieces, strips in batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.commands import eyes
from hellodl.data.pages.hands import Hand
from hellodl.data.pages.layout import lay_out
from hellodl.data.pages.photograph import MILD, photograph
from hellodl.reading.darkness import darkness
from hellodl.train.checkpoint import load_model


@pytest.mark.parametrize("threads", [1, 2])
def test_a_page_marked_in_pieces_is_marked_as_in_one(monkeypatch, threads):
    text = "\n".join(["a page of many lines", "some long others", "short"] * 12)
    page = lay_out(text, 3, "test", 420, 8.0, 2.5, 3.0, hand=Hand.of(3, "test"), pen=0.15)
    dark = darkness(photograph(page, MILD, 3).picture)
    assert len(dark) > 1.5 * eyes.TALLEST
    network = load_model(eyes.FINDER)[0]
    pieces = eyes.marker(network, threads)(dark)
    monkeypatch.setattr(eyes, "TALLEST", 10_000)
    whole = eyes.marker(network, threads)(dark)
    assert pieces.shape == whole.shape
    assert whole.max() > 0.9
    assert np.abs(pieces - whole).max() < 0.001


@given(st.lists(st.integers(8, 6000), max_size=40))
def test_strips_are_read_together_as_far_as_there_is_room(widths):
    batches = eyes.alike(widths)
    assert sorted(number for batch in batches for number in batch) == list(range(len(widths)))
    for batch in batches:
        widest = max(widths[number] for number in batch)
        assert len(batch) == 1 or len(batch) * widest <= eyes.TOGETHER
