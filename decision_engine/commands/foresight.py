"""What would become of a step if it were handed in now: everything its gate looks at, looked at beforehand.

Nothing is written and no rule is told a second time: the same functions answer that answer at the gate
(`tasks.may_be_done`, `rules.examine`). A rule that found its answer without reading any field of the form is settled:
it stays so whatever is filled in, until the case or the day changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from decision_engine import rules
from decision_engine.access import DRAFTING
from decision_engine.calendar import SHANGHAI, local_day
from decision_engine.commands import tasks
from decision_engine.commands.answers import binds
from decision_engine.commands.effects import draft_of
from decision_engine.errors import Forbidden, InvalidAnswers, NotReady
from decision_engine.language import Text
from decision_engine.models import Case, Task
from decision_engine.queries.casefile import CaseFile, as_fact, calendar_of, open_file, organ_of
from decision_engine.work import Work

FARTHEST = 120
"""Days ahead in which is looked for the day a rule is met: the longest periods of the law, with holidays."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one rule of the gate says today.

    *settled*: no answer can change it. *opens_on*: the first day on which it is no longer broken, if waiting is all
    it takes.
    """

    finding: rules.Finding
    settled: bool
    opens_on: date | None = None

    @property
    def shuts(self) -> bool:
        """Whether the step would certainly be refused: broken for good, and no exception is known to the law."""
        return self.settled and self.finding.blocks and self.finding.strength is not rules.Strength.EXCEPTION


@dataclass(frozen=True, slots=True)
class Foresight:
    """What stands in the way of a step: *barred* says why this person cannot complete it now, if so."""

    conditions: tuple[Foreseen, ...] = ()
    barred: Text | None = None

    @property
    def shut(self) -> bool:
        """Whether handing it in would certainly be refused, whatever is filled in."""
        return self.barred is not None or any(one.shuts for one in self.conditions)

    @property
    def broken(self) -> tuple[rules.Finding, ...]:
        """What the answers break as they are."""
        return tuple(one.finding for one in self.conditions if one.finding.blocks)


def of_task(
    work: Work, case: Case, task: Task, answers: Mapping[str, Any], file: CaseFile | None = None
) -> Foresight:
    """Return what completing the open *task* with *answers* would meet now; at most six statements.

    *file* is the case file where it was read already (`open_file` for the task's step).

    *answers* may be unfinished. Of a task that the actor may not do at all, only that is said.
    """
    file = file or open_file(work, case, task.step)
    try:
        standing = tasks.may_be_done(work, case, task, file)
    except (Forbidden, NotReady) as refusal:
        return Foresight(barred=refusal.message)
    said = dict(answers)
    try:
        named = said.get("draft_ref") if task.step in DRAFTING else None
        draft = draft_of(work, case, str(named)) if named else case.draft
    except InvalidAnswers:
        draft = case.draft
    pending = as_fact(tasks.record_of(work, case, task, standing, said, draft, ()))
    gate = task.step or task.element
    return Foresight(
        of_gate(work, file, gate, pending, fixed=task.step not in DRAFTING)
    )  # a draft is an answer


def of_gate(
    work: Work, file: CaseFile, gate: str, pending: rules.Record, *, fixed: bool = True
) -> tuple[Foreseen, ...]:
    """Return what each rule of *gate* says of *pending*; nothing is settled unless *fixed*."""
    watched = _Watched(pending.data)
    facts = file.facts(work, gate, replace(pending, data=watched))
    found = []
    for rule in rules.rules_on(facts.today, facts.organ.overlays, gate=gate):
        if not binds(file.case, rule.id):
            continue
        watched.was_read = False
        for finding in rules.examine(gate, facts, only=rule.id):
            settled = fixed and not watched.was_read
            opens = _opens_on(gate, facts, rule.id) if settled and finding.blocks else None
            found.append(Foreseen(finding, settled, opens))
    return tuple(found)


def _opens_on(gate: str, facts: rules.Facts, rule_id: str) -> date | None:
    """Return the first day on which waiting alone has met the rule, if there is one in sight."""
    if _broken_on(gate, facts, rule_id, FARTHEST):
        return None
    ahead = next(days for days in range(1, FARTHEST + 1) if not _broken_on(gate, facts, rule_id, days))
    return local_day(_morning(facts, ahead))


def _broken_on(gate: str, facts: rules.Facts, rule_id: str, days: int) -> bool:
    then = _morning(facts, days)
    *earlier, pending = facts.records
    later = replace(facts, now=then, records=(*earlier, replace(pending, at=then)))
    return bool(rules.broken(rules.examine(gate, later, only=rule_id)))


def _morning(facts: rules.Facts, days: int) -> datetime:
    return datetime.combine(facts.today + timedelta(days=days), time(), SHANGHAI)


class _Watched(Mapping[str, Any]):
    """Answers that notice when they are read."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.was_read = False

    def __getitem__(self, name: str) -> Any:
        self.was_read = True
        return self._answers[name]

    def __iter__(self) -> Iterator[str]:
        self.was_read = True
        return iter(self._answers)

    def __len__(self) -> int:
        self.was_read = True
        return len(self._answers)


def of_opening(
    work: Work, organ_id: str, gate: str, answers: Mapping[str, Any], matter: Mapping[str, Any]
) -> tuple[Foreseen, ...]:
    """Return what the first *gate* of a case of *organ_id* would say of *answers*, before there is the case."""
    organ, bodies, persons = organ_of(work.session, organ_id, work.today)
    file = CaseFile(
        Case(organ_id=organ_id, matter=dict(matter)), organ, (), bodies, persons, (),
        calendar_of(work.session), {},
    )  # fmt: skip
    return of_gate(work, file, gate, rules.Record(1, gate, answers, work.now, work.actor.person_id))
