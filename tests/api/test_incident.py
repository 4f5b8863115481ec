"""The engine goes wrong in one procedure: the step is refused, an administrator is told, the house goes on.

The fault is SpiffWorkflow's own parallel join, switched on: in the second round of a revise-and-review loop it
lets a case pass before every branch is done.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from decision_engine.demo import Town
from decision_engine.demo.s1.beginning import proposal
from decision_engine.models import Case, Incident, Job
from decision_engine.process import definition as building
from decision_engine.process import specs
from decision_engine.work import House
from decision_engine.worker import run_due
from tests.api.conftest import Caller, SignIn, put_in_force

DRAWING = Path(__file__).parents[1] / "process"
STEPS = ("draft", "b0", "b1", "review")


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch, house: House, town: Town) -> str:
    """A procedure of the town that the faulty engine runs: its process id."""
    monkeypatch.syspath_prepend(str(DRAWING))
    joins, drawing = importlib.import_module("test_joins"), importlib.import_module("bpmn")
    joins.switch_on_stock_joins(monkeypatch)
    drawn = joins.revision_loop("parallel", 2)
    drawn.id = "faulty_procedure"
    drawn.lane("secretary", *STEPS)
    put_in_force(house, {"faulty.bpmn": drawing.document(drawn)}, town.persons["admin1"])
    return "faulty_procedure"


def opened(caller: Caller, town: Town, process: str, title: str) -> str:
    said = {"organ_id": town.organ_id, "title": title, "process": process}
    answer = caller.post("/cases", said)
    assert answer.status_code == 201, answer.text
    found: str = answer.json["case"]["id"]
    return found


def do(caller: Caller, case: str, element: str, **answers: Any) -> Any:
    """Complete the task at *element* of *case*, whatever comes of it."""
    tasks = caller.get(f"/cases/{case}/tasks", status="OPEN").json["items"]
    task = next(one for one in tasks if element in (one["element"], one["step"]))
    return caller.post(f"/tasks/{task['id']}/completion", {"answers": answers})


def second_round(caller: Caller, case: str) -> None:
    for element, answers in (
        ("draft", {}),
        ("b0", {}),
        ("b1", {}),
        ("review", {"revise": True}),
        ("draft", {}),
    ):
        answer = do(caller, case, element, **answers)
        assert answer.status_code == 200, answer.text


def kept(caller: Caller, case: str) -> list[Any]:
    parts = [caller.get(f"/cases/{case}").json]
    parts += [caller.get(f"/cases/{case}/{part}").json for part in ("records", "tasks", "documents")]
    parts[0].pop("version")  # an act that is refused is recorded in the chain of the case
    return parts


def test_a_wrong_engine_is_refused_and_an_administrator_is_told(
    house: House, sign_in: SignIn, town: Town, loop: str, case_id: str
) -> None:
    secretary, admin = sign_in("secretary"), sign_in("admin1")
    case = opened(secretary, town, loop, "集市搬迁")
    second_round(secretary, case)
    before, log = kept(secretary, case), sign_in("auditor").get(f"/cases/{case}/events").json["items"]
    with house.reading() as session:
        state = session.get_one(Case, case).state

    answer = do(secretary, case, "b1")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"].endswith(":engine-disagrees")
    assert "review" in answer.json["detail"]
    assert "未执行" in answer.json["detail"]

    with house.reading() as session:
        assert session.get_one(Case, case).state == state
    assert kept(secretary, case) == before
    after = sign_in("auditor").get(f"/cases/{case}/events").json["items"]
    assert after[:-1] == log
    assert (after[-1]["kind"], after[-1]["body"]["refusal"]) == ("act.refused", "EngineDisagrees")
    assert after[-1]["body"]["tried"] == "task.complete"

    told = admin.get("/incidents", resolved="false").json
    assert told["total"] == 1
    incident = told["items"][0]
    assert (incident["kind"], incident["case_id"]) == ("engine.disagrees", case)
    assert "review" in incident["detail"]["message"]
    assert incident["detail"]["step"] == "b1"
    assert secretary.get("/incidents").status_code == 403

    assert replayed(sign_in("auditor"), case)["legal"] is True, "the log holds lawful steps only"


def replayed(caller: Caller, case: str) -> Any:
    return caller.get(f"/cases/{case}/findings").json["replay"]


def test_other_cases_go_on(sign_in: SignIn, town: Town, loop: str, case_id: str) -> None:
    secretary = sign_in("secretary")
    wrong, right = (opened(secretary, town, loop, title) for title in ("集市搬迁", "桥梁维修"))
    second_round(secretary, wrong)
    assert do(secretary, wrong, "b1").status_code == 503
    for element in ("draft", "b0", "b1"):
        assert do(secretary, right, element).status_code == 200, (
            "the same procedure, where the engine is right"
        )
    assert do(secretary, right, "review", revise=False).status_code == 200
    assert secretary.get(f"/cases/{right}").json["status"] == "ENDED"
    waiting = secretary.get(f"/cases/{case_id}/tasks", status="OPEN").json["items"]
    assert [one["step"] for one in waiting] == ["register_proposal"]
    assert do(secretary, case_id, "register_proposal", **proposal()).status_code == 200
    assert do(secretary, wrong, "b1").status_code == 503, "and again as long as the fault is there"


def test_a_timer_of_a_wrong_engine_is_refused_and_told_too(
    house: House, sign_in: SignIn, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DRAWING))
    drawing = importlib.import_module("bpmn")
    p = drawing.Process("timed")
    p.chain(p.start(), p.task("work", step="work"), p.end())
    p.boundary("late", "work", drawing.timer("PT1H"), step="late")
    p.chain("late", p.task("urge", step="urge"), p.end("urged"))
    p.lane("secretary", "work", "urge")
    put_in_force(house, {"timed.bpmn": drawing.document(p)}, town.persons["admin1"])
    secretary = sign_in("secretary")
    case = opened(secretary, town, "timed", "渡口整治")

    def never_withdrawn(self: Any, token: Any, _event: Any = None) -> None:
        token._ready()  # the activity it interrupts stays

    monkeypatch.setattr(specs.Boundary, "catch", never_withdrawn)
    with house.reading() as session:
        due = session.scalars(select(Job.due_at).where(Job.case_id == case)).one()
    house.clock.move_to(due)  # type: ignore[attr-defined]
    assert run_due(house, "worker") == 0
    waiting = secretary.get(f"/cases/{case}/tasks", status="OPEN").json["items"]
    assert [one["element"] for one in waiting] == ["work"]
    with house.reading() as session:
        incident = session.scalars(select(Incident).where(Incident.case_id == case)).one()
    assert incident.kind == "engine.disagrees"
    assert "work" in incident.detail["message"]


def test_without_the_fault_the_same_procedure_ends(
    monkeypatch: pytest.MonkeyPatch, house: House, sign_in: SignIn, town: Town
) -> None:
    monkeypatch.syspath_prepend(str(DRAWING))
    joins, drawing = importlib.import_module("test_joins"), importlib.import_module("bpmn")
    building._cache.clear()
    drawn = joins.revision_loop("parallel", 2)
    drawn.id = "right_procedure"
    drawn.lane("secretary", *STEPS)
    put_in_force(house, {"right.bpmn": drawing.document(drawn)}, town.persons["admin1"])
    secretary = sign_in("secretary")
    case = opened(secretary, town, "right_procedure", "集市搬迁")
    second_round(secretary, case)
    for element in ("b1", "b0"):
        assert do(secretary, case, element).status_code == 200
    assert do(secretary, case, "review", revise=False).status_code == 200
    assert secretary.get(f"/cases/{case}").json["status"] == "ENDED"
