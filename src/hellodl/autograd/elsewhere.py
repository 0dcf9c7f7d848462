"""What PyTorch has under names that are not here, and what to write instead: one line, at the moment it matters."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

ONE_DEVICE = "there is one device, the processor, and nothing to move"
NUMPYS = "make the array by NumPy, and wrap it: Tensor(np.{name}(...))"
BY_CHANCE = "draw the array from a generator, and wrap it: Tensor(np.random.default_rng(0).{how})"
FLOATS = "tensors that learn are float32; save a model in 16 bits by checkpoint.save_model(..., bits=16)"
IN_BATCHES = "go over shuffled indices: for which in np.array_split(rng.permutation(n), n // 64): images[which]"
RESHAPED = "reshape the arrays before a graph is made of them: Tensor(np.{name}(x.data, ...))"

# By whose name it is not: hellodl itself, a module of it, a tensor, or a layer.
INSTEAD: dict[str, dict[str, str]] = {
    "hellodl": {
        **{name: NUMPYS.format(name=name) for name in ("zeros", "ones", "full", "empty", "eye", "arange", "linspace")},
        **{name: NUMPYS.format(name=name) for name in ("tril", "triu", "zeros_like", "ones_like")},
        "rand": BY_CHANCE.format(how="random((2, 3), np.float32)"),
        "randn": BY_CHANCE.format(how="standard_normal((2, 3), np.float32)"),
        "randint": BY_CHANCE.format(how="integers(0, 10, (2, 3))"),
        "randperm": "shuffle indices by NumPy: np.random.default_rng(0).permutation(n)",
        "multinomial": "draw by NumPy: np.random.default_rng(0).choice(len(p), p=p); see hellodl.nn.sampling for texts",
        "from_numpy": "write Tensor(array); x.data is the array again",
        "tensor": "write Tensor([1.0, 2.0])",
        "topk": "sort the array: np.argsort(-x.data, axis=-1)[..., :k]",
        "argmax": "write x.argmax(dim=1)",
        "sort": "sort the array: np.argsort(x.data)",
        "matmul": "write a @ b",
        "cat": "write ops.concatenate([a, b], dim=0)",
        "clamp": "write x.clamp(0, 1), or ops.clip",
        "save": "write checkpoint.save_model('model.safetensors', model), and hellodl.load('model.safetensors')",
        "compile": "write step = hellodl.plan(step), for a training step or an answer of a small network",
        "inference_mode": "write with hellodl.no_grad(): ...",
        "cuda": ONE_DEVICE,
        "device": ONE_DEVICE,
        "set_num_threads": "training by `hellodl train` takes --threads; the matrix library heeds OPENBLAS_NUM_THREADS",
        "utils": IN_BATCHES,
        "allclose": "compare arrays: np.allclose(a.data, b.data)",
        "equal": "compare arrays: np.array_equal(a.data, b.data)",
        **{f"float{n}": f"write np.float{n}" for n in (16, 32, 64)},
        **{f"int{n}": f"write np.int{n}" for n in (8, 16, 32, 64)},
        **dict.fromkeys(("long", "bool", "float", "int"), "write NumPy's: np.int64, np.bool_, np.float32"),
        "bfloat16": FLOATS,
    },
    "hellodl.autograd": {"grad": "call loss.backward(), and look at .grad of the leaves"},
    "hellodl.nn": {
        "utils": "gradients are clipped by optim.clip_gradients(model.parameters(), 1.0)",
        "TransformerEncoderLayer": "build it from LayerNorm, MultiheadAttention and Linear, or take nn.GPT whole",
        "Transformer": "build it from LayerNorm, MultiheadAttention and Linear, or take nn.GPT whole",
        **dict.fromkeys(("Conv3d", "MaxPool3d", "BatchNorm3d"), "pictures have two axes here, and channels"),
        "RNNCell": "nn.RNN has the step of one letter, too",
        "DataParallel": "lanes share out a batch: see hellodl.parallel",
    },
    "hellodl.nn.functional": {
        "one_hot": "take rows of the identity: np.eye(classes, dtype=np.float32)[labels]",
        "pad": "write ops.pad",
        "interpolate": "write ops.upsample",
        "normalize": "divide by the length: x / ops.sqrt((x * x).sum(dim=-1, keepdim=True))",
        "scaled_dot_product_attention": "write ops.attention_between, or nn.MultiheadAttention",
    },
    "hellodl.nn.init": {
        **dict.fromkeys(
            ("kaiming_normal_", "kaiming_uniform_"), "write layer.weight.data[...] = init.he_normal(shape, rng)"
        ),
        **dict.fromkeys(
            ("xavier_normal_", "xavier_uniform_"), "write layer.weight.data[...] = init.glorot_uniform(shape, rng)"
        ),
        **dict.fromkeys(("normal_", "uniform_"), "write layer.weight.data[...] = rng.normal(0, 0.02, shape)"),
        **dict.fromkeys(("zeros_", "ones_", "constant_"), "write layer.bias.data[...] = 0"),
    },
    "hellodl.optim": {
        "lr_scheduler": "a schedule is a function: optimizer.learning_rate = 1e-3 * optim.cosine(total)(step)",
        **dict.fromkeys(("RMSprop", "Adagrad", "Adadelta", "LBFGS"), "take optim.Adam, AdamW, SGD or Muon"),
        "NAdam": "take optim.AdamW",
    },
    "Tensor": {
        **dict.fromkeys(("to", "cuda", "device", "cpu", "is_cuda"), f"{ONE_DEVICE}; the dtype is float32"),
        **dict.fromkeys(("half", "double", "bfloat16", "type"), FLOATS),
        **dict.fromkeys(("int", "bool", "byte"), "convert the array: x.data.astype(...)"),
        "requires_grad_": "say so when it is made: Tensor(..., requires_grad=True)",
        "contiguous": "leave it out: operations take arrays as they lie",
        "is_contiguous": "ask the array: x.data.flags.c_contiguous",
        "topk": "sort the array: np.argsort(-x.data, axis=-1)[..., :k]",
        **dict.fromkeys(("sort", "argsort"), "sort the array: np.argsort(x.data)"),
        "norm": "write ops.sqrt((x * x).sum())",
        **dict.fromkeys(("expand", "expand_as", "broadcast_to"), "leave it out: arithmetic broadcasts, as in NumPy"),
        "repeat": RESHAPED.format(name="tile"),
        **dict.fromkeys(("tile", "roll", "flip"), RESHAPED.format(name="tile (or roll, flip)")),
        "gather": "index with rows and columns: x[np.arange(len(x)), labels]",
        **dict.fromkeys(("scatter", "scatter_", "index_select"), "index it: x[rows], or x[rows, columns]"),
        **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), "write a == b, a < b and so on"),
        **dict.fromkeys(("add", "sub", "mul", "div", "matmul", "mm", "bmm", "dot"), "write a + b, a * b, a @ b"),
        **dict.fromkeys(("t", "mT"), "write x.T, or x.transpose(-1, -2)"),
        "masked_select": "index it: x[mask]",
        "all": "ask the array: x.data.all()",
        "any": "ask the array: x.data.any()",
        "register_hook": "write an operation of your own with record (chapter 3): its way back may do what it likes",
        "retain_grad": "leaves keep gradients; write an operation of your own (chapter 3) to see one on its way",
        "new_zeros": "write Tensor(np.zeros(...))",
    },
    "Module": {
        "register_buffer": "assign the array, and name it in the class: buffers = ('running_mean',)",
        "register_parameter": "assign it: self.weight = nn.Parameter(...)",
        "register_forward_hook": "wrap the layer in a Module of your own, or see chapter 6 for looking inside",
        "to": "there is one device, the processor, and one dtype, float32",
        **dict.fromkeys(("cuda", "cpu"), "there is one device, the processor"),
        "apply": "walk over them: for module in model.modules(): ...",
        "half": "save the model in 16 bits: checkpoint.save_model(..., bits=16)",
        **dict.fromkeys(("float", "double"), "weights are float32"),
        "add_module": "assign it: self.name = layer, or setattr(model, name, layer)",
        "compile": "write step = hellodl.plan(step)",
        "share_memory": "lanes share weights by themselves: see hellodl.parallel",
    },
}


def no_such(owner: str, name: str, known: Iterable[str] = (), whose: str = "", room: str = "") -> AttributeError:
    """The error for a name that `owner`, a key of INSTEAD, has not: what to write, or what is spelt alike.

    `whose` is shown in place of `owner`; `room` is where the name does live, if anywhere. What begins with two
    underscores is asked for by Python, and gets no advice.
    """
    message = f"{whose or owner} has no attribute '{name}'"
    if name.startswith("__"):
        return AttributeError(message)
    advice = f"it is hellodl.{room}.{name}" if room else INSTEAD.get(owner, {}).get(name)
    if advice is None and owner == "Tensor" and name.endswith("_"):
        advice = "a tensor is not changed in place, for a graph may need it as it was: write x = x + 1 and so on"
    if advice is None and (close := get_close_matches(name, known, 3, 0.7)):
        advice = f"is it {' or '.join(close)}?"
    # With its name given, Python does not add a "Did you mean" of its own to the same line.
    return AttributeError(f"{message}; {advice}" if advice else message, name=name)


def none_in(module: str) -> Callable[[str], Any]:
    """A module's `__getattr__`: what to write instead."""

    def __getattr__(name: str) -> Any:
        raise no_such(module, name, vars(sys.modules[module]).get("__all__", ()))

    return __getattr__
