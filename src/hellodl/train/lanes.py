"""Lanes: one batch on several threads, with the same bits whatever their number.

A batch is cut into micro-batches of a fixed size, which belong to a fixed number of lanes; threads take lanes,
or processes that work like threads. Each lane has a replica of the model: the same weight arrays, but its own
gradients and its own random generator, made from the seed, the step and the micro-batch. Gradients are added
within a lane in order, then over the lanes as a fixed tree (see `ranks.tree`). Floating-point sums depend on
their order, and nothing here depends on which thread was first, so training with 1, 2 or 8 threads gives the
same weights to the last bit.

Lanes may also be shared out among ranks: each does its own, and they tell each other what came of it.

A small micro-batch is also fast: all that one makes on the way fits into its core's own cache.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from hellodl.autograd.mode import mode, told_of
from hellodl.autograd.tensor import Array, Tensor
from hellodl.errors import TrainingError
from hellodl.nn.module import Module, Parameter
from hellodl.nn.norm import BatchNorm2d
from hellodl.ops import loops
from hellodl.ranks import Ranks, tree
from hellodl.train.answers import as_input, predict, probabilities  # noqa: F401  (of `hellodl.parallel`)
from hellodl.train.onward import Leaf, Onward
from hellodl.train.processes import Helper, can_fork, room_for, shared
from hellodl.train.steady import Learner, Steady, replica
from hellodl.train.threads import quick_hand_over, single_threaded_products, thread_count

# From a replica, the indices of its micro-batch and a generator to the loss (a sum over samples, already divided
# by the size of the whole batch) and whatever numbers should be added up over the batch (such as how many are right).
Work = Callable[[Module, Array, np.random.Generator], tuple[Tensor, Any]]
Tell = Callable[[str], None] | None  # who hears the names of weights whose gradients are whole


@dataclass
class _Lane:
    model: Module
    parameters: dict[str, Parameter]
    norms: list[BatchNorm2d]
    chancy: list[Any]  # modules that want a generator
    gradients: dict[str, Array]  # where another process leaves them, if one does this lane
    learned: list[str] = field(default_factory=list)  # the weights that have a gradient
    loss: float = 0.0
    sums: list[Array] = field(default_factory=list)


class Lanes:
    """Computes the gradient of a batch: `with Lanes(model) as lanes: loss, sums = lanes.gradients(work, batch, seeds)`.

    micro_batch and lanes are settings of the training run, stored with it; `threads` is the machine's affair and
    changes nothing but the time it takes. With `processes`, helpers take lanes instead of threads, where the
    system can fork (see `processes`): they see everything as it was when they were first asked to do this work, so
    what the work looks at must not change later, and what it changes stays with them.
    `ranks` share the lanes out among themselves, so there can be no more of them than lanes; all must ask for the
    gradient of the same batch, and all get it.
    """

    def __init__(
        self,
        model: Module,
        micro_batch: int = 16,
        lanes: int = 8,
        threads: int | None = None,
        processes: bool = False,
        ranks: Ranks | None = None,
    ):
        self.ranks = ranks or Ranks()
        if self.ranks.count > lanes:
            raise TrainingError(
                f"{self.ranks.count} ranks cannot share {lanes} lanes, the parts of a batch that are computed "
                f"apart; start at most {lanes}"
            )
        most = -(-lanes // self.ranks.count)  # that a rank has to do
        self.model, self.micro_batch, self.threads = model, micro_batch, min(thread_count(threads), most)
        self.processes = processes and can_fork() and self.threads > 1
        self.parameters = dict(model.named_parameters())
        self.norms = [m for m in model.modules() if isinstance(m, BatchNorm2d)]
        if self.processes:
            for parameter in self.parameters.values():
                parameter.data = shared(parameter.data)
        self.lanes = [self._lane(number) for number in range(lanes)]
        self._pool: ThreadPoolExecutor | None = None
        if self.threads > 1 and not self.processes:
            self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="lane")
        self._onward = Onward(self.ranks, self.parameters, lanes) if self.ranks.count > 1 else None
        self._helpers: list[Helper] = []
        self._local = threading.local()
        self._work: Work | None = None  # what the helpers know how to do

    def _lane(self, number: int) -> _Lane:
        twin = replica(self.model)
        norms = [m for m in twin.modules() if isinstance(m, BatchNorm2d)]
        for norm in norms:
            norm.waiting = []
        chancy = [m for m in twin.modules() if hasattr(m, "generator")]
        parameters, elsewhere = dict(twin.named_parameters()), {}
        if self.processes:
            elsewhere = {name: room_for(parameter.data) for name, parameter in parameters.items()}
        return _Lane(twin.train(), parameters, norms, chancy, elsewhere)

    def __enter__(self) -> Lanes:
        self._context = ExitStack()
        self._context.enter_context(single_threaded_products())
        self._context.enter_context(quick_hand_over())
        self._context.enter_context(loops.compiled())
        return self

    def __exit__(self, *error: Any) -> None:
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._let_go()
        if self._onward:
            self._onward.close()
        self._context.close()

    def gradients(self, work: Work, batch: Array, seeds: Sequence[int]) -> tuple[float, Array]:
        """Leave the batch's gradient in the model's weights; returns the loss and the sums over micro-batches.

        `seeds` (such as the run's seed and the step) and the micro-batch's number make each generator.
        """
        pieces = [batch[i : i + self.micro_batch] for i in range(0, len(batch), self.micro_batch)]
        busy = self.lanes[: len(pieces)]
        if self._onward:
            self._among_ranks(self._onward, work, pieces, seeds)
        else:
            self._own_share(work, pieces, seeds)
            self._add_up(busy)
        loss = sum(lane.loss for lane in busy)
        if math.isfinite(loss):  # running statistics, unlike weights, could not be refused a NaN later
            self._merge_statistics(len(pieces))
        return loss, np.sum([s for lane in busy for s in lane.sums], axis=0)

    def _among_ranks(self, onward: Onward, work: Work, pieces: list[Array], seeds: Sequence[int]) -> None:
        """Each rank its own share, of which gradients go on to the others as soon as they are whole."""
        self.ranks.each(bool)  # nobody sends before all are here, or he might wait for one who ended
        shares = self._shares(len(pieces))
        onward.begin(shares, self._leaves(shares[self.ranks.number]))
        try:
            told = self.ranks.each(lambda: self._own_share(work, pieces, seeds))
        finally:
            sums = onward.end()
        for number, done in enumerate(told):
            if number != self.ranks.number:
                self._take_over(done)
        learned = set().union(*(lane.learned for lane in self.lanes[: len(pieces)]))
        for name, parameter in self.parameters.items():
            parameter.grad = sums[name] if name in learned else None
            for lane in self.lanes:
                lane.parameters[name].grad = None

    def _own_share(self, work: Work, pieces: list[Array], seeds: Sequence[int]) -> list[tuple[Any, ...]]:
        """Do the lanes that are this rank's; what came of them but for the gradients."""
        own = self._shares(len(pieces))[self.ranks.number]
        remember = mode.remember
        try:
            if self._by_helpers(own):
                self._by_processes(work, pieces, seeds)
            elif self._pool:
                self._by_threads(self._pool, work, pieces, seeds)
            else:
                for number in own:
                    self._run(number, work, pieces, seeds, self._teller(number))
        finally:
            mode.remember = remember
            if self._onward:
                self._onward.hurry()
        return [self._outcome(number) for number in own]

    def _shares(self, pieces: int) -> list[range]:
        """The lanes of each rank that have something to do in a batch of so many micro-batches."""
        return tree.shares(min(pieces, len(self.lanes)), self.ranks.count)

    def _teller(self, number: int) -> Tell:
        """Who is told which gradients of a lane are whole."""
        return partial(self._onward.told, number) if self._onward else None

    def _part(self, own: range, who: int) -> range:
        """The lanes of one of the processes."""
        return own[slice(*(len(own) * number // self.threads for number in (who, who + 1)))]

    def _leaves(self, own: range) -> Leaf:
        """Where the gradients of own lanes are; a helper has summed up its branches in shared memory."""
        here, firsts = {*own}, set[int]()
        if self._by_helpers(own):
            for part in (self._part(own, who) for who in range(1, self.threads)):
                here -= set(part)
                firsts |= {first for first, _ in tree.branches(tree.root(len(self.lanes)), part)}

        def leaf(number: int, name: str) -> Array | None:
            if number in here:
                return self.lanes[number].parameters[name].grad
            return self.lanes[number].gradients[name] if number in firsts else None

        return leaf

    def _by_helpers(self, own: range) -> bool:
        return self.processes and len(own) > 1 and not mode.debug

    def _outcome(self, number: int) -> tuple[Any, ...]:
        """What came of a lane, but for its gradients."""
        lane = self.lanes[number]
        return number, lane.loss, lane.sums, [norm.waiting for norm in lane.norms], lane.learned

    def _run(self, number: int, work: Work, pieces: list[Array], seeds: Sequence[int], tell: Tell = None) -> None:
        """Do one lane's micro-batches, in order; `tell` hears of each weight whose gradient is whole."""
        lane, mode.remember = self.lanes[number], True
        lane.loss, lane.sums = 0.0, []
        for norm in lane.norms:
            norm.waiting = []  # where the batch before this one failed, its statistics are still there
        for parameter in lane.parameters.values():
            parameter.grad = None
        learner = self._learner(work)
        names = {id(parameter): name for name, parameter in lane.parameters.items()} if tell else {}
        for k in range(number, len(pieces), len(self.lanes)):
            generator = np.random.default_rng([*seeds, k])
            for module in lane.chancy:
                module.generator = generator
            whole = None
            if tell and k + len(self.lanes) >= len(pieces):  # the last one
                whole = lambda leaf: tell(names[id(leaf)])  # noqa: E731
            if learner:
                loss, sums = learner.learn(lane, pieces[k], generator, len(pieces) == 1, whole)
            else:
                loss, sums = work(lane.model, pieces[k], generator)
                with told_of(whole):
                    loss.backward()
            lane.loss += loss.item()
            lane.sums.append(np.asarray(sums))
        lane.learned = [name for name, parameter in lane.parameters.items() if parameter.grad is not None]

    def _learner(self, work: Work) -> Learner | None:
        """Who does steady work for all lanes of this thread."""
        if isinstance(work, Steady) and getattr(self._local, "work", None) is not work:
            self._local.work, self._local.learner = work, Learner(self.model, work)
        return self._local.learner if isinstance(work, Steady) else None

    def _by_threads(self, pool: ThreadPoolExecutor, work: Work, pieces: list[Array], seeds: Sequence[int]) -> None:
        """Lanes as threads become free to take them."""
        debug = mode.debug

        def run(number: int) -> None:
            mode.debug = debug
            self._run(number, work, pieces, seeds, self._teller(number))

        futures = [pool.submit(run, number) for number in self._shares(len(pieces))[self.ranks.number]]
        wait(futures)  # all of them, also where one fails: none may go on in the background
        for future in futures:
            future.result()

    def _by_processes(self, work: Work, pieces: list[Array], seeds: Sequence[int]) -> None:
        """The first lanes here, and each helper its own."""
        if work is not self._work:
            self._let_go()
            self._work = work
            for who in range(1, self.threads):
                function = partial(self._share, who, work)
                self._helpers.append(Helper(function, self._helpers))
        for helper in self._helpers:
            helper.ask((pieces, seeds))
        errors: list[BaseException] = []
        try:
            self._share(0, work, (pieces, seeds))
        except BaseException as error:
            errors.append(error)
        for helper in self._helpers:  # all of them, also where one fails: none may go on in the background
            try:
                self._take_over(helper.answer(), gradients=True)
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _share(self, who: int, work: Work, question: tuple[list[Array], Sequence[int]]) -> list[tuple[Any, ...]]:
        """Do the lanes of one of the processes, and add up the branches that they make, each in its first lane.

        What came of them but for the gradients; those are in shared memory where that is a helper's.
        """
        pieces, seeds = question
        own = self._shares(len(pieces))[self.ranks.number]
        mine, left = self._part(own, who), set(self.parameters)

        def whole(name: str) -> None:
            left.discard(name)
            self._sum_up(mine, name, bool(who))

        for number in mine:
            self._run(number, work, pieces, seeds, whole if self._onward and number == mine[-1] else None)
        for name in left.copy():
            self._sum_up(mine, name, bool(who))
        for lane in self.lanes[mine.start : mine.stop]:
            lane.learned = [name for name, parameter in lane.parameters.items() if parameter.grad is not None]
        return [self._outcome(number) for number in mine]

    def _sum_up(self, mine: range, name: str, elsewhere: bool) -> None:
        """Of one weight, the sums of the branches that some lanes make; in shared memory, where that is `elsewhere`."""
        for branch in tree.branches(tree.root(len(self.lanes)), mine):
            lanes = self.lanes[branch[0] : sum(branch)]
            leaves = {(number, 1): lane.parameters[name].grad for number, lane in enumerate(lanes, branch[0])}
            total = tree.total(branch, leaves)
            for lane in lanes:
                lane.parameters[name].grad = total if lane is lanes[0] else None
            if elsewhere and (total is not None or self._onward):
                lanes[0].gradients[name][...] = -0.0 if total is None else total
        for number in mine if self._onward else ():
            self._onward.told(number, name)  # type: ignore[union-attr]

    def _take_over(self, done: list[tuple[Any, ...]], gradients: bool = False) -> None:
        """Put the results of a helper, or of another rank, where they would be, had its lanes been done here."""
        for number, loss, sums, statistics, learned in done:
            lane = self.lanes[number]
            lane.loss, lane.sums, lane.learned = loss, sums, learned
            for norm, waiting in zip(lane.norms, statistics, strict=True):
                norm.waiting = waiting
            for name, parameter in lane.parameters.items():
                parameter.grad = lane.gradients[name] if gradients and name in learned else None

    def _let_go(self) -> None:
        for helper in self._helpers:
            helper.stop()
        self._helpers, self._work = [], None

    def _add_up(self, busy: list[_Lane]) -> None:
        """The lanes' gradients, weight by weight, added as a tree."""
        for name, parameter in self.parameters.items():
            gradients = {(number, 1): lane.parameters[name].grad for number, lane in enumerate(busy)}
            total = tree.total(tree.root(len(busy)), gradients)
            shared = any(total is lane.gradients.get(name, ()) for lane in busy)
            parameter.grad = np.array(total) if shared else total  # a helper writes there again, next time
            for lane in busy:
                lane.parameters[name].grad = None

    def _merge_statistics(self, pieces: int) -> None:
        for number, norm in enumerate(self.norms):
            for k in range(pieces):
                norm.merge(*self.lanes[k % len(self.lanes)].norms[number].waiting[k // len(self.lanes)])  # type: ignore[index]
            for lane in self.lanes:
                lane.norms[number].waiting.clear()  # type: ignore[union-attr]
