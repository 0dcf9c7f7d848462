"""Who comes to a chapter by an address that it once had is led on."""

import chapters
import pytest

moved = pytest.importorskip("moved")  # which is for Sphinx
TODAY = [path.stem for path in chapters.files()]


def test_every_old_name_leads_to_the_chapter_with_the_same_words():
    leads = moved.moved(TODAY)
    assert leads
    for old, name in leads.items():
        assert old not in TODAY and name in TODAY and old[2:] == name[2:]


def test_the_next_renumbering_needs_no_list_of_pairs():
    names = ["01-a", "11-attention-and-transformers", "12-a-pen", "14-letters-out-of-noise", "15-where-to-go-next"]
    names += ["16-what-does-it-all-mean"]
    assert moved.moved(names) == {
        "10-attention-and-transformers": "11-attention-and-transformers",
        "11-where-to-go-next": "15-where-to-go-next",
        "12-letters-out-of-noise": "14-letters-out-of-noise",
        "12-where-to-go-next": "15-where-to-go-next",
        "12-what-does-it-all-mean": "16-what-does-it-all-mean",
        "13-what-does-it-all-mean": "16-what-does-it-all-mean",
        "13-where-to-go-next": "15-where-to-go-next",
        "14-what-does-it-all-mean": "16-what-does-it-all-mean",
    }


def test_a_chapter_that_lies_at_an_old_address_keeps_it():
    assert "12-where-to-go-next" not in moved.moved(
        ["12-where-to-go-next", *(name for name in TODAY if name[2] == "-")]
    )


def test_an_old_name_whose_words_are_gone_is_told():
    with pytest.raises(
        chapters.CourseError, match=r"NN-where-to-go: say in tools/course/moved\.py where 11-where-to-go"
    ):
        moved.leads_to("11-where-to-go", TODAY)
