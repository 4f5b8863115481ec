"""What one step of a case costs: load -> complete -> save, as a multiple of SpiffWorkflow's in-memory step.

Both engines run the same process (`model`) from start to end, round by round in turns, and each step's CPU
time (`thread_time`) is kept. SpiffWorkflow's own step is: answers into the task's data, `run()`,
`do_engine_steps()`; it neither loads nor saves. Ours is all of `complete`: bytes in, bytes out. Ours being
a pure function, the steps of a case that was never revised and of one revised 200 times are timed side by
side. A position is a window of steps; compared are the means, over the window, of each step's median.

The comparison with the token game is measured on the same steps, on the 44-element process and on a walk
through the shipped procedure: with it and without it, in turns. As it is a small part of a step, the lower
quartiles are compared: what else the machine does adds time, and never takes it away.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from random import Random
from statistics import mean, median, quantiles
from time import thread_time
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from bench import model
from decision_engine import process
from decision_engine.process.agreement import Agreement

ROUNDS, COMPARED = 40, 100
REVISIONS = 200
WINDOWS = {"early": slice(0, 9), "middle": slice(16, 25), "late": slice(31, 40)}  # of 40
MOST_RATIO, MOST_AFTER_REVISIONS, MOST_BYTES = 2.0, 1.2, 6 * 1024
MOST_COMPARING = 10.0  # % of a step
SHIPPED = Path(__file__).parent.parent / "bpmn"
WALK, SEED = 120, 713  # moves through the shipped procedure


Move = tuple[bytes, str, dict[str, Any]]
"""The state before, the task, the answers."""


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
    lines = measure() + measure_comparison()
    print("\nload -> complete -> save on the 44-element process")
    for line in lines:
        verdict = "ok" if line.is_met else "MISSED"
        budget = f"at most {line.most:<7g} {verdict}" if line.most < inf else "for comparison"
        print(f"  {line.what:<44} {line.figure:8.2f} {line.unit:<6} {budget}")
    return all(line.is_met for line in lines)


def measure() -> list[Line]:
    """Return the figures, SpiffWorkflow and ours interleaved round by round."""
    definition = process.compile_definition(process.read(model.files()))
    stock, never, often = stock_run(), moves(definition, 0), moves(definition, REVISIONS)
    if not len(stock()) == len(never) == len(often):
        raise AssertionError("the engines do not take the same steps")
    reference: list[list[float]] = []
    fresh: list[list[float]] = []
    revised: list[list[float]] = []
    gc.collect()
    gc.freeze()
    for number in range(ROUNDS):
        reference.append(stock())
        pair = [(fresh, never), (revised, often)]
        fresh.append([])
        revised.append([])
        for step in range(len(never)):
            for times, case in pair if (number + step) % 2 else reversed(pair):
                times[-1].append(seconds(definition, *case[step]))
    gc.unfreeze()
    lines = []
    for name, window in WINDOWS.items():
        base, ours, late = (_typical(runs, window) for runs in (reference, fresh, revised))
        lines += [
            Line(f"{name}: SpiffWorkflow in memory", base * 1e3, inf, "ms"),
            Line(f"{name}: ours", ours / base, MOST_RATIO, "x"),
            Line(f"{name}: ours after {REVISIONS} revisions", late / base, MOST_RATIO, "x"),
            Line(f"{name}: after {REVISIONS} revisions against none", late / ours, MOST_AFTER_REVISIONS, "x"),
        ]
    lines.append(Line("largest state", max(len(move[0]) for move in never + often), MOST_BYTES, "bytes"))
    return lines


def _typical(runs: list[list[float]], window: slice) -> float:
    return mean(median(times) for times in list(zip(*runs, strict=True))[window])


# -- the comparison with the token game -----------------------------------------------------------------


class _Off(Agreement):
    """No comparison: what was watched stays as it is."""

    def hold(self, kept: bytes, *_: Any) -> bytes:
        """Return *kept*."""
        return kept


def measure_comparison() -> list[Line]:
    """Return what the comparison costs, with and without it in turns."""
    shipped = process.compile_definition(
        process.read({file.name: file.read_bytes() for file in sorted(SHIPPED.glob("*.bpmn"))})
    )
    small = process.compile_definition(process.read(model.files()))
    lines = []
    for name, definition, found in (
        ("44 elements", small, moves(small, 0)),
        ("shipped procedure", shipped, walk(shipped)),
    ):
        without = replace(definition, agreement=_Off(definition.diagram))
        off, on = _in_turns(found, without, definition)
        anew = [replace(definition, agreement=Agreement(definition.diagram)) for _ in range(ROUNDS)]
        once = [[seconds(one, *move) for one in anew] for move in found]
        lines += [
            Line(f"comparison, {name}", (_quick(on) / _quick(off) - 1) * 100, MOST_COMPARING, "%"),
            Line(f"comparison, {name}: a way gone first", (_quick(once) / _quick(off) - 1) * 100, inf, "%"),
        ]
    return lines


def _in_turns(
    found: list[Move], first: process.Definition, second: process.Definition
) -> tuple[list[list[float]], list[list[float]]]:
    """Return each step's times with *first* and with *second*, round by round in turns."""
    times: tuple[list[list[float]], list[list[float]]] = ([[] for _ in found], [[] for _ in found])
    gc.collect()
    gc.freeze()
    for number in range(COMPARED):
        for step, move in enumerate(found):
            turns = [(times[0], first), (times[1], second)]
            for into, definition in turns if (number + step) % 2 else reversed(turns):
                into[step].append(seconds(definition, *move))
    gc.unfreeze()
    return times


def _quick(times: list[list[float]]) -> float:
    return mean(quantiles(one, n=4)[0] for one in times)


def walk(definition: process.Definition) -> list[Move]:
    """Return the completions of one random walk through *definition*, always the same."""
    random, values = Random(SEED), model.told_apart(definition.diagram)
    position, found = process.start(definition, {}), list[Move]()
    while len(found) < WALK:
        if position.ended:
            position = process.start(definition, {})
        if not position.ready:
            position = process.elapse(definition, position.state, position.timers[0].id)
            continue
        ready = random.choice(position.ready)
        said = {field: random.choice(some) for (step, field), some in values.items() if step == ready.step}
        found.append((position.state, ready.id, said))
        position = process.complete(definition, position.state, ready.id, said)
    return found


# -- playing --------------------------------------------------------------------------------------------


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


def moves(definition: process.Definition, revisions: int) -> list[Move]:
    """Play one case, revised so often, and return its moves: the state before, the task, the answers.

    The rounds before the last one are left out, so any number of revisions leaves the same steps.
    """
    position, found = process.start(definition, {}), list[Move]()
    while not position.ended:
        if not position.ready:
            position = process.signal(definition, position.state, model.FILED)
            continue
        ready = position.ready[0]
        revise = ready.element == "t05" and revisions > 0
        said = model.answers(ready.element, approve=not revise)
        if revise:
            revisions -= 1
            del found[3:]  # back to t04
        else:
            found.append((position.state, ready.id, said))
        position = process.complete(definition, position.state, ready.id, said)
    return found


def seconds(definition: process.Definition, state: bytes, ready: str, said: dict[str, Any]) -> float:
    """Return the CPU time of one step."""
    began = thread_time()
    process.complete(definition, state, ready, said)
    return thread_time() - began
