r"""10.2 Too few steps

What is the loss of "11" in two steps, and of "11" in three? Say first what you expect of `nn.CTCLoss`, then ask it;
what is `zero_infinity` for? Write `fewest_steps(text)`, which says how many steps any text needs, `spoken(said)`, what
is left of all that was said step by step, and `loss_of_11(steps)`, where at each step a blank (here a space) and a one
have a probability of one half.

Hint: Each letter needs a step, and equal neighbours need a blank between them. For the loss, count the alignments: each
has the probability $0.5^{\text{steps}}$. No alignment is a probability of 0, and so a surprise without end, `np.inf`.
"""

from itertools import product

import numpy as np

from hellodl.learn.asking import Own


def fewest_steps(text):
    """The fewest steps in which a text can be said."""
    return len(text) + sum(a == b for a, b in zip(text, text[1:]))


def loss_of_11(steps):
    """The CTC loss of "11" in so many steps, each a blank or a one by chance; inf where nothing says it."""
    ways = sum(spoken("".join(said)) == "11" for said in product(" 1", repeat=steps))
    return -np.log(ways / 2**steps) if ways else np.inf


def spoken(said):
    """What is left of what was said at each step: repetitions are one, and blanks (spaces) are none."""
    return "".join(b for a, b in zip(" " + said, said) if b != a and b != " ")


def check(own: Own) -> None:
    """Texts with and without neighbours that are equal, and the alignments counted by hand."""
    for text, steps in (("in", 2), ("11", 3), ("letter", 7), ("aaa", 5), ("abba", 5), ("x", 1), ("aba", 3), ("", 0)):
        own.ask("fewest_steps", text).gives(steps)
    for said, left in (("1 1", "11"), ("11 ", "1"), (" 1  11 ", "11"), ("ab ba", "abba"), ("  ", "")):
        answer = own.ask("spoken", said)
        answer.is_true(answer.value == left, repr(left), f"{answer.value!r}")
    for steps in (1, 2):
        answer = own.ask("loss_of_11", steps)
        answer.is_true(answer.value == np.inf, "inf", f"{answer.value}")
    for steps, ways in ((3, 1), (4, 5), (5, 15)):
        own.ask("loss_of_11", steps).gives(steps * np.log(2) - np.log(ways))
