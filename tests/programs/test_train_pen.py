"""`hellodl train pen` in small: it learns from words as strokes, leaves blends of hands, and its model writes."""

import json

import numpy as np
import pytest

from hellodl import nn
from hellodl.commands import penned
from hellodl.commands.cli import main
from hellodl.data import writing
from hellodl.data.moves import load_moves
from hellodl.programs import pen
from hellodl.train.checkpoint import load_model

WORDS = ("nose", "gold", "ace", "bag", "on")


def write_words(folder, rng, count=120, writers=6):
    """Words of zigzags, a movement or five a letter, by a few people who are in all splits."""
    steps, strokes, items, texts = [], [0], [0], []
    for item in range(count):
        text = WORDS[item % len(WORDS)]
        points = np.stack([np.arange(6 * len(text)) * 40, 250 + 250 * (-1.0) ** np.arange(6 * len(text))], axis=1)
        points += rng.integers(-30, 30, points.shape)
        steps.append(np.diff(points, axis=0, prepend=0))
        strokes += [strokes[-1] + 6, strokes[-1] + len(points)]
        items.append(items[-1] + 2)
        texts.append(text)
    numbers = np.arange(count)
    np.savez(
        folder / writing.WORDS_FILE,
        xy=np.concatenate(steps).astype(np.int16),
        stroke_ptr=np.array(strokes, np.int32),
        item_ptr=np.array(items, np.int32),
        text=np.frombuffer("".join(texts).encode(), np.uint8),
        text_ptr=np.cumsum([0, *map(len, texts)]).astype(np.int32),
        split=(numbers % 6 // 4 + (numbers % 6 == 5)).astype(np.uint8),  # train four times, validation, test
        writer_group=(numbers % writers).astype(np.int16),
        kind=np.zeros(count, np.uint8),
        case_ok=np.ones(count, bool),
        height_mm=np.full(count, 5, np.float32),
        aspect=np.ones(count, np.float32),
    )


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unipen").mkdir()
    write_words(tmp_path / "unipen", rng)
    monkeypatch.setattr(pen, "SETTINGS", pen.replace(pen.SETTINGS, batch_size=16, micro_batch=8))
    for program in (pen, penned):
        monkeypatch.setattr(program, "folder_of", lambda name, data: tmp_path / name)
    return tmp_path


def test_it_learns_to_write_and_its_model_writes(folder, capsys, monkeypatch):
    asked = ["--width", "16", "--epochs", "6", "--lr", "0.02", "--threads", "1", "--out", "p.safetensors"]
    assert main(["train", "pen", *asked, "--json"]) == 0
    said = capsys.readouterr()
    figures = json.loads(said.out)
    lines = [line for line in said.err.splitlines() if "validation: loss" in line]
    first, last = (float(line.split("validation: loss")[1].split()[0]) for line in (lines[0], lines[-1]))
    assert len(lines) == 6 and last < first - 0.3
    assert figures["test_loss"] == pytest.approx(last, abs=0.5)
    model, metadata = load_model("p.safetensors")
    assert isinstance(model, nn.Pen) and metadata["card"]["width"] == 16
    assert main(["pen", "gold on nose", "--model", "p.safetensors", "--hand", "1", "--out", "l.svg"]) == 0
    assert (folder / "l.svg").read_text().count("<path") >= 3
    capsys.readouterr()
    monkeypatch.setattr(penned, "EXAMPLES", 1)
    assert main(["evaluate", "p.safetensors", "--dataset", "unipen", "--count", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["words"] == 5 and found["loss"] == pytest.approx(figures["test_loss"], abs=0.05)  # hand 0 is as it was
    assert found["real_apart"] < found["written_apart"] and found["letters_per_second"] > 1


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(folder, capsys, monkeypatch):
    asked = ["train", "pen", "--width", "8", "--epochs", "3", "--threads", "1"]
    assert main([*asked, "--out", "whole.safetensors"]) == 0
    epochs = []

    def stop(model, watched, judged=pen.judged):
        epochs.append(judged(model, watched))
        if len(epochs) == 2:
            raise MemoryError
        return epochs[-1]

    monkeypatch.setattr(pen, "judged", stop)
    assert main([*asked, "--out", "parts.safetensors"]) == 1
    told = capsys.readouterr().err.split()
    state = told[told.index("--resume") + 1]
    assert main(["train", "pen", "--resume", state, "--threads", "1", "--out", "parts.safetensors"]) == 0
    whole, parts = (load_model(f"{name}.safetensors")[0].state_dict() for name in ("whole", "parts"))
    assert all((whole[name] == parts[name]).all() for name in whole)


def test_words_of_a_batch_are_about_equally_long_and_each_comes_once(rng):
    lengths = rng.integers(5, 150, 64 * 24 * 2)
    order = pen.by_length(lengths, pen.SETTINGS, 3)
    assert sorted(order.tolist()) == list(range(len(lengths)))
    spread = [np.ptp(lengths[order[i : i + 64]]) for i in range(0, len(order), 64)]
    assert np.mean(spread) < 15
    assert (order != pen.by_length(lengths, pen.SETTINGS, 4)).any()


def test_every_hand_is_a_blend_of_several_that_are_alike(rng):
    vectors = rng.standard_normal((61, 5)).astype(np.float32)
    vectors[31:] += 20  # two schools
    written = np.repeat(np.arange(1, 61), 50)
    hands = pen.blended(vectors, written, 0)
    assert hands.shape == (60, 5)
    apart = np.linalg.norm(hands[:, None] - vectors[1:], axis=2).min(axis=1)
    assert apart.min() > 0.2  # of one person alone
    school = hands.mean(axis=1) > 10
    assert 0 < school.sum() < 60 and (np.abs(hands.mean(axis=1) - 20 * school) < 3).all()


def test_who_wrote_few_words_is_in_no_blend(rng):
    vectors = np.zeros((21, 2), np.float32)
    vectors[11:] = 100
    written = np.repeat(np.arange(1, 21), [50] * 10 + [3] * 10)
    assert (pen.blended(vectors, written, 0) == 0).all()


def test_shaking_a_word_leaves_the_set_as_it_was(folder):
    train = load_moves(folder / "unipen", "train")
    before = train.moves.copy()
    model = nn.Pen(len(writing.ALPHABET) + 1, 7, 8, rng=np.random.default_rng(0))
    pen.learning(train, pen.SETTINGS)(model, np.arange(8), np.random.default_rng(0))
    assert (train.moves == before).all()
