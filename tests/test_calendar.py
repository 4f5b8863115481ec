"""The calendar: when a period of the law ends, and what may not be presented as final."""

from datetime import UTC, date, datetime, timedelta

import pytest

from decision_engine.calendar import (
    SHANGHAI,
    BeyondHorizon,
    CalendarDay,
    CalendarNotice,
    DayKind,
    Period,
    Unit,
    WorkCalendar,
    add_months,
    days_before,
    end_of_day,
    examine_notice,
    local_day,
    statutory_days,
    statutory_period,
    unknown_festivals,
)

CALENDAR = WorkCalendar.standard()


def day(text):
    return date.fromisoformat(text)


# -- the sixteen vectors of domain.md 11.5 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-02-09", 7, "2026-02-25"),
        ("2026-04-27", 7, "2026-05-09"),
        ("2026-06-15", 7, "2026-06-25"),
        ("2026-09-16", 7, "2026-09-24"),
        ("2026-09-28", 7, "2026-10-13"),
        ("2025-09-26", 7, "2025-10-13"),
        ("2025-12-24", 7, "2026-01-05"),
        ("2020-01-20", 7, "2020-02-06"),
        ("2026-06-10", 20, "2026-07-09"),
        ("2026-09-10", 20, "2026-10-14"),
    ],
)
def test_working_days_end_where_the_state_councils_notices_say(start, days, last):
    deadline = CALENDAR.add_working_days(day(start), days)

    assert deadline.day == day(last)
    assert not deadline.provisional
    assert CALENDAR.working_days_between(day(start), day(last)).days == days


@pytest.mark.parametrize(
    ("start", "last"),
    [
        ("2026-01-20", "2026-02-24"),
        ("2026-03-06", "2026-04-07"),
        ("2026-08-28", "2026-09-28"),
        ("2026-09-03", "2026-10-08"),
        ("2020-01-02", "2020-02-03"),
    ],
)
def test_thirty_days_that_end_on_a_rest_day_run_to_the_next_working_day(start, last):
    deadline = CALENDAR.add_days(day(start), 30)

    assert deadline.day == day(last)
    assert not deadline.provisional


@pytest.mark.parametrize("start", ["2027-01-04", "2027-06-01", "2027-12-20"])
def test_a_deadline_in_a_year_without_notice_is_provisional(start):
    deadline = CALENDAR.add_working_days(day(start), 7)

    assert deadline.provisional
    assert deadline.horizon == day("2026-12-28")
    with pytest.raises(BeyondHorizon):
        CALENDAR.is_working_day(day(start))


# -- counting rules, each by its name -------------------------------------------------------------------


def test_r_cal_1_the_day_of_the_event_is_not_counted():
    assert CALENDAR.add_working_days(day("2026-03-02"), 1).day == day("2026-03-03")
    assert CALENDAR.working_days_between(day("2026-03-02"), day("2026-03-02")).days == 0
    assert CALENDAR.working_days_between(day("2026-03-03"), day("2026-03-02")).days == 0


def test_r_cal_2_days_are_calendar_days_unless_the_text_says_working_days():
    assert statutory_period("国务院令第713号", 30) == Period(30, Unit.DAYS)
    assert CALENDAR.add(day("2026-03-02"), Period(7, Unit.DAYS)).day == day("2026-03-09")
    assert CALENDAR.add(day("2026-03-02"), Period(7, Unit.WORKING_DAYS)).day == day("2026-03-11")


@pytest.mark.parametrize(
    ("amount", "unit"), [(5, Unit.WORKING_DAYS), (7, Unit.WORKING_DAYS), (90, Unit.DAYS)]
)
def test_r_cal_3_short_periods_of_the_penalty_law_are_working_days(amount, unit):
    assert statutory_period("中华人民共和国行政处罚法", amount).unit is unit


def test_r_cal_4_a_period_that_ends_on_a_working_day_does_not_roll():
    assert CALENDAR.add_days(day("2026-03-02"), 30).day == day("2026-04-01")


def test_r_cal_5_a_swapped_working_weekend_is_a_working_day_and_stops_the_roll():
    saturday = day("2026-05-09")

    assert CALENDAR.is_working_day(saturday)
    assert CALENDAR.add_days(saturday - timedelta(days=7), 7).day == saturday
    assert not CALENDAR.is_working_day(day("2026-05-16"))


def test_r_cal_6_a_minimum_period_is_kept_only_when_its_last_day_is_over():
    last = CALENDAR.add_days(day("2026-03-06"), 30)

    assert not last.has_run(datetime(2026, 4, 7, 23, 59, tzinfo=SHANGHAI))
    assert last.has_run(datetime(2026, 4, 7, 16, 0, tzinfo=UTC))
    assert last.has_run(datetime(2026, 5, 1, tzinfo=SHANGHAI))


def test_r_cal_7_seven_days_before_a_hearing():
    hearing = day("2026-06-05")

    assert days_before(hearing, 7) == day("2026-05-29")
    assert days_before(hearing, 7, clear_days=True) == day("2026-05-28")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-03-15", 3, "2026-06-15"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
    ],
)
def test_r_cal_8_months_end_on_the_corresponding_day_or_the_last_of_the_month(start, months, end):
    assert add_months(day(start), months) == day(end)


def test_r_cal_8_years_roll_like_every_period():
    assert CALENDAR.add(day("2025-05-01"), Period(1, Unit.YEARS)).day == day("2026-05-06")


def test_r_cal_9_hours_are_exact_and_days_are_not():
    called = datetime(2026, 5, 1, 9, 20, tzinfo=SHANGHAI)

    assert CALENDAR.due(called, Period(30, Unit.MINUTES)).at == called + timedelta(minutes=30)
    assert CALENDAR.due(called, Period(1, Unit.WORKING_DAYS)).at == end_of_day(day("2026-05-06"))
    with pytest.raises(ValueError, match="needs a moment"):
        CALENDAR.add(day("2026-05-01"), Period(2, Unit.HOURS))


# -- days and moments ---------------------------------------------------------------------------------


def test_a_day_belongs_to_shanghai():
    assert local_day(datetime(2026, 3, 6, 15, 59, tzinfo=UTC)) == day("2026-03-06")
    assert local_day(datetime(2026, 3, 6, 16, 0, tzinfo=UTC)) == day("2026-03-07")
    with pytest.raises(ValueError, match="zone"):
        local_day(datetime(2026, 3, 6))  # noqa: DTZ001


def test_a_day_ends_at_midnight():
    assert end_of_day(day("2026-04-07")) == datetime(2026, 4, 7, 16, 0, tzinfo=UTC)


def test_nonsense_lengths_are_refused():
    for act in (CALENDAR.add_days, CALENDAR.add_working_days, CALENDAR.add_months):
        with pytest.raises(ValueError, match="not a period"):
            act(day("2026-01-05"), -1)
    with pytest.raises(ValueError, match="too far apart"):
        CALENDAR.working_days_between(day("1950-01-01"), day("2150-01-01"))


# -- horizon --------------------------------------------------------------------------------------------


def test_a_roll_over_the_turn_of_the_year_is_provisional():
    assert CALENDAR.add_days(day("2026-12-01"), 27).provisional is False
    assert CALENDAR.add_days(day("2026-12-01"), 28).provisional is True
    assert CALENDAR.working_days_between(day("2026-12-20"), day("2027-01-08")).provisional


def test_the_last_days_of_december_are_not_announced_yet():
    """In 2018 the notice for 2019 made Saturday 29 December a working day."""
    assert CALENDAR.knows(day("2026-12-28"))
    assert not CALENDAR.knows(day("2026-12-29"))
    assert CALENDAR.is_working_day(day("2018-12-29"))


def test_beyond_the_horizon_weekends_and_statutory_days_still_rest():
    assert CALENDAR.add_working_days(day("2027-04-30"), 1).day == day("2027-05-03")
    assert CALENDAR.add_days(day("2027-05-06"), 34).day == day("2027-06-10"), "Dragon Boat is 9 June"
    assert day("2027-02-05") in statutory_days(2027)
    assert len(statutory_days(2027)) == 13


def test_festivals_that_cannot_be_known_offline_are_named():
    assert unknown_festivals(2030) == ()
    assert "春节" in {name.zh for name in unknown_festivals(2040)}
    assert len(statutory_days(2040)) == 6


def test_statutory_days_lie_within_the_published_holidays_of_2025_and_2026():
    for year, spring in ((2025, "2025-01-29"), (2026, "2026-02-17")):
        assert not CALENDAR.is_working_day(day(spring))
        assert all(not CALENDAR.is_working_day(one) for one in statutory_days(year))


def test_before_the_published_data_nothing_is_certain_either():
    assert CALENDAR.add_working_days(day("1998-03-02"), 1).provisional


# -- notices and overrides ----------------------------------------------------------------------------

NOTICE_2027 = CalendarNotice("国办发明电〔2026〕7号", day("2026-11-10"), 2027, "https://www.example.cn/2027")


def arranged_2027():
    """An invented but plausible arrangement for 2027."""

    def off(first, last, kind=DayKind.HOLIDAY):
        count = (day(last) - day(first)).days + 1
        return [
            CalendarDay(day(first) + timedelta(days=n), kind, NOTICE_2027.document_no) for n in range(count)
        ]

    def working(*days):
        return [CalendarDay(day(d), DayKind.WORKING_WEEKEND, NOTICE_2027.document_no) for d in days]

    return (
        off("2027-01-01", "2027-01-03")
        + off("2027-02-05", "2027-02-08")
        + off("2027-02-09", "2027-02-11", DayKind.IN_LIEU_OFF)
        + off("2027-04-03", "2027-04-05")
        + off("2027-05-01", "2027-05-03")
        + off("2027-06-09", "2027-06-09")
        + off("2027-09-15", "2027-09-15")
        + off("2027-10-01", "2027-10-05")
        + working("2027-01-30", "2027-02-14", "2027-02-20")
    )


def test_a_sound_notice_is_accepted_and_makes_its_year_known():
    days = arranged_2027()
    calendar = WorkCalendar("2027-a", tuple(days), (NOTICE_2027,))

    report = examine_notice(NOTICE_2027, days)

    assert report.acceptable
    assert report.warnings == ()
    assert calendar.horizon == day("2027-12-28")
    assert calendar.is_working_day(day("2027-02-14"))
    deadline = calendar.add_working_days(day("2027-02-04"), 2)
    assert (deadline.day, deadline.provisional) == (day("2027-02-14"), False)


def test_a_notice_for_a_later_year_alone_does_not_move_the_horizon():
    notice = CalendarNotice("国办发明电〔2027〕9号", day("2027-11-01"), 2028)

    assert WorkCalendar("x", (), (notice,)).horizon == day("2026-12-28")


def test_an_override_wins_over_the_published_day():
    extended = CalendarDay(day("2026-03-04"), DayKind.HOLIDAY, "国办发明电〔2026〕1号")
    calendar = WorkCalendar("2026-b", (extended,))

    assert not calendar.is_working_day(day("2026-03-04"))
    assert calendar.add_working_days(day("2026-03-03"), 1).day == day("2026-03-05")


def test_a_local_closure_changes_no_statutory_count_and_no_horizon():
    order = CalendarNotice("青政发〔2026〕3号", day("2026-07-20"), 2027, national=False)
    calendar = WorkCalendar(
        "flood", (CalendarDay(day("2026-07-21"), DayKind.LOCAL_CLOSURE, order.document_no),), (order,)
    )

    assert calendar.is_closed_locally(day("2026-07-21"))
    assert not calendar.is_closed_locally(day("2026-07-22"))
    assert calendar.is_working_day(day("2026-07-21"))
    assert calendar.horizon == day("2026-12-28")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda days: [*days, CalendarDay(day("2027-03-03"), DayKind.WORKING_WEEKEND, "x")],
            "不是周六或周日",
        ),
        (lambda days: [d for d in days if d.day != day("2027-06-09")], "法定节假日"),
        (lambda days: [*days, days[0]], "重复录入"),
        (lambda days: [*days, CalendarDay(day("2028-03-04"), DayKind.HOLIDAY, "x")], "不在通知所安排"),
    ],
)
def test_a_faulty_notice_is_refused_with_the_day_named(spoil, words):
    report = examine_notice(NOTICE_2027, spoil(arranged_2027()))

    assert not report.acceptable
    assert any(words in error.zh for error in report.errors)


def test_a_notice_dated_after_its_year_is_refused():
    late = CalendarNotice("x", day("2028-01-01"), 2027)

    assert any("发文日期" in error.zh for error in examine_notice(late, arranged_2027()).errors)


def test_days_of_the_preceding_december_may_be_arranged():
    swapped = CalendarDay(day("2026-12-31"), DayKind.IN_LIEU_OFF, "x")

    assert examine_notice(NOTICE_2027, [*arranged_2027(), swapped]).acceptable


def test_unequal_swaps_are_only_a_warning():
    fewer = [d for d in arranged_2027() if d.day != day("2027-02-20")]

    report = examine_notice(NOTICE_2027, fewer)

    assert report.acceptable
    assert "两者不等" in report.warnings[0].zh


def test_a_year_beyond_the_lunar_table_says_what_it_cannot_check():
    notice = CalendarNotice("x", day("2039-11-01"), 2040)
    days = [CalendarDay(d, DayKind.HOLIDAY, "x") for d in statutory_days(2040)]

    report = examine_notice(notice, days)

    assert report.acceptable
    assert any("中秋节" in warning.zh for warning in report.warnings)
