"""A lesson: what a language model sees of a corpus, and how it is judged."""

import numpy as np
import pytest

from hellodl import nn
from hellodl.autograd.tensor import Tensor
from hellodl.data.text import Corpus
from hellodl.data.vocabulary import Bytes, Characters
from hellodl.errors import DataError
from hellodl.train import lesson as module
from hellodl.train.lesson import Lesson, windows_that_touch

CORPUS = Corpus("letters", "abcdefghij" * 100)


class Next(nn.Module):
    """Knows that after each letter comes the next one of the ten, and is as sure as told."""

    def __init__(self, vocabulary: Characters, sure: float):
        self.letters, self.sure = vocabulary.encode("abcdefghij"), sure

    def forward(self, tokens: Tensor) -> Tensor:
        place = np.argsort(self.letters)[tokens.data - 1]
        return Tensor(np.eye(11)[self.letters[(place + 1) % 10]] * self.sure)


def a_lesson(context: int = 8) -> Lesson:
    return Lesson(CORPUS, Characters.of(CORPUS.text), context)


def test_parts_of_a_training_go_on_where_the_part_before_ended():
    lesson = a_lesson()
    first, second = lesson.order(0, 50, seed=3), lesson.order(1, 50, seed=3)
    assert np.concatenate([first, second]).tolist() == lesson.order(0, 100, seed=3).tolist()
    assert len(set(first) & set(second)) == 0, "within a pass no window comes twice"


def test_the_work_of_a_lane_is_to_guess_the_next_token():
    lesson = a_lesson()
    model = Next(lesson.vocabulary, sure=50)
    loss, (right, seen) = lesson.work(4)(model, np.array([0, 5, 17, 30]), np.random.default_rng(0))
    assert (right, seen) == (32, 32) and loss.item() == pytest.approx(0, abs=1e-6)
    loss, _ = lesson.work(4)(Next(lesson.vocabulary, sure=0), np.array([0, 5, 17, 30]), np.random.default_rng(0))
    assert loss.item() == pytest.approx(np.log(11)), "a mean over the batch, of which all is here"


def test_a_judge_reads_all_of_the_validation_text_and_of_a_long_one_some(monkeypatch):
    lesson = a_lesson()
    assert lesson.judge(Next(lesson.vocabulary, 50)) == {"loss": pytest.approx(0, abs=1e-6), "accuracy": 1}
    assert lesson.judge(Next(lesson.vocabulary, 0))["loss"] == pytest.approx(np.log(11), rel=1e-5)
    assert lesson.watched.shape == (12, 9)
    monkeypatch.setattr(module, "MOST_JUDGED", 40)
    some = windows_that_touch(np.arange(100), 8)
    assert some[:, 0].tolist() == [0, 16, 40, 64, 88], "from all over the text"


def test_a_validation_text_shorter_than_the_context_is_one_window():
    assert windows_that_touch(np.arange(5), 8).tolist() == [[0, 1, 2, 3, 4]]


def test_a_character_of_several_bytes_counts_once():
    lesson = Lesson(Corpus("euros", "€a" * 200), Bytes(), 8)
    assert lesson.characters_per_token == 0.5

    class Clueless(nn.Module):
        def forward(self, tokens):
            return Tensor(np.zeros((*tokens.shape, 256)))

    assert lesson.judge(Clueless())["loss"] == pytest.approx(2 * np.log(256), rel=1e-5)
    loss, _ = lesson.work(1)(Clueless(), np.array([0]), np.random.default_rng(0))
    assert loss.item() == pytest.approx(2 * np.log(256), rel=1e-5)


def test_too_little_text_says_what_to_do():
    with pytest.raises(DataError, match=r"letters: has 900 characters to learn from.*smaller --context"):
        a_lesson(context=900)
    with pytest.raises(DataError, match="too short to judge by"):
        Lesson(Corpus("few", "abcdefghijk"), Bytes(), 4)
