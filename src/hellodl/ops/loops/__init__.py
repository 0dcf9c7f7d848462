"""The loops themselves.

All that a network does to its numbers can be said in loops, and here is what they say, for whatever is not a
matrix product. Python would take minutes for a second's work, so the library does the same in whole arrays, with
NumPy. But where Numba is installed (`pip install "hellodl[jit]"`), these very loops are compiled to machine code
and are what runs: one pass over the memory instead of five, and Python's lock not needed for it.

`compiled()` switches them on for a while; training does so. HELLODL_JIT=0 in the environment says never to.
Tests hold each loop, as Python and as machine code, equal to what NumPy does.

Images are (N, height, width, channels) float32, arrays lie in one piece, and results go into arrays that are given.
"""

from __future__ import annotations

from hellodl.ops.loops.alignments import align
from hellodl.ops.loops.compiler import LOOPS, Loop, available, compiled, running, start, use
from hellodl.ops.loops.pictures import add_tiles, cut_tiles, halve, paste_tiles, unhalve, unpaste_tiles
from hellodl.ops.loops.rows import (
    adam,
    cubic,
    gelu_of_tanh,
    gradient_sums,
    moments,
    normalise,
    normalise_each,
    rectify,
    rectify_and_square,
    ungelu,
    unnormalise,
    unnormalise_each,
    unrectify,
    unrectify_and_square,
)
from hellodl.ops.loops.sequences import (
    ask,
    below_largest,
    gru_back,
    gru_blend,
    gru_look_back,
    gru_open,
    lstm_back,
    lstm_keep,
    lstm_open,
    lstm_show,
    shift,
    to_shares,
    unask,
    unshare,
    unshift,
)

__all__ = ["LOOPS", "Loop", "available", "compiled", "running", "start", "use"]
__all__ += ["add_tiles", "align", "cut_tiles", "halve", "paste_tiles", "unhalve", "unpaste_tiles"]
__all__ += ["gradient_sums", "moments", "normalise", "normalise_each", "unnormalise", "unnormalise_each"]
__all__ += ["adam", "cubic", "gelu_of_tanh", "rectify", "rectify_and_square", "ungelu", "unrectify"]
__all__ += ["gru_back", "gru_blend", "gru_look_back", "gru_open", "lstm_back", "lstm_keep", "lstm_open", "lstm_show"]
__all__ += ["ask", "below_largest", "shift", "to_shares", "unask", "unrectify_and_square", "unshare", "unshift"]
