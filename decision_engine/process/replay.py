"""Play a case again from what was recorded of it, without the engine and without its state.

    match replay(diagram, steps):
        case Legal(steps, unknown, ended): ...      a lawful run of the diagram, as far as it is known
        case Illegal(number, element, reason): ...  the first step that the diagram does not allow

The token game (`semantics`) says after each step who may act next; what was recorded must be the same. Three
things must hold of every step: it stands in this diagram, what it claims to complete was waiting (the very
task, so a step told twice is found), and it leads where the record says.

Answers that were lawfully erased are unknown: every way they may have led is tried, and the verdict says of
how many steps that is so. Such a verdict is weaker: *some* answers would make the record a lawful run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from decision_engine.language import Text
from decision_engine.process import watch
from decision_engine.process.diagram import Diagram
from decision_engine.process.expressions import Expression, Variable
from decision_engine.process.net import Place, net_of
from decision_engine.process.semantics import Game, Marking, Outcome, Unbounded

OPENED, COMPLETED, ELAPSED = "opened", "completed", "elapsed"

MOST_GUESSED = 40  # instances of a multi-instance activity whose collection is erased
MOST_UNKNOWN = 8  # conditions of one inclusive gateway that read erased answers
MOST_OPEN = 512  # markings kept side by side


@dataclass(frozen=True, slots=True)
class Step:
    """One recorded step of a case.

    *number* is its place in the log; *what* is `OPENED`, `COMPLETED` or `ELAPSED`; *definition* the hash of the
    diagram it was done by; *said* the answers (of the opening: the facts), None when erased; *next* the
    tasks that waited afterwards: (id, element). *call_path* is None where it was not recorded.
    """

    number: int
    what: str
    definition: str
    next: tuple[tuple[str, str], ...]
    element: str = ""
    step: str | None = None
    task: str | None = None
    call_path: tuple[str, ...] | None = None
    said: Mapping[str, Any] | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Legal:
    """The *steps* are a run of the diagram; of *unknown* ones the answers are erased. *ended*: it is complete."""

    steps: int
    unknown: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Illegal:
    """Step *number* of the log, at *element*, is not what the diagram allows there: *reason*."""

    number: int
    element: str | None
    reason: Text


Verdict = Legal | Illegal


def replay(diagram: Diagram, steps: Iterable[Step]) -> Verdict:
    """Play *steps* by the token game of *diagram* and return the verdict."""
    case, taken, unknown = _Replayed(diagram), 0, 0
    for step in steps:
        reason = case.refuses(step)
        if reason is not None:
            return Illegal(step.number, step.element or None, reason)
        taken += 1
        unknown += step.said is None and step.what != ELAPSED
    if not taken:
        return Illegal(1, None, Text("没有立案记录。", "Nothing says that the case was opened."))
    return Legal(taken, unknown, case.ended)


class _Replayed:
    """A case as far as it was played."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.memory = _Memory()
        self.game = Game(net_of(diagram), self.memory)
        self.markings: frozenset[Marking] = frozenset()
        self.waiting: dict[str, str] | None = None  # task id -> element; none: not opened yet
        self.ended = False

    def refuses(self, step: Step) -> Text | None:
        """Take *step*, or return why it cannot have happened here."""
        reason = self._misplaced(step)
        if reason is not None:
            return reason
        self._remember(step)
        reached = self._reached(step)
        if not reached:
            return Text(
                f"按流程此时“{self._name(step.element)}”不能发生，或者所填内容没有出路（待办：{self._offered()}）。",
                f"By the diagram “{self._name(step.element)}” cannot happen here, or its answers lead nowhere "
                f"(waiting: {self._offered()}).",
            )
        self.markings = frozenset(one for one in reached if self._shows(one, step))
        if not self.markings:
            return self._elsewhere(step, reached)
        if len(self.markings) > MOST_OPEN:
            return Text("已清除的信息过多，无法核对。", "Too much is erased to tell.")
        self.waiting, self.ended = dict(step.next), step.ended
        return None

    def _misplaced(self, step: Step) -> Text | None:
        if step.definition != self.diagram.hash:
            return Text("该记录依据的是另一份流程图。", "This step says that it was done by another diagram.")
        if (self.waiting is None) != (step.what == OPENED):
            return Text("立案应当是第一步，且只有一次。", "Opening comes first, and once.")
        if step.what == OPENED:
            return None
        if self.ended:
            return Text("流程已经结束，此后不应再有记录。", "The case was over: nothing can come after it.")
        element = self.diagram.elements.get(step.element)
        if element is None or element.step != step.step:
            return Text(
                f"流程图中没有这一步骤：{step.element}。", f"The diagram has no such step: {step.element}."
            )
        if step.what == COMPLETED and (self.waiting or {}).get(step.task or "") != step.element:
            return Text(
                f"“{self._name(step.element)}”当时并不待办：已经办结、已经撤回或者尚未到达。",
                f"“{self._name(step.element)}” did not wait to be done: it was done before, withdrawn or not reached.",
            )
        return None

    def _remember(self, step: Step) -> None:
        if step.what == OPENED:
            self.memory.facts = step.said
        elif step.what == COMPLETED and step.step is not None:
            self.memory.answers[step.step] = step.said

    def _reached(self, step: Step) -> frozenset[Marking]:
        """Return where *step* may have led; with erased collections, for any number of instances."""
        found: set[Marking] = set()
        self.memory.guess, self.memory.guessed = 0, False
        while True:
            for outcome in self._outcomes(step):
                if not outcome.spins and outcome.stuck < 0:
                    found.add(outcome.marking)
            if not self.memory.guessed or self.memory.guess >= MOST_GUESSED:
                return frozenset(found)
            self.memory.guess += 1

    def _outcomes(self, step: Step) -> Iterator[Outcome[None]]:
        if step.what == OPENED:
            yield from self.game.begin(None)
            return
        wanted = "complete" if step.what == COMPLETED else "happen"
        for marking in self.markings:
            for move in self.game.enabled(marking):
                if move.what != wanted:
                    continue
                place = self.game.places[move.token % self.game.size]
                if place.id == step.element and step.call_path in (None, place.call_path):
                    try:
                        yield from self.game.fire(marking, move, None)
                    except Unbounded:
                        continue

    def _shows(self, marking: Marking, step: Step) -> bool:
        return watch.ended(marking) == step.ended and self._elements(marking) == Counter(
            element for _, element in step.next
        )

    def _elements(self, marking: Marking) -> Counter[str]:
        found: Counter[str] = Counter()
        for (element, _), many in watch.ready(self.diagram, marking).items():
            found[element] += many
        return found

    # -- words ----------------------------------------------------------------------------------------------

    def _elsewhere(self, step: Step, reached: frozenset[Marking]) -> Text:
        lawful = self._names(self._elements(min(reached)))
        recorded = self._names(Counter(element for _, element in step.next))
        return Text(
            f"按流程下一步应为{lawful or '（无）'}，记录为{recorded or '（无）'}"
            + ("并已结束。" if step.ended else "。"),
            f"The diagram leads to {lawful or 'nobody'}, but the record to {recorded or 'nobody'}"
            + (" and to the end." if step.ended else "."),
        )

    def _offered(self) -> str:
        return self._names(Counter((self.waiting or {}).values())) or "—"

    def _names(self, elements: Counter[str]) -> str:
        return "、".join(
            f"“{self._name(one)}”" + (f"×{many}" if many > 1 else "")
            for one, many in sorted(elements.items())
        )

    def _name(self, element: str) -> str:
        place = self.diagram.elements.get(element)
        return place.name if place is not None else element


class _Memory:
    """The answers that were recorded decide at gateways; where they are erased, every way is tried."""

    def __init__(self) -> None:
        self.facts: Mapping[str, Any] | None = {}
        self.answers: dict[str, Mapping[str, Any] | None] = {}
        self.guess = 0  # how many instances begin where nobody knows
        self.guessed = False

    def value(self, step: str | None, field: str) -> object:
        """Return what was answered; None where nothing was, or where it is erased."""
        said = self.facts if step is None else self.answers.get(step, {})
        return None if said is None else said.get(field)

    def is_erased(self, variable: Variable) -> bool:
        """Say whether *variable* was answered and the answer is no longer known."""
        said = self.facts if variable.step is None else self.answers.get(variable.step, {})
        return said is None

    def _holds(self, condition: Expression) -> bool | None:
        """Return whether *condition* was satisfied; None where that is not known any more."""
        if any(map(self.is_erased, condition.variables)):
            return None
        return condition.holds(self.value) is True

    def ways(self, place: Place, world: None) -> Iterator[tuple[tuple[int, ...], None]]:
        held = [(flow, self._holds(condition)) for flow, condition in place.guards if condition is not None]
        default = (place.default,) if place.default >= 0 else ()
        if place.element is not None and place.element.kind == "exclusiveGateway":
            for flow, holds in held:
                if holds is not False:
                    yield (flow,), world
                if holds:
                    return
            if default:
                yield default, world
            return
        certain = [flow for flow, holds in held if holds]
        unknown = [flow for flow, holds in held if holds is None][:MOST_UNKNOWN]
        for more in chain.from_iterable(combinations(unknown, many) for many in range(len(unknown) + 1)):
            chosen = tuple(flow for flow, _ in held if flow in certain or flow in more) or default
            if chosen:
                yield chosen, world

    def answered(self, place: Place, world: None) -> Iterator[None]:  # noqa: ARG002
        yield world

    def begun(self, place: Place, world: None) -> Iterator[None]:  # noqa: ARG002
        yield world

    def instances(self, place: Place, world: None) -> int:  # noqa: ARG002
        if not isinstance(place.over, Variable):
            return place.over or 0
        if self.is_erased(place.over):
            self.guessed = True
            return self.guess
        value = self.value(place.over.step, place.over.field)
        if place.is_list:
            return len(value) if isinstance(value, list | tuple) else 0
        return value if type(value) is int else 0
