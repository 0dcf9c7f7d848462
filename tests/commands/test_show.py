"""What is shown in a terminal: pictures drawn with characters, who is taken for whom, and nothing that commands it."""

import numpy as np

from hellodl.commands import show


def test_confusion_counts_truth_by_guess_and_worst_pairs_count_both_ways():
    labels, guesses = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 2])
    confusion = show.confusion_matrix(labels, guesses, 3)
    assert confusion.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert show.worst_pairs(confusion, "abc") == [("a", "b", 2, 4)]
    assert show.pairs_as_text(np.eye(3, dtype=int), "abc") == "nothing is mixed up"


def test_a_picture_as_text_is_dark_where_there_is_ink():
    image = np.zeros((28, 28), np.uint8)
    image[10:12, 12:14] = 255
    lines = show.picture_as_text(image).split("\n")
    assert len(lines) == 14 and {len(line) for line in lines} == {24}
    assert lines[5][10:12] == "██" and "".join(lines).count("█") == 2


def test_text_from_anywhere_cannot_command_the_terminal():
    assert show.harmless("a\tb\n\x1b[2Jc\r\x07é") == "a\tb\n\ufffd[2Jc\ufffd\ufffdé"


def test_a_logo_is_as_high_as_what_it_shows_with_the_most_on_top():
    heights = np.array([[0.0, 1, 0, 0], [0, 0, 4, 2], [-3, 0, 0, 0]])
    assert show.logo(heights, "ACGT", bar=2, rows=6).split("\n") == [" G|", " G|", " G|", " G|", " T|", "CT|"]
