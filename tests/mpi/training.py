"""A few steps of learning as any rank runs them, through the command line: what `test_mpi.py` has mpiexec start.

    python training.py few hello-dl OUT [--threads N] [--resume] [--fail HOW]

The state is kept in OUT.state, the weights go to OUT. With --fail, the last rank meets with something at a step.
"""

import argparse
import inspect
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from hellodl import data
from hellodl.commands import cli
from hellodl.data.augment import LETTERS
from hellodl.data.text import Corpus
from hellodl.data.vocabulary import learn_vocabulary
from hellodl.errors import DataError
from hellodl.models.networks import NETWORKS
from hellodl.nn import GPT
from hellodl.ranks import join
from hellodl.runs.log import RunLog
from hellodl.train import Settings, Trainer, checkpoint, classification
from hellodl.train.lesson import Lesson

STEPS, BAD = 6, 3  # how many there are, and after how many of them something happens


def add_arguments(parser):
    parser.add_argument("network", choices=[*NETWORKS, "gpt"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--halves", action="store_true")
    parser.add_argument("--fail", choices=["kill", "interrupt", "nan", "error", "stop", "alone", "apart", "slow"])


def main(options):
    rng = np.random.default_rng(1)
    settings = Settings(steps=STEPS, epochs=3, batch_size=64, micro_batch=7, average=0.9, clip=1.0)
    if options.network == "gpt":
        corpus = Corpus("argparse", inspect.getsource(argparse))
        lesson = Lesson(corpus, learn_vocabulary(corpus.train, "characters"), 16)
        network = GPT(lesson.vocabulary.size, 16, 2, 2, 16, 0.2, rng=rng)
        work, count = lesson.work(64), 128
    else:
        train = data.load("ink", "train", None, 0, 128)
        network = NETWORKS[options.network](len(train.classes), rng)
        work, count = classification(train, settings, LETTERS), len(train)
    state = Path(f"{options.out}.state")
    us = join()
    us.halves = options.halves
    last = options.fail if us.number == us.count - 1 else None

    def failing(model, which, generator):
        loss, sums = work(model, which, generator)
        if last == "slow":
            time.sleep(0.5)
        if last and trainer.steps == BAD:
            if last == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            elif last == "interrupt":
                os.kill(os.getpid(), signal.SIGINT)
            elif last == "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            elif last == "error":
                raise DataError("page.png: is torn")
            elif last == "nan":
                loss = loss * float("nan")
        return loss, sums

    def order(epoch):
        if last == "alone" and epoch == BAD // 2:
            raise DataError("page.png: is only on the other machines")
        return np.random.default_rng([5, epoch]).permutation(count)

    if last == "apart":
        next(iter(network.parameters())).data += 1
    with RunLog(None).run("few", {}) as run:
        trainer = Trainer(network, count, failing, settings, run, path=state, threads=options.threads, order=order)
        if options.resume:
            trainer.load(state)
        began = time.perf_counter()
        trainer.fit()
    if us.first:
        checkpoint.save(options.out, network.state_dict(), {})
        print(f"{trainer.steps} steps in {time.perf_counter() - began:.2f} s")
    return 0


if __name__ == "__main__":
    cli.PROGRAMS = {"few": cli.Program("training", "a few steps", ("threads",))}
    sys.exit(cli.main())
