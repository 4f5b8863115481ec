"""Run a case: from a definition and some bytes to the next position, and nothing else.

Every move is a pure function of its arguments (only `start` draws a random seed, which makes the ids of
a case unlike those of any other). Nothing is stored here, no clock is read, no SpiffWorkflow object
leaves: a caller holds the state's bytes and a `Position` that says who may act and what is waited for.

    position = start(definition, {"kind": "road"})
    position = complete(definition, position.state, position.ready[0].id, {"outcome": "START"})

A move that fails raises and changes nothing, since the old bytes are still the case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from secrets import token_hex
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition

from decision_engine.errors import InvalidAnswers, NotReady
from decision_engine.process import specs, state
from decision_engine.process.agreement import BEGIN, Done
from decision_engine.process.definition import Definition, compile_definition
from decision_engine.process.diagram import Element
from decision_engine.process.engine import READY, WAITING, Case, Scope, Token
from decision_engine.process.state import STATE_FORMAT

ENGINE = f"SpiffWorkflow {version('SpiffWorkflow')}, state format {STATE_FORMAT}"
"""What executes, as the log names it."""

__all__ = [
    "ENGINE",
    "STATE_FORMAT",
    "Definition",
    "Position",
    "Ready",
    "Waiting",
    "compile_definition",
    "complete",
    "elapse",
    "look",
    "signal",
    "start",
]


@dataclass(frozen=True, slots=True)
class Ready:
    """A task somebody may complete now.

    *item* is the multi-instance item it is for (of the innermost multi-instance around it), *call_path*
    the call activities that led here, outermost first; *role* comes from the lane, or from the calling
    activity where the called process has no lanes.
    """

    id: str
    element: str
    step: str | None
    name: str
    role: str | None
    item: str | None
    call_path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A timer somebody must fire with `elapse` when it is due.

    *kind* is `date`, `duration` or `cycle`; *text* is ISO 8601 or `parameter('name')`. *attached_to* is
    the activity of a boundary timer.
    """

    id: str
    element: str
    step: str | None
    kind: str
    text: str
    attached_to: str | None
    interrupting: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands after a move.

    *passed* are the elements completed in the move, in order; *awaits* the names of the messages and
    signals that `signal` would deliver; *ended*: no token is left anywhere.
    """

    state: bytes
    ready: tuple[Ready, ...]
    timers: tuple[Waiting, ...]
    passed: tuple[str, ...]
    ended: bool
    awaits: tuple[str, ...] = ()


def start(definition: Definition, facts: Mapping[str, Any], *, seed: str | None = None) -> Position:
    """Begin a case with its *facts*; *seed* (24 hex digits) makes the ids repeatable."""
    case = Case(definition.plans[definition.diagram.main], definition.plans, seed or token_hex(12))
    case.facts = {name: value for name, value in facts.items() if name in definition.facts}
    case.begin()
    return _move(definition, case, BEGIN, b"")


def complete(
    definition: Definition, stored: bytes, ready_id: str, answers: Mapping[str, Any] | None = None
) -> Position:
    """Complete the ready task *ready_id* and keep, of its answers, the fields that the diagram reads.

    The answers replace the step's earlier ones altogether: a field not answered again is missing.
    Raises `NotReady` for any id that does not wait to be done, `InvalidAnswers` where the answers leave
    no way on.
    """
    case, watched = state.load(definition, stored)
    token = case.find(ready_id)
    if token is None or token.state != READY or not token.task_spec.manual:
        raise NotReady
    step = token.task_spec.element.step
    if step is not None:
        kept = {name: value for name, value in (answers or {}).items() if (step, name) in definition.reads}
        case.answers.pop(step, None)
        if kept:
            case.answers[step] = kept
    done = ("complete", token.task_spec.element.id, _call_path(token))
    try:
        token.run()
        return _move(definition, case, done, watched)
    except InvalidAnswers as refusal:
        prefix = f"{step}."
        fields = {name.removeprefix(prefix): reasons for name, reasons in refusal.fields.items()}
        raise InvalidAnswers(fields, refusal.message) from None


def elapse(definition: Definition, stored: bytes, timer_id: str) -> Position:
    """Fire the waiting timer *timer_id*; raises `NotReady` if it does not wait (any more)."""
    case, watched = state.load(definition, stored)
    token = case.find(timer_id)
    if token is None or not _is_timer(token):
        raise NotReady
    done = ("elapse", token.task_spec.element.id, _call_path(token))
    token.task_spec.catch(token)
    return _move(definition, case, done, watched)


def signal(definition: Definition, stored: bytes, name: str) -> Position:
    """Deliver the signal *name* to all who wait for it, or if nobody does the message *name* to the first.

    Raises `NotReady` if nobody waits for it.
    """
    case, watched = state.load(definition, stored)
    listeners = [token for token in _listeners(case) if token.task_spec.event_definition.name == name]
    if not listeners:
        raise NotReady
    for token in [token for token in listeners if _hears_signals(token)] or listeners[:1]:
        token.task_spec.catch(token)
    return _move(definition, case, ("signal", name, ()), watched)


def look(definition: Definition, stored: bytes) -> Position:
    """Return the position that *stored* describes, unchanged."""
    case, _ = state.load(definition, stored)
    return Position(stored, *_shown(case))


def _move(definition: Definition, case: Case, done: Done, watched: bytes) -> Position:
    """Let the engine go on by itself, hold the result against the token game, and save both."""
    case.do_engine_steps()
    shown = ready, timers, _, ended, awaits = _shown(case)
    watched = definition.agreement.hold(watched, done, case.value, ready, timers, awaits, ended)
    return Position(state.dump(definition, case, watched), *shown)


_Shown = tuple[tuple[Ready, ...], tuple[Waiting, ...], tuple[str, ...], bool, tuple[str, ...]]


def _shown(case: Case) -> _Shown:
    """Return everything of a `Position` but its bytes."""
    tokens = sorted(case.all_tokens(), key=lambda token: token.id)
    return (
        tuple([_ready(case, token) for token in tokens if token.state == READY]),
        tuple([_waiting(case, token) for token in tokens if _is_timer(token)]),
        tuple(case.passed),
        not tokens,
        tuple(dict.fromkeys(token.task_spec.event_definition.name for token in _listeners(case))),
    )


def _ready(case: Case, token: Token) -> Ready:
    element: Element = token.task_spec.element
    role, item = element.role, token.internal_data.get("item")
    path: tuple[str, ...] = ()
    part = token.workflow
    if isinstance(part, Scope):
        path = _call_path(token)
    while isinstance(part, Scope):
        above = part.parent_token
        role = role or above.task_spec.element.role
        item = above.internal_data.get("item") if item is None else item
        part = above.workflow
    return Ready(
        id=case.public_id(token),
        element=element.id,
        step=element.step,
        name=element.name,
        role=role,
        item=None if item is None else str(item),
        call_path=path,
    )


def _call_path(token: Token) -> tuple[str, ...]:
    """Return the call activities that led to *token*, outermost first."""
    path: tuple[str, ...] = ()
    part = token.workflow
    while isinstance(part, Scope):
        above: Element = part.parent_token.task_spec.element
        if above.kind == "callActivity":
            path = (above.id, *path)
        part = part.parent_token.workflow
    return path


def _waiting(case: Case, token: Token) -> Waiting:
    element: Element = token.task_spec.element
    timer = token.task_spec.event_definition
    return Waiting(
        id=case.public_id(token),
        element=element.id,
        step=element.step,
        kind=timer.kind,
        text=timer.expression,
        attached_to=element.attached_to,
        interrupting=element.interrupting,
    )


def _is_timer(token: Token) -> bool:
    return (
        token.state == WAITING
        and isinstance(token.task_spec, specs.Catches)
        and isinstance(token.task_spec.event_definition, specs.Timed)
    )


def _hears_signals(token: Token) -> bool:
    return isinstance(token.task_spec.event_definition, SignalEventDefinition)


def _listeners(case: Case) -> list[Token]:
    """Return who waits for a message or a signal, the longest waiting first."""
    waiting = sorted(case.event_manager.tasks.values(), key=lambda token: token.id)
    return [token for token in waiting if not isinstance(token.task_spec.event_definition, specs.Timed)]
