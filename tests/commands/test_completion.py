"""`hellodl completion`: the scripts are asked as a shell asks them."""

import shutil
import subprocess

import pytest

from hellodl.commands import cli, completion


def script(shell: str, capsys) -> str:
    assert cli.main(["completion", shell]) == 0
    return capsys.readouterr().out


def offered(typed: str, script: str) -> set[str]:
    """What bash offers after these words; the last of them is being typed."""
    words = typed.split(" ")
    array = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; _hellodl; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {*done.stdout.split()}


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash here")
def test_bash_completes_programs_options_and_their_values(capsys):
    text = script("bash", capsys)
    assert offered("hellodl ", text) == {*cli.PROGRAMS}
    assert offered("hellodl rea", text) == {"read"}
    assert offered("hellodl train ", text) == {*cli.TRAIN}
    assert offered("hellodl read --rot", text) == {"--rotate"}
    assert offered("hellodl read note.jpg --rotate ", text) == {"auto", "0", "90", "180", "270"}
    assert offered("hellodl train splice --f", text) == {"--folds"}
    assert offered("hellodl splice --ev", text) == {"--everywhere"}
    assert offered("hellodl help tr", text) == {"train"}
    assert offered("hellodl read --out ", text) == set()  # a folder, which bash finds by itself
    assert offered("hellodl completion ", text) >= {"bash", "zsh", "fish"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_scripts_are_what_the_shells_read(shell, capsys):
    text = script(shell, capsys)
    assert "three-or-seven" in text and "min-confidence" in text
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here to read it")
    done = subprocess.run([shell, "-n", "/dev/stdin"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_fish_is_told_of_every_option():
    lines = [*completion.fish()]
    for place, found in completion.places():
        for action in completion.actions(found) if not isinstance(found, dict) else []:
            for flag in action.option_strings:
                assert any(f"-l {flag[2:]} " in f"{line} " or f"-s {flag[1:]} " in line for line in lines), (
                    place,
                    flag,
                )
