"""The minutes of a meeting as they are kept: versions, who signed which, corrections, later words, what is wanting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import defer

from decision_engine.errors import Forbidden, NotFound
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Annotation,
    Attendance,
    Meeting,
    MeetingMember,
    MinutesCorrection,
    MinutesSignature,
    MinutesVersion,
)
from decision_engine.queries.meeting_rows import Who, day_of, people_of
from decision_engine.queries.meetings import Feed, feed_of
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of the minutes. *present*: the members who were there; *people*: names and posts by id."""

    meeting: Meeting
    versions: Sequence[MinutesVersion]
    signatures: Sequence[MinutesSignature]
    corrections: Sequence[MinutesCorrection]
    annotations: Sequence[Annotation]
    present: Sequence[str]
    people: Mapping[str, Who]

    @property
    def newest(self) -> MinutesVersion | None:
        """Return the newest record."""
        return next((one for one in reversed(self.versions) if one.kind == "RECORD"), None)

    @property
    def unsigned(self) -> tuple[str, ...]:
        """Return the members present of whom the newest record has neither a signature nor a reason."""
        newest = self.newest
        signed = {one.person_id for one in self.signatures if newest and one.sha256 == newest.sha256}
        return tuple(one for one in self.present if one not in signed)


def kept_of(work: Work, meeting_id: str) -> Kept:
    """Return what is kept of a meeting's minutes, without their text. Raises `NotFound`, `Forbidden` for guests."""
    feed = feed_of(work, meeting_id)
    meeting = feed.meeting
    if feed.viewer.is_guest:
        raise Forbidden(
            Text("列席人员不查阅会议记录。", "Who only attended is not shown the minutes."), rule="R-MTG-28"
        )
    session = work.session
    versions = session.scalars(
        select(MinutesVersion)
        .options(defer(MinutesVersion.content))
        .where(MinutesVersion.meeting_id == meeting.id)
        .order_by(MinutesVersion.kind, MinutesVersion.number)
    ).all()
    signatures = session.scalars(
        select(MinutesSignature)
        .where(MinutesSignature.meeting_id == meeting.id)
        .order_by(MinutesSignature.at, MinutesSignature.id)
    ).all()
    corrections = session.scalars(
        select(MinutesCorrection)
        .where(MinutesCorrection.meeting_id == meeting.id)
        .order_by(MinutesCorrection.at, MinutesCorrection.id)
    ).all()
    annotations = session.scalars(
        select(Annotation).where(Annotation.meeting_id == meeting.id).order_by(Annotation.at, Annotation.id)
    ).all()
    present = session.scalars(
        select(MeetingMember.person_id)
        .join(
            Attendance,
            (Attendance.meeting_id == MeetingMember.meeting_id)
            & (Attendance.person_id == MeetingMember.person_id),
        )
        .where(MeetingMember.meeting_id == meeting.id)
        .order_by(MeetingMember.rank)
    ).all()
    ids = {*present, *(one.by for one in versions), *(one.person_id for one in signatures)}
    ids |= {one.author_id for one in corrections} | {one.author_id for one in annotations}
    people = people_of(session, ids, meeting.organ_id, day_of(meeting))
    return Kept(
        meeting, versions, signatures, corrections, annotations, tuple(dict.fromkeys(present)), people
    )


def version_of(work: Work, meeting_id: str, kind: str, number: int) -> tuple[Feed, MinutesVersion]:
    """Return the exact bytes of one version; the record only for those who may read it. Raises `NotFound`, `Forbidden`.

    The summary is for all who may see the meeting. The record, with everybody's position on every item, is for the
    members, the recorder and auditors: the offices work from the summary (R-MTG-25), and a guest of one item did not
    hear the others.
    """
    feed = feed_of(work, meeting_id)
    viewer = feed.viewer
    if kind == "RECORD" and not (viewer.member or viewer.chair or viewer.recorder or viewer.auditor):
        raise Forbidden(
            Text(
                "会议记录原件只供组成人员、记录人和审计（监督）人员查阅，请使用会议纪要。",
                "The record is read by the members, its recorder and auditors. Use the summary.",
            ),
            rule="R-MTG-25",
        )
    version = work.session.get(MinutesVersion, (meeting_id, kind, number))
    if version is None:
        raise NotFound
    return feed, version


def cases_of(work: Work, meeting_id: str) -> list[str]:
    """Return the ids of the cases a meeting had on its agenda."""
    return list(
        work.session.scalars(
            select(AgendaItem.case_id)
            .where(AgendaItem.meeting_id == meeting_id)
            .distinct()
            .order_by(AgendaItem.case_id)
        )
    )
