"""A meeting over the interface: who sees what of it, what a poll costs, and what is never told (R-MTG-28)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from decision_engine.api import throttle
from decision_engine.api.health import Traffic
from decision_engine.clock import MovableClock
from decision_engine.db import open_engine
from decision_engine.demo.door import Refused
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.town import MAYORS_OFFICE, PARTY_COMMITTEE
from decision_engine.models import Ballot, Body, Event, EventPayload, FinishedRequest
from decision_engine.work import House
from tests.api.conftest import staged
from tests.api.meeting_hall import Assembly, meeting_in_force
from tests.api.test_statements import counted
from tests.conftest import BEGINNING, cheap_settings

COMMITTEE = (
    "mayor",
    "deputy.secretary",
    "deputy1",
    "discipline",
    "organisation",
    "publicity",
    "politics.law",
)
PERSON = {"name": "周知远", "post": "公共服务办公室主任"}
MOST_A_POLL = 3
MOST_A_VIEW = 30
SAID = "集体资产处置不清，我不同意。"


@pytest.fixture(scope="module")
def prepared(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town with the meeting in force by itself, made once."""
    folder = tmp_path_factory.mktemp("prepared")
    shutil.copy(founded, folder / "test.db")
    stage = on_stage(folder)
    meeting_in_force(stage)
    stage.house.engine.dispose()
    return folder


def on_stage(folder: Path, door: Flask | None = None, clock: MovableClock | None = None) -> Stage:
    """Return a stage over the house in *folder*; *door* is an application that is built already."""
    clock = clock or MovableClock(BEGINNING)
    house = House(cheap_settings(folder), open_engine(f"sqlite:///{folder}/test.db"), clock)
    if door is not None:
        door.extensions |= {"house": house, "throttles": throttle.shipped(), "traffic": Traffic()}
    return staged(house, clock, door)


@pytest.fixture
def stage(prepared: Path, tmp_path: Path, door: Flask) -> Iterator[Stage]:
    """A stage of one's own on which meetings can be held."""
    shutil.copy(prepared / "test.db", tmp_path / "test.db")
    made = on_stage(tmp_path, door)
    yield made
    made.house.engine.dispose()


def played(prepared: Path, folder: Path, play: Callable[[Stage], Assembly]) -> Assembly:
    """Play a meeting once, for every test that begins there."""
    shutil.copy(prepared / "test.db", folder / "test.db")
    meeting = play(on_stage(folder))
    meeting.stage.house.engine.dispose()
    return meeting


def again(meeting: Assembly, folder: Path, door: Flask) -> Assembly:
    """Return a meeting as it was left, in a house of its own."""
    source = meeting.stage.house
    shutil.copy(source.settings.data_dir / "test.db", folder / "test.db")
    return meeting.on(on_stage(folder, door, MovableClock(source.clock.now())))


@pytest.fixture(scope="module")
def funds_played(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    return played(prepared, tmp_path_factory.mktemp("funds"), play_funds)


@pytest.fixture
def funds(funds_played: Assembly, tmp_path: Path, door: Flask) -> Iterator[Assembly]:
    """A mayor's office meeting, open, with one item on the table: five deputies here, the sixth absent."""
    meeting = again(funds_played, tmp_path, door)
    yield meeting
    meeting.stage.house.engine.dispose()


def play_funds(stage: Stage) -> Assembly:
    meeting = Assembly(stage)
    meeting.call("2026-02-27 09:00", {"title": "道路维修经费", "category": "LARGE_FUNDS"})
    stage.move_to("2026-02-27 09:00")
    expert = {"name": "温如玉", "position": "专家", "kind": "EXPERT", "person_id": stage.person("expert1")}
    meeting.opens(
        "mayor",
        "deputy1",
        "deputy2",
        "deputy3",
        "deputy4",
        "deputy5",
        absent={"deputy6": "病假"},
        guests=[expert],
    )
    own = {"ground": "OWN_INTEREST", "explanation": "承建方为其曾任职单位"}
    meeting.do("deputy5", "recuse", own, item=0)
    meeting.report()
    meeting.discuss("deputy1", "deputy2", deputy1=("DISAGREE", SAID))
    return meeting


@pytest.fixture
def personnel(stage: Stage) -> Assembly:
    """A party committee meeting on one appointment, discussed and ready for its vote."""
    meeting = Assembly(stage, PARTY_COMMITTEE)
    plan = {"title": "干部任免", "category": "IMPORTANT_PERSONNEL", "subjects": [PERSON]}
    meeting.call("2026-02-27 09:00", plan)
    stage.move_to("2026-02-27 09:00")
    meeting.opens(*COMMITTEE, "party.secretary", absent={"defence": "集训"})
    meeting.report()
    meeting.discuss(*COMMITTEE, "party.secretary")
    return meeting


# -- who sees what ---------------------------------------------------------------------------------------

INSIDE = ("mayor", "deputy1", "deputy3", "recorder", "expert1")
OUTSIDE = ("deputy6", "secretary", "director", "party.office", "auditor")
STRANGERS = ("officer", "farming", "archivist", "inspector", "party.secretary", "admin1", "district")


def test_who_is_in_the_room_hears_what_is_said(funds: Assembly) -> None:
    for login in INSIDE:
        item = funds.item(0, login)
        assert item["audible"], login
        assert SAID in [one["text"] for one in item["statements"]], login


def test_who_is_not_in_the_room_learns_of_no_position(funds: Assembly) -> None:
    """Absent members, the offices and auditors see that there is a meeting, and nothing of what is said in it."""
    for login in (*OUTSIDE, "deputy5"):
        seen = funds.see(login)
        assert seen["meeting"]["status"] == "OPEN", login
        assert [one["item"]["state"] for one in seen["items"]] == ["MEMBERS_SPEAKING"], login
        for path in ("", "/feed", f"/items/{funds.items[0]}"):
            told = json.dumps(funds.see(login, path), ensure_ascii=False)
            assert SAID not in told, (login, path)
            assert "DISAGREE" not in told, (login, path)


def test_for_strangers_there_is_no_meeting(funds: Assembly) -> None:
    for login in STRANGERS:
        for path in ("", "/feed", f"/items/{funds.items[0]}", "/minutes"):
            with pytest.raises(Refused) as refusal:
                funds.see(login, path)
            assert refusal.value.status == 404, (login, path)
        assert funds.stage.ask(login, "/meetings")["total"] == 0, login
        assert funds.turned_down(login, f"/meetings/{funds.id}/arrivals").status == 404, login


def test_the_list_of_meetings_is_that_of_each(funds: Assembly) -> None:
    for login in (*INSIDE, *OUTSIDE, "deputy5"):
        found = funds.stage.ask(login, "/meetings", status="OPEN", body_id=funds.body_id)
        assert [one["id"] for one in found["items"]] == [funds.id], login
    later = funds.stage.ask("secretary", "/meetings", since="2026-02-28")
    assert later["total"] == 0
    assert funds.stage.ask("secretary", "/meetings", until="2026-02-27")["total"] == 1


def test_the_case_file_and_the_log_say_nothing_outside_while_the_meeting_lasts(funds: Assembly) -> None:
    case_id = funds.item()["item"]["case_id"]
    for login in ("secretary", "auditor", "deputy5", "deputy6"):
        for path in ("records", "events", "tracing", "accountability", "exceptions"):
            if path != "records" and login.startswith("deputy"):
                continue  # they may not read the log at any time
            with pytest.raises(Refused) as refusal:
                funds.stage.ask(login, f"/cases/{case_id}/{path}")
            assert (refusal.value.status, refusal.value.rules) == (403, ("R-MTG-28",)), (login, path)
    assert funds.stage.ask("mayor", f"/cases/{case_id}/records")["total"] > 0
    finished(funds)
    for path in ("records", "events", "tracing"):
        assert SAID in json.dumps(funds.stage.ask("auditor", f"/cases/{case_id}/{path}"), ensure_ascii=False)


def test_while_a_vote_is_open_the_log_tells_nobody_who_voted_what(funds: Assembly) -> None:
    case_id = funds.item()["item"]["case_id"]
    funds.discuss("deputy3", "deputy4", "mayor")
    assert funds.stage.ask("mayor", f"/cases/{case_id}/events")["total"] > 0
    funds.do("recorder", "open_vote", item=0)
    funds.do("deputy1", "cast", {"choice": "NO"}, item=0)
    with pytest.raises(Refused) as refusal:
        funds.stage.ask("mayor", f"/cases/{case_id}/events")
    assert (refusal.value.status, refusal.value.rules) == (403, ("R-MTG-28",))
    assert "NO" not in json.dumps(funds.stage.ask("mayor", f"/cases/{case_id}/records"))


def test_a_matter_of_the_meeting_alone_is_a_secret_of_its_meeting(funds: Assembly) -> None:
    case_id = funds.item()["item"]["case_id"]
    assert funds.stage.ask("secretary", f"/cases/{case_id}")["id"] == case_id
    for login in ("officer", "inspector"):
        with pytest.raises(Refused) as refusal:
            funds.stage.ask(login, f"/cases/{case_id}")
        assert refusal.value.status == 404


def finished(meeting: Assembly, **choices: str) -> None:
    """Let the discussion of the funds come to its end and close the meeting."""
    meeting.discuss("deputy3", "deputy4", "mayor")
    meeting.votes("deputy1", "deputy2", "deputy3", "deputy4", "mayor", **choices)
    meeting.decides()
    meeting.do("recorder", "close_meeting")


def test_after_the_meeting_everybody_concerned_reads_and_a_guest_what_he_was_there_for(
    funds: Assembly,
) -> None:
    finished(funds)
    for login in (*INSIDE, *OUTSIDE, "deputy5"):
        item = funds.item(0, login)
        assert item["audible"], login
        assert item["votes"][0]["choices"], login
    with pytest.raises(Refused) as refusal:
        funds.see("expert1", "/minutes")
    assert refusal.value.status == 403


def test_a_guest_sees_no_item_he_is_not_there_for(stage: Stage) -> None:
    meeting = Assembly(stage)
    plans = [{"title": title, "category": "LARGE_FUNDS"} for title in ("甲", "乙")]
    meeting.call("2026-02-27 09:00", *plans)
    stage.move_to("2026-02-27 09:00")
    here = ("mayor", "deputy1", "deputy2", "deputy3", "deputy4")
    meeting.opens(*here, absent={"deputy5": "病假", "deputy6": "病假"})
    discussed(meeting, here, 0)
    meeting.do("recorder", "admit", {"name": "温如玉", "person_id": stage.person("expert1")})
    meeting.report(1)
    assert [one["item"]["title"] for one in meeting.see("expert1")["items"]] == ["乙"]
    assert [one["item"]["title"] for one in meeting.see("deputy1")["items"]] == ["甲", "乙"]


def discussed(meeting: Assembly, here: tuple[str, ...], number: int) -> None:
    """Take an item from its report to its decision; everybody agrees."""
    principal, *members = here
    meeting.report(number)
    meeting.discuss(*members, principal, number=number)
    meeting.votes(*members, principal, number=number)
    meeting.decides(number=number)


# -- a vote ----------------------------------------------------------------------------------------------


def test_before_a_vote_is_closed_it_is_told_who_voted_and_never_what(funds: Assembly) -> None:
    funds.discuss("deputy3", "deputy4", "mayor")
    funds.do("recorder", "open_vote", item=0)
    funds.do("deputy1", "cast", {"choice": "NO"}, item=0)
    [mine] = funds.item(0, "deputy1")["votes"]
    assert mine["mine"] == "NO"
    for login in ("mayor", "deputy2", "recorder", "expert1", "secretary"):
        [vote] = funds.item(0, login)["votes"]
        assert vote["voted"] == [funds.stage.person("deputy1")], login
        assert (vote["mine"], vote["choices"], vote["yes"], vote["no"]) == (None, None, None, None), login


def test_a_vote_once_cast_stays(funds: Assembly) -> None:
    funds.discuss("deputy3", "deputy4", "mayor")
    funds.do("recorder", "open_vote", item=0)
    shown = funds.acts("deputy1", 0)["cast"]["path"]
    funds.post("deputy1", shown, {"choice": "NO"})
    again = funds.refused("deputy1", "cast", {"choice": "YES"}, item=0)
    assert "R-MTG-09" in again.rules
    early = funds.refused("mayor", "cast", {"choice": "YES"}, item=0)
    assert "R-MTG-14" in early.rules


def test_a_secret_ballot_links_nobody_to_a_vote(personnel: Assembly) -> None:
    """Nothing said, kept, logged or answered afterwards tells a yes from a no; only the totals are told."""
    stage = personnel.stage
    personnel.do("recorder", "open_vote", {"method": "SECRET_BALLOT"}, item=0)
    [vote] = personnel.item(0, "mayor")["votes"]
    path = personnel.at(f"/votes/{vote['id']}")
    named = personnel.turned_down("mayor", f"{path}/ballots", {"choice": "NO"})
    assert (named.status, named.rules) == (403, ("R-MTG-10",))
    requests = count(stage.house, FinishedRequest)
    for login in (*COMMITTEE, "party.secretary"):
        choice = "NO" if login in {"deputy1", "discipline"} else "YES"
        answer = personnel.do(login, "cast", {"choice": choice}, item=0)
        assert choice not in json.dumps(answer)
    assert count(stage.house, FinishedRequest) == requests, "not even a hash of the request is kept"
    personnel.do("recorder", "close_vote", item=0)
    for login in ("deputy1", "mayor", "recorder", "party.secretary"):
        [told] = personnel.item(0, login)["votes"]
        assert (told["yes"], told["no"], told["abstain"], told["passed"]) == (6, 2, 0, True)
        assert (told["choices"], told["mine"]) == (None, None)
        assert len(told["voted"]) == len(COMMITTEE) + 1
    with stage.house.reading() as session:
        assert set(session.scalars(select(Ballot.choice).where(Ballot.vote_id == vote["id"]))) == {None}
        cast = session.execute(
            select(Event.body, EventPayload.payload)
            .join(EventPayload, EventPayload.event_id == Event.id)
            .where(Event.kind == "vote.cast")
        ).all()
    assert len(cast) == len(COMMITTEE) + 1
    assert not any(choice in bytes(part) for row in cast for part in row for choice in (b'"NO"', b'"YES"'))


def test_a_named_ballot_is_found_by_the_same_search(funds: Assembly) -> None:
    """Negative control of the test above: where a vote is by name the log does say it."""
    finished(funds, deputy1="NO")
    with funds.stage.house.reading() as session:
        told = session.scalars(
            select(EventPayload.payload)
            .join(Event, Event.id == EventPayload.event_id)
            .where(Event.kind == "vote.cast")
        ).all()
    assert sum(b'"NO"' in bytes(one) for one in told) == 1
    assert count(funds.stage.house, FinishedRequest) > 0


def count(house: House, model: Any) -> int:
    with house.reading() as session:
        return len(session.scalars(select(model)).all())


# -- polling ---------------------------------------------------------------------------------------------


def poll(stage: Stage, login: str, path: str, tag: str | None = None) -> tuple[Any, list[str]]:
    """Return the answer to a poll, and the statements it cost."""
    headers = {"Authorization": f"Bearer {stage.token(login)}"} | ({"If-None-Match": tag} if tag else {})
    client = stage._door._client  # type: ignore[attr-defined]
    with counted(stage.house) as sent:
        return client.get(f"/api/v1{path}", headers=headers), sent


@pytest.mark.parametrize("path", ["", "/feed", "/items/{item}"])
def test_a_poll_of_what_did_not_change_costs_three_statements(funds: Assembly, path: str) -> None:
    address = f"/meetings/{funds.id}{path.format(item=funds.items[0])}"
    for login in ("mayor", "deputy1", "recorder", "secretary", "auditor", "expert1"):
        first, whole = poll(funds.stage, login, address)
        assert first.status_code == 200
        assert len(whole) <= MOST_A_VIEW, "\n\n".join(whole)
        again, sent = poll(funds.stage, login, address, first.headers["ETag"])
        assert (again.status_code, again.get_data()) == (304, b"")
        assert len(sent) <= MOST_A_POLL, "\n\n".join(sent)


def test_whatever_happens_in_the_room_changes_the_feed(funds: Assembly) -> None:
    """Speaking, leaving, a question, a vote, the minutes: each device learns of each."""
    feed, happenings = f"/meetings/{funds.id}/feed", (
        lambda: funds.do("deputy3", "speak", {"stance": "AGREE", "text": "同意。"}, item=0),
        lambda: funds.do("mayor", "ask", {"text": "何时完工？"}, item=0),
        lambda: funds.do("deputy4", "depart"),
        lambda: funds.do("deputy4", "arrive"),
        lambda: funds.do("recorder", "admit", {"name": "韩平"}),
        lambda: funds.do("deputy4", "waive", item=0),
        lambda: funds.do("mayor", "speak", {"stance": "AGREE", "text": "同意。"}, item=0),
        lambda: funds.do("recorder", "open_vote", item=0),
        lambda: funds.do("deputy1", "cast", {"choice": "YES"}, item=0),
    )  # fmt: skip
    seen = set()
    for happens in happenings:
        before, _ = poll(funds.stage, "deputy2", feed)
        happens()
        after, _ = poll(funds.stage, "deputy2", feed, before.headers["ETag"])
        assert after.status_code == 200
        assert after.json["version"] > before.json["version"]
        seen |= {before.json["version"], after.json["version"]}
    assert len(seen) == len(happenings) + 1


def test_an_answer_for_one_is_not_confirmed_to_another(funds: Assembly) -> None:
    """A tag somebody else was given, or one from before one left the room, is not taken for one's own."""
    feed = f"/meetings/{funds.id}/feed"
    mine, _ = poll(funds.stage, "deputy1", feed)
    other, _ = poll(funds.stage, "secretary", feed, mine.headers["ETag"])
    assert other.status_code == 200
    nonsense, _ = poll(funds.stage, "deputy1", feed, 'W/"x", "y", *x')
    assert nonsense.status_code == 200


def test_the_feed_tells_whose_turn_it_is(funds: Assembly) -> None:
    feed = funds.see("mayor", "/feed")
    current = feed["current"]
    queue = {one["name"]: one["state"] for one in current["queue"]}
    assert queue == {
        "顾明礼": "SPOKEN", "邵一帆": "SPOKEN", "唐晓棠": "WAITING", "贺兰洲": "WAITING", "袁牧之": "RECUSED",
        "江远舟": "WAITING",
    }  # fmt: skip
    assert current["queue"][-1]["is_principal"]
    assert (current["floor_open"], len(current["floor_waits_for"])) == (False, 2)
    assert (feed["due"], feed["present"]) == (7, 6)
    quorums = {one["category"]: one for one in feed["quorums"]}
    assert (quorums["LARGE_FUNDS"]["needed"], quorums["LARGE_FUNDS"]["met"]) == (5, True)
    assert current["quorum"]["present"] == 5  # without the recused member
    states = {one["name"]: one["state"] for one in feed["members"]}
    assert (states["曲清和"], states["江远舟"]) == ("ABSENT", "PRESENT")
    funds.discuss("deputy3", "deputy4")
    assert funds.see("mayor", "/feed")["current"]["floor_open"]


# -- what may be done ------------------------------------------------------------------------------------


def test_what_is_said_not_to_be_allowed_is_refused(funds: Assembly) -> None:
    """Every act that is shown as not allowed now is tried, by everybody who is shown it, and refused with 4xx."""
    bodies: dict[str, Any] = {
        "speak": {"stance": "AGREE", "text": "x"}, "add": {"text": "x"}, "ask": {"text": "x"},
        "cast": {"choice": "YES"}, "decide": {"outcome": "APPROVE", "decision": "x"}, "report_item": {"text": "x"},
        "cancel_meeting": {"reason": "x", "approved_by": funds.stage.person("mayor")},
        "change_chair": {"reason": "x", "chair_id": funds.stage.person("deputy1")},
        "change_recorder": {"reason": "x", "recorder_id": funds.stage.person("recorder")},
        "sign_minutes": {"sha256": "0" * 64}, "correct_minutes": {"text": "x"}, "annotate": {"text": "x"},
        "recuse": {"ground": "OTHER", "explanation": "x"},
    }  # fmt: skip
    tried = set()
    for login in ("mayor", "deputy1", "deputy3", "deputy5", "deputy6", "recorder", "director"):
        for one in funds.see(login)["acts"]:
            if not one["allowed"]:
                refusal = funds.turned_down(login, one["path"], bodies.get(one["act"]))
                assert refusal.status in {403, 409, 422}, (login, one["act"], refusal)
                tried.add(one["act"])
    assert tried >= {
        "speak", "waive", "add", "decide", "recuse", "arrive", "depart", "open_vote", "close_vote", "close_meeting",
        "report_item", "draw_up_minutes", "settle_minutes", "sign_minutes", "cancel_meeting", "annotate",
        "open_meeting",
    }  # fmt: skip


def test_the_recorder_is_shown_what_is_written_down_for_members_and_that_the_rest_is_put_off(
    funds: Assembly,
) -> None:
    """As long as somebody has not spoken; the meeting is closed over what waits, never over what is before it."""
    meeting, person = funds, funds.stage.person
    first = meeting.refused("recorder", "close_meeting")
    assert "R-MTG-23" in first.rules
    here = [
        one["person_id"]
        for one in meeting.see("recorder", "/feed")["current"]["queue"]
        if one["state"] == "WAITING"
    ]
    members = [one for one in here if one != person("mayor")]
    meeting.do("recorder", "waive", {"person_id": members[0]}, item=0)
    for one in [*members[1:], person("mayor")]:
        said = {"stance": "AGREE", "text": "同意。", "person_id": one}
        meeting.do("recorder", "speak", said, item=0)
    late = {"stance": "AGREE", "text": "同意。", "person_id": person("mayor")}
    for act in ("speak", "waive"):
        assert meeting.refused("recorder", act, late if act == "speak" else {"person_id": members[0]}, item=0)


def test_an_auditor_is_shown_no_acts(funds: Assembly) -> None:
    assert funds.see("auditor")["acts"] == []
    refusal = funds.turned_down("auditor", funds.at("/statements"), {"stance": "AGREE", "text": "x"})
    assert (refusal.status, refusal.rules) == (403, ("R-ACC-07",))


def test_a_stale_device_is_told(funds: Assembly) -> None:
    seen = funds.item(0, "deputy3")["item"]["version"]
    funds.do("deputy4", "waive", item=0)
    late = {"stance": "AGREE", "text": "同意。", "version": seen}
    assert funds.turned_down("deputy3", funds.at("/statements"), late).status == 409
    late["version"] = funds.item(0, "deputy3")["item"]["version"]
    funds.post("deputy3", funds.at("/statements"), late)


def test_items_and_votes_of_other_meetings_are_not_reached_through_this_one(funds: Assembly) -> None:
    other = Assembly(funds.stage)
    other.call("2026-03-06 09:00", {"title": "别的事", "category": "ORDINARY"})
    for path in ("/taking-up", "/statements", "/votes/closing"):
        said = {"stance": "AGREE", "text": "x"} if path == "/statements" else {}
        wrong = f"/meetings/{other.id}/items/{funds.items[0]}{path}"
        assert funds.turned_down("recorder", wrong, said).status == 404, path


def test_too_short_a_notice_needs_an_exception_on_record(stage: Stage) -> None:
    meeting = Assembly(stage)
    plan: dict[str, Any] = {"title": "急办事项", "category": "ORDINARY"}
    with pytest.raises(Refused) as refusal:
        meeting.call("2026-02-25 09:00", plan)
    assert "R-MTG-12" in refusal.value.rules
    plan["exceptions"] = [{"rule": "R-MTG-12", "reason": "汛情", "approver": stage.person("mayor")}]
    assert meeting.call("2026-02-25 09:00", plan)["meeting"]["status"] == "CALLED"


def test_a_meeting_that_can_pass_nothing_is_warned_at_its_opening(stage: Stage) -> None:
    meeting = Assembly(stage, PARTY_COMMITTEE)
    meeting.call("2026-02-27 09:00", {"title": "经费", "category": "LARGE_FUNDS"})
    stage.move_to("2026-02-27 09:00")
    told = meeting.opens("party.secretary", "mayor", "deputy1", "discipline", "publicity")
    assert [one["rule"] for one in told["warnings"]] == ["R-MTG-04"]
    quorums = {one["category"]: one for one in meeting.see("mayor")["quorums"]}
    assert quorums["ORDINARY"]["can_pass"]
    assert not quorums["LARGE_FUNDS"]["met"]


# -- bodies ----------------------------------------------------------------------------------------------


def test_a_body_tells_its_members_and_rules_and_sets_stricter_ones(stage: Stage) -> None:
    meeting = Assembly(stage)
    path = f"/bodies/{meeting.body_id}"
    body = stage.ask("deputy1", path)
    assert next(one["name"] for one in body["members"]) == "江远舟"
    rules = {one["name"]: one for one in body["procedure"]}
    assert (rules["notice_min"]["value"], rules["notice_min"]["own"], rules["principal_last"]["locked"]) == (
        "2", False, True,
    )  # fmt: skip
    assert all(one["source"] for one in body["procedure"])
    stricter = {"name": "notice_min", "value": "3", "source": "镇长办公会议事规则（2026）第五条"}
    told = stage.say("admin1", f"{path}/rules", stricter)["body"]
    found = next(one for one in told["procedure"] if one["name"] == "notice_min")
    assert (found["value"], found["lawful"], found["own"], found["source"]) == (
        "3",
        "2",
        True,
        stricter["source"],
    )
    for name, value in (
        ("notice_min", "1"),
        ("principal_last", "false"),
        ("quorum_ordinary", "1/3"),
        ("x", "1"),
    ):
        refusal = meeting.turned_down(
            "admin1", f"{path}/rules", {"name": name, "value": value, "source": "x"}
        )
        assert refusal.status == 422, name
    assert meeting.turned_down("secretary", f"{path}/rules", stricter).status == 403
    assert meeting.turned_down("district", f"{path}/rules", stricter).status == 404


def test_members_change_from_a_day_on(stage: Stage) -> None:
    meeting = Assembly(stage)
    said = {
        "since": "2026-03-02", "leaving_id": stage.person("deputy6"), "joining_id": stage.person("discipline"),
    }  # fmt: skip
    made = stage.say("admin1", f"/bodies/{meeting.body_id}/members", said)["members"]
    assert stage.person("discipline") in [one["person_id"] for one in made]
    past = said | {"since": "2026-01-01"}
    assert meeting.turned_down("admin1", f"/bodies/{meeting.body_id}/members", past).status == 422


def test_statistics_are_for_those_concerned(stage: Stage) -> None:
    with stage.house.reading() as session:
        body = session.scalar(select(Body.id).where(Body.kind == MAYORS_OFFICE))
    path = f"/bodies/{body}/statistics"
    for login in ("director", "mayor", "auditor"):
        assert stage.ask(login, path)["held"] == 0
    for login, status in (("officer", 403), ("district", 404)):
        with pytest.raises(Refused) as refusal:
            stage.ask(login, path)
        assert refusal.value.status == status
    with pytest.raises(Refused) as refusal:
        stage.ask("director", path, since="2026-03-01", until="2026-02-01")
    assert refusal.value.status == 422


def test_moments_of_a_meeting_come_with_their_offset(stage: Stage) -> None:
    meeting = Assembly(stage)
    called = meeting.call("2026-02-27 09:00", {"title": "例会", "category": "ORDINARY"})
    assert called["meeting"]["planned_at"] == moment("2026-02-27 09:00").replace("+08:00", ".000+08:00")


def test_an_item_that_cannot_go_on_is_broken_off_by_the_recorder_alone(funds: Assembly) -> None:
    item = funds.items[0]
    said = {"reason": "区长离会，无人主持决定", "approved_by": funds.stage.person("mayor")}
    path = f"/meetings/{funds.id}/items/{item}/breaking-off"

    def is_offered(login: str) -> bool:
        return any(one["act"] == "break_off_item" and one["allowed"] for one in funds.see(login)["acts"])

    assert not is_offered("recorder")
    assert "R-MTG-23" in funds.turned_down("recorder", path, said).rules
    funds.do("mayor", "depart", {})
    assert is_offered("recorder")
    assert not is_offered("director")
    assert not is_offered("deputy1")
    assert funds.turned_down("director", path, said).status == 403
    assert funds.turned_down("recorder", path, {"reason": "x"}).status == 422
    assert funds.turned_down("recorder", path, said | {"approved_by": "nobody"}).status == 422
    told = funds.post("recorder", path, said)
    assert told["item"]["state"] == "BROKEN_OFF"
    assert told["item"]["put_off_reason"] == said["reason"]
    assert funds.turned_down("recorder", path, said).status == 409
    funds.post("recorder", f"/meetings/{funds.id}/closing", {})
