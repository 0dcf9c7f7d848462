"""Code and figures are copied into chapters between comments, and what is stale is found."""

from dataclasses import replace

import pytest
import sync
from chapters import CourseError

from hellodl.bench.claims import read_claims
from hellodl.bench.results import Result

CLAIM = next(claim for claim in read_claims() if claim.id == "digits")
RESULT = Result([0.9957, 0.9963], "2023-01-15", "a machine, 2 cores", {}, None)


def synced(text: str) -> str:
    """With what these tests claim."""
    return sync.synced(text, {"digits": CLAIM, "new": replace(CLAIM, id="new")}, {"digits": RESULT})


def test_a_figure_is_the_mean_with_its_spread_the_day_and_the_machine():
    text = "read <!-- claim: digits -->?<!-- end -->, or <!-- mean: digits -->?<!-- end -->, on "
    fresh = synced(text + "<!-- day: digits --><!-- end --> by <!-- machine: digits -->old<!-- end -->.")
    assert "-->99.60 ± 0.042%<!-- end -->, or" in fresh
    assert "-->99.60%<!-- end -->, on" in fresh
    assert "-->15 January 2023<!-- end -->" in fresh and "-->a machine, 2 cores<!-- end -->." in fresh
    assert synced(fresh) == fresh


@pytest.mark.parametrize(
    ("name", "words"), [("unknown", "no claim unknown"), ("new", "hellodl reproduce new --record")]
)
def test_a_figure_that_nobody_measured_is_an_error(name, words):
    with pytest.raises(CourseError, match=words):
        synced(f"<!-- claim: {name} -->99%<!-- end -->")


def test_code_is_the_source_as_it_stands_with_a_link_to_its_file():
    fresh = synced("a\n\n<!-- code: hellodl.autograd.tensor.Tensor.backward -->\nold\n<!-- end -->\n\nb")
    assert "old" not in fresh and "```python\ndef backward(self" in fresh
    assert "[src/hellodl/autograd/tensor.py](../src/hellodl/autograd/tensor.py)" in fresh
    assert fresh.startswith("a\n") and fresh.endswith("<!-- end -->\n\nb")
    assert synced(fresh) == fresh


@pytest.mark.parametrize("name", ["hellodl.autograd.tensor.nothing", "nowhere.at.all"])
def test_code_that_is_not_there_is_an_error(name):
    with pytest.raises(CourseError, match="there is no"):
        synced(f"<!-- code: {name} -->\n<!-- end -->")
