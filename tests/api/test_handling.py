"""Official words as lawful acts: 加签、抄送、催办、转办、退签、撤回、办理时限, each with each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from examples import EXAMPLES

from decision_engine.clock import MovableClock
from decision_engine.demo import Town
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import PASSWORD
from tests.api.conftest import Caller, SignIn


@pytest.fixture
def task(sign_in: SignIn, case_id: str) -> str:
    """The registration of a proposal, waiting for a secretary."""
    return sign_in("secretary").get(f"/cases/{case_id}/tasks").json["items"][0]["id"]


@pytest.fixture
def secretary(sign_in: SignIn, task: str) -> Caller:
    """The secretary, who has taken the task up."""
    caller = sign_in("secretary")
    assert caller.post(f"/tasks/{task}/claim", {}).status_code == 200
    return caller


def ask(secretary: Caller, task: str, *persons: str) -> Any:
    return secretary.post(
        f"/tasks/{task}/countersigns", {"persons": list(persons), "question": "请核实经费来源。"}
    )


def put(caller: Caller, path: str, said: Any) -> Any:
    return caller.call("PUT", path, json=said)


VIEW = {"answers": {"stance": "AGREE", "opinion": "经费已列入年度预算。"}}
PROPOSAL = {name: said for name, said in EXAMPLES["register_proposal"].items() if name != "study_unit"}


# -- 加签 ------------------------------------------------------------------------------------------------


def test_a_step_waits_for_the_views_that_were_asked_for(
    sign_in: SignIn, secretary: Caller, task: str, case_id: str, town: Town
):
    """Asked, refused to complete, answered into the case file, completed."""
    asked = ask(secretary, task, town.persons["finance"])
    assert asked.status_code == 201, asked.text
    one = asked.json["countersigns"][0]
    refused = secretary.post(f"/tasks/{task}/completion", {"answers": PROPOSAL})
    assert refused.status_code == 409
    assert "加签意见" in refused.json["detail"]

    colleague = sign_in("finance")
    waiting = colleague.get("/countersigns").json["items"]
    assert [item["countersign"]["id"] for item in waiting] == [one["id"]]
    answered = colleague.post(f"/countersigns/{one['id']}/opinion", VIEW)
    assert answered.status_code == 201, answered.text
    assert answered.json["record"]["kind"] == "countersign_opinion"
    assert answered.json["receipt"]["seq"] > asked.json["receipt"]["seq"]
    assert colleague.get("/countersigns").json["items"] == []
    again = colleague.post(f"/countersigns/{one['id']}/opinion", VIEW)
    assert again.status_code == 409
    gone = secretary.post(f"/countersigns/{one['id']}/withdrawal", {"reason": "不再需要"})
    assert gone.status_code == 409
    assert "不能撤回" in gone.json["detail"]

    views = secretary.get(f"/tasks/{task}/countersigns").json["items"]
    assert [(view["countersign"]["stance"], view["asked"]) for view in views] == [
        ("AGREE", waiting[0]["asked"])
    ]
    done = secretary.post(f"/tasks/{task}/completion", {"answers": PROPOSAL})
    assert done.status_code == 200, done.text
    kinds = [one["kind"] for one in sign_in("auditor").get(f"/cases/{case_id}/events").json["items"]]
    words = [kind for kind in kinds if kind.startswith("countersign") or kind == "task.completed"]
    assert words == ["countersign.asked", "countersign.answered", "task.completed"]


@pytest.mark.parametrize(
    ("persons", "status"),
    [
        ([], 422),
        (["self"], 422),
        (["director", "director"], 422),
        (["nobody"], 422),
        (["auditor_elsewhere"], 422),
    ],
)
def test_nobody_oneself_twice_and_strangers_are_not_asked(
    secretary: Caller, task: str, town: Town, persons: list[str], status: int
):
    ids = {"self": town.persons["secretary"], "nobody": "f" * 32, "auditor_elsewhere": "clock"}
    named = [ids.get(one) or town.persons[one] for one in persons]
    refused = secretary.post(f"/tasks/{task}/countersigns", {"persons": named, "question": "？"})
    assert refused.status_code == status, refused.text
    assert secretary.get(f"/tasks/{task}").json["task"]["countersigning"] == 0


def test_only_who_was_asked_answers_and_only_who_asked_takes_back(
    sign_in: SignIn, secretary: Caller, task: str, town: Town
):
    one = ask(secretary, task, town.persons["director"]).json["countersigns"][0]["id"]
    assert sign_in("mayor").post(f"/countersigns/{one}/opinion", VIEW).status_code == 403
    assert sign_in("mayor").post(f"/countersigns/{one}/withdrawal", {"reason": "试"}).status_code == 403
    assert ask(secretary, task, town.persons["director"]).status_code == 409  # asked already
    back = secretary.post(f"/countersigns/{one}/withdrawal", {"reason": "已电话沟通"})
    assert back.status_code == 200, back.text
    assert sign_in("director").post(f"/countersigns/{one}/opinion", VIEW).status_code == 409
    assert secretary.post(f"/tasks/{task}/completion", {"answers": PROPOSAL}).status_code == 200


def test_a_body_takes_no_countersigners_and_a_drafter_no_part_in_the_review(stage: Stage):
    """Who takes part in a meeting is fixed by law; who drafted does not even advise the reviewer (R-LEG-05)."""
    S1.play(stage, until="issue_legality_opinion")
    review = stage.waiting("justice", "issue_legality_opinion")[0]["id"]
    said = {"persons": [stage.person("officer")], "question": "请协助把关。"}
    with pytest.raises(Exception, match="起草") as refused:
        stage.say("justice", f"/tasks/{review}/countersigns", said)
    assert refused.value.status == 403
    S1.play(stage, start="issue_legality_opinion", until="government_meeting")
    opening = stage.waiting("recorder", "open_meeting")[0]["id"]
    with pytest.raises(Exception, match="法定组成") as refused:
        stage.say("recorder", f"/tasks/{opening}/countersigns", said)
    assert refused.value.status == 403


# -- 抄送、催办、办理时限 ----------------------------------------------------------------------------------


def test_a_copy_is_read_once_and_taken_back_only_unread(
    sign_in: SignIn, secretary: Caller, case_id: str, task: str, town: Town
):
    said = {"persons": [town.persons["director"], town.persons["mayor"]], "note": "供参阅", "task_id": task}
    sent = secretary.post(f"/cases/{case_id}/copies", said)
    assert sent.status_code == 201, sent.text
    to = {one["to_id"]: one["id"] for one in sent.json["copies"]}
    director = sign_in("director")
    assert [one["copy"]["note"] for one in director.get("/copies?unread=true").json["items"]] == ["供参阅"]
    read = director.post(f"/copies/{to[town.persons['director']]}/reading")
    assert read.status_code == 200
    assert read.json["copies"][0]["read_at"] is not None
    assert director.get("/copies?unread=true").json["items"] == []
    assert director.post(f"/copies/{to[town.persons['director']]}/reading").json["receipt"] is None
    assert director.post(f"/copies/{to[town.persons['mayor']]}/reading").status_code == 404  # not hers
    late = secretary.post(f"/copies/{to[town.persons['director']]}/withdrawal", {"reason": "误发"})
    assert late.status_code == 409
    back = secretary.post(f"/copies/{to[town.persons['mayor']]}/withdrawal", {"reason": "误发"})
    assert back.status_code == 200
    assert sign_in("mayor").get("/copies").json["items"] == []


def test_urging_is_on_record_once_a_day_and_reaches_the_holder(
    sign_in: SignIn, secretary: Caller, task: str, clock: MovableClock
):
    mayor = sign_in("mayor")
    urged = mayor.post(f"/tasks/{task}/urgings", {"note": "请本周内报送"})
    assert urged.status_code == 201, urged.text
    assert mayor.post(f"/tasks/{task}/urgings", {"note": "再催"}).status_code == 409
    assert [one["urging"]["note"] for one in secretary.get("/urgings").json["items"]] == ["请本周内报送"]
    assert sign_in("officer").post(f"/tasks/{task}/urgings", {"note": "催"}).status_code == 403
    clock.move_to(
        clock.now() + timedelta(hours=16)
    )  # the next day begins at midnight in Shanghai; tokens hold 12 h
    assert again(sign_in, "mayor").post(f"/tasks/{task}/urgings", {"note": "再催"}).status_code == 201


def test_the_agreed_day_rests_and_moves_and_no_period_of_law_does(
    sign_in: SignIn, task: str, clock: MovableClock
):
    """Five working days from 24 February 2026 (Saturday the 28th is one); two rest; the day moves by two."""
    director = sign_in("director")
    assert director.get(f"/tasks/{task}").json["task"]["due_on"] == "2026-03-02"
    assert director.post(f"/tasks/{task}/resumption").status_code == 409  # negative control: it does not rest
    assert director.post(f"/tasks/{task}/pause", {"reason": "等待区财政局答复"}).status_code == 200
    assert director.post(f"/tasks/{task}/pause", {"reason": "再"}).status_code == 409
    assert sign_in("officer").post(f"/tasks/{task}/pause", {"reason": "拖"}).status_code == 403
    clock.move_to(clock.now() + timedelta(days=2))
    resumed = again(sign_in, "director").post(f"/tasks/{task}/resumption")
    assert resumed.status_code == 200, resumed.text
    assert resumed.json["task"]["due_on"] == "2026-03-04"
    past = put(sign_in("director"), f"/tasks/{task}/deadline", {"due_on": "2026-02-01", "reason": "倒签"})
    assert past.status_code == 422
    agreed = put(
        sign_in("director"), f"/tasks/{task}/deadline", {"due_on": "2026-03-20", "reason": "事项复杂"}
    )
    assert agreed.json["task"]["due_on"] == "2026-03-20"


def again(sign_in: SignIn, login: str) -> Caller:
    """Return somebody signed in anew, after the clock was moved."""
    caller = sign_in(login)
    entered = Caller(caller.client).post("/session", {"login": login, "password": PASSWORD})
    assert entered.status_code == 200, entered.text
    caller.token = entered.json["token"]
    return caller


# -- each word with each other ---------------------------------------------------------------------------


class Desk:
    """A case whose first step the secretary holds, and a colleague of the same role; every word can be tried."""

    def __init__(self, sign_in: SignIn, town: Town, case_id: str, task: str) -> None:
        self.sign_in, self.town, self.case_id, self.task = sign_in, town, case_id, task
        self.secretary = sign_in("secretary")
        self.asked: list[str] = []
        self.copied: list[str] = []

    def countersign(self) -> int:
        answer = ask(self.secretary, self.task, self.town.persons["director"])
        self.asked += [one["id"] for one in answer.json.get("countersigns", [])]
        return answer.status_code

    def copy(self) -> int:
        said = {"persons": [self.town.persons["mayor"]], "note": "供参阅"}
        answer = self.secretary.post(f"/cases/{self.case_id}/copies", said)
        self.copied += [one["id"] for one in answer.json["copies"]]
        return answer.status_code

    def give_back(self) -> int:
        self.secretary.post(f"/tasks/{self.task}/claim", {})
        return self.secretary.post(f"/tasks/{self.task}/return", {"reason": "外出"}).status_code

    def urge(self) -> int:
        return self.sign_in("mayor").post(f"/tasks/{self.task}/urgings", {"note": "请抓紧"}).status_code

    def pause(self) -> int:
        return self.sign_in("director").post(f"/tasks/{self.task}/pause", {"reason": "等复函"}).status_code

    def withdraw(self) -> int:
        """Take back whatever waits: questions and copies."""
        statuses = [
            self.secretary.post(f"/countersigns/{one}/withdrawal", {"reason": "撤回"}).status_code
            for one in self.asked
        ] + [
            self.secretary.post(f"/copies/{one}/withdrawal", {"reason": "撤回"}).status_code
            for one in self.copied
        ]
        self.asked, self.copied = [], []
        return max(statuses, default=200)


WORDS: dict[str, Callable[[Desk], int]] = {
    "加签": Desk.countersign,
    "抄送": Desk.copy,
    "退签": Desk.give_back,
    "催办": Desk.urge,
    "暂停计时": Desk.pause,
    "撤回": Desk.withdraw,
}


@pytest.mark.parametrize(("first", "second"), list(permutations(WORDS, 2)))
def test_no_word_loses_a_step_a_question_or_a_copy(
    sign_in: SignIn, town: Town, case_id: str, task: str, first: str, second: str
):
    """After any two words the step still waits, once, and what was asked and not taken back still waits, too."""
    desk = Desk(sign_in, town, case_id, task)
    sign_in("secretary").post(f"/tasks/{task}/claim", {})
    for word in (first, second):
        assert WORDS[word](desk) < 300, word
    tasks = sign_in("secretary").get(f"/cases/{case_id}/tasks").json["items"]
    assert [(one["task"]["id"] if "task" in one else one["id"]) for one in tasks] == [task]
    assert _status(tasks[0]) == "OPEN"
    waiting = sign_in("director").get("/countersigns").json["items"]
    assert [one["countersign"]["id"] for one in waiting] == desk.asked
    copies = sign_in("mayor").get("/copies").json["items"]
    assert [one["copy"]["id"] for one in copies] == desk.copied
    sign_in("secretary").post(f"/tasks/{task}/claim", {})
    done = sign_in("secretary").post(f"/tasks/{task}/completion", {"answers": PROPOSAL})
    assert done.status_code == (409 if desk.asked else 200), done.text
    if desk.asked:  # nothing was lost: answered, the step can be done
        sign_in("director").post(f"/countersigns/{desk.asked[0]}/opinion", VIEW)
        assert (
            sign_in("secretary").post(f"/tasks/{task}/completion", {"answers": PROPOSAL}).status_code == 200
        )


def _status(item: dict[str, Any]) -> str:
    return str(item["task"]["status"] if "task" in item else item["status"])


def test_what_was_passed_on_is_taken_back_until_it_is_taken_up(stage: Stage):
    """转办 x 撤回: before the receiver signs for it, yes; afterwards, and after completion, no."""
    S1.play(stage, until="study_proposal")
    task = stage.waiting("officer", "study_proposal")[0]["id"]
    stage.say("officer", f"/tasks/{task}/claim", {})
    onward = {"to": stage.person("farming"), "reason": "对口办理"}
    stage.say("officer", f"/tasks/{task}/transfer", onward)
    back = stage.say("officer", f"/tasks/{task}/transfer/withdrawal", {"reason": "仍由本人办理"})
    assert back["task"]["assignee_id"] is None
    stage.say("officer", f"/tasks/{task}/claim", {})
    stage.say("officer", f"/tasks/{task}/transfer", onward)
    stage.say("farming", f"/tasks/{task}/claim", {})
    with pytest.raises(Exception, match="不能撤回") as refused:
        stage.say("officer", f"/tasks/{task}/transfer/withdrawal", {"reason": "反悔"})
    assert refused.value.status == 409
