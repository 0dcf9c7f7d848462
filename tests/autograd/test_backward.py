"""The walk back: each node once, no recursion, nothing kept alive, nothing shared by accident."""

import gc
import weakref

import numpy as np
import pytest
from growing import leaf, small_network

from hellodl import nn, ops
from hellodl.autograd import tensor
from hellodl.autograd.backward import topological_order
from hellodl.autograd.tensor import Tensor
from hellodl.errors import ShapeError, TrainingError


def test_a_chain_of_fifty_thousand_nodes_is_walked_without_recursion():
    x = leaf(1)
    y = x
    for _ in range(50_000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1]
    del y  # taking a long chain apart must not recurse either


def test_doubling_sixty_times_visits_each_node_once():
    x = leaf(1)
    y = x
    for doublings in range(1, 61):
        y = y + y
        if doublings <= 12:  # so that a walk along every path fails, and does not take for ever
            assert len(topological_order(y)) == doublings + 1
    y.backward()
    assert x.grad.tolist() == [2.0**60]


def test_every_node_comes_after_all_that_was_made_from_it():
    a, b = leaf(1, 2), leaf(3, 4)
    c = a * b
    d = c + a
    e = (d * c).sum()
    place = {id(node): k for k, node in enumerate(topological_order(e))}
    assert len(place) == 6
    for node in topological_order(e):
        for parent, _ in node._parents:
            assert place[id(parent)] > place[id(node)]


def test_gradients_of_a_node_that_is_used_many_times_add_up():
    x = leaf(3)
    y = x * x
    z = y * y + y + x
    z.backward()
    assert x.grad.item() == 4 * 27 + 2 * 3 + 1


@pytest.fixture
def no_collector():
    """Memory must be given back as it is dropped, not when the collector of cycles comes round."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def watched(out):
    """Weak references to the arrays of all nodes between the leaves and `out`."""
    return [weakref.ref(node.data) for node in topological_order(out) if node._parents]


def test_the_graph_is_freed_by_backward_without_the_garbage_collector(no_collector, rng):
    network = small_network(rng)
    network.use_generator(rng)
    logits = network(Tensor(rng.random((4, 14, 14, 1))))
    loss = nn.cross_entropy(logits, np.array([0, 1, 2, 3]))
    arrays = watched(loss)
    assert len(arrays) > 12
    del logits
    loss.backward()
    alive = [array() for array in arrays if array() is not None]
    assert len(alive) == 1 and alive[0] is loss.data


def test_a_graph_that_is_never_walked_dies_with_its_last_name(no_collector, rng):
    network = small_network(rng)
    network.use_generator(rng)
    loss = network(Tensor(rng.random((4, 14, 14, 1)))).sum()
    arrays = watched(loss)
    del loss
    assert not any(array() is not None for array in arrays)


def test_no_operation_makes_a_reference_cycle(no_collector, rng):
    x = Tensor(rng.random((3, 4)) + 0.5, requires_grad=True)
    makes = [ops.exp, ops.log, ops.sqrt, ops.abs, ops.relu, ops.sigmoid, ops.tanh, ops.erf, ops.gelu, ops.gelu_tanh]
    makes += [ops.softmax, ops.log_softmax, ops.sum, ops.mean, ops.max, ops.transpose, tensor.neg]
    makes += [lambda x: x * x, lambda x: x / x, lambda x: x**2, lambda x: x @ x.T, lambda x: x[1:], lambda x: x[[0, 0]]]
    makes += [lambda x: ops.maximum(x, 1), lambda x: ops.where(x.data > 1, x, 0), lambda x: ops.clip(x, 0, 1)]
    makes += [lambda x: ops.concatenate([x, x]), lambda x: ops.stack([x, x]), lambda x: ops.pad(x, [(1, 1), (0, 0)])]
    makes += [lambda x: ops.linear(x, x), lambda x: x.reshape(-1), lambda x: ops.dropout(x, 0.5, rng)]
    for make in makes:
        out = make(x)
        dies = weakref.ref(out)
        out.sum().backward()
        del out
        assert dies() is None, make


def test_a_second_backward_says_that_the_graph_is_freed():
    x = leaf(1, 2)
    loss = (x * x).sum()
    loss.backward()
    with pytest.raises(TrainingError, match="walked before and is freed; compute the loss again"):
        loss.backward()
    assert x.grad.tolist() == [2, 4]


def test_two_losses_over_one_graph_need_keep_graph():
    x = leaf(1, 2)
    y = x * x
    y.sum().backward(keep_graph=True)
    y.sum().backward()
    assert x.grad.tolist() == [4, 8]
    with pytest.raises(TrainingError, match="freed"):
        y.sum().backward()


def test_gradients_of_leaves_accumulate_over_backwards():
    x = leaf(1, 2)
    for _ in range(3):
        (x * 2).sum().backward()
    assert x.grad.tolist() == [6, 6]


def test_gradients_of_two_leaves_never_share_memory():
    a, b = leaf(1, 2), leaf(3, 4)
    given = np.array([1, 1], np.float32)
    (a + b).backward(given)
    assert not np.shares_memory(a.grad, b.grad)
    a.grad += 7
    assert b.grad.tolist() == given.tolist() == [1, 1]
    c, d = leaf(1, 2), leaf(1, 2)
    (c.reshape(2, 1) + d.reshape(2, 1)).sum().backward()
    c.grad *= 5
    assert d.grad.tolist() == [1, 1]


def test_adding_up_does_not_write_into_a_gradient_that_others_hold():
    a, b = leaf(1), leaf(1)
    s = a + b  # the same array goes back to both
    (s + a * 10 + a * 100 + a * 1000 + b).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (1111, 2)


def test_only_leaves_keep_a_gradient():
    x = leaf(1)
    y = x * 2
    y.backward()
    assert y.grad is None and x.grad is not None


def test_detach_and_tensors_that_need_no_gradient_stop_the_walk():
    x, constant = leaf(3), Tensor([5.0])
    (x.detach() * x * constant).backward()
    assert x.grad.item() == 15
    assert constant.grad is None


def test_backward_asks_for_a_gradient_where_there_is_no_single_loss():
    x = leaf(1, 2)
    with pytest.raises(ShapeError, match=r"a tensor of shape \(2,\) is no single loss; call .mean\(\) or .sum\(\)"):
        (x * 2).backward()
    with pytest.raises(ShapeError, match=r"gradient \(3,\) for a tensor \(2,\)"):
        (x * 2).backward(np.ones(3))
    with pytest.raises(TrainingError, match="nothing here requires a gradient"):
        Tensor([1.0]).backward()
