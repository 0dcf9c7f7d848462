"""Over the reader's shoulder: a picture of each stage, in order, and one line where none can be kept."""

import cv2
import numpy as np
import pytest

from hellodl.errors import HelloError
from hellodl.reading.debug import DebugFolder, nobody


def test_stages_are_numbered_pictures_in_a_new_folder(tmp_path):
    watch = DebugFolder(tmp_path / "new" / "folder", "note")
    mask = np.array([[True, False]])
    watch("ink", lambda: mask)
    watch("without rules", lambda: np.array([[0.0, 0.5, 2.0]], np.float32))
    watch("lines", lambda: np.full((2, 2, 3), 77, np.uint8))
    names = ["note-1-ink.png", "note-2-without-rules.png", "note-3-lines.png"]
    found = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.name for path in found] == names
    first, second, third = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in found)
    assert first.tolist() == [[0, 255]], "ink is black on white"
    assert second.tolist() == [[255, 128, 0]]
    assert (third == 77).all() and third.shape == (2, 2, 3)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HelloError, match="choose another --debug-dir") as raised:
        DebugFolder(tmp_path / "file" / "folder", "note")("ink", lambda: np.ones((2, 2), bool))
    assert "\n" not in str(raised.value)
    (tmp_path / "note-1-ink.png").mkdir()
    with pytest.raises(HelloError, match="choose another --debug-dir"):
        DebugFolder(tmp_path, "note")("ink", lambda: np.ones((2, 2), bool))


def test_nothing_is_drawn_when_nobody_looks():
    nobody("ink", lambda: pytest.fail("drawn"))
