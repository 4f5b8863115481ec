"""The door works: people sign in, open cases, complete steps, and see what became of it."""

from __future__ import annotations

from decision_engine.demo import Town
from decision_engine.demo.s1 import beginning
from decision_engine.demo.stage import Stage
from tests.api.conftest import Caller, SignIn


def test_a_person_signs_in_and_is_told_who_they_are(sign_in: SignIn) -> None:
    me = sign_in("secretary").get("/me").json
    assert me["person"]["name"] == "苏文静"
    assert me["roles"] == ["secretary"]


def test_a_token_ends_with_signing_out(sign_in: SignIn) -> None:
    secretary = sign_in("secretary")
    assert secretary.delete("/session").status_code == 204
    assert secretary.get("/me").status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_told_alike(stranger: Caller) -> None:
    wrong = stranger.post("/session", {"login": "secretary", "password": "not it at all"})
    unknown = stranger.post("/session", {"login": "nobody", "password": "not it at all"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json == unknown.json


def test_cases_are_found_by_title_status_and_organ_newest_first(
    sign_in: SignIn, town: Town, stage: Stage
) -> None:
    caller = sign_in("secretary")
    for day, title in ((24, "养老服务中心"), (25, "100%_集体资产"), (26, "养老机构布局")):
        stage.move_clock_only(f"2026-02-{day} 09:00")
        token = stage.token("secretary")
        Caller(caller.client, token).post("/cases", {"organ_id": town.organ_id, "title": title})

    def titles(**query: object) -> list[str]:
        return [one["title"] for one in Caller(caller.client, token).get("/cases", **query).json["items"]]

    assert titles() == ["养老机构布局", "100%_集体资产", "养老服务中心"]
    assert titles(q="养老") == ["养老机构布局", "养老服务中心"]
    assert titles(q="%") == titles(q="_") == ["100%_集体资产"]
    assert titles(status="ENDED") == []
    assert titles(organ_id=town.organ_id, page=2, page_size=2) == ["养老服务中心"]
    assert titles(organ_id=town.district_id) == []


def test_the_worklist_tells_what_is_mine_from_what_i_may_take_up(sign_in: SignIn, case_id: str) -> None:
    caller = sign_in("secretary")
    task = caller.get("/tasks", scope="claimable", case_id=case_id).json["items"][0]["task"]
    assert caller.get("/tasks", mine="true").json["total"] == 0
    caller.post(f"/tasks/{task['id']}/claim", {"version": task["version"]})
    assert caller.get("/tasks", scope="claimable").json["total"] == 0
    for query in ({"scope": "mine"}, {"mine": "true"}, {"scope": "all"}, {"step": "register_proposal"}):
        found = caller.get("/tasks", **query).json["items"]
        assert [one["task"]["id"] for one in found] == [task["id"]], query
    assert caller.get("/tasks", step="vote").json["total"] == 0
    assert sign_in("officer").get("/tasks").json["total"] == 0


def test_a_task_is_shown_with_its_form_and_the_law_of_its_gate(sign_in: SignIn, case_id: str) -> None:
    caller = sign_in("secretary")
    task = caller.get("/tasks").json["items"][0]["task"]["id"]
    shown = caller.get(f"/tasks/{task}").json
    assert shown["form"]["step"] == "register_proposal"
    assert {"zh", "en"} == set(shown["form"]["title"])
    cited = {one["rule"]: one for one in shown["rules"]}
    assert (cited["R-713-3-1"]["law"], cited["R-713-3-1"]["article"]) == ("国务院令第713号", "3")
    assert sign_in("admin1").get(f"/tasks/{task}").status_code == 403


def test_a_completed_step_is_answered_with_what_was_checked_and_what_waits(stage: Stage) -> None:
    stage.open_case("secretary", beginning.TITLE)
    done = stage.complete("secretary", "register_proposal", beginning.proposal())
    assert done["task"]["status"] == "DONE"
    assert {one["outcome"] for one in done["findings"]} <= {
        "MET",
        "NOT_APPLICABLE",
        "UNDECIDABLE",
        "EXCEPTED",
    }
    assert [one["step"] for one in done["next"]] == ["study_proposal"]
    assert done["receipt"]["chain"] == stage.case_id
    records = stage.pages("auditor", f"/cases/{stage.case_id}/records", kind="register_proposal")
    assert [one["data"]["title"] for one in records] == [beginning.TITLE]


def test_a_password_is_some_text_of_sensible_length(stranger: Caller) -> None:
    for password in (None, 12345678901, "x" * 501, ["x"]):
        assert stranger.post("/session", {"login": "secretary", "password": password}).status_code == 422
    assert stranger.post("/session", {"login": "secretary", "password": "   "}).status_code == 401
