"""The command line: programs are found, options mean the same everywhere, and errors are one line."""

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from hellodl.commands import cli
from hellodl.errors import PhotoError


@pytest.fixture
def program(monkeypatch):
    """A program called `sample`, whose `main` the test decides."""
    module = types.ModuleType("hellodl.programs.sample")
    module.add_arguments = lambda parser: parser.add_argument("photo", nargs="*")
    module.main = lambda options: 0
    module.seen = []
    monkeypatch.setitem(sys.modules, module.__name__, module)
    entry = cli.Program(module.__name__, "a sample", ("seed", "threads", "data", "json"))
    monkeypatch.setitem(cli.PROGRAMS, "sample", entry)
    monkeypatch.setitem(cli.TRAIN, "sample", entry)
    return module


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "hellodl", *words], capture_output=True, text=True)


def test_common_options_reach_the_program(program):
    program.main = lambda options: program.seen.append(options) or 0
    assert cli.main(["sample", "--seed", "3", "a.png", "--threads", "2", "--data", "x", "--json"]) == 0
    assert cli.main(["train", "sample"]) == 0
    first, second = program.seen
    assert (first.photo, first.seed, first.threads, first.data) == (["a.png"], 3, 2, Path("x"))
    assert first.json and not first.debug
    assert (second.seed, second.threads, second.data, second.json) == (0, None, None, False)


@pytest.mark.parametrize(
    "words",
    ["--debug sample", "sample --debug", "sample a.png --debug --json", "--debug train sample", "train --debug sample"],
)
def test_debug_may_stand_anywhere(program, words):
    program.main = lambda options: program.seen.append(options.debug) or 0
    assert cli.main(words.split()) == 0
    assert program.seen == [True]


def test_a_program_may_bring_its_own_form_of_a_common_option(program):
    program.add_arguments = lambda parser: parser.add_argument("--seed", default="mine")
    program.main = lambda options: program.seen.append((options.seed, options.threads)) or 0
    assert cli.main(["sample"]) == 0
    assert program.seen == [("mine", None)]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("sampel", "did you mean 'sample'?; see: hellodl -h"),
        ("train sampel", "did you mean 'sample'?; see: hellodl train -h"),
        ("xyzzy", "there are demo, read"),
        ("--seed 3 sample", "--seed"),
        ("sample --seed -1", "'-1' is no whole number of at least 0; see: hellodl sample -h"),
        ("sample --seed x", "'x' is no whole number"),
        ("sample --threads 0", "at least 1"),
        ("sample --thread 1", "--thread"),
        ("sample --data", "--data"),
    ],
)
def test_wrong_usage_is_one_line_and_2(program, capsys, words, hint):
    assert cli.main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("hellodl: ")
    assert err.count("\n") == 1
    assert hint in err


def test_no_program_shows_which_there_are(capsys):
    assert cli.main([]) == 2
    assert "reproduce" in capsys.readouterr().err
    assert cli.main(["train"]) == 2
    assert "three-or-seven" in capsys.readouterr().err


def test_help_names_every_program_and_imports_none(capsys):
    before = set(sys.modules)
    assert cli.main(["-h"]) == 0
    assert cli.main(["train", "--help"]) == 0
    out = capsys.readouterr().out
    for name in (*cli.PROGRAMS, *cli.TRAIN):
        assert f"  {name} " in out
    assert not {name for name in set(sys.modules) - before if name.startswith("hellodl")}


def test_every_program_in_the_table_exists_and_has_help(capsys):
    for name, found in cli.PROGRAMS.items():
        for words in [[name]] if isinstance(found, cli.Program) else [[name, sub] for sub in found]:
            assert cli.main([*words, "-h"]) == 0, words
            assert "--debug" in capsys.readouterr().out


def test_an_error_is_one_line_and_1(program, capsys):
    def fails(options):
        raise PhotoError("a.png: is no\nphoto\x1b[2J; give another")

    program.main = fails
    assert cli.main(["sample"]) == 1
    assert capsys.readouterr().err == "hellodl: a.png: is no photo?[2J; give another\n"
    with pytest.raises(PhotoError):
        cli.main(["sample", "--debug"])


def test_an_unexpected_error_is_one_line_that_says_how_to_learn_more(program, capsys):
    program.main = lambda options: 1 / 0
    assert cli.main(["sample"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "ZeroDivisionError" in err
    assert "--debug" in err
    with pytest.raises(ZeroDivisionError):
        cli.main(["--debug", "sample"])


def test_ctrl_c_is_one_line_and_130(program, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    program.main = interrupted
    assert cli.main(["sample"]) == 130
    assert capsys.readouterr().err == "hellodl: interrupted\n"

    def interrupted_with_words(options):
        raise KeyboardInterrupt("interrupted at step 3 of 9; go on with --resume it")

    program.main = interrupted_with_words
    assert cli.main(["sample"]) == 130
    assert capsys.readouterr().err == "hellodl: interrupted at step 3 of 9; go on with --resume it\n"


def test_the_status_of_a_program_is_the_status_of_the_process(program):
    program.main = lambda options: 1
    assert cli.main(["sample"]) == 1
    program.main = lambda options: None
    assert cli.main(["sample"]) == 0


def test_a_reader_that_has_seen_enough_is_no_error():
    talk = """from hellodl.commands import cli
cli.run = lambda *words: print("line\\n" * 100000) or 0
raise SystemExit(cli.main([]))"""
    process = subprocess.Popen([sys.executable, "-c", talk], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


@pytest.mark.parametrize("module", ["hellodl.commands.cli", "numpy", "numpy.linalg", "hellodl.nn", "cv2"])
def test_ctrl_c_is_one_line_whatever_is_just_being_loaded(module):
    typed = f"""import signal, sys
class Press:
    def find_spec(self, name, path, target=None):
        if name == "{module}":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Press())
sys.argv = ["hellodl", "read", "nothing.png"]
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where these tests run in the background of a shell
from hellodl.__main__ import main
raise SystemExit(main())"""
    done = subprocess.run([sys.executable, "-c", typed], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "hellodl: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell whether anybody reads")
def test_a_pipe_that_broke_elsewhere_is_not_taken_for_our_output():
    talk = """from hellodl.commands import cli
def broken(*words):
    raise BrokenPipeError(32, "Broken pipe")
cli.run = broken
raise SystemExit(cli.main([]))"""
    done = subprocess.run([sys.executable, "-c", talk], capture_output=True, text=True)
    assert done.returncode == 1 and "BrokenPipeError" in done.stderr


def test_too_little_memory_is_one_line(program, capsys):
    def hungry(options):
        raise MemoryError

    program.main = hungry
    assert cli.main(["sample"]) == 1
    err = capsys.readouterr().err
    assert "not enough memory" in err and err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_is_one_line():
    for unbuffered in ("", "1"):  # it fails at the end, or at once
        surroundings = os.environ | {"PYTHONUNBUFFERED": unbuffered}
        for words in (["-V"], ["help", "read"]):
            with Path("/dev/full").open("w") as full:
                command = [sys.executable, "-m", "hellodl", *words]
                done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=surroundings)
            assert done.returncode == 1
            assert done.stderr == "hellodl: what comes out cannot be written (the disk is full); send it elsewhere\n"


def test_help_and_version_are_as_in_other_tools(program, capsys):
    for words, same in (("help", "-h"), ("help sample", "sample -h"), ("help train sample", "train sample -h")):
        assert cli.main(words.split()) == 0
        said = capsys.readouterr().out
        assert cli.main(same.split()) == 0
        assert said == capsys.readouterr().out != ""
    assert cli.main(["help", "sampel"]) == 2
    assert "did you mean 'sample'?" in capsys.readouterr().err
    assert cli.main(["-V"]) == 0
    assert capsys.readouterr().out.startswith("hellodl ")


def test_a_file_that_cannot_be_used_is_no_surprise(program, capsys):
    program.main = lambda options: Path("/nowhere/at/all").read_text()
    assert cli.main(["sample"]) == 1
    assert capsys.readouterr().err.startswith("hellodl: /nowhere/at/all: cannot be used (No such file or directory); ")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_pictures_stay_pictures_where_there_are_few_characters(encoding):
    talk = """from hellodl.commands import cli
cli.run = lambda *words: print("\u2591\u2592\u2593\u2588 \u2581\u2588 3\u00d7 \u00b1 \u0416") or 0
raise SystemExit(cli.main([]))"""
    surroundings = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", talk], capture_output=True, env=surroundings)
    assert (
        done.stdout.decode(encoding)
        == {"ascii": ".:*# _# 3x +- \\u0416\n", "latin-1": ".:*# _# 3× ± \\u0416\n"}[encoding]
    )


def test_python_dash_m_is_the_command():
    done = run("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "hellodl")
    assert run("nonsense").returncode == 2


def test_the_version_is_quick_for_nothing_heavy_is_imported():
    program = "import sys; from hellodl.commands import cli; cli.main(['--version']); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "hellodl.commands.cli" in out.split()
    assert not {"cv2", "rich", "sqlite3", "numba"} & set(out.split())
