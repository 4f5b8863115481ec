"""What one step of a case costs: load -> complete -> save, as a multiple of SpiffWorkflow's in-memory step.

Both engines run the same process (`model`) from start to end in turns, and each step's CPU time
(`thread_time`) is kept. SpiffWorkflow's own step is: answers into the task's data, `run()`,
`do_engine_steps()`; it neither loads nor saves. Ours is all of `complete`: bytes in, bytes out. A position
is a window of steps; compared are the means, over the window, of each step's median over all runs.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from statistics import mean, median
from time import thread_time

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from bench import model
from decision_engine import process

RUNS = 40
REVISIONS = 200
WINDOWS = {"early": slice(0, 9), "middle": slice(16, 25), "late": slice(31, 40)}  # of 40
MOST_RATIO, MOST_AFTER_REVISIONS, MOST_BYTES = 2.0, 1.2, 6 * 1024


@dataclass(frozen=True)
class Line:
    """One measured figure and its budget."""

    what: str
    figure: float
    most: float
    unit: str

    @property
    def is_met(self) -> bool:
        return self.figure <= self.most


def main() -> bool:
    """Measure, print the table, and return whether every budget is met."""
    lines = measure()
    print("\nload -> complete -> save on the 44-element process")
    for line in lines:
        verdict = "ok" if line.is_met else "MISSED"
        budget = f"at most {line.most:<7g} {verdict}" if line.most < inf else "for comparison"
        print(f"  {line.what:<44} {line.figure:8.2f} {line.unit:<6} {budget}")
    return all(line.is_met for line in lines)


def measure() -> list[Line]:
    """Return the figures, SpiffWorkflow and ours interleaved run by run."""
    stock, ours = stock_run(), our_run()
    if not len(stock()) == len(ours(0)[0]) == len(ours(REVISIONS)[0]):  # also warms up
        raise AssertionError("the engines do not take the same steps")
    reference: list[list[float]] = []
    fresh: list[list[float]] = []
    revised: list[list[float]] = []
    sizes: list[int] = []
    gc.collect()
    gc.freeze()
    for _ in range(RUNS):
        stock()  # each engine runs once unmeasured, so that neither pays for the other's cold caches
        reference.append(stock())
        ours(0)
        times, size = ours(0)
        fresh.append(times)
        sizes.append(size)
        times, size = ours(REVISIONS)
        revised.append(times)
        sizes.append(size)
    gc.unfreeze()
    lines = []
    for name, window in WINDOWS.items():
        base = _typical(reference, window)
        lines.append(Line(f"{name}: SpiffWorkflow in memory", base * 1e3, inf, "ms"))
        lines.append(Line(f"{name}: ours", _typical(fresh, window) / base, MOST_RATIO, "x"))
        lines.append(
            Line(
                f"{name}: ours after {REVISIONS} revisions", _typical(revised, window) / base, MOST_RATIO, "x"
            )
        )
        lines.append(
            Line(
                f"{name}: after {REVISIONS} revisions against none",
                _typical(revised, window) / _typical(fresh, window),
                MOST_AFTER_REVISIONS,
                "x",
            )
        )
    lines.append(Line("largest state", max(sizes), MOST_BYTES, "bytes"))
    return lines


def _typical(runs: list[list[float]], window: slice) -> float:
    return mean(median(times) for times in list(zip(*runs, strict=True))[window])


def stock_run() -> Callable[[], list[float]]:
    """Return a function that plays one case on unchanged SpiffWorkflow and returns each step's seconds."""
    parser = BpmnParser()
    for xml in model.files(stock=True).values():
        parser.add_bpmn_str(xml)
    spec, specs = parser.get_spec(model.MAIN), parser.get_subprocess_specs(model.MAIN)

    def play() -> list[float]:
        workflow, times = BpmnWorkflow(spec, specs), []
        workflow.do_engine_steps()
        while not workflow.is_completed():
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            if task is None:
                workflow.catch(BpmnEvent(MessageEventDefinition(model.FILED), payload={}))
                workflow.do_engine_steps()
                continue
            name = task.task_spec.name.removesuffix(" [child]")
            said = model.answers(name)
            flat = {
                f"{name}_{field}": said[field]
                for field in ("people", "approved", "level", "passed")
                if field in said
            }
            began = thread_time()
            task.data.update(flat, **{f"r_{name}": said})
            task.run()
            workflow.do_engine_steps()
            times.append(thread_time() - began)
        return times

    return play


def our_run() -> Callable[[int], tuple[list[float], int]]:
    """Return a function that plays one case, revised so often; it returns each step's seconds and the size.

    Only the first round's and, after the revisions, the last round's steps are kept: as many as of a
    straight run, in the same positions.
    """
    definition = process.compile_definition(process.read(model.files()))

    def play(revisions: int) -> tuple[list[float], int]:
        position, times, size = process.start(definition, {}), [], 0
        while not position.ended:
            size = max(size, len(position.state))
            if not position.ready:
                position = process.signal(definition, position.state, model.FILED)
                continue
            ready = position.ready[0]
            if ready.element == "t05" and revisions:
                revisions -= 1
                del times[3:]  # the next round is kept instead
                position = process.complete(
                    definition, position.state, ready.id, model.answers("t05", approve=False)
                )
                continue
            said = model.answers(ready.element)
            began = thread_time()
            position = process.complete(definition, position.state, ready.id, said)
            times.append(thread_time() - began)
        return times, size

    return play
