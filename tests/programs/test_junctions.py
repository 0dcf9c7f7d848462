"""What is said of junctions: who there is, how they were judged, what speaks for them."""

import os
from pathlib import Path

import numpy as np
import pytest

from hellodl import nn
from hellodl.data import dna, introns
from hellodl.programs.junctions import introduction, judgement, saliency

SHARED = Path(os.environ.get("HELLODL_SHARED", Path(__file__).parents[2].parent / "shared"))
needs_uci = pytest.mark.skipif(not (SHARED / "data" / "splice").is_dir(), reason="UCI's junctions are not here")


def test_a_base_that_decides_is_the_one_that_is_salient():
    member = nn.Sequential(nn.Flatten(), nn.Linear(240, 3, rng=None))
    place = dna.JUNCTION + 1
    member[1].weight.data[0, 4 * place + 3] = 2.0  # a T right there speaks for EI
    codes = introns.simulate(200, 1)
    heights = saliency(nn.Committee(member, member), codes.codes[codes.labels == 0], 0)
    assert heights.shape == (60, 4)
    assert np.unravel_index(heights.argmax(), heights.shape) == (place, 3)
    assert heights[place, 3] == pytest.approx(1), "two thirds of 2 more than the others' mean, less the bases' mean"
    assert np.abs(np.delete(heights, place, axis=0)).max() == 0


def test_copies_and_folds_are_counted_as_they_are():
    data = introns.simulate(6, 0)
    data = dna.Junctions("x", data.codes[[0, 0, 1, 2]], np.array([0, 0, 1, 2]))
    sure = np.eye(3)[[0, 0, 1, 1]]
    figures = judgement(data, np.arange(4), sure, np.array([0, 0, 1, 1]))
    assert figures["fold_accuracies"] == [1, 0.5]
    assert figures["test_accuracy"] == 0.75 and figures["right"] == 3
    assert figures["distinct"] == 3 and figures["distinct_accuracy"] == pytest.approx(2 / 3)
    assert figures["recall"] == {"EI": 1, "IE": 1, "N": 0}


@pytest.mark.shared
@needs_uci
def test_the_real_set_is_introduced_with_what_is_wrong_with_it():
    said = introduction(dna.load_uci(SHARED / "data" / "splice"))
    assert "3,190 stretches of DNA (uci): 767 EI, 768 IE, 1,655 N" in said
    assert "1 sequence stands there as IE and as N" in said
