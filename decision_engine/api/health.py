"""Is the service alive, is it ready, how much waits: for those who watch it. No personal data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from flask import Response, current_app
from marshmallow import Schema, fields
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from decision_engine import migrations
from decision_engine.access import PUBLIC
from decision_engine.api import identity
from decision_engine.api.room import Room, json_response
from decision_engine.queries import incidents
from decision_engine.work import reading

room = Room("health", "运行状况", "Health")

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
NOT_READY = 503

HELP = {
    "tasks_open": "Tasks that wait for a person.",
    "cases_running": "Cases on their way.",
    "jobs_pending": "Timers and other jobs that wait.",
    "jobs_late": "Jobs past their due moment.",
    "jobs_failed": "Jobs given up after repeated failure.",
    "incidents_open": "Incidents nobody has resolved.",
}


@dataclass(slots=True)
class Traffic:
    """Requests answered by this process, by route and status."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def count(self, route: str, status: int) -> None:
        """Count one answer. *route* is the rule of the address, never an address with ids in it."""
        with self.lock:
            self.counts[route, status] += 1

    def lines(self) -> list[str]:
        """Return the counts as Prometheus reads them."""
        with self.lock:
            found = sorted(self.counts.items())
        return [
            f'decision_engine_requests_total{{route="{_quoted(route)}",status="{status}"}} {number}'
            for (route, status), number in found
        ]


class HealthOut(Schema):
    """How the service is."""

    status = fields.String()
    database = fields.String()
    migrations = fields.String()


def traffic() -> Traffic:
    """Return the counters of this application."""
    found: Traffic = current_app.extensions["traffic"]
    return found


@room.open_("GET", "/healthz", "存活检查", "Is it alive", answer=HealthOut)
def alive() -> dict[str, str]:
    """Answer as long as the process can."""
    return {"status": "ok"}


@room.open_("GET", "/readyz", "就绪检查", "Is it ready", answer=HealthOut)
def ready() -> Response:
    """Answer 200 when the database can be reached and stands at the newest migration, else 503."""
    found = {"status": "ok", "database": "ok", "migrations": "ok"}
    try:
        with identity.house().engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        if not migrations.at_head(identity.house().engine):
            found |= {"status": "unavailable", "migrations": "behind"}
    except SQLAlchemyError:
        found = {"status": "unavailable", "database": "unreachable", "migrations": "unknown"}
    return json_response(found, 200 if found["status"] == "ok" else NOT_READY)


@room.open_("GET", "/metrics", "监控指标", "Metrics", media_type="text/plain")
def metrics() -> Response:
    """Return counters and gauges in Prometheus' text format."""
    with reading(identity.house(), as_actor=PUBLIC) as work:
        waiting = incidents.how_much_waits(work.session, work.now)
    lines = [
        "# HELP decision_engine_requests_total Requests answered.",
        "# TYPE decision_engine_requests_total counter",
    ]
    lines += traffic().lines()
    for name, value in waiting.items():
        lines += [f"# HELP decision_engine_{name} {HELP[name]}", f"# TYPE decision_engine_{name} gauge"]
        lines.append(f"decision_engine_{name} {value}")
    return Response("\n".join(lines) + "\n", content_type=PROMETHEUS)


def _quoted(text_: str) -> str:
    return text_.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
