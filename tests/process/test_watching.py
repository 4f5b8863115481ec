"""The engine is held against the token game after every move: whatever it gets wrong is refused.

Every fault is switched on in the engine itself, or put into the stored bytes with a right checksum, or shown
to the comparison directly. What is refused changes nothing: the bytes before the move are still the case.
"""

from __future__ import annotations

from random import Random
from typing import Any
from zlib import crc32

import pytest
from player import Player, deploy
from test_joins import revision_loop, switch_on_stock_joins

from bpmn import Process, document, message, signal, timer
from decision_engine import process
from decision_engine.errors import CorruptState, EngineDisagrees, InvalidAnswers
from decision_engine.process import Definition, Refused, agreement, engine, specs
from decision_engine.process.agreement import BEGIN, Agreement, Done, Seen
from decision_engine.process.reader import read

# -- faults of the engine ------------------------------------------------------------------------------------


def faulty_loop(id: str) -> Definition:  # noqa: A002  (BPMN's own word)
    drawn = revision_loop("parallel", 2)
    drawn.id = id  # other bytes: not the definition that other tests compiled
    return deploy(drawn)


def test_a_join_that_fires_early_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on_stock_joins(monkeypatch)
    case = Player(faulty_loop("early")).do("draft").do("b0").do("b1").do("review", revise=True)
    before = case.do("draft").position
    with pytest.raises(EngineDisagrees) as refused:
        case.do("b1")
    assert "“review”" in refused.value.message.zh
    assert "“review”" in refused.value.message.en
    assert case.position is before
    assert process.look(case.definition, before.state).ready == before.ready, "the case stands where it stood"


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_stock_joins_are_caught_by_the_comparison_alone(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on_stock_joins(monkeypatch)
    drawn = revision_loop(kind, 3)
    drawn.id += "_watched"
    definition, random, caught = deploy(drawn), Random(3), 0
    for _ in range(30):
        case = Player(definition)
        try:
            for _ in range(30):
                if case.ended:
                    break
                ready = random.choice(case.position.ready)
                said = {f"b{number}": random.random() < 0.7 for number in range(3)}
                case.position = process.complete(
                    definition, case.position.state, ready.id, {**said, "revise": True}
                )
        except EngineDisagrees:
            caught += 1
        except InvalidAnswers:
            continue
    assert caught > 20


def waits_for_everything() -> Definition:
    p = Process("waits")
    p.chain(p.start(), p.parallel("fork"), p.task("work"), p.end("worked"))
    p.boundary("late", "work", timer("P10D"), interrupting=False)
    p.chain("late", p.task("urge"), p.end("urged"))
    p.chain("fork", p.catch("heard", message("answer")), p.end("told"))
    p.chain("fork", p.task("first"), p.task("other"), p.end("done"))
    return deploy(p, messages=("answer",))


def lose(monkeypatch: pytest.MonkeyPatch, *elements: str) -> None:
    """Let the engine lose every token that comes to *elements*."""
    arrive = engine.Token._ready

    def wait(self: Any, token: Any) -> Any:
        if self.element.id in elements:
            token.cancel()
            return None
        return catch(self, token)

    def lost(token: Any) -> None:
        element = token.task_spec.element
        if element is not None and element.id in elements:
            token._state = engine.CANCELLED
            return
        arrive(token)

    catch = specs.Catches._update_hook
    monkeypatch.setattr(engine.Token, "_ready", lost)
    monkeypatch.setattr(specs.Catches, "_update_hook", wait)


@pytest.mark.parametrize("element", ["work", "late", "heard", "first"])
def test_a_lost_task_timer_or_message_is_noticed_at_the_start(
    element: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = waits_for_everything()
    lose(monkeypatch, element)
    with pytest.raises(EngineDisagrees, match="answer" if element == "heard" else element):
        process.start(definition, {})


def test_a_lost_task_is_noticed_later_too(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Player(waits_for_everything())
    lose(monkeypatch, "other", "urge")
    with pytest.raises(EngineDisagrees, match="lacks “other”"):
        case.do("first")
    with pytest.raises(EngineDisagrees, match="lacks “urge”"):
        case.elapse("late")
    assert case.do("work").ready == ["first"], "what goes right goes on"


def test_a_gateway_that_takes_another_way_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    p = Process("wrong_way")
    p.chain(p.start(), p.task("ask", step="ask"), p.exclusive("which", default="no"))
    p.flow("which", p.task("lawful"), "ask.ok")
    p.flow("which", p.task("bypass"), id="no")
    p.chain("lawful", p.end("e1"))
    p.chain("bypass", p.end("e2"))
    case = Player(deploy(p))
    monkeypatch.setattr(engine.Conditions, "evaluate", lambda *_, **__: False)
    with pytest.raises(EngineDisagrees) as refused:
        case.do("ask", ok=True)
    assert "“lawful”" in refused.value.message.zh
    assert "“bypass”" in refused.value.message.zh


# -- lies in the stored bytes ----------------------------------------------------------------------------------


def rewritten(state: bytes, old: bytes, new: bytes) -> bytes:
    """Return *state* changed by somebody who knows how to compute its checksum."""
    assert old in state
    body = state[5:].replace(old, new)
    return state[:1] + crc32(body).to_bytes(4, "big") + body


def three_steps() -> Player:
    p = Process("steps")
    p.chain(p.start(), p.task("draft"), p.task("review"), p.task("decide"), p.task("publish"), p.end())
    return Player(deploy(p))


def test_an_engine_state_moved_past_the_review_cannot_go_on() -> None:
    case = three_steps().do("draft")
    moved = rewritten(case.position.state, b'"review"', b'"decide"')
    position = process.look(case.definition, moved)
    assert [ready.element for ready in position.ready] == ["decide"], "the engine believes its state"
    with pytest.raises(EngineDisagrees, match="does not allow “decide”"):
        process.complete(case.definition, moved, position.ready[0].id, {})


def test_a_watched_line_moved_past_the_review_cannot_go_on() -> None:
    case = three_steps().do("draft")
    ahead = Player(case.definition).do("draft").do("review").position.state
    state = case.position.state
    moved = rewritten(state, state[5:].split(b"\n")[0], ahead[5:].split(b"\n")[0])
    with pytest.raises(EngineDisagrees, match="does not allow “review”"):
        process.complete(case.definition, moved, case.position.ready[0].id, {})


@pytest.mark.parametrize("line", [b"", b"7", b"{}", b"[[1]]", b"[[[]]]", b'[[["a", 1]]]', b"not json"])
def test_a_watched_line_that_is_none_is_refused(line: bytes) -> None:
    case = three_steps().do("draft")
    state = case.position.state
    moved = rewritten(state, state[5:].split(b"\n")[0] + b"\n", line + b"\n")
    with pytest.raises(CorruptState):
        process.complete(case.definition, moved, case.position.ready[0].id, {})


# -- the comparison itself --------------------------------------------------------------------------------------


def nothing(_step: str | None, _field: str) -> object:
    return None


AT_START: dict[str, Any] = {
    "ready": [("first", ()), ("work", ())],
    "timers": ["late"],
    "awaits": ["answer"],
    "ended": False,
}  # of `waits_for_everything`


def seen(**falsified: Any) -> Seen:
    shown = AT_START | falsified
    return tuple(shown["ready"]), tuple(shown["timers"]), tuple(shown["awaits"]), shown["ended"]


@pytest.mark.parametrize(
    "falsified",
    [
        {"ready": []},
        {"ready": [("first", ())]},
        {"ready": [("first", ()), ("work", ()), ("work", ())]},
        {"ready": [("first", ()), ("work", ("call",))]},
        {"ready": [("first", ()), ("other", ())]},
        {"timers": []},
        {"timers": ["late", "late"]},
        {"awaits": []},
        {"awaits": ["answer", "halt"]},
        {"ended": True},
    ],
)
def test_every_way_to_differ_is_noticed(falsified: dict[str, Any]) -> None:
    held = Agreement(waits_for_everything().diagram)
    for _ in range(2):  # computed, and remembered
        assert held.follow(b"", BEGIN, nothing, seen())
        with pytest.raises(EngineDisagrees):
            held.follow(b"", BEGIN, nothing, seen(**falsified))


def test_what_is_remembered_is_not_taken_for_another_answer() -> None:
    """1, true and '1' are three answers; an answer not asked for before is asked for then."""
    p = Process("answers")
    p.chain(p.start(), p.task("ask", step="ask"), p.exclusive("which", default="no"))
    p.flow("which", p.task("one"), "ask.a == 1 or ask.b == 1")
    p.flow("which", p.task("true"), "ask.a == true")
    p.flow("which", p.task("none"), id="no")
    for task in ("one", "true", "none"):
        p.chain(task, p.end(f"end_{task}"))
    definition = deploy(p)
    for _ in range(2):
        for said, ready in (
            ({"a": 1}, "one"),
            ({"a": True}, "true"),
            ({"a": "1"}, "none"),
            ({"a": 2, "b": 1}, "one"),
            ({"a": 2, "b": True}, "none"),
            ({}, "none"),
            ({"a": 1.0}, "one"),
            ({"a": True, "b": 1}, "one"),
        ):
            assert Player(definition).do("ask", **said).ready == [ready]


def test_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "MAX_KNOWN", 2)
    drawn = revision_loop("inclusive", 3)
    drawn.id += "_forgotten"
    case, random = Player(deploy(drawn)), Random(5)
    for _ in range(60):
        said: dict[str, Any] = {f"b{number}": number == 0 or random.random() < 0.5 for number in range(3)}
        case.do(random.choice(case.ready), **said, revise=True)
    assert len(case.definition.agreement._known) <= 3


def test_the_comparison_does_not_ask_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the case stood before is taken from the watched line, whatever the engine's rows say."""
    case = three_steps()
    asked: list[tuple[bytes, Done]] = []
    follow = Agreement.follow

    def noting(self: Agreement, kept: bytes, done: Done, *more: Any) -> bytes:
        asked.append((kept, done))
        return follow(self, kept, done, *more)

    monkeypatch.setattr(Agreement, "follow", noting)
    line = case.position.state[5:].split(b"\n")[0]
    case.do("draft")
    assert asked == [(line, ("complete", "draft", ()))]


# -- what comes twice ----------------------------------------------------------------------------------------------


def side_branch(inside: str, event: str, *, host_again: bool = False) -> Process:
    """Draw work with an event that does not interrupt; *inside* is what its branch leads to."""
    p = Process(f"side_{inside}")
    p.chain(p.start(), p.exclusive("back"), p.task("work", step="work"), p.exclusive("again", default="on"))
    p.flow("again", "back", "work.again" if host_again else None, id="round") if host_again else None
    p.flow("again", p.task("after"), id="on")
    p.chain("after", p.end())
    p.boundary("event", "work", event, interrupting=False)
    p.flow("event", _INSIDE[inside](p))
    return p


def _tasks(p: Process) -> str:
    p.chain(p.task("s1"), p.task("s2"), p.end("side_end"))
    return "s1"


def _parallel(p: Process) -> str:
    p.chain(p.parallel("fork"), p.task("a"), p.parallel("join"), p.task("c"), p.end("side_end"))
    p.chain("fork", p.task("b"), "join")
    return "fork"


def _inclusive(p: Process) -> str:
    p.inclusive("fork")
    p.chain(p.inclusive("join"), p.task("c"), p.end("side_end"))
    for task in ("a", "b"):
        p.flow("fork", p.task(task, step=task), "true" if task == "a" else "work.again")
        p.flow(task, "join")
    return "fork"


def _waits(p: Process) -> str:
    p.chain(p.catch("pause", timer("P2D")), p.catch("heard", signal("halt")), p.task("c"), p.end("side_end"))
    return "pause"


def _signals(p: Process) -> str:
    p.chain(p.catch("heard", signal("halt")), p.task("c"), p.end("side_end"))
    return "heard"


def _guarded(p: Process) -> str:
    p.chain(p.task("s1"), p.end("side_end"))
    p.boundary("too_late", "s1", timer("P1D"))
    p.chain("too_late", p.end("late_end"))
    return "s1"


def _sub(p: Process) -> str:
    inner = Process("inner")
    inner.chain(inner.start("in"), inner.task("s1"), inner.task("s2"), inner.end("out"))
    p.chain(p.task("first"), p.sub("sub", inner), p.end("side_end"))
    return "first"


def _repeated(p: Process) -> str:
    p.chain(p.times("s1", "2"), p.task("s2"), p.end("side_end"))
    return "s1"


def _either(p: Process) -> str:
    p.chain(p.event_gateway("which"), p.catch("c1", signal("halt")), p.exclusive("merge"), p.end("side_end"))
    p.chain("which", p.catch("c2", timer("P3D")), "merge")
    return "which"


_INSIDE = {
    "tasks": _tasks,
    "parallel": _parallel,
    "inclusive": _inclusive,
    "waits": _waits,
    "signals": _signals,
    "guarded": _guarded,
    "sub": _sub,
    "repeated": _repeated,
    "either": _either,
}
EVENTS = {"message": message("question"), "signal": signal("question"), "cycle": timer("R3/P5D", "cycle")}


def draw(inside: str, event: str, *, host_again: bool = False) -> bytes:
    return document(
        side_branch(inside, event, host_again=host_again),
        messages=("question",),
        signals=("question", "halt"),
    )


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("inside", ["tasks", "parallel", "inclusive", "waits", "signals"])
def test_a_branch_that_runs_twice_at_once_agrees(inside: str, event: str) -> None:
    """Two tokens on one plain task are two runs of a branch, not two instances of one activity."""
    definition = process.compile_definition(read({"t.bpmn": draw(inside, EVENTS[event], host_again=True)}))
    twice = 0
    for seed in range(60):
        case, random = Player(definition), Random(seed)
        for _ in range(25):
            moves: list[Any] = [*case.position.ready, *case.position.timers, *case.position.awaits]
            if not moves:
                break
            move = random.choice(moves)
            if isinstance(move, process.Ready):
                said = {"again": random.random() < 0.6}
                case.move(process.complete(definition, case.position.state, move.id, said))
            elif isinstance(move, process.Waiting):
                case.move(process.elapse(definition, case.position.state, move.id))
            else:
                case.signal(move)
            twice += len(case.ready) > len(set(case.ready)) or len(case.timers) > len(set(case.timers))
    assert twice > (0 if inside == "signals" else 20), "no branch ran twice at once: this shows nothing"


def test_each_run_of_a_branch_goes_on_alone() -> None:
    definition = process.compile_definition(read({"t.bpmn": draw("tasks", message("question"))}))
    case = Player(definition).signal("question").signal("question")
    assert case.ready == ["s1", "s1", "work"]
    assert case.do("s1").ready == ["s1", "s2", "work"]
    assert case.do("s2").ready == ["s1", "work"]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("inside", ["guarded", "sub", "repeated", "either"])
def test_what_cannot_run_twice_at_once_is_refused_on_such_a_branch(inside: str, event: str) -> None:
    with pytest.raises(Refused) as refused:
        read({"t.bpmn": draw(inside, EVENTS[event])})
    assert [(finding.rule, finding.element) for finding in refused.value.findings] == [("U-ELEMENT", "event")]


@pytest.mark.parametrize("inside", ["guarded", "sub", "repeated", "either"])
def test_it_may_stand_on_a_branch_that_runs_once(inside: str) -> None:
    once = timer("P5D")
    definition = process.compile_definition(read({"t.bpmn": draw(inside, once)}))
    case = Player(definition).elapse("event")
    assert case.ready != ["work"] or case.timers
    with pytest.raises(Refused):
        read({"t.bpmn": draw(inside, once, host_again=True)})


def test_a_message_reaches_one_and_a_signal_all() -> None:
    """Where a name is a message's and a signal's, the signal goes out."""
    p = Process("names")
    p.chain(p.start(), p.parallel("fork"), p.catch("m", message("go")), p.task("a"), p.end("e1"))
    p.chain("fork", p.catch("s", signal("go")), p.task("b"), p.end("e2"))
    case = Player(deploy(p, messages=("go",), signals=("go",))).signal("go")
    assert case.ready == ["b"]
    assert case.signal("go").ready == ["a", "b"]


def test_the_runner_compares_in_every_move(monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[Done] = []
    follow = Agreement.follow

    def noting(self: Agreement, kept: bytes, done: Done, *more: Any) -> bytes:
        moves.append(done)
        return follow(self, kept, done, *more)

    monkeypatch.setattr(Agreement, "follow", noting)
    Player(waits_for_everything()).do("work").signal("answer")
    Player(waits_for_everything()).elapse("late")
    begin = ("begin", "", ())
    assert moves == [begin, ("complete", "work", ()), ("signal", "answer", ()), begin, ("elapse", "late", ())]
