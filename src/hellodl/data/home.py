"""The data home: the one folder in which data sets are looked for, and the list of the sets that we know.

`--data DIR` wins, then the environment variable HELLODL_DATA, then the place where this system's programs
keep what they can fetch again. Each set has a folder of its own in there, but files that lie directly in the
data home are found too, because that is how people keep them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hellodl.data.idx import existing
from hellodl.errors import DataError


@dataclass(frozen=True)
class SourceFile:
    """One file of a set: its name on disk, where it is published, and how to know that it is whole.

    `urls` is where it lies as a file of its own; `member` is its path inside the set's zip instead.
    `bytes` is 0 where its size is not known. One of `sha256` and `md5` is given where it can be downloaded.
    """

    name: str
    urls: tuple[str, ...] = ()
    member: str = ""
    bytes: int = 0
    sha256: str = ""
    md5: str = ""


@dataclass(frozen=True)
class Source:
    """A data set that we know: what it is, whom to thank, which files it has and where they are published.

    `folder` is its place in the data home. By hand one would `take` something from the page `by_hand`; where
    there is more to it, `hint` says so. `zip_bytes` is about the size of the zip at each of the `zip_urls`.
    """

    name: str
    what: str
    size: str
    licence: str
    citation: str
    folder: str = ""
    by_hand: str = ""
    take: str = "its files"
    hint: str = ""
    zip_urls: tuple[str, ...] = ()
    zip_bytes: int = 0
    files: tuple[SourceFile, ...] = ()

    @property
    def built_in(self) -> bool:
        """True for a set that needs no files, because hellodl draws it itself."""
        return not self.files

    @property
    def can_download(self) -> bool:
        """True where `hellodl data get` can fetch it."""
        return bool(self.zip_urls) or any(file.urls for file in self.files)


@cache
def sources() -> dict[str, Source]:
    """All sets that we know, by name, as written in sources.toml."""
    import tomllib
    from importlib import resources

    text = resources.files("hellodl.data").joinpath("sources.toml").read_text("utf-8")
    return {name: _source(name, entry) for name, entry in tomllib.loads(text).items()}


def source(name: str) -> Source:
    """One known set; DataError, listing the known ones, for any other name."""
    if name not in sources():
        raise DataError(f"there is no data set '{name}'; the known ones are {', '.join(sources())}")
    return sources()[name]


def data_home(data: str | Path | None = None) -> Path:
    """The folder where data sets lie: `data` where it is given, else $HELLODL_DATA, else the user's cache."""
    if data:
        return Path(data).expanduser()
    if chosen := os.environ.get("HELLODL_DATA"):
        return Path(chosen).expanduser()
    return user_folder("XDG_CACHE_HOME", "Caches", ".cache") / "hellodl"


def find(name: str, data: str | Path | None = None) -> Path | None:
    """The folder that has all files of a set, or None."""
    known, home = source(name), data_home(data)
    # The third is what unpacking EMNIST's gzip.zip by hand leaves behind.
    for folder in (home / known.folder, home, home / known.folder / "gzip"):
        if known.files and all(existing(folder, file.name) for file in known.files):
            return folder
    return None


def folder_of(name: str, data: str | Path | None = None) -> Path:
    """The folder that has all files of a set; DataError with the way to get them where there is none."""
    folder = find(name, data)
    if folder is None:
        raise DataError(f"{name} is not in {data_home(data)}: {how_to_get(name, data)}")
    return folder


def how_to_get(name: str, data: str | Path | None = None) -> str:
    """One line on how to come by a set that is not there."""
    known = source(name)
    place = data_home(data) / known.folder
    ways = []
    if known.can_download:
        option = f" --data {data}" if data else ""
        ways.append(f"run `hellodl data get {name}{option}`")
    if known.hint:
        ways.append(known.hint)
    elif known.by_hand:
        ways.append(by_hand(known, place))
    return ", or ".join(ways)


def by_hand(known: Source, folder: Path) -> str:
    """What a person with a browser can do."""
    return f"take {known.take} from {known.by_hand} and put it into {folder}"


def _source(name: str, entry: dict) -> Source:
    entry = dict(entry)
    mirrors = entry.pop("mirrors", [])
    files = []
    for file in entry.pop("files", []):
        urls = file.pop("urls", [mirror + file["name"] for mirror in mirrors])
        files.append(SourceFile(urls=tuple(urls), **file))
    entry["zip_urls"] = tuple(entry.get("zip_urls", ()))
    entry.setdefault("folder", name)
    return Source(name=name, files=tuple(files), **entry)


def user_folder(variable: str, mac: str, elsewhere: str) -> Path:
    """Where this system's programs keep a kind of file: as `variable` says, or where the XDG rules have it in the home
    folder (`elsewhere`); macOS has a name of its own for it, and Windows keeps all kinds together."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / mac
    chosen = os.environ.get(variable, "")
    # The XDG rules: a relative path there is a mistake and to be ignored.
    return Path(chosen) if Path(chosen).is_absolute() else Path.home() / elsewhere
