"""Kills services at named points, again and again, while clients act and ask again; then counts what is wrong."""

from __future__ import annotations

import ast
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.checker import Found
from tests.faults.harness import PATIENCE, ROOT, Client, Died, Nursery, Running, Town
from tests.faults.history import History

ENOUGH = 12
"""Acts of a client after which a point that was not passed is given up for this time."""

KINDS = {
    "task.claimed": ["claim"],
    "task": ["complete"],
    "flow": ["complete"],
    "refusal": ["refused"],
    "case": ["open_case"],
    "comment": ["comment"],
    "document": ["upload"],
    "session": ["sign_in"],
    "definition": ["propose"],
    "job": ["wait"],
    "worker": ["wait"],
}
"""Which acts lead past a point, by its name or the part before the dot; others are passed by all acts."""
BACKGROUND = {"job", "worker", "sequencer", "notary"}
ALL = ["complete", "upload", "wait", "complete", "comment", "refused", "open_case", "claim", "propose"]


def points() -> list[str]:
    """Return every crash point of the house, as its source names them."""
    found = set()
    for path in (ROOT / "decision_engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "crash_point":
                assert isinstance(node.args[0], ast.Constant), f"{path}: a crash point has a literal name"
                found.add(node.args[0].value)
    return sorted(found)


@dataclass
class Report:
    """What a campaign did and found."""

    killed: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    told: dict[str, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        """Say it in a line."""
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(self.told.items()))
        missed = f", not reached: {dict(self.missed)}" if self.missed else ""
        return (
            f"{self.killed.total()} kills at {len(self.killed)} points in {self.seconds:.0f} s; {told}; "
            f"{len(self.found)} findings{missed}"
        )


def campaign(
    town: Town, nursery: Nursery, folder: Path, orders: list[str], *, seed: int, clients: int = 2, **more: str
) -> Report:
    """Kill a service of *town* once at each of *orders* (a point, or `` for any moment), one after the other."""
    began, report, rng = time.monotonic(), Report(), random.Random(seed)
    history = History(folder / "history.jsonl")
    try:
        people = [Client(town, history, seed + number) for number in range(clients)]
        for point in orders:
            if _one(town, nursery, people, point, rng, **more):
                report.killed[point or "any moment"] += 1
            else:
                report.missed[point] += 1
        _settle(town, nursery, people, whole="SABOTAGE" not in more)
    finally:
        history.close()
    report.told = history.told
    report.found = [*town.check(folder / "history.jsonl"), *timers_that_did_not_fire_once(town)]
    report.seconds = time.monotonic() - began
    return report


def _one(
    town: Town, nursery: Nursery, people: list[Client], point: str, rng: random.Random, **more: str
) -> bool:
    """Start a service that dies at *point*, act until it does, and return whether it did."""
    if point.startswith("worker.gave"):
        _poison_again(town)
    background = point.partition(".")[0] in BACKGROUND
    passage = 1 if background else rng.randint(1, 3)
    running = nursery.start(town, "serve", crash=f"{point}:{passage}" if point else "", **more)
    try:
        port = running.port()
    except Died:
        return True
    kinds = KINDS.get(point) or KINDS.get(point.partition(".")[0]) or ALL
    whole: list[bool] = []
    threads = [
        threading.Thread(target=lambda one=one: whole.append(one.work(port, kinds, ENOUGH))) for one in people
    ]
    for thread in threads:
        thread.start()
    if not point:
        running.ended.wait(rng.uniform(0.0, 0.25))
        running.kill()
    for thread in threads:
        thread.join()
    # The clock and the sequencer pass in their own time; a client that was cut off saw the death itself.
    died = running.ended.wait(PATIENCE if background or not all(whole) else 0.2)
    running.kill()
    running.wait()
    return died


ASKED_AGAIN = 5
"""How often a client asks for an outcome it does not know, of a service that may be busy."""


def _poison_again(town: Town) -> None:
    town.change(
        "UPDATE job SET state = 'PENDING', attempts = 0, lease_until = NULL, due_at = '2026-03-01 00:00:00' "
        f"WHERE case_id = '{town.poisoned}'"
    )


def _settle(town: Town, nursery: Nursery, people: list[Client], *, whole: bool) -> None:
    """Let everybody ask again what they do not know, and let every timer fire that is due.

    A house that is not *whole* (the control's) may be too torn to answer; what stays unknown is no acknowledged act.
    """
    town.change("UPDATE job SET lease_until = '2026-03-01 00:00:00' WHERE state = 'LEASED'")
    running = nursery.start(town, "serve")
    port = running.port()
    for one in people:
        known = any(one.settle(port) for _ in range(ASKED_AGAIN))
        assert known or not whole, "a service nobody killed did not answer"
    if whole:  # in a torn house a timer may never find its case again
        _until_fired(town, running)
    running.kill()
    running.wait()


def _until_fired(town: Town, running: Running) -> None:
    waiting = (
        "SELECT count(*) FROM job WHERE state IN ('PENDING', 'LEASED') AND element = 'pause' "
        f"AND case_id <> '{town.poisoned}'"
    )
    ends = time.monotonic() + 60
    while town.rows(waiting) != [(0,)]:
        assert time.monotonic() < ends, running.told()
        assert not running.ended.wait(0.05), running.told()


def timers_that_did_not_fire_once(town: Town) -> list[Found]:
    """Return every waiting case whose timer did not fire exactly once."""
    rows = town.rows(
        "SELECT c.id, count(e.id) FROM decision_case c JOIN definition d ON d.hash = c.definition_hash "
        "LEFT JOIN event e ON e.chain = c.id AND e.kind = 'timer.fired' WHERE d.process = 'wait' GROUP BY c.id"
    )
    return [
        Found("double" if count > 1 else "lost", f"timer of {case}: fired {count} times")
        for case, count in rows
        if count != 1 and case != town.poisoned
    ]
