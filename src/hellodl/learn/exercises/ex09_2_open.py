r"""9.2 Help the LSTM

Run `remembering(small("lstm"))`. It fails, although it has gates. Then open its gate $f$ at the start, as Gers advised.
Write `open_gate(cells)` for an `nn.LSTM`: it adds 3 to the bias of $f$, and to no other.

Hint: `cells.bias_ih_l0.data` has the biases of the four gates one after another, i, f, g, o, each as long as the state
is wide. So those of $f$ are the second quarter.
"""

import numpy as np

from hellodl import nn
from hellodl.learn.asking import Answer, Own


def open_gate(cells, by=3.0):
    """Open the gate f of an LSTM of one layer, in place."""
    width = len(cells.bias_ih_l0.data) // 4
    cells.bias_ih_l0.data[width : 2 * width] += by


def check(own: Own) -> None:
    """Of two sizes, with biases that are not zero, and that nothing else was touched."""
    for width, by in ((8, 3.0), (32, 1.0)):
        cells = nn.LSTM(5, width, rng=np.random.default_rng(9))
        for name, array in cells.state_dict().items():
            if "bias" in name:
                array[...] = np.arange(len(array)) / 100
        cells.load_state_dict(cells.state_dict())
        before = {name: array.copy() for name, array in cells.state_dict().items()}
        own.ask("open_gate", cells, by)
        both = [np.zeros(4 * width), np.zeros(4 * width)]
        for which, bias in enumerate(("bias_ih_l0", "bias_hh_l0")):
            both[which] = cells.state_dict()[bias] - before.pop(bias)
        wanted = by * (np.arange(4 * width) // width == 1)
        Answer("open_gate", f"what open_gate added to the biases, of width {width}", sum(both)).gives(wanted, 1e-5)
        for name, array in before.items():
            now = cells.state_dict()[name]
            Answer("open_gate", f"cells.{name} afterwards", now).gives(array)
