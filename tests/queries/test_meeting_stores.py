"""What is read of a meeting is the same on both databases: its version, its view, its minutes, its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from decision_engine.clock import MovableClock
from decision_engine.commands import meetings as verbs
from decision_engine.commands.meetings import Plan
from decision_engine.demo.town import MAYORS_OFFICE
from decision_engine.models import Meeting
from decision_engine.queries.meeting_acts import acts
from decision_engine.queries.meeting_rows import day_of, named_in, people_of, rows_of
from decision_engine.queries.meeting_statistics import statistics_of
from decision_engine.queries.meeting_view import MeetingView, view
from decision_engine.queries.meetings import feed_of, meetings
from decision_engine.queries.minutes_facts import minutes_of
from decision_engine.queries.minutes_kept import kept_of
from decision_engine.queries.minutes_record import attached, record
from decision_engine.work import House, Work, reading
from tests.commands.hall import CABINET, Hall, found_hall

MEMBERS = CABINET[1:]


@pytest.fixture
def hall(any_house: House, clock: MovableClock) -> Iterator[Hall]:
    """The town on each database."""
    return found_hall(any_house, clock)


def seen(work: Work, meeting_id: str) -> MeetingView:
    feed = feed_of(work, meeting_id)
    rows = rows_of(work.session, feed.meeting)
    return view(
        feed, rows, people_of(work.session, named_in(rows), feed.meeting.organ_id, day_of(feed.meeting))
    )


def test_a_meeting_reads_the_same_on_both_databases(hall: Hall) -> None:
    meeting = hall.call(MAYORS_OFFICE, Plan("道路维修经费", "LARGE_FUNDS"))
    hall.open(meeting, MAYORS_OFFICE)
    [item] = [one.id for one in hall.items(meeting)]
    versions = []

    def looks() -> MeetingView:
        with reading(hall.house, as_actor=hall.actor("deputy1")) as work:
            found = seen(work, meeting.id)
            versions.append(found.feed.version)
            return found

    looks()
    hall.take_up(item)
    looks()
    hall.discuss(item, MEMBERS, "mayor", against="deputy1")
    assert looks().items[0].floor_waits_for == ()
    [vote] = hall.act("recorder", verbs.open_vote, item)
    for login in (*MEMBERS, "mayor"):
        hall.act(login, verbs.cast, vote.id, "NO" if login == "deputy1" else "YES")
    assert looks().items[0].votes[0].choices is None
    hall.act("recorder", verbs.close_vote, item)
    hall.act("mayor", verbs.decide, item, "APPROVE", "同意安排。")
    hall.act("recorder", verbs.close_meeting, meeting.id)
    told = looks()
    assert versions == sorted(set(versions))
    assert told.items[0].votes[0].choices is not None
    assert [one.text for one in told.items[0].dissents] == ["不同意，依据不足。"]
    hall.settle(meeting.id, CABINET, [("deputy1", item)])
    with reading(hall.house, as_actor=hall.actor("deputy1")) as work:
        kept = kept_of(work, meeting.id)
        assert (len(kept.versions), len(kept.signatures), kept.unsigned) == (2, len(CABINET), ())
        again = minutes_of(work.session, work.session.get_one(Meeting, meeting.id))
        assert record(again).text().encode() == next(
            one.content for one in kept.versions if one.kind == "RECORD"
        )
        assert "确认并签字" in attached(again).text()
        found = statistics_of(work, meeting.body_id, date(2026, 1, 1), date(2026, 12, 31))
        assert (found.held, found.discussed, found.dissents, found.attendance) == (1, 1, 1, len(CABINET))
        assert meetings(work, status="CLOSED").total == 1
        feed = feed_of(work, meeting.id)
        allowed = {one.act for one in acts(work, feed, rows_of(work.session, feed.meeting)) if one.allowed}
        assert allowed == {"annotate"}
