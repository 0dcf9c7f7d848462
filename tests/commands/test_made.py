"""`hellodl pages` leaves pictures whose truth can be read back."""

import json

import cv2
import numpy as np

from hellodl.commands.cli import main
from hellodl.data.pages.photograph import HARD, made_page


def test_pages_are_written_with_their_truth_beside_them(tmp_path, capsys):
    folder = tmp_path / "new" / "pages"
    assert main(["pages", "--conditions", "hard", "--count", "2", "--seed", "5", "--out", str(folder)]) == 0
    assert "2 pages" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == [
        f"page-000{number}.{kind}" for number in (1, 2) for kind in ("json", "png", "txt")
    ]
    second, truth = made_page(HARD, 6), json.loads((folder / "page-0002.json").read_text("utf-8"))
    np.testing.assert_array_equal(cv2.imread(str(folder / "page-0002.png")), second.picture)
    assert (folder / "page-0002.txt").read_text("utf-8") == second.text + "\n"
    assert truth["text"] == second.text
    assert truth["seed"] == 6
    assert truth["boxes"] == [vars(box) for box in second.boxes]


def test_json_says_what_was_made(tmp_path, capsys):
    assert main(["pages", "--count", "1", "--out", str(tmp_path), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["pages"] == 1
    assert record["characters"] > 20


def test_no_pages_is_wrong_usage(tmp_path, capsys):
    assert main(["pages", "--count", "0", "--out", str(tmp_path)]) == 2
    assert "argument --count: '0' is no whole number of at least 1" in capsys.readouterr().err


def test_a_file_in_the_way_of_the_folder_is_said(tmp_path, capsys):
    (tmp_path / "pages").write_text("in the way")
    assert main(["pages", "--count", "1", "--out", str(tmp_path / "pages")]) == 1
    assert "is no folder" in capsys.readouterr().err
