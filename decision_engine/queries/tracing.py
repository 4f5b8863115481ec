"""Responsibility in depth: person x fact x rule, from the log alone (R-ACC-06). Facts and deviations, never a verdict.

Each of the thirty-five facts of `facts.FACTS` comes with the acts that show it, or as not shown. Each act names who
did it in which post, what was answered, which rules were checked, and the entry that proves it. What the rules find
over the whole file is computed from the acts of the log, not from tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from decision_engine import rules
from decision_engine.language import Text
from decision_engine.models import AccessEntry
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.chronicle import DONE, MACHINES, Act, Chronicle
from decision_engine.queries.delay import HolderTime, StepTime, by_holder, step_times
from decision_engine.queries.dissent import Dissent, dissents
from decision_engine.queries.exemption import ExemptionFact, exemption_facts
from decision_engine.queries.facts import FACTS, Fact
from decision_engine.work import Work

SHOWN, NOT_SHOWN, EXCUSED, ERASED = "SHOWN", "NOT_SHOWN", "EXCUSED", "ERASED"
MOST_ENTRIES = 200
"""How many entries of one fact are told; *count* tells how many there are."""

_IN_THE_ROOM = ("sha256", "number", "to", "member", "method", "remark")
"""What events of a meeting room name: the version of a paper and whom it reached, who is meant, how it is voted."""

NO_VERDICT = Text(
    "本报告由系统根据日志生成，只列事实、证据和规则检查情况，不作责任结论；责任由有权机关依法认定。",
    "Generated from the log: facts, evidence, rules checked, and no verdict. The competent organs find on liability.",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One act that shows a fact; *shows* are the answers that do, *rules* what was checked with each outcome."""

    person_id: str
    person: str | None
    post_then: str | None
    on_behalf_of: str | None
    act: Text
    step: str | None
    at: datetime
    shows: Mapping[str, Any]
    rules: tuple[tuple[str, str], ...]
    erased: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class FactShown:
    """A fact and what shows it. *state*: SHOWN, NOT_SHOWN, EXCUSED (the matter need not have it), ERASED."""

    id: str
    title: Text
    state: str
    entries: tuple[Shown, ...]
    count: int


@dataclass(frozen=True, slots=True)
class FactOfPerson:
    """One fact a person stands behind, with the rules checked at those acts: rule -> outcome."""

    fact: str
    rules: Mapping[str, str]
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PersonTraced:
    """A person of the case: posts held then, the facts stood behind, exceptions approved, refused attempts."""

    person_id: str
    person: str | None
    posts: tuple[str, ...]
    facts: tuple[FactOfPerson, ...]
    approved: tuple[str, ...]
    refused: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A rule the case file departs from: with an exception on record, or broken; *acts* are those it looked at."""

    rule: str
    title: Text
    law: str
    article: str
    outcome: str
    reason: Text | None
    acts: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Tracing:
    """The whole report."""

    facts: tuple[FactShown, ...]
    persons: tuple[PersonTraced, ...]
    deviations: tuple[Deviation, ...]
    dissents: tuple[Dissent, ...]
    steps: tuple[StepTime, ...]
    holders: tuple[HolderTime, ...]
    exemption: tuple[ExemptionFact, ...]
    statement: Text


def traced(work: Work, log: Chronicle) -> Tracing:
    """Return the report on the case of *log*."""
    steps, differing = step_times(log), dissents(log)
    shown = tuple(_fact(work, log, fact, steps) for fact in FACTS)
    return Tracing(
        facts=shown,
        persons=_persons(log, shown),
        deviations=deviations(log),
        dissents=differing,
        steps=steps,
        holders=by_holder(log, steps),
        exemption=exemption_facts(log, differing),
        statement=NO_VERDICT,
    )


def deviations(log: Chronicle) -> tuple[Deviation, ...]:
    """Return what the audit rules find broken or excepted in the case file the log makes."""
    acts = {act.entry: act for act in log.acts if act.entry is not None}
    found = []
    for finding in rules.audit(log.facts()):
        if finding.outcome in {rules.Outcome.BROKEN, rules.Outcome.EXCEPTED}:
            looked_at = tuple(acts[entry].evidence for entry in finding.evidence if entry in acts)
            found.append(
                Deviation(
                    finding.rule,
                    finding.title,
                    finding.law,
                    finding.article,
                    finding.outcome.value,
                    finding.reason,
                    looked_at,
                )
            )
    return tuple(found)


# -- facts -------------------------------------------------------------------------------------------------


def _fact(work: Work, log: Chronicle, fact: Fact, steps: Sequence[StepTime]) -> FactShown:
    special = _SPECIAL.get(fact.id)
    if special is not None:
        entries = tuple(special(work, log, steps))
        return FactShown(
            fact.id, fact.title, SHOWN if entries else NOT_SHOWN, entries[:MOST_ENTRIES], len(entries)
        )
    entries = tuple(_entry(act, fact.fields) for act in log.acts if _shows(act, fact))
    if entries:
        state = ERASED if all(one.erased for one in entries) else SHOWN
        return FactShown(fact.id, fact.title, state, entries[:MOST_ENTRIES], len(entries))
    excuse = _excused(log, fact)
    if excuse is not None:
        return FactShown(fact.id, fact.title, EXCUSED, (excuse,), 1)
    return FactShown(fact.id, fact.title, NOT_SHOWN, (), 0)


def _shows(act: Act, fact: Fact) -> bool:
    if act.kind in fact.kinds:
        return True
    if act.kind not in DONE or act.step not in fact.steps:
        return False
    return not fact.fields or act.said is None or any(_answered(act.get(name)) for name in fact.fields)


def _answered(value: Any) -> bool:
    return value is not None and value not in ("", [])


def _entry(act: Act, names: Sequence[str]) -> Shown:
    shows = {name: act.get(name) for name in names or (act.said or {}) if _answered(act.get(name))}
    for name in ("document", "comment", "draft", "due", *_IN_THE_ROOM):
        if act.body.get(name) is not None and (name != "draft" or act.kind in DONE):
            shows[name] = act.body[name]
    if act.kind not in DONE:
        shows |= {name: value for name, value in (act.said or {}).items() if _answered(value)}
    return _told(act, shows)


def _told(act: Act, shows: Mapping[str, Any]) -> Shown:
    return Shown(
        person_id=act.person_id, person=act.person, post_then=act.post, on_behalf_of=act.on_behalf_of, act=act.name,
        step=act.step, at=act.at, shows=shows, rules=act.checked, erased=not act.beside,
        evidence=act.evidence,
    )  # fmt: skip


def _excused(log: Chronicle, fact: Fact) -> Shown | None:
    """Return the newest act that says the matter need not have *fact*."""
    if fact.excuse is None:
        return None
    name, answer = fact.excuse
    said = [act for act in log.acts if act.kind in DONE and isinstance(act.get(name), bool)]
    if not said or said[-1].get(name) is not answer:
        return None
    return _told(said[-1], {name: answer})


# -- facts that are not answers of one step ------------------------------------------------------------------


def _exceptions(_work: Work, log: Chronicle, _steps: Sequence[StepTime]) -> Iterator[Shown]:
    for act in log.acts:
        if act.body.get("exceptions"):
            yield _told(act, {"exceptions": act.beside.get("exceptions") or act.body["exceptions"]})


def _versions(_work: Work, log: Chronicle, _steps: Sequence[StepTime]) -> Iterator[Shown]:
    """Yield the acts at which another rule set, diagram or engine came into force for the case."""
    before: Mapping[str, Any] = {}
    for act in log.acts:
        if "definition" in act.body:
            now = {
                "rules": act.body.get("rules", {}).get("version"),
                "definition": act.body["definition"],
                "engine": act.body.get("engine"),
            }
            if now != before:
                yield _told(act, now)
            before = now


def _clocks(_work: Work, log: Chronicle, _steps: Sequence[StepTime]) -> Iterator[Shown]:
    """Yield the acts at which another calendar came into force, and each deadline that was counted anew."""
    before = None
    for act in log.acts:
        if act.kind == "deadline.counted":
            yield _told(
                act, {name: act.body.get(name) for name in ("timer", "before", "after", "provisional")}
            )
        elif act.body.get("calendar") not in {None, before}:
            before = act.body["calendar"]
            yield _told(act, {"calendar": before, "clock": "Asia/Shanghai"})


def _readings(work: Work, log: Chronicle, _steps: Sequence[StepTime]) -> Iterator[Shown]:
    """Yield who read what how often: the register of readings, which is no part of the log's chain."""
    found = work.session.execute(
        select(
            AccessEntry.person_id, AccessEntry.what, func.count(), func.min(AccessEntry.at), func.max(AccessEntry.at)
        )
        .where(AccessEntry.case_id == log.case.id)
        .group_by(AccessEntry.person_id, AccessEntry.what)
        .order_by(func.min(AccessEntry.at))
    )  # fmt: skip
    for person, what, times, first, last in found:
        yield Shown(
            person_id=person, person=log.names.get(person), post_then=None, on_behalf_of=None,
            act=Text("查阅卷宗", "Reading the dossier"), step=None, at=first,
            shows={"what": what, "times": times, "last": last.isoformat(timespec="milliseconds")},
            rules=(), erased=False, evidence=Evidence(0, "", ""),
        )  # fmt: skip


def _times(_work: Work, log: Chronicle, steps: Sequence[StepTime]) -> Iterator[Shown]:
    closing = {act.evidence.seq: act for act in log.acts}
    for step in steps:
        act = closing[step.evidence[-1].seq]
        yield _told(
            act, {"element": step.element, "working_days": step.working_days, "outcome": step.outcome}
        )


_SPECIAL = {"F31": _exceptions, "F32": _versions, "F33": _readings, "F34": _clocks, "F35": _times}


# -- persons -----------------------------------------------------------------------------------------------


def _persons(log: Chronicle, shown: Sequence[FactShown]) -> tuple[PersonTraced, ...]:
    acts = {act.evidence.seq: act for act in log.acts}
    facts: defaultdict[str, dict[str, list[Shown]]] = defaultdict(lambda: defaultdict(list))
    for fact in shown:
        for entry in fact.entries:
            if entry.evidence.seq in acts and entry.person_id not in MACHINES:
                facts[acts[entry.evidence.seq].answerable][fact.id].append(entry)
                facts[entry.person_id][fact.id].append(entry)
    order = dict.fromkeys(act.person_id for act in log.acts if act.person_id not in MACHINES)
    return tuple(_person(log, person, facts[person]) for person in dict.fromkeys((*order, *facts)))


def _person(log: Chronicle, person_id: str, facts: Mapping[str, Sequence[Shown]]) -> PersonTraced:
    theirs = [act for act in log.acts if act.person_id == person_id]
    return PersonTraced(
        person_id=person_id,
        person=log.names.get(person_id),
        posts=tuple(dict.fromkeys(act.post for act in theirs if act.post)),
        facts=tuple(
            FactOfPerson(
                fact,
                {rule: outcome for entry in entries for rule, outcome in entry.rules},
                tuple(sorted({entry.evidence.seq for entry in entries})),
            )
            for fact, entries in facts.items()
        ),
        approved=tuple(
            one["rule"]
            for act in log.acts
            for one in act.beside.get("exceptions", ())
            if one["approver"]["id"] == person_id
        ),
        refused=tuple(act.evidence.seq for act in theirs if act.kind == "act.refused"),
    )
