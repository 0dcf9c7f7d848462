"""How well lines are read: counted rightly, and told by `hellodl evaluate`."""

import json

import numpy as np
import pytest

from hellodl.commands.cli import main
from hellodl.commands.eyes import LINES, lines_of
from hellodl.commands.words import figures_of, honest_temperature, strings
from hellodl.data.writing import NUMBER
from hellodl.reading.decoding import Said


def said(text, sure=0.9):
    return [Said(NUMBER[letter], k, k + 1, sure) for k, letter in enumerate(text)]


def test_figures_are_counted():
    figures = figures_of(["abc", "De", "x"], [said("abd"), said("de"), said("")], {"abc"})
    assert figures["error"] == pytest.approx(3 / 6) and figures["error_case_ignored"] == pytest.approx(2 / 6)
    assert figures["right"] == 0 and figures["new_pieces"] == 2 and figures["error_of_new"] == pytest.approx(2 / 3)
    assert figures["wrong_of_read"] == pytest.approx(2 / 5)
    assert figures["calibration_error"] == pytest.approx(0.9 - 3 / 5)
    assert figures_of([], [])["error"] == 0


def test_what_is_least_sure_is_left_out():
    truths, read = ["a"] * 40, [said("a")] * 38 + [said("b", 0.2)] * 2
    figures = figures_of(truths, read)
    assert figures["wrong_of_read"] == pytest.approx(0.05) and figures["wrong_of_sure"] == 0


def test_a_network_that_is_too_sure_is_cooled():
    network, _ = lines_of(LINES)
    words = strings(24, 3)
    before = honest_temperature(network, words, 1)
    for parameter in network.head.parameters():
        parameter.data *= np.float32(1.6)
    assert honest_temperature(network, words, 1) > before


def test_evaluate_tells_how_well_lines_are_read(capsys):
    assert main(["evaluate", "lines", "--count", "12", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["pieces"] == 12 and figures["error"] < 0.4
    assert main(["evaluate", "lines", "--count", "12"]) == 0
    assert "words and lines right" in capsys.readouterr().out


def test_evaluate_with_a_list_of_the_words_that_are_there_tells_of_fewer_mistakes(tmp_path, capsys):
    words = strings(60, 0)
    (tmp_path / "words.txt").write_text("\n".join(part for text in words.texts for part in text.split()))
    errors = []
    for more in ([], ["--language", str(tmp_path / "words.txt")]):
        assert main(["evaluate", "lines", "--count", "60", "--json", *more]) == 0
        errors.append(json.loads(capsys.readouterr().out)["error_case_ignored"])
    assert errors[1] < 0.8 * errors[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lines", "--dataset", "mnist"], "reads lines"),
        (["finder"], "finds lines"),
        (["letters", "--language", "x"], "by themselves"),
    ],
)
def test_what_cannot_be_judged_so_is_one_line(arguments, says, capsys):
    assert main(["evaluate", *arguments]) == 1
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1
