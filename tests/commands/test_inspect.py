"""`hellodl inspect`: the pictures that suit a model, and no others."""

import json

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from hellodl import nn
from hellodl.commands import cli, inspect
from hellodl.data.vocabulary import Characters
from hellodl.train import checkpoint


@pytest.fixture
def reader(tmp_path, rng, monkeypatch):
    """A model file that reads letters, badly."""
    monkeypatch.chdir(tmp_path)
    model = nn.Sequential(nn.Conv2d(1, 4, 5, stride=3, rng=rng), nn.ReLU(), nn.Flatten(), nn.Linear(256, 26, rng=rng))
    path = tmp_path / "abc.safetensors"
    checkpoint.save_model(path, model, classes="abcdefghijklmnopqrstuvwxyz", card={})
    return path


def writer(tmp_path, model, vocabulary):
    path = tmp_path / "text.safetensors"
    checkpoint.save_model(path, model, vocabulary=vocabulary.describe(), card={})
    return path


def test_all_pictures_of_a_model_that_reads(reader, capsys):
    assert cli.main(["inspect", str(reader), "--count", "60", "--out", "new", "--json", "--threads", "1"]) == 0
    found = json.loads(capsys.readouterr().out)["pictures"]
    assert [one["what"] for one in found] == [*inspect.OF_ALL, *inspect.OF_READERS]
    for one in found:
        assert (reader.parent / one["picture"]).stat().st_size > 500
        assert len(one["description"]) > 20
    assert found[1]["picture"].endswith("abc-kernels-0.weight.png")


def test_only_what_was_asked_for_and_as_svg(reader, capsys):
    assert cli.main(["inspect", str(reader), "--what", "graph", "--format", "svg", "--count", "20"]) == 0
    assert capsys.readouterr().out == "abc-graph.svg\n"
    assert "28 × 28 × 1" in (reader.parent / "abc-graph.svg").read_text("utf-8")


def test_what_does_not_suit_the_model_is_refused_in_one_line(reader, capsys):
    assert cli.main(["inspect", str(reader), "--what", "attention", "--count", "20"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no picture of its attention; there are graph, kernels, maps" in line
    assert cli.main(["inspect", str(reader), "--what", "nonsense"]) == 2
    assert cli.main(["inspect", "nowhere.safetensors"]) == 1
    assert cli.main(["inspect", str(reader), "--count", "0"]) == 2


@pytest.mark.parametrize("kind", ["gpt", "gru"])
def test_all_pictures_of_a_model_of_text(kind, tmp_path, rng, capsys):
    vocabulary = Characters("\n abcdefg$_")
    if kind == "gpt":
        model = nn.GPT(vocabulary.size, context=24, layers=2, heads=2, width=8, rng=rng)
        expected = [*inspect.OF_ALL, *inspect.OF_WRITERS]
    else:
        model = nn.RecurrentText("gru", vocabulary.size, 6, 2, rng=rng)
        expected = [*inspect.OF_ALL, "neurons"]
    path = writer(tmp_path, model, vocabulary)
    words = ["--text", "abc $ def_\n" * 8, "--out", str(tmp_path), "--json"]
    assert cli.main(["inspect", str(path), *words]) == 0
    found = json.loads(capsys.readouterr().out)["pictures"]
    assert list(dict.fromkeys(one["what"] for one in found)) == [name for name in expected if name != "kernels"]
    assert cli.main(["inspect", str(path), "--text", ""]) == 1
    assert "give the model something to read" in capsys.readouterr().err


def test_capitals_are_counted_as_what_the_images_tell_apart(reader, tmp_path, rng):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 4, rng=rng))
    options = cli.Parser()
    inspect.add_arguments(options)
    given = options.parse_args(["x", "--count", "200"])
    given.data, given.seed, given.threads = None, 0, 1
    found = inspect.reader_of(reader, model, {"classes": "AaBb"}, given)
    assert (found.classes, found.spoken) == ("ab", "AaBb")
    assert found.sure.shape == (len(found.images), 2)
    assert set(found.labels) == {0, 1}
    np.testing.assert_allclose(found.sure.sum(axis=1), 1, rtol=1e-5)
