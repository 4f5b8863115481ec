"""What became of the public's opinions: each point with its handling and reason, and one person's own by receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine.models import Comment, Record


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the opinions: what it says, whether it was adopted, why (not), and from how many submissions."""

    text: str
    handling: str
    reason: str
    submissions: int
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """One's own comment, found by its receipt, with the points it was sorted into (none yet: not handled)."""

    comment: Comment
    points: Sequence[Point]
    published: bool


def points_of(session: Session, case_id: str) -> Sequence[Point]:
    """Return the points of the newest handling of the comments of *case_id*, in their order."""
    handled = session.scalar(
        select(Record)
        .where(Record.case_id == case_id, Record.kind == "handle_comments")
        .order_by(Record.seq.desc())
        .limit(1)
    )
    return tuple(_point(one) for one in handled.data.get("points", [])) if handled is not None else ()


def received(session: Session, receipt: str) -> Received | None:
    """Return the comment of *receipt* with what became of it, or None. What is not published yet is not told."""
    comment = session.scalar(select(Comment).where(Comment.receipt == receipt))
    if comment is None:
        return None
    published = session.execute(
        select(Record.seq, Record.at)
        .where(Record.case_id == comment.case_id, Record.kind == "publish_feedback")
        .order_by(Record.seq.desc())
        .limit(1)
    ).first()
    if published is None or published.at < comment.at:
        return Received(comment, (), published=False)
    return Received(comment, _answers(session, comment, published.seq), published=True)


def _answers(session: Session, comment: Comment, until: int) -> Sequence[Point]:
    """Return the points *comment* is in, of the newest handling before entry *until* that knows it.

    A draft that is heard a second time has a handling of its own; who wrote on the first keeps that answer.
    """
    handlings = session.scalars(
        select(Record)
        .where(Record.case_id == comment.case_id, Record.kind == "handle_comments", Record.seq < until)
        .order_by(Record.seq.desc())
    )
    for handled in handlings:
        if own := [one for one in map(_point, handled.data.get("points", [])) if comment.id in one.comments]:
            return own
    return ()


def _point(said: Mapping[str, Any]) -> Point:
    comments = tuple(str(one) for one in said.get("comments", ()))
    return Point(
        text=str(said.get("point", "")),
        handling=str(said.get("handling", "")),
        reason=str(said.get("reason", "")),
        submissions=len(comments),
        comments=comments,
    )
