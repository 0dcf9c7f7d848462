r"""3.4 Shapes on the way back

A column (3, 1) times a row (1, 4) gives a table (3, 4). Without running it: what are the shapes of the two gradients,
and if the gradient that arrives is all ones, what is in them? Write them out for any gradient, with NumPy alone:
`table_gradients(column, row, g)`.

Hint: Each number of the column met every number of the row. So what arrives at it is a sum along its row of the table,
of the gradient times the other's value: `(g * row).sum(axis=1, keepdims=True)`.
"""

import numpy as np

from hellodl.learn.asking import Own


def table_gradients(column, row, g):
    """The gradients of column (n, 1) and row (1, m) of `column * row`, at which the gradient g (n, m) arrives."""
    return (g * row).sum(axis=1, keepdims=True), (g * column).sum(axis=0, keepdims=True)


def check(own: Own) -> None:
    """With ones, and with any gradient."""
    words = "the column's gradient, and the row's gradient"
    column, row = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0, 10.0, 100.0, 1000.0]])
    answer = own.ask("table_gradients", column, row, np.ones((3, 4)))
    answer.several(words, np.full((3, 1), 1111.0), np.full((1, 4), 6.0))
    g = np.random.default_rng(5).normal(size=(3, 4))
    own.ask("table_gradients", column, row, g).several(words, g @ row.T, column.T @ g)
