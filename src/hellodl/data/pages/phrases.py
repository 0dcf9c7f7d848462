"""Texts to write on pages: what people put on paper, without a corpus.

A reader that meets only running text learns to guess; one that meets only rows of letters never learns what
words look like. So pages carry some of each: sentences, lines in capitals, names, numbers, codes such as K7M2,
rows of letters. Words are common English ones and made-up ones that can be pronounced; characters are A-Z, a-z
and 0-9, spaces and new lines, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

COMMON = """
a able about above across act add after again age ago air all almost alone along also always am among an and
animal answer any apple are area arm around as ask at away baby back bad bag ball bank be bear beat beautiful
because bed been before began begin behind below best better between big bird bit black blue boat body bone book
both bottom bowl box boy branch bread break bridge bright bring brother brown build burn busy but buy by call came
can car care carry cat catch chair chance change child circle city clean clear climb clock close cloud coat cold
color come common cook cool copy corn corner could country course cover cow cross cry cup cut dance dark day deep
desk did different dinner do doctor dog done door down draw dream dress drink drive drop dry duck during each ear
early earth east easy eat egg eight else end engine enough even evening ever every example eye face fact fall family
far farm fast father feel feet few field fight fill find fine finger finish fire first fish five fix floor flower
fly follow food foot for forest form found four fox free fresh friend from front fruit full game garden gate gave
get girl give glad glass go gold good grand grass gray great green ground group grow had hair half hand happy hard
has hat have he head hear heart heavy help her here high hill him his hold home hope horse hot hour house how
hundred hurry ice idea if in inside into iron is island it job join jump just keep key kind king kitchen knee knife
know lady lake land large last late laugh lead leaf learn leave left leg lesson let letter life light like line list
listen little live long look lost lot love low lunch machine made mail make man many map mark market may me meal
mean meat meet men milk mind minute miss moment money month moon more morning most mother mountain mouth move much
music must my name near neck need never new news next nice night nine no north nose not note nothing now number
ocean of off often oil old on once one only open or orange order other our out over own page paint pair paper park
part party pass past path pay pen people person picture piece place plan plant play please point pond poor possible
power press pretty pull push put queen question quick quiet quite rain ran reach read ready real red rest rich ride
right ring river road rock roof room rose round run sad safe said sail salt same sand saw say school sea season seat
second see seed seem sell send set seven shall shape she sheep ship shirt shoe shop short should show sick side sign
silver simple since sing sister sit six size skin sky sleep slow small smell smile snow so soap soft some son song
soon sound soup south space speak spoon spring stand star start station stay step still stone stop store storm story
street strong such sugar summer sun sure sweet swim table tail take talk tall tea teach team tell ten test than
thank that the their them then there these they thing think this those three through ticket time tiny to today
together told too took top town train travel tree trip true try turn two uncle under until up us use very visit
voice wait walk wall want war warm was wash watch water way we weather week well went were west what wheel when
where which while white who why wide wife wild will win wind window winter wise wish with woman wonder wood word
work world would write wrong yard year yellow yes yet you young your zebra zero zoo quilt quiz jazz jacket extra
expect exit oxygen fuzzy lazy frozen pizza prize squeeze vexed pixel joke juice object vivid
"""
WORDS = COMMON.split()

STARTS, VOWELS, ENDS = (
    parts.split(" ")
    for parts in (
        "b bl br c ch cl d dr f fl g gl gr h j k kl l m n p pl pr qu r s sh sk st t th tr v w x y z",
        "a a e e i i o o u ai ea ee oo ou",
        "   b ck d f g k l ll m mp n nd ng nt p r rd s ss st t th v x z",  # three times nothing
    )
)
SHORTEST = 10  # characters of a line, about
TRIES = 10  # parts that are tried until a line is full
MADE_UP = 0.15  # share of words that are no English


def word(rng: np.random.Generator) -> str:
    """A word in small letters: a common one, or one that could be."""
    if rng.random() >= MADE_UP:
        return one_of(WORDS, rng)
    parts = [one_of(STARTS, rng) + one_of(VOWELS, rng) for _ in range(rng.integers(1, 3))]
    return "".join(parts) + one_of(ENDS, rng)


def one_of(parts: Sequence[str], rng: np.random.Generator) -> str:
    """One of some strings (rng.choice would first make an array of them all)."""
    return parts[int(rng.integers(len(parts)))]


def number(rng: np.random.Generator) -> str:
    """1 to 6 digits."""
    return "".join(map(str, rng.integers(0, 10, rng.integers(1, 7))))


def code(rng: np.random.Generator) -> str:
    """A code of capitals and digits, such as B52 or K7M2."""
    letters, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
    if rng.random() < 0.5:
        return one_of(letters, rng) + "".join(one_of(digits, rng) for _ in range(rng.integers(1, 5)))
    return "".join(one_of(letters + digits, rng) for _ in range(rng.integers(3, 8)))


def row(rng: np.random.Generator) -> str:
    """A row of letters as they follow in the alphabet, or of any letters, in one case."""
    count, first = int(rng.integers(3, 9)), int(rng.integers(0, 20))
    follow = rng.random() < 0.5
    places = [(first + i) % 26 for i in range(count)] if follow else rng.integers(0, 26, count).tolist()
    letters = "".join(chr(ord("A") + place) for place in places)
    return letters if rng.random() < 0.6 else letters.lower()


def name(rng: np.random.Generator) -> str:
    """A word with a capital, as names have."""
    return word(rng).capitalize()


def with_codes(rng: np.random.Generator) -> str:
    """A word, or as likely a number, a code or a name."""
    return (word, word, word, number, code, name)[rng.integers(6)](rng)


def filled_line(rng: np.random.Generator, part: Callable[[np.random.Generator], str], columns: int) -> str:
    """A line of parts, about SHORTEST to `columns` characters long; only a long first part goes beyond."""
    wanted = rng.integers(SHORTEST, max(columns, SHORTEST) + 1)
    line = part(rng)
    for _ in range(TRIES):
        more = part(rng)
        if len(line) + 1 + len(more) <= wanted:
            line += " " + more
    return line


def capital_first(line: str) -> str:
    """A line whose first letter is a capital."""
    return line[:1].upper() + line[1:]


def sentences(rng: np.random.Generator, columns: int) -> str:
    """A line in small letters with a capital at its start."""
    return capital_first(filled_line(rng, word, columns))


def small(rng: np.random.Generator, columns: int) -> str:
    """A line in small letters."""
    return filled_line(rng, word, columns)


def capitals(rng: np.random.Generator, columns: int) -> str:
    """A line in capitals."""
    return filled_line(rng, word, columns).upper()


def codes(rng: np.random.Generator, columns: int) -> str:
    """A line of words, numbers and codes; sometimes all in capitals."""
    line = capital_first(filled_line(rng, with_codes, columns))
    return line.upper() if rng.random() < 0.3 else line


def names(rng: np.random.Generator, columns: int) -> str:
    """A line of names."""
    return filled_line(rng, name, columns)


def numbers(rng: np.random.Generator, columns: int) -> str:
    """A line of numbers and codes."""
    return filled_line(rng, lambda rng: (number, code)[rng.integers(2)](rng), columns)


def rows(rng: np.random.Generator, columns: int) -> str:
    """A line of rows of letters."""
    return filled_line(rng, row, columns)


def letters(rng: np.random.Generator, lines: int, columns: int) -> str:
    """Lines of characters that form no words: the alphabet, one row or one letter again and again, or any."""
    upper, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
    every = upper + upper.lower() + digits
    kind = rng.random()
    if kind < 0.3:
        order = one_of([every, upper, upper.lower(), digits, upper.lower() + upper + digits], rng)
        return "\n".join(order[i : i + columns] for i in range(0, min(len(order), lines * columns), columns))
    from_ = one_of([every, every, upper, upper.lower(), digits], rng)
    if kind < 0.5:
        return "\n".join([one_of(from_, rng) * columns] * lines)
    rows = ["".join(one_of(from_, rng) for _ in range(rng.integers(1, columns + 1))) for _ in range(lines)]
    return "\n".join([rows[0]] * lines if kind < 0.6 else rows)


STYLES = (sentences, small, capitals, codes)
SHARES = (0.45, 0.20, 0.20, 0.15)
ALL_STYLES = (*STYLES, names, numbers, rows)
ALL_SHARES = (0.25, 0.15, 0.18, 0.14, 0.08, 0.10, 0.10)


def page_text(rng: np.random.Generator, columns: int = 25, one_style: bool = False) -> str:
    """3 to 6 lines of 10 to `columns` characters, each in a style of its own, or all in one.

    Of pages in one style 45% have sentences, 20% small letters alone, 20% capitals alone and 15% numbers and
    codes among the words; lines in a style of their own may also be names, numbers or rows of letters.
    """
    count = int(rng.integers(3, 7))
    if one_style:
        chosen = [int(rng.choice(len(STYLES), p=SHARES))] * count
    else:
        chosen = rng.choice(len(ALL_STYLES), count, p=ALL_SHARES).tolist()
    return "\n".join(ALL_STYLES[style](rng, columns) for style in chosen)
