"""Graphs: parents stand left of children, nothing overlaps, and values and gradients are the real ones."""

from graphlib import CycleError
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("matplotlib")

from hellodl import Tensor, nn
from hellodl.errors import HelloError
from hellodl.plots import graphs
from hellodl.plots.layout import layered, spread

GRAPHS = st.integers(2, 14).flatmap(
    lambda count: st.tuples(
        *(st.sets(st.integers(0, k - 1), max_size=3) if k else st.just(set()) for k in range(count))
    )
)


@given(GRAPHS)
def test_parents_stand_left_of_their_children_and_boxes_apart(above):
    parents = {node: sorted(its) for node, its in enumerate(above)}
    places, ways = layered(parents)
    assert set(places) == set(parents)
    for child, its in parents.items():
        for parent in its:
            assert places[parent][0] < places[child][0]
            way = ways[parent, child]
            assert (way[0], way[-1]) == (places[parent], places[child])
            assert [x for x, _ in way] == list(np.arange(places[parent][0], places[child][0] + 1))
    taken = sorted({*places.values(), *(stop for way in ways.values() for stop in way)})
    for (x, y), (other_x, other_y) in pairwise(taken):
        assert x != other_x or other_y - y >= 1 - 1e-9
    assert min((y for _, y in taken), default=0) == 0


def test_labels_are_spread_with_the_least_moving():
    np.testing.assert_allclose(spread([0, 5, 10]), [0, 5, 10])
    np.testing.assert_allclose(spread([1, 1, 1]), [0, 1, 2])
    np.testing.assert_allclose(spread([0, 0.5, 9], 2.0), [-0.75, 1.25, 9])


def test_gradients_of_all_nodes_are_those_of_backward_and_the_graph_stays():
    a, b = Tensor([2.0], requires_grad=True), Tensor([-3.0], requires_grad=True)
    c = a * b
    loss = (c + a) ** 2 + c
    found = graphs.gradients(loss)
    loss.backward()
    assert found[id(a)] == a.grad
    assert found[id(b)] == b.grad
    assert found[id(c)] == 2 * (-6 + 2) + 1, "in the middle, where backward keeps none"


def test_an_expression_is_drawn_with_values_gradients_and_operations():
    a, b = Tensor([2.0], requires_grad=True), Tensor([-3.0], requires_grad=True)
    h = (a * b) ** 2
    sheet = graphs.expression(h + a, {"a": a, "b": b, "h": h}, "h + a")
    boxes = [text.get_text() for text in sheet.axes[0].texts if text.get_text()]
    assert "b\nvalue -3\ngradient -24" in boxes
    assert any(box.startswith("h\npower\nvalue 36") for box in boxes)
    assert any(box.startswith("+\n") for box in boxes)
    assert "from a, b to its result" in sheet.get_label()
    sheet.canvas.draw()


def test_what_cannot_be_drawn_says_why():
    a = Tensor([1.0], requires_grad=True)
    loss = a * a
    loss.backward()
    with pytest.raises(HelloError, match="before backward"):
        graphs.expression(loss)
    x = a
    for _ in range(graphs.MOST_NODES):
        x = x + a
    with pytest.raises(HelloError, match="too many"):
        graphs.expression(x)


def test_a_model_is_drawn_with_what_comes_out_of_each_part(network, images):
    sheet = graphs.model(network, images[0], "a network")
    boxes = [text.get_text() for text in sheet.axes[0].texts if text.get_text()]
    assert boxes[:2] == ["input\n28 × 28 × 1", "0 Conv2d\n40 weights\n→ 28 × 28 × 4"]
    assert "4.body.0 Conv2d\n148 weights\n→ 7 × 7 × 4" in boxes
    assert "+" in boxes
    assert boxes[-1] == "8 Linear\n39 weights\n→ 3"
    graphs.model(nn.Committee(network, network), images[0]).canvas.draw()


def test_a_gpt_is_drawn_with_its_ways_around(rng):
    model = nn.GPT(11, context=8, layers=2, heads=2, width=8, rng=rng)
    sheet = graphs.model(model)
    boxes = [text.get_text() for text in sheet.axes[0].texts if text.get_text()]
    assert boxes.count("+") == 4
    assert sum(box.startswith("block 1\n") for box in boxes) == 2


def test_the_folders_of_a_package_are_drawn_right_of_what_they_import(tmp_path):
    house = tmp_path / "house"
    for file, text in {
        "errors.py": "",
        "core/__init__.py": "",
        "core/deep.py": "import house.errors",
        "face/__init__.py": "def late():\n    from house import core, errors\n",
        "_private.py": "from house import face",
    }.items():
        (house / file).parent.mkdir(parents=True, exist_ok=True)
        (house / file).write_text(text)
    sheet = graphs.imports(house)
    assert [text.get_text() for text in sheet.axes[0].texts if text.get_text()] == [
        "errors\n0 lines",
        "core\n1 lines",
        "face\n2 lines",
    ]
    assert sheet.get_label() == (
        "Imports between the parts of house: errors imports nothing; core imports errors; face imports core."
    )
    (house / "errors.py").write_text("from house.face import late")
    with pytest.raises(CycleError):
        graphs.imports(house)
