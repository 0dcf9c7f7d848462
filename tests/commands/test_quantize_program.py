"""`hellodl quantize`: the table tells size and cost of each way, for models of every kind; --out writes one."""

import json

import numpy as np
import pytest

from hellodl import nn
from hellodl.commands import cli, evaluate, quantize
from hellodl.data.dataset import Dataset
from hellodl.data.vocabulary import learn_vocabulary
from hellodl.train import checkpoint

WAYS = [(32, None), (16, None), (8, "uniform"), (8, "equal"), (4, "uniform"), (4, "equal")]


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """A model that tells two halves of a picture apart by random weights, and pictures labelled as it sees them."""
    rng = np.random.default_rng(5)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 60, rng=rng), nn.GELU(), nn.Linear(60, 3, rng=rng))
    images = rng.integers(0, 256, (90, 28, 28)).astype(np.uint8)
    labels = evaluate.looked_at(model, images, 1, [(0.0, 0.0)])[0].argmax(axis=1)
    data = Dataset("noise", images, labels, "abc")
    monkeypatch.setattr(evaluate, "load", lambda name, split, **_: data)
    path = tmp_path / "model.safetensors"
    checkpoint.save_model(path, model, classes="abc", card={"seed": 5})
    return path


def rows_of(arguments, capsys):
    assert cli.main(["quantize", *map(str, arguments), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["bits"], row["how"]) for row in found["rows"]] == WAYS
    return found


def test_fewer_bits_are_smaller_files_and_larger_errors(reader, capsys):
    found = rows_of([reader, "--one-view"], capsys)
    assert found["judged_on"] == "ink (test): 90 images"
    whole, half, uniform, equal, small, least = found["rows"]
    assert whole["bytes"] == reader.stat().st_size and whole["ratio"] == 1
    assert (whole["accuracy"], whole["weight_error"]) == (1.0, 0.0), "labels are what the whole model says"
    assert half["ratio"] > 1.8 and uniform["ratio"] > 3 and equal["ratio"] > 3 and small["ratio"] > 5
    assert 0 < half["weight_error"] < uniform["weight_error"] < small["weight_error"] < 0.15
    assert least["accuracy"] <= half["accuracy"] == 1.0
    assert uniform["accuracy"] > 0.9


def test_people_get_a_table(reader, capsys):
    assert cli.main(["quantize", str(reader), "--one-view", "--count", "90"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert "judged on ink (test): 90 images" in lines[0]
    assert lines[2].split() == ["weights", "in", "bytes", "smaller", "off", "by", "by", "mean", "square", "right"]
    assert lines[3].split()[0] == "float32" and lines[3].split()[-1] == "100.00%"
    assert lines[8].startswith("4 bits, equal")
    assert "4 bits, equal (6 of 6)" in err


def test_a_model_that_writes_is_judged_by_its_loss_on_text_it_did_not_learn(tmp_path, capsys):
    text = "one day the cat sat on the mat and the rat ran; " * 40
    corpus, path = tmp_path / "cats.txt", tmp_path / "text.safetensors"
    corpus.write_text(text)
    vocabulary = learn_vocabulary(text, "characters")
    model = nn.RecurrentText("gru", vocabulary.size, 32, 1, 0.0, rng=np.random.default_rng(0))
    card = {"corpus": str(corpus), "context": 16}
    checkpoint.save_model(path, model, vocabulary=vocabulary.describe(), card=card)
    found = rows_of([path], capsys)
    assert found["judged_on"].endswith("of cats.txt that were kept for judging")
    losses = [row["loss"] for row in found["rows"]]
    assert losses[0] == pytest.approx(np.log(vocabulary.size), rel=0.2), "it has learned nothing"
    assert losses[0] == pytest.approx(losses[2], rel=1e-2) and losses[0] != losses[2]
    assert rows_of([path, "--count", "2"], capsys)["judged_on"].startswith("32 characters")
    assert cli.main(["quantize", str(path), "--corpus", str(tmp_path / "none")]) == 1


def test_errors_of_weights_are_those_worked_out_by_hand():
    model, small = (nn.Linear(2, 2, rng=np.random.default_rng(0)) for _ in range(2))
    model.weight.data[:] = [[2, 2], [-2, 2]]
    small.weight.data[:] = [[2, 2], [-2, 3]]
    model.bias.data[:], small.bias.data[:] = 1, 9
    assert quantize.weight_errors(model, small) == (1 / 8, 1 / 4), "of weights, not of vectors"


def test_any_other_model_is_judged_by_its_weights(tmp_path, capsys):
    path = tmp_path / "other.safetensors"
    checkpoint.save_model(path, nn.Linear(40, 50, rng=np.random.default_rng(0)), card={})
    found = rows_of([path], capsys)
    assert found["judged_on"] == "its weights alone"
    assert "accuracy" not in found["rows"][0]


def test_out_writes_the_file_with_card_and_classes(reader, tmp_path, capsys):
    out = tmp_path / "small.safetensors"
    assert cli.main(["quantize", str(reader), "--bits", "4", "--how", "equal", "--out", str(out)]) == 0
    assert f"{out}: {out.stat().st_size:,} bytes" in capsys.readouterr().out
    assert checkpoint.load(out)[1]["quantized"]["1.weight"] == {"bits": 4, "how": "equal", "shape": [60, 784]}
    metadata = checkpoint.load_model(out)[1]
    assert (metadata["classes"], metadata["card"]) == ("abc", {"seed": 5})
    assert cli.main(["quantize", str(reader), "--bits", "8", "--out", str(out), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["how"], row["bytes"]) == ("uniform", out.stat().st_size)
    assert 0 < row["weight_error"] < 0.01
    assert cli.main(["quantize", str(reader), "--bits", "16", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["how"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        ["--bits", "8"],
        ["--out", "x"],
        ["--how", "equal"],
        ["--count", "0"],
        ["--bits", "7", "--out", "x"],
        ["--bits", "16", "--out", "x", "--how", "equal"],
    ],
)
def test_wrong_usage_is_told(reader, wrong, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["quantize", str(reader), *wrong]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "x").exists()
