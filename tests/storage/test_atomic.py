"""A file is there whole or not at all, and what keeps it from being written is one line."""

import pytest

from hellodl.errors import HelloError
from hellodl.storage.atomic import write_whole


def test_a_file_takes_its_name_when_it_is_whole(tmp_path):
    write_whole(tmp_path / "a", b"before")
    write_whole(tmp_path / "a", b"after")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"after")]


@pytest.mark.parametrize("name", ["none/a", "file/a", "folder"])
def test_what_is_in_the_way_is_said(name, tmp_path):
    (tmp_path / "file").write_bytes(b"in the way")
    (tmp_path / "folder").mkdir()
    with pytest.raises(HelloError, match=r"cannot be written \(.+\); choose a folder by --mine"):
        write_whole(tmp_path / name, b"data", "--mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
