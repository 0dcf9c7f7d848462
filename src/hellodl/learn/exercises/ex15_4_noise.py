r"""15.4 Noise that convinces

Find a picture that is no letter and of which the model of letters is nearly certain that it is a "w". Write
`convincing(reader, picture, label)`: it walks from a picture to one that the reader takes for `label`.
(`plots.saliency` takes the gradient with respect to the *picture*; walk along it, uphill.)

Hint: Make a Tensor of the picture with `requires_grad=True`. In each step: its `grad` to None, `nn.cross_entropy` of
the reader's scores and the label, `backward`, and 0.02 of the gradient's sign off the picture, which stays between 0
and 1.
"""

import numpy as np

from hellodl import Tensor, checkpoint, nn
from hellodl.learn.asking import Own
from hellodl.models import find_model
from hellodl.ops import softmax


def convincing(reader, picture, label, steps=60):
    """A picture (1, 28, 28, 1) of numbers from 0 to 1, near the one given, which the reader takes for class `label`."""
    picture = Tensor(picture.copy(), requires_grad=True)
    for _ in range(steps):
        picture.grad = None
        nn.cross_entropy(reader(picture), np.array([label])).backward()
        picture.data[...] = np.clip(picture.data - 0.02 * np.sign(picture.grad), 0, 1)
    return picture.data


def check(own: Own) -> None:
    """From noise, for two letters; the noise stays mostly what it was."""
    own.has("convincing")
    reader, about = checkpoint.load_model(find_model("letters"))
    reader.eval()
    noise = np.random.default_rng(13).random((1, 28, 28, 1)).astype(np.float32) * 0.3
    for letter in "wa":
        answer = own.ask("convincing", reader, noise, about["classes"].index(letter))
        picture = answer.numbers(noise)
        answer.is_true(picture.shape == noise.shape, "shape (1, 28, 28, 1)", f"shape {picture.shape}")
        inside = picture.min() >= 0 and picture.max() <= 1
        answer.is_true(bool(inside), "numbers from 0 to 1", f"from {picture.min():.3g} to {picture.max():.3g}")
        shares = softmax(reader(Tensor(picture.astype(np.float32)))).data[0]
        sure = float(shares[about["classes"].index(letter)])
        answer.is_true(sure > 0.9, f"a reader that is sure of {letter!r}", f"it gives it {sure:.2%}")
        moved = float(np.abs(picture - noise).mean())
        answer.is_true(moved < 0.4, "a picture near the one given", f"its pixels moved by {moved:.2g}")
