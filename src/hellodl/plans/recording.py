"""A tape with all that belongs to it: what goes in, whose arrays it works on, what comes out; and what it may change.

A plan is a promise to give the same bits, so this file is mostly about what could break it: a weight that is another
array now, a gradient that was there already, a module that was told to train.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from hellodl.autograd.mode import mode
from hellodl.autograd.tensor import Array, Tensor
from hellodl.plans.standin import Chance, NoGradient, StandIn
from hellodl.plans.tape import Diverged, Step, Tape


class Watch:
    """Which weights and modules take part in a call."""

    def __init__(self) -> None:
        self.leaves: dict[int, Tensor] = {}
        self.modules: dict[int, Any] = {}

    def tensors(self, parents: tuple[tuple[Tensor, Any], ...]) -> None:
        """An operation has these parents."""
        for parent, _ in parents:
            if parent.requires_grad and parent._parents == ():
                self.leaves[id(parent)] = parent

    def module(self, module: Any) -> None:
        """A module is called; its parts may be without being called themselves."""
        if id(module) not in self.modules:
            for part in module.modules():
                self.modules[id(part)] = part
            for parameter in module.parameters():
                self.leaves[id(parameter)] = parameter

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, it is told."""
        mode.watch = self
        try:
            yield
        finally:
            mode.watch = None

    def buffers(self) -> list[tuple[Any, str, Array]]:
        """Arrays that modules keep beside their weights: (module, name, array)."""
        return [(m, name, getattr(m, name)) for m in self.modules.values() for name in m.buffers]


class Recording:
    """A tape with all that belongs to it: what goes in, whose arrays it works on, and what comes out."""

    def __init__(self, watch: Watch):
        self.watch, self.tape = watch, Tape()
        self.leaves = [(leaf, leaf.data) for leaf in watch.leaves.values()]
        self.buffers = watch.buffers()
        self.training = [(module, module.training) for module in watch.modules.values()]
        self.without: dict[int, Tensor] = {}  # leaves that must come without a gradient
        self.inputs: list[Array] = []
        self.gradients: list[tuple[Tensor, Array | None]] = []
        self.whole: list[tuple[int, Tensor]] = []  # after how many steps each leaf's gradient is whole
        self.checked, self.misses = False, 0
        self.held: list[Any] = []

    # -- writing the tape --

    def write(self, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run the function with stand-ins; returns what it returns."""
        tape, known = self.tape, {id(leaf) for leaf, _ in self.leaves}
        tape.calling = self._as_it_is
        given = [self._input(argument) for argument in arguments]
        self._stand_in()
        mode.tape, self.watch = tape, Watch()
        told, mode.whole = mode.whole, lambda leaf: self.whole.append((len(tape.steps), leaf))
        try:
            with self.watch.watching():
                result = function(*given, **keywords)
        finally:
            mode.tape, mode.whole = None, told
            self._step_down()
        if self.watch.leaves.keys() - known:
            tape.refuse("a weight takes part that did not the time before")
        self.rebuild = self._returned(result)
        self.undo = tape.undoing()
        self.changed = [leaf for leaf, array in self.leaves if id(array) in tape.touched]
        tape.free.clear()
        return self.rebuild()

    def _input(self, argument: Any) -> Any:
        if not isinstance(argument, Tensor | Array):
            return argument
        array = argument.data if isinstance(argument, Tensor) else argument
        place = self.tape.like(array)
        place.array[...] = array
        self.inputs.append(place.array)
        self.held.append(place)
        if isinstance(argument, Tensor):
            if argument.requires_grad:
                self.tape.refuse("an argument requires a gradient")
            return Tensor(place, dtype=place.dtype)
        return place

    def _stand_in(self) -> None:
        for leaf, array in self.leaves:
            leaf.data = self.tape.outside(array)  # type: ignore[assignment]
            if leaf.grad is None:
                leaf.grad = NoGradient(partial(self.without.__setitem__, id(leaf), leaf), self.tape)  # type: ignore[assignment]
        for module, name, array in self.buffers:
            setattr(module, name, self.tape.outside(array))
        for module in self.watch.modules.values():
            if isinstance(drawn := vars(module).get("generator"), np.random.Generator):
                module.generator = Chance(drawn, self.tape)

    def _step_down(self) -> None:
        """Every leaf and module has its own arrays again, and leaves have the gradients that the tape left."""
        self.gradients = []
        for leaf, array in self.leaves:
            if getattr(leaf.data, "array", None) is not array:
                self.tape.refuse("a weight got another array")
            leaf.data = array
            if type(leaf.grad) is NoGradient:
                leaf.grad = None
                continue
            if type(leaf.grad) is StandIn:
                self.held.append(leaf.grad)
                leaf.grad = leaf.grad.array
            self.gradients.append((leaf, leaf.grad))
        for module, _ in self.training:
            if type(drawn := vars(module).get("generator")) is Chance:
                module.generator = drawn.generator
        for module, name, array in self.buffers:
            if getattr(getattr(module, name), "array", None) is not array:
                self.tape.refuse(f"a module got another {name}")
            setattr(module, name, array)

    def _as_it_is(self, step: Step) -> Any:
        """Do what is no step of NumPy's (an optimiser's), on weights and gradients as they are; it is a step then."""
        standing = [(leaf, leaf.data, leaf.grad) for leaf, _ in self.leaves]
        found = [(leaf, g.array if type(g) is StandIn else None) for leaf, _, g in standing]
        self.held += [g for _, _, g in standing]
        for leaf, array in self.leaves:
            leaf.data = array
        self.tape.steps.append(partial(_with_gradients, found, step))
        mode.tape = None
        try:
            result = _with_gradients(found, step)
        finally:
            mode.tape = self.tape
            for (leaf, data, gradient), (_, true) in zip(standing, found):
                if leaf.grad is not true:
                    self.tape.refuse("a gradient was replaced")
                leaf.data, leaf.grad = data, gradient
        return result

    def _returned(self, result: Any) -> Callable[[], Any]:
        """What makes the result anew from the tape's arrays, each time in arrays of its own."""
        if type(result) is StandIn:
            self.held.append(result)
            array = result.array
            if id(array) in self.tape.told:
                return array.item
            return (lambda: array[()]) if not array.ndim else partial(array.copy, "K")
        if isinstance(result, Tensor):
            if result._parents:
                self.tape.refuse("what is returned still has its way back: call backward inside, or .detach() it")
            walked, make = result._parents is None, self._returned(result.data)
            return lambda: _tensor(make(), walked)
        if isinstance(result, list | tuple):
            parts = [self._returned(part) for part in result]
            kind = type(result)
            if hasattr(result, "_fields"):
                return lambda: kind(*(part() for part in parts))
            return lambda: kind(part() for part in parts)
        if isinstance(result, dict):
            named = {key: self._returned(value) for key, value in result.items()}
            return lambda: {key: part() for key, part in named.items()}
        return lambda: result

    # -- playing it --

    def fits(self) -> bool:
        """Whether weights, buffers and modules are those for which it was made, in the state that they were in."""
        for leaf, array in self.leaves:
            if leaf.data is not array:
                return False
        for module, name, array in self.buffers:
            if getattr(module, name) is not array:
                return False
        for module, training in self.training:
            if module.training is not training:
                return False
        return not self.without or all(leaf.grad is None for leaf in self.without.values())

    def play(self, arguments: tuple[Any, ...]) -> Any:
        """All steps, on new arguments."""
        given = iter(self.inputs)
        for argument in arguments:
            if isinstance(argument, Tensor):
                argument = argument.data
            if isinstance(argument, Array):
                np.copyto(next(given), argument)
        for array, copy in self.undo:
            np.copyto(copy, array)
        try:
            self._play_steps()
        except Diverged:
            for array, copy in self.undo:
                np.copyto(array, copy)
            raise
        for leaf, gradient in self.gradients:
            leaf.grad = gradient
        for leaf in self.changed:
            leaf.changed()
        return self.rebuild()

    def _play_steps(self) -> None:
        """All of them; whoever waits for the gradients of leaves is told of each as soon as it is whole."""
        played, made = 0, {id(leaf): gradient for leaf, gradient in self.gradients} if mode.whole else {}
        for steps, leaf in self.whole if mode.whole else ():
            for step in self.tape.steps[played:steps]:
                step()
            played, leaf.grad = steps, made[id(leaf)]
            mode.whole(leaf)  # type: ignore[misc]
        for step in self.tape.steps[played:] if played else self.tape.steps:
            step()

    def differs(self, function: Callable[..., Any], arguments: tuple[Any, ...], keywords: Any) -> tuple[str, Any]:
        """Play it, put everything back, and let the function do it: what came out otherwise, and the function's result.

        Diverged where the tape cannot be played; then all is put back, too.
        """
        before, told = Kept(self), mode.whole
        mode.whole = None  # the function will tell
        try:
            mine = bits_of(self.play(arguments)), Kept(self).bits()
        finally:
            before.put_back()
            mode.whole = told
        result = function(*arguments, **keywords)
        if bits_of(result) != mine[0]:
            return "the result is another", result
        theirs = Kept(self).bits()
        return next((what for what, bits in theirs.items() if mine[1][what] != bits), ""), result


class Kept:
    """Copies of all that a recording may change."""

    def __init__(self, recording: Recording):
        self.recording = recording
        arrays = [array for _, array in recording.leaves] + [array for _, _, array in recording.buffers]
        self.arrays = [(array, array.copy("K")) for array in arrays]
        self.gradients = [
            (leaf, leaf.grad, None if leaf.grad is None else leaf.grad.copy("K")) for leaf, _ in recording.leaves
        ]
        self.owners = [(owner, owner.state_dict()) for owner, _ in recording.tape.owners.values()]

    def put_back(self) -> None:
        """Everything as it was."""
        for array, copy in self.arrays:
            np.copyto(array, copy)
        for leaf, gradient, kept in self.gradients:
            leaf.grad = gradient
            if gradient is not None and kept is not None:
                np.copyto(gradient, kept)
        for owner, state in self.owners:
            owner.load_state_dict(state)

    def bits(self) -> dict[str, Any]:
        """All of it, to be compared."""
        gradients = bits_of([copy for _, _, copy in self.gradients])
        weights = bits_of([copy for _, copy in self.arrays])
        return {"a gradient is another": gradients, "a weight is another": weights} | {
            f"what {type(owner).__name__} remembers is another": bits_of(state) for owner, state in self.owners
        }


def _with_gradients(gradients: list[Any], step: Step) -> Any:
    for leaf, gradient in gradients:
        leaf.grad = gradient
    return step()


def _tensor(data: Any, walked: bool) -> Tensor:
    out = Tensor(data, dtype=data.dtype)
    if walked:
        out.requires_grad, out._parents = True, None
    return out


def bits_of(value: Any) -> Any:
    """All numbers in a result, as they are in memory."""
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, list | tuple):
        return [bits_of(part) for part in value]
    if isinstance(value, dict):
        return {key: bits_of(part) for key, part in value.items()}
    if isinstance(value, Array | np.generic):
        return value.shape, str(value.dtype), value.tobytes()
    return value
