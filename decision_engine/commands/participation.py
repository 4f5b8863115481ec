"""Hear the public: comments come in without sign-in, are kept as they came, and are answered with a receipt."""

from __future__ import annotations

import secrets

from decision_engine import access
from decision_engine.crash import crash_point
from decision_engine.errors import NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Comment, CommentContact
from decision_engine.queries.consultations import consultation
from decision_engine.work import Work

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: people copy receipts by hand


def receive_comment(
    work: Work,
    case_id: str,
    text: str,
    *,
    channel: str = "ONLINE",
    name: str | None = None,
    contact: str | None = None,
) -> Comment:
    """Take a comment of the public on a published notice; a late one is kept and marked (R-PUB-08).

    Name and contact are personal data: kept apart, in no log and no hash. Raises `NotFound` when nothing was
    published for comment.
    """
    open_notice = consultation(work.session, case_id, work.now)
    if open_notice is None:
        raise NotFound(Text("该事项没有公开征求意见的公告。", "Nothing is published for comment here."))
    case = work.session.get_one(Case, case_id, with_for_update=True)
    work.tries(case, "comment.receive")
    standing = None
    if work.actor is not access.PUBLIC:
        standing = access.stand(work.actor, "comment.register", case.organ_id)
    comment = Comment(
        case_id=case_id, receipt=_receipt(), channel=channel, text=text, late=work.now >= open_notice.closes_at,
        at=work.now,
    )  # fmt: skip
    work.session.add(comment)
    work.session.flush()
    crash_point("comment.written")
    if name or contact:
        work.session.add(CommentContact(comment_id=comment.id, name=name, contact=contact))
    work.record(
        "comment.received",
        case,
        standing=standing,
        said={"text": text},
        comment={"id": comment.id, "channel": channel, "late": comment.late},
    )
    return comment


def _receipt() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
