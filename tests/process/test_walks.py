"""Random walks over the shipped diagrams: at least 300 cases, saved and loaded at every move.

Each move is checked against a book-keeping of its own (`Book`): tokens on sequence flows, moved only by
what the engine says was passed and by the conditions. A step that is lost, done twice or offered without a
token does not balance. All walks together take every flow and give every outcome.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from player import Player

from decision_engine import process
from decision_engine.process import Definition, Position
from decision_engine.process.diagram import Diagram, Element
from decision_engine.process.expressions import (
    Comparison,
    Literal,
    Membership,
    Truth,
    Variable,
    parse,
    parse_variable,
)

BPMN = Path(__file__).parents[2] / "bpmn"
WALKS, MOST_WALKS = 300, 1000  # go on beyond the first only while a way has not been taken
LONGEST = 250  # moves of one walk; a walk that still goes on then waits properly
CLOSING = {
    "NOT_START",
    "OUT_OF_SCOPE",
    "TRANSFER",
    "TERMINATE",
    "REJECT",
    "REFUSED",
}  # mostly avoided, to come far
OUTCOMES = {  # every value the law distinguishes (contract.md)
    "decide_initiation": {"START", "NOT_START"},
    "check_review_package": {"COMPLETE", "RETURN", "SUPPLEMENT"},
    "determine_risk": {"CONTROLLABLE", "UNCONTROLLABLE"},
    "issue_legality_opinion": {
        "LEGAL",
        "LEGAL_AFTER_REVISION",
        "PROCEDURE_INCOMPLETE",
        "NO_AUTHORITY",
        "ILLEGAL",
        "EXPLORATORY_RISK_STATED",
        "OUT_OF_SCOPE",
    },
    "principal_decides": {"APPROVE", "REJECT", "AMEND", "DEFER", "REDISCUSS"},
    "decide_evaluation_outcome": {"CONTINUE", "ADJUST_MINOR", "ADJUST_MAJOR", "SUSPEND", "TERMINATE"},
}


class Book:
    """Tokens on sequence flows, moved by what the engine reports and checked against what it offers."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.tokens: Counter[str] = Counter()
        self.begun: Counter[str] = Counter({diagram.main: 1})  # scopes whose start event is still to come
        self.answers: dict[str, dict[str, Any]] = {}
        self.used: Counter[str] = Counter()  # flows, over the whole walk

    def follow(self, position: Position) -> None:
        """Move the tokens as *position* reports and hold the result against what it offers."""
        for name in position.passed:
            self._pass(self.diagram.elements[name])
        self._balance(position)

    def _pass(self, element: Element) -> None:
        if element.kind == "startEvent":
            assert self.begun[element.scope], f"{element.id} began without a token"
            self.begun[element.scope] -= 1
        elif element.kind == "boundaryEvent":
            host = self.diagram.elements[element.attached_to or ""]
            assert self._at(host), f"{element.id} happened to an activity that does not run"
            if element.interrupting:
                self._take(host)
                self._empty(host)
        else:
            if element.kind in ("callActivity", "subProcess"):
                assert not self._inside(element), f"{element.id} ended with tokens inside"
            self._take(element)
        for flow in self._ways(element):
            self.tokens[flow] += 1
            self.used[flow] += 1
            target = self.diagram.elements[self.diagram.flows[flow].target]
            if target.kind in ("callActivity", "subProcess"):
                self.begun[target.called or target.id] += 1

    def _take(self, element: Element) -> None:
        full = [flow for flow in element.incoming if self.tokens[flow]]
        assert full, f"{element.id} was passed without a token"
        if element.kind == "parallelGateway":
            assert full == list(element.incoming), f"{element.id} fired before every branch was there"
        elif element.kind != "inclusiveGateway":
            full = full[:1]
        for flow in full:
            self.tokens[flow] -= 1

    def _ways(self, element: Element) -> tuple[str, ...]:
        if element.kind not in ("exclusiveGateway", "inclusiveGateway") or len(element.outgoing) == 1:
            return element.outgoing
        true = [
            flow
            for flow in element.outgoing
            if flow != element.default
            and parse(self.diagram.flows[flow].condition or "").holds(
                lambda step, field: self.answers.get(step or "", {}).get(field)
            )
        ]
        chosen = true or [flow for flow in element.outgoing if flow == element.default]
        assert chosen, f"no way on from {element.id}"
        return tuple(chosen[:1] if element.kind == "exclusiveGateway" else chosen)

    def _at(self, element: Element) -> int:
        return sum(self.tokens[flow] for flow in element.incoming)

    def _inside(self, activity: Element) -> int:
        scope = activity.called or activity.id
        return self.begun[scope] + sum(self._at(element) for element in self.diagram.inside(scope))

    def _empty(self, activity: Element) -> None:
        if activity.kind not in ("callActivity", "subProcess"):
            return
        for element in self.diagram.inside(activity.called or activity.id):
            self._empty(element)
            for flow in element.incoming:
                self.tokens[flow] = 0

    def _balance(self, position: Position) -> None:
        offered = Counter(ready.element for ready in position.ready)
        waiting = Counter(timer.element for timer in position.timers)
        assert +self.begun == Counter(), "a scope was begun and its start event never passed"
        for element in self.diagram.elements.values():
            here = self._at(element)
            if element.loop is not None:
                assert (offered[element.id] > 0) == (here > 0), f"{element.id} is lost or offered for nothing"
            elif element.kind in ("userTask", "manualTask", "task"):
                assert offered[element.id] == here, f"{element.id} is lost or offered twice"
            elif element.kind == "intermediateCatchEvent":
                assert waiting[element.id] == here, f"{element.id} is lost or waits twice"
            elif element.kind not in ("parallelGateway", "inclusiveGateway", "callActivity", "subProcess"):
                assert not here, f"a token is stuck before {element.id}"
        ids = [ready.id for ready in position.ready] + [timer.id for timer in position.timers]
        assert len(ids) == len(set(ids))
        assert position.ended == (not +self.tokens), "ended with tokens left, or not ended without any"
        assert position.ended or position.ready or position.timers, "nobody can ever go on"


@pytest.fixture(scope="module")
def shipped() -> Definition:
    files = {file.name: file.read_bytes() for file in sorted(BPMN.glob("*.bpmn"))}
    return process.compile_definition(process.read(files))


def choices(diagram: Diagram) -> dict[tuple[str, str], list[Any]]:
    """Return, for every field that a diagram reads, the values it tells apart."""
    found: dict[tuple[str, str], dict[Any, None]] = {}
    for flow in diagram.flows.values():
        if flow.condition is not None:
            for variable, value in _told_apart(parse(flow.condition).condition):
                found.setdefault((variable.step or "", variable.field), {})[value] = None
    for element in diagram.elements.values():
        if element.loop is not None and element.loop.collection is not None:
            variable = parse_variable(element.loop.collection)
            found[variable.step or "", variable.field] = dict.fromkeys(
                [(), ("wang",), ("wang", "li", "zhao")]
            )
    return {key: list(values) for key, values in found.items()}


def _told_apart(condition: Any) -> list[tuple[Variable, Any]]:
    match condition:
        case Comparison(Variable() as variable, _, Literal(value)):
            return [(variable, other) for other in ((True, False) if isinstance(value, bool) else (value,))]
        case Membership(Variable() as variable, items):
            return [(variable, item.value) for item in items]
        case Truth(Variable() as variable):
            return [(variable, True), (variable, False)]
    parts = getattr(condition, "parts", None) or (condition.part,)
    return [pair for part in parts for pair in _told_apart(part)]


class Walker:
    """Chooses what happens next, with a liking for what has happened least."""

    def __init__(self, definition: Definition, seed: int) -> None:
        self.definition = definition
        self.random = Random(seed)
        self.choices = choices(definition.diagram)
        self.given: Counter[tuple[str, str, Any]] = Counter()
        self.elapsed: Counter[str] = Counter()
        self.flows: Counter[str] = Counter()
        self.patience = 0.0
        self.moves = 0
        self.largest = 0
        self.ended = 0

    def walk(self) -> None:
        case, book = Player(self.definition), Book(self.definition.diagram)
        self.patience = self.random.choice((0.0, 0.9, 0.97))
        book.follow(case.position)
        for _ in range(LONGEST):
            if case.ended:
                self.ended += 1
                break
            self._move(case, book)
            self.largest = max(self.largest, len(case.position.state))
            book.follow(case.position)
        self.moves += len(case.trail)
        self.flows += book.used

    def _move(self, case: Player, book: Book) -> None:
        position = case.position
        if position.timers and (not position.ready or self.random.random() < 0.1):
            timer = self.random.choice(position.timers)
            self.elapsed[timer.element] += 1
            case.move(process.elapse(self.definition, position.state, timer.id))
            return
        if position.awaits and self.random.random() < 0.05:
            case.move(process.signal(self.definition, position.state, position.awaits[0]))
            return
        ready = self.random.choice(position.ready)
        answers = {
            field: self._choose(step, field)
            for step, field in sorted(self.definition.reads)
            if step == ready.step
        }
        if ready.step is not None:
            book.answers[ready.step] = answers
        case.move(process.complete(self.definition, position.state, ready.id, answers))

    def _choose(self, step: str, field: str) -> Any:
        values = self.choices[step, field]
        if self.random.random() < self.patience:
            values = [value for value in values if value not in CLOSING]
        if self.random.random() < 0.5:
            value = min(values, key=lambda value: (self.given[step, field, value], self.random.random()))
        else:
            value = self.random.choice(values)
        self.given[step, field, value] += 1
        return list(value) if isinstance(value, tuple) else value


def test_random_walks_balance_and_take_every_way(shipped: Definition, record_property: Any) -> None:
    walker = Walker(shipped, seed=713)
    diagram, walks = shipped.diagram, 0
    while walks < WALKS or (set(diagram.flows) - set(walker.flows) and walks < MOST_WALKS):
        walker.walk()
        walks += 1
    missed = sorted(set(diagram.flows) - set(walker.flows))
    record_property("walks", walks)
    record_property("elements passed", walker.moves)
    print(
        f"\n{walks} walks, {walker.ended} ended, {walker.moves} elements passed, "
        f"{len(diagram.flows) - len(missed)} of {len(diagram.flows)} flows taken, "
        f"largest state {walker.largest} bytes"
    )
    assert not missed, "flows that no walk took"
    assert not [key for key, values in walker.choices.items() for v in values if not walker.given[(*key, v)]]
    for step, outcomes in OUTCOMES.items():
        assert outcomes <= {
            value for given, field, value in walker.given if (given, field) == (step, "outcome")
        }
    timers = {
        element.id
        for element in diagram.elements.values()
        if element.event is not None and element.event.kind == "timer"
    }
    assert set(walker.elapsed) == timers
    assert walker.ended > walks // 2
    assert walker.largest <= 6 * 1024


def test_the_book_notices_a_lost_and_a_doubled_step(shipped: Definition) -> None:
    """The walks prove something: the same book-keeping fails when the engine's report is falsified."""
    from dataclasses import replace

    position = process.start(shipped, {})
    with pytest.raises(AssertionError, match="lost or offered"):
        Book(shipped.diagram).follow(replace(position, ready=()))
    with pytest.raises(AssertionError, match="offered twice"):
        Book(shipped.diagram).follow(replace(position, ready=position.ready * 2))
    with pytest.raises(AssertionError, match="without a token"):
        Book(shipped.diagram).follow(
            replace(position, passed=(*position.passed, position.ready[0].element) * 2)
        )
