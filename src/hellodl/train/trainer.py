"""The training loop: batches in, a better model out, with log rows and checkpoints on the way.

All of learning is four lines, and here they are in `Trainer.step`: compute the loss, walk back, mind the
gradient, let the optimiser step. The rest is what makes a training one that can be trusted: it goes on after it
was killed as if nothing had happened, to the same bits; it stops at the first number that is none, says where
that came from, and leaves the last good weights; Ctrl-C saves before it ends.
"""

from __future__ import annotations

import hashlib
import math
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from hellodl import nn, optim
from hellodl.autograd.mode import debug
from hellodl.autograd.tensor import Array, Tensor
from hellodl.console import Bar, log, progress_bar
from hellodl.data.batches import batch_count, cut, epoch_order
from hellodl.data.dataset import Dataset
from hellodl.errors import CheckpointError, HelperError, TrainingError
from hellodl.nn.module import Module
from hellodl.ranks import join
from hellodl.runs import machine
from hellodl.runs.writer import Run
from hellodl.train import checkpoint
from hellodl.train.answers import as_input, predict
from hellodl.train.inside import Inside
from hellodl.train.lanes import Lanes, Work
from hellodl.train.settings import OPTIMIZERS, SCHEDULES, Settings
from hellodl.train.steady import Steady

SAVE_SECONDS = 60.0  # between two states, within long epochs
ECHO = 1.0  # seconds in which one Ctrl-C may arrive twice

Preparation = Callable[[Array, np.random.Generator], Array]


def plain(images: Array, generator: np.random.Generator) -> Array:
    """Images as they are: (N, 28, 28) uint8 -> (N, 28, 28, 1) float32."""
    return as_input(images)


def classification(data: Dataset, settings: Settings, prepare: Preparation = plain) -> Work:
    """The work of a lane that learns to tell classes apart: images are prepared, looked at, and judged."""

    def given(which: Array, generator: np.random.Generator) -> tuple[Array, Array]:
        return prepare(data.images[which], generator), data.labels[which]

    def judge(model: Module, images: Array, labels: Array) -> tuple[Tensor, Any]:
        logits = model(Tensor(images))
        loss = nn.cross_entropy(logits, labels, label_smoothing=settings.label_smoothing, reduction="sum")
        right = (logits.data.argmax(axis=1) == labels).sum()
        return loss * (1 / settings.batch_size), (right, len(labels))

    return Steady(given, judge)


def evaluate(model: Module, data: Dataset, threads: int | None = None) -> dict[str, float]:
    """Loss (nats) and accuracy (0 to 1) on a data set, the model in its `eval` state."""
    return judged(predict(model, data.images, threads), data.labels)


def judged(logits: Array, labels: Array) -> dict[str, float]:
    """Loss (nats) and accuracy (0 to 1) of answers (N, classes) to inputs whose labels (N,) are known."""
    loss = nn.cross_entropy(Tensor(logits), labels).item() if len(labels) else float("nan")
    return {"loss": loss, "accuracy": nn.accuracy(logits, labels)}


class Trainer:
    """Trains `model` on `count` samples with `work`; `fit` runs until the epochs of the settings are done.

    `judge(model)` gives the validation figures after every epoch. `path` is where the state is kept for a resume
    (None: nowhere); `about` is stored with it.
    `order(epoch)` says which samples an epoch visits, and when (None: each once, in an order made from the seed);
    it must depend on the number of the epoch alone. `unit` is what the work counts as seen, for the lines it prints,
    and `part` what an epoch is called there. `probe` are a few inputs that the network is watched with (see `inside`).

    Lanes are done by helping processes where the system can fork, so `work` must not count on being called here:
    what it looks at has to stay as it is while `fit` runs, and what it has to tell goes into the sums it returns.
    Ranks (see `hellodl.ranks`) share the lanes out, and all come to the same weights; the first one saves.
    """

    def __init__(
        self,
        model: Module,
        count: int,
        work: Work,
        settings: Settings,
        run: Run,
        *,
        judge: Callable[[Module], Mapping[str, float]] | None = None,
        path: Path | None = None,
        about: Mapping[str, Any] | None = None,
        threads: int | None = None,
        order: Callable[[int], Array] | None = None,
        unit: str = "images",
        part: str = "epoch",
        probe: Array | None = None,
    ):
        if count < settings.batch_size:
            raise TrainingError(
                f"{count} samples do not fill one batch of {settings.batch_size}; "
                "give more data, or a smaller --batch-size"
            )
        self.model, self.count, self.work, self.settings, self.run = model, count, work, settings, run
        self.judge, self.path, self.about, self.threads = judge, path, dict(about or {}), threads
        self.order = order or (lambda epoch: epoch_order(count, settings.seed, epoch))
        self.unit, self.part = unit, part
        self.optimizer = OPTIMIZERS[settings.optimizer](model, settings, threads)
        self.average = optim.WeightAverage(model, settings.average) if settings.average else None
        self.steps_per_epoch = batch_count(count, settings.batch_size, drop_last=True)
        self.total = settings.epochs * self.steps_per_epoch
        if settings.steps is not None:
            self.total = min(self.total, settings.steps)
        self.epochs = math.ceil(self.total / self.steps_per_epoch)
        self.schedule = SCHEDULES[settings.schedule](self.total)
        self.inside = Inside(model, run, self.total, probe)
        self.ranks = join()
        self.steps = 0
        self.seconds = 0.0
        self.history: list[dict[str, float]] = []
        self._saved = 0.0  # when the last state was written

    def step(self, lanes: Lanes, batch: Array) -> tuple[float, Array]:
        """Learn from one batch (indices of samples): the loss, and the sums that the work returned."""
        self.optimizer.learning_rate = self.settings.learning_rate * self.schedule(self.steps)
        loss, sums = lanes.gradients(self.work, batch, (self.settings.seed, self.steps))
        parameters = list(self.model.parameters())
        norm = optim.gradient_norm(parameters)
        if not math.isfinite(loss + norm):
            self._explain(lanes, batch, loss)
        if self.settings.clip:
            optim.clip_gradients(parameters, self.settings.clip)
        self.optimizer.step()
        if self.average:
            self.average.update()
        self.steps += 1
        return loss, sums

    def fit(self) -> Module:
        """Train to the end, from the start or from where `load` left off; returns the model, averaged if so set."""
        with (
            Lanes(self.model, self.settings.micro_batch, self.settings.lanes, self.threads, True, self.ranks) as lanes,
            progress_bar("training", self.total) as bar,
            _politely_interrupted(self.ranks.count > 1) as interrupted,
        ):
            bar.advance(self.steps)
            self.ranks.stop = interrupted.is_set
            self._mind_the_idle()
            self.save()
            try:
                self._agree(machine.versions())
                while self.steps < self.total:
                    self._epoch(lanes, bar, interrupted)
            except HelperError:  # in the middle of a step, which has changed nothing yet
                self.save()
                raise
        if self.average:
            for name, array in self.average.live().items():
                array[...] = self.average.arrays[name]
        self.model.zero_grad()
        return self.model.eval()

    def _epoch(self, lanes: Lanes, bar: Bar, interrupted: threading.Event) -> None:
        """From where we are to the end of the epoch."""
        epoch, done = divmod(self.steps, self.steps_per_epoch)
        order = self.order(epoch)
        recent: deque[Array] = deque(maxlen=50)
        seen = 0.0
        began = time.perf_counter()
        for number, batch in enumerate(cut(order, self.settings.batch_size, drop_last=True)):
            if number < done:
                continue
            if self.steps == self.total:
                break
            self.inside.before(self.steps + 1)
            before = time.perf_counter()
            loss, sums = self.step(lanes, batch)
            self.seconds += time.perf_counter() - before
            recent.append(np.array([loss, *sums, time.perf_counter() - before]))
            self.inside.after(self.steps)
            seen += sums[1]
            self._report(bar, np.sum(recent, axis=0) / len(recent))
            if self.ranks.stopped if self.ranks.count > 1 else interrupted.is_set():
                self.save()
                raise KeyboardInterrupt(f"interrupted at step {self.steps} of {self.total}{self.way_back()}")
            if time.perf_counter() - self._saved > SAVE_SECONDS:
                self.save()
        self._end_epoch(epoch + 1, seen / (time.perf_counter() - began), np.mean(recent, axis=0))

    def _report(self, bar: Bar, mean: Array) -> None:
        """A line for the eye and a row for the log; mean is of (loss, right, seen, seconds) over recent steps."""
        loss, right, seen, *_, seconds = (float(value) for value in mean)
        epochs = self.steps / self.steps_per_epoch
        bar.advance(1)
        bar.note(f"{self.part} {math.ceil(epochs)}/{self.epochs}  loss {loss:.3f}  right {right / seen:.1%}")
        if self.steps % 10 == 0 or self.steps == 1:
            figures = {"loss": loss, "accuracy": right / seen, "images": seen / seconds}
            self.run.train_row(self.steps, epoch=epochs, **figures, learning_rate=self.optimizer.learning_rate)

    def _end_epoch(self, epoch: int, rate: float, mean: Array) -> None:
        line = f"{self.part} {epoch:2}/{self.epochs}  loss {mean[0]:.3f}  right {mean[1] / mean[2]:.1%}"
        figures = {"epoch": float(epoch), "loss": float(mean[0]), "accuracy": float(mean[1] / mean[2])}
        if self.judge:
            with self.averaged() as model:
                judged = self.judge(model)
            self.run.validation_row(self.steps, epoch=epoch, **judged)
            figures |= {f"validation_{key}": value for key, value in judged.items()}
            line += f"  validation: loss {judged['loss']:.3f}  right {judged['accuracy']:.1%}"
        self.run.flush()
        self.history.append(figures)
        log.info(f"{line}  {rate:,.0f} {self.unit}/s")
        self.save()
        self._agree()

    @contextmanager
    def averaged(self) -> Iterator[Module]:
        """Inside, the model has its averaged weights (its own, where none are kept)."""
        if self.average:
            with self.average.applied() as model:
                yield model
        else:
            yield self.model

    def save(self) -> None:
        """Write all that a resume needs; the file is whole at any moment."""
        if self.path is None or not self.ranks.first:
            return
        parts = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}
        if self.average:
            parts["average"] = self.average.state_dict()
        tensors = {f"{part}.{name}": array for part, state in parts.items() for name, array in state.items()}
        place = {"steps": self.steps, "count": self.count, "seconds": self.seconds, "history": self.history}
        training = {"settings": asdict(self.settings), **place, "about": self.about}
        checkpoint.save(self.path, tensors, {"training": training, "model": nn.describe(self.model)})
        self._saved = time.perf_counter()

    def _mind_the_idle(self) -> None:
        """Say so where a batch is too small for all ranks."""
        batch, size = self.settings.batch_size, self.settings.micro_batch
        pieces = -(-batch // size)
        if pieces < self.ranks.count:
            idle = f"{self.ranks.count - pieces} of {self.ranks.count} ranks have nothing to do"
            log.warning(f"{idle}: a batch of {batch} is {pieces} pieces of {size}; give a larger --batch-size")

    def _agree(self, versions: Mapping[str, str] | None = None) -> None:
        """HelloError where ranks have come to different weights, or were about to."""
        if self.ranks.count > 1:
            mark = hashlib.sha256()
            for name, array in self.model.state_dict().items():
                mark.update(name.encode() + np.ascontiguousarray(array).tobytes())
            begun = {**asdict(self.settings), "samples": self.count, **versions} if versions else {}
            begun.pop("python", None)
            self.ranks.agree({**begun, "step": self.steps, "a digest of all weights": mark.hexdigest()[:12]})

    def way_back(self) -> str:
        """The end of a message about a training that was cut short: how to go on, where there is a state."""
        return f"; go on with --resume {self.path}" if self.path and self.path.is_file() else ""

    def load(self, path: str | Path) -> None:
        """Go on where a saved run stopped: the same settings and data lead to the same bits as an unbroken run."""
        tensors, metadata = self.ranks.same(lambda: checkpoint.load(path))
        saved = metadata.get("training")
        if not isinstance(saved, dict):
            raise CheckpointError(f"{path}: is a finished model, not a run to go on with; give the file of the run")
        mine = {**asdict(self.settings), "samples": self.count}
        settings = saved.get("settings")
        theirs = {**settings, "samples": saved.get("count")} if isinstance(settings, dict) else {}
        if different := [key for key in mine | theirs if (key, mine.get(key)) not in theirs.items()]:
            key = different[0]
            raise CheckpointError(
                f"{path}: was started with {key}={theirs.get(key)}, not {mine.get(key)}; "
                "resume with the settings that it was started with"
            )
        steps, seconds, history = (saved.get(key) for key in ("steps", "seconds", "history"))
        if not (
            isinstance(steps, int)
            and 0 <= steps <= self.total
            and isinstance(seconds, int | float)
            and _are_figures(history)
        ):
            raise CheckpointError(f"{path}: does not say how far it was; the file is damaged: start the training again")

        def part(name: str) -> dict[str, Array]:
            return {key.removeprefix(f"{name}."): a for key, a in tensors.items() if key.startswith(f"{name}.")}

        self.model.load_state_dict(part("model"))
        self.optimizer.load_state_dict(part("optimizer"))
        if self.average:
            self.average.load_state_dict(part("average"))
        self.steps, self.seconds, self.history = steps, float(seconds), saved["history"]

    def _explain(self, lanes: Lanes, batch: Array, loss: float) -> None:
        """A loss or gradient that is no number: save what was good, compute the step again and see where it began."""
        self.save()
        what = "the loss" if not math.isfinite(loss) else "a gradient"
        kept = f"; the weights before it are in {self.path}" if self.path else ""
        advice = "try a smaller --lr, or --clip 1"
        try:
            with debug(), np.errstate(all="ignore"):
                lanes.gradients(self.work, batch, (self.settings.seed, self.steps))
        except TrainingError as error:
            raise TrainingError(f"{what} is no number at step {self.steps}: {error}; {advice}{kept}") from None
        raise TrainingError(f"{what} is no number at step {self.steps}; {advice}{kept}")


def _are_figures(history: object) -> bool:
    """Whether a state's history is what `_end_epoch` makes of one: a dict of numbers for each epoch."""
    rows = history if isinstance(history, list) else [None]
    return all(isinstance(row, dict) and all(isinstance(v, int | float) for v in row.values()) for row in rows)


@contextmanager
def _politely_interrupted(together: bool = False) -> Iterator[threading.Event]:
    """Ctrl-C inside only sets the event, so that a step is finished and saved first; a second one ends at once.

    What starts ranks `together` may hand it on as another signal, and on top of the terminal's own.
    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    first = 0.0

    def note(number: int, frame: Any) -> None:
        nonlocal first
        if event.is_set() and time.monotonic() - first > ECHO * together:
            raise KeyboardInterrupt
        first = first or time.monotonic()
        event.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)[: 1 + together]}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
