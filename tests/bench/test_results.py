"""What was measured is written down with the day and the machine, and what did not run is not."""

import json
from dataclasses import replace
from datetime import date

import pytest
from test_reproduce import GOOD, prints, write

from hellodl.bench import claims, results
from hellodl.bench.claims import Outcome
from hellodl.bench.results import read_results, record
from hellodl.commands import cli
from hellodl.errors import HelloError


def test_an_outcome_is_written_down_beside_what_others_had(tmp_path):
    path = tmp_path / "results.json"
    record([Outcome(replace(GOOD, id="first"), "reproduced", "", [0.9])], path)
    assert record([Outcome(replace(GOOD, id="second", seeds=[1, 2]), "missed", "", [0.7, 0.8])], path) == 1
    both = read_results(path)
    assert list(both) == ["first", "second"]
    assert both["second"].mean == pytest.approx(0.75)
    assert both["second"].spread == pytest.approx(0.0707, abs=1e-4)
    assert both["first"].spread is None
    assert both["first"].day == date.today().isoformat()
    assert "cores" in both["first"].machine and "numpy" in both["first"].versions


def test_what_did_not_run_for_all_its_seeds_is_not_written_down(tmp_path):
    path = tmp_path / "results.json"
    assert record([Outcome(replace(GOOD, seeds=[1, 2]), "missed", "stopped", [0.9])], path) == 0
    assert read_results(path) == {}


def test_a_broken_file_of_results_says_what_to_do(tmp_path):
    path = tmp_path / "results.json"
    path.write_text('{"a": {"day": "2023-01-15"}}')
    with pytest.raises(HelloError, match="restore it"):
        read_results(path)


def test_reproduce_writes_them_when_asked(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    listed = write(tmp_path / "claims.toml", {**vars(GOOD), "command": prints('{"figure": 0.91}')})
    assert cli.main(["reproduce", "--claims", str(listed)]) == 0
    assert not (tmp_path / "results.json").exists()
    assert cli.main(["reproduce", "--claims", str(listed), "--record"]) == 0
    assert json.loads((tmp_path / "results.json").read_text())["good"]["values"] == [0.91]


def test_chapters_have_claims_of_their_own(tmp_path, monkeypatch):
    write(tmp_path / "01-first.toml", {**vars(GOOD), "id": "in-a-chapter"})
    monkeypatch.setattr(claims, "COURSE", tmp_path)
    names = [claim.id for claim in claims.all_claims()]
    assert "in-a-chapter" in names and "digits" in names
    write(tmp_path / "02-second.toml", {**vars(GOOD), "id": "digits"})
    with pytest.raises(claims.ClaimError, match="two claims called 'digits'"):
        claims.all_claims()


def test_what_claims_share_is_written_once(tmp_path):
    path = tmp_path / "claims.toml"
    own = {"id": "a", "what": "a", "figure": "a", "claimed": 1.0}
    shared = {key: value for key, value in vars(GOOD).items() if key not in own}
    lines = ["[common]", *(f"{key} = {json.dumps(value)}" for key, value in shared.items())]
    write(path, own)
    path.write_text("\n".join(lines) + "\n" + path.read_text())
    (claim,) = claims.read_claims(path)
    assert (claim.id, claim.unit, claim.seeds) == ("a", GOOD.unit, GOOD.seeds)
