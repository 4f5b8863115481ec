"""The working calendar: the year's days as months, the notices they rest on, and a new notice by two persons."""

from __future__ import annotations

import calendar as gregorian
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from decision_engine import access
from decision_engine.calendar import (
    BeyondHorizon,
    DayKind,
    WorkCalendar,
)
from decision_engine.calendar import CalendarDay as Day
from decision_engine.calendar import CalendarNotice as Notice
from decision_engine.commands import calendar_notices as acts
from decision_engine.errors import DecisionEngineError, InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.queries import calendar as queries
from decision_engine.queries import people
from decision_engine.queries.casefile import calendar_of
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.work import Work

page = Pages("almanac")

FIRST, LAST = 2010, 2199
SOON = timedelta(days=60)
"""From how many days before the horizon the page warns."""
MOST_DAYS = 400
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

KINDS = {
    DayKind.HOLIDAY.value: Text("法定节假日", "statutory holiday"),
    DayKind.IN_LIEU_OFF.value: Text("调休放假", "off in lieu"),
    DayKind.WORKING_WEEKEND.value: Text("周末上班", "working weekend"),
    DayKind.LOCAL_CLOSURE.value: Text("本机关停止办公", "closed locally"),
}
NEEDED = Text("此项为必填。", "This is needed.")
NO_DATE = Text("请填写日期，例如 2027-01-01。", "Write a date such as 2027-01-01.")
NO_YEAR = Text("请填写四位年份。", "Write the year in four digits.")


@dataclass(frozen=True, slots=True)
class Cell:
    """A day on the calendar. *kind*: `work`, `rest`, `holiday`, `swapped` (a weekend day worked), `unknown`."""

    day: date
    kind: str
    closed: bool
    today: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its weeks from Monday on, None for days of other months, and how many days are worked."""

    number: int
    weeks: tuple[tuple[Cell | None, ...], ...]
    working: int
    known: bool


@page.ask("/admin/calendar")
def calendar_page(work: Work) -> Any:
    """Show a year as months, with the notices entered and how far the calendar is announced."""
    _may_see(work)
    year = _year(work)
    calendar = calendar_of(work.session)
    found = queries.notices(work.session)
    months = months_of(calendar, year, work.today)
    return show(
        "calendar.html",
        year=year,
        first=FIRST,
        last=LAST,
        months=months,
        working=sum(one.working for one in months),
        whole=all(one.known for one in months),
        horizon=calendar.horizon,
        soon=calendar.horizon - work.today < SOON,
        version=calendar.version,
        notices=found,
        names=people.names_of(
            work, {one.proposed_by for one in found} | {one.approved_by or "" for one in found}
        ),
        me_id=work.actor.person_id,
    )


@page.ask("/admin/calendar/notices/new")
def notice_page(work: Work) -> Any:
    """Show the form for a notice."""
    access.stand_anywhere(work.actor, "calendar.propose")
    return _form({}, {})


def _again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    access.stand_anywhere(work.actor, "calendar.propose")
    return _form(said, getattr(refusal, "fields", None) or {"": (refusal.message,)})


@page.act("/admin/calendar/notices/new", again=_again)
def propose_notice(work: Work, said: Said) -> Any:
    """Enter a notice; it counts once a second person has approved it."""
    if said.get("more"):
        return _form(said, {})
    notice, days = _notice(said)
    row, _report = acts.propose_notice(work, notice, days)
    return go("almanac.one_notice_page", _("已录入，须由第二人对照原文批准。"), notice_id=row.id)


@page.ask("/admin/calendar/notices/<id:notice_id>")
def one_notice_page(work: Work, notice_id: str) -> Any:
    """Show a notice with its days, to be compared with the document and approved."""
    return _one(work, notice_id, {})


def _approval_again(work: Work, refusal: DecisionEngineError, said: Said, notice_id: str) -> Any:
    return _one(work, notice_id, getattr(refusal, "fields", None) or {"": (refusal.message,)})


@page.act("/admin/calendar/notices/<id:notice_id>/approval", again=_approval_again)
def approve_notice(work: Work, said: Said, notice_id: str) -> Any:
    """Put a notice in force: deadlines that rested on unknown days are counted anew."""
    if said.get("compared") != "yes":
        raise InvalidAnswers(
            {"compared": (Text("请先对照通知原文核对。", "Compare with the document first."),)}
        )
    row = acts.approve_notice(work, notice_id)
    return go("almanac.calendar_page", _("通知已生效，受影响的期限已重新计算。"), year=row.year)


def months_of(calendar: WorkCalendar, year: int, today: date) -> tuple[Month, ...]:
    """Return the twelve months of *year* as they are announced."""
    weeks = gregorian.Calendar().monthdatescalendar
    found = []
    for number in range(1, 13):
        rows = tuple(
            tuple(_cell(calendar, day, today) if day.month == number else None for day in week)
            for week in weeks(year, number)
        )
        cells = [cell for row in rows for cell in row if cell is not None]
        found.append(
            Month(
                number, rows, sum(one.kind in {"work", "swapped"} for one in cells),
                all(one.kind != "unknown" for one in cells),
            )
        )  # fmt: skip
    return tuple(found)


def _cell(calendar: WorkCalendar, day: date, today: date) -> Cell:
    weekend = day.weekday() >= 5  # noqa: PLR2004  Saturday
    try:
        working = calendar.is_working_day(day)
    except BeyondHorizon:
        return Cell(day, "unknown", calendar.is_closed_locally(day), day == today)
    kind = {(True, False): "work", (True, True): "swapped", (False, True): "rest", (False, False): "holiday"}
    return Cell(day, kind[working, weekend], calendar.is_closed_locally(day), day == today)


def _form(typed: Any, errors: Any) -> Any:
    rows = _rows(typed) if typed else []
    return show(
        "calendar_notice_new.html", typed=typed, errors=errors, rows=rows + [("", "")] * 6, kinds=KINDS
    )


def _one(work: Work, notice_id: str, errors: Any) -> Any:
    _may_see(work)
    found = next((one for one in queries.notices(work.session) if one.id == notice_id), None)
    if found is None:
        raise NotFound
    days = queries.days_of(work.session, notice_id)
    names = people.names_of(work, {found.proposed_by, found.approved_by or ""})
    return show(
        "calendar_notice.html", one=found, days=days, names=names, kinds=KINDS, errors=errors,
        me_id=work.actor.person_id,
    )  # fmt: skip


def _may_see(work: Work) -> None:
    access.stand_anywhere(work.actor, "definition.read")


def _year(work: Work) -> int:
    given = request.args.get("year", "")
    year = int(given) if re.fullmatch(r"[0-9]{4}", given) else work.today.year
    return min(max(year, FIRST), LAST)


def _rows(said: Said) -> list[tuple[str, str]]:
    pairs = zip(said.getlist("day"), said.getlist("kind"), strict=False)
    return [(day.strip()[:10], kind) for day, kind in pairs if day.strip()][:MOST_DAYS]


def _notice(said: Said) -> tuple[Notice, list[Day]]:
    """Read the form. Raises `InvalidAnswers` with everything that is wrong with it."""
    wrong: dict[str, tuple[Text, ...]] = {}
    number = said.get("document_no", "").strip()[:100]
    if not number:
        wrong["document_no"] = (NEEDED,)
    issued = _day(said.get("issued_on", "").strip())
    if issued is None:
        wrong["issued_on"] = (NO_DATE,)
    year = said.get("year", "").strip()
    if not re.fullmatch(r"(199|20\d|21\d)[0-9]", year):
        wrong["year"] = (NO_YEAR,)
    days = []
    for day, kind in _rows(said):
        read = _day(day)
        if read is None or kind not in KINDS:
            wrong["days"] = (NO_DATE,)
            continue
        days.append(Day(read, DayKind(kind), number))
    if not days and "days" not in wrong:
        wrong["days"] = (Text("请至少填写一天。", "Write at least one day."),)
    if wrong or issued is None:
        raise InvalidAnswers(wrong)
    national = said.get("national", "yes") == "yes"
    return Notice(number, issued, int(year), said.get("source_url", "").strip()[:500], national), days


def _day(text: str) -> date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
