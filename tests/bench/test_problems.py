"""How much work a task is."""

import numpy as np

from hellodl.bench.problems import Task, flops, problem_of


def test_flops_are_those_counted_by_hand():
    conv = 2 * (26 * 26 * 9 * 32 + 11 * 11 * 9 * 32 * 64 + 4 * 4 * 9 * 64 * 128)
    linear = 2 * (512 * 64 + 64 * 128 + 128 * 26)
    first = 2 * 26 * 26 * 9 * 32
    assert flops(problem_of(Task("", "hello-dl", 1, False))) == conv + linear
    assert flops(problem_of(Task("", "hello-dl", 1, True))) == 3 * (conv + linear) - first


def test_what_a_letter_takes_is_as_counted_by_hand():
    gru = flops(problem_of(Task("", "gru", 1, False, classes=95, length=75)))
    assert gru == 2 * (768 * 256 * 5 + 256 * 95)  # the first layer looks up what the others multiply
    gpt = flops(problem_of(Task("", "gpt", 1, True, classes=65, length=64)))
    assert gpt == 3 * (2 * (4 * 12 * 128 * 128 + 65 * 128) + 4 * 4 * 32.5 * 128)


def test_what_a_movement_takes_is_as_counted_by_hand():
    first = 1024 * (4 + 2 + 24 + 8 + 48 + 256) + 18 * 256
    second = 1024 * (256 + 48 + 4 + 2 + 24 + 8 + 256)
    problem = problem_of(Task("", "pen", 4, True, classes=84, length=9))
    assert flops(problem) == 3 * 2 * (first + second + 512 * 74)
    assert problem.images.shape == (4, 9, 4) and problem.task.unit == "movements"
    texts = problem.labels[:, 1:]
    assert ((texts > 0).sum(axis=1) < texts.shape[1]).all() and (np.diff(np.sign(texts)) <= 0).all()  # a 0 behind each
