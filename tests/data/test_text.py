"""Corpora: what is text is read, what is none gets one clear line, and windows pass over all of it."""

import hashlib
import os
import sysconfig

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hellodl.data.home import source
from hellodl.data.text import Corpus, load_text, window_starts
from hellodl.errors import DataError


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A small standard library in the place of the real one, which takes a second to read."""
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path / "lib")})
    for name, text in {
        "abc.py": "import this\n",
        "json/decoder.py": "def decode():\r\n    pass\n",
        "test/test_json.py": "no",
        "encodings/cp037.py": "no",
        "site-packages/numpy.py": "no",
        "_sysconfigdata_x.py": "no",
        "LICENSE.txt": "no",
    }.items():
        path = tmp_path / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "lib" / "latin.py").write_bytes(b"name = '\xe9'")
    return tmp_path / "lib"


def test_the_standard_library_is_its_own_source_without_tests_tables_and_packages(library):
    assert sorted(load_text().text.splitlines()) == ["", "    pass", "def decode():", "import this"]
    assert load_text("python").name == "python"


def test_a_python_without_the_source_of_its_library_says_so(library, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(library / "nowhere")})
    with pytest.raises(DataError, match="came without the source"):
        load_text()


def test_every_python_has_some_megabytes_of_source():
    text = load_text().text
    assert len(text) > 3e6
    assert "def " in text and "\0" not in text


def test_a_file_is_one_corpus_with_its_mark_and_line_ends_made_plain(tmp_path):
    (tmp_path / "note.txt").write_bytes("\ufeffone\r\ntwo\n".encode())
    assert load_text(str(tmp_path / "note.txt")) == Corpus("note.txt", "one\ntwo\n")


def test_a_folder_is_all_its_text_files_and_says_what_it_leaves_out(tmp_path, caplog):
    (tmp_path / "deep").mkdir()
    (tmp_path / ".git").mkdir()
    for name, content in {"a.txt": b"aa", "deep/b.md": b"bb", "photo.png": b"\x89PNG\0", ".git/c": b"cc"}.items():
        (tmp_path / name).write_bytes(content)
    with caplog.at_level("INFO", logger="hellodl"):
        corpus = load_text(str(tmp_path))
    assert sorted(corpus.text.split("\n")) == ["aa", "bb"]
    assert "2 text files (left out, as they are none: 1)" in caplog.text


def test_files_of_a_folder_come_mixed_but_always_in_the_same_order(tmp_path):
    names = [f"{number:02}" for number in range(20)]
    for name in reversed(names):
        (tmp_path / name).write_text(name)
    found = load_text(str(tmp_path)).text.split("\n")
    assert sorted(found) == names and found != names
    assert found == sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())


def test_the_last_tenth_is_for_validation():
    corpus = Corpus("x", "0123456789" * 3)
    assert corpus.train == "0123456789" * 2 + "0123456"
    assert corpus.validation == "789"
    assert Corpus("short", "abc").validation == ""


def test_names_are_mixed_as_their_file_ends_with_the_rarest(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "names.txt").write_text("\n".join(f"name{n}" for n in range(50)))
    lines = load_text("names", tmp_path).text.splitlines()
    assert sorted(lines) == sorted(f"name{n}" for n in range(50))
    assert lines != [f"name{n}" for n in range(50)]
    assert load_text("names", tmp_path).text.splitlines() == lines


@pytest.mark.parametrize("name", ["tinyshakespeare", "names"])
def test_a_corpus_that_is_not_here_says_how_to_get_it(tmp_path, name):
    with pytest.raises(DataError, match=f"hellodl data get {name}"):
        load_text(name, tmp_path)
    assert source(name).can_download and all(len(file.sha256) == 64 for file in source(name).files)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no text"),
        (b"a", "nothing but 'a'"),
        (b"\n\n\n\n", r"nothing but '\\n'"),
        (b"text\0more", "binary"),
        (b"caf\xe9", "not UTF-8 text .byte 3 "),
    ],
)
def test_what_nobody_can_learn_from_gets_one_line(tmp_path, content, problem):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError, match=problem) as error:
        load_text(str(tmp_path / "bad"))
    assert "\n" not in str(error.value)


def test_what_is_not_there_or_no_file_gets_one_line(tmp_path):
    with pytest.raises(DataError, match="no such file or folder; give a path, or one of python, tinysh"):
        load_text(str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="no text files"):
        load_text(str(tmp_path))
    with pytest.raises(DataError, match="is no file or folder of text"):
        load_text(os.devnull)
    with pytest.raises(DataError, match="is empty"):
        load_text("")
    with pytest.raises(DataError, match="cannot be read"):
        load_text("a\0b")


def test_a_corpus_that_would_not_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hellodl.data.text.MOST_BYTES", 2**20)
    (tmp_path / "large.txt").write_bytes(b"ab" * 2**19 + b"c")
    for path in (tmp_path / "large.txt", tmp_path):
        if path.is_dir():
            (tmp_path / "large.txt").write_bytes(b"ab" * 2**18)
            (tmp_path / "second.txt").write_bytes(b"ab" * 2**19)
        with pytest.raises(DataError, match="more than 1 MB of text"):
            load_text(str(path))


@given(
    length=st.integers(2, 500),
    context=st.integers(1, 60),
    seed=st.integers(0, 9),
    first=st.integers(0, 100),
    count=st.integers(0, 100),
)
def test_a_slice_of_the_stream_of_windows_is_the_same_however_it_is_cut(length, context, seed, first, count):
    if length <= context:
        return
    starts = window_starts(length, context, seed, first, count)
    assert starts.shape == (count,) and starts.dtype == np.int64
    assert (starts >= 0).all() and (starts + context < length).all()
    assert (starts == window_starts(length, context, seed, 0, first + count)[first:]).all()


def test_one_pass_visits_windows_that_touch_and_the_next_cuts_elsewhere():
    each = 99  # of 1000 tokens in windows of 10
    passes = window_starts(1001, 10, seed=3, first=0, count=5 * each).reshape(5, each)
    for starts in passes:
        assert (np.diff(np.sort(starts)) == 10).all()
        assert (starts != np.sort(starts)).any()
    assert len(set(passes.min(axis=1) % 10)) > 1
    assert (window_starts(1001, 10, 4, 0, each) != passes[0]).any(), "the seed decides"


def test_the_shortest_text_has_one_window_and_a_shorter_one_says_what_to_do():
    assert window_starts(11, 10, 0, 0, 3).tolist() == [0, 0, 0]
    with pytest.raises(DataError, match="smaller --context"):
        window_starts(10, 10, 0, 0, 1)
