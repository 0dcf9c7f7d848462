"""FASTA files: sequences come in pieces, whatever their lines look like, and what is none is one clear line."""

import gzip

import numpy as np
import pytest

from hellodl.data import dna, fasta
from hellodl.errors import DataError


def written(tmp_path, text, name="x.fa"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def sequences(path, size=fasta.PIECE):
    """Names and letters, pieces put together again; each piece must begin where the last one ended."""
    found = []
    for name, start, codes, _ in fasta.pieces(path, size):
        if start == 0:
            found.append([name, ""])
        assert len(found[-1][1]) == start and found[-1][0] == name
        found[-1][1] += codes.tobytes().decode()
    return found


def test_lines_are_put_together_and_the_first_word_is_the_name(tmp_path):
    path = written(tmp_path, ">one a gene\nACGT\nacgtn\n\n>two\r\nRYK\r\n; an old comment\r\nA")
    assert sequences(path) == [["one", "ACGTacgtn"], ["two", "RYKA"]]


def test_zipped_files_and_names_that_are_missing_are_read(tmp_path):
    path = written(tmp_path, gzip.compress(b">\nACGT\n>  \nTTT\n"), "x.fa.gz")
    assert sequences(path) == [["line-1", "ACGT"], ["line-3", "TTT"]]


@pytest.mark.parametrize("width", [7, 60, 10_000])
def test_a_long_sequence_comes_in_small_pieces_also_where_it_is_one_line(tmp_path, rng, width):
    letters = rng.choice(dna.encode("ACGT"), 5000).tobytes().decode()
    lines = "\n".join(letters[i : i + width] for i in range(0, 5000, width))
    path = written(tmp_path, f">long {'name ' * 200}\n{lines}\n>next\nA\n")
    assert sequences(path, size=256) == [["long", letters], ["next", "A"]]
    assert max(len(piece.codes) for piece in fasta.pieces(path, 256)) <= 2 * 256
    *_, last = fasta.pieces(path, 256)
    assert last.read == path.stat().st_size


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no sequence"),
        ("\n\n", "holds no sequence"),
        ("ACGT\n", "line 1: a FASTA file begins with '>'"),
        (">a\nACGT\nAC-T\n", "line 3: '-' stands for no base"),
        (">a\nACGT\nAC GT\n", "line 3: ' ' stands for no base"),
        (">a\nMEEPQSDPSV\n", "line 2: 'E' stands for no base"),
        (">a\n>b\nACGT\n", "line 1: there are no letters after '>a'"),
        (">a\nACGT\n>b\n", "line 3: there are no letters after '>b'"),
        (b"\x89PNG\r\n\x1a\n\0\0", "line 1: a FASTA file begins with '>'"),
        (b">a\nAC\xffGT\n", "line 2: '\xff' stands for no base"),
    ],
)
def test_what_is_no_fasta_is_refused_with_its_line(tmp_path, text, says):
    with pytest.raises(DataError, match=says):
        sequences(written(tmp_path, text))


def test_the_line_of_an_error_is_right_after_lines_that_came_in_parts(tmp_path):
    path = written(tmp_path, ">" + "n" * 900 + "\n" + "A" * 900 + "\n" + "C" * 900 + "X\n")
    with pytest.raises(DataError, match="line 3: 'X'"):
        sequences(path, size=100)


def test_files_that_are_missing_or_damaged_are_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.fa: cannot be read"):
        sequences(tmp_path / "nowhere.fa")
    with pytest.raises(DataError, match="cannot be read"):
        sequences(tmp_path)
    whole = gzip.compress(b">a\n" + np.random.default_rng(0).choice(dna.encode("ACGT"), 4000).tobytes())
    with pytest.raises(DataError, match="damaged or cut short"):
        sequences(written(tmp_path, whole[: len(whole) // 2], "x.fa.gz"))
