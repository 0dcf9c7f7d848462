"""`hellodl read --language`: from a text or a model to somebody who knows what may come next."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import hellodl
from hellodl import nn
from hellodl.autograd.tensor import Tensor
from hellodl.commands.cli import main
from hellodl.commands.language import TextModel, load
from hellodl.data.ngrams import ALPHABET, NGrams
from hellodl.data.pages import layout
from hellodl.data.vocabulary import BytePairs, Bytes, Characters
from hellodl.errors import CheckpointError, DataError
from hellodl.reading.accuracy import character_accuracy, edit_distance
from hellodl.train.checkpoint import save_model

TEXT = "so we read on and on, Until the end; then we read it Again.\n" * 4
SMALL_LETTERS = Characters(" abcdefghijklmnopqrstuvwxyz0123456789")


def gpt(size, rng):
    network = nn.GPT(size, context=8, layers=2, heads=2, width=16, shift=2, rotary=True, rng=rng)
    for parameter in network.parameters():
        parameter.data[...] += 0.2 * rng.standard_normal(parameter.shape, np.float32)
    return network


@pytest.mark.parametrize("kind", ["gpt", "gru"])
def test_a_text_model_says_what_the_model_itself_says_of_a_text(kind, rng):
    size = SMALL_LETTERS.size
    network = gpt(size, rng) if kind == "gpt" else nn.RecurrentText("gru", size, 8, 2, rng=rng)
    said = " we an"  # shorter than the context: after that a Writer reads its last half again
    logits = network(Tensor(SMALL_LETTERS.encode(said)[None])).data[0].astype(np.float64)
    alone = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)  # (L, vocabulary)
    model = TextModel(network, SMALL_LETTERS, "x")
    state, states = model.start(), []
    for letter in said[1:]:
        states.append(state)
        state = model.go_on(state, letter)
    scores = np.exp(model.scores([*states, state]))
    order = [SMALL_LETTERS.symbols.index(c) + 1 for c in ALPHABET]
    expected = alone[:, order]
    expected[:, 0] += alone[:, 0]  # what is unknown counts as a space
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-6)


def test_states_part_and_do_not_disturb_each_other(rng):
    model = TextModel(gpt(SMALL_LETTERS.size, rng), SMALL_LETTERS, "x")
    state = model.go_on(model.start(), "a")
    before = model.scores([state])
    one, other = model.go_on(state, "b"), model.go_on(state, "c")
    np.testing.assert_array_equal(model.scores([state]), before)
    again = model.go_on(state, "b")
    np.testing.assert_array_equal(model.scores([again]), model.scores([one]))
    assert (model.scores([one]) != model.scores([other])).any()


def test_both_cases_are_added_up_and_signs_are_spaces(rng):
    vocabulary = Characters.of(TEXT)
    model = TextModel(gpt(vocabulary.size, rng), vocabulary, "x")
    state = model.start()
    likely = np.exp(state.expects)
    scores = np.exp(model.scores([state])[0])

    def of(symbols):
        return sum(likely[vocabulary.encode(c)[0]] for c in symbols)

    assert scores[ALPHABET.index("u")] == pytest.approx(of("U"))
    assert scores[ALPHABET.index("a")] == pytest.approx(of("aA"))
    assert scores[0] == pytest.approx(of(" ,;.\n\ufffd"))
    assert scores[ALPHABET.index("7")] == 0
    assert scores.sum() == pytest.approx(1)
    model.go_on(state, "7")  # which it does not know


def saved(path, vocabulary, rng):
    save_model(path, gpt(vocabulary.size, rng), vocabulary=vocabulary.describe(), card={})
    return path


def test_models_and_texts_are_told_apart(tmp_path, rng):
    (tmp_path / "text.txt").write_text(TEXT)
    assert isinstance(load(tmp_path / "text.txt"), NGrams)
    for kind in (Bytes(), Characters.of(TEXT)):
        model = load(saved(tmp_path / "model.safetensors", kind, rng))
        assert isinstance(model, TextModel)
        assert np.exp(model.scores([model.start()])).sum() == pytest.approx(1)


def test_a_model_of_pieces_of_words_is_refused_with_the_mend(tmp_path, rng):
    path = saved(tmp_path / "pieces.safetensors", BytePairs.of(TEXT, 270), rng)
    with pytest.raises(CheckpointError, match=r"pieces\.safetensors.*--tokens characters"):
        load(path)
    with pytest.raises(CheckpointError, match="--tokens characters"):
        load("text")  # the one that ships


def test_a_text_that_is_none_or_too_short_is_refused(tmp_path):
    (tmp_path / "short.txt").write_text("two words")
    with pytest.raises(DataError, match=r"short\.txt.*too short"):
        load(tmp_path / "short.txt")
    with pytest.raises(DataError, match="no such file"):
        load(tmp_path / "none.txt")


def test_a_page_is_read_better_with_the_language_it_is_in(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text(TEXT)
    picture, truth = layout.write_page("so we read on and on until the end then we read it again", 2, width=1000)
    small = cv2.resize(picture, None, fx=0.17, fy=0.17, interpolation=cv2.INTER_AREA)
    cv2.imwrite("page.png", cv2.GaussianBlur(small, (0, 0), 0.6))
    assert main(["read", "page.png", "--threads", "1", "--language", "none"]) == 0
    plain = capsys.readouterr().out
    assert main(["read", "page.png", "--threads", "1", "--language", "text.txt"]) == 0
    told = capsys.readouterr().out
    assert main(["read", "page.png", "--threads", "1"]) == 0
    assert capsys.readouterr().out == told, "English does as well"
    assert hellodl.read("page.png").text == told.strip()
    assert hellodl.read("page.png", language=None).text == plain.strip()
    assert character_accuracy(truth, told) == 1
    wrong = [edit_distance(truth.split(), text.split()) for text in (plain, told)]
    assert wrong[1] < wrong[0]
    assert hellodl.read("page.png", language="text.txt").text == told.strip()


def test_english_ships_and_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = load("english")
    assert words is load("english"), "it is opened once"
    the, hte = (sum(words.scores([state])[0, ALPHABET.index(c)] for state, c in steps(word)) for word in ("the", "hte"))
    assert the > hte + 5
    assert load("none") is None
    Path("english").write_text("milk 3\nmince 1\n")
    counts = np.exp(load("english").scores([" mi"])[0])
    assert counts[ALPHABET.index("l")] > counts[ALPHABET.index("n")] > counts[ALPHABET.index("a")]


def steps(word):
    """Each state in which a word may be, and the letter that follows."""
    return [(f" {word[:end]}", word[end]) for end in range(len(word))]


def test_a_file_of_one_word_a_line_is_a_list_of_words(tmp_path):
    (tmp_path / "words.txt").write_text("milk\nbread\neggs\n")
    words = load(tmp_path / "words.txt")
    assert words.begin_so["mi"] == 1
    assert words.begin_so["xy"] == 0
