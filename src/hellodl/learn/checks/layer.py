"""Step 6: a linear layer and a network of several."""

from itertools import pairwise
from typing import Any

import numpy as np

from hellodl.learn.asking import Answer, Own
from hellodl.learn.checks.gradients import Engine, gradients


def check(own: Own, tensor: Own, order: Own, broadcasting: Own) -> None:
    """Starting weights, results, gradients; and the same of the whole network."""
    engine, rng = Engine(tensor, order), np.random.default_rng(6)
    starts(own)
    story = own.has("Linear")(2, 2, rng)
    story.w, story.b = engine.tensor([[1.0, -1.0], [2.0, 0.0]]), engine.tensor([0.5, 0.25])
    words = "a Linear with w = [[1, -1], [2, 0]], b = [0.5, 0.25]; layer([[3, 4]]).data"
    own.run("Linear", words, lambda: story(np.array([[3.0, 4.0]])).data).gives([[11.5, -2.75]])
    for shape in ((4, 3), (3,), (2, 4, 3)):
        shape = shape if len(shape) > 1 else (1, 3)
        layer = own.has("Linear")(3, 2, rng)
        layer.b.data = rng.normal(size=2)
        x = rng.normal(size=shape)
        question = f"layer = Linear(3, 2, rng); layer(x) with x of shape {shape}"
        given, tensors = [x, layer.w.data, layer.b.data], [engine.tensor(x), layer.w, layer.b]
        out = own.run("Linear", question, layer, tensors[0]).value
        gradients(own, engine, "Linear", question, lambda x, w, b: x @ w + b, given, tensors, out)
    network(own, engine, rng)


def starts(own: Own) -> None:
    """What a new layer holds."""
    make = own.has("Linear")
    layer = own.run("Linear", "Linear(300, 200, rng)", lambda: make(300, 200, np.random.default_rng(1))).value
    for name, shape in (("w", (300, 200)), ("b", (200,))):
        here = Answer("Linear", f"Linear(300, 200, rng).{name}", layer)
        data: Any = getattr(getattr(layer, name, None), "data", None)
        here.is_true(isinstance(data, np.ndarray), f"a Tensor in self.{name}", "none")
        here.is_true(data.shape == shape, f"shape {shape}", f"shape {data.shape}")
    w = layer.w.data
    here = Answer("Linear", "Linear(300, 200, rng).w.data", w)
    spread, wanted = float(w.std()), np.sqrt(2 / 300)
    near = abs(spread / wanted - 1) < 0.03
    here.is_true(near, f"a standard deviation of √(2 / 300) = {wanted:.4f}", f"{spread:.4f}")
    here.is_true(abs(w.mean()) < 0.003, "a mean of about 0", f"{w.mean():.4f}")
    far = float(np.mean(np.abs(w) > 2 * wanted))
    here.is_true(
        0.03 < far < 0.06, "a normal distribution", f"another one: {far:.1%} lie beyond two deviations, not 4.6%"
    )
    Answer("Linear", "Linear(300, 200, rng).b.data", layer.b.data).gives(np.zeros(200))
    same = make(300, 200, np.random.default_rng(1)).w.data
    here.is_true(np.array_equal(w, same), "the same weights from the same seed", "others: is `rng` used?")
    rng = np.random.default_rng(1)
    differ = not np.array_equal(make(3, 2, rng).w.data, make(3, 2, rng).w.data)
    here.is_true(differ, "other weights in the next layer", "the same: use `rng` as it comes")
    listed(own, "Linear", "Linear(300, 200, rng)", layer, [layer.w, layer.b])


def listed(own: Own, about: str, words: str, thing: Any, wanted: list[Any]) -> None:
    """Whether `parameters()` are these very tensors."""
    answer = own.run(about, f"{words}.parameters()", thing.parameters)
    fine = isinstance(answer.value, list) and [*map(id, answer.value)] == [*map(id, wanted)]
    came = f"a list of {len(answer.value)}" if isinstance(answer.value, list) else type(answer.value).__name__
    answer.is_true(fine, f"a list of the {len(wanted)} tensors themselves: w, b, ... in the order of layers", came)


def network(own: Own, engine: Engine, rng: np.random.Generator) -> None:
    """Layers, relu between but not at the end, gradients through all."""
    for sizes in ([3, 4, 2], [2, 5, 4, 3], [3, 2]):
        words = f"net = MLP({sizes}, rng)"
        net = own.run("MLP", words, own.has("MLP"), sizes, rng).value
        layers: Any = getattr(net, "layers", None)
        here = Answer("MLP", f"{words}; net.layers", layers)
        here.is_true(
            isinstance(layers, list) and len(layers) == len(sizes) - 1, f"a list of {len(sizes) - 1}", f"{layers}"[:60]
        )
        shapes = [layer.w.data.shape for layer in layers]
        here.is_true(shapes == [*pairwise(sizes)], f"weights of {[*pairwise(sizes)]}", f"{shapes}")
        listed(own, "MLP", words, net, [t for layer in layers for t in (layer.w, layer.b)])
        for layer in layers:
            layer.b.data = rng.normal(size=layer.b.data.shape)
        x = rng.normal(size=(4, sizes[0]))

        def value(x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
            for at in range(0, len(parameters), 2):
                x = x @ parameters[at] + parameters[at + 1]
                x = np.maximum(x, 0) if at + 2 < len(parameters) else x
            return x

        tensors = [engine.tensor(x), *(t for layer in layers for t in (layer.w, layer.b))]
        question = f"{words}; net(x) with x of shape {x.shape}"
        out = own.run("MLP", question, net, tensors[0]).value
        gradients(own, engine, "MLP", question, value, [x, *(t.data for t in tensors[1:])], tensors, out)
        plain = own.run("MLP", f"{words}; net(x), x an array", net, x).value
        Answer("MLP", f"{words}; net(x).data, x an array", plain.data).gives(value(x, *(t.data for t in tensors[1:])))
