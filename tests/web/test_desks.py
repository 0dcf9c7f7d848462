"""So many at once, so many waiting, and no longer than so long."""

import asyncio
import threading
import time

import pytest

pytest.importorskip("fastapi")

from fastapi import HTTPException

from hellodl.web.desks import Desk


def test_who_finds_no_chair_is_told_when_to_come_back():
    desk = Desk("reading", workers=1, waiting=1, seconds=10, retry_after=3)
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
    assert (error.status_code, error.headers) == (503, {"Retry-After": "3"})
    assert desk.taken == 0


def test_no_more_than_the_workers_work_at_once():
    desk = Desk("drawing", workers=2, waiting=20, seconds=10)
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
    desk = Desk("reading", workers=1, waiting=0, seconds=0.05)
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
    desk = Desk("reading", workers=1, waiting=0, seconds=1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(desk.serve(lambda: 1 / 0))
    assert desk.taken == 0
