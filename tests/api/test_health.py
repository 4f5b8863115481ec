"""Those who watch the service learn how it is, and nothing about anybody."""

from __future__ import annotations

import re

from sqlalchemy import text

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn


def get(stranger: Caller, path: str):  # type: ignore[no-untyped-def]
    return stranger.client.get(path)


def value(metrics: str, name: str) -> int:
    found = re.search(rf"^decision_engine_{name} (\d+)\.0$", metrics, re.MULTILINE)
    assert found is not None, metrics
    return int(found[1])


def test_it_is_alive_and_ready(stranger: Caller) -> None:
    assert get(stranger, "/healthz").json == {"status": "ok"}
    answer = get(stranger, "/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok", "database": "ok", "migrations": "ok", "documents": "ok", "log": "ok", "clock": "ok",
        "witnesses": "elsewhere", "reasons": [],
    }  # fmt: skip


def test_it_is_not_ready_when_the_database_is_behind(stranger: Caller, house: House) -> None:
    with house.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = get(stranger, "/readyz")
    assert (answer.status_code, answer.json["migrations"]) == (503, "behind")
    assert get(stranger, "/healthz").status_code == 200


def test_it_is_not_ready_without_a_database(stranger: Caller, house: House, tmp_path) -> None:  # type: ignore[no-untyped-def]
    house.engine.dispose()
    (tmp_path / "test.db").unlink()
    (tmp_path / "test.db").mkdir()
    answer = get(stranger, "/readyz")
    assert (answer.status_code, answer.json["database"]) == (503, "unreachable")


def test_metrics_count_what_waits(stage: Stage, stranger: Caller) -> None:
    S1.play(stage, until="comments_online")
    metrics = get(stranger, "/metrics").text
    assert value(metrics, "cases_running") == 1
    assert value(metrics, "tasks_open") >= 1
    assert (value(metrics, "jobs_pending"), value(metrics, "jobs_late")) == (1, 0)
    stage.move_clock_only("2026-04-09 09:00")
    assert value(get(stranger, "/metrics").text, "jobs_late") == 1


def test_metrics_count_requests_by_route_and_name_nobody(
    sign_in: SignIn, stranger: Caller, case_id: str
) -> None:
    for _ in range(3):
        sign_in("secretary").get(f"/cases/{case_id}")
    stranger.get(f"/cases/{case_id}")
    metrics = get(stranger, "/metrics").text
    route = 'route="/api/v1/cases/<id:case_id>"'
    assert f'decision_engine_requests_total{{{route},status="200"}} 3.0' in metrics
    assert f'decision_engine_requests_total{{{route},status="401"}} 1.0' in metrics
    assert case_id not in metrics
    assert "secretary" not in metrics
    assert all(re.fullmatch(r"# .*|[a-z_]+(\{[^}]*\})? [\d.e+-]+", line) for line in metrics.splitlines())
