"""Who is still there: a thread beside the work, through which ranks hear of one another.

A machine that lost its power says nothing, and MPI would wait for it until somebody comes by. So each rank tells the
first, once a second, that it lives, and the first tells all the others; whoever is not heard from for `PATIENCE`
seconds is lost. The first rank then saves what there is.
"""

from __future__ import annotations

import threading
import time
from typing import Any

BEAT = 1.0  # seconds from one sign of life to the next
PATIENCE = 20.0  # seconds without one
BYE = "bye"  # the last word of who is done; a beat says nothing


class Watch(threading.Thread):
    """Beats for a rank, and listens to the others: `lost` says in words who is gone, once somebody is.

    `comm` is a communicator of MPI that nobody else uses; `names` are those of the ranks, for the words.
    """

    def __init__(self, comm: Any, names: list[str]):
        super().__init__(name="watch", daemon=True)
        self.lost: str | None = None
        self._comm, self._names = comm, names
        self._peers = list(range(1, comm.size)) if comm.rank == 0 else [0]
        self._over = threading.Event()
        self._done: set[int] = set()  # those that said goodbye

    def run(self) -> None:
        """Beat and listen until it is over."""
        heard = dict.fromkeys(self._peers, time.monotonic())
        sent: dict[int, Any] = {}
        while not self._over.wait(BEAT / 4):
            now = time.monotonic()
            for peer in self._peers:
                before, request = sent.get(peer, (0.0, None))
                if now - before >= BEAT and (request is None or request.Test()):  # else it takes nothing more
                    sent[peer] = now, self._comm.isend(None, peer)
            for peer in self._listen():
                heard[peer] = now
            late = [peer for peer in self._peers if now - heard[peer] > PATIENCE and peer not in self._done]
            if late and not self.lost:
                self.lost = f"nothing was heard from {self._names[late[0]]} for {PATIENCE:.0f} s"
        for _, request in sent.values():
            request.Free() if self.lost else request.wait()

    def _listen(self) -> list[int]:
        """From whom something came."""
        came = []
        for peer in self._peers:
            while self._comm.iprobe(peer):
                came.append(peer)
                if self._comm.recv(source=peer) == BYE:
                    self._done.add(peer)
        return came

    def gone(self) -> str | None:
        """Who is not there any more, in words: lost, or done with all that it had to do."""
        early = f"{self._names[min(self._done)]} ended before the others" if self._done else None
        return self.lost or early

    def close(self) -> None:
        """The good end: all say goodbye to each other, and nobody leaves before; `lost` where that fails."""
        self._over.set()
        self.join()
        for peer in self._peers:
            self._comm.isend(BYE, peer)
        until = time.monotonic() + PATIENCE
        while not (self._done.issuperset(self._peers) or self.lost):
            if self._listen():
                until = time.monotonic() + PATIENCE
            elif time.monotonic() > until:
                self.lost = f"nothing was heard from {self._names[min(set(self._peers) - self._done)]}"
            time.sleep(1e-3)
