"""Looking for something: cases, papers and people by words, among what the asker may see; and where cases wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from decision_engine import access
from decision_engine.language import Text
from decision_engine.models import Case, Document, Person, Post, Task
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries.stages import stage_of
from decision_engine.work import Work

MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found: *kind* `case`, `paper` or `person`; *case_id* where it leads."""

    kind: str
    title: str
    note: str
    case_id: str | None


def everywhere(work: Work, words: str) -> Sequence[Found]:
    """Return what matches *words*: titles and numbers of cases, titles of papers, names; three statements."""
    organs = _organs(work)
    cases = work.session.scalars(
        select(Case)
        .where(Case.organ_id.in_(organs), Case.kind != MEETING_ITEM)
        .where(or_(Case.title.contains(words, autoescape=True), _number(words)))
        .order_by(Case.created_at.desc())
        .limit(MOST)
    )
    papers = work.session.execute(
        select(Document, Case)
        .join(Case, Case.id == Document.case_id)
        .where(Case.organ_id.in_(organs), Document.title.contains(words, autoescape=True))
        .order_by(Document.created_at.desc())
        .limit(MOST)
    )
    persons = work.session.execute(
        select(Person.name, func.min(Post.title))
        .join(Post, Post.person_id == Person.id)
        .where(
            Post.organ_id.in_(organs),
            Person.name.contains(words, autoescape=True),
            Person.closed_at.is_(None),
        )
        .group_by(Person.id, Person.name)
        .limit(MOST)
    )
    return [
        *(Found("case", one.title, one.label, one.id) for one in cases),
        *(Found("paper", paper.title, one.title, one.id) for paper, one in papers),
        *(Found("person", name, title, None) for name, title in persons),
    ]


def where_they_wait(work: Work, cases: Sequence[Case]) -> Mapping[str, tuple[Text, int]]:
    """Return, by case, the stage its newest open step lies in and how many steps wait; one statement."""
    if not cases:
        return {}
    rows = work.session.execute(
        select(Task.case_id, Task.step, Task.name)
        .where(Task.case_id.in_([one.id for one in cases]), Task.status == "OPEN")
        .order_by(Task.opened_at)
    ).all()
    found: dict[str, tuple[Text, int]] = {}
    for case_id, step, name in rows:
        stage = stage_of(step)
        found[case_id] = (stage.name if stage else Text(name, name), found.get(case_id, (None, 0))[1] + 1)
    return found


def _organs(work: Work) -> list[str]:
    return sorted({one.organ_id for one in work.actor.standings if one.roles & access.ACTS["case.read"]})


def _number(words: str):  # type: ignore[no-untyped-def]
    digits = "".join(sign for sign in words.rpartition("〕")[2] if sign.isdigit())[:9]
    return Case.number == int(digits) if digits else Case.id == words[:64]
