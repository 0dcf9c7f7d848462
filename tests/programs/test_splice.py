"""`hellodl train splice`: it learns, judges each example once by who never saw it, and shows what it looks at."""

import json

import numpy as np
import pytest

from hellodl.commands.cli import main
from hellodl.data import dna, introns
from hellodl.programs import splice
from hellodl.programs.junctions import as_pictures, saliency
from hellodl.runs.log import RunLog
from hellodl.train import Settings
from hellodl.train.checkpoint import load_model

LITTLE = ("--dataset", "simulated", "--count", "400", "--epochs", "4", "--members", "2", "--threads", "1")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELLODL_DATA", str(tmp_path / "data"))


def result_of(capsys, *arguments):
    status = main(["train", "splice", *arguments])
    return status, capsys.readouterr()


def test_it_learns_without_a_download_and_leaves_a_model_with_its_card(capsys, tmp_path):
    status, said = result_of(capsys, *LITTLE, "--seed", "1", "--json", "--out", "deep/mine.safetensors")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["dataset"] == "simulated"
    assert figures["tested"] == pytest.approx(40, abs=2)
    assert figures["test_accuracy"] > 0.5
    assert "what speaks for EI" in said.err and "would be right in 9" in said.err
    model, metadata = load_model(tmp_path / "deep" / "mine.safetensors")
    assert len(model.members) == 2
    assert metadata["card"]["classes"] == ["EI", "IE", "N"]


def test_it_says_where_the_real_junctions_are_to_be_had(capsys):
    _, said = result_of(capsys, *LITTLE[2:])
    assert "hellodl data get splice" in said.err and "(simulated)" in said.err


def test_every_example_is_judged_once_and_the_figure_is_the_mean_of_the_folds(capsys, tmp_path):
    status, said = result_of(capsys, *LITTLE, "--folds", "3", "--json")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["tested"] == 400 == np.sum(figures["confusion"])
    assert figures["right"] == np.trace(figures["confusion"])
    assert len(figures["fold_accuracies"]) == 3
    assert figures["test_accuracy"] == pytest.approx(np.mean(figures["fold_accuracies"]))
    assert figures["spread"] == pytest.approx(np.std(figures["fold_accuracies"], ddof=1))
    assert figures["test_accuracy"] > 0.5
    assert not list(tmp_path.glob("runs/*.safetensors")), "what was judged by folds is no model to keep"


def test_who_judges_an_example_never_saw_it_nor_a_copy(monkeypatch):
    data = introns.simulate(90, 0)
    twice = dna.Junctions("twice", np.concatenate([data.codes, data.codes]), np.concatenate([data.labels] * 2))
    seen = []

    def remember(data, which, settings, members, run, threads):
        seen.append(which)
        return splice.committee(1, np.random.default_rng(0))

    monkeypatch.setattr(splice, "taught", remember)
    fold = dna.folds(twice.labels, twice.groups, 3, 0)
    options = type("", (), {"folds": 3, "members": 1, "threads": 1})
    sure = splice.cross_validated(twice, fold, Settings(), options, None)
    assert sure.shape == (180, 3)
    for number, learned in enumerate(seen):
        judged = np.flatnonzero(fold == number)
        assert not set(twice.groups[judged]) & set(twice.groups[learned])
        assert len(judged) + len(learned) == 180


def test_the_same_seed_gives_the_same_figures_whatever_the_threads(capsys):
    few = ("--dataset", "simulated", "--count", "150", "--epochs", "1", "--members", "1", "--json")
    figures = []
    for seed, threads in (("3", "1"), ("3", "2")):
        result_of(capsys, *few, "--seed", seed, "--threads", threads, "--out", f"{threads}.safetensors")
        figures.append(load_model(f"{threads}.safetensors")[0].state_dict())
    assert all((figures[0][name] == figures[1][name]).all() for name in figures[0])


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("--folds", "1"), 2, "at least 2"),
        (("--folds", "0"), 2, "at least 2"),
        (("--folds", "many"), 2, "no whole number"),
        (("--folds", "4001"), 1, "choose from 2 to"),
        (("--folds", "2", "--all"), 2, "not allowed with"),
        (("--members", "0"), 2, "at least 1"),
        (("--folds", "2", "--out", "x"), 2, "leaves no model"),
        (("--dataset", "uci", "--count", "9"), 2, "for simulated sequences"),
        (("--dataset", "uci"), 1, "hellodl data get splice"),
        (("--dataset", "simulated", "--count", "40"), 1, "do not fill one batch"),
    ],
)
def test_silly_wishes_are_one_clear_line(capsys, words, status, says):
    got, said = result_of(capsys, *words)
    assert got == status
    assert says in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_a_promise_that_is_missed_is_exit_1(capsys):
    status, said = result_of(capsys, *LITTLE, "--least", "1.1")
    assert status == 1
    assert "misses" in said.err


def test_learning_from_everything_tests_on_nothing(capsys):
    status, said = result_of(capsys, *LITTLE, "--all", "--json")
    figures = json.loads(said.out)
    assert status == 0
    assert figures["tested"] == 0 and figures["test_accuracy"] is None


def test_a_lesson_teaches_each_member_by_its_own_loss(rng):
    data = introns.simulate(64, 0)
    model = splice.committee(2, rng)
    model.use_generator(rng)
    work = splice.lesson(as_pictures(data.codes), data.labels, Settings(batch_size=64))
    loss, sums = work(model, np.arange(64), rng)
    loss.backward()
    alone = list(model.members[0].parameters())[-1].grad
    assert np.abs(alone).max() > 0 and (alone != list(model.members[1].parameters())[-1].grad).any()
    assert sums[1] == 64 and 0 <= sums[0] <= 64
    assert loss.item() > 0.5


def test_a_sequence_from_the_other_strand_is_an_example_of_none(monkeypatch, rng):
    data = introns.simulate(40, 0)
    monkeypatch.setattr(splice, "STRUCK_OUT", 0.0)
    monkeypatch.setattr(splice, "TURNED", 1.0)
    x, labels = splice.disguised(as_pictures(data.codes), data.labels, rng)
    np.testing.assert_array_equal(x, as_pictures(dna.reverse_complement(data.codes)))
    assert (labels == dna.CLASSES.index("N")).all()


def test_a_base_that_is_struck_out_may_be_any(monkeypatch, rng):
    data = introns.simulate(100, 0)
    monkeypatch.setattr(splice, "TURNED", 0.0)
    pictures = as_pictures(data.codes)
    x, labels = splice.disguised(pictures, data.labels, rng)
    struck = (x == 0.25).all(axis=-1)
    assert 0.08 < struck.mean() < 0.12
    np.testing.assert_array_equal(x[~struck], pictures[~struck])
    assert x.dtype == np.float32 and (labels == data.labels).all()


def test_what_was_learned_shows_gt_and_ag_at_the_junction():
    data = introns.simulate(1500, 2)
    with RunLog(None).run("splice", {}) as run:
        model = splice.taught(data, np.arange(1500), Settings(epochs=3, batch_size=50, learning_rate=3e-3), 1, run, 1)
    donors, acceptors = (saliency(model, data.codes[data.labels == k][:200], k) for k in (0, 1))
    assert dna.BASES[donors[dna.JUNCTION].argmax()] + dna.BASES[donors[dna.JUNCTION + 1].argmax()] == "GT"
    assert dna.BASES[acceptors[dna.JUNCTION - 2].argmax()] + dna.BASES[acceptors[dna.JUNCTION - 1].argmax()] == "AG"
