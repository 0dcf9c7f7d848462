"""Several processes that learn together, on one machine or on a room of them, to the same bits as one alone.

    halves      numbers in half as many bits, where the wire is what one waits for
    tree        a sum whose order never changes, so that it can be shared out
    watch       who is still there: nobody may wait for ever for a machine that is gone
    together    what the ranks tell one another: `join`, and the calls of what it returns

MPI counts the processes (its word for one is *rank*, from 0), starts them and carries what they say; mpi4py is the way
to it. Whoever was not started by `mpiexec` is one rank alone: then nothing of it is imported, and nothing is said.

A training loop of your own needs a few calls:

    from hellodl import parallel, ranks

    us = ranks.join()                                   # everybody whom mpiexec started; one alone without it
    rows = us.same(lambda: read("rows.npy"))            # what the first rank makes, on all of them
    with parallel.Lanes(model, ranks=us) as lanes:      # every rank works at lanes of its own
        for step in range(100):
            loss, _ = lanes.gradients(work, batch(step), (0, step))    # and all get the whole gradient
            optimizer.step()
    scores = us.spread(score, photos)                   # a list, as if each had been done here
    if us.first:
        print(loss, scores)

All ranks must come by the same calls in the same order, as all do who run the same program; what stands under
`if us.first` must have none of them. Where one rank fails, all do.
"""

from hellodl.ranks.together import Ranks, join, leave, started, started_as

__all__ = ["Ranks", "join", "leave", "started", "started_as"]
