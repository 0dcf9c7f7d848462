"""Connections that do nothing are closed.

A server holds something for every connection, and a client may hold thousands of them open for the price of a few
bytes each: it begins a request and never ends it, or asks for much and never reads it (the "slowloris" of Hansen,
2009). uvicorn waits for both without end. Here a request's head must be there in time, and an answer must be taken.
(How long a body may take is settled in `safety`, where it can still be answered.) And of all connections, nobody has
more than a share: who opens too many is told when to come again.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from hellodl.web.limits import Connections, Shares

HEAD, TAKING = 15.0, 30.0  # seconds
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 62\r\n\r\n"
    b'{"error":"too many connections are open; try again in 5 s"}   '
)


class Patience(H11Protocol):
    """uvicorn's own protocol with two clocks."""

    def __init__(self, *arguments: Any, **keywords: Any):
        super().__init__(*arguments, **keywords)
        self._connections: Connections | None = getattr(self.config.app, "connections", None)
        self._who, self._places = "", list[Shares]()
        self._head: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock runs from the first moment."""
        super().connection_made(transport)
        address = transport.get_extra_info("peername")
        self._who = address[0] if isinstance(address, tuple) else ""
        self._places = self._connections.enter(self._who) if self._connections else []
        if self._connections and not self._places:
            transport.write(FULL)
            transport.close()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Whether that was a whole head or not is seen by whether there is something to answer now."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """After the answer, the next request's time begins."""
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and self._head is not None:
            self._head.cancel()
            self._head = None
        elif not answering and self._head is None:
            self._head = self.loop.call_later(HEAD, self.transport.abort)

    def pause_writing(self) -> None:
        """The client does not take what it asked for: it has some time to begin again."""
        super().pause_writing()
        if self._taking is None:
            self._taking = self.loop.call_later(TAKING, self.transport.abort)

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def connection_lost(self, exc: Exception | None) -> None:
        """No clock outlives its connection."""
        for clock in (self._head, self._taking):
            if clock is not None:
                clock.cancel()
        for shares in self._places:
            shares.give_back(self._who)
        self._places = []
        super().connection_lost(exc)
