"""The short form of `make test-fuzz`: some mangled files of every kind, the same in every run."""

import sys

import pytest

pytest.importorskip("fastapi")
if sys.platform != "linux":
    pytest.skip("asks Linux how much memory was used", allow_module_level=True)

from fuzz_rig import MEGABYTES, tried

KINDS = ("picture", "idx", "safetensors", "model", "log", "fasta", "corpus", "collection", "state")


def test_whatever_is_in_a_file_it_is_used_or_refused_in_one_line():
    came, wrong, most = tried(f"{kind}:{number}" for number in range(20) for kind in KINDS)
    assert not wrong, "\n".join(f"{found['case']}: {found['wrong']}" for found in wrong)
    assert came.total() == 20 * len(KINDS) and most < MEGABYTES
    for kind in KINDS:
        assert came[f"{kind}: something"], f"no {kind} was whole enough to be used"


def test_the_rig_sees_what_goes_wrong():
    _, wrong, _ = tried(["nothing:1"])
    assert "KeyError" in str(wrong[0]["wrong"]) or "ended" in str(wrong[0]["wrong"])
