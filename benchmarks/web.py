"""How soon does the page answer a drawing? `python benchmarks/web.py`: one client alone, then many at once.

A server of its own is started (with an empty collection). Every client draws a character of ink, waits for the
answer, pauses as long as `--pause` says (a hand takes some tenths of a second for a stroke; 0 is the worst that can
be), and draws the next. What is told is the time from a request to the last byte of its answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hellodl.data.ink import Ink
from hellodl.data.unipen import CLASSES_62


def main() -> None:
    """Start a server, measure, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0, help="for many clients; one alone draws 100 times")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between an answer and the next drawing")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    requests = drawings()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hellodl", "web", "--port", "0", "--no-browser", "--mine", f"{folder}/mine"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().rsplit(":", 1)[1].strip().rstrip("/"))
            asyncio.run(draw(port, requests, count=5))
            before = processor_seconds(server.pid)
            alone = asyncio.run(draw(port, requests, count=100))
            cost = (processor_seconds(server.pid) - before) / len(alone)
            together = asyncio.run(crowd(port, requests, options.clients, options.seconds, options.pause))
        finally:
            server.terminate()
            server.wait()
    figures = {"alone_ms": median(alone), "processor_ms": 1000 * cost}
    figures |= {"clients": options.clients, "pause": options.pause}
    figures |= {"drawings": len(together), "drawings_per_second": len(together) / options.seconds}
    figures |= {"together_ms": median(together), "together_95_ms": 1000 * float(np.quantile(together, 0.95))}
    figures |= {"together_worst_ms": 1000 * max(together)}
    if options.json:
        print(json.dumps(figures))
        return
    print(f"alone: median {figures['alone_ms']:.1f} ms, of which {figures['processor_ms']:.1f} ms of processor")
    print(
        f"{options.clients} clients: {figures['drawings_per_second']:.0f} drawings a second, median "
        f"{figures['together_ms']:.0f} ms, 95% within {figures['together_95_ms']:.0f} ms, "
        f"worst {figures['together_worst_ms']:.0f} ms"
    )


def median(times: list[float]) -> float:
    """In milliseconds."""
    return 1000 * float(np.median(times))


def drawings() -> list[bytes]:
    """Requests with one character of ink each, on a canvas of 400 pixels."""
    ink = Ink.load()
    rng = np.random.default_rng(0)
    bodies = []
    for character in CLASSES_62:
        strokes = [(stroke * 14).round(1).tolist() for stroke in ink.character(character, rng, "test")]
        body = json.dumps({"strokes": strokes, "personal": False}).encode()
        head = (
            f"POST /api/draw HTTP/1.1\r\nHost: localhost\r\nX-Hellodl: 1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        bodies.append(head.encode() + body)
    return bodies


async def draw(
    port: int, requests: list[bytes], count: int | None = None, until: float = 0, pause: float = 0, first: int = 0
) -> list[float]:
    """One client's times in seconds: of so many drawings, or of as many as there is time for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    await asyncio.sleep(pause * first / 20)  # not all at the same moment
    while len(times) < count if count is not None else time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(requests[(first + len(times)) % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        await asyncio.sleep(pause)
    writer.close()
    return times


async def crowd(port: int, requests: list[bytes], clients: int, seconds: float, pause: float) -> list[float]:
    """The times of many clients who draw at once."""
    until = time.perf_counter() + seconds
    drawing = (draw(port, requests, until=until, pause=pause, first=number) for number in range(clients))
    found = await asyncio.gather(*drawing)
    return [one for times in found for one in times]


def processor_seconds(process: int) -> float:
    """How long a process has computed so far (Linux; 0 elsewhere)."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
