"""Vocabularies: text becomes numbers and the numbers the text again, whatever the text is."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data import vocabulary
from hellodl.data.vocabulary import BytePairs, Bytes, Characters, from_description, learn_vocabulary
from hellodl.errors import CheckpointError, DataError

CORPUS = "the cat sat on the mat, and the other cats sat; then they ate.\n    def cat(self):\n" * 4
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
PAIRS = BytePairs.of(CORPUS, 290)
ALL = [Characters.of(CORPUS), Bytes(), PAIRS]


@given(TEXT)
def test_bytes_and_byte_pairs_say_any_text(text):
    for kind in (Bytes(), PAIRS):
        tokens = kind.encode(text)
        assert tokens.dtype == np.int64 and tokens.ndim == 1
        assert kind.decode(tokens) == text
        assert not kind.unseen(text)


@given(TEXT)
def test_characters_say_what_they_know_and_mark_the_rest(text):
    known = Characters.of(CORPUS)
    tokens = known.encode(text)
    assert len(tokens) == len(text)
    assert known.decode(tokens) == "".join(c if c in CORPUS else "\ufffd" for c in text)
    assert known.unseen(text) == [c for c in dict.fromkeys(text) if c not in CORPUS]
    assert Characters.of(text + "ab").decode(Characters.of(text + "ab").encode(text)) == text


def test_characters_are_numbered_by_how_frequent_they_are_after_the_unknown_symbol():
    some = Characters.of("abbccc\ufffd")
    assert some.symbols == "cba" and some.size == 4 and some.unknown == 0
    assert some.encode("abcd\ufffd").tolist() == [3, 2, 1, 0, 0]


def test_rare_characters_share_the_unknown_symbol(monkeypatch):
    monkeypatch.setattr(vocabulary, "RARE", 10)
    assert Characters.of("a" * 10 + "b" * 9 + "c").symbols == "ab"
    assert Characters.of("aaabbc", most=2).symbols == "ab"


@given(st.text("ab \n", max_size=80), st.integers(0, 30))
def test_the_quick_way_to_byte_pairs_finds_those_of_the_plain_one(text, wanted):
    counts = Counter(vocabulary.pieces(text))
    plain = vocabulary.most_frequent_pairs_reference(counts, wanted)
    assert BytePairs.of(text, 257 + wanted).merges[:wanted] == plain


def test_the_most_frequent_pair_is_the_first_token_that_is_made():
    pairs = BytePairs.of("abab abab xy", 300)
    assert pairs.merges[0] == (ord("a"), ord("b"))
    assert pairs.merges[1] == (256, 256)
    assert "xy" not in {pairs.decode([token]) for token in range(256, pairs.size)}, "it came only once"
    assert pairs.encode("abab").tolist() == [257]


@given(TEXT)
def test_pieces_put_together_are_the_text(text):
    found = list(vocabulary.pieces(text))
    assert "".join(found) == text
    assert all(0 < len(piece) <= 33 for piece in found)


def test_a_word_brings_the_space_before_it():
    assert list(vocabulary.pieces("def f(x):\n    go on")) == ["def", " f", "(", "x", "):", "\n    ", "go", " on"]


@pytest.mark.parametrize("kind", [Bytes(), BytePairs([(0xC3, 0xA9)])])
def test_a_stream_never_gives_half_a_character(kind):
    text = "é€😀x"
    got = list(kind.stream(iter(text.encode())))
    assert "".join(got) == text
    assert all(piece in ("", "é", "€", "😀", "x") for piece in got)
    assert kind.decode([0xE2, 0x82]) == "\ufffd", "what stays half is shown as such at the end"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.kind)
def test_a_vocabulary_comes_back_from_its_description(kind):
    again = from_description(json.loads(json.dumps(kind.describe())))
    assert type(again) is type(kind) and again.size == kind.size
    assert (again.encode(CORPUS) == kind.encode(CORPUS)).all()
    assert kind.encode(CORPUS).max() < kind.size


@pytest.mark.parametrize(
    "description",
    [
        None,
        "bytes",
        {},
        {"kind": "words"},
        {"kind": "characters"},
        {"kind": "characters", "symbols": ""},
        {"kind": "characters", "symbols": "aa"},
        {"kind": "characters", "symbols": ["a"]},
        {"kind": "byte-pairs", "merges": [[1]]},
        {"kind": "byte-pairs", "merges": [[1, "2"]]},
        {"kind": "byte-pairs", "merges": [[256, 1]]},
        {"kind": "byte-pairs", "merges": [[-1, 1]]},
        {"kind": "byte-pairs", "merges": [[97, 97], *([n, n] for n in range(256, 300))]},
    ],
)
def test_a_description_that_is_none_is_refused(description):
    with pytest.raises(CheckpointError):
        from_description(description)


def test_tokens_are_characters_bytes_or_a_number_of_byte_pairs():
    assert learn_vocabulary(CORPUS, "characters").kind == "characters"
    assert learn_vocabulary(CORPUS, "bytes").size == 256
    assert learn_vocabulary(CORPUS, "270").size == 270
    with pytest.raises(DataError, match="257 to 65,536"):
        learn_vocabulary(CORPUS, "100")


def test_where_there_is_no_text_yet_a_line_begins():
    assert all(kind.decode([kind.start()]) == "\n" for kind in ALL)
    assert Characters("xyz").start() == 1, "the most frequent character, where there are no lines"


def test_a_million_characters_take_no_time_worth_mentioning():
    import time

    text = CORPUS * 3000  # 996,000 characters
    for kind, most in ((ALL[0], 1), (ALL[1], 1), (ALL[2], 10)):
        began = time.process_time()
        kind.encode(text)
        assert time.process_time() - began < most
