r"""3.1 An operation of your own

*Softplus*, $\log(1 + e^x)$, is a rectifier with a round corner. Write it as an operation, `softplus(x)` (a value and a
function to carry gradients back), such that large numbers do not overflow, and have `gradcheck` pass it.

Hint: `record(value, (x, backward))` makes an operation. The derivative is $e^x / (1 + e^x)$, the sigmoid. For the
value, look up `np.logaddexp`: it is $\log(e^a + e^b)$ without ever working out the exponentials of large numbers.
"""

from functools import partial

import numpy as np

from hellodl import Tensor
from hellodl.autograd.gradcheck import gradcheck
from hellodl.autograd.tensor import record
from hellodl.learn.asking import Answer, Own


def softplus(x):
    """log(1 + exp(x)) of each number of a tensor, which gradients can find their way back through."""
    slope = 0.5 * np.tanh(0.5 * x.data) + 0.5
    return record(np.logaddexp(0, x.data).astype(x.dtype), (x, lambda g: g * slope))


def check(own: Own) -> None:
    """Values, values that would overflow, and the slopes by `gradcheck`."""
    places = np.array([-2.0, 0.0, 3.0])
    for points in (places, np.array([-1000.0, 0.0, 1000.0])):
        answer = own.ask("softplus", Tensor(points, requires_grad=True))
        answer.is_true(isinstance(answer.value, Tensor), "a Tensor", type(answer.value).__name__)
        wanted = np.where(points > 100, points, np.log1p(np.exp(np.minimum(points, 100))))
        Answer("softplus", answer.question, answer.value.data).gives(wanted)
        slope = own.run("softplus", f"the slopes of softplus at {points.tolist()}", partial(slopes, own, points))
        slope.gives(1 / (1 + np.exp(-np.clip(points, -700, 700))))
    rng = np.random.default_rng(3)
    given = rng.normal(size=(4, 5))
    found = own.run(
        "softplus", "gradcheck(softplus, ...)", lambda: gradcheck(own.has("softplus"), given, rng=rng)[0].error
    )
    found.is_true(found.value < 1e-5, "an error below 0.00001", f"{found.value:.2g}")


def slopes(own: Own, points: np.ndarray) -> np.ndarray:
    """What comes back if every number of the result counts 1."""
    x = Tensor(points, requires_grad=True)
    own.has("softplus")(x).sum().backward()
    assert x.grad is not None
    return x.grad
