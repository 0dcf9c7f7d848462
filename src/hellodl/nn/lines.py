"""A network that looks along a line of writing and says letters as it sees them.

    picture of a line -> convolutions -> columns of features -> a memory in both directions -> symbols, step by step

The recipe is Retsinas, Sfikas, Gatos and Nikou's ("Best practices for a handwritten text recognition system", 2022):
keep the aspect ratio, take the largest of each column, so that it does not matter how high a letter stands, and
while it learns have the convolutions say something too. Without that "glance" the memory, which knows words before
it can see, learns to guess.
"""

from __future__ import annotations

from hellodl import ops
from hellodl.autograd.tensor import Tensor
from hellodl.nn import init
from hellodl.nn.activation import ReLU
from hellodl.nn.containers import Residual, Sequential
from hellodl.nn.conv import Conv2d, MaxPool2d
from hellodl.nn.dropout import Dropout
from hellodl.nn.linear import Linear
from hellodl.nn.module import Module
from hellodl.nn.norm import BatchNorm2d
from hellodl.nn.recurrent import GRU


class LineReader(Module):
    """Reads pictures (N, H, W, 1) of lines, white on black, 0 to 1: logits (W / 4, N, symbols), one of them the blank.

    H is a multiple of 16 and W of 4; a step is four pixels wide. `width` is the size of each direction's memory.
    """

    step = 4  # pixels

    def __init__(
        self,
        symbols: int,
        channels: tuple[int, ...] = (16, 32, 64, 128),
        width: int = 128,
        dropout: float = 0.1,
        rng: init.Rng = init.DEFAULT,
    ):
        def window(before: int, after: int) -> Conv2d:
            return Conv2d(before, after, 3, padding=1, bias=False, rng=rng)

        def block(channel: int) -> Residual:
            return Residual(Sequential(window(channel, channel), BatchNorm2d(channel), ReLU()))

        a, b, c, d = channels  # shapes are those of a line 32 pixels high
        self.look = Sequential(
            window(1, a),
            MaxPool2d(2),
            BatchNorm2d(a),
            ReLU(),  # (32, W, 1) -> (16, W / 2, a)
            window(a, b),
            BatchNorm2d(b),
            ReLU(),
            block(b),
            MaxPool2d(2),  # -> (8, W / 4, b)
            window(b, c),
            BatchNorm2d(c),
            ReLU(),
            block(c),
            MaxPool2d((2, 1)),  # -> (4, W / 4, c)
            window(c, d),
            BatchNorm2d(d),
            ReLU(),
            block(d),
            MaxPool2d((2, 1)),  # -> (2, W / 4, d)
            block(d),
        )
        self.drop = Dropout(dropout)
        self.memory = GRU(d, width, 2, dropout=dropout, bidirectional=True, rng=rng)
        self.head = Linear(2 * width, symbols, gain=1, rng=rng)
        self.glance = Linear(d, symbols, gain=1, rng=rng)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, 1) -> (W / 4, N, symbols)."""
        return self.remembered(self.columns(x))

    def columns(self, x: Tensor) -> Tensor:
        """What the convolutions see in each column: (W / 4, N, channels)."""
        return ops.max(self.look(x), axis=1).transpose(1, 0, 2)

    def remembered(self, columns: Tensor) -> Tensor:
        """What columns mean in their line: logits."""
        return self.head(self.drop(self.memory(self.drop(columns))[0]))
