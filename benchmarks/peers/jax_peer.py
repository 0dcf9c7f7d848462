"""JAX at the same problems: the whole step compiled by XLA, which lays images out as hellodl does.

There is one contestant, with all threads: XLA settles their number once, when it starts.
"""

from __future__ import annotations

import numpy as np

LIBRARY, NAME = "jax", "JAX"


def version():
    """What is installed."""
    import jax

    return jax.__version__


def ways(task, thread_counts):
    """JAX with as many threads as it takes; texts are not for here."""
    return [] if task.length else [(NAME, max(thread_counts))]


def contestant(problem, library, threads, rate):
    """JAX at any problem; the number of threads is its own affair."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    images, labels = jnp.asarray(problem.images), jnp.asarray(problem.labels)
    trained = dict(problem.network().named_parameters())
    weights = {name: jnp.asarray(problem.state[name]) for name in trained}
    running = {name: jnp.asarray(array) for name, array in problem.state.items() if name not in trained}
    training = problem.task.training

    def loss_of(weights, running):
        """The loss, and beside it the logits and the new running statistics."""
        logits, running = apply(problem.description, weights, running, images, training)
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
        return -chosen.mean(), (logits, running)

    differentiate = jax.value_and_grad(loss_of, has_aux=True)

    def step(weights, running, means, squares, count):
        (_, (_, running)), gradients = differentiate(weights, running)
        return adamw(weights, gradients, means, squares, count, rate, running)

    def answer(weights, running):
        return apply(problem.description, weights, running, images, training)[0]

    # What the step is given it may overwrite ("donate"), as the others do with their weights.
    compiled_step = jax.jit(step, donate_argnums=(0, 1, 2, 3, 4))
    compiled_answer = jax.jit(answer)
    state = []

    def train():
        if not state:
            copies = [{name: jnp.array(a) for name, a in kind.items()} for kind in (weights, running)]
            zeros = [{name: jnp.zeros_like(a) for name, a in weights.items()} for _ in range(2)]
            state[:] = [*copies, *zeros, jnp.zeros(())]
        state[:] = jax.block_until_ready(compiled_step(*state))

    def show():
        if not training:
            return np.asarray(compiled_answer(weights, running)), {}
        (_, (logits, _)), gradients = jax.jit(differentiate)(weights, running)
        return np.asarray(logits), {name: np.asarray(gradient) for name, gradient in gradients.items()}

    run = train if training else lambda: compiled_answer(weights, running).block_until_ready()
    return run, show


def apply(description, weights, running, x, training, name=""):
    """What the layer of this description, and of this name, makes of x; also the new running statistics."""
    import jax
    import jax.numpy as jnp

    layer = {"padding": 0, "stride": 1, "ceil_mode": False, "bias": True, "eps": 1e-5, "momentum": 0.1}
    layer |= description
    match layer["kind"]:
        case "Sequential":
            for number, part in enumerate(layer["layers"]):
                x, running = apply(part, weights, running, x, training, f"{name}{number}.")
        case "Residual":
            change, running = apply(layer["body"], weights, running, x, training, f"{name}body.")
            x = x + change
        case "Conv2d":
            weight, stride, padding = weights[name + "weight"], (layer["stride"],) * 2, [(layer["padding"],) * 2] * 2
            order = ("NHWC", "OIHW", "NHWC")
            x = jax.lax.conv_general_dilated(x, weight, stride, padding, dimension_numbers=order)
            if layer["bias"]:
                x = x + weights[name + "bias"]
        case "MaxPool2d":
            x = halved(x, layer["ceil_mode"])
        case "BatchNorm2d":
            mean, variance = running[name + "running_mean"], running[name + "running_var"]
            if training:
                old_mean, old_variance, share = mean, variance, layer["momentum"]
                mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
                unbiased = variance * (x[..., 0].size / (x[..., 0].size - 1))
                running = running | {
                    name + "running_mean": old_mean + share * (mean - old_mean),
                    name + "running_var": old_variance + share * (unbiased - old_variance),
                }
            scale = weights[name + "weight"] * jax.lax.rsqrt(variance + layer["eps"])
            x = (x - mean) * scale + weights[name + "bias"]
        case "Flatten":
            x = x.reshape(len(x), -1)
        case "Linear":
            x = x @ weights[name + "weight"].T + weights[name + "bias"]
        case "ReLU":
            x = jnp.maximum(x, 0)
        case "GELU":
            x = jax.nn.gelu(x, approximate=layer.get("approximate") == "tanh")
        case kind:
            raise ValueError(f"there is no {kind} here yet")
    return x, running


def halved(x, ceil_mode):
    """The largest of each 2×2 pixels. (XLA's own way back from a window's largest is far slower here.)"""
    import jax.numpy as jnp

    images, height, width, channels = x.shape
    if ceil_mode:
        odd = ((0, 0), (0, height % 2), (0, width % 2), (0, 0))
        x = jnp.pad(x, odd, constant_values=-jnp.inf)
    rows, columns = x.shape[1] // 2, x.shape[2] // 2
    x = x[:, : 2 * rows, : 2 * columns].reshape(images, rows, 2, columns, 2, channels)
    return x.max((2, 4))


def adamw(weights, gradients, means, squares, count, rate, running):
    """One step of AdamW with its usual settings; all that the next step needs."""
    import jax.numpy as jnp

    count = count + 1
    for name, gradient in gradients.items():
        means[name] = 0.9 * means[name] + 0.1 * gradient
        squares[name] = 0.999 * squares[name] + 0.001 * gradient**2
        mean, square = means[name] / (1 - 0.9**count), squares[name] / (1 - 0.999**count)
        decay = 0.01 if gradient.ndim > 1 else 0.0
        weights[name] = weights[name] * (1 - rate * decay) - rate * mean / (jnp.sqrt(square) + 1e-8)
    return weights, running, means, squares, count
