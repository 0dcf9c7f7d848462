"""What the command line may change of a recipe, and what it may not."""

from dataclasses import replace

import pytest

from hellodl.commands.cli import Parser, WrongUsage, main
from hellodl.programs import recipes
from hellodl.programs.text import add_arguments


def test_ingredients_can_be_left_out_and_put_in(capsys):
    def style(*words):
        parser = Parser()
        add_arguments(parser)
        options = parser.parse_args(words)
        recipes.recipe_of(options)
        return recipes.style_of(options)

    new, old = style("--model", "gpt"), style("--model", "gpt-2")
    within = {"bias": False, "rotary": True, "norm": "rms", "normalise": True, "activation": "relu2"}
    assert new == within | {"tied": False, "zero": True, "shift": 2}
    assert old == {"bias": False}
    assert "shift" not in style("--model", "gpt", "--without", "shift")
    assert style("--model", "gpt", "--with", "swiglu")["activation"] == "swiglu"
    assert style("--model", "gpt-2", "--with", "shift", "rotary") == old | {"shift": 2, "rotary": True}
    for words in (
        ["--model", "gru", "--with", "shift"],
        ["--model", "gpt", "--with", "shift"],
        ["--model", "gpt-2", "--without", "shift"],
    ):
        with pytest.raises(WrongUsage):
            style(*words)
    assert "--with is for --model gpt-2" in capsys.readouterr().err


@pytest.mark.parametrize("width", ["30", "36"])
def test_heads_want_an_even_share_each(width, capsys):
    assert main(["train", "text", "--model", "gpt", "--width", width]) == 2
    assert f"--width {width} does not give each of 4 --heads an even share" in capsys.readouterr().err


def test_pieces_of_a_batch_share_out_evenly():
    for batch, context in ((12, 64), (32, 128), (64, 64), (16, 256), (1, 64)):
        recipe = replace(recipes.RECIPES["gpt"], batch_size=batch, context=context)
        pieces = -(-batch // recipes.micro_batch_of(recipe))
        assert pieces % recipes.EVEN == 0 or batch < recipes.EVEN
    assert recipes.micro_batch_of(replace(recipes.RECIPES["gpt"], batch_size=12, context=64)) == 6
