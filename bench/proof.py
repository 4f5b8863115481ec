"""How long a proof takes, reading included. Run: `python -m bench.proof`.

Times are of this process's CPU, the best of a few rounds. Exits 1 where a budget is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "process"))

from bpmn import Process, document, timer  # noqa: E402
from decision_engine import process, rules  # noqa: E402


def shipped() -> dict[str, bytes]:
    """Return the shipped deployment."""
    return {path.name: path.read_bytes() for path in sorted((ROOT / "bpmn").glob("*.bpmn"))}


def parallel(width: int = 12, length: int = 3) -> dict[str, bytes]:
    """Return one block of *width* parallel branches of *length* tasks."""
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.parallel("fork"))
    p.parallel("join")
    for n in range(width):
        p.chain("fork", *(p.task(f"t{n}_{k}", step=f"s{n}_{k}") for k in range(length)), "join")
    p.chain("join", p.end())
    return {"parallel.bpmn": document(p)}


def sequential(length: int = 4_000) -> dict[str, bytes]:
    """Return *length* elements in a row."""
    p = Process("p")
    p.chain(p.start(), *(p.task(f"t{n}") for n in range(length - 2)), p.end())
    return {"long.bpmn": document(p)}


def speakers_in_a_loop() -> dict[str, bytes]:
    """Return a multi-instance for nine people inside a loop."""
    p = Process("p")
    p.exclusive("again")
    p.exclusive("done", default="yes")
    p.chain(p.start(), "again", p.task("open", step="open"))
    p.chain("open", p.each("speak", "open.speakers", step="speak"), p.task("close", step="close"), "done")
    p.flow("done", "again", "close.again")
    p.flow("done", p.end(), id="yes")
    return {"loop.bpmn": document(p)}


def realistic(size: int = 500) -> dict[str, bytes]:
    """Return about *size* elements of every kind, put together at random (always the same)."""
    random, count = Random(7), 0
    p = Process("p", profile="major_decision")
    p.chain(p.start(), p.exclusive("v0"))
    last = "v0"

    def new(kind: str) -> str:
        nonlocal count
        count += 1
        return f"{kind}{count}"

    while count < size:
        task = p.task(new("t"), step=f"s{count}")
        p.chain(last, task)
        last = task
        match random.randrange(5):
            case 0:
                split, merge = p.exclusive(new("x"), default=f"d{count}"), p.exclusive(new("m"))
                p.chain(last, split)
                for number in range(2):
                    way = p.task(new("t"))
                    p.flow(split, way, f"{task}.go == {number}")
                    p.chain(way, merge)
                p.flow(split, merge, id=f"d{split.removeprefix('x')}")
                last = merge
            case 1:
                fork, join = p.parallel(new("f")), p.parallel(new("j"))
                p.chain(last, fork)
                for _ in range(3):
                    p.chain(fork, p.task(new("t")), p.task(new("t")), join)
                last = join
            case 2:
                merge = p.exclusive(new("m"))
                p.chain(p.boundary(new("b"), task, timer("P5D")), p.task(new("t")), merge)
                p.chain(last, merge)
                last = merge
            case 3:
                inside = Process(new("i"))
                inside.chain(inside.start(new("s")), inside.task(new("t")), inside.end(new("e")))
                p.chain(last, p.sub(new("u"), inside))
                last = f"u{count}"
    p.chain(last, p.end("end"))
    return {"realistic.bpmn": document(p)}


def best(work: Callable[[], object], rounds: int) -> float:
    """Return the best CPU time of *rounds*, in milliseconds."""
    times = []
    for _ in range(rounds):
        begun = process_time()
        work()
        times.append((process_time() - begun) * 1000)
    return min(times)


def proof(files: dict[str, bytes], rounds: int = 5) -> float:
    """Return the milliseconds to read and prove *files*."""
    return best(lambda: process.check(files, rules.STATUTES), rounds)


def main() -> bool:
    """Print every figure beside its budget; return whether all are met."""
    cases = (
        ("shipped procedure with its called processes", shipped(), 100.0, 7),
        ("12 x 3 parallel", parallel(), 500.0, 5),
        ("nine people in a loop", speakers_in_a_loop(), 500.0, 5),
        ("500 elements, realistic", realistic(), 500.0, 3),
        ("4,000 elements in a row", sequential(), 2_000.0, 2),
    )
    missed = 0
    for name, files, budget, rounds in cases:
        taken = proof(files, rounds)
        missed += taken > budget
        print(
            f"{name:45} {taken:8.1f} ms   budget {budget:7.0f} ms   {'ok' if taken <= budget else 'MISSED'}"
        )
    return not missed


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
