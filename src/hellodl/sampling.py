"""From what a network believes to what is written: how the next token is chosen.

A language model gives every token a number (a logit), and softmax makes them probabilities. Taking the likeliest
every time is dull and soon goes round in circles; drawing by the probabilities is lively, but a thousand unlikely
tokens together are not so unlikely, and one of them leads off the road. Three knobs between the two:

*temperature* divides the logits: under 1 the likely become likelier, over 1 they lose, at 0 the likeliest wins.
*top-k* draws among the k likeliest only (Fan, Lewis and Dauphin 2018).
*top-p* draws among the few likeliest that together have probability p, so among few where the model is sure and
among many where it is not (nucleus sampling; Holtzman et al. 2020).
"""

from __future__ import annotations

import numpy as np


def probabilities(
    logits: np.ndarray, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> np.ndarray:
    """How likely each token is to be written: logits (V,) -> (V,) float64 that add up to 1.

    First the temperature, then top-k, then top-p among what is left. Of equally likely tokens the first counts as
    the likelier.
    """
    likely = np.argsort(-logits, kind="stable")  # tokens, the likeliest first
    if temperature == 0:
        return np.eye(len(logits))[likely[0]]
    below = logits.astype(np.float64) - logits.max()  # at most 0, so that exp stays finite
    belief = np.exp(below / max(temperature, 1e-100))  # which colder than that the quotient would not
    if top_k is not None:
        belief[likely[top_k:]] = 0
    belief /= belief.sum()
    if top_p is not None:
        before = np.cumsum(belief[likely]) - belief[likely]  # what the likelier ones have together
        belief[likely[before >= top_p]] = 0
        belief /= belief.sum()
    return belief


def choose(
    logits: np.ndarray,
    rng: np.random.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """The next token, drawn by `rng` with these probabilities."""
    return int(rng.choice(len(logits), p=probabilities(logits, temperature, top_k, top_p)))
