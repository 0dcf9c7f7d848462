"""Who knows the language of a page, for `hellodl read --language`: counts of a text, a list of words, a network.

Reading asks for small letters, digits and spaces, one after the other (see `hellodl.reading.language`). Where nothing
else is said, it asks the counts of English words that ship. A text is counted on the spot; where it has one word a
line, these words are expected. A network has its own vocabulary, with both cases and with signs that reading does not
know, so each of its symbols is put under what it would be read as, and their probabilities are added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from hellodl.commands import write
from hellodl.data.ngrams import ALPHABET, NGrams, as_read
from hellodl.data.text import load_text
from hellodl.data.vocabulary import Bytes, Characters, Vocabulary
from hellodl.data.wordlist import WordList, counted, is_list
from hellodl.errors import CheckpointError, DataError
from hellodl.models import MODELS, find_model
from hellodl.nn import LanguageModel
from hellodl.nn.language import Writer
from hellodl.reading import Language
from hellodl.train.threads import single_threaded_products

LEAST = 200  # letters: fewer say nothing about a language
ENGLISH = MODELS / "english.txt"


@cache
def english() -> NGrams:
    """English as its words ship, each with how often it came; opened once."""
    return NGrams(counted(ENGLISH.read_text("utf-8")))


def load(source: str | Path) -> Language | None:
    """From a model file, the name of a shipped one, a text or a list of words (file or folder), or a corpus by name.

    A list may say after each word how often it came. "english" ships, and "none" is none. Raises CheckpointError for a
    model whose tokens are no single characters, DataError for what is no text.
    """
    if not Path(source).exists() and str(source) in ("english", "none"):
        return english() if str(source) == "english" else None
    path = find_model(str(source))
    if path.suffix == ".safetensors":
        network, vocabulary = write.load(path)
        return TextModel(network, vocabulary, path)
    corpus = load_text(str(source))
    if counts := counted(corpus.text):
        return NGrams(counts)
    if is_list(corpus.text):
        return WordList(corpus.text.splitlines())
    if len(as_read(corpus.text)) < LEAST:
        raise DataError(f"{source}: is too short to learn a language from; give a text of some pages")
    return NGrams(corpus.text)


@dataclass(frozen=True)
class Heard:
    """A network that has read so far, and what it expects: logarithms of probabilities, (vocabulary,) float64."""

    writer: Writer
    expects: np.ndarray


class TextModel:
    """A network that writes character by character, asked as a `reading.Language`."""

    alphabet = ALPHABET

    def __init__(self, network: LanguageModel, vocabulary: Vocabulary, path: Path):
        if isinstance(vocabulary, Characters):
            symbols = [vocabulary.decode([token]) for token in range(vocabulary.size)]
        elif isinstance(vocabulary, Bytes):
            symbols = [chr(byte) if byte < 128 else " " for byte in range(vocabulary.size)]
        else:
            raise CheckpointError(
                f"{path}: thinks in pieces of words, and reading asks for letters; "
                "train one with `hellodl train text --tokens characters`"
            )
        self.network, self.vocabulary = network, vocabulary
        # For each letter of the alphabet the tokens that would be read as it; all signs are spaces.
        read_as = np.array([ALPHABET.index((as_read(symbol) or " ")[0]) for symbol in symbols])
        self.tokens = [np.flatnonzero(read_as == k) for k in range(len(ALPHABET))]

    def start(self) -> Heard:
        """A line begins."""
        return self._heard(self.network.writer(), self.vocabulary.start())

    def scores(self, states: list[Heard]) -> np.ndarray:
        """The logarithms of how likely each letter is to be next, in either case: (states, V) float64."""
        likely = np.exp([state.expects for state in states])
        with np.errstate(divide="ignore"):  # letters that the network does not know
            return np.log(np.stack([likely[:, tokens].sum(axis=1) for tokens in self.tokens], axis=1))

    def go_on(self, state: Heard, character: str) -> Heard:
        """The state after one letter more, in the likelier case; what the network does not know is unknown to it."""
        known = self.tokens[ALPHABET.find(character)] if character in ALPHABET else np.array([], np.int64)
        if character == " ":
            known = self.vocabulary.encode(" ")
        token = int(known[state.expects[known].argmax()]) if len(known) else self.vocabulary.unknown or 0
        return self._heard(state.writer.fork(), token)

    def _heard(self, writer: Writer, token: int) -> Heard:
        with single_threaded_products():
            logits = writer.step(token).astype(np.float64)
        logits -= logits.max()
        return Heard(writer, logits - np.log(np.exp(logits).sum()))
