"""A process dies where it was told to, at the passage it was told, and nowhere without an order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from decision_engine import crash

THREE = """
from decision_engine.crash import crash_point
for number in range(3):
    print(number, flush=True)
    crash_point("here")
    crash_point("there")
"""


def _run(order: str | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != crash.VARIABLE}
    if order is not None:
        environment[crash.VARIABLE] = order
    return subprocess.run(
        [sys.executable, "-c", THREE], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("order", "printed", "status"),
    [
        (None, "012", 0),
        ("here:1", "0", -signal.SIGKILL),
        ("there:2", "01", -signal.SIGKILL),
        ("here:4", "012", 0),
        ("elsewhere:1", "012", 0),
    ],
)
def test_a_process_dies_at_the_point_and_passage_it_was_told(order: str | None, printed: str, status: int):
    """Killed outright: the status is the signal's."""
    done = _run(order)
    assert ("".join(done.stdout.split()), done.returncode) == (printed, status)


@pytest.mark.parametrize("order", ["here", "here:0", "here:x", ":1", "here:1:later", "here:-1", "here:²"])
def test_an_order_that_cannot_be_read_is_refused(order: str):
    """Else a campaign would run without any fault and call itself passed."""
    with pytest.raises(ValueError, match=crash.VARIABLE):
        crash.arm(order)
    assert "ValueError" in _run(order).stderr
