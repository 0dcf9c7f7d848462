"""What stands where nobody writes is left out."""

from dataclasses import dataclass

from hellodl.reading.parts import Box
from hellodl.reading.strays import without_strays


@dataclass(frozen=True)
class Thing:
    box: Box


def letter(x, y, width=30, height=40):
    return Thing(Box(x, y, x + width, y + height))


WORDS = [[letter(100 + 45 * i, 100) for i in range(6)], [letter(100 + 45 * i, 200) for i in range(4)]]


def test_a_bar_among_letters_stays_and_one_at_the_edge_of_the_sheet_goes():
    beside, far = letter(40, 100, 6), letter(700, 100, 6)
    kept = without_strays([[beside, *WORDS[0], far], WORDS[1]])
    assert kept == [[beside, *WORDS[0]], WORDS[1]]


def test_a_row_of_ticks_above_the_text_goes():
    ticks = [letter(100 + 60 * i, 10, 5, 20) for i in range(8)]
    assert without_strays([ticks, *WORDS]) == WORDS


def test_a_dash_is_no_character_anywhere():
    dash = letter(250, 160, 40, 6)
    assert without_strays([[*WORDS[0]], [dash], WORDS[1]]) == WORDS
    assert without_strays([[dash]]) == []


def test_a_page_of_bars_alone_keeps_them():
    ones = [letter(100 + 30 * i, 100, 6) for i in range(5)]
    assert without_strays([ones]) == [ones]
    assert without_strays([]) == []
