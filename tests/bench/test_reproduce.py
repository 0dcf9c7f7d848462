"""Claims: what was published is run again, and nothing that did not run is called reproduced."""

import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hellodl.bench import claims
from hellodl.bench.claims import Bench, Claim, ClaimError, Failure, read_claims, take
from hellodl.commands import cli

GOOD = Claim(
    id="good",
    what="a test",
    where=["README.md"],
    command="""python -c "print('{\\"figure\\": 0.9}')" """,
    figure="figure",
    unit="%",
    direction="at least",
    claimed=0.9,
    spread=0.0,
    seeds=[1],
    machine="any",
    needs=[],
    seconds=1,
)


def prints(text: str, status: int = 0) -> str:
    """A command that prints a text."""
    program = f"import sys; print({text!r}); sys.exit({status})"
    return f"python -c {shlex.quote(program)}"


def write(path: Path, *entries: dict) -> Path:
    """A list of claims as a file."""
    lines = []
    for entry in entries:
        lines.append("[[claim]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    path.write_text("\n".join(lines))
    return path


def test_the_published_claims_read_well():
    found = read_claims()
    assert len(found) >= 10
    for claim in found:
        assert claim.seconds > 0
        for need in claim.needs:
            assert not claims.lacks(need, None).startswith("do not know"), claim.id


@pytest.mark.parametrize(
    ("direction", "claimed", "spread", "mean", "holds"),
    [
        ("at least", 0.9, 0.0, 0.9, True),
        ("at least", 0.9, 0.0, 0.8999, False),
        ("at least", 0.9, 0.01, 0.881, True),
        ("at least", 0.9, 0.01, 0.879, False),
        ("at most", 2.0, 0.0, 2.0, True),
        ("at most", 2.0, 0.0, 2.1, False),
        ("at most", 2.0, 0.1, 2.19, True),
    ],
)
def test_a_claim_holds_when_the_mean_is_as_good_or_within_twice_the_spread(direction, claimed, spread, mean, holds):
    assert replace(GOOD, direction=direction, claimed=claimed, spread=spread).holds(mean) is holds


def test_a_command_is_run_for_each_seed_and_the_figures_are_averaged():
    command = """python -c "print('{\\"figure\\": %s}' % ({seed} / 10))" """
    outcome = Bench().try_claim(replace(GOOD, command=command, seeds=[8, 9, 10], claimed=0.9))
    assert outcome.values == [0.8, 0.9, 1.0]
    assert outcome.mean == pytest.approx(0.9)
    assert outcome.spread == pytest.approx(0.1)
    assert outcome.verdict == "reproduced"
    assert Bench().try_claim(replace(GOOD, command=command, seeds=[8], claimed=0.9)).verdict == "missed"


def test_two_claims_of_one_command_run_it_once(tmp_path):
    trace = tmp_path / "trace"
    script = tmp_path / "script.py"
    script.write_text(f"open({str(trace)!r}, 'a').write('x'); print('{{\"a\": 1, \"b\": 2}}')")
    bench = Bench()
    claim = replace(GOOD, command=f"python {script}", claimed=1)
    assert bench.try_claim(replace(claim, figure="a")).values == [1]
    assert bench.try_claim(replace(claim, figure="b")).values == [2]
    assert trace.read_text() == "x"


@pytest.mark.parametrize(
    ("figure", "printed", "value"),
    [
        ("a", '{"a": 1}', 1),
        ("a.b", 'hello\n{"a": {"b": 2.5}}\n', 2.5),
        ("a", '{"a": 1}\n{"a": 3}', 3),
        ("a", '{"a": 1}\n{"b": 3}', 1),
        ("a", '{\n  "a": 1,\n  "c": {"a": 7}\n}', 1),
        ("a", '{"a": 1}\n{ broken', 1),
        ("/all ([0-9.]+)/", "some 3\nall 94.5% of 10", 0.945),
        ("/all ([0-9.]+)/", "all 94.5 of 10", 94.5),
        ("wall seconds", "", 1.5),
        ("exit status", "", 0),
    ],
)
def test_figures_are_found_in_what_a_command_prints(figure, printed, value):
    assert take(figure, printed, {"wall seconds": 1.5, "exit status": 0.0}) == pytest.approx(value)


@pytest.mark.parametrize(
    ("figure", "printed"),
    [
        ("a", ""),
        ("a", "[1]"),
        ("a", '{"b": 1}'),
        ("a", '{"a": true}'),
        ("a", '{"a": NaN}'),
        ("a", '{"a": "1"}'),
        ("a.b", '{"a": 1}'),
        ("/x([0-9])/", "y"),
        ("wall seconds", ""),
    ],
)
def test_a_figure_that_is_not_there_is_a_failure(figure, printed):
    with pytest.raises(Failure, match="status 3"):
        take(figure, printed, {"wall seconds": 1.5, "exit status": 3.0})


def test_a_figure_counts_though_its_command_says_that_it_missed_its_own_mark():
    outcome = Bench().try_claim(replace(GOOD, command=prints('{"figure": 0.95}', 1)))
    assert (outcome.verdict, outcome.values) == ("reproduced", [0.95])


def test_a_command_that_fails_or_is_not_there_is_missed():
    outcome = Bench().try_claim(replace(GOOD, command=prints("oh", 3)))
    assert (outcome.verdict, outcome.mean) == ("missed", None)
    assert "status 3" in outcome.why
    outcome = Bench().try_claim(replace(GOOD, command="no-such-command-anywhere"))
    assert (outcome.verdict, outcome.mean) == ("missed", None)
    assert "cannot be started" in outcome.why


def test_a_command_that_never_ends_is_stopped(monkeypatch):
    real = claims.subprocess.run
    monkeypatch.setattr(claims.subprocess, "run", lambda *a, **k: real(*a, **{**k, "timeout": 0.2}))
    outcome = Bench().try_claim(replace(GOOD, command='python -c "import time; time.sleep(30)"'))
    assert outcome.verdict == "missed"
    assert outcome.why.startswith("stopped")


def test_commands_in_a_row_share_a_folder_and_stop_at_the_first_failure():
    row = """python -c "open('a', 'w').write('7')" && python -c "print('{\\"figure\\": %s}' % open('a').read())" """
    assert Bench().try_claim(replace(GOOD, command=row)).values == [7]
    failing = prints("no", 2) + " && " + prints('{"figure": 1}')
    assert "status 2" in Bench().try_claim(replace(GOOD, command=failing)).why


def test_commands_run_in_an_empty_folder_or_in_the_source_tree(tmp_path):
    look = """python -c "import os; print('{\\"figure\\": %d}' % os.path.exists('pyproject.toml'))" """
    assert Bench().try_claim(replace(GOOD, command=look)).values == [0]
    assert Bench().try_claim(replace(GOOD, command=look, folder="source")).values == [1]


def test_hellodl_and_python_are_those_that_run_now_and_the_data_folder_is_passed_on(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        f"""import os, sys
right = sys.executable == {sys.executable!r} and os.environ["HELLODL_DATA"] == {str(tmp_path)!r}
print('{{"figure": %d}}' % right)"""
    )
    command = f"python {script}"
    assert Bench(tmp_path).try_claim(replace(GOOD, command=command)).values == [1]
    version = replace(GOOD, command="hellodl --version", figure="/hellodl ([0-9]+)/", claimed=0)
    assert Bench().try_claim(version).verdict == "reproduced"


@pytest.mark.parametrize(
    ("need", "why"),
    [
        ("data:emnist", "hellodl data get emnist"),
        ("file:{source}/no/such/file", "is not here"),
        ("module:no_such_module", "is not installed"),
        ("command:no-such-command", "is not here"),
        ("moon:full", "do not know"),
    ],
)
def test_a_claim_that_cannot_run_here_is_not_run_and_never_reproduced(tmp_path, need, why):
    outcome = Bench(tmp_path).try_claim(replace(GOOD, needs=[need]))
    assert (outcome.verdict, outcome.values) == ("not run", [])
    assert why in outcome.why


def test_needs_that_are_met_are_no_hindrance():
    met = ["module:numpy", "file:{source}/pyproject.toml", f"command:{Path(sys.executable)}"]
    assert Bench().try_claim(replace(GOOD, needs=met)).verdict == "reproduced"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "lacks 'id'"),
        ({"claimed": None}, "good: lacks 'claimed'"),
        ({"claimed": "much"}, "good: 'claimed' is of the wrong type"),
        ({"colour": "red"}, "good: does not know 'colour'"),
        ({"direction": "about"}, "'at least' or 'at most'"),
        ({"seeds": []}, "some seeds"),
        ({"folder": "/"}, "no folder but 'source'"),
    ],
)
def test_a_list_that_is_wrong_says_where(tmp_path, change, words):
    entry = {key: value for key, value in {**vars(GOOD), **change}.items() if value is not None}
    with pytest.raises(ClaimError, match=words):
        read_claims(write(tmp_path / "claims.toml", entry))


def test_a_list_that_is_missing_or_broken_or_double_says_so(tmp_path):
    path = tmp_path / "claims.toml"
    with pytest.raises(ClaimError, match="clone its repository"):
        read_claims(path)
    path.write_text("[[claim")
    with pytest.raises(ClaimError, match="cannot be read"):
        read_claims(path)
    with pytest.raises(ClaimError, match="two claims called 'good'"):
        read_claims(write(path, vars(GOOD), vars(GOOD)))


# ---- the program ----


@pytest.fixture
def listed(tmp_path):
    bad = replace(GOOD, id="bad", claimed=0.95, seconds=100)
    absent = replace(GOOD, id="absent", needs=["module:no_such_module"])
    return write(tmp_path / "claims.toml", vars(GOOD), vars(bad), vars(absent))


def reproduce(listed: Path, *words: str) -> int:
    return cli.main(["reproduce", "--claims", str(listed), *words])


def test_a_miss_is_exit_1_and_all_is_in_the_table(listed, capsys):
    assert reproduce(listed) == 1
    out = capsys.readouterr().out
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert "at least 90.00%" in lines["good"]
    assert lines["good"].rstrip().endswith("reproduced")
    assert "missed" in lines["bad"]
    assert "not run: Python's no_such_module is not installed" in lines["absent"]
    assert "1 reproduced, 1 missed, 1 not run" in out


def test_only_what_is_asked_for_is_run(listed, capsys):
    assert reproduce(listed, "good") == 0
    assert reproduce(listed, "absent") == 0, "not run is not missed"
    assert reproduce(listed, "--quick") == 0, "bad takes too long to be quick"
    assert reproduce(listed, "god") == 1
    assert "did you mean 'good'?" in capsys.readouterr().err


def test_json_tells_a_program_everything(listed, capsys):
    assert reproduce(listed, "--json") == 1
    found = json.loads(capsys.readouterr().out)["claims"]
    assert [(c["claim"], c["verdict"], c["mean"]) for c in found] == [
        ("good", "reproduced", 0.9),
        ("bad", "missed", 0.9),
        ("absent", "not run", None),
    ]


def test_the_list_runs_nothing(listed, capsys, monkeypatch):
    monkeypatch.setattr(Bench, "try_claim", lambda *_: pytest.fail("it ran"))
    assert reproduce(listed, "--list") == 0
    assert "bad" in capsys.readouterr().out
    assert reproduce(listed, "--list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_ctrl_c_shows_what_was_found_so_far(listed, capsys, monkeypatch):
    real = Bench.try_claim

    def second_is_interrupted(self, claim, tell):
        if claim.id == "bad":
            raise KeyboardInterrupt
        return real(self, claim, tell)

    monkeypatch.setattr(Bench, "try_claim", second_is_interrupted)
    assert reproduce(listed) == 130
    assert "1 reproduced, 0 missed" in capsys.readouterr().out


def test_the_environment_of_the_caller_is_left_alone(listed):
    before = dict(os.environ)
    reproduce(listed, "good")
    assert dict(os.environ) == before
