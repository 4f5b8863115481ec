"""The numbers of a body's meetings, counted from plain values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from decision_engine.queries.meeting_statistics import ItemCounted, MeetingCounted, counted, year_of

PLANNED = datetime(2026, 5, 8, 6, 0, tzinfo=UTC)


def item(outcome: str | None, category: str = "MAJOR_DECISION", **more: object) -> ItemCounted:
    return ItemCounted(category, "DECIDED" if outcome else "PENDING", outcome, **more)  # type: ignore[arg-type]


def test_a_year_of_meetings_is_counted() -> None:
    found = counted(
        [
            MeetingCounted(
                "CLOSED",
                PLANNED,
                due=7,
                present=6,
                notices=(PLANNED - timedelta(hours=48), PLANNED - timedelta(hours=71)),
                items=(
                    item("APPROVE", overridden=True, dissents=2),
                    item("DEFER", divided=True),
                    item("APPROVE", "IMPORTANT_PERSONNEL", emergency=True),
                    ItemCounted("ORDINARY", "WITHDRAWN", None),
                    ItemCounted("ORDINARY", "PUT_OFF", None),
                ),
                changes=("SWAP", "WITHDRAW", "SWAP"),
            ),
            MeetingCounted("CLOSED", PLANNED, due=7, present=7, items=(item("APPROVE"),)),
            MeetingCounted("CANCELLED", PLANNED, due=7, present=0, items=(item(None),), changes=("ADD",)),
            MeetingCounted("CALLED", PLANNED, due=7, present=0, items=(item(None),)),
        ]
    )
    assert (found.held, found.cancelled, found.to_come) == (2, 1, 1)
    assert (found.items, found.discussed, found.withdrawn, found.put_off) == (6, 4, 1, 1)
    assert found.outcomes == {
        "IMPORTANT_PERSONNEL": {"APPROVE": 1},
        "MAJOR_DECISION": {"APPROVE": 2, "DEFER": 1},
    }
    assert (found.overrides, found.deferrals, found.divided, found.emergencies) == (1, 1, 1, 1)
    assert (found.dissents, found.items_with_dissent) == (2, 1)
    assert found.changes == {"SWAP": 2, "WITHDRAW": 1}, "a cancelled meeting changed no agenda that was held"
    assert (found.attendance, found.due) == (13, 14)
    assert found.notice_hours == 59


def test_no_meetings_count_nothing_and_divide_by_nothing() -> None:
    found = counted([])
    assert (found.held, found.items, found.due, found.notice_hours) == (0, 0, 0, None)


def test_a_year_is_that_of_shanghai() -> None:
    assert year_of(datetime(2026, 12, 31, 17, tzinfo=UTC)) == (date(2027, 1, 1), date(2027, 12, 31))
