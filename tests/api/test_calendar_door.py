"""Questions about days, and notices that take two people."""

from __future__ import annotations

import pytest

from decision_engine.demo import Town
from tests.api.conftest import Caller, SignIn


@pytest.mark.parametrize(
    ("start", "period", "day"),
    [
        ("2026-03-06", "30", None),
        ("2026-03-06", "P30D", "2026-04-07"),  # 5 April is Qingming, 6 April off in lieu
        ("2026-04-15", "7WD", "2026-04-24"),
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2026-03-06", "public_comment_days", "2026-04-07"),
        ("2026-03-06", "no_such_parameter", None),
    ],
)
def test_a_deadline_is_counted_as_the_law_counts(
    sign_in: SignIn, start: str, period: str, day: str | None
) -> None:
    answer = sign_in("officer").get("/calendar/deadline", start=start, period=period)
    if day is None:
        assert (answer.status_code, set(answer.json["fields"])) == (422, {"period"})
    else:
        assert (answer.json["day"], answer.json["provisional"]) == (day, False)


def test_beyond_the_announced_calendar_nothing_is_certain(sign_in: SignIn) -> None:
    caller = sign_in("officer")
    assert caller.get("/calendar/deadline", start="2026-12-20", period="7WD").json["provisional"]
    assert caller.get("/calendar/day", day="2027-03-01").json["working"] is None
    assert caller.get("/calendar/day", day="2026-02-24").json["working"] is True
    span = caller.get("/calendar/working-days", start="2026-04-15", end="2026-04-24").json
    assert (span["working_days"], span["provisional"]) == (7, False)


def test_an_organs_own_period_is_for_its_own_people(sign_in: SignIn, town: Town) -> None:
    asked = {"start": "2026-03-06", "period": "public_comment_days", "organ_id": town.organ_id}
    assert sign_in("officer").get("/calendar/deadline", **asked).status_code == 200
    assert sign_in("district").get("/calendar/deadline", **asked).status_code == 404


def test_a_notice_takes_two_people(sign_in: SignIn) -> None:
    notice = {
        "document_no": "青政办发〔2026〕3号", "issued_on": "2026-05-01", "year": 2026, "national": False,
        "days": [{"day": "2026-05-15", "kind": "local_closure"}],
    }  # fmt: skip
    one, two = sign_in("admin1"), sign_in("admin2")
    made = one.post("/calendar/notices", notice)
    if made.status_code == 422:
        notice["days"] = _whole_year()
        made = one.post("/calendar/notices", notice)
    assert made.status_code == 201, made.text
    notice_id = made.json["notice"]["id"]
    assert one.post(f"/calendar/notices/{notice_id}/approval").status_code == 403
    approved = two.post(f"/calendar/notices/{notice_id}/approval")
    assert (approved.status_code, approved.json["notice"]["status"]) == (200, "APPROVED")
    assert two.post(f"/calendar/notices/{notice_id}/approval").status_code == 409
    assert sign_in("officer").get("/calendar/notices").json["total"] == 1


def test_a_notice_that_cannot_be_right_is_refused_with_every_reason(sign_in: SignIn) -> None:
    days = [{"day": "2027-01-02", "kind": "working_weekend"}, {"day": "2028-01-04", "kind": "holiday"}]
    notice = {"document_no": "x", "issued_on": "2028-01-01", "year": 2027, "days": days}
    answer = sign_in("admin1").post("/calendar/notices", notice)
    assert answer.status_code == 422
    assert len(answer.json["fields"]["days"]) > 3


def test_strangers_to_the_right_may_not(sign_in: SignIn) -> None:
    notice = {
        "document_no": "x",
        "issued_on": "2026-01-01",
        "year": 2026,
        "days": [{"day": "2026-01-01", "kind": "holiday"}],
    }
    caller: Caller = sign_in("officer")
    assert caller.post("/calendar/notices", notice).status_code == 403


def _whole_year() -> list[dict[str, str]]:
    from decision_engine.calendar import statutory_days

    return [{"day": day.isoformat(), "kind": "holiday"} for day in sorted(statutory_days(2026))]
