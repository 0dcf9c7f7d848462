"""Vocabularies: how text becomes whole numbers, which is what a network takes, and numbers become text again.

Three ways, in order of growing cleverness. *Characters* give each character that is common in the corpus a number,
and all others together one more, the unknown symbol. *Bytes* are those of UTF-8: 256 numbers say any text.
*Byte pairs* begin with bytes and make the most frequent pair of neighbours a token of its own, again and again
(Gage 1994; for language, Sennrich, Haddow and Birch 2016; over bytes, Radford et al. 2019), so that a common word
is one token and every text can still be said.

A vocabulary says what it is as plain JSON (`describe`, and `from_description` to have it back), which is how it
travels in the file of the model that thinks in it.
"""

from __future__ import annotations

import codecs
import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import chain, pairwise
from typing import Any

import numpy as np

from hellodl.errors import CheckpointError, DataError

UNKNOWN = "\ufffd"  # how Unicode writes "there was something that cannot be shown"
LARGEST = 2**16  # tokens; as many would be an output layer that no laptop wants to compute
RARE = 1_000_000  # a character that comes less than once in so many is not worth a number of its own
MOST_CHARACTERS = 4096
LONGEST_TOKEN = 256  # bytes


class Vocabulary:
    """What all three have: `size` tokens, numbered from 0, and the way from text to tokens and back.

    `unknown` is the token that stands for whatever has none of its own; None where everything has one.
    """

    kind = ""
    size = 0
    unknown: int | None = None

    def encode(self, text: str) -> np.ndarray:
        """The tokens of a text, (N,) int64."""
        raise TypeError(f"{type(self).__name__} has no encode yet; write one")

    def stream(self, tokens: Iterable[int]) -> Iterator[str]:
        """The text of tokens, piece by piece as they come; never half a character."""
        raise TypeError(f"{type(self).__name__} has no stream yet; write one")

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; those of any `encode(text)` give the text again, but for unknown characters."""
        return "".join(self.stream(tokens))

    def unseen(self, text: str) -> list[str]:
        """The characters of a text that have no token of their own, each once, as they come."""
        return []

    def describe(self) -> dict[str, Any]:
        """What this vocabulary is, as plain JSON."""
        raise TypeError(f"{type(self).__name__} has no describe yet; write one")

    def start(self) -> int:
        """The token to begin with where there is no text yet: the end of the line before."""
        return int(self.encode("\n")[0])


class Characters(Vocabulary):
    """One token a character. Token 0 is the unknown symbol, then come the `symbols` in their order."""

    kind = "characters"
    unknown = 0

    def __init__(self, symbols: str):
        if len(set(symbols)) != len(symbols) or UNKNOWN in symbols or len(symbols) >= LARGEST:
            raise CheckpointError("a vocabulary's symbols are not each there once; train the model again")
        self.symbols, self.size = symbols, 1 + len(symbols)

    @classmethod
    def of(cls, text: str, most: int = MOST_CHARACTERS) -> Characters:
        """The characters of a text, the most frequent first; but the `most` frequent, and none that is rare."""
        counts = Counter(text)
        counts.pop(UNKNOWN, None)
        common = [symbol for symbol, count in counts.items() if count * RARE >= len(text)]
        return cls("".join(sorted(common, key=lambda symbol: (-counts[symbol], symbol))[:most]))

    @cached_property
    def _number(self) -> np.ndarray:
        """From a character's code to its token; the last place is for all codes that are higher."""
        codes = _codes(self.symbols)
        table = np.zeros(int(codes.max(initial=0)) + 2, np.int64)
        table[codes] = np.arange(1, self.size)
        return table

    def encode(self, text: str) -> np.ndarray:
        """The tokens of a text, (N,) int64: as many as it has characters."""
        return self._number[np.minimum(_codes(text), len(self._number) - 1)]

    def stream(self, tokens: Iterable[int]) -> Iterator[str]:
        """Each token's character; what is unknown becomes U+FFFD."""
        shown = UNKNOWN + self.symbols
        return (shown[token] for token in tokens)

    def unseen(self, text: str) -> list[str]:
        """The characters of a text that become the unknown symbol."""
        return [character for character in dict.fromkeys(text) if character not in self.symbols]

    def describe(self) -> dict[str, Any]:
        """Its symbols."""
        return {"kind": self.kind, "symbols": self.symbols}

    def start(self) -> int:
        """The end of a line where the corpus has lines, else its most frequent character."""
        return int(self.encode("\n")[0]) or min(1, self.size - 1)


class Bytes(Vocabulary):
    """One token a byte of UTF-8: a character is one to four of them, and none is unknown."""

    kind = "bytes"
    size = 256

    def encode(self, text: str) -> np.ndarray:
        """The bytes of a text, (N,) int64."""
        return np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int64)

    def stream(self, tokens: Iterable[int]) -> Iterator[str]:
        """Characters as their last byte comes; bytes that are no character become U+FFFD."""
        return _characters(bytes((token,)) for token in tokens)

    def describe(self) -> dict[str, Any]:
        """Its kind says all."""
        return {"kind": self.kind}


class BytePairs(Vocabulary):
    """Tokens 0 to 255 are bytes, and token 256 + n is the n-th of the `merges`, two tokens that became one.

    Text is first cut into `pieces`, words and what stands between them, and pairs are joined within a piece only:
    so no token is half of two words, and each different piece has to be looked at just once.
    """

    kind = "byte-pairs"

    def __init__(self, merges: Iterable[tuple[int, int]]):
        self.merges = [(int(a), int(b)) for a, b in merges]
        self.size = 256 + len(self.merges)
        self._rank = {pair: 256 + number for number, pair in enumerate(self.merges)}
        self._spelled = [bytes((byte,)) for byte in range(256)]
        for a, b in self.merges:
            if not (min(a, b) >= 0 and max(a, b) < len(self._spelled) < LARGEST):
                raise CheckpointError("a vocabulary joins tokens that it does not have; train the model again")
            self._spelled.append(self._spelled[a] + self._spelled[b])
            if len(self._spelled[-1]) > LONGEST_TOKEN:
                raise CheckpointError("a vocabulary has impossibly long tokens; train the model again")
        self._tokens_of = cache(self._join)

    @classmethod
    def of(cls, text: str, size: int) -> BytePairs:
        """Learn `size` tokens from a text; fewer where no pair comes twice any more."""
        if not 256 < size <= LARGEST:
            raise DataError(
                f"byte pairs make 257 to {LARGEST:,} tokens, not {size:,}; for fewer take --tokens bytes or characters"
            )
        return cls(_most_frequent_pairs(Counter(pieces(text)), size - 256))

    def encode(self, text: str) -> np.ndarray:
        """The tokens of a text, (N,) int64."""
        return np.fromiter(chain.from_iterable(map(self._tokens_of, pieces(text))), np.int64)

    def _join(self, piece: str) -> list[int]:
        """The tokens of a piece: its bytes, joined in the order in which the pairs were learned."""
        tokens = list(piece.encode("utf-8", "replace"))
        while len(tokens) > 1:
            pair = min(pairwise(tokens), key=lambda pair: self._rank.get(pair, LARGEST))
            if pair not in self._rank:
                break
            tokens = joined(tokens, pair, self._rank[pair])
        return tokens

    def stream(self, tokens: Iterable[int]) -> Iterator[str]:
        """Text as its last byte comes; bytes that are no character become U+FFFD."""
        return _characters(self._spelled[token] for token in tokens)

    def describe(self) -> dict[str, Any]:
        """Its merges; the tokens follow from them."""
        return {"kind": self.kind, "merges": [list(pair) for pair in self.merges]}


def learn_vocabulary(text: str, tokens: str = "characters") -> Vocabulary:
    """The vocabulary that `--tokens` means: 'characters', 'bytes', or a number of byte-pair tokens."""
    if tokens == "characters":
        return Characters.of(text)
    return Bytes() if tokens == "bytes" else BytePairs.of(text, int(tokens))


def from_description(description: object) -> Vocabulary:
    """The vocabulary that `describe` gave; CheckpointError for anything else."""
    match description:
        case {"kind": "characters", "symbols": str(symbols)} if symbols:
            return Characters(symbols)
        case {"kind": "bytes"}:
            return Bytes()
        case {"kind": "byte-pairs", "merges": list(merges)} if all(map(_is_pair, merges)):
            return BytePairs(merges)
    raise CheckpointError(
        "its vocabulary cannot be understood; it may come from a newer hellodl: upgrade, or train it again"
    )


def pieces(text: str) -> Iterator[str]:
    """A text cut into words with the space before each, runs of other signs likewise, and blank space.

    Nothing is longer than 32 characters, which keeps joining quick in text that has no spaces.
    """
    return (match.group() for match in PIECE.finditer(text))


PIECE = re.compile(r" ?\w{1,32}| ?[^\w\s]{1,32}|\s{1,32}")


def joined(tokens: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """The tokens with each such pair of neighbours made one token, from left to right."""
    found, at = [], 0
    while at < len(tokens):
        here = at + 1 < len(tokens) and (tokens[at], tokens[at + 1]) == pair
        found.append(new if here else tokens[at])
        at += 2 if here else 1
    return found


def most_frequent_pairs_reference(counts: Counter[str], wanted: int) -> list[tuple[int, int]]:
    """Byte-pair encoding as one would explain it: count all pairs, join the most frequent one, count again.

    `counts` says how often each piece comes. Of equally frequent pairs the one with the lower numbers is taken.
    """
    words = [(list(piece.encode("utf-8", "replace")), count) for piece, count in counts.items()]
    merges: list[tuple[int, int]] = []
    while len(merges) < wanted:
        seen: Counter[tuple[int, int]] = Counter()
        for word, count in words:
            for pair in pairwise(word):
                seen[pair] += count
        pair = min(seen, key=lambda pair: (-seen[pair], pair), default=(0, 0))
        if seen[pair] < 2:
            break
        words = [(joined(word, pair, 256 + len(merges)), count) for word, count in words]
        merges.append(pair)
    return merges


def _most_frequent_pairs(counts: Counter[str], wanted: int) -> list[tuple[int, int]]:
    """The same, quicker: only words that hold the pair are looked at again, and a heap knows the most frequent."""
    words = [list(piece.encode("utf-8", "replace")) for piece in counts]
    times = list(counts.values())
    seen: Counter[tuple[int, int]] = Counter()
    holders: defaultdict[tuple[int, int], set[int]] = defaultdict(set)  # which words a pair was ever seen in
    for number, word in enumerate(words):
        for pair in pairwise(word):
            seen[pair] += times[number]
            holders[pair].add(number)
    heap = [(-count, pair) for pair, count in seen.items()]
    heapq.heapify(heap)
    merges: list[tuple[int, int]] = []
    while len(merges) < wanted and heap:
        count, pair = heapq.heappop(heap)
        if -count != seen[pair]:  # it was counted again since; its new count is in the heap as well
            continue
        if -count < 2:
            break
        changed = set()
        for number in holders.pop(pair):
            before = words[number]
            after = joined(before, pair, 256 + len(merges))
            if len(after) == len(before):
                continue
            words[number] = after
            for old in pairwise(before):
                seen[old] -= times[number]
                changed.add(old)
            for new in pairwise(after):
                seen[new] += times[number]
                holders[new].add(number)
                changed.add(new)
        merges.append(pair)
        for one in changed:
            heapq.heappush(heap, (-seen[one], one))
    return merges


def _codes(text: str) -> np.ndarray:
    """The number of each character in Unicode, (N,) uint32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _characters(parts: Iterable[bytes]) -> Iterator[str]:
    """UTF-8 that comes in parts as text: what a part completes, at once."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for part in parts:
        yield decoder.decode(part)
    yield decoder.decode(b"", final=True)


def _is_pair(merge: object) -> bool:
    return isinstance(merge, list) and len(merge) == 2 and all(type(token) is int for token in merge)
