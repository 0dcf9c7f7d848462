"""What the README says can be done is done: every command that it shows, by somebody who has nothing but hellodl.

A few are run in every run of the tests, in an empty folder; all of them, and those of docs/using.md, by
`make test-readme`, with a wheel in an environment of its own.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from hellodl.data.pages.layout import write_page
from hellodl.runs.machine import SOURCE

README = SOURCE / "README.md"
USING = SOURCE / "docs" / "using.md"
PROJECT = "https://github.com/hellodl/hellodl/"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TAKES = re.compile(r"(?P<many>a|an|half a|a quarter of an|\d+) (?P<unit>second|minute|hour)s?\b")
MOST = 1000  # seconds for a command; what takes longer is begun, and then interrupted
SHORT = ("hellodl read note.jpg", "hellodl help")


def commands(page: Path) -> list[tuple[str, str]]:
    """The commands in the blocks of a page, with what is said of each."""
    blocks = [block for language, block in BLOCK.findall(page.read_text("utf-8")) if not language]
    lines = [line for block in blocks for line in block.splitlines()]
    return [(command.strip(), said) for command, _, said in (line.partition("  # ") for line in lines)]


def seconds(said: str) -> float:
    """How long a command takes, by what is said of it; a few seconds where nothing is said."""
    if found := TAKES.search(said):
        many = {"a": 1, "an": 1, "half a": 0.5, "a quarter of an": 0.25}.get(found["many"])
        return (float(found["many"]) if many is None else many) * {"second": 1, "minute": 60, "hour": 3600}[
            found["unit"]
        ]
    return 5.0


def test_it_is_short():
    assert len(README.read_text("utf-8")) <= 6000


def test_its_links_and_pictures_work_on_other_pages_too():
    text = README.read_text("utf-8")
    links = re.findall(r"(?:\]\(|^\[\w+\]: )([^)\s]+)", text, re.MULTILINE)
    assert len(links) > 10 and all(link.startswith("https://") for link in links)
    files = [match[1] for link in links if (match := re.match(PROJECT + r"(?:blob|raw)/main/(.+)", link))]
    assert len(files) > 5
    assert not [name for name in files if not (SOURCE / name).exists()]
    assert set(re.findall(r"\]\[(\w+)\]", text)) == set(re.findall(r"^\[(\w+)\]:", text, re.MULTILINE))


def test_links_of_the_page_on_using_lead_somewhere():
    links = re.findall(r"\]\((?!https)([^)#]+)", USING.read_text("utf-8"))
    assert links and not [link for link in links if not (USING.parent / link).exists()]


def test_what_it_asks_make_for_is_there():
    targets = set(re.findall(r"`make ([\w-]+)`", README.read_text("utf-8")))
    makefile = (SOURCE / "Makefile").read_text("utf-8")
    assert targets == {"demo", "test"} and all(f"\n{target}: " in makefile for target in targets)


def test_every_command_that_takes_long_says_how_long():
    said = dict(commands(README))
    assert len(said) >= 9
    quick = {"pip install hellodl", "hellodl help"}
    assert not [command for command, words in said.items() if command not in quick and not TAKES.search(words)]


@pytest.fixture
def newcomer(tmp_path):
    """An empty folder but for the photo that the README speaks of, a text and a gene; and nothing else at home."""
    picture, _ = write_page("what it says", 3, width=900)
    assert cv2.imwrite(str(tmp_path / "note.jpg"), picture)
    (tmp_path / "book.txt").write_text("it says what it says, and that is what it says\n" * 100)
    return tmp_path


def surroundings(home: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
    }
    kept |= {
        name: value for name, value in os.environ.items() if name.lower().startswith(("pip_", "http", "ssl", "uv_"))
    }
    return kept | {"HOME": str(home)} | more


@pytest.mark.parametrize("command", SHORT)
def test_the_first_commands_work_in_an_empty_folder(newcomer, command):
    assert command in dict(commands(README))
    words = [sys.executable, "-m", *shlex.split(command)]
    there = surroundings(newcomer, PYTHONPATH=str(SOURCE / "src"), HELLODL_JIT="0")
    before = {*newcomer.iterdir()}
    done = subprocess.run(words, cwd=newcomer, env=there, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "what it says\n" or command != SHORT[0]
    assert {*newcomer.iterdir()} == before


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """The `bin` of an environment into which a wheel of this tree was installed, and nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    alone = surroundings(folder)

    def run(*command) -> None:
        subprocess.run(list(map(str, command)), check=True, env=alone)

    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    source = folder / "source"  # a copy, for building leaves things behind
    shutil.copytree(SOURCE / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(SOURCE / name, source)
    run(sys.executable, *pip, "wheel", "--no-deps", "-w", folder / "dist", source)
    run(sys.executable, "-m", "venv", folder / "venv")
    bin = folder / "venv" / "bin"
    run(bin / "python", *pip, "install", *(folder / "dist").glob("*.whl"))
    return bin


def worked() -> float:
    """Seconds of a processor that all commands so far have had."""
    import resource  # which Windows does not have

    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


@pytest.mark.readme
@pytest.mark.parametrize("page", [README, USING], ids=["README", "using"])
def test_every_command_in_a_fresh_environment(page, fresh, newcomer):
    there = surroundings(newcomer, VIRTUAL_ENV=str(fresh.parent))
    there["PATH"] = f"{fresh}{os.pathsep}{there['PATH']}"
    report, failures = [], []
    for command, said in commands(page):
        if command.startswith("pip install"):
            continue  # that is how `fresh` was made
        begun = seconds(said) > MOST or "not to its end" in said
        start, before = time.monotonic(), worked()
        process = subprocess.Popen(
            command,
            shell=True,
            cwd=newcomer,
            env=there,
            text=True,
            process_group=0,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            out, _ = process.communicate(timeout=60 if begun else 3 * MOST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        took, busy = time.monotonic() - start, (worked() - before) / 2  # it is said of two cores that are free
        how = f"{took:6.1f} s, {busy:5.1f} s of two cores, said {seconds(said):5.0f} s, status {process.returncode}"
        report.append(f"{how}: {command}")
        print(report[-1], flush=True)
        if "Traceback" in out or process.returncode not in ((0, 130) if begun else (0,)):
            failures.append(f"{command}: {out[-2000:]}")
        elif not begun and min(took, busy) > 3 * seconds(said) + 5:
            failures.append(f"{command}: took {took:.0f} s, {busy:.0f} s of two cores")
    assert not failures, "\n".join(failures + report)


@pytest.mark.readme
def test_python_in_a_fresh_environment(fresh, newcomer):
    blocks = [block for language, block in BLOCK.findall(USING.read_text("utf-8")) if language == "python"]
    assert len(blocks) == 2 and '`hellodl.read("note.jpg").text`' in README.read_text("utf-8")
    for block in [*blocks, 'import hellodl\nassert hellodl.read("note.jpg").text == "what it says"']:
        command = [fresh / "python", "-c", block]
        done = subprocess.run(
            command, cwd=newcomer, env=surroundings(newcomer), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
