"""Answers to many inputs: the same on any number of threads, without a graph."""

import threading

import numpy as np
import pytest
from lane_work import CLASSES, COUNT, network, work_on

from hellodl import nn
from hellodl.autograd.mode import mode, no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.train.answers import as_input, predict, probabilities
from hellodl.train.lanes import Lanes
from hellodl.train.threads import thread_count


def test_predict_is_forward_in_eval_on_any_number_of_threads(data):
    images = data[0]
    model = network()
    with Lanes(model, 10, 3, 1) as lanes:
        lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 0))
    with no_grad():
        expected = model.eval()(Tensor(images)).data
    model.train()
    one = predict(model, images, threads=1, micro_batch=16)
    np.testing.assert_allclose(one, expected, rtol=1e-4, atol=1e-5)
    for threads in (2, 4):
        assert (predict(model, images, threads, micro_batch=16) == one).all()
    assert model.training and all(part.training for part in model.modules())  # as before


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 65])
def test_predict_answers_any_number_of_images(data, count):
    model = network()
    logits = predict(model, data[0][:count], threads=2)
    assert logits.shape == (count, CLASSES) and logits.dtype == np.float32
    if count:
        np.testing.assert_allclose(logits, predict(model, data[0], threads=1)[:count], rtol=1e-4, atol=1e-5)


def test_predict_keeps_no_graph_and_takes_bytes(data):
    seen = []

    class Spy(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.ones(1))

        def forward(self, x):
            out = (x * self.weight).mean(axis=(1, 2))
            seen.append((threading.current_thread().name, out.requires_grad, self.training))
            return out

    bytes_ = (data[0][..., 0] * 255).astype(np.uint8)
    answers = predict(Spy(), bytes_, threads=2)
    np.testing.assert_allclose(answers[:, 0], bytes_.mean(axis=(1, 2)) / 255, rtol=1e-5)
    assert all(not requires and not training for _, requires, training in seen)
    assert mode.remember


def test_probabilities_are_the_softmax_of_the_answers(data):
    model = network()
    sure = probabilities(model, data[0][:5])
    logits = predict(model, data[0][:5])
    assert np.allclose(sure, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), atol=1e-6)
    assert probabilities(model, data[0][:0]).shape == (0, CLASSES)


def test_pictures_become_float32_with_one_channel():
    assert as_input(np.full((2, 3, 3), 255, np.uint8)).tolist() == np.ones((2, 3, 3, 1)).tolist()
    assert as_input(np.zeros((2, 3, 3), np.uint8)).dtype == np.float32
    floats = np.zeros((2, 3, 3, 5), np.float32)
    assert as_input(floats) is floats


def test_threads_are_at_least_one():
    assert thread_count(0) == 1 and thread_count(3) == 3 and thread_count() >= 1
