"""How much anybody gets of what there is: the one place that limits.

Connections, bytes that wait to be looked at, seats at a desk: of each there are so many, and whoever asks may hold
no more than half of what all others leave. One who takes everything gets half; the next one still gets a quarter, and
somebody who comes for the first time finds a place. Who asks is told by the address that a request comes from, and on a
network those without the page's token have only a part between all of them (see `patience`).
"""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar

from fastapi import HTTPException

CONNECTIONS = 512

asking: ContextVar[str] = ContextVar("asking", default="")  # the address from which the present request comes


class Shares:
    """So many of something."""

    def __init__(self, count: int):
        self.count = count
        self.held: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are held by all."""
        return self.held.total()

    def take(self, who: str, amount: int = 1) -> bool:
        """Give so many to somebody; False, and nothing, where that would be too much."""
        if not self.has_room(who, amount):
            return False
        self.held[who] += amount
        return True

    def has_room(self, who: str, amount: int = 1) -> bool:
        """Whether somebody can have so many more."""
        mine = self.held[who]
        return 2 * (mine + amount) <= self.count - (self.taken - mine) + 1

    def give_back(self, who: str, amount: int = 1) -> None:
        """Somebody needs so many no more."""
        self.held[who] -= amount
        if self.held[who] <= 0:
            del self.held[who]


class Connections:
    """Who is connected. On a network, those who never showed the page's cookie share a part of it."""

    def __init__(self, network: bool):
        self.network = network
        self.all, self.strangers = Shares(CONNECTIONS), Shares(CONNECTIONS // 4)
        self.trusted: dict[str, None] = {}

    def trust(self, who: str) -> None:
        """A request from this address had all that it takes."""
        if self.network:
            self.trusted[who] = self.trusted.pop(who, None)
            if len(self.trusted) > CONNECTIONS:
                del self.trusted[next(iter(self.trusted))]

    def enter(self, who: str) -> list[Shares]:
        """What a new connection takes, to be given back in the end; nothing where it must not stay."""
        stranger = self.network and who not in self.trusted
        taken: list[Shares] = []
        for shares in [self.strangers, self.all] if stranger else [self.all]:
            if not shares.take(who):
                for other in taken:
                    other.give_back(who)
                return []
            taken.append(shares)
        return taken


def later(message: str, seconds: float) -> HTTPException:
    """503, with the time after which it may go better."""
    wait = max(1, round(seconds))
    return HTTPException(503, f"{message}; try again in {wait} s", {"Retry-After": str(wait)})
