"""When a timer falls due, and what a new year's notice changes about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decision_engine import rules
from decision_engine.calendar import SHANGHAI, WorkCalendar, end_of_day
from decision_engine.commands.deadlines import due
from decision_engine.models import Case
from decision_engine.queries.casefile import CaseFile

MORNING = datetime(2026, 3, 6, 9, 0, tzinfo=SHANGHAI)


def file(*records: rules.Record) -> CaseFile:
    return CaseFile(
        case=Case(matter={}), organ=rules.Organ(), records=records, bodies={}, persons={}, comments=(),
        calendar=WorkCalendar.standard(), done={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "last_day"),
    [
        ("P30D", date(2026, 4, 7)),  # 5 April is Qingming: on to the next working day (R-CAL-4)
        ("P1M", date(2026, 4, 7)),  # 6 April is the holiday's last day
        ("P2W", date(2026, 3, 20)),
        ("P1Y", date(2027, 3, 8)),
        ("parameter('public_comment_days')", date(2026, 4, 7)),
        ("parameter('legality_review_days')", date(2026, 3, 17)),
        ("suspension_confirmation_days", date(2026, 3, 23)),
    ],
)
def test_a_period_of_days_ends_with_its_last_day_on_a_working_day(text: str, last_day: date):
    """R-CAL-1, 4 and 8, whether written as ISO or as a parameter of the rules."""
    at, _ = due(None, text, MORNING, file())
    assert at == end_of_day(last_day)


def test_hours_are_counted_exactly():
    """R-CAL-9."""
    assert due(None, "PT30M", MORNING, file()) == (MORNING + timedelta(minutes=30), False)
    assert due(None, "P1DT2H", MORNING, file()) == (MORNING + timedelta(hours=26), False)


def test_a_written_moment_without_a_zone_is_shanghais():
    """Nothing depends on where the server stands."""
    assert due(None, "2026-05-01T08:00:00", MORNING, file())[0] == datetime(2026, 5, 1, 0, 0, tzinfo=UTC)
    assert due(None, "2026-05-01T08:00:00Z", MORNING, file())[0] == datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def test_what_was_announced_to_the_public_is_kept_even_when_it_is_longer():
    """The agreed deadline and the statutory minimum are two things; the timer keeps the announced one."""
    notice = rules.Record(1, "publish_notice", {"deadline": "2026-05-20"}, MORNING)
    at, provisional = due("comment_period", "parameter('public_comment_days')", MORNING, file(notice))
    assert (at, provisional) == (end_of_day(date(2026, 5, 20)), False)


def test_beyond_the_announced_calendar_a_deadline_is_provisional():
    """Never silently wrong: 2027 is not announced yet."""
    late = datetime(2026, 12, 22, 9, 0, tzinfo=SHANGHAI)
    at, provisional = due(None, "P30D", late, file())
    assert provisional
    assert at > late


@given(days=st.integers(0, 3000), hours=st.integers(0, 500))
def test_nothing_falls_due_before_it_began(days: int, hours: int):
    """Whatever the period, time runs forward."""
    text = f"P{days}D" + (f"T{hours}H" if hours else "")
    assert due(None, text, MORNING, file())[0] >= MORNING


def test_what_is_no_duration_is_refused():
    """A deployment would not have come this far; the last guard says so."""
    with pytest.raises(ValueError, match="not a duration"):
        due(None, "P30X", MORNING, file())
