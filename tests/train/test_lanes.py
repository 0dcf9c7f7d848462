"""Lanes: the same bits on any number of threads, and the gradient of the whole batch."""

import multiprocessing
import os
import time

import numpy as np
import pytest
from lane_work import COUNT, network, work_on

from hellodl import nn, optim
from hellodl.autograd.mode import debug, mode, no_grad
from hellodl.autograd.tensor import Tensor
from hellodl.errors import HelloError, TrainingError
from hellodl.ranks.tree import tree_sum_reference
from hellodl.train.lanes import Lanes, replica
from hellodl.train.processes import can_fork


def trained(data, threads, steps=4, batch_size=37, processes=False):
    model = network()
    optimizer = optim.AdamW(model.named_parameters(), 0.01)
    order = np.random.default_rng(1)
    results, work = [], work_on(data, batch_size)
    with Lanes(model, micro_batch=5, lanes=3, threads=threads, processes=processes) as lanes:
        for step in range(steps):
            batch = order.permutation(COUNT)[:batch_size]
            loss, sums = lanes.gradients(work, batch, (7, step))
            optimizer.step()
            results.append((loss, *sums))
    return model.state_dict(), results


def test_one_two_four_and_eight_threads_or_processes_give_the_same_bits(data):
    # Dropout, noise on the images and batch norm are all in it.
    weights, results = trained(data, 1)
    for threads, processes in [(2, False), (4, False), (8, False), (2, True), (4, True), (8, True)]:
        others, other_results = trained(data, threads, processes=processes)
        assert results == other_results
        assert all((weights[name] == others[name]).all() for name in weights)
    assert any((weights[name] != array).any() for name, array in network().state_dict().items())


def test_the_same_bits_also_when_threads_finish_in_another_order(data):
    def slowed(turn):
        work = work_on(data, COUNT)

        def slow(model, which, generator):
            time.sleep(0.02 * ((which[0] // 5 + turn) % 3))
            return work(model, which, generator)

        return slow

    gradients = []
    for turn in range(2):
        model = network()
        with Lanes(model, 5, 4, 4) as lanes:
            lanes.gradients(slowed(turn), np.arange(COUNT), (1, 1))
        gradients.append([p.grad for p in model.parameters()] + list(dict(model.named_buffers()).values()))
    assert all((a == b).all() for a, b in zip(*gradients))


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize(("micro_batch", "lanes"), [(5, 3), (16, 8), (90, 1), (1, 2), (7, 20)])
def test_the_gradient_is_that_of_the_whole_batch(data, micro_batch, lanes, processes):
    images, labels = data
    plain, cut = network(norm=False, drop=0), network(norm=False, drop=0)
    loss = nn.cross_entropy(plain(Tensor(images)), labels, label_smoothing=0.1)
    loss.backward()
    with Lanes(cut, micro_batch, lanes, 2, processes) as many:
        total, sums = many.gradients(work_on(data, COUNT, noise=0), np.arange(COUNT), (0, 0))
    assert total == pytest.approx(loss.item(), rel=1e-5)
    assert sums[1] == COUNT
    for a, b in zip(plain.parameters(), cut.parameters()):
        np.testing.assert_allclose(b.grad, a.grad, rtol=1e-3, atol=1e-6)


def test_each_micro_batch_and_step_has_its_own_chance(data):
    drawn = {}

    def work(model, which, generator):
        drawn.setdefault(len(drawn), generator.random())
        return model(Tensor(data[0][which])).sum(), np.zeros(1)

    with Lanes(network(), 10, 2, 1) as lanes:
        for seeds in ((0, 0), (0, 1), (1, 0)):
            lanes.gradients(work, np.arange(40), seeds)
    assert len(set(drawn.values())) == 12


@pytest.mark.parametrize("processes", [False, True])
def test_running_statistics_are_merged_in_the_order_of_the_micro_batches(data, processes):
    model, plain = network(drop=0), network(drop=0)
    with Lanes(model, 10, 4, 3, processes) as lanes:
        lanes.gradients(work_on(data, COUNT, noise=0), np.arange(COUNT), (0, 0))
    plain.train()
    for start in range(0, COUNT, 10):
        plain(Tensor(data[0][start : start + 10]))
    for name, array in model.named_buffers():
        assert (array == dict(plain.named_buffers())[name]).all()


def test_a_loss_that_is_no_number_leaves_the_running_statistics_as_they_were(data):
    model = network()
    before = {name: array.copy() for name, array in model.named_buffers()}
    data[0][42] = np.nan
    with Lanes(model, 10, 4, 2) as lanes:
        loss, _ = lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 0))
        assert np.isnan(loss)
        assert all((array == before[name]).all() for name, array in model.named_buffers())
        data[0][42] = 0
        lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 1))
    assert all(np.isfinite(array).all() for array in dict(model.named_buffers()).values())
    assert any((array != before[name]).any() for name, array in model.named_buffers())


@pytest.mark.parametrize("processes", [False, True])
def test_gradients_are_the_models_own_and_new_each_time(data, processes):
    model = network()
    with Lanes(model, 10, 3, 2, processes) as lanes:
        lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 0))
        first = {name: p.grad for name, p in model.named_parameters()}
        kept = {name: g.copy() for name, g in first.items()}
        lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 1))
        for name, parameter in model.named_parameters():
            assert (first[name] == kept[name]).all()
            assert (parameter.grad != kept[name]).any()
        lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 0))
        assert all((p.grad == kept[name]).all() for name, p in model.named_parameters())


@pytest.mark.parametrize("processes", [False, True])
def test_a_small_batch_after_a_large_one_leaves_no_trace_of_it(data, processes):
    model, fresh = network(), network()
    with Lanes(model, 5, 4, 2, processes) as lanes, Lanes(fresh, 5, 4, 2, processes) as other:
        lanes.gradients(work_on(data, 60), np.arange(60), (0, 0))
        fresh.load_state_dict(model.state_dict())
        for each in (lanes, other):
            each.gradients(work_on(data, 7), np.arange(7), (0, 1))
    assert all((a.grad == b.grad).all() for a, b in zip(model.parameters(), fresh.parameters()))
    assert all((a == dict(fresh.named_buffers())[name]).all() for name, a in model.named_buffers())


class Tied(nn.Module):
    """Looks up and answers with one and the same matrix."""

    def __init__(self, rng):
        self.rows = nn.Parameter(rng.standard_normal((5, 5)))
        self.out = nn.Linear(5, 5, rng=None)
        self.out.weight = self.rows

    def forward(self, x):
        return self.out((x @ self.rows).tanh())


def test_a_weight_that_is_used_in_two_places_gets_both_gradients(rng):
    model, plain = Tied(np.random.default_rng(1)), Tied(np.random.default_rng(1))
    assert list(dict(model.named_parameters())) == ["rows", "out.bias"]
    x = rng.standard_normal((20, 5)).astype(np.float32)
    plain(Tensor(x)).sum().backward()
    with Lanes(model, 4, 2, 2) as lanes:
        lanes.gradients(lambda m, which, g: (m(Tensor(x[which])).sum(), np.zeros(1)), np.arange(20), (0, 0))
    np.testing.assert_allclose(model.rows.grad, plain.rows.grad, rtol=1e-4, atol=1e-5)
    assert lanes.lanes[0].model.rows is lanes.lanes[0].model.out.weight


def test_a_replica_has_the_same_arrays_and_its_own_gradients():
    model = network()
    twin = replica(model)
    for (name, a), (other, b) in zip(model.named_parameters(), twin.named_parameters()):
        assert name == other and a is not b and a.data is b.data
    assert all(a is dict(twin.named_buffers())[name] for name, a in model.named_buffers())
    twin.eval()
    assert model.training
    twin.use_generator(np.random.default_rng(1))
    assert model[6].generator is None


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_lane_comes_through_as_itself_and_the_lanes_go_on(data, threads):
    class Odd(Exception):
        pass

    still_running = []
    model, fresh = network(), network()
    good = work_on(data, COUNT)

    def bad(replica, which, generator):
        good(replica, which, generator)  # leaves running statistics behind
        if which[0] == 10:
            raise Odd("micro-batch 1")
        if threads > 1:
            time.sleep(0.05)
            still_running.append(time.perf_counter())
        return good(replica, which, generator)

    with Lanes(model, 10, 3, threads) as lanes, Lanes(fresh, 10, 3, threads) as other:
        with pytest.raises(Odd, match="micro-batch 1"):
            lanes.gradients(bad, np.arange(30), (0, 0))
        raised = time.perf_counter()
        assert all(moment < raised for moment in still_running)
        time.sleep(0.1)
        assert all(moment < raised for moment in still_running), "a lane went on in the background"
        for each in (lanes, other):
            each.gradients(good, np.arange(COUNT), (0, 1))
    assert all((a.grad == b.grad).all() for a, b in zip(model.parameters(), fresh.parameters()))
    assert all((a == dict(fresh.named_buffers())[name]).all() for name, a in model.named_buffers())


class Odd(Exception):
    pass


@pytest.mark.skipif(not can_fork(), reason="this system cannot fork safely")
@pytest.mark.parametrize("where", [10, 0])
def test_an_error_in_a_helping_process_comes_through_and_the_lanes_go_on(data, where):
    model, fresh = network(), network()
    work = work_on(data, COUNT)

    def bad(replica, which, generator):
        out = work(replica, which, generator)  # leaves running statistics behind
        if which[0] == where and seeds_tell(generator):
            raise Odd(f"image {where}")
        return out

    def seeds_tell(generator):
        return generator.bit_generator.seed_seq.entropy[1] == 0

    with Lanes(model, 10, 3, 2, True) as lanes, Lanes(fresh, 10, 3, 2, True) as other:
        with pytest.raises(Odd, match=f"image {where}"):
            lanes.gradients(bad, np.arange(30), (0, 0))
        for each in (lanes, other):
            each.gradients(bad, np.arange(COUNT), (0, 1))
    assert all((a.grad == b.grad).all() for a, b in zip(model.parameters(), fresh.parameters()))
    assert all((a == dict(fresh.named_buffers())[name]).all() for name, a in model.named_buffers())


@pytest.mark.skipif(not can_fork(), reason="this system cannot fork safely")
def test_helping_processes_really_help_and_are_gone_afterwards(data):
    def work(model, which, generator):
        return model(Tensor(data[0][which])).sum(), np.array([os.getpid()])

    def other_work(model, which, generator):
        return model(Tensor(data[0][which])).sum(), np.array([0])

    model = network()
    with Lanes(model, 10, 4, 2, True) as lanes:
        _, both = lanes.gradients(work, np.arange(20), (0, 0))
        _, alone = lanes.gradients(work, np.arange(10), (0, 0))
        helper = both[0] - os.getpid()
        assert alone[0] == os.getpid() != helper
        assert {process.pid for process in multiprocessing.active_children()} == {helper}
        assert lanes.gradients(other_work, np.arange(20), (0, 0))[1] == [0]  # others come for other work
    assert not multiprocessing.active_children()


def test_an_error_says_which_layer_and_lanes_leave_the_callers_modes_alone(data):
    model = network()
    with Lanes(model, 10, 3, 1) as lanes:
        with pytest.raises(HelloError, match=r"Conv2d '0' takes images \(N, H, W, 1\), got \(10, 100\)"):
            lanes.gradients(
                lambda m, which, g: (m(Tensor(data[0][which].reshape(10, -1))).sum(), np.zeros(1)),
                np.arange(30),
                (0, 0),
            )
        with no_grad():
            lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 0))
            assert not mode.remember
        assert mode.remember
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize(("threads", "processes"), [(1, False), (3, False), (3, True)])
def test_debug_reaches_the_lanes_and_leaves_weights_that_can_be_learned(data, threads, processes):
    model = network()
    with Lanes(model, 10, 3, threads, processes) as lanes:
        with debug():
            lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 0))
            optim.SGD(model.named_parameters(), 0.1).step()
            data[0][25] = np.nan  # in lane 2
            with pytest.raises(TrainingError, match=r"first NaN came out of 'conv2d' in layer 'Sequential\.0'"):
                lanes.gradients(work_on(data, COUNT), np.arange(COUNT), (0, 1))
        optim.SGD(model.named_parameters(), 0.1).step()
        model.load_state_dict(network(1).state_dict())


def test_lanes_are_added_as_the_tree_says(data):
    model, apart = network(drop=0), []

    def work(replica, which, generator):
        scale = 10.0 ** (which[0] % 7 - 3)  # so that the order of adding is seen
        return replica(Tensor(data[0][which])).sum() * scale, np.zeros(1)

    with Lanes(model, 4, 8, 2) as lanes:
        for number in range(5):  # of eight
            lanes.gradients(work, np.arange(4 * number, 4 * number + 4), (0, 0))
            apart.append([p.grad for p in model.parameters()])
        lanes.gradients(work, np.arange(20), (0, 0))
    for parameter, *leaves in zip(model.parameters(), *apart):
        assert (parameter.grad == tree_sum_reference(leaves)).all()
    others = [sum(leaves[1:], leaves[0]) for leaves in zip(*apart)]  # from left to right
    assert any((parameter.grad != other).any() for parameter, other in zip(model.parameters(), others))
