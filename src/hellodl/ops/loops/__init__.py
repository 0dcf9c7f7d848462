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

from hellodl.ops.loops import alignments, pictures, rows, sequences
from hellodl.ops.loops.compiler import LOOPS, Loop, available, compiled, running, start, use

__all__ = ["LOOPS", "Loop", "available", "compiled", "running", "start", "use"]
__all__ += ["alignments", "pictures", "rows", "sequences"]
