"""Step 11: batches, a training loop that is watched from outside, and a count of what is right."""

from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own


def check(own: Own, tensor: Own, order: Own) -> None:
    """With a model, a loss and an optimiser of our own, out of the reader's tensors, that note when they are called."""
    batches(own)
    for count, size, epochs in ((6, 2, 1), (7, 3, 2), (5, 10, 3)):
        training(own, tensor.has("Tensor"), count, size, epochs)
    counting(own, tensor.has("Tensor"))


def batches(own: Own) -> None:
    """Each once, in arrays of the size, mixed, anew each time."""
    for count, size in ((5, 2), (6, 3), (4, 10), (7, 1)):
        rng = np.random.default_rng(3)
        question = f"batches({count}, {size}, rng)"
        answer = own.run("batches", question, lambda *given: [*own.has("batches")(*given)], count, size, rng)
        sizes = [len(batch) for batch in answer.value]
        wanted = [min(size, count - first) for first in range(0, count, size)]
        answer.is_true(sizes == wanted, f"arrays of {wanted}", f"arrays of {sizes}")
        numbers = np.concatenate([np.asarray(batch) for batch in answer.value])
        answer.is_true(sorted(numbers.tolist()) == [*range(count)], f"each from 0 to {count - 1} once", f"{numbers}")
        answer.is_true(numbers.dtype.kind == "i", "arrays of whole numbers", str(numbers.dtype))
    mixed = []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        mixed += [np.concatenate([*own.has("batches")(50, 8, rng)]).tolist() for _ in range(2)]
    here = Answer("batches", "batches(50, 8, rng)", mixed)
    here.is_true(mixed[0] != [*range(50)], "a mixed order", "0, 1, 2, ...")
    here.is_true(mixed[0] != mixed[1], "another order each time", "the same order twice")
    here.is_true(mixed[:2] == mixed[2:4], "the same orders from the same seed", "others: use `rng` and no other chance")
    here.is_true(mixed[0] != mixed[4], "another order from another seed", "the same: is `rng` used?")


def training(own: Own, Tensor: Any, count: int, size: int, epochs: int) -> None:
    """A model with one weight, whose loss is that weight times an example's number: all sums are known."""
    weight, said, seen = Tensor([2.0]), [], []

    def model(inputs: np.ndarray) -> Any:
        said.append("model")
        seen.append(np.array(inputs))
        column = np.array(inputs).reshape(-1, 1)
        return Tensor(column * weight.data, ((weight, lambda g: np.array([np.sum(g * column)])),))

    def loss(out: Any, labels: np.ndarray) -> Any:
        said.append("loss")
        if len(labels) != len(out.data) or not np.array_equal(np.array(labels), seen[-1] * 10):
            said.append("labels of other inputs")
        return Tensor(out.data.mean(), ((out, lambda g: np.full(out.data.shape, g / len(out.data))),))

    class Optimizer:
        def zero(self) -> None:
            said.append("zero")
            weight.grad = np.zeros(1)

        def step(self) -> None:
            said.append("step")
            moves.append(float(weight.grad[0]))
            weight.data = weight.data - 0.001 * weight.grad

    moves: list[float] = []
    inputs = np.arange(1.0, count + 1)
    question = f"train(model, loss, optimizer, inputs, labels, {epochs}, {size}, rng), of {count} examples"
    rng = np.random.default_rng(11)
    answer = own.run(
        "train", question, lambda: own.has("train")(model, loss, Optimizer(), inputs, inputs * 10, epochs, size, rng)
    )
    called = epochs * -(-count // size)
    answer.is_true("labels of other inputs" not in said, "the labels of the same batch", "labels of other inputs")
    for name in ("model", "loss", "zero", "step"):
        times = said.count(name)
        answer.is_true(times == called, f"{name} called {called} times, once for each batch", f"{times} times")
    orders = [word for word in said if word in ("zero", "step")]
    answer.is_true(orders == ["zero", "step"] * called, "optimizer.zero() before each step()", ", ".join(orders[:4]))
    for number in range(epochs):
        part = np.concatenate(seen[number * called // epochs : (number + 1) * called // epochs])
        fine = np.array_equal(np.sort(part), inputs)
        answer.is_true(fine, "each example once in each epoch", f"{np.sort(part).tolist()} in epoch {number + 1}")
    if count > 5:
        answer.is_true(not np.array_equal(np.concatenate(seen)[:count], inputs), "a mixed order", "1, 2, 3, ...")
    wanted, w, at = [], 2.0, 0
    for batch, moved in zip(seen, moves):
        right = batch.mean()
        words = f"{question}: the gradient in step {at + 1}, of a batch whose gradient is {right:.4g}"
        Answer("train", words, moved).gives(right)
        wanted.append((w * right, len(batch)))
        w, at = w - 0.001 * right, at + 1
    per = called // epochs
    means = [sum(v * n for v, n in wanted[e * per : e * per + per]) / count for e in range(epochs)]
    fine = isinstance(answer.value, list) and all(isinstance(one, int | float) for one in answer.value)
    came = type(answer.value).__name__ if not isinstance(answer.value, list) else f"{[*map(type, answer.value)]}"[:70]
    answer.is_true(fine, "a list of numbers, one for each epoch", came)
    answer.gives(means)


def counting(own: Own, Tensor: Any) -> None:
    """A model that says what its inputs are."""
    asked: list[int] = []

    def model(inputs: np.ndarray) -> Any:
        asked.append(len(inputs))
        return Tensor(np.array(inputs))

    inputs = np.array([[0.1, 0.9, 0.0], [0.8, 0.1, 0.7], [0.0, 0.1, 0.2], [0.3, 0.2, 0.1], [-3.0, -1.0, -2.0]])
    for labels, right in (([1, 0, 2, 0, 1], 1.0), ([1, 0, 2, 2, 0], 0.6), ([0, 1, 1, 1, 2], 0.0)):
        for size in (256, 2, 1):
            asked.clear()
            question = f"accuracy(model, inputs, labels, size={size}), {right * 5:.0f} of 5 are right"
            answer = own.run("accuracy", question, own.has("accuracy"), model, inputs, np.array(labels), size)
            answer.gives(right)
            most = max(asked, default=0)
            answer.is_true(0 < most <= size, f"the model asked of at most {size} at a time", f"of {most}")
            answer.is_true(sum(asked) == 5, "the model asked of each input once", f"of {sum(asked)}, and there are 5")
