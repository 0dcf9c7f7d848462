"""What reading gives: one case, doubts, and records."""

from hypothesis import given
from hypothesis import strategies as st

from hellodl.reading.page import Character, Page

characters = st.builds(
    Character,
    st.sampled_from("aZ7"),
    st.floats(0, 1),
    st.sampled_from("bY3"),
    st.floats(0, 1),
    st.tuples(*[st.integers(0, 99)] * 4),
    st.booleans(),
)
pages = st.builds(Page, st.lists(st.lists(characters, max_size=4), max_size=3), st.just((40, 30)))


@given(page=pages, least=st.floats(0, 1))
def test_what_is_doubted_is_a_question_mark_and_what_it_may_have_been_is_kept(page, least):
    found = page.doubting(least)
    assert [len(line) for line in found.lines] == [len(line) for line in page.lines]
    for before, after in zip(page.characters, found.characters):
        if before.probability >= least:
            assert after == before
        else:
            assert (after.letter, after.runner_up, after.runner_up_probability) == (
                "?",
                before.letter,
                before.probability,
            )
            assert (after.box, after.probability) == (before.box, before.probability)
            assert after.space_before == before.space_before


@given(page=pages)
def test_nothing_is_doubted_and_no_case_is_changed_unless_asked(page):
    assert page.doubting(0) == page
    assert page.in_case(None) == page


@given(page=pages)
def test_all_letters_in_one_case(page):
    assert page.in_case("upper").text == page.text.upper()
    assert page.in_case("lower").text == page.text.lower()
    assert [c.runner_up for c in page.in_case("upper").characters] == [c.runner_up.upper() for c in page.characters]
    assert page.in_case("lower").size == page.size
