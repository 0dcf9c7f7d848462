"""`hellodl evaluate`: figures that can be worked out by hand come out, and wrong models are refused."""

import json
import sys

import numpy as np
import pytest

from hellodl import models, nn
from hellodl.commands import cli, evaluate
from hellodl.data.dataset import Dataset
from hellodl.train import checkpoint


class BrightestCorner(nn.Module):
    """Reads images whose corner pixels say what they are: logits are the first pixels, times a factor."""

    def __init__(self, classes: int, factor: float):
        self.classes, self.factor = classes, factor

    def forward(self, x):
        return x[:, 0, : self.classes, 0] * self.factor


def corner_images(corners: list[list[int]]) -> np.ndarray:
    images = np.zeros((len(corners), 28, 28), np.uint8)
    images[:, 0, : len(corners[0])] = corners
    return images


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model of three classes, and four images: two right, one right at second guess, one wrong."""
    images = corner_images([[255, 0, 0], [0, 255, 0], [255, 200, 0], [255, 200, 0], [0, 0, 0]])
    data = Dataset("four", images, np.array([1, 2, 2, 3, 0]), "?abc")
    monkeypatch.setattr(evaluate, "load", lambda name, split, **_: data)
    path = tmp_path / "model.safetensors"
    checkpoint.save_model(path, BrightestCorner(3, 100.0), classes="abc", card={})
    return path


def test_figures_are_those_worked_out_by_hand(model, capsys):
    assert cli.main(["evaluate", str(model), "--one-view", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["images"], found["skipped"]) == (4, 1)
    assert (found["accuracy"], found["top2"]) == (0.5, 0.75)
    assert found["confusion"] == [[1, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert found["calibration_error"] == pytest.approx(0.5, abs=1e-3), "sure of all, right of half"
    assert found["classes"] == "abc"


def test_people_get_the_same_in_words(model, capsys):
    assert cli.main(["evaluate", str(model), "--one-view"]) == 0
    out = capsys.readouterr().out
    assert "4 images" in out
    assert "right: 50.00%, within two guesses: 75.00%" in out
    assert "100.0%  50.0%  4" in out
    assert "a/b 1 of 3" in out


def test_five_views_are_asked_unless_one_is_enough(model, capsys):
    assert cli.main(["evaluate", str(model), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["views"], found["accuracy_one_view"]) == (5, 0.5)
    assert found["calibration_error"] < 0.4, "a leaned corner is no corner: the views make it less sure"
    assert cli.main(["evaluate", str(model)]) == 0
    assert "mean opinion of 5 views of each image; as it stands alone: 50.00%" in capsys.readouterr().out


def test_a_model_without_classes_or_with_none_in_common_or_too_few_is_refused(model, tmp_path, capsys):
    path = tmp_path / "other.safetensors"
    for network, classes, words in [
        (BrightestCorner(3, 1.0), None, "does not say which characters"),
        (BrightestCorner(3, 1.0), "xyz", "nothing in common"),
        (BrightestCorner(2, 1.0), "abc", "gives 2 answers for 3 classes"),
    ]:
        checkpoint.save_model(path, network, classes=classes, card={})
        assert cli.main(["evaluate", str(path)]) == 1
        err = capsys.readouterr().err
        assert words in err
        assert str(path) in err
    assert cli.main(["evaluate", str(tmp_path / "none")]) == 1
    assert cli.main(["evaluate", str(path), "--count", "0"]) == 2


def test_models_that_ship_are_known_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "MODELS", tmp_path)
    (tmp_path / "reader.safetensors").touch()
    assert models.find_model("reader") == tmp_path / "reader.safetensors"
    assert str(models.find_model("my.safetensors")) == "my.safetensors"


def test_the_diagram_is_drawn_where_it_is_asked_for(model, tmp_path):
    pytest.importorskip("matplotlib")
    path = tmp_path / "sure.svg"
    assert cli.main(["evaluate", str(model), "--one-view", "--diagram", str(path)]) == 0
    assert "100% sure, 50% of 4 right" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "says"), [("sure.jpg", "as .png or .svg"), ("sure.png", "pip install 'hellodl[plots]'")]
)
def test_a_diagram_that_cannot_be_drawn_is_said_before_the_work(name, says, model, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(evaluate, "load_model", None)
    assert cli.main(["evaluate", str(model), "--diagram", str(tmp_path / name)]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("classes", "asked"), [("0123456789", "0123456789"), ("37", "37"), ("01abc", "01abc"), ("abc", "abc")]
)
def test_ink_writes_what_the_model_reads(classes, asked, tmp_path, capsys):
    path = tmp_path / "model.safetensors"
    checkpoint.save_model(path, BrightestCorner(len(classes), 1.0), classes=classes, card={})
    assert cli.main(["evaluate", str(path), "--count", "300", "--one-view", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["told_apart"] == asked
    written = [name for name, row in zip(asked, found["confusion"], strict=True) if sum(row)]
    assert written == [*asked] and found["images"] + found["skipped"] == 300
    assert (found["skipped"] == 0) == asked.isdecimal()
