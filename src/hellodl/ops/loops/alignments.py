"""A loop over all ways to say a text: CTC's table (see `ctc`), text by text, in plain probabilities."""

from __future__ import annotations

import numpy as np

from hellodl.ops.loops.compiler import TEXTS, into, loop


@loop(TEXTS, "i8[:,::1]", "i8[::1]", "i8[::1]", into("f8[::1]"), into(TEXTS))
def align(log_probs, states, last, ends, losses, shares):
    """The loss of each text, and how likely each symbol was said at each step, into `shares`, which is zero before.

    States 0 to `last` of each row are the text's; a row whose last is negative is left alone. Every step's
    probabilities are made to add up to 1, for their product would vanish, and the logarithms of what they added up to
    are the loss (Rabiner 1989). Where even so nothing is left, the loss is NaN.
    """
    for n in range(len(states)):
        if last[n] < 0:
            continue
        steps, count = ends[n], last[n] + 1
        begun, said = np.zeros((steps, count)), np.empty(count)
        loss, total = 0.0, 0.0
        for t in range(steps):
            for s in range(count):
                if t == 0:
                    ways = 1.0 if s < 2 else 0.0
                else:
                    ways = begun[t - 1, s]
                    if s > 0:
                        ways += begun[t - 1, s - 1]
                    if s > 1 and s % 2 == 1 and states[n, s] != states[n, s - 2]:
                        ways += begun[t - 1, s - 2]
                begun[t, s] = ways * np.exp(log_probs[t, n, states[n, s]]) if ways > 0 else 0.0
            total = 0.0
            for s in range(count):
                total += begun[t, s]
            if total <= 0:
                break
            loss -= np.log(total)
            for s in range(count):
                begun[t, s] /= total
        final = begun[steps - 1, count - 1]
        if count > 1:
            final += begun[steps - 1, count - 2]
        losses[n] = loss - np.log(final) if total > 0 and final > 0 else np.nan
        if not losses[n] < np.inf:
            continue

        left = np.zeros(count)
        left[count - 1] = 1.0
        if count > 1:
            left[count - 2] = 1.0
        for back in range(steps):
            t = steps - 1 - back
            total = 0.0
            for s in range(count):
                total += begun[t, s] * left[s]
            for s in range(count):
                shares[t, n, states[n, s]] += begun[t, s] * left[s] / total
            total = 0.0
            for s in range(count):
                said[s] = left[s] * np.exp(log_probs[t, n, states[n, s]]) if left[s] > 0 else 0.0
            for s in range(count):
                after = said[s]
                if s + 1 < count:
                    after += said[s + 1]
                if s + 2 < count and s % 2 == 1 and states[n, s] != states[n, s + 2]:
                    after += said[s + 2]
                left[s] = after
                total += after
            for s in range(count):
                left[s] /= total
