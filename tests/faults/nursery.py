"""A nursery of real processes: loads the house once, then forks services and workers that may be killed.

Starting Python anew for a thousand kills would take an hour; what is forked here is a process of its own all the
same (own connections, own threads, own death), running the very command the operator runs. Orders come as JSON lines
on standard input: `{"id": 1, "command": ["serve"], "environment": {...}}` starts one; its output goes to the file named
in `"output"`. Answers are JSON lines: `{"id": 1, "pid": 123}` and, when it ends, `{"pid": 123, "status": -9}`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from typing import Any

import decision_engine.__main__ as house_command
from decision_engine import crash, db, demo, process, work
from decision_engine.queries import definitions


def main() -> None:
    """Take orders until standard input ends; then end every child."""
    _warm_up()
    wakeup, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    alive: set[int] = set()
    left = b""
    while True:
        readable, _, _ = select.select([0, wakeup], [], [])
        if wakeup in readable:
            os.read(wakeup, 4096)
            _bury(alive)
        if 0 not in readable:
            continue
        more = os.read(0, 65536)
        if not more:
            break
        *orders, left = (left + more).split(b"\n")
        for order in orders:
            said = json.loads(order)
            pid = _start(said)
            alive.add(pid)
            _say({"id": said["id"], "pid": pid})
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


def _warm_up() -> None:
    """Load what a process would load at its first act, and compile the shipped procedure."""
    import waitress.server  # noqa: F401

    compiled = process.compile_definition(process.read(demo.shipped_diagrams()))
    definitions._compiled[compiled.hash] = compiled


def _bury(alive: set[int]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        alive.discard(pid)
        _say({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _start(said: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        output = os.open(said["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number in (1, 2):
            os.dup2(output, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(said["environment"])
        crash.arm(os.environ.get(crash.VARIABLE))
        if sabotage := os.environ.get("DECISION_ENGINE_SABOTAGE"):
            SABOTAGES[sabotage]()
        house_command.main(said["command"], standalone_mode=False)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        os._exit(status)
    return 0


def _commit_the_state_before_its_event() -> None:
    """For the control: a house (on SQLite) that does in two transactions what belongs in one."""
    record = work.Work.record

    def torn(self: work.Work, *said: Any, **about: Any) -> work.Receipt:
        self.session.flush()
        connection = self.session.connection()
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return record(self, *said, **about)

    work.Work.record = torn  # type: ignore[method-assign]


def _leave_the_server_to_itself() -> None:
    """For the control: a house that does not ask PostgreSQL to give up a service it no longer hears."""
    db._settle_postgresql = lambda *_: None


SABOTAGES = {"torn": _commit_the_state_before_its_event, "unheard": _leave_the_server_to_itself}


def _say(what: dict[str, Any]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
