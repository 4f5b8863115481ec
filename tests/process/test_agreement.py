"""The engine and the token game agree, step by step, on random sound diagrams and random answers.

Blocks are nested at random: sequences, choices, loops, inclusive and parallel parts, event gateways,
boundary events (also such as happen again while their branch runs), signals, terminating ends,
sub-processes, multi-instances. Every move goes through saved bytes, and is compared twice: by the runner,
and here by a watch that remembers nothing. `make faults` tries 5,000 diagrams. With SpiffWorkflow's own
joins in the engine, or with hasty ones (which fire on the first token), the same walks must fail within 200.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from test_joins import switch_on_stock_joins

from bpmn import Process, document, message, multi_instance, signal, timer
from decision_engine import process
from decision_engine.errors import DecisionEngineError, EngineDisagrees
from decision_engine.process import soundness, specs, watch
from decision_engine.process.runner import Position

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
DIAGRAMS, PARTS = (5_000, 50) if CAMPAIGN else (150, 3)
MOVES = 100
WITHIN = 200  # diagrams, for a fault to show


class Drawing:
    """One random diagram: a block is drawn between two existing nodes."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.count = 0
        self.called: list[Process] = []
        self.signals: list[str] = []

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def whole(self) -> list[Process]:
        main = Process("main")
        main.chain(main.start("begin"), main.exclusive("first"))
        main.chain(self._loop(main, self.block(main, "first", 3), 4), main.end("finish"))
        return [main, *self.called]

    def block(self, p: Process, after: str, depth: int) -> str:
        """Draw one block behind *after* and return its last node."""
        kinds = ["task", "pair", "choice", "loop", "parallel", "inclusive", "events"]
        kinds += [
            "guarded",
            "reminded",
            "asked",
            "signalled",
            "inside",
            "stopped",
            "call",
            "people",
            "groups",
        ]
        kind = self.random.choice(kinds if depth > 0 else ["task"])
        return str(getattr(self, f"_{kind}")(p, after, depth - 1))

    def _task(self, p: Process, after: str, _depth: int) -> str:
        task = self.name("t")
        p.chain(after, p.task(task, step=task))
        return task

    def _pair(self, p: Process, after: str, depth: int) -> str:
        return self.block(p, self.block(p, after, depth), depth)

    def _choice(self, p: Process, after: str, depth: int) -> str:
        asked, split, merge = self._task(p, after, 0), self.name("x"), self.name("m")
        p.exclusive(split, default=f"{split}.else")
        p.exclusive(merge)
        p.chain(asked, split)
        one, other = self._via(p), self._via(p)
        p.flow(split, one, f"{asked}.go == 1")
        p.flow(split, other, id=f"{split}.else")
        p.chain(self.block(p, one, depth), merge)
        p.chain(self.block(p, other, depth), merge)
        return merge

    def _via(self, p: Process) -> str:
        return p.exclusive(self.name("v"))

    def _loop(self, p: Process, after: str, depth: int) -> str:
        merge, split, out = self.name("m"), self.name("x"), self.name("v")
        p.chain(after, p.exclusive(merge))
        asked = self._task(p, self.block(p, merge, depth), 0)
        p.exclusive(split, default=f"{split}.on")
        p.chain(asked, split)
        p.flow(split, merge, f"{asked}.again")
        p.flow(split, p.exclusive(out), id=f"{split}.on")
        return out

    def _parallel(self, p: Process, after: str, depth: int) -> str:
        fork, join = p.parallel(self.name("f")), p.parallel(self.name("j"))
        p.chain(after, fork)
        for _ in range(self.random.randint(2, 4)):
            via = self._via(p)
            p.chain(fork, via)
            p.chain(self.block(p, via, depth), join)
        return join

    def _inclusive(self, p: Process, after: str, depth: int) -> str:
        asked, split = self._task(p, after, 0), self.name("o")
        join = p.inclusive(self.name("j"))
        p.inclusive(split, default=f"{split}.else")
        p.chain(asked, split)
        for number in range(self.random.randint(2, 3)):
            via = self._via(p)
            p.flow(split, via, f"{asked}.go >= {number}")
            p.chain(self.block(p, via, depth), join)
        p.flow(split, join, id=f"{split}.else")
        return join

    def _events(self, p: Process, after: str, depth: int) -> str:
        gateway, merge = p.event_gateway(self.name("e")), p.exclusive(self.name("m"))
        p.chain(after, gateway)
        for inner in (timer("P1D"), message("news")):
            event = p.catch(self.name("c"), inner)
            p.chain(gateway, event)
            p.chain(self.block(p, event, depth), merge)
        return merge

    def _guarded(self, p: Process, after: str, depth: int) -> str:
        task, merge = self._task(p, after, 0), p.exclusive(self.name("m"))
        event = p.boundary(self.name("b"), task, timer("P1D"))
        p.chain(task, merge)
        p.chain(self.block(p, event, depth), merge)
        return merge

    def _reminded(self, p: Process, after: str, _depth: int) -> str:
        task, note = self._task(p, after, 0), self.name("r")
        event = p.boundary(self.name("b"), task, timer("P1D"), interrupting=False)
        p.chain(event, p.throw(note), p.end(self.name("z")))
        return task

    def _asked(self, p: Process, after: str, _depth: int) -> str:
        """Draw a task beside which a side branch may run several times at once."""
        task, side = self._task(p, after, 0), self.name("t")
        inner = self.random.choice((message("question"), timer("R3/P1D", "cycle"), timer("P1D")))
        event = p.boundary(self.name("b"), task, inner, interrupting=False)
        if self.random.random() < 0.5:
            p.chain(event, p.task(side), p.task(self.name("t")), p.end(self.name("z")))
            return task
        fork, join = p.parallel(self.name("f")), p.parallel(self.name("j"))
        p.chain(event, fork, p.task(side), join, p.task(self.name("t")), p.end(self.name("z")))
        p.chain(fork, p.catch(self.name("c"), timer("P2D")), join)
        return task

    def _signalled(self, p: Process, after: str, _depth: int) -> str:
        """Draw one branch that waits for a signal another one throws."""
        name = self.name("signal")
        self.signals.append(name)
        fork, join, via = p.parallel(self.name("f")), p.parallel(self.name("j")), self._via(p)
        p.chain(after, fork, p.catch(self.name("c"), signal(name)), p.task(self.name("t")), join)
        p.chain(fork, via)
        p.chain(self.block(p, via, 0), p.throw(self.name("r"), signal(name)), join)
        return join

    def _stopped(self, p: Process, after: str, depth: int) -> str:
        """Draw a sub-process in which the first branch that is done takes the other one with it."""
        name = self.name("s")
        inside = Process(f"{name}_inside")
        inside.chain(inside.start(f"{name}_start"), inside.parallel(f"{name}_f"))
        for terminates in (True, False):
            via = self._via(inside)
            inside.chain(f"{name}_f", via)
            inside.chain(self.block(inside, via, depth), inside.end(self.name("z"), terminate=terminates))
        p.chain(after, p.sub(name, inside))
        return name

    def _inside(self, p: Process, after: str, depth: int) -> str:
        return self._scope(p, after, depth, loop="")

    def _groups(self, p: Process, after: str, depth: int) -> str:
        sequential = self.random.random() < 0.5
        loop = multi_instance("", "<bpmn:loopCardinality>2</bpmn:loopCardinality>", sequential=sequential)
        return self._scope(p, after, depth, loop=loop)

    def _scope(self, p: Process, after: str, depth: int, loop: str) -> str:
        name = self.name("s")
        inside = Process(f"{name}_inside")
        inside.chain(inside.start(f"{name}_start"), inside.exclusive(f"{name}_v"))
        inside.chain(self.block(inside, f"{name}_v", depth), inside.end(f"{name}_end"))
        p.chain(after, p.sub(name, inside, loop=loop))
        if self.random.random() < 0.5 and not loop:
            out = p.exclusive(self.name("m"))
            p.chain(p.boundary(self.name("b"), name, timer("P2D")), out)
            p.chain(name, out)
            return out
        return name

    def _call(self, p: Process, after: str, depth: int) -> str:
        name = self.name("call")
        called = Process(f"{name}_process")
        called.chain(called.start(f"{name}_start"), called.exclusive(f"{name}_v"))
        called.chain(self.block(called, f"{name}_v", depth), called.end(f"{name}_end"))
        self.called.append(called)
        p.chain(after, p.call(name, called.id))
        return name

    def _people(self, p: Process, after: str, _depth: int) -> str:
        asked, each = self._task(p, after, 0), self.name("p")
        sequential = self.random.random() < 0.3
        p.chain(asked, p.each(each, f"{asked}.people", step=each, sequential=sequential))
        return each


class Disagreement(AssertionError):
    """The engine stands where the token game does not allow it."""


class Walk:
    """One random run, held against the token game after every move."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        drawing = Drawing(seed)
        xml = document(*drawing.whole(), messages=["news", "question"], signals=drawing.signals)
        self.diagram = process.read({"random.bpmn": xml})
        self.definition = process.compile_definition(self.diagram)
        self.answers: dict[str, dict[str, Any]] = {}
        self.position: Position = process.start(self.definition, {})
        self.watched = watch.begin(self.diagram, self.lookup)
        self.twice = 0
        self.compare("start")

    def lookup(self, step: str | None, field: str) -> object:
        return self.answers.get(step or "", {}).get(field)

    def compare(self, what: str) -> None:
        position = process.look(self.definition, self.position.state)
        agreed = watch.agreeing(
            self.diagram,
            watch.from_bytes(watch.to_bytes(self.watched)),
            [(ready.element, ready.call_path) for ready in position.ready],
            [waiting.element for waiting in position.timers],
            position.ended,
        )
        if not agreed:
            expected = [
                (sorted(watch.ready(self.diagram, marking)), sorted(watch.timers(self.diagram, marking)))
                for marking in self.watched
            ]
            raise Disagreement(f"{what}: {[r.element for r in position.ready]} but {expected}")
        self.watched = agreed
        plain = [one.element for one in position.ready if self.diagram.elements[one.element].loop is None]
        self.twice += len(plain) > len(set(plain))

    def play(self) -> None:
        for _ in range(MOVES):
            if self.position.ended:
                return
            moves = [("do", ready) for ready in self.position.ready]
            moves += [("wait", waiting) for waiting in self.position.timers]
            moves += [("news", name) for name in self.position.awaits]
            kind, what = self.random.choice(moves)
            self.move(kind, what)

    def move(self, kind: str, what: Any) -> None:
        state = self.position.state
        if kind == "do":
            given = {
                "go": self.random.randint(-1, 3),
                "again": self.random.random() < 0.4,
                "people": [f"p{number}" for number in range(self.random.randint(0, 3))],
            }
            self.position = process.complete(self.definition, state, what.id, given)
            if what.step is not None:
                self.answers[what.step] = given
            self.watched = watch.completed(
                self.diagram, self.watched, what.element, what.call_path, self.lookup
            )
        elif kind == "wait":
            self.position = process.elapse(self.definition, state, what.id)
            self.watched = watch.happened(self.diagram, self.watched, what.element, None, self.lookup)
        else:
            self.position = process.signal(self.definition, state, what)
            self.watched = watch.signalled(self.diagram, self.watched, what, self.lookup)
        self.compare(f"{kind} {getattr(what, 'element', what)}")


@pytest.mark.campaign
@pytest.mark.parametrize("part", range(PARTS))
def test_engine_and_token_game_agree_on_random_sound_diagrams(part: int) -> None:
    seeds, too_large = range(part, DIAGRAMS, PARTS), 0
    for seed in seeds:
        try:
            walk = Walk(seed)
            unsound = {finding.rule for finding in soundness.prove(walk.diagram)}
            assert unsound <= {"U-LIMIT"}, f"seed {seed}: {unsound}"
            too_large += bool(unsound)
            walk.play()
        except (DecisionEngineError, Disagreement) as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    assert too_large <= len(seeds) // 10, "too many diagrams are too large to be proved"


def test_the_walks_go_everywhere() -> None:
    """What the walks are to show does occur: runs that end, joins, and branches that run twice at once."""
    ended, twice, kinds = 0, 0, set()
    for seed in range(WITHIN, WITHIN + 40):
        walk = Walk(seed)
        kinds |= {element.kind for element in walk.diagram.elements.values()}
        walk.play()
        ended += walk.position.ended
        twice += walk.twice
    assert ended > 10
    assert twice > 10
    assert {"parallelGateway", "inclusiveGateway", "eventBasedGateway", "boundaryEvent"} <= kinds
    assert {"subProcess", "callActivity", "intermediateThrowEvent", "intermediateCatchEvent"} <= kinds


def _hasty(_self: Any, _scope: Any, arrived: Any) -> bool:
    return bool(arrived)


@pytest.mark.parametrize("join", [specs.Parallel, specs.Inclusive])
def test_a_join_that_fires_early_is_noticed(join: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "_may_fire", _hasty)
    _shows_within_200_diagrams()


@pytest.mark.parametrize("only", ["parallelGateway", "inclusiveGateway"])
def test_spiffworkflows_own_joins_are_noticed(only: str, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on_stock_joins(monkeypatch, only)
    _shows_within_200_diagrams()


def _shows_within_200_diagrams() -> None:
    for seed in range(WITHIN):
        try:
            Walk(seed).play()
        except EngineDisagrees:
            return
        except (Disagreement, DecisionEngineError):
            continue
    pytest.fail(f"{WITHIN} diagrams, and the runner noticed nothing")
