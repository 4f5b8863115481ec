"""What the meetings of a body came to in a period: the numbers a yearly report counts, from plain values.

`counted` is pure; `statistics_of` reads the values, in a fixed number of statements however many meetings there were.
A meeting belongs to the period in which it was opened (a cancelled one: for which it was called), by Shanghai days.
Shares are told as counts, so that nobody rounds them twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from decision_engine.calendar import end_of_day, local_day, start_of_day
from decision_engine.models import (
    AgendaChange,
    AgendaItem,
    Attendance,
    DissentConfirmation,
    Meeting,
    MeetingMember,
)
from decision_engine.work import Work

NOT_DISCUSSED = frozenset({"PENDING", "WITHDRAWN", "PUT_OFF"})


@dataclass(frozen=True, slots=True)
class ItemCounted:
    """What is counted of one item. *overridden*: the head departed from the majority; *dissents*: confirmed ones."""

    category: str
    state: str
    outcome: str | None
    overridden: bool = False
    emergency: bool = False
    divided: bool = False
    dissents: int = 0


@dataclass(frozen=True, slots=True)
class MeetingCounted:
    """What is counted of one meeting: heads due and ever present, when each member had notice, items, changes."""

    status: str
    planned_at: datetime
    due: int
    present: int
    notices: tuple[datetime, ...] = ()
    items: tuple[ItemCounted, ...] = ()
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of a period.

    *outcomes*: category -> outcome -> items decided so. *attendance*: members present, of *due*, summed over the
    meetings held. *notice_hours*: how long before the meeting its members had notice, on average, to the hour; None
    where nobody had any.
    """

    held: int
    cancelled: int
    to_come: int
    items: int
    discussed: int
    outcomes: Mapping[str, Mapping[str, int]]
    overrides: int
    deferrals: int
    divided: int
    emergencies: int
    dissents: int
    items_with_dissent: int
    withdrawn: int
    put_off: int
    changes: Mapping[str, int]
    attendance: int
    due: int
    notice_hours: int | None


def counted(meetings: Sequence[MeetingCounted]) -> Statistics:
    """Return the numbers of some meetings; pure. What was called and not held counts for no item and no head."""
    held = [one for one in meetings if one.status in {"OPEN", "CLOSED"}]
    items = [item for one in held for item in one.items]
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        if item.outcome is not None:
            outcomes[item.category][item.outcome] += 1
    status = Counter(one.status for one in meetings)
    return Statistics(
        held=len(held),
        cancelled=status["CANCELLED"],
        to_come=status["CALLED"],
        items=len(items),
        discussed=sum(item.state not in NOT_DISCUSSED for item in items),
        outcomes={category: dict(sorted(counts.items())) for category, counts in sorted(outcomes.items())},
        overrides=sum(item.overridden for item in items),
        deferrals=sum(item.outcome == "DEFER" for item in items),
        divided=sum(item.divided for item in items),
        emergencies=sum(item.emergency for item in items),
        dissents=sum(item.dissents for item in items),
        items_with_dissent=sum(item.dissents > 0 for item in items),
        withdrawn=sum(item.state == "WITHDRAWN" for item in items),
        put_off=sum(item.state == "PUT_OFF" for item in items),
        changes=dict(sorted(Counter(change for one in held for change in one.changes).items())),
        attendance=sum(one.present for one in held),
        due=sum(one.due for one in held),
        notice_hours=_notice_hours(held),
    )


def _notice_hours(held: Iterable[MeetingCounted]) -> int | None:
    times = [one.planned_at - notice for one in held for notice in one.notices]
    if not times:
        return None
    return sum(times, timedelta()) // len(times) // timedelta(hours=1)


def statistics_of(work: Work, body_id: str, since: date, until: date) -> Statistics:
    """Return the numbers of a body from *since* to *until*, both days included, in five statements."""
    session, begins, ends = work.session, start_of_day(since), end_of_day(until)
    meetings = [
        one
        for one in session.scalars(
            select(Meeting)
            .where(
                Meeting.body_id == body_id,
                Meeting.year >= since.year - 1,
                Meeting.year <= until.year + 1,
            )
            .order_by(Meeting.id)
        )
        if begins <= (one.opened_at or one.planned_at) < ends
    ]
    ids = [one.id for one in meetings]
    due: defaultdict[str, list[MeetingMember]] = defaultdict(list)
    for member in session.scalars(select(MeetingMember).where(MeetingMember.meeting_id.in_(ids))):
        due[member.meeting_id].append(member)
    return counted(
        [
            MeetingCounted(
                status=one.status,
                planned_at=one.planned_at,
                due=len(due[one.id]),
                present=present,
                notices=tuple(member.noticed_at for member in due[one.id] if member.noticed_at is not None),
                items=items,
                changes=changes,
            )
            for one, present, items, changes in _joined(work, meetings, ids)
        ]
    )


def _joined(
    work: Work, meetings: Sequence[Meeting], ids: Sequence[str]
) -> list[tuple[Meeting, int, tuple[ItemCounted, ...], tuple[str, ...]]]:
    session = work.session
    present: defaultdict[str, set[str | None]] = defaultdict(set)
    for meeting_id, person_id in session.execute(
        select(Attendance.meeting_id, Attendance.person_id).where(
            Attendance.meeting_id.in_(ids), Attendance.kind == "MEMBER"
        )
    ):
        present[meeting_id].add(person_id)
    changes: defaultdict[str, list[str]] = defaultdict(list)
    for meeting_id, kind in session.execute(
        select(AgendaChange.meeting_id, AgendaChange.kind).where(AgendaChange.meeting_id.in_(ids))
    ):
        changes[meeting_id].append(kind)
    items: defaultdict[str, list[ItemCounted]] = defaultdict(list)
    for item, dissents in _items(work, ids):
        items[item.meeting_id].append(_item(item, dissents))
    return [(one, len(present[one.id]), tuple(items[one.id]), tuple(changes[one.id])) for one in meetings]


def _items(work: Work, ids: Sequence[str]) -> list[tuple[AgendaItem, int]]:
    rows = work.session.execute(
        select(AgendaItem, DissentConfirmation.person_id)
        .outerjoin(DissentConfirmation, DissentConfirmation.item_id == AgendaItem.id)
        .where(AgendaItem.meeting_id.in_(ids))
        .order_by(AgendaItem.meeting_id, AgendaItem.seq)
    )
    found: dict[str, tuple[AgendaItem, int]] = {}
    for item, person_id in rows:
        _, many = found.get(item.id, (item, 0))
        found[item.id] = (item, many + (person_id is not None))
    return list(found.values())


def _item(item: AgendaItem, dissents: int) -> ItemCounted:
    return ItemCounted(
        category=item.category,
        state=item.state,
        outcome=item.outcome,
        overridden=bool(item.override_reasons),
        emergency=item.emergency,
        divided=item.divided is True,
        dissents=dissents,
    )


def year_of(day: date | datetime) -> tuple[date, date]:
    """Return the first and last day of the year of *day*, in Shanghai."""
    year = (local_day(day) if isinstance(day, datetime) else day).year
    return date(year, 1, 1), date(year, 12, 31)
