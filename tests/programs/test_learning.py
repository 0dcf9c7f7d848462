"""The programs that learn: they run as a newcomer would run them, say what they found, and keep their promises."""

import json

import numpy as np
import pytest

from hellodl.commands.cli import main
from hellodl.data import load
from hellodl.data.dataset import Dataset
from hellodl.data.idx import write
from hellodl.programs.learning import SAMPLES, record_guesses
from hellodl.runs.log import RunLog


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("hellodl.data.INK_COUNTS", {"train": 600, "validation": 200, "test": 400})


def result_of(capsys, *arguments):
    status = main([str(a) for a in arguments])
    return status, capsys.readouterr()


def test_three_or_seven_by_hand_and_learned(capsys):
    status, said = result_of(capsys, "train", "three-or-seven", "--dataset", "ink", "--epochs", "2", "--json")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["by_hand_accuracy"] > 0.8
    assert figures["test_accuracy"] > 0.9


def test_a_promise_that_is_missed_is_exit_1(capsys):
    arguments = ("--dataset", "ink", "--epochs", "1", "--least", "1.1")
    status, said = result_of(capsys, "train", "three-or-seven", *arguments)
    assert status == 1
    assert "misses" in said.err


LITTLE = ("--dataset", "ink", "--count", "600", "--epochs", "1", "--batch-size", "32", "--json")


def test_letters_learn_save_and_are_on_record(capsys, tmp_path):
    status, said = result_of(capsys, "train", "letters", *LITTLE, "--out", "mine.safetensors")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["test_accuracy"] > 2 / 26  # better than chance, after 18 steps
    assert 0 < figures["weights"] <= 500_000
    assert (tmp_path / "mine.safetensors").exists()
    assert not list(tmp_path.glob("runs/*.state")), "a finished run leaves no state to resume"
    status, said = result_of(capsys, "runs", "--json")
    assert json.loads(said.out), "the run is listed"
    log = RunLog(tmp_path / "runs" / "hellodl.sqlite3")
    assert log.confusion(1)[1].sum() == 400, "of the test images"
    assert len(log.samples(1)) == SAMPLES
    labels = load("ink", "validation", None, 0, None, None).labels
    assert all(log.confusion(1)[0][labels[row["input"]]] == row["truth"] for row in log.samples(1))
    assert {kind for _, kind in log.layer_names(1)} == {"weight", "gradient", "activation"}


def test_guesses_on_validation_images_are_on_record(tmp_path):
    watched = Dataset("few", np.zeros((30, 28, 28), np.uint8), np.arange(30) % 3, "abc")
    logits = np.zeros((30, 3), np.float32)
    logits[np.arange(30), (np.arange(30) + 1) % 3] = np.log(2)  # each is taken for the next one
    log = RunLog(tmp_path / "log.sqlite3")
    with log.run("letters", {}) as run:
        record_guesses(run, 7, logits, watched)
    assert log.confusion(1)[1].tolist() == [[0, 10, 0], [0, 0, 10], [10, 0, 0]]
    first, *_, last = log.samples(1)
    assert (first["input"], last["input"], last["truth"], last["guess"]) == (0, 29, "c", "a")
    assert first["probability"] == pytest.approx(0.5)


def test_the_original_network_is_there_with_its_weights(capsys):
    _, said = result_of(capsys, "train", "letters", *LITTLE, "--architecture", "hello-dl")
    assert json.loads(said.out)["weights"] == 137_178


def test_digits_begin_with_a_perceptron_and_learn_from_idx_files(capsys, tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for part, count in (("train", 700), ("t10k", 100)):
        labels = rng.integers(0, 10, count).astype(np.uint8)
        images = np.zeros((count, 28, 28), np.uint8)
        for image, label in zip(images, labels):
            image[4 + 2 * label : 8 + 2 * label, 6:22] = 255  # a bar whose height is the digit
        write(folder / f"{part}-images-idx3-ubyte.gz", images)
        write(folder / f"{part}-labels-idx1-ubyte.gz", labels)
    _, said = result_of(capsys, "train", "digits", "--epochs", "2", "--batch-size", "32", "--json")
    figures = json.loads(said.out)
    assert figures["dataset"] == "mnist"
    assert "the perceptron reads" in said.err
    assert figures["test_accuracy"] > 0.5
    alone = ("--architecture", "perceptron", "--epochs", "1", "--out", tmp_path / "new" / "p.safetensors")
    assert result_of(capsys, "train", "digits", *alone)[0] == 0
    assert (tmp_path / "new" / "p.safetensors").is_file(), "either network goes where --out says"


def test_resuming_what_is_not_there_says_so(capsys):
    status, said = result_of(capsys, "train", "letters", *LITTLE, "--resume", "7")
    assert status == 1
    assert "letters-7.state" in said.err


def test_a_data_set_that_is_not_there_says_how_to_get_it(capsys):
    status, said = result_of(capsys, "train", "letters", "--dataset", "emnist")
    assert status == 1
    assert "hellodl data get emnist" in said.err
