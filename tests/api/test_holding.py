"""Who holds a step: taking it up, giving it back, passing it on, standing in for somebody on leave."""

from __future__ import annotations

import pytest

from decision_engine.demo import Town
from tests.api.conftest import SignIn


@pytest.fixture
def task(sign_in: SignIn, case_id: str) -> str:
    """The registration of a proposal, waiting for a secretary."""
    page = sign_in("secretary").get(f"/cases/{case_id}/tasks").json
    return page["items"][0]["id"]


def test_what_one_person_took_up_is_theirs_until_they_give_it_back(sign_in: SignIn, task: str, town: Town):
    """Claim, see it held, give it back with a reason; every act is in the trail."""
    secretary = sign_in("secretary")
    claimed = secretary.post(f"/tasks/{task}/claim", {})
    assert claimed.status_code == 200, claimed.text
    assert claimed.json["task"]["assignee_id"] == town.persons["secretary"]
    back = secretary.post(f"/tasks/{task}/return", {"reason": "外出开会"})
    assert back.status_code == 200, back.text
    assert back.json["task"]["assignee_id"] is None


def test_only_what_one_holds_can_be_given_back(sign_in: SignIn, task: str):
    """Giving back what nobody took up is refused with the reason."""
    refused = sign_in("secretary").post(f"/tasks/{task}/return", {"reason": "误点"})
    assert refused.status_code == 403
    assert "签收" in refused.json["detail"]


def test_a_step_is_not_passed_to_somebody_who_may_not_do_it(sign_in: SignIn, task: str, town: Town):
    """The receiver's post is looked at, not only the giver's."""
    refused = sign_in("secretary").post(
        f"/tasks/{task}/transfer", {"to": town.persons["lawyer"], "reason": "请代办"}
    )
    assert refused.status_code == 403
    nobody = sign_in("secretary").post(f"/tasks/{task}/transfer", {"to": "f" * 32, "reason": "请代办"})
    assert nobody.status_code == 404


def test_somebody_on_leave_lets_a_colleague_act_and_the_log_says_for_whom(
    sign_in: SignIn, case_id: str, task: str, town: Town
):
    """A delegation holds on its days; the trail names both people; revoked, it holds no longer."""
    secretary, director = sign_in("secretary"), sign_in("director")
    assert director.post(f"/tasks/{task}/claim", {}).status_code == 403
    given = secretary.post(
        "/delegations",
        {
            "organ_id": town.organ_id,
            "to": town.persons["director"],
            "since": "2026-02-24",
            "until": "2026-02-26",
            "reason": "请假",
            "role": "secretary",
        },
    )
    assert given.status_code == 201, given.text
    claimed = director.post(f"/tasks/{task}/claim", {})
    assert claimed.status_code == 200, claimed.text
    assert director.post(f"/tasks/{task}/return", {"reason": "已转回"}).status_code == 200
    delegation = given.json["delegation"]["id"]
    assert secretary.delete(f"/delegations/{delegation}").status_code == 200
    assert director.post(f"/tasks/{task}/claim", {}).status_code == 403


def test_a_delegation_ends_with_its_last_day(sign_in: SignIn, task: str, town: Town, clock):
    """The day after, the colleague may not act any more."""
    from datetime import timedelta

    given = sign_in("secretary").post(
        "/delegations",
        {
            "organ_id": town.organ_id,
            "to": town.persons["director"],
            "since": "2026-02-24",
            "until": "2026-02-24",
            "reason": "请假半天",
        },
    )
    assert given.status_code == 201, given.text
    clock.move_to(clock.now() + timedelta(hours=11))
    director = sign_in("director")
    assert director.post(f"/tasks/{task}/claim", {}).status_code == 200
    director.post(f"/tasks/{task}/return", {"reason": "下班"})
    clock.move_to(clock.now() + timedelta(hours=6))
    assert director.post(f"/tasks/{task}/claim", {}).status_code == 403


@pytest.mark.parametrize(
    ("to", "since", "until", "field"),
    [
        ("secretary", "2026-02-24", "2026-02-25", "to"),  # oneself
        ("district", "2026-02-24", "2026-02-25", "to"),  # another organ's
        ("director", "2026-02-20", "2026-02-23", "until"),  # wholly past
        ("director", "2026-02-26", "2026-02-25", "until"),  # ends before it begins
    ],
)
def test_a_delegation_that_makes_no_sense_is_refused(
    sign_in: SignIn, town: Town, to: str, since: str, until: str, field: str
):
    """To oneself, to a stranger of the organ, or in the past: the form says what to mend."""
    said = {
        "organ_id": town.organ_id,
        "to": town.persons[to],
        "since": since,
        "until": until,
        "reason": "请假",
    }
    refused = sign_in("secretary").post("/delegations", said)
    assert refused.status_code == 422, refused.text
    assert field in refused.json["fields"]
