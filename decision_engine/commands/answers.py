"""What every answer must stand: papers, persons and units it names exist, and no rule of its gate is broken."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, union_all

from decision_engine import forms, rules
from decision_engine.errors import InvalidAnswers, Unlawful
from decision_engine.language import Text
from decision_engine.models import Case, Document, Person, Unit
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries.casefile import CaseFile
from decision_engine.work import Work


def lawful(
    work: Work, file: CaseFile, gate: str, pending: rules.Record, departures: Sequence[rules.Departure] = ()
) -> tuple[rules.Finding, ...]:
    """Return what the rules of *gate* find of *pending*. Raises `Unlawful` with what it breaks."""
    findings = rules.examine(gate, file.facts(work, gate, pending, departures))
    findings = tuple(finding for finding in findings if binds(file.case, finding.rule))
    broken = tuple(finding for finding in findings if finding.outcome is rules.Outcome.BROKEN)
    if broken:
        raise Unlawful(broken)
    return findings


def binds(case: Case, rule_id: str) -> bool:
    """Tell whether a rule binds *case*: a matter that only a meeting decides is bound by those of any meeting."""
    return case.kind != MEETING_ITEM or rules.of_any_meeting(rule_id)


def references_exist(work: Work, case: Case, named: forms.References) -> None:
    """Refuse papers that are not of this case, and persons or units nobody knows; one statement."""
    asked = (
        (
            named.documents,
            select(Document.id).where(Document.case_id == case.id, Document.id.in_(named.documents.values())),
            Text("本案卷宗中没有这份文件，请先上传。", "The case holds no such document. Upload it first."),
        ),
        (
            named.persons,
            select(Person.id).where(Person.id.in_(named.persons.values())),
            Text("系统中没有此人。", "There is no such person."),
        ),
        (
            named.units,
            select(Unit.id).where(Unit.organ_id == case.organ_id, Unit.id.in_(named.units.values())),
            Text("本机关没有这个单位。", "This organ has no such unit."),
        ),
    )
    queries = [query for ids, query, _ in asked if ids]
    if not queries:
        return
    known = set(work.session.scalars(union_all(*queries)))  # ids are unique over all three kinds
    missing = {path: (reason,) for ids, _, reason in asked for path, one in ids.items() if one not in known}
    if missing:
        raise InvalidAnswers(missing)
