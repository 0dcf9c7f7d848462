"""Inside a GPT and a recurrent network: what is drawn is what the model computed."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from hellodl import Tensor, nn
from hellodl.errors import DataError
from hellodl.plots import text

STYLES = [
    {},
    {"rotary": True, "normalise": True, "norm": "rms", "activation": "relu2", "shift": 2, "tied": False},
    {"activation": "swiglu", "bias": False},
]


@pytest.mark.parametrize("style", STYLES)
def test_shares_are_those_of_attention_and_the_units_lead_to_the_answer(style, rng):
    model = nn.GPT(11, context=12, layers=2, heads=2, width=8, rng=rng, **style)
    for parameter in model.parameters():
        parameter.data += 0.3 * rng.standard_normal(parameter.shape).astype(np.float32)
    tokens = rng.integers(11, size=9)
    found = text.thoughts(model, tokens)
    assert [block.shape for block in found.shares] == [(2, 9, 9)] * 2
    for block in found.shares:
        np.testing.assert_allclose(block.sum(axis=2), 1, rtol=1e-5)
        assert not np.triu(block, 1).any(), "nobody looks ahead"
    # From the last block's own numbers to the logits that the model gives.
    seen = []
    last = model.blocks()[-1]
    hidden = last.network.hidden
    last.network.hidden = lambda x: seen.append(hidden(x)) or seen[-1]
    model.go_on(tokens, model.begin())
    np.testing.assert_allclose(found.units[-1], seen[0], rtol=1e-4, atol=1e-5)


def test_the_shares_times_the_values_are_the_answer_of_attention(rng):
    model = nn.GPT(7, context=6, layers=1, heads=2, width=8, rotary=True, rng=rng)
    tokens = rng.integers(7, size=6)
    (block,) = model.blocks()
    x = block.norm_1(model.symbols(Tensor(tokens))).data
    (shares,) = text.thoughts(model, tokens).shares
    values = block.attention.asked(x)[2]
    answers = (shares @ values).transpose(1, 0, 2).reshape(6, 8)
    np.testing.assert_allclose(
        block.attention.project.plain(answers), block.attention(Tensor(x[None])).data[0], rtol=1e-4, atol=1e-6
    )


def test_cells_of_a_recurrent_network_are_those_of_its_forward_pass(rng):
    model = nn.RecurrentText("lstm", 9, 5, 2, rng=rng)
    tokens = rng.integers(9, size=8)
    found = text.thoughts(model, tokens)
    assert found.shares == []
    np.testing.assert_allclose(found.units[1], model.cells(Tensor(tokens[None]))[0].data[0], rtol=1e-4, atol=1e-6)
    with pytest.raises(DataError, match="no text"):
        text.thoughts(model, tokens[:0])


def test_a_passage_is_laid_out_in_lines_with_the_number_of_each_symbol():
    lines = text.laid_out(["ab", "\n", "c d", "x" * text.WIDTH])
    assert "".join(c for c, _ in lines[0]) == "ab↵"
    assert [number for _, number in lines[0]] == [0, 0, 1]
    assert "".join(c for c, _ in lines[1]) == "c·d" + "x" * (text.WIDTH - 3)
    assert len(lines[2]) == 3


def test_units_that_stay_on_for_a_while_are_worth_looking_at(rng):
    quiet = rng.uniform(0, 0.2, (100, 3))
    quiet[:, 1] = 0.1
    quiet[30:50, 1] = 5  # clearly on, and for a while
    quiet[10, 2] = 9  # once only
    assert text.telling_units([rng.uniform(0.5, 1, (100, 2)), quiet], 1) == [(1, 1)]


def test_pictures_of_attention_and_of_units(rng):
    symbols = ["def", " x", "\n", "$a", "\\b", "_^{", "é"]
    shares = [np.tril(rng.uniform(size=(2, 7, 7))) for _ in range(3)]
    shares = [block / block.sum(axis=2, keepdims=True) for block in shares]
    sheet = text.attention_maps(shares, symbols)
    np.testing.assert_allclose(sheet.axes[3].images[0].get_array(), np.sqrt(shares[1][1]))
    assert sheet.axes[3].get_title(loc="left") == "block 1, head 1"
    sheet.canvas.draw()
    units = [rng.standard_normal((7, 4))]
    sheet = text.neurons(units, symbols, [(0, 2), (0, 3)])
    colours = np.ma.filled(sheet.axes[0].images[0].get_array(), np.nan)
    most = np.abs(units[0][:, 2]).max()
    np.testing.assert_allclose(colours[0, :3], units[0][0, 2] / most)
    np.testing.assert_allclose(colours[1, :2], units[0][3, 2] / most)
    sheet.canvas.draw()


def test_how_far_back_a_head_looks():
    assert text.looks_back(np.eye(4)) == 0
    assert text.looks_back(np.eye(4, k=-1) + np.diag([1, 0, 0, 0])) == pytest.approx(3 / 4)
