"""Fetching data sets: from several mirrors, resumed where it broke off, checked, and never half there.

A file is downloaded under another name (ending in .part), compared with its published checksum, and only
then given its own name: so a file with the right name is whole. EMNIST is published as one zip of 536 MB, of
which the letters are 36: only these are asked for, where the server lets us.

Web addresses die sooner than data sets. When all of them failed, the error says what was tried and what a
person with a browser can do instead.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from hellodl.console import log, progress_bar
from hellodl.data.home import Source, SourceFile, by_hand, data_home, how_to_get, source
from hellodl.data.remote import (
    PATIENCE,
    Member,
    NoRangesError,
    Patience,
    RefusedError,
    UnreachableError,
    fetch,
    zip_members,
)
from hellodl.errors import DataError, DownloadError

BLOCK = 1 << 18


@dataclass
class Job:
    """A download under way: which files are still missing, and what was tried in vain."""

    folder: Path
    missing: list[SourceFile]
    patience: Patience
    count: Callable[[int], None]
    tried: list[str] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)  # servers that do not answer

    def failed(self, address: str | Path, problem: object) -> None:
        """Remember why an address did not serve, and say so."""
        log.info("%s: %s", address, problem)
        line = f"{_server(address)}: {problem}"
        if line not in self.tried:
            self.tried.append(line)


def get(name: str, data: str | Path | None = None, patience: Patience = PATIENCE) -> Path | None:
    """Download a set, unless it is there already, and return its folder (None if it needs no files).

    Raises DownloadError, with what was tried and what to do by hand, when no mirror had it, and DataError
    when it cannot be written to disk.
    """
    known = source(name)
    if known.built_in:
        log.info("%s is built in: there is nothing to download", name)
        return None
    if not known.can_download:
        raise DownloadError(f"{name} cannot be downloaded by this program; {how_to_get(name, data)}")
    return get_source(known, data_home(data) / known.folder, patience)


def get_source(known: Source, folder: Path, patience: Patience = PATIENCE) -> Path:
    """Download those files of a source that are not yet whole in a folder; otherwise as `get`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        missing = [file for file in known.files if not is_whole(folder / file.name, file)]
        with progress_bar(known.name, sum(file.bytes for file in missing) or 1) as bar:
            job = Job(folder, missing, patience, bar.advance)
            _try_everything(job, known)
    except OSError as error:
        # What goes wrong on the network has a type of its own (see remote.py), so this is the disk.
        raise DataError(
            f"{folder}: cannot be written ({error.strerror or error}); make room, or choose another folder with --data"
        ) from None
    if job.missing:
        names = ", ".join(file.name for file in job.missing)
        raise DownloadError(
            f"{known.name}: {names} could not be downloaded (tried {'; '.join(job.tried)}). "
            f"By hand: {by_hand(known, folder)}, then run `hellodl data get {known.name}` again to check it"
        )
    log.info("%s is complete in %s", known.name, folder)
    return folder


def is_whole(path: Path, file: SourceFile) -> bool:
    """Whether a file is there and has the published checksum."""
    if not path.is_file():
        return False
    with path.open("rb") as content:
        if file.sha256:
            return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256
        return hashlib.file_digest(content, partial(hashlib.md5, usedforsecurity=False)).hexdigest() == file.md5


def _server(address: str | Path) -> str:
    """The name of the server in an address; a path stays as it is."""
    return urlsplit(address).netloc if isinstance(address, str) else str(address)


def _try_everything(job: Job, known: Source) -> None:
    for zip_path in sorted(job.folder.glob("*.zip")) if known.zip_urls else ():  # somebody put it there by hand
        if job.missing:
            _unpack(job, zip_path, zip_path)
    for url in known.zip_urls:
        if job.missing:
            _from_zip(job, url)
    for file in list(job.missing):
        for url in file.urls:
            if file in job.missing:
                _download(job, url, file, job.folder / f"{file.name}.part")


def _from_zip(job: Job, url: str) -> None:
    """Take the missing files out of a zip on a server: by ranges, or else by way of the whole zip."""
    try:
        members = zip_members(url, [file.member for file in job.missing], job.patience)
    except NoRangesError:
        _whole_zip(job, url)
        return
    except RefusedError as refused:
        job.failed(url, refused)
        return
    for file in list(job.missing):
        # A name of its own: these are the bytes as the zip holds them, not yet those of the file.
        _download(job, url, file, job.folder / f"{file.name}.zipped.part", members[file.member])


def _download(job: Job, url: str, file: SourceFile, part: Path, member: Member | None = None) -> None:
    """Fetch one file, or one member of a zip; once more from the start where resuming went wrong."""
    resumed = True
    while resumed:
        resumed = part.exists()
        if not _fetch_into(job, url, part, member):
            return
        if _accept(job, part, file, deflated=member is not None and member.deflated):
            return
        part.unlink()
    job.failed(url, f"{file.name} has another checksum than the published one")


def _whole_zip(job: Job, url: str) -> None:
    """Fetch a zip with all that is in it, take the missing files, and throw the rest away."""
    part, resumed = job.folder / "whole.zip.part", True
    while resumed:
        resumed = part.exists()
        if not _fetch_into(job, url, part):
            return
        _unpack(job, part, url)
        part.unlink()
        if not job.missing:
            return


def _fetch_into(job: Job, url: str, part: Path, member: Member | None = None) -> bool:
    """Append to a .part file what it lacks; False, and the reason noted, when the server will not."""
    if _server(url) in job.dead:
        return False
    problem: RefusedError | None = None
    with part.open("ab") as target:
        job.count(target.tell())
        try:
            if member is None:
                fetch(url, target, patience=job.patience, on_bytes=job.count)
            else:
                fetch(url, target, member.first, member.length, job.patience, job.count)
        except RefusedError as refused:
            if isinstance(refused, UnreachableError):
                job.dead.add(_server(url))
            job.failed(url, refused)
            problem = refused
    if part.stat().st_size == 0:
        part.unlink()
    return problem is None


def _unpack(job: Job, zip_path: Path, address: str | Path) -> None:
    """Take the missing files out of a zip on disk, as many as are whole in it."""
    try:
        archive = zipfile.ZipFile(zip_path)
    except zipfile.BadZipFile:
        job.failed(address, "is damaged or no zip")
        return
    with archive:
        for file in list(job.missing):
            part = job.folder / f"{file.name}.part"
            try:
                with archive.open(file.member) as packed, part.open("wb") as target:
                    shutil.copyfileobj(packed, target, BLOCK)
                problem = "" if _accept(job, part, file) else "has another checksum than the published one"
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):  # the last: a password is wanted
                problem = "is damaged"
            except KeyError:
                problem = "is not in it"
            if problem:
                part.unlink(missing_ok=True)
                job.failed(address, f"{file.name} {problem}")


def _accept(job: Job, part: Path, file: SourceFile, deflated: bool = False) -> bool:
    """Give a complete download its own name, at once and only if its checksum is right."""
    whole = part
    if deflated:
        whole = job.folder / f"{file.name}.part"
        try:
            _inflate(part, whole)
        except zlib.error:
            whole.unlink()
            return False
    if not is_whole(whole, file):
        if deflated:
            whole.unlink()
        return False
    whole.replace(job.folder / file.name)
    part.unlink(missing_ok=True)
    job.missing.remove(file)
    return True


def _inflate(packed: Path, unpacked: Path) -> None:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)  # as zip does it: deflate without a wrapper
    with packed.open("rb") as content, unpacked.open("wb") as target:
        while block := content.read(BLOCK):
            target.write(engine.decompress(block))
        target.write(engine.flush())
