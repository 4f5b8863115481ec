"""Where time comes from: read once per act, then handed on.

`SystemClock` is the only place of the house that asks the machine for the time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Anything that knows the present moment (aware, UTC)."""

    def now(self) -> datetime:
        """Return the present moment."""
        ...


class SystemClock:
    """The machine's clock, cut to milliseconds (the log's resolution)."""

    def now(self) -> datetime:
        """Return the present moment."""
        return milliseconds(datetime.now(UTC))


class MovableClock:
    """A clock that stands until it is moved; demonstrations and tests tell their stories with it."""

    def __init__(self, moment: datetime) -> None:
        self._moment = milliseconds(moment.astimezone(UTC))
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the moment last set, one millisecond later at each reading, so that acts keep an order."""
        with self._lock:
            self._moment += timedelta(milliseconds=1)
            return self._moment

    def move_to(self, moment: datetime) -> None:
        """Set the clock to *moment*, backwards too."""
        with self._lock:
            self._moment = milliseconds(moment.astimezone(UTC))


def milliseconds(moment: datetime) -> datetime:
    """Return *moment* cut to whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
