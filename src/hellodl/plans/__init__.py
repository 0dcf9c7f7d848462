"""Plans: a function that is traced once and then replayed, without Python in between.

    standin -> tape -> recording -> plan

Half of a small network's time goes to Python: to layers that call operations, operations that check their arguments,
a graph that is built and walked and thrown away. But the next call does the very same, only with other numbers. So let
it run once with something in place of its arrays (`standin`) which does what an array does and writes down on a list
what it did (`tape`). Played again, the list does it all anew: the same calls of NumPy, on the same arrays, in the same
order, and so with the same bits. That is what compilers of networks begin with ("tracing": JAX, `torch.compile`,
CUDA's graphs).

What has to be minded is what the list does not know: another shape, another branch, a number that Python looked at.
`recording` and `plan` have the rules: what it cannot play truly it leaves to the function itself, and says so.
"""
