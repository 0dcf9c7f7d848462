"""The demo in small: it learns, writes a page, reads it, and says how well it did."""

import json
from dataclasses import replace

from hellodl.commands.cli import main
from hellodl.programs import demo


def test_the_demo_learns_and_reads_its_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "IMAGES", 4_000)
    monkeypatch.setattr(demo, "SETTINGS", replace(demo.SETTINGS, epochs=2))
    monkeypatch.setattr(demo, "PROMISE", 0.3)  # so little training reads about half
    assert main(["demo", "--json"]) == 0
    said = capsys.readouterr()
    figures = json.loads(said.out)
    assert figures["page_accuracy"] > 0.3
    assert "Hello from hellodl" in said.err
    assert {path.name for path in (tmp_path / "runs").glob("*.png")} == {"demo-page.png", "demo-page-read.png"}


def test_a_demo_that_cannot_read_says_so_with_exit_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "IMAGES", 256)
    monkeypatch.setattr(demo, "SETTINGS", replace(demo.SETTINGS, epochs=1))
    assert main(["demo"]) == 1
    assert "misses" in capsys.readouterr().err
