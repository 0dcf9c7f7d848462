r"""1.2 How many examples does an average need?

We used thousands of pictures. Make the weights from 10, 100 and 1,000 of them, each a few times with other pictures,
and see how the validation accuracy and its spread change. Write `tries(x, y, kept_x, kept_y, count, rng, times)`: it
makes the weights `times` times, each time from `count` other pictures, and returns the accuracies on what was kept.

Hint: `rng.choice(len(y), count, replace=False)` draws so many numbers of pictures, each at most once. Draw anew in each
round, and judge on `kept_x`, never on what was drawn.
"""

import numpy as np

from hellodl.learn.asking import Own


def tries(x, y, kept_x, kept_y, count, rng, times=20):
    """The share right of `kept_x`, as an array (times,), each time with weights from `count` pictures of `x`."""
    shares = []
    for _ in range(times):
        some = rng.choice(len(y), count, replace=False)
        a, c = (x[some][y[some] == label].mean(axis=0) for label in (0, 1))
        shares.append(np.mean((kept_x @ (c - a) > (c @ c - a @ a) / 2) == kept_y))
    return np.array(shares)


def check(own: Own) -> None:
    """The more pictures the better, and the less it matters which; and the examples to judge on are those given."""
    rng = np.random.default_rng(3)
    x, kept_x = rng.normal(size=(2000, 50)), rng.normal(size=(800, 50))
    y, kept_y = np.arange(2000) % 2, np.arange(800) % 2
    x[y == 1] += 0.3
    kept_x[kept_y == 1] += 0.3
    found = {}
    for count in (10, 100, 1000):
        answer = own.ask("tries", x, y, kept_x, kept_y, count, np.random.default_rng(1), 30)
        shares = found[count] = answer.numbers(np.zeros(30))
        answer.is_true(shares.shape == (30,), "30 shares", f"shape {shares.shape}")
        whole = np.abs(shares * 800 - np.round(shares * 800)).max() < 1e-6
        answer.is_true(whole, "shares of the 800 pictures to judge on", f"{shares[0]:.6g}")
        low, high = {10: (0.57, 0.72), 100: (0.78, 0.84), 1000: (0.83, 0.875)}[count]
        mean = float(shares.mean())
        answer.is_true(low < mean < high, f"a mean between {low} and {high}", f"{mean:.3f}")
        answer.is_true(shares.std() > 1e-4, "other pictures each time", "the same share each time")
    answer.is_true(
        found[10].std() > 3 * found[1000].std(), "a spread that shrinks", f"{found[1000].std():.3f} at the end"
    )
