r"""9.3 Does it use it?

Take the unit that went along best with "place in the line", hold it at zero in every step while the network reads, and
see how much worse it guesses. Compare with holding other units. Write `loss_without(writer, unit, tokens)`.

Hint: Read step by step: `state = writer.begin()`, then `top, state = writer.cells.step(int(token), state)`. The numbers
of the first layer are `state[0][0]`; set one to zero after each step, before `writer.head.plain(...)` makes scores of
them. The loss of a step is the logarithm of the sum of the scores' exponentials, minus the score of what really
followed.
"""

import numpy as np

from hellodl import Tensor, nn, no_grad
from hellodl.learn.asking import Own


def loss_without(writer, unit, tokens):
    """Nats a letter over tokens (L,), with one unit of the first layer (or None) held at zero."""
    state, total = writer.begin(), 0.0
    for now, following in zip(tokens, tokens[1:]):
        _, state = writer.cells.step(int(now), state)
        if unit is not None:
            state[0][0][unit] = 0
        logits = writer.head.plain(state[0][0])
        total += np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[following]
    return total / (len(tokens) - 1)


def check(own: Own) -> None:
    """A small network: whole, as its layers say; and with a unit held, by a walk of our own."""
    rng = np.random.default_rng(9)
    writer = nn.RecurrentText("gru", 7, width=6, layers=1, rng=rng)
    for name, array in writer.state_dict().items():
        array *= 3 if "weight" in name else 1
    writer.head.weight.data *= 5
    tokens = rng.integers(0, 7, 20)
    with no_grad():
        whole = nn.cross_entropy(writer(Tensor(tokens[None, :-1]))[0], tokens[1:]).item()
    own.ask("loss_without", writer, None, tokens).gives(whole, 1e-3)
    for unit in (0, 4):
        state, losses = writer.begin(), []
        for now, following in zip(tokens[:-1], tokens[1:]):
            state = writer.cells.step(int(now), state)[1]
            state[0][0][unit] = 0
            scores = writer.head.plain(state[0][0]).astype(np.float64)
            losses.append(np.log(np.exp(scores - scores[following]).sum()))
        own.ask("loss_without", writer, unit, tokens).gives(np.mean(losses), 1e-3)
