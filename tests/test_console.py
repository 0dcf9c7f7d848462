"""What is said on the way goes to the terminal, and results go where they were sent."""

import io

from rich.console import Console

from hellodl import console


def test_results_go_to_their_file_while_a_bar_is_on_the_terminal(monkeypatch, capsys):
    terminal = io.StringIO()
    monkeypatch.setattr(console, "_console", Console(file=terminal, force_terminal=True, width=80))
    with console.progress_bar("working", 2) as bar:
        print("a result")
        bar.advance()
    assert capsys.readouterr().out == "a result\n"
    assert "working" in terminal.getvalue()
    assert "a result" not in terminal.getvalue()
