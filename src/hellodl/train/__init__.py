"""From a heap of examples to a trained model, and from there to its answers.

    threads, processes -> lanes -> inside -> trainer    a batch: cut into lanes, gradients added, one step taken
    onward                                              gradients go to other ranks while the way back goes on
    answers                                             what a model says to many inputs
    settings                                            what decides the outcome, and is stored with the run
    checkpoint                                          what a training leaves: weights, state, description
    lesson                                              a corpus as a lesson for models of language
    lines, pen                                          what a reader of lines is told, and a pen
    personal                                            a few examples in your own hand, learned on top

Nothing here knows where pictures or texts come from: they are arrays, and the trainer is told what to do with a batch.
"""

from hellodl.train.settings import OPTIMIZERS, SCHEDULES, Settings
from hellodl.train.trainer import Preparation, Trainer, classification, evaluate, judged, plain

__all__ = ["OPTIMIZERS", "SCHEDULES", "Settings"]
__all__ += ["Preparation", "Trainer", "classification", "evaluate", "judged", "plain"]
