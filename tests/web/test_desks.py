"""So many at once, so many waiting, and no longer than so long."""

import asyncio
import threading
import time

import pytest

pytest.importorskip("fastapi")

from fastapi import HTTPException

from hellodl.web.desks import Desk
from hellodl.web.limits import CONNECTIONS, Connections, Shares


def test_who_finds_no_chair_is_told_when_to_come_back():
    desk = Desk("reading", workers=1, chairs=4, seconds=10, usual=3)
    gate = threading.Event()

    async def main():
        first, second = (asyncio.create_task(desk.serve(gate.wait, 10)) for _ in range(2))
        await asyncio.sleep(0.05)
        with pytest.raises(HTTPException) as refused:
            await desk.serve(gate.wait)
        gate.set()
        assert await first and await second
        assert await desk.serve(lambda: "there is room again") == "there is room again"
        return refused.value

    error = asyncio.run(main())
    assert (error.status_code, error.headers) == (503, {"Retry-After": "6"})
    assert desk.taken == 0


def test_nobody_waits_for_longer_than_is_sensible():
    desk = Desk("reading", workers=2, chairs=100, seconds=10, usual=8, patience=15)
    gate = threading.Event()

    async def main():
        waiting = [asyncio.create_task(desk.serve(gate.wait, 10)) for _ in range(5)]
        await asyncio.sleep(0.05)
        with pytest.raises(HTTPException, match="work for 16 s already; try again in 16 s"):
            await desk.serve(gate.wait)
        gate.set()
        await asyncio.gather(*waiting)

    asyncio.run(main())
    assert desk.usual < 8, "it went faster than one thought"


def test_one_who_takes_all_leaves_half_to_the_next():
    shares = Shares(100)
    greedy = sum(shares.take("greedy") for _ in range(1000))
    next_one = sum(shares.take("next") for _ in range(1000))
    assert (greedy, next_one) == (50, 25)
    assert all(shares.take(f"somebody {n}") for n in range(12))
    shares.give_back("greedy", 50)
    assert shares.take("next") and shares.taken == 25 + 12 + 1


def test_on_a_network_strangers_share_a_part_and_the_owner_is_let_in():
    places = Connections(network=True)
    for number in range(1000):
        places.enter(f"stranger {number % 50}")
    assert places.all.taken <= CONNECTIONS // 4
    places.trust("owner")
    assert sum(bool(places.enter("owner")) for _ in range(100)) == 100
    assert places.enter("somebody new"), "with the token in hand, but not yet shown"


def test_no_more_than_the_workers_work_at_once():
    desk = Desk("drawing", workers=2, chairs=40, seconds=10)
    busy, most = 0, 0
    lock = threading.Lock()

    def work():
        nonlocal busy, most
        with lock:
            busy, most = busy + 1, max(most, busy + 1)
        time.sleep(0.01)
        with lock:
            busy -= 1

    async def main():
        await asyncio.gather(*(desk.serve(work) for _ in range(10)))

    asyncio.run(main())
    assert most == 2


def test_an_answer_that_takes_too_long_is_not_waited_for():
    desk = Desk("reading", workers=1, chairs=2, seconds=0.05)
    gate = threading.Event()

    def late():
        gate.wait(10)
        raise ValueError("nobody is there to hear this")

    async def main():
        with pytest.raises(HTTPException) as refused:
            await desk.serve(late)
        gate.set()
        await asyncio.sleep(0.05)
        return refused.value.status_code

    assert asyncio.run(main()) == 503
    assert desk.taken == 0


def test_errors_of_the_work_come_out():
    desk = Desk("reading", workers=1, chairs=2, seconds=1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(desk.serve(lambda: 1 / 0))
    assert desk.taken == 0
