"""What to do with a gradient once one has it.

    groups            which weights, with which settings, and what is remembered of each
    optimizers        SGD, momentum, Nesterov, Adam, AdamW, in order of growing cleverness
    muon              directions made equally strong (a page of its own)
    schedules         how large a step is, over the course of a training
    averages          a model that is the average of what it was

A new optimiser is a class with an `update`, in a file of its own where it wants a page, and a line here. Optimisers
know weights and gradients; of batches, losses and logs they know nothing (`train`).
"""

from typing import TYPE_CHECKING

from hellodl.autograd.elsewhere import none_in
from hellodl.optim.averages import WeightAverage
from hellodl.optim.groups import Group, Optimizer
from hellodl.optim.muon import Muon
from hellodl.optim.optimizers import (
    SGD,
    Adam,
    AdamW,
    adam_reference,
    clip_gradients,
    decay_matrices_only,
    gradient_norm,
)
from hellodl.optim.schedules import Schedule, constant, cosine, hold_then_linear, linear, one_cycle

__all__ = ["SGD", "Adam", "AdamW", "Group", "Muon", "Optimizer", "WeightAverage", "adam_reference"]
__all__ += ["clip_gradients", "decay_matrices_only", "gradient_norm"]
__all__ += ["Schedule", "constant", "cosine", "hold_then_linear", "linear", "one_cycle"]

if not TYPE_CHECKING:
    __getattr__ = none_in(__name__)  # a name that is not here: what to write instead
