r"""5.2 How many weights?

How many weights has `hello_dl` in each of its layers with weights? Work it out on paper first; where do most of them
sit? Write the two rules, `convolution_weights(a, b)` and `dense_weights(a, b)`, and `hello_dl_weights()`, the six
counts for 26 letters. The network has three convolutions, to 32, 64 and 128 channels of one picture, and dense layers
from 512 to 64, to 128, to 26.

Hint: A convolution from $a$ to $b$ channels looks at 9 places of $a$ channels for each of its $b$ kernels, and each
kernel has a bias. A dense layer from $a$ to $b$ has $ab$ weights and $b$ biases.
"""

from hellodl.learn.asking import Own


def convolution_weights(a, b):
    """The weights and biases of a 3×3 convolution from a to b channels."""
    return 9 * a * b + b


def dense_weights(a, b):
    """The weights and biases of a dense layer from a numbers to b."""
    return a * b + b


def hello_dl_weights():
    """The six counts, from the first layer to the last."""
    convolutions = [convolution_weights(a, b) for a, b in ((1, 32), (32, 64), (64, 128))]
    return convolutions + [dense_weights(a, b) for a, b in ((512, 64), (64, 128), (128, 26))]


def check(own: Own) -> None:
    """Both rules, and the network's own counts."""
    own.ask("convolution_weights", 1, 1).gives(10)
    own.ask("convolution_weights", 2, 3).gives(57)
    own.ask("convolution_weights", 32, 64).gives(18_496)
    own.ask("dense_weights", 1, 1).gives(2)
    own.ask("dense_weights", 2, 3).gives(9)
    own.ask("dense_weights", 784, 10).gives(7_850)
    own.ask("hello_dl_weights").gives([320, 18_496, 73_856, 32_832, 8_320, 3_354])
