"""A function that runs as it is three times, and from then on as its plan.

The first call is watched: which weights take part, which modules? The second is written on a tape, with stand-ins for
these and for the arguments. At the third the tape is played, all that it changed is put back, and the function itself
does it again: only where every bit is the same is the plan kept. What a plan belongs to is one set of shapes; others
have plans of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array, Tensor
from hellodl.console import log
from hellodl.ops import loops, scratch
from hellodl.plans.recording import Kept, Recording, Watch
from hellodl.plans.tape import Diverged

MOST_SHAPES = 16  # that one function may have plans for
MOST_BYTES = 1 << 28  # that a plan may keep
MOST_MISSES = 3  # of a plan that comes to other branches, until it is dropped


class Plan:
    """See `hellodl.plan`."""

    def __init__(self, function: Callable[..., Any], quiet: bool = False):
        self.function, self.quiet = function, quiet
        self.known: dict[Any, Watch | Recording | str] = {}  # by shapes; a line says why there is no plan
        self.played = 0
        self._renewed = 0
        self._said: set[str] = set()
        self._lock = threading.Lock()  # its arrays are used by one thread at a time
        update_wrapper(self, function, updated=())

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function gives."""
        if mode.debug or mode.watch is not None or not self._lock.acquire(blocking=False):
            return self.function(*arguments, **keywords)
        try:
            return self._next(arguments, keywords)
        finally:
            self._lock.release()

    def _next(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        try:
            key = (tuple(map(_shape_of, arguments)), *keywords.items(), mode.remember, loops.running())
            known = self.known.get(key)
        except TypeError:
            return self._by_itself("an argument is neither array nor plain value", arguments, keywords)
        if isinstance(known, Recording) and not known.fits():
            if all(leaf.data is array for leaf, array in known.leaves):
                return self._by_itself("gradients, buffers or train() are not as they were", arguments, keywords)
            del self.known[key]  # with other weights it has to be made anew
            known, self._renewed = None, self._renewed + 1
        if known is None:
            if len(self.known) >= MOST_SHAPES:
                return self._by_itself(f"there are more than {MOST_SHAPES} shapes", arguments, keywords)
            if self._renewed > MOST_MISSES:
                return self._by_itself("its weights are other arrays again and again", arguments, keywords)
            watch = Watch()
            with watch.watching():
                result = self.function(*arguments, **keywords)
            self.known[key] = watch
            return result
        if isinstance(known, str):
            return self.function(*arguments, **keywords)
        if isinstance(known, Watch):
            return self._record(key, known, arguments, keywords)
        try:
            if known.checked:
                result = known.play(arguments)
                self.played += 1
                return result
            why, result = known.differs(self.function, arguments, keywords)
            known.checked = True
            if why:
                self._drop(key, f"{why} than without")
            scratch.forget()  # what the function itself needed, and will no more
            return result
        except Diverged as diverged:
            known.misses += 1
            if known.misses == MOST_MISSES:
                self.known[key] = str(diverged)
            return self._by_itself(str(diverged), arguments, keywords)

    def _record(self, key: Any, watch: Watch, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        recording = Recording(watch)
        before = Kept(recording)
        try:
            result = recording.write(self.function, arguments, keywords)
        except Exception as error:
            before.put_back()
            for owner, state in recording.tape.owners.values():
                owner.load_state_dict(state)
            result = self.function(*arguments, **keywords)  # which may have an error of its own to tell
            self._drop(key, f"{type(error).__name__}: {error}")
            return result
        self.known[key] = recording
        if recording.tape.nbytes > MOST_BYTES:
            recording.tape.refuse(f"it would keep {recording.tape.nbytes / 1e6:.0f} MB")
        if recording.tape.refusal:
            self._drop(key, recording.tape.refusal)
        return result

    def _drop(self, key: Any, why: str) -> None:
        self.known[key] = why
        self._say(why)

    def _by_itself(self, why: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        self._say(why)
        return self.function(*arguments, **keywords)

    def _say(self, why: str) -> None:
        if why not in self._said:
            self._said.add(why)
            name = getattr(self.function, "__name__", type(self.function).__name__)
            (log.debug if self.quiet else log.warning)(f"plan: '{name}' runs by itself, for {why}")


def _shape_of(argument: Any) -> Any:
    """What a plan depends on in an argument; TypeError where that cannot be told."""
    if isinstance(argument, Tensor):
        array = argument.data
        return Tensor, array.shape, array.dtype, array.strides
    if isinstance(argument, Array):
        return argument.shape, argument.dtype, argument.strides
    hash(argument)
    return type(argument), argument
