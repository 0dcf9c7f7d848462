"""`hellodl splice` finds junctions where they are, on either strand, in files of any length; bad input is a line."""

import json

import numpy as np
import pytest

from hellodl import nn
from hellodl.commands import scan
from hellodl.commands.cli import main
from hellodl.data import dna, fasta
from hellodl.errors import CheckpointError
from hellodl.train.checkpoint import save_model


@pytest.fixture
def model(tmp_path):
    """A network that takes GTAAG after the middle for a donor and TTTAG before it for an acceptor."""
    member = nn.Sequential(nn.Flatten(), nn.Linear(240, 3, rng=None))
    weights = member[1].weight.data.reshape(3, 60, 4)
    for kind, begin, motif in ((0, dna.JUNCTION, "GTAAG"), (1, dna.JUNCTION - 5, "TTTAG")):
        for place, base in enumerate(motif):
            weights[kind, begin + place, dna.BASES.index(base)] = 4
    member[1].bias.data[:] = [-18, -18, 0]
    path = tmp_path / "splice.safetensors"
    save_model(path, nn.Committee(member), classes=None, card={"classes": list(dna.CLASSES)})
    return path


def found(capsys, *arguments):
    status = main(["splice", *map(str, arguments)])
    said = capsys.readouterr()
    return status, [line.split("\t") for line in said.out.splitlines()], said.err


def written(tmp_path, *sequences, name="x.fa"):
    path = tmp_path / name
    path.write_text("".join(f">s{number}\n{letters}\n" for number, letters in enumerate(sequences, 1)))
    return path


GENE = "C" * 40 + "GTAAG" + "C" * 40 + "TTTAG" + "C" * 40  # donor after base 40, acceptor after base 90


def test_sites_are_printed_with_where_they_are(model, tmp_path, capsys):
    status, rows, said = found(capsys, written(tmp_path, GENE), "--model", model)
    assert status == 0
    assert [row[:4] for row in rows] == [["s1", "40", "+", "donor"], ["s1", "90", "+", "acceptor"]]
    assert all(0.5 < float(row[4]) < 1 for row in rows)
    assert [row[5] for row in rows] == ["CCCCCCCCCC|GTAAGCCCCC", "CCCCCTTTAG|CCCCCCCCCC"]
    assert "2 sites in 130 bases of 1 sequence" in said


def test_the_finder_that_ships_knows_the_consensus_from_what_nearly_is_one():
    exon, intron = "ATGGCTGAACTGGATCGTCTGACCGAGCAG", "GTAAGTGTCCTGGCCTTCAGCCTGGGTTGC"
    near = "GTCCAC" + intron[6:]
    sure = scan.finder(None, 1)(np.stack([dna.encode(exon + intron), dna.encode(exon + near)]))
    assert sure[0, dna.CLASSES.index("EI")] > 0.85
    assert sure[1, dna.CLASSES.index("EI")] < sure[0, dna.CLASSES.index("EI")] - 0.2
    assert scan.MODEL.stat().st_size < 2_000_000


def test_the_other_strand_is_read_where_it_is_asked_for(model, tmp_path, capsys):
    other = dna.reverse_complement(dna.encode(GENE)).tobytes().decode()
    assert found(capsys, written(tmp_path, other), "--model", model)[1] == []
    _, rows, _ = found(capsys, written(tmp_path, other), "--model", model, "--both")
    assert [row[1:4] for row in rows] == [["40", "-", "acceptor"], ["90", "-", "donor"]]
    assert rows[1][5] == "CCCCCCCCCC|GTAAGCCCCC", "as it is read on its own strand"


@pytest.mark.parametrize("everywhere", [False, True])
def test_pieces_change_nothing(model, tmp_path, rng, everywhere):
    letters = rng.choice(dna.encode("ACGTGTAAGTTTAG"), 3000)
    path = tmp_path / "long.fa"
    path.write_bytes(b">long\n" + letters.tobytes() + b"\n>short\nACGT\n")
    classify = scan.finder(model, 1)
    pieces = fasta.pieces
    whole = list(scan.scan(path, classify, 0.1, True, everywhere))
    try:
        scan.fasta.pieces = lambda path: pieces(path, 100)
        in_pieces = list(scan.scan(path, classify, 0.1, True, everywhere))
    finally:
        scan.fasta.pieces = pieces
    assert len(whole) > 20
    assert [site[:4] for site in sorted(in_pieces)] == [site[:4] for site in sorted(whole)]


def test_a_sequence_does_not_go_on_in_the_next(model, tmp_path):
    path = written(tmp_path, "C" * 100, "GTAAG" + "C" * 50)
    assert list(scan.scan(path, scan.finder(model, 1))) == []


def test_only_places_that_could_be_one_are_looked_at_unless_told_otherwise():
    letters = dna.encode("C" * 40 + "AG" + "A" * 10 + "GC" + "A" * 10 + "RY" + "N" * 20 + "C" * 40)
    middle = scan.candidates(letters, "+") + dna.JUNCTION
    assert middle.tolist() == [42, 52, 53, 64, 65], (
        "after AG; before GC, and after its AG; before RY, which may be GT, and after AR; before no N"
    )
    flipped = dna.reverse_complement(letters)
    other = scan.candidates(flipped, "-") + dna.JUNCTION
    assert sorted(len(letters) - other) == middle.tolist()


def test_a_threshold_keeps_back_what_is_less_sure(model, tmp_path, capsys):
    path = written(tmp_path, GENE)
    assert len(found(capsys, path, "--model", model, "--threshold", "0")[1]) > 2
    assert found(capsys, path, "--model", model, "--threshold", "0.999")[1] == []


def test_json_is_one_object(model, tmp_path, capsys):
    main(["splice", str(written(tmp_path, GENE, GENE)), "--model", str(model), "--json"])
    result = json.loads(capsys.readouterr().out)
    assert (result["sequences"], result["bases"], len(result["sites"])) == (2, 260, 4)
    where = {"sequence": "s2", "position": 40, "strand": "+", "context": "CCCCCCCCCC|GTAAGCCCCC"}
    assert result["sites"][2] | {"probability": 0} == where | {"kind": "donor", "probability": 0}


def test_what_is_too_short_is_said_and_no_failure(model, tmp_path, capsys):
    status, rows, said = found(capsys, written(tmp_path, "ACGT", GENE, "A" * 59), "--model", model)
    assert status == 0 and len(rows) == 2
    assert "s1: 4 bases; 60 are needed" in said and "s3: 59 bases" in said and "s2" not in said


@pytest.mark.parametrize(
    ("text", "says"),
    [(">a\nACGT!\n", "line 2: '!' stands for no base"), ("", "no sequence"), ("ACGT", "begins with '>'")],
)
def test_a_bad_file_is_one_line(model, tmp_path, capsys, text, says):
    path = tmp_path / "bad.fa"
    path.write_text(text)
    status, _, said = found(capsys, path, "--model", model)
    assert status == 1
    assert said.count("\n") == 1 and says in said and "bad.fa" in said
    assert found(capsys, tmp_path / "none.fa", "--model", model)[0] == 1


@pytest.mark.parametrize("value", ["2", "-1", "nan", "x"])
def test_a_threshold_is_a_share(model, tmp_path, capsys, value):
    assert main(["splice", "x.fa", "--threshold=" + value]) == 2
    assert "is no number from 0 to 1" in capsys.readouterr().err


def test_a_model_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "letters.safetensors"
    save_model(path, nn.Linear(2, 3, rng=None), classes="abc", card={})
    with pytest.raises(CheckpointError, match="no finder of splice junctions"):
        scan.finder(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CheckpointError):
        scan.finder(path)


def test_a_model_whose_answers_do_not_fit_is_refused(tmp_path):
    path = tmp_path / "odd.safetensors"
    save_model(path, nn.Linear(4, 3, rng=None), classes=None, card={"classes": list(dna.CLASSES)})
    with pytest.raises(CheckpointError, match="no finder of splice junctions"):
        scan.finder(path)


def test_progress_is_shown_from_the_third_second_on(tmp_path, monkeypatch):
    path = written(tmp_path, *["A" * 1000] * 5)
    shown: list = []

    class Bar:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            shown.append("gone")

        def advance(self, steps):
            shown.append(steps)

    monkeypatch.setattr("hellodl.console.progress_bar", lambda text, total: Bar())
    classify = lambda codes: np.zeros((len(codes), 3))  # noqa: E731
    list(scan.scan(path, classify))
    assert shown == []
    monkeypatch.setattr(scan, "PATIENCE", -1.0)
    list(scan.scan(path, classify))
    assert shown[-1] == "gone" and sum(shown[:-1]) == path.stat().st_size
