"""Statutory time: which days are working days, and when a period of the law ends.

Pure values: a `WorkCalendar` is the published arrangement of holidays (chinesecalendar) with the organ's own
entries laid over it, frozen under a version. It reads no clock.

Guarantees:

* The day of the event is never counted (R-CAL-1); a period that ends on a rest day runs on to the next working
  day (R-CAL-4); a swapped working weekend is a working day in every respect (R-CAL-5).
* Beyond the last announced year nothing is presented as final: `Deadline.provisional` is true, or
  `BeyondHorizon` is raised where a plain yes or no was asked for.
* 29-31 December count as not announced until the following year's notice is known, for that notice has moved
  them (2006, 2007, 2011, 2018).
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from importlib.metadata import version as installed
from itertools import pairwise

from chinese_calendar import constants as published
from chinese_calendar import is_workday as _is_published_workday

from decision_engine.language import Text

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Asia/Shanghai: +08:00 without summer time since 1992, so no zone database is needed."""

_DAY = timedelta(days=1)
_SATURDAY = 5
_LONGEST = 3660  # days; ten years bound every loop
_FIRST_YEAR = min(published.holidays).year
_LAST_YEAR = max(published.holidays).year


class BeyondHorizon(ValueError):
    """A day was asked about whose arrangement is not announced."""

    def __init__(self, day: date, horizon: date) -> None:
        super().__init__(f"{day} lies beyond the announced calendar, which ends on {horizon}")
        self.day = day
        self.horizon = horizon


# -- days and moments ----------------------------------------------------------------------------------


def local_day(moment: datetime) -> date:
    """Return the calendar day of an aware *moment* in Shanghai; a naive one is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no day")
    return moment.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """Return 00:00 of *day* in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def end_of_day(day: date) -> datetime:
    """Return 24:00 of *day* in Shanghai, which is 00:00 of the next (Civil Code 203)."""
    return start_of_day(day) + _DAY


class Unit(Enum):
    """What a period is counted in."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"
    HOURS = "hours"
    MINUTES = "minutes"


_UNIT_WORDS = {
    Unit.DAYS: Text("日", "days"),
    Unit.WORKING_DAYS: Text("个工作日", "working days"),
    Unit.MONTHS: Text("个月", "months"),
    Unit.YEARS: Text("年", "years"),
    Unit.HOURS: Text("小时", "hours"),
    Unit.MINUTES: Text("分钟", "minutes"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of legal time: 30 days, 7 working days, 3 months."""

    amount: int
    unit: Unit

    @property
    def text(self) -> Text:
        """The period as it is written in a sentence."""
        words = _UNIT_WORDS[self.unit]
        return Text(f"{self.amount}{words.zh}", f"{self.amount} {words.en}")


def statutory_period(law: str, amount: int) -> Period:
    """Return what "*amount* 日" means in *law*: calendar days (R-CAL-2), with one exception.

    In the Penalty Law 二日, 三日, 五日 and 七日 are working days (R-CAL-3, Administrative Penalty Law 85).
    """
    penalty = "行政处罚法" in law and amount in {2, 3, 5, 7}
    return Period(amount, Unit.WORKING_DAYS if penalty else Unit.DAYS)


def days_before(event: date, days: int, *, clear_days: bool = False) -> date:
    """Return the last day on which something can still happen "*days* days before" *event* (R-CAL-7).

    With *clear_days* neither end is counted, which is a day stricter.
    """
    return event - timedelta(days=days + clear_days)


def add_months(start: date, months: int) -> date:
    """Return the corresponding day *months* later, or the last day of that month (R-CAL-8, Civil Code 202)."""
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(years, month + 1, min(start.day, gregorian.monthrange(years, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a period; *provisional* when it rests on days not announced yet (after *horizon*)."""

    day: date
    provisional: bool
    horizon: date

    @property
    def ends(self) -> datetime:
        """Moment at which the period has run: 24:00 of its last day."""
        return end_of_day(self.day)

    def has_run(self, moment: datetime) -> bool:
        """Tell whether a minimum period was kept when something was closed at *moment* (R-CAL-6)."""
        return moment >= self.ends


@dataclass(frozen=True, slots=True)
class Span:
    """A number of working days; *provisional* when some of the days counted are not announced yet."""

    days: int
    provisional: bool


@dataclass(frozen=True, slots=True)
class Due:
    """The moment at which a timer falls due."""

    at: datetime
    provisional: bool
    horizon: date


# -- notices -------------------------------------------------------------------------------------------


class DayKind(Enum):
    """Why a day differs from its weekday."""

    HOLIDAY = "holiday"
    IN_LIEU_OFF = "in_lieu_off"
    WORKING_WEEKEND = "working_weekend"
    LOCAL_CLOSURE = "local_closure"


@dataclass(frozen=True, slots=True)
class CalendarNotice:
    """The document that arranges days: the State Council's yearly notice, or a local closure order.

    *year* is the year it arranges; only a notice of kind `national` makes that year known.
    """

    document_no: str
    issued_on: date
    year: int
    source_url: str = ""
    national: bool = True


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One arranged day; *notice* is the document number it rests on.

    A local closure closes the office; it changes no statutory count by itself and needs a document.
    """

    day: date
    kind: DayKind
    notice: str


@dataclass(frozen=True, slots=True)
class NoticeReport:
    """What is wrong with a notice (*errors*) and what should be looked at twice (*warnings*)."""

    errors: tuple[Text, ...]
    warnings: tuple[Text, ...]

    @property
    def acceptable(self) -> bool:
        """Whether the notice may be put to the second person."""
        return not self.errors


# -- statutory holidays beyond the notices ---------------------------------------------------------------

# Gregorian days of the lunar first month's first day, Qingming, the fifth of the fifth and the fifteenth of the
# eighth lunar month, compared with `holidays` 0.109. Beyond the table these festivals are not known offline.
_MOVING: Mapping[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    2027: ((2, 6), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 26), (4, 4), (5, 28), (10, 3)),
    2029: ((2, 13), (4, 4), (6, 16), (9, 22)),
    2030: ((2, 3), (4, 5), (6, 5), (9, 12)),
    2031: ((1, 23), (4, 5), (6, 24), (10, 1)),
    2032: ((2, 11), (4, 4), (6, 12), (9, 19)),
    2033: ((1, 31), (4, 4), (6, 1), (9, 8)),
    2034: ((2, 19), (4, 5), (6, 20), (9, 27)),
    2035: ((2, 8), (4, 5), (6, 10), (9, 16)),
    2036: ((1, 28), (4, 4), (5, 30), (10, 4)),
}
_MOVING_FESTIVALS = (
    Text("春节", "Spring Festival"),
    Text("清明节", "Qingming"),
    Text("端午节", "Dragon Boat Festival"),
    Text("中秋节", "Mid-Autumn Festival"),
)


def unknown_festivals(year: int) -> tuple[Text, ...]:
    """Name the moving festivals of *year* that cannot be known without its notice or the lunar table."""
    return () if year in _MOVING else _MOVING_FESTIVALS


def statutory_days(year: int) -> frozenset[date]:
    """Return the statutory holidays of *year* as the 2024 text of 全国年节及纪念日放假办法 fixes them.

    Days made up for a holiday on a weekend and swapped days are not among them: only the year's notice names
    those. Moving festivals are included for the years of the table (`unknown_festivals`).
    """
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))}
    if year not in _MOVING:
        return frozenset(fixed)
    spring, *others = (date(year, month, day) for month, day in _MOVING[year])
    festival = {spring + offset * _DAY for offset in (-1, 0, 1, 2)}  # the eve and three days
    return frozenset(fixed | festival | set(others))


# -- the calendar --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The working days in force, under a *version* that goes into the log with every deadline.

    *days* are the organ's entries; they win over the published data. *notices* say which documents they rest
    on and, where national, which further years are known. A provisional deadline computed with one version is
    computed anew with the next; the values themselves never change.
    """

    version: str
    days: tuple[CalendarDay, ...] = ()
    notices: tuple[CalendarNotice, ...] = ()
    _kinds: Mapping[date, DayKind] = field(default_factory=dict, init=False, repr=False, compare=False)
    _horizon: list[date] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        statutory = (day for day in self.days if day.kind is not DayKind.LOCAL_CLOSURE)
        object.__setattr__(self, "_kinds", {day.day: day.kind for day in statutory})
        year = _LAST_YEAR
        known = {notice.year for notice in self.notices if notice.national}
        while year + 1 in known:
            year += 1
        self._horizon.append(date(year, 12, 28))  # 29-31 December: see the module's guarantees

    @classmethod
    def standard(cls) -> WorkCalendar:
        """Return the published arrangement without entries of one's own."""
        return cls(f"chinesecalendar-{installed('chinesecalendar')}")

    @property
    def horizon(self) -> date:
        """Last day whose arrangement is announced."""
        return self._horizon[0]

    def knows(self, day: date) -> bool:
        """Tell whether the arrangement of *day* is announced."""
        return date(_FIRST_YEAR, 1, 1) <= day <= self.horizon

    def is_working_day(self, day: date) -> bool:
        """Tell whether *day* is a working day; raise `BeyondHorizon` where nothing is announced."""
        if not self.knows(day):
            raise BeyondHorizon(day, self.horizon)
        return self._works(day)

    def is_closed_locally(self, day: date) -> bool:
        """Tell whether the office is closed on *day* by a local order (no statutory count changes)."""
        return any(entry.day == day and entry.kind is DayKind.LOCAL_CLOSURE for entry in self.days)

    def add_working_days(self, start: date, days: int) -> Deadline:
        """Return the *days*-th working day after *start*, which is itself not counted (R-CAL-1).

        Working days. 0 gives *start*. More than ten years, or negative: `ValueError`.
        """
        if not 0 <= days <= _LONGEST:
            raise ValueError(f"{days} working days is not a period of the law")
        day, left = start, days
        while left:
            day += _DAY
            left -= self._works(day)
        return self._deadline(start, day)

    def add_days(self, start: date, days: int) -> Deadline:
        """Return the last day of *days* calendar days after *start* (R-CAL-1), rolled to a working day (R-CAL-4)."""
        if days < 0:
            raise ValueError(f"{days} days is not a period of the law")
        return self._roll(start, start + timedelta(days=days))

    def add_months(self, start: date, months: int) -> Deadline:
        """Return the corresponding day *months* later (R-CAL-8), rolled to a working day (R-CAL-4)."""
        if months < 0:
            raise ValueError(f"{months} months is not a period of the law")
        return self._roll(start, add_months(start, months))

    def add(self, start: date, period: Period) -> Deadline:
        """Return the last day of *period* after *start*; a period of hours or minutes has no last day."""
        match period.unit:
            case Unit.DAYS:
                return self.add_days(start, period.amount)
            case Unit.WORKING_DAYS:
                return self.add_working_days(start, period.amount)
            case Unit.MONTHS:
                return self.add_months(start, period.amount)
            case Unit.YEARS:
                return self.add_months(start, 12 * period.amount)
            case Unit.HOURS | Unit.MINUTES:
                raise ValueError("a period of hours or minutes needs a moment: use due()")

    def due(self, start: datetime, period: Period) -> Due:
        """Return the moment *period* after *start* ends: 24:00 of its last day, hours to the minute (R-CAL-9)."""
        if period.unit in {Unit.HOURS, Unit.MINUTES}:
            exact = timedelta(**{period.unit.value: period.amount})
            return Due(start + exact, provisional=False, horizon=self.horizon)
        last = self.add(local_day(start), period)
        return Due(last.ends, last.provisional, last.horizon)

    def working_days_between(self, start: date, end: date) -> Span:
        """Count the working days in (*start*, *end*]: the first day is not counted, the last is (R-CAL-1).

        Where *end* is not after *start* there are none. Above ten years apart: `ValueError`.
        """
        if (end - start).days > _LONGEST:
            raise ValueError(f"{start} and {end} are too far apart to count working days")
        days = sum(self._works(start + offset * _DAY) for offset in range(1, (end - start).days + 1))
        return Span(days, provisional=end > start and not self._covers(start, end))

    def next_working_day(self, day: date) -> Deadline:
        """Return *day* itself if it is a working day, else the next one (R-CAL-4)."""
        return self._roll(day, day)

    def _roll(self, start: date, raw: date) -> Deadline:
        day = raw
        while not self._works(day):
            day += _DAY
        return self._deadline(start, day)

    def _deadline(self, start: date, day: date) -> Deadline:
        return Deadline(day, provisional=not self._covers(start, day), horizon=self.horizon)

    def _covers(self, start: date, end: date) -> bool:
        return self.knows(min(start, end)) and self.knows(max(start, end))

    def _works(self, day: date) -> bool:
        """Tell whether *day* works: by entry, by publication, or else by weekday and statutory holiday."""
        kind = self._kinds.get(day)
        if kind is not None:
            return kind is DayKind.WORKING_WEEKEND
        if _FIRST_YEAR <= day.year <= _LAST_YEAR:
            return bool(_is_published_workday(day))  # type: ignore[no-untyped-call]
        return day.weekday() < _SATURDAY and day not in statutory_days(day.year)


# -- entering a new year's notice ------------------------------------------------------------------------


def examine_notice(notice: CalendarNotice, days: Sequence[CalendarDay]) -> NoticeReport:
    """Check a yearly notice before a second person approves it (domain.md 11.3).

    Errors: a working weekend that is no weekend; a statutory day that is not off; a day entered twice; a day
    outside the notice's year (29-31 December before it are allowed); a notice dated after its year. Warnings:
    in-lieu days and working weekends differ in number (they did in five of 23 years); festivals unknown offline.
    """
    errors: list[Text] = []
    _check_days(notice, days, errors)
    off = {entry.day for entry in days if entry.kind in {DayKind.HOLIDAY, DayKind.IN_LIEU_OFF}}
    errors.extend(
        Text(
            f"{day} 是法定节假日，通知中未列为休息日，请核对。",
            f"{day} is a statutory holiday but the notice does not list it as off. Check it.",
        )
        for day in sorted(statutory_days(notice.year) - off)
    )
    return NoticeReport(tuple(errors), tuple(_warnings(notice, days)))


def _check_days(notice: CalendarNotice, days: Sequence[CalendarDay], errors: list[Text]) -> None:
    if notice.issued_on.year > notice.year:
        errors.append(
            Text("通知的发文日期晚于所安排的年份。", "The notice is dated after the year it arranges.")
        )
    in_order = sorted(entry.day for entry in days)
    errors.extend(
        Text(f"{day} 重复录入，请只保留一条。", f"{day} was entered more than once. Keep one entry.")
        for day in sorted({one for one, other in pairwise(in_order) if one == other})
    )
    for entry in days:
        day = entry.day
        if entry.kind is DayKind.WORKING_WEEKEND and day.weekday() < _SATURDAY:
            errors.append(
                Text(
                    f"{day} 不是周六或周日，不能列为调休上班日。",
                    f"{day} is neither Saturday nor Sunday, so it cannot be a swapped working day.",
                )
            )
        if day.year != notice.year and not (day.year == notice.year - 1 and (day.month, day.day) >= (12, 29)):
            errors.append(
                Text(
                    f"{day} 不在通知所安排的 {notice.year} 年内。",
                    f"{day} is not in {notice.year}, the year of the notice.",
                )
            )


def _warnings(notice: CalendarNotice, days: Sequence[CalendarDay]) -> list[Text]:
    warnings: list[Text] = []
    in_lieu = sum(e.kind is DayKind.IN_LIEU_OFF and e.day.weekday() < _SATURDAY for e in days)
    working = sum(e.kind is DayKind.WORKING_WEEKEND for e in days)
    if in_lieu != working:
        warnings.append(
            Text(
                f"工作日中的调休放假 {in_lieu} 天，周末上班 {working} 天，两者不等，请核对通知原文。",
                f"{in_lieu} weekdays off in lieu, {working} working weekend days: compare with the notice.",
            )
        )
    unknown = unknown_festivals(notice.year)
    if unknown:
        warnings.append(
            Text(
                "系统无法离线核对以下节日的日期：" + "、".join(name.zh for name in unknown) + "。",
                "The dates of these festivals cannot be checked offline: "
                + ", ".join(name.en for name in unknown)
                + ".",
            )
        )
    return warnings
