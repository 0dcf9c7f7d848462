"""The command line: a thin list of the programs.

A program is a module with `add_arguments(parser)` and `main(options) -> int`. It is imported only when it is
called for, so that `hellodl -h` need not wait for libraries that it does not use. What all programs share is
settled here, once: common options, log lines, and what becomes of an error. Exit 0 when done, 1 when the work
failed, 2 for wrong usage, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hellodl import ranks
from hellodl.commands.arguments import at_least
from hellodl.commands.plain import forgive_output
from hellodl.console import hush, say
from hellodl.errors import HelloError


class Program(NamedTuple):
    """Where a program lives (within hellodl), what it does in one line, and which of the common options it takes."""

    module: str
    help: str
    options: tuple[str, ...] = ()


LEARNING = ("seed", "threads", "data", "json")

TRAIN = {
    "three-or-seven": Program(
        ".programs.three_or_seven", "tell a 3 from a 7: weights made by hand, then learned", LEARNING
    ),
    "digits": Program(".programs.digits", "learn to read digits", LEARNING),
    "letters": Program(".programs.letters", "learn to read handwritten letters", LEARNING),
    "finder": Program(".programs.finder", "learn where lines of writing are in photos", LEARNING),
    "lines": Program(".programs.lines", "learn to read whole lines, joined or not", LEARNING),
    "pen": Program(".programs.pen", "learn to write by hand, movement by movement", LEARNING),
    "text": Program(".programs.text", "learn to write: a corpus, character by character", LEARNING),
    "splice": Program(".programs.splice", "learn where the introns of a gene begin and end", LEARNING),
}

Table = Mapping[str, "Program | Mapping[str, Program]"]

PROGRAMS: Table = {
    "demo": Program(".programs.demo", "train a small letter reader from nothing, then read a page with it", LEARNING),
    "read": Program(".commands.read", "read photos of handwriting", ("threads", "json")),
    "score": Program(".commands.score", "how well photos are read whose text is known", ("seed", "threads", "json")),
    "learn": Program(".commands.learn", "write an engine of your own, step by step, and have it tried", ("json",)),
    "teach": Program(".commands.teach", "teach the reader your own hand", ("seed", "threads", "json")),
    "splice": Program(".commands.scan", "find where introns begin and end in DNA", ("threads", "json")),
    "train": TRAIN,
    "launch": Program(".commands.launch", "train on several processes or machines, by MPI"),
    "write": Program(".commands.write", "a small GPT writes on from a prompt", ("seed", "json")),
    "pen": Program(".commands.pen", "write any text by hand, in one of many hands", ("seed", "json")),
    "evaluate": Program(".commands.evaluate", "how well a trained model reads a data set", LEARNING),
    "quantize": Program(".commands.quantize", "how small a model's file can be, and what that costs", LEARNING),
    "pages": Program(".commands.made", "make photos of handwritten pages whose text is known", ("seed", "json")),
    "data": Program(".commands.data", "list the data sets, or download one", ("data", "json")),
    "runs": Program(".commands.runs", "list, show and compare the training runs so far", ("json",)),
    "plot": Program(
        ".commands.plot", "draw a training or a data set: curves, weights, kernels", ("seed", "data", "json")
    ),
    "inspect": Program(".commands.inspect", "draw what goes on inside a trained model", LEARNING),
    "web": Program(".web.serve", "the page: draw, read photos, teach, watch runs", ("threads",)),
    "bench": Program(".bench.bench", "images and letters a second, beside others", ("data", "json")),
    "reproduce": Program(".commands.reproduce", "run published figures again", ("data", "json")),
    "completion": Program(".commands.completion", "what lets a shell complete these words: bash, zsh or fish"),
}

MOST_CHOICES = 24  # characters of an option's choices in its usage

HELP_OF_TABLES = {"train": "train a network: " + ", ".join(TRAIN)}


class WrongUsage(Exception):
    """Carries the exit status of argparse, which would rather leave the whole process."""


class Help(argparse.HelpFormatter):
    """Help that breaks its lines between words only: an option or an address that is cut in two is of no use.

    So choices that would make a long word are named in an option's help.
    """

    def _metavar_formatter(self, action: argparse.Action, default_metavar: str) -> Any:
        if named_in_help(action):
            return lambda count: (default_metavar,) * count
        return super()._metavar_formatter(action, default_metavar)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        help = action.help
        return f"{help}; one of {', '.join(map(str, action.choices or ()))}" if named_in_help(action) else help

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in self._split_lines(text, width - len(indent)))


def named_in_help(action: argparse.Action) -> bool:
    """Whether an option's choices are too many for `{one,two}`."""
    return action.metavar is None and len(",".join(map(str, action.choices or ()))) > MOST_CHOICES


class Parser(argparse.ArgumentParser):
    """argparse, with `main` left in charge of leaving, and errors in the form of all other errors."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Print the message, if any, and let `main` return the status."""
        if message:
            say(message)
        raise WrongUsage(status)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help that cannot be written is a failure like any other."""
        if file is not None:
            file.write(message)

    def error(self, message: str) -> NoReturn:
        """One line that says what is wrong and where the help is."""
        say(f"{message}; see: {self.prog} -h")
        raise WrongUsage(2)


def main(argv: list[str] | None = None, loaded: Callable[[], None] = lambda: None) -> int:
    """Run one program by its name and arguments (those of the process if none are given); its exit status.

    `loaded` is called when the program has been loaded, right before it begins.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    forgive_output()
    try:
        try:
            meet()
            status = run(arguments, loaded)
        except WrongUsage as usage:
            status = usage.args[0]
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BrokenPipeError as error:
        if not nobody_reads():
            if debug:
                raise
            say(f"unexpected {type(error).__name__}: {error}; run it again with --debug to see where")
            return 1
        close_output()  # the reader of our output has seen enough, as in `hellodl runs | head`
        return 141
    except KeyboardInterrupt as interruption:
        if debug:
            raise
        return failed(str(interruption) or "interrupted", 130)  # a training says where it stopped, and how to go on
    except HelloError as error:
        if debug:
            raise
        return failed(str(error))
    except MemoryError:
        if debug:
            raise
        return failed("there is not enough memory for this; close other programs, or ask for something smaller")
    except Exception as error:
        if debug:
            raise
        return failed(told(error))


def meet() -> None:
    """Find the others, where `mpiexec` started several of us: of those, the first one talks.

    To us SIGUSR1 is Ctrl-C: both MPIs hand it on and think nothing of it, where at Ctrl-C itself one goes deaf.
    """
    if ranks.started() > 1:
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, lambda *_: signal.raise_signal(signal.SIGINT))
        if ranks.started_as() > 0:
            hush()
        ranks.join()


def failed(message: str, status: int = 1) -> int:
    """Say what went wrong; where we are several, that ends all."""
    say(message)
    ranks.leave(status, message)
    return status


def told(error: Exception) -> str:
    """An error that nobody has put into words, as one line; full disks and the rights of files are no surprise."""
    later = "run it again with --debug to see where"
    if not isinstance(error, OSError):
        return f"unexpected {type(error).__name__}: {error}; {later}"
    from hellodl.storage.atomic import FULL, reason

    if error.filename is None and error.errno in FULL:  # whoever writes files says which
        close_output()  # or it would fail again at exit
        return f"what comes out cannot be written ({reason(error)}); send it elsewhere"
    if error.filename is None:
        return f"unexpected {type(error).__name__}: {error}; {later}"
    return f"{error.filename}: cannot be used ({reason(error)}); choose another place, or {later}"


def run(arguments: list[str], loaded: Callable[[], None]) -> int:
    """Find the program in the table, give it its options, and call it."""
    if arguments[:1] == ["help"]:  # `hellodl help read` is `hellodl read -h`
        arguments = [*arguments[1:], "-h"]
    table, name, rest = PROGRAMS, "hellodl", arguments
    while True:
        word, rest = choose(table, name, rest)
        name = f"{name} {word}"
        found = table[word]
        if isinstance(found, Program):
            break
        table = found
    options = parser_of(name, found).parse_args(rest)

    from hellodl.console import start_logging

    start_logging(verbose=options.debug)
    loaded()
    return int(import_module(found.module, "hellodl").main(options) or 0)


def parser_of(name: str, program: Program) -> Parser:
    """The parser of one program, which is imported for it."""
    parser = Parser(prog=name, description=program.help, allow_abbrev=False, formatter_class=Help)
    import_module(program.module, "hellodl").add_arguments(parser)
    add_common_options(parser, program.options)
    return parser


def choose(table: Table, name: str, rest: list[str]) -> tuple[str, list[str]]:
    """The first word names the program; options before it are ours (help, version, debug)."""
    at = next((i for i, word in enumerate(rest) if not word.startswith("-")), len(rest))
    more = f"More: {name.replace('hellodl', 'hellodl help')} PROGRAM"
    parser = Parser(prog=name, usage=f"{name} PROGRAM [options]", epilog=more)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Deep learning from scratch.\n\n" + list_of(table)
    parser.allow_abbrev = False
    if name == "hellodl":
        parser.add_argument("-V", "--version", action="store_true", help="show the version and exit")
    parser.add_argument("--debug", action="store_true", help="show details, and where an error came from")
    ours = parser.parse_args(rest[:at])
    if getattr(ours, "version", False):
        print(f"hellodl {version()}")
        parser.exit()
    if at == len(rest):
        parser.print_help(sys.stderr)
        parser.exit(2)
    word = rest[at]
    if word not in table:
        parser.error(f"there is no program {word!r}{nearest(word, table)}")
    later = rest[at + 1 :]
    return word, [*later, "--debug"] if ours.debug and "--debug" not in later else later


def list_of(table: Table) -> str:
    """The programs and what each of them is for."""
    long = max(map(len, table))
    width = shutil.get_terminal_size().columns - 2  # as argparse has it
    wrap = textwrap.TextWrapper(
        width, subsequent_indent=" " * (long + 4), break_long_words=False, break_on_hyphens=False
    )
    lines = ["programs:"]
    for word, found in table.items():
        about = found.help if isinstance(found, Program) else HELP_OF_TABLES[word]
        lines.append(wrap.fill(f"  {word:{long}}  {about}"))
    return "\n".join(lines)


def nearest(word: str, table: Table) -> str:
    """A guess at what was meant."""
    import difflib

    if close := difflib.get_close_matches(word, table, n=1, cutoff=0.5):
        return f"; did you mean {close[0]!r}?"
    return "; there are " + ", ".join(table)


def add_common_options(parser: argparse.ArgumentParser, wanted: tuple[str, ...]) -> None:
    """The options that mean the same everywhere; a program that brought its own of that name keeps it."""
    group = parser.add_argument_group("common options")
    common: dict[str, dict] = {
        "seed": {"type": at_least(0), "default": 0, "metavar": "N", "help": "what chance starts from (0)"},
        "threads": {"type": at_least(1), "metavar": "N", "help": "processor threads (as many as there are)"},
        "data": {"type": Path, "metavar": "DIR", "help": "where data sets are, if not in their usual place"},
        "json": {"action": "store_true", "help": "print the result as one JSON object"},
    }
    for name in wanted:
        with contextlib.suppress(argparse.ArgumentError):
            group.add_argument(f"--{name}", **common[name])
    group.add_argument("--debug", action="store_true", help="show details, and where an error came from")


def version() -> str:
    """The version that is installed."""
    from importlib import metadata

    try:
        return metadata.version("hellodl")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def nobody_reads() -> bool:
    """Whether what we print goes into a pipe that was closed at its other end; where that is not told, it may be so."""
    import select

    if not hasattr(select, "poll"):
        return True
    look = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            look.register(stream.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in look.poll(0))


def close_output() -> None:
    """Send what is still to be printed nowhere, or Python would complain about it once more at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
