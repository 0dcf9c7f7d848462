"""The race for 99% of MNIST: whole processes, in turns, on a data set small enough for a test."""

import importlib.util
import json

import numpy as np
import pytest

from hellodl.bench import record
from hellodl.bench.record import Entry
from hellodl.commands import cli
from hellodl.data import idx
from hellodl.errors import HelloError


@pytest.fixture
def home(tmp_path):
    """A data home with an MNIST of 640 and 100 images: a digit is a bright square in a place of its own."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for stem, count in (("train", 640), ("t10k", 100)):
        labels = rng.integers(10, size=count)
        images = rng.integers(60, size=(count, 28, 28))
        for image, label in zip(images, labels, strict=True):
            row, column = divmod(label, 4)
            image[2 + 8 * row : 8 + 8 * row, 7 * column : 6 + 7 * column] = 250
        idx.write(folder / f"{stem}-images-idx3-ubyte.gz", images.astype(np.uint8))
        idx.write(folder / f"{stem}-labels-idx1-ubyte.gz", labels.astype(np.uint8))
    return folder.parent


def entry(library):
    found = [entry for entry in record.entries() if entry.library == library]
    if not found:
        pytest.skip(f"{library} is not installed")
    return found[0]


@pytest.mark.parametrize("library", ["hellodl", "PyTorch", "PyTorch, channels last"])
def test_every_entry_learns_and_says_how_well(home, library, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # so little work is not worth waiting for each other
    seconds, accuracy = record.one_run(entry(library), home / "mnist", 0)
    assert seconds > 0.1
    assert 0.5 < accuracy <= 1.0


def test_both_sides_start_and_go_by_the_same_recipe(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(record.SCRIPTS)
    ours, theirs = (importlib.import_module(f"{name}_mnist") for name in ("hellodl", "torch"))
    mine = dict(ours.network(np.random.default_rng(0)).named_parameters())
    other = dict(theirs.network().named_parameters())
    assert mine.keys() == other.keys()
    for name, parameter in mine.items():
        assert parameter.shape == tuple(other[name].shape)
        assert np.std(parameter.data) == pytest.approx(other[name].std().item(), rel=0.2)


def test_entries_take_turns_and_the_clock_runs_outside(home, monkeypatch, capsys):
    script = home / "entry.py"
    script.write_text(
        "import json, sys, time\n"
        "time.sleep(float(sys.argv[3]))\n"
        "print(json.dumps({'accuracy': 0.99 + int(sys.argv[2]) / 100, 'seconds': 0}))\n"
    )
    racers = [Entry("hellodl", "json", [str(script), "0"]), Entry("other", "json", [str(script), "0.2"])]
    monkeypatch.setattr(record, "entries", lambda peers: racers)
    monkeypatch.setattr(record, "SEEDS", (0, 1))
    assert cli.main(["bench", "mnist", "--data", str(home), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["tasks"] == []
    mine, other = figures["mnist"]["entries"]
    assert mine["accuracy"] == other["accuracy"] == [0.99, 1.0]
    assert min(other["seconds"]) > 0.2


def test_the_table_gives_ratios_within_a_seed_and_names_who_misses_the_goal():
    rows = [
        {"library": "hellodl", "seconds": [1.0, 2.0, 4.0], "accuracy": [0.99, 0.991, 0.992]},
        {"library": "other", "seconds": [3.0, 4.0, 8.0], "accuracy": [0.98, 0.98, 0.98]},
    ]
    lines = record.as_markdown({"goal": 0.99, "seeds": [0, 1, 2], "entries": rows})
    assert lines[-2] == "| hellodl | 2.0 (1.5 to 3.0) | 99.10% ± 0.10% |  |"
    assert lines[-1] == ("| other | 4.0 (3.5 to 6.0) | 98.00% ± 0.00%, misses the goal | 2.00× (2.00 to 2.50) |")


def test_an_entry_that_fails_is_an_error_that_says_why(home, tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("raise ValueError('no such thing')")
    with pytest.raises(HelloError, match="other failed at seed 3: ValueError: no such thing"):
        record.one_run(Entry("other", "json", [str(script)]), home, 3)


def test_without_the_images_the_task_is_left_out_with_one_line(tmp_path, capsys):
    assert cli.main(["bench", "mnist", "--data", str(tmp_path)]) == 0
    assert "mnist left out" in capsys.readouterr().err


def test_without_peers_hellodl_runs_alone_whatever_is_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert len(record.entries()) > 2
    assert [entry.library for entry in record.entries(peers=False)] == ["hellodl", "hellodl, jit"]
