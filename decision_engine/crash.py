"""Points at which a process can be told to die, so that it can be seen what a death there leaves behind.

`DECISION_ENGINE_CRASH=name:n` makes the process kill itself (SIGKILL: nothing is flushed, nothing is tidied up) at
the n-th passage of the point *name*; `name:n:stop` makes it stand still instead (SIGSTOP), until somebody continues
it. Without the variable a passage costs one comparison. `tests/faults` finds every point by reading the source, so
a point is always a literal: `crash_point("work.before_commit")`.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from threading import Lock

VARIABLE = "DECISION_ENGINE_CRASH"


@dataclass(slots=True)
class _Armed:
    """Where to die: at the passage of *name* after *left* more of them, by *signal*."""

    name: str
    left: int
    signal: signal.Signals


_armed: _Armed | None = None
_lock = Lock()


def arm(order: str | None) -> None:
    """Take *order* (`name:n` or `name:n:stop`) for this process; None or nothing disarms it.

    Raises ValueError when it cannot be read.
    """
    global _armed  # noqa: PLW0603  one process dies once: this is its state
    if not order:
        _armed = None
        return
    name, _, rest = order.partition(":")
    number, _, how = rest.partition(":")
    if not name or not number.isascii() or not number.isdigit() or int(number) < 1 or how not in {"", "stop"}:
        raise ValueError(f"{VARIABLE}: {order!r} is not name:n or name:n:stop")
    _armed = _Armed(name, int(number), signal.SIGSTOP if how else signal.SIGKILL)


def crash_point(name: str) -> None:
    """Pass the point *name*; die here if the order says so."""
    if _armed is None or _armed.name != name:
        return
    with _lock:
        _armed.left -= 1
        reached = _armed.left == 0
    if reached:
        os.kill(os.getpid(), _armed.signal)


arm(os.environ.get(VARIABLE))
