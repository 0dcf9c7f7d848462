"""Who may ask, and how much: one layer around the whole server.

A server on localhost is open to every page that the same browser shows, and such pages may belong to anybody.
Four things keep them out:

- The Host header must name this machine. Otherwise a stranger's page could have its own name point here (DNS
  rebinding: Jackson et al., "Protecting browsers from DNS rebinding attacks", 2007) and would count as this page.
- A request that says where it comes from (Origin, Sec-Fetch-Site) must come from this page.
- Whatever changes something needs a header that a form on another page cannot send.
- What is sent out runs no script but our own, and is shown in no frame (Content-Security-Policy).

In a network (`--lan`) other people can reach the server as well; there the page's address has a token that opens the
door once, and leaves a cookie.

Besides, a body may be only so large, must keep coming, and all of those that are here at once must fit.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from fastapi import HTTPException
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hellodl.web.answers import refusal
from hellodl.web.limits import Connections, Shares, asking, later

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
BODY = 2**20  # bytes, where `accepted.BODIES` says nothing else
SECONDS, PACE = 10.0, 250_000  # for a body to come, and the bytes for each of which there is a second more
ARRIVED = 400_000_000  # bytes of bodies that may be here at once

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

# The door must be opened from a page of ours: a cookie that is SameSite=Strict does not go along with a redirect
# where the way here began on somebody else's page (in a mail, say).
WELCOME = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/"><title>hellodl</title>'
    '<p><a href="/">hellodl</a></p>'
)


@dataclass
class Door:
    """What a network's visitors need: a token that opens once, and the cookie that it is exchanged for.

    `announce` is told each new token, the first one too.
    """

    announce: Callable[[str], None]
    cookie: str = "hellodl"
    token: str = ""
    _key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """A new token for the next visitor."""
        self.token = secrets.token_urlsafe(24)
        self.announce(self.token)

    def knows(self, headers: Headers) -> bool:
        """Whether these headers have the cookie."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return found is not None and same(found.value, self._key)

    def opened(self, query: str) -> Response | None:
        """The answer to who has the token: a cookie, and the way to the page. None for all others."""
        given = parse_qs(query).get("token", [""])[0]
        if not same(given, self.token):
            return None
        self.renew()
        answer = HTMLResponse(WELCOME, headers={"Cache-Control": "no-store"})
        answer.set_cookie(self.cookie, self._key, httponly=True, samesite="strict", path="/")
        return answer


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


class Guard:
    """The layer itself. `names` are the host names of this machine beside localhost, `door` is for networks."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: frozenset[str] = frozenset(),
        door: Door | None = None,
        bodies: Mapping[str, int] | None = None,
    ):
        self.app, self.names, self.door = app, names, door
        self.bodies = bodies or {}
        self.arrived, self.connections = Shares(ARRIVED), Connections(door is not None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or hand it on with its limits."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there is nothing here that speaks over WebSockets
            await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        who = (scope.get("client") or ("",))[0]
        asking.set(who)
        answer = self.answer_at_the_door(scope, headers)
        if answer is not None:
            await answer(scope, receive, guarded)
            return
        self.connections.trust(who)
        most = self.bodies.get(scope["path"], BODY)
        body = Body(receive, headers.get("content-length"), most, self.arrived, who)
        try:
            await self.app(scope, body.piece, guarded)
        finally:
            body.forget()

    def answer_at_the_door(self, scope: Scope, headers: Headers) -> Response | None:
        """A refusal, or the welcome of `Door`; None for who may go in."""
        host = headers.get("host", "")
        if not self.is_ours(host):
            return refusal(403, "this address is not one of this machine; open the page as hellodl printed it")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return refusal(403, "this request comes from another page; open the page as hellodl printed it")
        asks = scope["method"] in ("GET", "HEAD")
        elsewhere = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        if elsewhere and (not asks or scope["path"].startswith("/api/")):
            return refusal(403, "this request comes from another site; open the page as hellodl printed it")
        if not asks and headers.get("x-hellodl") != "1":
            return refusal(403, "requests that change something need the header X-Hellodl: 1")
        if self.door is not None and not self.door.knows(headers):
            query = scope["query_string"].decode("latin-1")
            opened = self.door.opened(query) if asks and scope["path"] == "/" else None
            return opened or refusal(
                403,
                "this page is for those who have its address with the token, and each opens once; "
                "take the newest that hellodl printed",
            )
        return None

    def is_ours(self, host: str) -> bool:
        """Whether a Host header means this machine: any port, for it may have been forwarded to another one."""
        found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:/?#@\s]+))(?::\d{1,5})?", host)
        if found is None:
            return False
        name = (found[1] or found[2]).lower().rstrip(".")
        if name in LOOPBACK or name in self.names:
            return True
        # In a network the machine has addresses that it may not know of. A number is nobody's name: it cannot be
        # made to point elsewhere.
        return self.door is not None and is_address(name)


def is_address(name: str) -> bool:
    """Whether a host's name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Body:
    """A request's body of so many bytes at `most`, which must keep coming, and is part of what may be here at once."""

    def __init__(self, receive: Receive, length: str | None, most: int, shares: Shares, who: str):
        self.receive, self.most, self.shares, self.who = receive, most, shares, who
        self.too_long = length is not None and length.isdecimal() and int(length) > most
        self.arrived = self.held = 0
        self.complete = False
        self.began = asyncio.get_running_loop().time()

    async def piece(self) -> Message:
        """The next piece. Raises HTTPException: 413 where it is too large, 408 too slow, 503 too much just now."""
        if self.complete:  # what comes now is that the client leaves, whenever that is
            return await self.receive()
        if self.too_long:
            raise self._too_large()
        deadline = self.began + SECONDS + self.arrived / PACE
        try:
            async with asyncio.timeout_at(deadline):
                message = await self.receive()
        except TimeoutError:
            raise HTTPException(408, "this came too slowly; send it again", {"Connection": "close"}) from None
        size = len(message.get("body", b""))
        self.arrived += size
        if self.arrived > self.most:
            raise self._too_large()
        if size and not self.shares.take(self.who, size):
            raise later("too much is being sent just now", 5)
        self.held += size
        self.complete = not message.get("more_body", False)
        return message

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"that is too large; at most {self.most / 1e6:.0f} MB fit")

    def forget(self) -> None:
        """It was answered."""
        self.shares.give_back(self.who, self.held)
