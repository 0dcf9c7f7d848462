"""Every command is typed in a terminal as people have them: narrow, wide, none, without colours, with few characters,
in a folder where nothing may be written, and with Ctrl-C. Nothing is cut, wrapped to rubble, or a surprise."""

import os
import re
import shutil
import signal
import stat

import pytest
from newcomer import COMMANDS, Typed, settled, with_pages
from screens import Press, Seen, piped, type_in

COLOUR = re.compile(r"\x1b\[[\d;]*m")
NO_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")  # root, but nobody special
AT_WORK = "%"  # there is a progress bar


def cases(*, slow_too=True, only=lambda typed: True):
    """The commands; those that are slow, or all but the quick ones, are for the long form."""
    chosen = [typed for typed in COMMANDS if only(typed)]
    long = pytest.mark.terminal
    return [
        pytest.param(typed, id=typed.words or "nothing", marks=[long] if typed.slow and slow_too else [])
        for typed in chosen
    ]


def again(typed: Typed) -> bool:
    """Whether a command is typed to its end more than once."""
    return not typed.once


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with runs and files in it."""
    return settled(tmp_path_factory.mktemp("newcomer"))


@pytest.fixture(scope="module")
def full_home(tmp_path_factory):
    """The same with a page and a model."""
    return with_pages(settled(tmp_path_factory.mktemp("newcomer")))


@pytest.fixture
def place(typed, request, tmp_path):
    """Where a command is typed: a folder of its own, where it writes."""
    if not typed.slow:
        return request.getfixturevalue("home")
    here = tmp_path / "here"
    shutil.copytree(request.getfixturevalue("full_home"), here)
    return here


def flat(text: str) -> str:
    """Text on one line, so that it does not matter where lines were broken."""
    return " ".join(text.split())


def check(typed: Typed, seen: Seen) -> None:
    """What must hold of every command in every terminal."""
    shown = seen.screen.shown()
    assert seen.status == typed.status, shown
    assert "Traceback" not in shown and "unexpected" not in shown and "…" not in seen.text, shown
    assert flat(typed.says) in flat(shown), shown
    if not typed.raw:
        on = [row for row in seen.screen.runs_on if not too_long("".join(seen.screen.rows[row]), seen.screen.columns)]
        assert not on, f"the terminal had to break {len(on)} lines:\n{shown}"


def too_long(row: str, columns: int) -> bool:
    """Whether a row is full of one word, as addresses and paths may be."""
    return len(row.split()) == 1 and len(row) == columns


@pytest.mark.parametrize("typed", cases())
def test_in_a_narrow_terminal_nothing_is_cut_and_nothing_missing(typed, place):
    seen = type_in(typed.words.split(), place, columns=60)
    check(typed, seen)
    if not typed.slow and typed.words:  # whose output is the same each time
        wide = piped(typed.words.split(), place)
        words = set(re.findall(r"(?<!\S)[\w.:/-]*[a-z]{3}[\w.:/-]*(?!\S)", (wide.stdout + wide.stderr).decode()))
        assert words <= set(seen.screen.shown().split()) or typed.raw


@pytest.mark.terminal
@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("typed", cases(only=again))
def test_in_a_usual_and_in_a_wide_terminal(typed, place, columns):
    check(typed, type_in(typed.words.split(), place, columns))


@pytest.mark.terminal
@pytest.mark.parametrize("typed", cases(only=again))
def test_without_a_terminal_lines_are_whole_and_nothing_commands_one(typed, place):
    said = piped(typed.words.split(), place)
    text = (said.stdout + said.stderr).decode()
    assert said.returncode == typed.status
    assert "\x1b" not in text and "Traceback" not in text and "unexpected" not in text and "…" not in text
    assert flat(typed.says) in flat(text)


@pytest.mark.parametrize(
    "typed", cases(only=lambda typed: again(typed) and (typed.slow or typed.words in ("data", "runs show 1", "sampel")))
)
def test_without_colour_and_with_ascii_alone(typed, place):
    seen = type_in(typed.words.split(), place, 80, NO_COLOR="1", PYTHONIOENCODING="ascii")
    check(typed, seen)
    assert not COLOUR.search(seen.text.replace("\x1b[0m", "")) or "38;" not in seen.text
    assert seen.text.isascii() and "\\u" not in seen.text


@pytest.mark.terminal
@pytest.mark.parametrize("typed", cases(only=again))
def test_in_the_locale_of_no_language(typed, place):
    check(typed, type_in(typed.words.split(), place, 80, LC_ALL="C", LANG="C"))


@pytest.fixture
def locked(place):
    """The place, where nothing may be written any more."""
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may do everything, and there is no setpriv to change that")
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield place
    for folder in folders:
        folder.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("typed", cases(only=lambda typed: typed.slow or typed.words in ("runs", "teach --show")))
def test_in_a_folder_that_cannot_be_written(typed, locked):
    prefix = NO_RIGHTS if os.geteuid() == 0 else ()
    seen = type_in(typed.words.split(), locked, 80, prefix=prefix)
    if not typed.writes:
        return check(typed, seen)
    shown = flat(seen.screen.shown())
    assert seen.status == 1 and "Traceback" not in shown and "unexpected" not in shown
    assert "ermission denied" in shown and re.search("choose|change|warning", shown), shown
    if "--picture" in typed.words:
        assert "world short yes" in shown  # text first
    return None


@pytest.mark.terminal
@pytest.mark.parametrize(
    "press", [Press(library="_multiarray_umath"), Press(seconds=1.5), Press(AT_WORK, 0.3), Press(AT_WORK, 0.1, 2)]
)
@pytest.mark.parametrize("typed", cases(only=lambda typed: typed.slow))
def test_ctrl_c_is_one_line_at_any_moment(typed, place, press):
    seen = type_in(typed.words.split(), place, 80, press)
    shown = seen.screen.shown()
    if "Traceback" in shown and "hellodl/commands" not in shown and "numpy" not in shown:
        pytest.skip("Python itself was just starting, and nothing of ours had begun yet")
    assert "Traceback" not in shown and "unexpected" not in shown and "Exception ignored" not in shown, shown
    assert seen.status in (130, -signal.SIGINT, typed.status), shown  # some are ended by the signal itself, after all
    assert seen.status != 130 or "interrupted" in shown


def test_ctrl_c_at_work_says_how_to_go_on_and_that_works(home, tmp_path):
    words = "train digits --dataset ink --count 64 --architecture perceptron --epochs 3000 --batch-size 32 --threads 1"
    seen = type_in(words.split(), tmp_path, 60, Press("epoch  1/3000"))
    said = flat(seen.screen.shown())
    assert seen.status == 130 and "Traceback" not in said
    assert "go on with --resume runs/digits-1.state" in said
    assert "…" not in seen.text and said.count("training") == 0  # the bar was whole, and is gone
    assert (tmp_path / "runs" / "digits-1.state").exists()
