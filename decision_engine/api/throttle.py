"""Limits for doors that open without sign-in: a bucket of tokens an address, refilled steadily.

In this process's memory only: several processes allow several times as much, which is enough against a flood.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from threading import Lock

from flask import current_app

from decision_engine.errors import TooManyAttempts
from decision_engine.language import Text


@dataclass(slots=True)
class Throttle:
    """At most *burst* at once from an address, then one every *seconds* seconds.

    *now* gives seconds that never run backwards; tests hand in their own. The *most* addresses used last are
    remembered, so memory stays bounded.
    """

    burst: int
    seconds: float
    now: Callable[[], float] = time.monotonic
    most: int = 10_000
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, address: str) -> None:
        """Take one token of *address*. Raises `TooManyAttempts`, knowing when to come again."""
        with self._lock:
            left = self._left(address)
            if left < 1:
                raise _too_many(self.seconds * (1 - left))
            self._keep(address, left - 1)

    def refuse_if_empty(self, address: str) -> None:
        """Refuse *address* when it has no token left, without taking one."""
        with self._lock:
            left = self._left(address)
        if left < 1:
            raise _too_many(self.seconds * (1 - left))

    def _left(self, address: str) -> float:
        left, at = self._buckets.get(address, (float(self.burst), self.now()))
        return min(float(self.burst), left + (self.now() - at) / self.seconds)

    def _keep(self, address: str, left: float) -> None:
        self._buckets[address] = (left, self.now())
        self._buckets.move_to_end(address)
        while len(self._buckets) > self.most:
            self._buckets.popitem(last=False)


def shipped() -> dict[str, Throttle]:
    """Return the limits the house comes with: comments of the public, and failed sign-ins.

    Generous, for a whole village may come from one address.
    """
    return {"comments": Throttle(burst=200, seconds=5), "sign-in": Throttle(burst=30, seconds=10)}


def throttle(name: str) -> Throttle:
    """Return the limit *name* of this application."""
    found: Throttle = current_app.extensions["throttles"][name]
    return found


def _too_many(wait: float) -> TooManyAttempts:
    seconds = max(1, ceil(wait))
    told = Text(
        f"提交过于频繁，请在 {seconds} 秒后再试。", f"Too many at once. Try again in {seconds} seconds."
    )
    return TooManyAttempts(told, retry_after=seconds)
