"""The tensor and the walk back: each node once, no recursion, nothing kept alive, nothing shared by accident."""

import gc
import threading
import weakref

import numpy as np
import pytest

from hellodl import nn, ops
from hellodl.autograd import tensor
from hellodl.autograd.backward import topological_order
from hellodl.autograd.mode import debug, mode, no_grad
from hellodl.autograd.tensor import Tensor, record
from hellodl.errors import ShapeError, TrainingError
from hellodl.ops import activations


def leaf(*numbers):
    return Tensor([float(n) for n in numbers], requires_grad=True)


def test_lists_and_float64_become_float32_unless_told_otherwise():
    assert Tensor([1.5, 2]).dtype == np.float32
    assert Tensor(np.ones(2)).dtype == np.float32
    assert Tensor(np.ones(2), dtype=np.float64).dtype == np.float64
    assert Tensor([1, 2]).dtype.kind == "i"
    assert Tensor(Tensor([1.5])).data.tolist() == [1.5]


def test_numbers_and_arrays_on_either_side_take_the_tensors_type():
    x = leaf(2, 4)
    for out in (x + 1, 1 - x, np.float64(3) * x, x * np.ones(2), np.ones(2) / x, np.ones((2, 2)) @ x, x**2, -x, x / 3):
        assert isinstance(out, Tensor)
        assert out.dtype == np.float32
    assert (1 - x).data.tolist() == [-1, -3]
    assert (8 / x).data.tolist() == [4, 2]
    assert (np.array([[1, 1], [0, 1]]) @ x).data.tolist() == [6, 4]


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


def small_network(rng):
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, rng=rng),
        nn.BatchNorm2d(3),
        nn.GELU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Residual(nn.Sequential(nn.Conv2d(3, 3, 3, padding=1, rng=rng), nn.ReLU())),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(27, 5, rng=rng),
        nn.LayerNorm(5),
        nn.Dropout(0.2),
        nn.Linear(5, 4, rng=rng),
    )


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
    for make in (
        *(
            ops.exp,
            ops.log,
            ops.sqrt,
            ops.abs,
            activations.relu,
            activations.sigmoid,
            activations.tanh,
            activations.erf,
            activations.gelu,
            activations.gelu_tanh,
        ),
        *(ops.softmax, ops.log_softmax, ops.sum, ops.mean, ops.max, ops.transpose, tensor.neg),
        *(lambda x: x * x, lambda x: x / x, lambda x: x**2, lambda x: x @ x.T, lambda x: x[1:], lambda x: x[[0, 0]]),
        *(lambda x: ops.maximum(x, 1), lambda x: ops.where(x.data > 1, x, 0), lambda x: ops.clip(x, 0, 1)),
        *(lambda x: ops.concatenate([x, x]), lambda x: ops.stack([x, x]), lambda x: ops.pad(x, [(1, 1), (0, 0)])),
        *(lambda x: ops.linear(x, x), lambda x: x.reshape(-1), lambda x: ops.dropout(x, 0.5, rng)),
    ):
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


def test_integers_cannot_be_learned():
    with pytest.raises(TypeError, match=r"only floats have gradients, not int64; give it dtype=np.float32"):
        Tensor(np.array([1, 2]), requires_grad=True)


def test_a_result_of_one_number_is_an_array_too():
    x = Tensor(np.float32(2), requires_grad=True)
    for out in (x + x, x * x, x.exp(), -x, leaf(1, 2)[0], leaf(1, 2) @ leaf(3, 4), leaf(1, 2).sum(), x**2):
        assert isinstance(out.data, np.ndarray) and out.shape == () and out.dtype == np.float32
    assert len(leaf(1, 2)) == 2 and "Tensor([1. 2.], shape=(2,))" in repr(leaf(1, 2))


def test_no_grad_remembers_nothing_and_ends_also_after_an_error():
    x = leaf(1)
    with pytest.raises(ZeroDivisionError), no_grad():
        y = x * 2
        raise ZeroDivisionError
    assert not y.requires_grad
    assert (x * 2).requires_grad
    with no_grad(), no_grad():
        pass
    assert mode.remember


def test_each_thread_has_its_own_modes():
    x, inside, finished = leaf(1), threading.Event(), threading.Event()
    seen = {}

    def other():
        seen["modes"] = mode.remember, mode.debug, mode.layers
        seen["requires"] = (x * 2).requires_grad
        with no_grad():
            inside.set()
            finished.wait(10)

    with no_grad(), debug():
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(10)
    assert (x * 2).requires_grad  # although the other thread is in no_grad
    finished.set()
    thread.join()
    assert seen == {"modes": (True, False, ()), "requires": True}


def test_debug_names_the_operation_and_the_layer_of_the_first_nan(rng):
    network = nn.Sequential(nn.Linear(3, 3, rng=rng), nn.Sequential(nn.ReLU(), nn.Linear(3, 2, rng=rng)))
    network[1][1].weight.data[0, 0] = np.nan
    x = Tensor(np.ones((2, 3)))
    where = r"the first NaN came out of 'linear' in layer 'Sequential.1.1', shape \(2, 2\)"
    with pytest.raises(TrainingError, match=where), debug():
        network(x)
    assert not mode.debug and mode.layers == ()
    network(x)  # outside debug nobody looks


def test_debug_tells_infinity_from_nan_and_looks_at_gradients_too():
    with (
        pytest.raises(TrainingError, match="the first infinity came out of 'exp'"),
        np.errstate(over="ignore"),
        debug(),
    ):
        leaf(1000).exp()
    x = leaf(0)
    where = "the first infinity came out of 'the gradient of sqrt'"
    with pytest.raises(TrainingError, match=where), np.errstate(divide="ignore"), debug():
        x.sqrt().sum().backward()


def test_debug_makes_arrays_that_the_graph_holds_read_only_until_it_is_walked():
    x, factor = leaf(1, 2), Tensor([3.0, 4.0])
    with debug():
        y = x * factor
        for held in (x, factor, y):
            with pytest.raises(ValueError, match="read-only"):
                held.data[0] = 7
        y.sum().backward()
        x.data -= 0.1 * x.grad  # the optimiser's step
    factor.data[0] = 7


def test_debug_gives_arrays_back_when_it_ends_even_if_nobody_walked():
    weights = np.ones(4, np.float32)
    fixed = np.ones(4, np.float32)
    fixed.flags.writeable = False
    whole, part = Tensor(weights, requires_grad=True), Tensor(weights[1:], requires_grad=True)
    with pytest.raises(ZeroDivisionError), debug():
        kept = part * 2, whole * Tensor(fixed)
        raise ZeroDivisionError
    weights[0] = whole.data[1] = part.data[1] = 7
    assert kept[0].shape == (3,)
    assert not fixed.flags.writeable  # the user's own


def test_debug_computes_the_same_as_without(rng):
    network = small_network(rng)
    x = Tensor(rng.random((4, 14, 14, 1)))

    def gradients():
        network.zero_grad()
        network.use_generator(np.random.default_rng(1))
        nn.cross_entropy(network(x), np.array([0, 1, 2, 3])).backward()
        return [p.grad for p in network.parameters()]

    plain = gradients()
    with debug():
        checked = gradients()
    assert all((a == b).all() for a, b in zip(plain, checked))


def test_an_operation_of_the_readers_own_needs_only_record():
    def cube(x):
        return record(x.data**3, (x, lambda g: g * 3 * x.data**2))

    x = leaf(2)
    cube(x).backward()
    assert x.grad.item() == 12


def test_unbroadcast_sums_over_what_was_stretched():
    gradient = np.arange(24.0).reshape(2, 3, 4)
    assert tensor.unbroadcast(gradient, (2, 3, 4)) is gradient
    assert (tensor.unbroadcast(gradient, (3, 1)) == gradient.sum((0, 2))[:, None]).all()
    assert tensor.unbroadcast(gradient, ()) == gradient.sum()
    assert tensor.unbroadcast(gradient, (1, 1, 4)).shape == (1, 1, 4)


def test_numpy_takes_a_tensor_for_its_array():
    x = Tensor([1.0, 2.0])
    assert np.asarray(x) is x.data
    assert np.asarray(x).dtype == np.float32
    assert isinstance(np.ones(2, np.float32) * x, Tensor), "but arithmetic with arrays still makes tensors"
