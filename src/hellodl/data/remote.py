"""Files that lie on a web server: fetched in part, resumed where they broke off, read like files of our own.

HTTP lets one ask for a range of bytes (RFC 9110, section 14). That serves twice: a download that broke off
after 500 MB goes on from there, and of a zip one can take the few members that one wants, because the list of
its members stands at its end and says where each one begins.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import struct
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

BLOCK = 1 << 16
LOOK_AHEAD = 1 << 12  # the members' list is read in pieces of at least this
BUSY = (408, 429, 500, 502, 503, 504)  # answers after which it is worth asking again


@dataclass(frozen=True)
class Patience:
    """How often to ask again without getting any further, and how long to wait: it doubles each time."""

    attempts: int = 4
    pause: float = 1.0  # seconds
    timeout: float = 20.0  # seconds


PATIENCE = Patience()


class RefusedError(Exception):
    """This address will not give the file, however often one asks; the text says why."""


class NoRangesError(RefusedError):
    """The server sends whole files only."""


class UnreachableError(RefusedError):
    """The server does not answer, or its connections keep breaking: other files from it need not be tried."""


class DroppedError(Exception):
    """The connection broke or the server was busy: worth asking again."""


def fetch(
    url: str,
    target: BinaryIO,
    first: int = 0,
    length: int | None = None,
    patience: Patience = PATIENCE,
    on_bytes: Callable[[int], None] = lambda count: None,
) -> int | None:
    """Append to `target` what it lacks of a file on a server: `length` bytes from byte `first`, or all of it.

    What `target` already holds (from an earlier try) is not asked for again. `on_bytes` hears how many bytes
    came in (less than nought when they had to be thrown away). Returns the size of the whole file where the
    server told it. Raises RefusedError when the server does not have the file or keeps dropping the
    connection, and NoRangesError when a part was wanted and all would come.
    """
    furthest, failures = target.seek(0, io.SEEK_END), 0
    while length is None or target.seek(0, io.SEEK_END) < length:
        try:
            return _ask(url, target, first, length, patience.timeout, on_bytes)
        except DroppedError as dropped:
            reached = target.seek(0, io.SEEK_END)
            failures = 1 if reached > furthest else failures + 1
            furthest = max(furthest, reached)
            if failures >= patience.attempts:
                raise UnreachableError(f"{dropped}, {failures} times") from None
            time.sleep(patience.pause * 2 ** (failures - 1))
    return None


@dataclass(frozen=True)
class Member:
    """Where a member of a zip lies in it, as it is stored: `deflated`, or plain."""

    first: int
    length: int
    deflated: bool


def zip_members(url: str, names: list[str], patience: Patience = PATIENCE) -> dict[str, Member]:
    """Find members of a zip on a server, reading only the list at its end (zip64 too) and their headers."""
    with io.BufferedReader(RemoteFile(url, patience), LOOK_AHEAD) as remote:
        try:
            with zipfile.ZipFile(remote) as archive:
                inside = {info.filename: info for info in archive.infolist()}
        except zipfile.BadZipFile:
            raise RefusedError("what it sends is no zip") from None
        for name in names:
            if name not in inside:
                raise RefusedError(f"its zip has no {name}")
        return {name: _member(remote, inside[name]) for name in names}


class RemoteFile(io.RawIOBase):
    """A file on a server, read like a local one by ranges; NoRangesError where the server has none."""

    def __init__(self, url: str, patience: Patience = PATIENCE):
        self._url, self._patience, self._position = url, patience, 0
        self._size = fetch(url, io.BytesIO(), 0, 1, patience) or 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to another place; nothing is fetched yet."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next; how many bytes that were, 0 at the end."""
        piece, length = io.BytesIO(), max(min(len(buffer), self._size - self._position), 0)
        if length:
            fetch(self._url, piece, self._position, length, self._patience)
        buffer[:length] = piece.getvalue()
        self._position += length
        return length


def _member(remote: BinaryIO, info: zipfile.ZipInfo) -> Member:
    """Where a member's bytes begin stands in its own header: the list's copy may be of another length."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise RefusedError(f"its zip holds {info.filename} packed in a way that is not known here")
    remote.seek(info.header_offset)
    header = remote.read(30)
    if header[:4] != b"PK\x03\x04":
        raise RefusedError("its zip is damaged")
    name, extra = struct.unpack("<HH", header[26:])
    first = info.header_offset + 30 + name + extra
    return Member(first, info.compress_size, info.compress_type == zipfile.ZIP_DEFLATED)


def _ask(
    url: str, target: BinaryIO, first: int, length: int | None, timeout: float, on_bytes: Callable[[int], None]
) -> int | None:
    """One request for what is still missing; returns the size of the whole file, if the server tells it."""
    have = target.seek(0, io.SEEK_END)
    part_only = first > 0 or length is not None
    headers = {}
    if part_only or have:
        last = "" if length is None else first + length - 1
        headers["Range"] = f"bytes={first + have}-{last}"
    size = None
    with _open(url, headers, timeout) as response:
        if response.status == 416:
            # Nothing left to send: whole, or longer than it should be, which the checksum will notice.
            return size
        if response.status == 206:
            begin, size = _content_range(response)
            if begin != first + have:
                raise RefusedError("it sends another part than asked for")
        elif part_only:
            raise NoRangesError("the server sends whole files only")
        elif have:
            target.seek(0)
            target.truncate()
            on_bytes(-have)
        limit = None if length is None else length - target.seek(0, io.SEEK_END)
        _receive(response, target, limit, on_bytes)
    if size is not None:
        whole = size - first if length is None else min(length, size - first)
        if target.seek(0, io.SEEK_END) < whole:
            raise DroppedError("it sends less than asked for")
    return size


def _receive(response, target: BinaryIO, limit: int | None, on_bytes: Callable[[int], None]) -> None:
    promised = response.headers.get("Content-Length")
    wanted = int(promised) if promised else limit
    if limit is not None and wanted is not None:
        wanted = min(wanted, limit)
    received = 0
    while wanted is None or received < wanted:
        try:
            block = response.read(BLOCK if wanted is None else min(BLOCK, wanted - received))
        except http.client.IncompleteRead as cut:
            block, wanted = cut.partial, received + len(cut.partial) + 1
        except (OSError, http.client.HTTPException) as error:
            raise DroppedError(f"the connection broke ({error})") from None
        if not block:
            break
        target.write(block)
        received += len(block)
        on_bytes(len(block))
    if wanted is not None and received < wanted:
        raise DroppedError("the connection broke")


def _open(url: str, headers: dict[str, str], timeout: float):
    """The server's answer, of status 200, 206 or 416 and not a web page."""
    headers = {"User-Agent": "hellodl", "Accept-Encoding": "identity", **headers}
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error
        error.close()
        problem = f"HTTP {error.code} {error.reason}"
        raise (DroppedError if error.code in BUSY else RefusedError)(problem) from None
    except urllib.error.URLError as error:
        hopeless = (socket.gaierror, ConnectionRefusedError, ssl.SSLCertVerificationError)
        problem = f"cannot be reached ({error.reason})"
        raise (UnreachableError if isinstance(error.reason, hopeless) else DroppedError)(problem) from None
    except (OSError, http.client.HTTPException) as error:
        raise DroppedError(f"the connection broke ({error})") from None
    if response.headers.get_content_type() == "text/html":
        response.close()
        raise RefusedError("it answers with a web page instead of the file")
    return response


def _content_range(response) -> tuple[int, int]:
    """Where the part that is sent begins, and the size of the whole file."""
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", "").strip())
    if match is None:
        raise RefusedError("it sends a part and does not say which")
    return int(match[1]), int(match[2])
