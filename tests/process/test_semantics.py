"""The token game, rule by rule: what may happen next, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bpmn import Process, document, event, message, multi_instance, signal, timer
from decision_engine import process
from decision_engine.errors import CorruptState
from decision_engine.process import watch
from decision_engine.process.diagram import Diagram
from decision_engine.process.watch import Watched


class Table:
    """A game played by naming elements; answers are kept as a case keeps them."""

    def __init__(self, *drawn: Process, **answers: dict[str, Any]) -> None:
        self.answers: dict[str, Any] = dict(answers)
        self.diagram: Diagram = process.read(
            {"t.bpmn": document(*drawn, messages=["news", "mail"], signals=["alarm"])}
        )
        self.watched: Watched = watch.begin(self.diagram, self.lookup)

    def lookup(self, step: str | None, field: str) -> object:
        return self.answers.get(step or "facts", {}).get(field)

    @property
    def ready(self) -> list[str]:
        (marking,) = self.watched
        return sorted(
            name for (name, _), many in watch.ready(self.diagram, marking).items() for _ in range(many)
        )

    @property
    def timers(self) -> list[str]:
        (marking,) = self.watched
        return sorted(watch.timers(self.diagram, marking))

    @property
    def ended(self) -> bool:
        return all(watch.ended(marking) for marking in self.watched)

    def do(self, element: str, *path: str, **answers: Any) -> Table:
        if answers:
            self.answers[element] = answers
        return self.moved(watch.completed(self.diagram, self.watched, element, path, self.lookup))

    def elapse(self, element: str) -> Table:
        return self.moved(watch.happened(self.diagram, self.watched, element, None, self.lookup))

    def signal(self, name: str) -> Table:
        return self.moved(watch.signalled(self.diagram, self.watched, name, self.lookup))

    def moved(self, watched: Watched) -> Table:
        assert watched, "the game does not allow it"
        self.watched = watch.from_bytes(watch.to_bytes(watched))
        return self


def test_a_task_waits_and_then_lets_its_token_go() -> None:
    p = Process("p")
    p.chain(p.start(), p.task("a"), p.task("b"), p.end())
    table = Table(p)
    assert table.ready == ["a"]
    assert table.do("a").ready == ["b"]
    assert table.do("b").ended


def test_what_is_not_ready_may_not_be_done() -> None:
    p = Process("p")
    p.chain(p.start(), p.task("a"), p.task("b"), p.end())
    table = Table(p)
    assert watch.completed(table.diagram, table.watched, "b", (), table.lookup) == frozenset()


@pytest.mark.parametrize(("answer", "way"), [(1, "one"), (2, "two"), (3, "rest"), (None, "rest")])
def test_an_exclusive_gateway_takes_the_first_satisfied_way_or_its_default(answer: Any, way: str) -> None:
    p = Process("p")
    p.exclusive("x", default="d")
    p.chain(p.start(), p.task("a", step="a"), "x")
    p.flow("x", p.task("one"), "a.n == 1")
    p.flow("x", p.task("two"), "a.n <= 2")
    p.flow("x", p.task("rest"), id="d")
    for name in ("one", "two", "rest"):
        p.chain(name, p.end(f"end_{name}"))
    assert Table(p).do("a", n=answer).ready == [way]


def fork(kind: str) -> Process:
    p = Process("p")
    p.node(kind, "split", **({"default": "none"} if kind == "inclusiveGateway" else {}))
    p.node(kind, "join")
    p.chain(p.start(), p.task("a", step="a"), "split")
    for name in ("one", "two", "three"):
        p.flow("split", p.task(name), f"a.{name}" if kind == "inclusiveGateway" else None)
        p.chain(name, "join")
    if kind == "inclusiveGateway":
        p.flow("split", "join", id="none")
    p.chain("join", p.task("after"), p.end())
    return p


def test_a_parallel_join_waits_for_all() -> None:
    table = Table(fork("parallelGateway")).do("a")
    assert table.ready == ["one", "three", "two"]
    assert table.do("one").do("two").ready == ["three"]
    assert table.do("three").ready == ["after"]


def test_an_inclusive_join_waits_only_for_what_is_on_its_way() -> None:
    table = Table(fork("inclusiveGateway")).do("a", one=True, three=True)
    assert table.ready == ["one", "three"]
    assert table.do("one").ready == ["three"]
    assert table.do("three").ready == ["after"]


def test_an_inclusive_gateway_without_a_satisfied_condition_takes_its_default() -> None:
    assert Table(fork("inclusiveGateway")).do("a").ready == ["after"]


def test_the_first_event_behind_an_event_gateway_withdraws_the_others() -> None:
    p = Process("p")
    p.chain(p.start(), p.event_gateway("g"), p.catch("late", timer("P1D")), p.task("urge"), p.end())
    p.chain("g", p.catch("came", message("news")), p.task("read"), p.end("e2"))
    assert Table(p).timers == ["late"]
    assert Table(p).elapse("late").ready == ["urge"]
    table = Table(p).signal("news")
    assert (table.ready, table.timers) == (["read"], [])


def guarded(*, interrupting: bool, inner: str = "") -> Process:
    p = Process("p")
    p.chain(p.start(), p.task("a"), p.task("b"), p.end())
    p.boundary("due", "a", inner or timer("P1D"), interrupting=interrupting)
    p.chain("due", p.task("urge"), p.end("urged"))
    return p


def test_an_interrupting_boundary_event_ends_its_activity() -> None:
    table = Table(guarded(interrupting=True)).elapse("due")
    assert (table.ready, table.timers) == (["urge"], [])
    assert table.do("urge").ended


def test_a_boundary_event_that_does_not_interrupt_runs_beside_and_only_once_for_a_duration() -> None:
    table = Table(guarded(interrupting=False)).elapse("due")
    assert (table.ready, table.timers) == (["a", "urge"], [])
    assert table.do("a").ready == ["b", "urge"]


def test_a_boundary_event_is_over_with_its_activity() -> None:
    assert Table(guarded(interrupting=False)).do("a").timers == []


def test_a_message_may_come_again_and_again() -> None:
    table = Table(guarded(interrupting=False, inner=message("news"))).signal("news").signal("news")
    assert table.ready == ["a", "urge", "urge"]


def test_a_cycle_has_its_rounds() -> None:
    table = Table(guarded(interrupting=False, inner=timer("R2/P1D", "cycle"))).elapse("due")
    assert table.timers == ["due"]
    assert table.elapse("due").timers == []


def nested() -> Process:
    inside = Process("inside")
    inside.chain(inside.start("s"), inside.parallel("f"), inside.task("one"), inside.end("e1"))
    inside.chain("f", inside.task("two"), inside.end("e2"))
    p = Process("p")
    p.chain(p.start(), p.sub("sub", inside), p.task("after"), p.end())
    return p


def test_a_scope_is_over_when_its_last_token_is() -> None:
    table = Table(nested()).do("one")
    assert table.ready == ["two"]
    assert table.do("two").ready == ["after"]


def test_a_boundary_event_of_a_scope_takes_all_inside_away() -> None:
    p = nested()
    p.boundary("due", "sub", timer("P1D"))
    p.chain("due", p.task("urge"), p.end("urged"))
    assert Table(p).do("one").elapse("due").ready == ["urge"]


def test_terminate_ends_its_scope_and_no_more() -> None:
    inside = Process("inside")
    inside.chain(inside.start("s"), inside.parallel("f"), inside.task("one"))
    inside.chain("one", inside.end("stop", terminate=True))
    inside.chain("f", inside.task("two"), inside.end("e2"))
    p = Process("p")
    p.chain(p.start(), p.parallel("g"), p.sub("sub", inside), p.end())
    p.chain("g", p.task("beside"), p.end("e3"))
    table = Table(p).do("one")
    assert table.ready == ["beside"]
    assert table.do("beside").ended


def test_a_called_process_is_known_by_its_call_path() -> None:
    called = Process("called")
    called.chain(called.start("s"), called.task("inner"), called.end("e"))
    p = Process("p")
    p.chain(p.start(), p.call("first", "called"), p.call("second", "called"), p.end())
    table = Table(p, called)
    (marking,) = table.watched
    assert list(watch.ready(table.diagram, marking)) == [("inner", ("first",))]
    assert watch.completed(table.diagram, table.watched, "inner", ("second",), table.lookup) == frozenset()
    assert table.do("inner", "first").do("inner", "second").ended


@pytest.mark.parametrize(("sequential", "at_first"), [(False, ["speak"] * 3), (True, ["speak"])])
def test_everybody_of_a_multi_instance_must_be_done(sequential: bool, at_first: list[str]) -> None:
    p = Process("p")
    p.chain(p.start(), p.task("open", step="open"), p.each("speak", "open.people", sequential=sequential))
    p.chain("speak", p.task("after"), p.end())
    table = Table(p).do("open", people=["a", "b", "c"])
    assert table.ready == at_first
    assert table.do("speak").do("speak").do("speak").ready == ["after"]


def test_nobody_to_ask_is_no_obstacle() -> None:
    p = Process("p")
    p.chain(p.start(), p.task("open", step="open"), p.each("speak", "open.people"), p.task("after"), p.end())
    assert Table(p).do("open", people=[]).ready == ["after"]


def test_instances_of_a_sub_process_are_told_apart() -> None:
    inside = Process("inside")
    inside.chain(inside.start("s"), inside.task("one"), inside.task("two"), inside.end("e"))
    p = Process("p")
    loop = multi_instance("", "<bpmn:loopCardinality>2</bpmn:loopCardinality>")
    p.chain(p.start(), p.sub("sub", inside, loop=loop), p.task("after"), p.end())
    table = Table(p)
    table.do("one")
    table.watched = watch.agreeing(table.diagram, table.watched, [("one", ()), ("two", ())], [], False)
    assert len(table.watched) == 2
    for task in ("one", "two", "two"):
        table.do(task)
    assert table.ready == ["after"]


def test_a_signal_reaches_all_who_wait_and_only_them() -> None:
    p = Process("p")
    p.chain(p.start(), p.parallel("f"), p.catch("one", signal("alarm")), p.task("a"), p.end())
    p.chain("f", p.catch("two", signal("alarm")), p.task("b"), p.end("e2"))
    p.chain("f", p.task("call"), p.throw("cry", signal("alarm")), p.end("e3"))
    table = Table(p)
    assert table.ready == ["call"]
    assert table.do("call").ready == ["a", "b"]


def test_a_message_reaches_one() -> None:
    p = Process("p")
    p.chain(p.start(), p.parallel("f"), p.catch("one", message("news")), p.task("a"), p.end())
    p.chain("f", p.catch("two", message("news")), p.task("b"), p.end("e2"))
    table = Table(p).signal("news")
    assert {tuple(sorted(watch.ready(table.diagram, marking))) for marking in table.watched} == {
        (("a", ()),),
        (("b", ()),),
    }


def test_a_marking_is_small_and_damaged_bytes_are_noticed() -> None:
    stored = watch.to_bytes(Table(nested()).watched)
    assert len(stored) < 100
    with pytest.raises(CorruptState):
        watch.from_bytes(stored[:-3])


@pytest.mark.parametrize(
    "lie",
    [
        lambda ready, timers, ended: (ready[1:], timers, ended),
        lambda ready, timers, ended: ([*ready, ready[0]], timers, ended),
        lambda ready, timers, ended: ([("b", ())], timers, ended),
        lambda ready, timers, ended: ([(ready[0][0], ("elsewhere",))], timers, ended),
        lambda ready, timers, ended: (ready, [], ended),
        lambda ready, timers, ended: (ready, [*timers, "due"], ended),
        lambda ready, timers, ended: (ready, timers, not ended),
    ],
)
def test_an_engine_that_stands_elsewhere_is_found_out(lie: Callable[..., Any]) -> None:
    table = Table(guarded(interrupting=True))
    truth: Any = ([("a", ())], ["due"], False)
    assert watch.agreeing(table.diagram, table.watched, *truth) == table.watched
    assert watch.agreeing(table.diagram, table.watched, *lie(*truth)) == frozenset()


def test_an_end_event_may_throw_a_signal() -> None:
    p = Process("p")
    p.chain(p.start(), p.parallel("f"), p.catch("one", signal("alarm")), p.task("a"), p.end())
    p.chain("f", p.task("call"), p.end("cry", inner=signal("alarm")))
    assert Table(p).do("call").ready == ["a"]


def test_events_that_the_game_does_not_know_are_not_read() -> None:
    p = Process("p")
    p.chain(p.start(), p.catch("odd", event("error")), p.end())
    with pytest.raises(process.Refused):
        Table(p)
