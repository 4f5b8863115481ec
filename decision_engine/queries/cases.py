"""Which cases are there, and one of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, select

from decision_engine import access
from decision_engine.errors import NotFound
from decision_engine.models import Case, Comment, Document, DocumentVersion, Organ, Record
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries import meetings
from decision_engine.queries.pages import Page
from decision_engine.work import Work


def cases(
    work: Work, *, page: int = 1, size: int = 20, status: str | None = None, q: str | None = None,
    organ_id: str | None = None, also: Sequence[ColumnElement[bool]] = (),
) -> Page[Case]:  # fmt: skip
    """Return the cases of the actor's organs, newest first; *q* is looked for in titles, *also* must hold as well."""
    organs = {
        standing.organ_id
        for standing in work.actor.standings
        if standing.roles & access.ACTS["case.read"] and organ_id in (None, standing.organ_id)
    }
    wanted: list[ColumnElement[bool]] = [Case.organ_id.in_(sorted(organs)), Case.kind != MEETING_ITEM, *also]
    if status is not None:
        wanted.append(Case.status == status)
    if q:
        wanted.append(Case.title.contains(q, autoescape=True))
    total = work.session.scalar(select(func.count()).select_from(Case).where(and_(*wanted))) or 0
    found = work.session.scalars(
        select(Case)
        .where(and_(*wanted))
        .order_by(Case.created_at.desc(), Case.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page(list(found), page, size, total)


def one_case(work: Work, case_id: str, act: str = "case.read") -> Case:
    """Return one case the actor may read. Raises `NotFound` for strangers, `Forbidden` without the right.

    A matter that only a meeting decides is there for those who may see that meeting; the log of a case is closed to
    who is not in the room while a meeting discusses it (R-MTG-28).
    """
    case = work.session.get(Case, case_id)
    if case is None or not work.actor.in_organ(case.organ_id):
        raise NotFound
    if case.kind == MEETING_ITEM and not meetings.sees_item_of(work, case.id):
        raise NotFound
    access.stand(work.actor, act, case.organ_id)
    if act == "log.read":
        meetings.not_while_discussed(work, case.id, log=True)
    return case


def overlays_of(work: Work, case: Case) -> tuple[str, ...]:
    """Return the rule overlays in force for the organ of *case*, widest first."""
    return tuple(work.session.get_one(Organ, case.organ_id).overlays)


def records_of(
    work: Work, case_id: str, *, page: int = 1, size: int = 50, kind: str | None = None
) -> Page[Record]:
    """Return the case file's records in order. Raises `Forbidden` for outsiders while a meeting discusses the case."""
    meetings.not_while_discussed(work, case_id)
    wanted = [Record.case_id == case_id] + ([Record.kind == kind] if kind else [])
    total = work.session.scalar(select(func.count()).select_from(Record).where(and_(*wanted))) or 0
    found = work.session.scalars(
        select(Record).where(and_(*wanted)).order_by(Record.seq).limit(size).offset((page - 1) * size)
    )
    return Page(list(found), page, size, total)


def documents_of(work: Work, case_id: str) -> list[tuple[Document, list[DocumentVersion]]]:
    """Return the papers of a case with their versions, oldest first; two statements."""
    papers = list(
        work.session.scalars(
            select(Document).where(Document.case_id == case_id).order_by(Document.created_at, Document.id)
        )
    )
    versions: dict[str, list[DocumentVersion]] = {paper.id: [] for paper in papers}
    for version in work.session.scalars(
        select(DocumentVersion)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(Document.case_id == case_id)
        .order_by(DocumentVersion.document_id, DocumentVersion.number)
    ):
        versions[version.document_id].append(version)
    return [(paper, versions[paper.id]) for paper in papers]


def document_version(work: Work, document_id: str, number: int) -> tuple[Document, DocumentVersion]:
    """Return one version of a paper. Raises `NotFound`."""
    row = work.session.execute(
        select(Document, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(Document.id == document_id, DocumentVersion.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def record_of_task(work: Work, case_id: str, task_id: str) -> Record | None:
    """Return what was recorded when a step was done. Raises `Forbidden` for outsiders to a discussion going on."""
    meetings.not_while_discussed(work, case_id)
    return work.session.scalar(select(Record).where(Record.task_id == task_id).order_by(Record.seq).limit(1))


def comments_of(work: Work, case_id: str, most: int = 500) -> list[Comment]:
    """Return the comments of a case as they came, at most *most*, for a form to choose from."""
    found = select(Comment).where(Comment.case_id == case_id).order_by(Comment.at, Comment.id).limit(most)
    return list(work.session.scalars(found))


def note_reading(work: Work, case_id: str, what: str) -> None:
    """Note that the actor read *what* of a case's non-public material (F33), in the log and for questions about it."""
    work.reads(case_id, what)
