"""The page under load: `python benchmarks/crowd.py`, many clients with all kinds of work at once, or a siege.

A server of its own is started. Plainly, 50 clients draw, have photos read, teach, look at runs, have a model write, and
learn; what is told is how long each kind took, which statuses came, whether each refusal said when to come again, and
how much memory the server and its helpers have. With `--siege`, one address holds 300 idle connections, 100 that
dawdle over a request's head and 50 that send a photo without end, and another (127.0.0.2) wants to be served.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from web import drawings, median

from hellodl.data.pages.layout import write_page
from hellodl.runs.log import RunLog

TEXT = "the quick brown fox\njumps over the lazy dog\nand then it rests"
Got = tuple[str, float, int, bool]  # kind, seconds, status, whether it says when to come again


def main() -> None:
    """Start a server, measure, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--siege", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "runs.sqlite3"
        with RunLog(log).run("letters", {"epochs": 1}) as run:
            for step in range(2000):
                run.train_row(step, loss=1 / (1 + step), accuracy=0.5)
        command = [sys.executable, "-m", "hellodl", "web", "--port", "0", "--no-browser", "--mine", f"{name}/mine"]
        server = subprocess.Popen([*command, "--log", str(log)], stdout=subprocess.PIPE, text=True, cwd=name)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().rsplit(":", 1)[1].strip().rstrip("/"))
            if options.siege:
                print(json.dumps(asyncio.run(siege(port, options.seconds)), indent=1))
            else:
                print(json.dumps(asyncio.run(crowd(port, server.pid, options.clients, options.seconds)), indent=1))
        finally:
            server.terminate()
            server.wait()


def request(method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    """The bytes of a request that the page might send."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Hellodl: 1\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def kinds() -> dict[str, list[bytes]]:
    """What clients do, each kind with its requests."""
    photo = cv2.imencode(".jpg", write_page(TEXT, 3, width=1000)[0])[1].tobytes()
    draws = [body.partition(b"\r\n\r\n")[2] for body in drawings()]
    lessons = [json.dumps({"strokes": json.loads(body)["strokes"], "letter": "a"}).encode() for body in draws[:8]]
    write = json.dumps({"prompt": "def ", "length": 30}).encode()
    return {
        "draw": [request("POST", "/api/draw", body) for body in draws],
        "read": [request("POST", "/api/read", photo, "image/jpeg")],
        "teach": [request("POST", "/api/lessons", body) for body in lessons],
        "look": [request("GET", path) for path in ("/", "/api/status", "/api/runs", "/api/runs/1/curves")],
        "write": [request("POST", "/api/write", write)],
        "learn": [request("POST", "/api/learn", b"{}")],
    }


SHARES = {"draw": 20, "read": 10, "teach": 5, "look": 10, "write": 4, "learn": 1}  # of 50 clients
PAUSE = {"draw": 0.2, "read": 1.0, "teach": 2.0, "look": 0.5, "write": 1.0, "learn": 10.0}  # seconds in between


async def ask(port: int, kind: str, sent: bytes, source: str = "127.0.0.1") -> Got:
    """One request on a connection of its own, to the last byte of its answer."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    got = b""
    try:
        writer.write(sent)
        while piece := await reader.read(2**16):
            got += piece
    except ConnectionError:
        pass
    finally:
        writer.close()
    status = int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else 0
    if status == 200 and b"event: failed" in got:
        status = 503  # the refusal came as an event
    return kind, time.perf_counter() - began, status, b"retry-after:" in got.partition(b"\r\n\r\n")[0].lower()


async def client(port: int, kind: str, requests: list[bytes], until: float, first: int, got: list[Got]) -> None:
    """Ask, wait a little, ask again."""
    number = first
    await asyncio.sleep(PAUSE[kind] * (first % 20) / 20)
    while time.perf_counter() < until:
        got.append(await ask(port, kind, requests[number % len(requests)]))
        number += 1
        await asyncio.sleep(PAUSE[kind])


async def crowd(port: int, server: int, clients: int, seconds: float) -> dict[str, object]:
    """The figures of many clients."""
    work = kinds()
    for kind in ("draw", "read", "look"):  # networks are loaded
        await ask(port, kind, work[kind][0])
    got: list[Got] = []
    until = time.perf_counter() + seconds
    who = [kind for kind, share in SHARES.items() for _ in range(max(1, round(clients * share / 50)))]
    memory = asyncio.create_task(remembered(server, until))
    await asyncio.gather(*(client(port, kind, work[kind], until, n, got) for n, kind in enumerate(who)))
    statuses: dict[str, Counter[int]] = defaultdict(Counter)
    for kind, _, status, _ in got:
        statuses[kind][status] += 1
    out: dict[str, object] = {}
    for kind in SHARES:
        times = [took for one, took, status, _ in got if one == kind and status in (200, 202)]
        if times:
            p95 = 1000 * float(np.quantile(times, 0.95))
            out[kind] = {"median_ms": round(median(times)), "p95_ms": round(p95), **statuses[kind]}
        else:
            out[kind] = {**statuses[kind]}
    out["refused without a time"] = sum(status == 503 and not told for _, _, status, told in got)
    out["memory_mb"] = await memory
    return out


async def remembered(server: int, until: float) -> list[list[int]]:
    """Memory of the server and of each of its helpers in MB, ten times in all."""
    found: list[list[int]] = []
    pause = max((until - time.perf_counter()) / 10, 0.5)
    while time.perf_counter() < until:
        await asyncio.sleep(pause)
        found.append([resident(process) // 1000 for process in [server, *children(server)]])
    return found


def children(process: int) -> list[int]:
    """The processes that a process has made (Linux)."""
    words = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    threads = Path(f"/proc/{process}/task").glob("*/children")
    return sorted({int(word) for file in threads for word in file.read_text().split()} | set(map(int, words)))


def resident(process: int) -> int:
    """Its memory in kB."""
    with suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) if found else 0
    return 0


async def siege(port: int, seconds: float) -> dict[str, object]:
    """How another address is served while one does its worst."""
    work = kinds()
    await ask(port, "draw", work["draw"][0])
    until = time.perf_counter() + seconds
    bad = [asyncio.create_task(besiege(port, n, until)) for n in range(450)]
    await asyncio.sleep(2)
    got = []
    while time.perf_counter() < until:
        for kind in ("draw", "look", "teach"):
            got.append(await ask(port, kind, work[kind][0], "127.0.0.2"))
        await asyncio.sleep(0.2)
    for task in bad:
        task.cancel()
    times = [took for _, took, _, _ in got]
    answers = Counter(status for _, _, status, _ in got)
    return {"asked": len(got), "median_ms": median(times), "worst_ms": 1000 * max(times), "statuses": dict(answers)}


async def besiege(port: int, number: int, until: float) -> None:
    """One of 300 who say nothing, 100 who dawdle, 50 whose photo has no end; who is shut out comes again."""
    photo = b"POST /api/read HTTP/1.1\r\nHost: localhost\r\nX-Hellodl: 1\r\nContent-Type: image/png\r\n"
    while time.perf_counter() < until:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(OSError):
                if number >= 400:
                    writer.write(photo + b"Transfer-Encoding: chunked\r\n\r\n")
                elif number >= 300:
                    writer.write(b"GET / HTTP/1.1\r\n")
                while time.perf_counter() < until and not writer.is_closing():
                    await writer.drain()
                    if number >= 400:
                        writer.write(b"3e8\r\n" + bytes(1000) + b"\r\n")
                    elif number >= 300:
                        writer.write(b"X: ")
                    await asyncio.sleep(0.01 if number >= 400 else 1)
            writer.close()
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    main()
