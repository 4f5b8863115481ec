"""The statutory working calendar: questions about days, and the notices that change it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import Schema, fields

from decision_engine import rules
from decision_engine.api.fields import ActOut, CalendarDay, Id, Moment, Nothing, Said, Sentence
from decision_engine.api.room import Room
from decision_engine.calendar import BeyondHorizon, DayKind, Period, Unit
from decision_engine.calendar import CalendarDay as Day
from decision_engine.calendar import CalendarNotice as Notice
from decision_engine.commands import calendar_notices as commands
from decision_engine.errors import InvalidAnswers
from decision_engine.forms.fields import Choice, Line, Listing, Whole, YesNo
from decision_engine.language import Text
from decision_engine.queries import calendar as queries
from decision_engine.queries.casefile import calendar_of
from decision_engine.work import Work

room = Room("calendar", "工作日历", "Working calendar")

LONGEST = 3650  # days; ten years, as the calendar itself allows
DAYS_AT_MOST = {Unit.DAYS: 1, Unit.WORKING_DAYS: 1, Unit.MONTHS: 31, Unit.YEARS: 366}
_WRITTEN = re.compile(r"P([0-9]{1,4})([DMY])|([0-9]{1,4})WD")
KINDS = {
    DayKind.HOLIDAY.value: ("法定节假日", "Statutory holiday"),
    DayKind.IN_LIEU_OFF.value: ("调休放假", "Off in lieu"),
    DayKind.WORKING_WEEKEND.value: ("周末上班", "Working weekend"),
    DayKind.LOCAL_CLOSURE.value: ("本机关停止办公", "Closed locally"),
}


class DeadlineQuery(Said):
    """From which day, how long."""

    start = CalendarDay("起始日期", "Day of the event; not counted", required=True)
    period = Line("期限", "P30D, P3M, P2Y, 7WD (working days), or a parameter's name", required=True, most=64)
    organ_id = Id("机关", "Organ whose own periods count")


class SpanQuery(Said):
    """From which day to which."""

    start = CalendarDay("起始日期", "First day; not counted", required=True)
    end = CalendarDay("结束日期", "Last day; counted", required=True)


class OneDayQuery(Said):
    """Which day."""

    day = CalendarDay("日期", "Day", required=True)


class DaySaid(Said):
    """One arranged day."""

    day = CalendarDay("日期", "Day", required=True)
    kind = Choice("种类", "Kind", KINDS, required=True)


class NoticeSaid(Said):
    """A notice that arranges days."""

    document_no = Line("文号", "Document number", required=True, most=100)
    issued_on = CalendarDay("发文日期", "Issued on", required=True)
    year = Whole("所安排的年份", "Year arranged", required=True, least=1990, most=2199)
    national = YesNo("国务院年度通知", "The State Council's yearly notice", default=True)
    source_url = Line("来源", "Source", most=500, default="")
    days = Listing("日期安排", "Days", DaySaid, required=True, least=1, most=400)


class DeadlineOut(Schema):
    """The last day of a period. *provisional*: it rests on days that are not announced yet."""

    start = fields.Date()
    period = Sentence()
    day = fields.Date()
    ends_at = Moment()
    provisional = fields.Boolean()
    horizon = fields.Date()
    calendar = fields.String()


class SpanOut(Schema):
    """How many working days there are after *start* up to *end*."""

    start = fields.Date()
    end = fields.Date()
    working_days = fields.Integer()
    provisional = fields.Boolean()
    calendar = fields.String()


class DayOut(Schema):
    """Whether a day is a working day; unknown (null) beyond what is announced."""

    day = fields.Date()
    working = fields.Boolean(allow_none=True)
    closed_locally = fields.Boolean()
    horizon = fields.Date()
    calendar = fields.String()


class NoticeOut(Schema):
    """A notice and its state."""

    id = fields.String()
    document_no = fields.String()
    issued_on = fields.Date()
    year = fields.Integer()
    national = fields.Boolean()
    source_url = fields.String()
    status = fields.String()
    proposed_by = fields.String()
    approved_by = fields.String(allow_none=True)
    approved_at = Moment(allow_none=True)


class NoticesOut(Schema):
    """Every notice entered."""

    items = fields.List(fields.Nested(NoticeOut))
    total = fields.Integer()


class NoticeActOut(ActOut):
    """The notice, what should be looked at twice, and the receipt."""

    notice = fields.Nested(NoticeOut)
    warnings = fields.List(Sentence())


@room.ask("/calendar/deadline", "期限届满日", "When a period ends", query=DeadlineQuery, answer=DeadlineOut)
def deadline(work: Work, query: dict[str, Any]) -> dict[str, Any]:
    """Return the last day of a period after a day, as the law counts (the first day is not counted)."""
    calendar = calendar_of(work.session)
    length = _period(work, query["period"], query.get("organ_id"), query["start"])
    end = calendar.add(query["start"], length)
    return {
        "start": query["start"], "period": length.text, "day": end.day, "ends_at": end.ends,
        "provisional": end.provisional, "horizon": end.horizon, "calendar": calendar.version,
    }  # fmt: skip


@room.ask("/calendar/working-days", "工作日数", "Count working days", query=SpanQuery, answer=SpanOut)
def working_days(work: Work, query: dict[str, Any]) -> dict[str, Any]:
    """Count the working days after one day up to and including another."""
    if (query["end"] - query["start"]).days > LONGEST:
        raise InvalidAnswers({"end": (Text("间隔不得超过十年。", "At most ten years apart."),)})
    calendar = calendar_of(work.session)
    span = calendar.working_days_between(query["start"], query["end"])
    return query | {"working_days": span.days, "provisional": span.provisional, "calendar": calendar.version}


@room.ask("/calendar/day", "某日是否工作日", "One day", query=OneDayQuery, answer=DayOut)
def one_day(work: Work, query: dict[str, Any]) -> dict[str, Any]:
    """Tell whether a day is a working day."""
    asked = query["day"]
    calendar = calendar_of(work.session)
    try:
        working: bool | None = calendar.is_working_day(asked)
    except BeyondHorizon:
        working = None
    return {
        "day": asked, "working": working, "closed_locally": calendar.is_closed_locally(asked),
        "horizon": calendar.horizon, "calendar": calendar.version,
    }  # fmt: skip


@room.ask("/calendar/notices", "放假通知列表", "Notices", answer=NoticesOut)
def list_notices(work: Work) -> dict[str, Any]:
    """Return every notice entered, newest year first."""
    found = queries.notices(work.session)
    return {"items": found, "total": len(found)}


@room.act(
    "POST",
    "/calendar/notices",
    "录入放假通知",
    "Propose a notice",
    takes=NoticeSaid,
    answer=NoticeActOut,
    status=201,
)
def propose_notice(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Enter a notice; it counts once a second person has approved it."""
    number = said["document_no"]
    notice = Notice(number, said["issued_on"], said["year"], said["source_url"], said["national"])
    days = [Day(one["day"], DayKind(one["kind"]), number) for one in said["days"]]
    row, report = commands.propose_notice(work, notice, days)
    return {"notice": row, "warnings": report.warnings, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/calendar/notices/<id:notice_id>/approval", "批准放假通知", "Approve a notice", takes=Nothing,
    answer=NoticeActOut,
)  # fmt: skip
def approve_notice(work: Work, said: dict[str, Any], notice_id: str) -> dict[str, Any]:  # noqa: ARG001  it has no words
    """Put a notice in force; never by the person who entered it."""
    row = commands.approve_notice(work, notice_id)
    return {"notice": row, "warnings": (), "receipt": work.receipts[-1]}


def _period(work: Work, written: str, organ_id: str | None, start: date) -> Period:
    """Return the period *written*, or of that name. Raises `InvalidAnswers` when it is none, or too long."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return _named(work, written, organ_id, start)
    unit = {"D": Unit.DAYS, "M": Unit.MONTHS, "Y": Unit.YEARS}.get(found[2] or "", Unit.WORKING_DAYS)
    amount = int(found[1] or found[3])
    if amount * DAYS_AT_MOST[unit] > LONGEST:
        raise InvalidAnswers({"period": (Text("期限不得超过十年。", "At most ten years."),)})
    return Period(amount, unit)


def _named(work: Work, name: str, organ_id: str | None, start: date) -> Period:
    organ = queries.organ_of(work, organ_id)
    try:
        return rules.period(name, organ, start)
    except rules.UnknownParameter:
        told = Text(
            "没有这样的期限。例如：P30D、P3M、7WD。", "There is no such period. Examples: P30D, P3M, 7WD."
        )
        raise InvalidAnswers({"period": (told,)}) from None
