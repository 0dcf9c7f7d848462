"""`hellodl completion SHELL`: a script that lets the shell complete programs, options and their values.

It is made of the very parsers that read the command line, so it knows what they know. Files are left to the shell.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from hellodl.commands.cli import PROGRAMS, Program, Table, parser_of

BASH = r"""_hellodl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} place= word words
    for word in "${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
        case " %(places)s " in *" ${place:+$place/}$word "*) place=${place:+$place/}$word ;; esac
    done
    case "$place $previous" in
%(values)s
    *) case "$place" in
%(words)s
        esac ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _hellodl hellodl"""
ZSH = "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n" + BASH

USE = """put this into your shell's settings. bash, in ~/.bashrc: eval "$(hellodl completion bash)"; zsh, in ~/.zshrc:
eval "$(hellodl completion zsh)"; fish: hellodl completion fish > ~/.config/fish/completions/hellodl.fish"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.description = f"Print a script that completes hellodl's words in a shell; {USE}"
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that you use")


def main(options: argparse.Namespace) -> int:
    """Print the script."""
    print("\n".join(fish()) if options.shell == "fish" else bash(BASH if options.shell == "bash" else ZSH))
    return 0


def places(table: Table = PROGRAMS, above: str = "") -> Iterator[tuple[str, Table | argparse.ArgumentParser]]:
    """Every place on the command line: "" with the programs, "read" with its parser, "train/digits" with its."""
    yield above, table
    for word, found in table.items():
        place = f"{above}/{word}".strip("/")
        if isinstance(found, Program):
            yield place, parser_of(place, found)
        else:
            yield from places(found, place)


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The options and arguments of which help is given."""
    return [action for action in parser._actions if action.help != argparse.SUPPRESS]


def bash(script: str) -> str:
    """The script for bash, which zsh understands too."""
    values, words, names = [], [], []
    for place, found in places():
        names.append(place)
        offered = [] if isinstance(found, argparse.ArgumentParser) else [*found]
        if isinstance(found, argparse.ArgumentParser):
            for action in actions(found):
                choices = [*map(str, action.choices or ())]
                offered += action.option_strings or choices
                if action.option_strings and action.nargs != 0:
                    patterns = "|".join(f'"{place} {flag}"' for flag in action.option_strings)
                    values.append(f'    {patterns}) words="{" ".join(choices)}" ;;')
        words.append(f'        "{place}") words="{" ".join(offered)}" ;;')
    return script % {"places": " ".join(names).strip(), "values": "\n".join(values), "words": "\n".join(words)}


def fish() -> Iterator[str]:
    """The lines of the script for fish."""
    for place, found in places():
        path = place.split("/") if place else []
        here = [f"__fish_seen_subcommand_from {word}" for word in path]
        if not isinstance(found, argparse.ArgumentParser):
            there = f"not __fish_seen_subcommand_from {' '.join(found)}"
            yield f"complete -c hellodl -f -n '{'; and '.join([*here, there])}' -a '{' '.join(found)}'"
            continue
        for action in actions(found):
            flags = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in action.option_strings]
            takes = ["-r"] if flags and action.nargs != 0 else []
            takes += [f"-f -a '{' '.join(map(str, action.choices))}'"] if action.choices else []
            if flags or takes:
                about = (action.help or "").split(":")[0].replace("\\", "").replace("'", "\\'")
                yield " ".join([f"complete -c hellodl -n '{'; and '.join(here)}'", *flags, *takes, f"-d '{about}'"])
