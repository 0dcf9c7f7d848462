"""Every figure: of runs, of data, and of what goes on inside a trained network.

Each picture is one function that takes plain arrays, or a model, and returns a matplotlib `Figure` (or a `Moving`
picture), to be saved by `save` with its description. They serve the course, the command line and whoever works in a
notebook alike. matplotlib is an extra, `pip install "hellodl[plots]"`, and is loaded when the first figure is drawn.

    from hellodl import plots
    plots.save(plots.poster(train.images, train.labels, train.classes, rng), "poster.png")
"""

from hellodl.plots.answers import (
    confusion_matrix,
    contact_sheet,
    embedding,
    poster,
    principal_components,
    reliability,
    worst_mistakes,
)
from hellodl.plots.curves import histograms, learning_rate, loss_and_accuracy, update_ratios
from hellodl.plots.graphs import expression, model
from hellodl.plots.layers import activations, feature_maps, hidden, kernels, saliency, saliency_maps
from hellodl.plots.moving import Moving, learning_border, learning_kernels, two_spirals
from hellodl.plots.style import can_save, save
from hellodl.plots.text import attention_maps, neurons, telling_units, thoughts

__all__ = [
    "Moving",
    "activations",
    "attention_maps",
    "can_save",
    "confusion_matrix",
    "contact_sheet",
    "embedding",
    "expression",
    "feature_maps",
    "hidden",
    "histograms",
    "kernels",
    "learning_border",
    "learning_kernels",
    "learning_rate",
    "loss_and_accuracy",
    "model",
    "neurons",
    "poster",
    "principal_components",
    "reliability",
    "saliency",
    "saliency_maps",
    "save",
    "telling_units",
    "thoughts",
    "two_spirals",
    "update_ratios",
    "worst_mistakes",
]
