"""Chapter 11 quotes what each ingredient of our GPT is worth from the table of benchmarks/text.md."""

import re

import chapters

QUOTED = re.compile(r"(-?\d\.\d{3}) \(`(--[^`]+)`\)")
MEASURED = re.compile(r"^\| [^|]*`(--[^`]+)`[^|]*\| [\d.]+ \| ([+-]?\d\.\d{3}) \|$", re.MULTILINE)


def worth(text: str) -> dict[str, float]:
    """What each switch gains: the table of what was put in has losses beside the old recipe's, where less is better."""
    put_in, left_out = text.split("| left out of `gpt` |")
    gains = {switch: -float(figure) for switch, figure in MEASURED.findall(put_in)}
    return gains | {switch: float(figure) for switch, figure in MEASURED.findall(left_out)}


def test_every_gain_is_the_one_that_was_measured_with_the_switch_beside_it():
    quoted = QUOTED.findall(chapters.file_of("11").read_text("utf-8"))
    measured = worth((chapters.SOURCE / "benchmarks" / "text.md").read_text("utf-8"))
    assert len(quoted) == 11
    assert {switch: float(figure) for figure, switch in quoted} == {switch: measured[switch] for _, switch in quoted}


def test_the_switches_are_those_of_the_program():
    from hellodl.programs.text import IN_GPT

    text = chapters.file_of("11").read_text("utf-8")
    assert set(re.findall(r"`--without (\w+)`", text)) == set(IN_GPT)
