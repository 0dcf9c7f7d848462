"""`hellodl data`: which data sets there are, which of them lie here, and how to get the others."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from hellodl.console import show_facts, tell
from hellodl.data import Known, available


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to list the sets; `get` and their names to download some."""
    parser.add_argument("action", nargs="?", choices=("list", "get"), default="list", help="list or get")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the data sets to download")
    parser.set_defaults(wrong_usage=parser.error)


def main(options: argparse.Namespace) -> int:
    """Print the table of known sets, or download those that are named; 0 when all went well."""
    if options.action == "get":
        return download(options)
    if options.names:
        options.wrong_usage("`hellodl data` lists all sets; to download one, use `hellodl data get NAME`")
    known = available(options.data)
    if options.json:
        print(json.dumps([as_json(one) for one in known], indent=2))
    else:
        show(known)
    return 0


def download(options: argparse.Namespace) -> int:
    """Download the named sets and print where each one lies."""
    from hellodl.data.download import get

    if not options.names:
        options.wrong_usage("get what? For example `hellodl data get emnist`; `hellodl data` lists all sets")
    folders = {}
    for name in options.names:
        folder = get(name, options.data)
        folders[name] = None if folder is None else str(folder)
        if not options.json:
            tell(f"{name}: {folder or 'built in, nothing to download'}")
    if options.json:
        print(json.dumps(folders, indent=2))
    return 0


def show(known: list[Known]) -> None:
    """Of each set its name, what it is and may be used for, and where it lies or how to get it."""
    facts = {}
    for one in known:
        how = f"`hellodl data get {one.name}`" if one.can_download else one.how
        where = "built in" if one.built_in else str(one.folder or f"not here: {how}")
        facts[one.name] = f"{one.what}\n{one.size}; {one.licence}\n{where}"
    show_facts(facts)


def as_json(one: Known) -> dict:
    """A set as plain values."""
    return {**asdict(one), "folder": None if one.folder is None else str(one.folder)}
