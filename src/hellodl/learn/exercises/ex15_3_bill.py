r"""15.3 Your own bill

What does it cost in joules to *read* one letter with the shipped model, and how many letters could you read for the
energy of one prompt to Gemini (864 J)? Write `joules_a_letter(read, images, watts)`, which measures, and
`letters_for(joules, per_letter)`. A core takes about 10 watts.

Hint: A watt is a joule a second. Seconds that a processor has worked, `time.process_time()`, cost; seconds that it only
waited, which `time.perf_counter()` counts too, cost next to nothing.
"""

import time

import numpy as np

from hellodl.learn.asking import Own


def joules_a_letter(read, images, watts=10):
    """What `read(images)` costs for each of the images (N, ...), by the time that the processor works."""
    began = time.process_time()
    read(images)
    return (time.process_time() - began) * watts / len(images)


def letters_for(joules, per_letter):
    """How many letters can be read for so much energy."""
    return joules / per_letter


def check(own: Own) -> None:
    """A reader that works for a fifth of a second, and one that sleeps for as long."""

    def hard_work(images: np.ndarray) -> None:
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass

    def sleep(images: np.ndarray) -> None:
        time.sleep(0.2)

    for count, watts in ((4, 10), (10, 10), (4, 30)):
        answer = own.ask("joules_a_letter", hard_work, np.zeros((count, 28, 28)), watts)
        joules, wanted = answer.number(), 0.2 * watts / count
        answer.is_true(wanted * 0.9 < joules < wanted * 1.5, f"about {wanted:.2g}", f"{joules:.2g}")
    answer = own.ask("joules_a_letter", sleep, np.zeros((4, 28, 28)))
    answer.is_true(float(answer.value) < 0.1, "nearly nothing; the processor sleeps", f"{answer.value:.2g}")
    own.ask("letters_for", 864, 0.001).gives(864_000)
    own.ask("letters_for", 10, 2).gives(5)
