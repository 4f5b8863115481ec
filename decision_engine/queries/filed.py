"""Is what lies in the case file what the log says was put there? Entry by entry, paper by paper, comment by comment.

The rules, the pages and the people read the case file; the proofs are about the log. A file that was bent behind the
log's back, by hand or by a damaged disk, answers wrongly while every proof holds; this is what finds it. What was
lawfully erased from the log is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine.language import Text
from decision_engine.models import Case, Comment, Document, DocumentVersion, Event, EventPayload, Record, Task
from decision_engine.queries.trail import read

OTHER_ENTRY = Text("案卷内容与日志不符", "the case file holds something else than the log says")
OTHER_COMMENT = Text("公众意见与日志不符", "a comment is not the one the log tells of")
OTHER_PAPER = Text("材料与日志不符", "a paper is not the one the log tells of")
UNREADABLE = Text("案卷无法读取", "the case file cannot be read")
MORE = Text("案卷多出日志没有的内容", "the case file holds more than the log tells of")


class _Told(NamedTuple):
    """An event that put something into the file. *payload* is None where it was erased."""

    seq: int
    kind: str
    at: datetime
    actor: str
    body: Mapping[str, Any]
    payload: Mapping[str, Any] | None


def otherwise(session: Session) -> Iterator[tuple[Case, int, Text]]:
    """Yield every place at which a case's file differs from its log: the case, the entry of the log, what differs."""
    for case in session.scalars(select(Case).order_by(Case.id)):
        try:
            found = list(of_case(session, case))
        except (ValueError, TypeError, LookupError):  # bytes that are no longer what a column holds
            found = [(case.head_seq, UNREADABLE)]
        for seq, reason in found:
            yield case, seq, reason


def of_case(session: Session, case: Case) -> Iterator[tuple[int, Text]]:
    """Yield the entries of the log whose entry or paper in the file is gone or another. Five statements."""
    told = list(_told(session, case))
    yield from _entries(session, case, told)
    yield from _papers(session, case, told)
    yield from _comments(session, case, told)


def _told(session: Session, case: Case) -> Iterator[_Told]:
    rows = session.execute(
        select(Event.seq, Event.kind, Event.at, Event.actor_id, Event.body, EventPayload.payload)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case.id)
        .order_by(Event.seq)
    )
    for seq, kind, at, actor, body, payload in rows:
        yield _Told(seq, kind, at, actor, read(body), read(payload) if payload is not None else None)


# -- entries -------------------------------------------------------------------------------------------------


def _entries(session: Session, case: Case, told: list[_Told]) -> Iterator[tuple[int, Text]]:
    rows = session.scalars(select(Record).where(Record.case_id == case.id))
    records = {one.seq: one for one in rows}
    tasks = {one.id: one for one in session.scalars(select(Task).where(Task.case_id == case.id))}
    count = len(records)
    for event in told:
        if "entry" not in event.body:
            continue
        record = records.pop(event.body["entry"], None)
        if record is None or not _same(record, event, tasks.get(record.task_id or "")):
            yield event.seq, OTHER_ENTRY
    if records or case.records != count:
        yield case.head_seq, MORE


def _same(record: Record, event: _Told, task: Task | None) -> bool:
    """Tell whether *record* is what *event* says was put into the file, in every column."""
    body, payload = event.body, event.payload
    about = _object(body.get("task") or body.get("timer"))
    actor = _object(body.get("actor"))
    step = about.get("step") or about.get("element") or body.get("step")
    clock = event.kind == "timer.fired"
    answered = event.kind == "countersign.answered"
    return (
        (record.at, record.author_id, record.on_behalf_of_id) == (event.at, event.actor, actor.get("for"))
        and (answered or record.kind == step)
        and record.item == (None if answered else about.get("item") or body.get("member"))
        and ("draft" not in body or record.draft == body["draft"])
        and record.task_id == (about.get("id") if "task" in body else None)
        and record.role == ("clock" if clock else task.role or "" if task and not answered else "")
        and (task is None or answered or (task.status, task.closed_by) == ("DONE", event.actor))
        and (payload is None or _said(record, event, payload))
    )


def _said(record: Record, event: _Told, payload: Mapping[str, Any]) -> bool:
    """Tell whether the answers, the post and the reasons of *record* are those the event commits to."""
    body = event.body
    if event.kind == "timer.fired":
        return record.post == "" and _moments(record.data) == (event.at, _moment(body.get("due")))
    said = payload.get("said")
    if event.kind == "countersign.answered" and isinstance(said, dict):
        step = record.data.get("step")
        said = said | {"countersign": body.get("countersign"), "step": step}
    reasons = [[one["rule"], one["reason"], one["approver"]["id"]] for one in payload.get("exceptions", ())]
    post = _object(payload.get("actor")).get("post")
    return (record.data, record.post, record.exceptions) == (said, post, reasons)


def _moments(data: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    return _moment(data.get("closed_at")), _moment(data.get("due_at"))


def _moment(told: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(told))
    except ValueError:
        return None


def _object(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, dict) else {}


# -- papers --------------------------------------------------------------------------------------------------


def _papers(session: Session, case: Case, told: list[_Told]) -> Iterator[tuple[int, Text]]:
    rows = session.execute(
        select(Document, DocumentVersion)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .where(Document.case_id == case.id)
    )
    versions = {(version.document_id, version.number): (paper, version) for paper, version in rows}
    for event in told:
        if event.kind != "document.added":
            continue
        about = _object(event.body.get("document"))
        paper, version = versions.pop((str(about.get("id")), about.get("version", 0)), (None, None))
        if paper is None or version is None or not _same_paper(paper, version, about, event):
            yield event.seq, OTHER_PAPER
    if versions:
        yield case.head_seq, MORE


def _same_paper(paper: Document, version: DocumentVersion, about: Mapping[str, Any], event: _Told) -> bool:
    kept = (paper.kind, version.sha256, version.size, version.author_id, version.at)
    if kept != (about.get("kind"), about.get("sha256"), about.get("size"), event.actor, event.at):
        return False
    said = _object(event.payload.get("said")) if event.payload is not None else None
    return said is None or (paper.title, version.file_name) == (said.get("title"), said.get("file_name"))


# -- comments ------------------------------------------------------------------------------------------------


def _comments(session: Session, case: Case, told: list[_Told]) -> Iterator[tuple[int, Text]]:
    comments = {one.id: one for one in session.scalars(select(Comment).where(Comment.case_id == case.id))}
    for event in told:
        if event.kind != "comment.received":
            continue
        about = _object(event.body.get("comment"))
        comment = comments.pop(str(about.get("id")), None)
        said = event.payload.get("said") if event.payload is not None else None
        if (
            comment is None
            or (comment.channel, comment.late, comment.at)
            != (about.get("channel"), about.get("late"), event.at)
            or (event.payload is not None and _object(said).get("text") != comment.text)
        ):
            yield event.seq, OTHER_COMMENT
    if comments:
        yield case.head_seq, MORE
