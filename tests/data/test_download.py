"""Downloads from a server on this machine that behaves as badly as servers do; no test uses the network."""

import gzip
import hashlib
import io
import os
import socket
import zipfile

import numpy as np
import pytest
from mirror import Site

from hellodl.commands.cli import main
from hellodl.data import download, emnist, home, idx
from hellodl.data.download import get, get_source
from hellodl.data.home import Source, SourceFile
from hellodl.data.remote import LOOK_AHEAD, Patience
from hellodl.errors import DataError, DownloadError

HURRY = Patience(attempts=3, pause=0.001, timeout=5)
NEEDED = [file.name for file in home.source("emnist").files]
# All that is read besides the members: a byte, the end of the zip, its list, a header a member.
OVERHEAD = (4 + len(NEEDED)) * LOOK_AHEAD


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="module")
def members():
    """The four files of a small EMNIST, and two large ones that nobody asks for."""
    rng = np.random.default_rng(0)
    files = {}
    for split, count in (("train", 120), ("test", 26)):
        images = rng.integers(0, 256, (count, 28, 28), np.uint8)
        labels = (np.arange(count) % 26 + 1).astype(np.uint8)
        for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
            files[f"gzip/emnist-letters-{split}-{kind}-ubyte.gz"] = gzip.compress(as_idx(values), mtime=0)
    return {"gzip/emnist-byclass.gz": rng.bytes(300_000), **files, "gzip/emnist-mnist.gz": rng.bytes(300_000)}


def as_idx(values):
    header = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    return header + values.tobytes()


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def source(members, *zip_urls):
    files = tuple(
        SourceFile(name, member=f"gzip/{name}", bytes=len(members[f"gzip/{name}"]), sha256=sha256(members, name))
        for name in NEEDED
    )
    return Source("emnist", "", "", "", "", "emnist", "https://by.hand/", "gzip.zip", zip_urls=zip_urls, files=files)


def sha256(members, name):
    return hashlib.sha256(members[f"gzip/{name}"]).hexdigest()


def needed(members):
    return sum(len(members[f"gzip/{name}"]) for name in NEEDED)


def check(folder, members):
    """All four files, whole, and nothing else."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(NEEDED)
    for name in NEEDED:
        assert (folder / name).read_bytes() == members[f"gzip/{name}"]


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_only_the_bytes_of_the_letters_travel(site, tmp_path, members, compression):
    site.files["/gzip.zip"] = zipped(members, compression)
    folder = get_source(source(members, site.url("/gzip.zip")), tmp_path / "emnist", HURRY)
    check(folder, members)
    assert site.sent < needed(members) + OVERHEAD < len(site.files["/gzip.zip"]) / 2
    assert len(emnist.load(folder, "train")) == 120


def test_the_directory_of_a_very_large_zip_is_understood(site, tmp_path, members, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    content = zipped(members)
    monkeypatch.undo()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert b"PK\x06\x07" in content[-100:]  # the locator that only large zips have
    site.files["/gzip.zip"] = content
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)
    assert site.sent < needed(members) + OVERHEAD


def test_a_zip_with_a_remark_at_its_end_is_understood(site, tmp_path, members):
    stream = io.BytesIO(zipped(members))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = b"made by hand " * 100
    site.files["/gzip.zip"] = stream.getvalue()
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)


@pytest.mark.parametrize("drops", [[1], [0, 0], [5000, 20000], [22, 100, 1000, 10, 4000, 3, 3, 40000, 1]])
def test_a_dropped_connection_goes_on_where_it_broke(site, tmp_path, members, drops):
    site.files["/gzip.zip"] = zipped(members)
    site.drops = drops
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)
    assert not site.drops
    assert site.sent < needed(members) + OVERHEAD


def test_what_came_before_the_end_of_patience_is_kept_for_the_next_time(site, tmp_path, members):
    site.files["/gzip.zip"] = zipped(members)
    site.drops = [50_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    wanted = source(members, site.url("/gzip.zip"))
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:\d+: the connection broke, 3 times"):
        get_source(wanted, tmp_path, HURRY)
    assert not (tmp_path / NEEDED[0]).exists()
    site.drops, site.sent = [], 0
    check(get_source(wanted, tmp_path, HURRY), members)
    assert site.sent < needed(members) - 50_000 + OVERHEAD


def test_a_part_of_something_else_is_thrown_away(site, tmp_path, members):
    site.files["/gzip.zip"] = zipped(members)
    (tmp_path / f"{NEEDED[0]}.zipped.part").write_bytes(bytes(1000))
    (tmp_path / f"{NEEDED[2]}.zipped.part").write_bytes(bytes(1_000_000))
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)


def test_a_server_without_ranges_sends_the_whole_zip(site, tmp_path, members):
    site.files["/gzip.zip"], site.ranges = zipped(members), False
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)


def test_a_server_without_ranges_that_drops_is_asked_from_the_start(site, tmp_path, members):
    site.files["/gzip.zip"], site.ranges, site.drops = zipped(members), False, [300_000, 1000]
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)


def test_the_next_mirror_is_asked_when_one_fails(site, tmp_path, members):
    site.files["/good.zip"] = zipped(members)
    site.files["/no.zip"] = b"not a zip at all" * 1000
    site.files["/other.zip"] = zipped({"gzip/something-else": b"hello"})
    site.pages.add("/moved.zip")
    paths = ("/gone.zip", "/moved.zip", "/no.zip", "/other.zip", "/good.zip")
    check(get_source(source(members, *map(site.url, paths)), tmp_path, HURRY), members)


def test_a_redirect_is_followed_and_the_range_goes_with_it(site, tmp_path, members):
    site.files["/new/gzip.zip"] = zipped(members)
    site.redirects["/gzip.zip"] = site.url("/new/gzip.zip")
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)
    assert site.sent < needed(members) + OVERHEAD


def test_a_server_that_sends_less_than_asked_for_is_asked_for_the_rest(site, tmp_path, members):
    site.files["/gzip.zip"], site.most = zipped(members), 10_000
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)
    assert site.sent < needed(members) + OVERHEAD


def test_a_busy_server_is_asked_again(site, tmp_path, members):
    site.files["/gzip.zip"], site.statuses = zipped(members), [503, 429]
    check(get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY), members)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("ranges", [True, False])
def test_damaged_bytes_never_get_the_name_of_the_file(site, tmp_path, members, compression, ranges):
    content = bytearray(zipped(members, compression))
    middle = content.index(NEEDED[0].encode()) + 5000
    content[middle : middle + 8] = bytes(8)
    site.files["/gzip.zip"], site.ranges = bytes(content), ranges
    with pytest.raises(DownloadError, match=f"{NEEDED[0]} could not be downloaded"):
        get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY)
    assert NEEDED[0] not in [path.name for path in tmp_path.iterdir()]
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_mirror_is_mended_by_the_next(site, tmp_path, members):
    content = bytearray(zipped(members))
    content[content.index(NEEDED[0].encode()) + 5000] ^= 0xFF
    site.files["/bad.zip"], site.files["/good.zip"] = bytes(content), zipped(members)
    check(get_source(source(members, site.url("/bad.zip"), site.url("/good.zip")), tmp_path, HURRY), members)


def test_when_all_mirrors_failed_the_error_says_what_to_do(site, tmp_path, members):
    site.pages.add("/moved.zip")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/gzip.zip"
        with pytest.raises(DownloadError) as caught:
            get_source(source(members, site.url("/gone.zip"), site.url("/moved.zip"), dead), tmp_path, HURRY)
    message = str(caught.value)
    for part in (
        "HTTP 404",
        "web page instead of the file",
        "cannot be reached",
        f"By hand: take gzip.zip from https://by.hand/ and put it into {tmp_path}",
        "then run `hellodl data get emnist` again",
        *NEEDED,
    ):
        assert part in message
    assert "\n" not in message
    assert not list(tmp_path.iterdir())


def test_a_zip_that_was_put_there_by_hand_is_used(site, tmp_path, members):
    (tmp_path / "gzip (1).zip").write_bytes(zipped(members))
    get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY)
    assert not site.requests
    (tmp_path / "gzip (1).zip").unlink()
    check(tmp_path, members)


def test_a_broken_zip_that_was_put_there_by_hand_does_not_stop_the_download(site, tmp_path, members):
    (tmp_path / "gzip.zip").write_bytes(zipped(members)[:100_000])
    site.files["/gzip.zip"] = zipped(members)
    get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY)
    (tmp_path / "gzip.zip").unlink()
    check(tmp_path, members)


def test_what_is_there_is_not_fetched_and_what_is_damaged_is(site, tmp_path, members):
    site.files["/gzip.zip"] = zipped(members)
    wanted = source(members, site.url("/gzip.zip"))
    get_source(wanted, tmp_path, HURRY)
    site.requests.clear()
    get_source(wanted, tmp_path, HURRY)
    assert not site.requests
    (tmp_path / NEEDED[2]).write_bytes(members[f"gzip/{NEEDED[2]}"][:-10])
    site.sent = 0
    check(get_source(wanted, tmp_path, HURRY), members)
    assert 0 < site.sent < len(members[f"gzip/{NEEDED[2]}"]) + OVERHEAD


def plain_source(site, contents, *mirrors):
    files = []
    for name, content in contents.items():
        urls = tuple(site.url(mirror + name) for mirror in mirrors)
        files.append(SourceFile(name, urls=urls, md5=hashlib.md5(content).hexdigest()))
    return Source("mnist", "", "", "", "", by_hand="https://by.hand/", files=tuple(files))


CONTENTS = {"images.gz": np.random.default_rng(1).bytes(200_000), "labels.gz": b"some labels"}


@pytest.mark.parametrize("ranges", [True, False])
def test_single_files_are_fetched_from_the_first_mirror_that_has_them(site, tmp_path, ranges):
    site.files = {f"/b/{name}": content for name, content in CONTENTS.items()}
    site.drops, site.ranges = [150_000, 10], ranges
    get_source(plain_source(site, CONTENTS, "/a/", "/b/"), tmp_path, HURRY)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == CONTENTS


def test_single_files_go_on_where_they_broke(site, tmp_path):
    site.files = {f"/a/{name}": content for name, content in CONTENTS.items()}
    (tmp_path / "images.gz.part").write_bytes(CONTENTS["images.gz"][:120_000])
    (tmp_path / "labels.gz.part").write_bytes(CONTENTS["labels.gz"])  # killed just before it got its name
    get_source(plain_source(site, CONTENTS, "/a/"), tmp_path, HURRY)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == CONTENTS
    assert site.sent == 80_000
    assert site.requests[0] == ("/a/images.gz", "bytes=120000-")


def test_a_server_that_sends_another_part_is_not_believed(site, tmp_path):
    site.files, site.late = {f"/a/{name}": content for name, content in CONTENTS.items()}, 7
    (tmp_path / "images.gz.part").write_bytes(CONTENTS["images.gz"][:120_000])
    with pytest.raises(DownloadError, match="it sends another part than asked for"):
        get_source(plain_source(site, CONTENTS, "/a/"), tmp_path, HURRY)


def test_a_single_file_that_went_wrong_is_fetched_anew(site, tmp_path):
    site.files = {f"/a/{name}": content for name, content in CONTENTS.items()}
    (tmp_path / "images.gz.part").write_bytes(bytes(120_000))
    get_source(plain_source(site, CONTENTS, "/a/"), tmp_path, HURRY)
    assert (tmp_path / "images.gz").read_bytes() == CONTENTS["images.gz"]


def test_a_server_that_does_not_answer_is_not_asked_for_every_file(tmp_path, site):
    site.drops = [0] * 100
    site.files = {f"/a/{name}": content for name, content in CONTENTS.items()}
    with pytest.raises(DownloadError):
        get_source(plain_source(site, CONTENTS, "/a/"), tmp_path, HURRY)
    assert len(site.requests) == HURRY.attempts
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path, members):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file/emnist: cannot be written .*--data"):
        get_source(source(members), tmp_path / "file" / "emnist", HURRY)


def test_a_full_disk_is_named_and_leaves_no_file(site, tmp_path, members, monkeypatch):
    site.files["/gzip.zip"] = zipped(members)

    def full(*arguments, **settings):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(download, "_inflate", full)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\); make room"):
        get_source(source(members, site.url("/gzip.zip")), tmp_path, HURRY)
    assert not set(NEEDED) & {path.name for path in tmp_path.iterdir()}


def test_sets_that_need_no_download_or_have_none(tmp_path):
    assert get("ink", tmp_path) is None
    with pytest.raises(DownloadError, match="unipen cannot be downloaded by this program; point --data"):
        get("unipen", tmp_path)
    with pytest.raises(DataError, match="there is no data set 'minst'"):
        get("minst", tmp_path)


def test_the_program_gets_a_set_and_says_where_it_is(site, tmp_path, members, monkeypatch, capsys):
    site.files["/gzip.zip"] = zipped(members)
    monkeypatch.setattr(download, "source", lambda name: source(members, site.url("/gzip.zip")))
    assert main(["data", "get", "emnist", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"emnist: {tmp_path / 'emnist'}\n"
    assert idx.read(tmp_path / "emnist" / NEEDED[1]).tolist() == (np.arange(120) % 26 + 1).tolist()
