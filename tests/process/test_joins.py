"""Joins in revise-and-review loops: every round waits for every branch, whatever the order was before.

The negative controls run the same story on SpiffWorkflow's own joins: alone, and as a fault switched on
in our engine. Both must fail, or the story proves nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from random import Random
from typing import Any

import pytest
from player import Player, deploy
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs import defaults as stock
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from bpmn import Process, document, timer
from decision_engine.errors import EngineDisagrees
from decision_engine.process import definition as building
from decision_engine.process import specs
from decision_engine.process import state as saving

ROUNDS = 4


class WrongJoin(AssertionError):
    """A join fired too early, too late, or twice."""


def revision_loop(kind: str, width: int, *, python: bool = False) -> Process:
    """Draw: draft, split into *width* branches, join, review, back to draft or on to the end."""
    p = Process(f"loop_{kind}_{width}_{python}")
    p.start()
    p.exclusive("again")
    p.task("draft", step="draft")
    p.node(f"{kind}Gateway", "split")
    p.node(f"{kind}Gateway", "join")
    p.chain("start", "again", "draft", "split")
    for number in range(width):
        p.task(f"b{number}")
        condition = f"b{number}" if python else f"draft.b{number}"
        p.flow("split", f"b{number}", condition if kind == "inclusive" else None)
        p.flow(f"b{number}", "join")
    p.task("review", step="review")
    p.exclusive("agreed", default="yes")
    p.end()
    p.chain("join", "review", "agreed")
    p.flow("agreed", "again", "revise" if python else "review.revise")
    p.flow("agreed", "end", id="yes")
    return p


def play(case: Any, kind: str, width: int, random: Random) -> None:
    """Play some rounds in random order; raises `WrongJoin` at the first wrong set of ready tasks."""

    def expect(*elements: str) -> None:
        if case.ready != sorted(elements):
            raise WrongJoin(f"{case.ready} instead of {sorted(elements)}")

    everyone = [f"b{number}" for number in range(width)]
    for number in range(ROUNDS):
        expect("draft")
        chosen = everyone if kind == "parallel" else random.sample(everyone, random.randint(1, width))
        case.do("draft", **{name: name in chosen for name in everyone})
        waiting = set(chosen)
        for name in random.sample(chosen, len(chosen)):
            expect(*waiting)
            case.do(name)
            waiting.remove(name)
        expect("review")
        case.do("review", revise=number < ROUNDS - 1)
    if not case.ended:
        raise WrongJoin("the case did not end")


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
@pytest.mark.parametrize("width", [2, 3, 5])
def test_joins_in_loops_wait_for_every_branch(kind: str, width: int) -> None:
    definition = deploy(revision_loop(kind, width))
    random = Random(width)
    for _ in range(60):
        play(Player(definition), kind, width, random)


class StockCase:
    """The same case on an unchanged SpiffWorkflow, in memory."""

    def __init__(self, spec: Any, specs: Any) -> None:
        self.workflow = BpmnWorkflow(spec, specs)
        self.workflow.do_engine_steps()

    def _tasks(self) -> dict[str, Any]:
        return {
            task.task_spec.name: task for task in self.workflow.get_tasks(state=TaskState.READY, manual=True)
        }

    @property
    def ready(self) -> list[str]:
        return sorted(self._tasks())

    @property
    def ended(self) -> bool:
        return bool(self.workflow.is_completed())

    def do(self, element: str, **answers: Any) -> None:
        task = self._tasks()[element]
        task.data.update(answers)
        task.run()
        self.workflow.do_engine_steps()


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_an_unchanged_spiffworkflow_fails_the_same_story(kind: str) -> None:
    parser = BpmnParser()
    drawn = revision_loop(kind, 2, python=True)
    parser.add_bpmn_str(document(drawn))
    spec, specs = parser.get_spec(drawn.id), parser.get_subprocess_specs(drawn.id)
    random, wrong = Random(1), 0
    for _ in range(40):
        try:
            play(StockCase(spec, specs), kind, 2, random)
        except WrongJoin:
            wrong += 1
    assert wrong > 5, "the stock joins are right: this story shows nothing"


class StockParallel(specs._Moves, stock.ParallelGateway):
    """SpiffWorkflow's own parallel join inside our engine."""

    incoming: tuple[str, ...] = ()

    def _update_hook(self, token: Any) -> Any:
        return UnstructuredJoin._update_hook(self, token)

    def _run_hook(self, token: Any) -> bool:
        UnstructuredJoin._run_hook(self, token)
        return super()._run_hook(token)


class StockInclusive(specs.Inclusive):
    """SpiffWorkflow's own inclusive join inside our engine."""

    def _update_hook(self, token: Any) -> Any:
        return UnstructuredJoin._update_hook(self, token)

    def _check_threshold_unstructured(self, token: Any) -> bool:
        return bool(stock.InclusiveGateway._check_threshold_unstructured(self, token))


def switch_on_stock_joins(monkeypatch: pytest.MonkeyPatch, *only: str) -> None:
    """Put SpiffWorkflow's joins into our engine (or *only* some), and keep the history they go by.

    Definitions are built anew, and forgotten afterwards.
    """
    monkeypatch.setattr(building, "_cache", OrderedDict())
    for kind, join in (("parallelGateway", StockParallel), ("inclusiveGateway", StockInclusive)):
        if not only or kind in only:
            monkeypatch.setitem(building._GATEWAYS, kind, join)
    monkeypatch.setattr(saving, "_rows", _every_row)


def _every_row(part: Any) -> list[list[Any]]:
    return [
        [token.id, token.task_spec.name, token.state, token._parent or 0, token.internal_data or None]
        for token in part.tasks.values()
        if token.id
    ]


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_stock_joins_switched_on_as_a_fault_are_caught(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on_stock_joins(monkeypatch)
    drawn = revision_loop(kind, 3)
    drawn.id += "_faulty"  # other bytes: not the definition that other tests compiled
    definition = deploy(drawn)
    random, wrong = Random(2), 0
    for _ in range(40):
        try:
            play(Player(definition), kind, 3, random)
        except (WrongJoin, AssertionError, EngineDisagrees):
            wrong += 1
    assert wrong > 5


def test_a_token_that_can_still_come_is_waited_for() -> None:
    """BPMN 2.0 13.4.3: the inclusive join looks upstream, beyond the branch that is empty now."""
    p = Process("upstream")
    p.chain(p.start(), p.inclusive("split"))
    p.flow("split", p.task("short"), "true")
    p.flow("split", p.task("first"), "true")
    p.chain("first", p.task("second"), p.inclusive("join"))
    p.chain("short", "join", p.task("after"), p.end())
    case = Player(deploy(p))
    case.do("short").do("first")
    assert case.ready == ["second"]
    case.do("second")
    assert case.ready == ["after"]


def test_a_branch_that_leaves_elsewhere_is_not_waited_for() -> None:
    p = Process("leaves")
    p.chain(p.start(), p.inclusive("split"))
    p.flow("split", p.task("a"), "true")
    p.flow("split", p.task("b", step="b"), "true")
    p.chain("a", p.inclusive("join"), p.task("after"), p.end())
    p.chain("b", p.exclusive("choose", default="out"))
    p.flow("choose", "join", "b.joins")
    p.flow("choose", p.end("elsewhere"), id="out")
    case = Player(deploy(p))
    case.do("a")
    assert case.ready == ["b"]
    case.do("b", joins=False)
    assert case.ready == ["after"]


def test_a_boundary_event_may_still_bring_a_token_to_an_inclusive_join() -> None:
    p = Process("by_boundary")
    p.chain(p.start(), p.inclusive("split"))
    p.flow("split", p.task("a"), "true")
    p.flow("split", p.task("b"), "true")
    p.chain("a", p.inclusive("join"), p.task("after"), p.end())
    p.chain("b", p.end("alone"))
    p.boundary("late", "b", timer("P3D"))
    p.chain("late", "join")
    assert Player(deploy(p)).do("a").ready == ["b"]
    assert Player(deploy(p)).do("a").elapse("late").ready == ["after"]
    assert Player(deploy(p)).do("a").do("b").ready == ["after"]


def test_two_flows_from_one_gateway_to_one_join_are_two_flows() -> None:
    p = Process("double")
    p.chain(p.start(), p.parallel("split"), p.parallel("join"), p.task("after"), p.end())
    p.flow("split", "join")
    case = Player(deploy(p))
    assert case.ready == ["after"]
    assert case.do("after").ended


def test_a_second_token_on_a_flow_stays_for_the_next_round() -> None:
    """BPMN 2.0 13.4.1: a parallel join takes one token of each flow, and what is more remains."""
    p = Process("excess")
    p.chain(p.start(), p.parallel("split"), p.task("one"), p.exclusive("merge"), p.parallel("join"))
    p.chain("split", p.task("two"), "merge")
    p.chain("split", p.task("other"), p.exclusive("again", default="round"))
    p.flow("again", p.task("extra"), "false")
    p.flow("again", "join", id="round")
    p.chain("extra", p.end("extra_end"))
    p.chain("join", p.task("after"), p.end())
    case = Player(deploy(p)).do("one").do("two")
    assert case.ready == ["other"]
    case.do("other").do("after")
    assert not case.ended, "the token left over is still there"
    assert case.ready == []


def test_parallel_branches_never_lose_each_others_answers() -> None:
    """Whatever order branches finish in, what each of them answered stands after the join."""
    p = Process("answers")
    p.chain(p.start(), p.parallel("split"), p.task("a", step="a"), p.parallel("join"))
    p.chain("split", p.task("b", step="b"), "join", p.exclusive("both", default="no"))
    p.flow("both", p.task("yes"), "a.said == 'A' and b.said == 'B'")
    p.flow("both", p.task("never"), id="no")
    p.chain("yes", p.exclusive("end_merge"), p.end())
    p.chain("never", "end_merge")
    for order in (("a", "b"), ("b", "a")):
        case = Player(deploy(p))
        for step in order:
            case.do(step, said=step.upper())
        assert case.ready == ["yes"]
