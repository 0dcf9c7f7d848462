"""`hellodl reproduce`: run published figures again, and put what comes out beside what was claimed."""

from __future__ import annotations

import argparse
import difflib
import json
from pathlib import Path

from hellodl.bench.claims import Bench, Claim, ClaimError, Outcome, all_claims, duration, read_claims
from hellodl.bench.results import RESULTS, record
from hellodl.console import log, show_table, tell
from hellodl.runs.machine import processor

QUICK_SECONDS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which claims."""
    option = parser.add_argument
    option("claims", nargs="*", metavar="CLAIM", help="the names of claims (all)")
    option("--list", action="store_true", help="only list the claims")
    option("--quick", action="store_true", help="only those that take less than a minute")
    option("--claims", dest="file", type=Path, metavar="FILE", help="(benchmarks/claims.toml, and course/*.toml)")
    option("--record", action="store_true", help=f"write what comes out into benchmarks/{RESULTS.name}")


def main(options: argparse.Namespace) -> int:
    """Run claims and judge them; 1 if any that ran missed."""
    claims = choose(read_claims(options.file) if options.file else all_claims(), options.claims)
    if options.quick:
        claims = [claim for claim in claims if claim.seconds * len(claim.seeds) < QUICK_SECONDS]
    if options.list:
        return list_claims(claims, options.json)
    bench = Bench(options.data)
    outcomes: list[Outcome] = []
    try:
        for claim in claims:
            outcomes.append(bench.try_claim(claim, log.info))
    finally:  # after Ctrl-C, too, what was found out so far is shown
        if options.json:
            print(json.dumps({"machine": processor(), "claims": [as_json(outcome) for outcome in outcomes]}))
        else:
            show(outcomes)
        if options.record:
            log.info(f"{record(outcomes)} results written into {RESULTS}")
    return 1 if any(outcome.verdict == "missed" for outcome in outcomes) else 0


def choose(claims: list[Claim], names: list[str]) -> list[Claim]:
    """The claims of these names, in the order of the file; all if none is named."""
    known = [claim.id for claim in claims]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            guess = f"did you mean '{close[0]}'?" if close else "`hellodl reproduce --list` shows all"
            raise ClaimError(f"there is no claim '{name}'; {guess}")
    return [claim for claim in claims if not names or claim.id in names]


def list_claims(claims: list[Claim], as_json: bool) -> int:
    """One line a claim, nothing run."""
    if as_json:
        print(json.dumps([vars(claim) for claim in claims]))
        return 0
    rows = []
    for claim in claims:
        takes = duration(claim.seconds * len(claim.seeds))
        rows.append((claim.id, claim.what, published(claim), takes, ", ".join(claim.needs)))
    show_table(("claim", "what", "published", "takes", "needs"), rows)
    return 0


def show(outcomes: list[Outcome]) -> None:
    """Claimed beside measured."""
    rows = []
    for outcome in outcomes:
        why = f": {outcome.why}" if outcome.why else ""
        rows.append((outcome.claim.id, published(outcome.claim), measured(outcome), outcome.verdict + why))
    show_table(("claim", "published", "measured", "verdict"), rows)
    counts = [sum(o.verdict == verdict for o in outcomes) for verdict in ("reproduced", "missed", "not run")]
    tell(f"\n{counts[0]} reproduced, {counts[1]} missed, {counts[2]} not run, on {processor()}")


def published(claim: Claim) -> str:
    """`at least 99.5 ± 0.03%`."""
    return f"{claim.direction} {figure(claim.claimed, claim.spread or None, claim.unit)}"


def measured(outcome: Outcome) -> str:
    """Mean and spread of what was measured."""
    return "" if outcome.mean is None else figure(outcome.mean, outcome.spread, outcome.claim.unit)


def figure(mean: float, spread: float | None, unit: str) -> str:
    """A mean with its spread, in its unit."""
    scale, digits = (100, ".2f") if unit == "%" else (1, ".4g")
    text = format(mean * scale, digits)
    if spread is not None:
        text += f" ± {spread * scale:.2g}"
    return text + (unit if unit in ("%", "") else f" {unit}")


def as_json(outcome: Outcome) -> dict:
    """An outcome for a program to read."""
    claim = outcome.claim
    claimed = {"claimed": claim.claimed, "claimed_spread": claim.spread, "unit": claim.unit}
    found = {name: getattr(outcome, name) for name in ("verdict", "why", "values", "mean", "spread")}
    return {"claim": claim.id, "what": claim.what, "direction": claim.direction, **claimed, **found}
