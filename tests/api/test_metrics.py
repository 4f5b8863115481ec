"""What is measured of the door, what says that it is not ready and why; labels are few, and name nobody."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from decision_engine import forms, rules
from decision_engine.api import health
from decision_engine.app import create_app
from decision_engine.clock import MovableClock, SystemClock
from decision_engine.commands.sequencing import LATE, sequence
from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn
from tests.conftest import cheap_settings

Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def measured(stranger: Caller) -> Values:
    answer = stranger.client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def gauge(stranger: Caller, name: str) -> float:
    return measured(stranger)[f"decision_engine_{name}", ()]


def test_the_time_of_each_step_is_measured_by_its_name(stage: Stage, stranger: Caller) -> None:
    S1.play(stage, until="decide_initiation")
    found = measured(stranger)
    for step in ("register_proposal", "study_proposal"):
        assert found["decision_engine_step_seconds_count", (("step", step),)] == 1
        assert found["decision_engine_step_seconds_sum", (("step", step),)] > 0
    route = (("route", "/api/v1/tasks/<id:task_id>/completion"),)
    assert found["decision_engine_request_seconds_count", route] == 2


def test_refusals_are_counted_by_rule(stage: Stage, stranger: Caller) -> None:
    S1.play(stage, until="study_proposal")
    stage.token("auditor")
    task = stage.waiting("officer", "study_proposal")[0]["id"]
    answer = stranger.client.post(
        f"/api/v1/tasks/{task}/completion", json={"answers": {}},
        headers={"Authorization": f"Bearer {stage.token('auditor')}"},
    )  # fmt: skip
    assert answer.status_code == 403
    assert measured(stranger)["decision_engine_refusals_total", (("rule", "R-ACC-07"),)] == 1


def test_labels_are_few_whatever_is_asked_for(stage: Stage, stranger: Caller, app: Flask) -> None:
    S1.play(stage, until="study_proposal")
    for number in range(20):
        stranger.client.get(f"/api/v1/cases/{number:032x}")
        stranger.client.get(f"/nowhere/{number}")
        stranger.client.open("/api/v1/tasks", method="PURGE")
    rules_known = {one.id for one in rules.declared()} | {"other"}
    routes = {rule.rule for rule in app.url_map.iter_rules()} | {"-"}
    allowed = {"route": routes, "step": {*forms.steps(), "other"}, "rule": rules_known}
    seen: set[str] = set()
    for _, labels in measured(stranger):
        for label, value in labels:
            assert label in {"status", "le"} or value in allowed[label], (label, value)
            seen.add(label)
    assert {"route", "status", "step"} <= seen


def test_what_waits_for_the_tree_is_measured_and_a_stuck_sequencer_is_told(
    stage: Stage, stranger: Caller, house: House, clock: MovableClock
) -> None:
    S1.play(stage, until="study_proposal")
    waiting = gauge(stranger, "log_pending")
    assert waiting > 0
    assert gauge(stranger, "log_stuck") == 0
    clock.move_to(clock.now() + timedelta(seconds=LATE + 5))
    assert gauge(stranger, "log_stuck") == 1
    assert gauge(stranger, "log_pending_oldest_seconds") > LATE
    answer = stranger.client.get("/readyz", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json["status"], answer.json["log"]) == (200, "degraded", "stuck")
    assert answer.json["reasons"] == ["The sequencer is stuck: events do not enter the tree."]
    sequence(house)
    assert gauge(stranger, "log_pending") == 0
    assert gauge(stranger, "log_leaves") >= waiting
    assert stranger.client.get("/readyz").json["status"] == "ok"


def test_how_the_notary_stands_is_read_from_what_it_wrote(
    stranger: Caller, house: House, clock: MovableClock
) -> None:
    assert gauge(stranger, "log_checkpoint_size") == 0
    house.settings.notary_path.mkdir(parents=True)
    since = int((clock.now() - timedelta(minutes=5)).timestamp())
    said = {"size": 7, "signed_at": since, "unwitnessed_since": since, "refusing": "shrunk"}
    (house.settings.notary_path / health.NOTARY_STATUS).write_text(json.dumps(said))
    assert gauge(stranger, "log_checkpoint_size") == 7
    assert 295 < gauge(stranger, "log_unwitnessed_seconds") < 305
    assert gauge(stranger, "log_refused") == 1
    (house.settings.notary_path / health.NOTARY_STATUS).write_text("{")
    assert gauge(stranger, "log_checkpoint_size") == 0


def test_it_says_that_papers_cannot_be_kept(
    stranger: Caller, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "ROOM_LEFT", 1 << 62)
    answer = stranger.client.get("/readyz")
    assert (answer.status_code, answer.json["documents"]) == (503, "full")
    assert answer.json["reasons"] == ["文件目录所在磁盘空间不足。"]


def test_a_clock_that_differs_from_the_databases_is_told(
    stranger: Caller, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.clock = SystemClock()
    assert abs(gauge(stranger, "clock_skew_seconds")) < health.SKEW
    right = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: right(self) + timedelta(days=3650))
    assert gauge(stranger, "clock_skew_seconds") > 3e8
    answer = stranger.client.get("/readyz")
    assert (answer.status_code, answer.json["clock"], answer.json["status"]) == (200, "wrong", "degraded")


def test_a_standby_is_not_ready(postgresql: str, clock: MovableClock, tmp_path: Path) -> None:
    """A database that answers questions and refuses every act."""
    from decision_engine.app import open_house
    from tests.faults.conftest import new_database

    url = new_database(postgresql)
    house = open_house(cheap_settings(tmp_path, database_url=url), clock)
    app = create_app(house=house)
    assert app.test_client().get("/readyz").status_code == 200
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        name = connection.engine.url.database
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    admin.dispose()
    house.engine.dispose()
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "read-only")
    house.engine.dispose()


def test_a_database_that_is_gone_is_told_and_the_caller_asked_to_come_again(
    sign_in: SignIn, house: House, tmp_path: Path
) -> None:
    caller = sign_in("secretary")
    house.engine.dispose()
    for path in tmp_path.glob("test.db*"):
        path.unlink()
    (tmp_path / "test.db").mkdir()
    for answer in (caller.get("/me"), caller.post("/cases", {"organ_id": "o", "title": "t"})):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.json["type"].endswith(":unavailable")
