"""Is the service alive, is it ready, how much waits: for those who watch it. No personal data."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Response
from marshmallow import Schema, fields
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from decision_engine import migrations
from decision_engine.access import PUBLIC
from decision_engine.api import identity
from decision_engine.api.metrics import Traffic, traffic
from decision_engine.api.room import Room, json_response
from decision_engine.api.speech import say
from decision_engine.clock import SystemClock
from decision_engine.commands.sequencing import LATE
from decision_engine.db import Moment
from decision_engine.errors import Unavailable
from decision_engine.language import Text
from decision_engine.queries import incidents, proofs
from decision_engine.work import House, reading

__all__ = ["Traffic", "room", "traffic"]

log = logging.getLogger(__name__)
room = Room("health", "运行状况", "Health")

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
NOT_READY = 503
SKEW = 60
"""Seconds by which the clocks of service and database may differ."""
ROOM_LEFT = 100 * 1024 * 1024
"""Bytes that must be free where papers are kept."""
NOTARY_STATUS = "status.json"
NOT_TOLD = {"log_checkpoint_size": 0, "log_unwitnessed_seconds": 0, "log_refused": 0}

HELP = {
    "tasks_open": "Tasks that wait for a person.",
    "cases_running": "Cases on their way.",
    "jobs_pending": "Timers and other jobs that wait.",
    "jobs_late": "Jobs past their due moment.",
    "jobs_failed": "Jobs given up after repeated failure.",
    "incidents_open": "Incidents nobody has resolved.",
    "log_leaves": "Events in the tree.",
    "log_pending": "Events that wait to enter the tree.",
    "log_pending_oldest_seconds": "Age of the event that waits longest to enter the tree.",
    "log_stuck": "1 when an event waits so long that the sequencer must be stuck.",
    "log_checkpoint_size": "Leaves under the newest signed checkpoint (0: none known here).",
    "log_unwitnessed_seconds": "How long the quorum of witnesses has not been met (0: it is).",
    "log_refused": "1 when the notary refuses to sign the log as it is.",
    "clock_skew_seconds": "By how much the clock of this service is ahead of the database's.",
}

REASONS = {
    "unreachable": Text("数据库无法连接。", "The database cannot be reached."),
    "read-only": Text("数据库只读，不能办理。", "The database is read-only: nothing can be done."),
    "behind": Text("数据库结构不是最新，请执行 db upgrade。", "The database is not at the newest migration."),
    "unwritable": Text("文件目录不可写。", "The folder of documents cannot be written."),
    "full": Text("文件目录所在磁盘空间不足。", "Too little room is left for documents."),
    "stuck": Text(
        "日志定序停滞，重要事项的回执将不含位置。", "The sequencer is stuck: events do not enter the tree."
    ),
    "missed": Text(
        "日志检查点未获外部见证人确认。", "No quorum of witnesses confirms the log's checkpoints."
    ),
    "wrong": Text(
        "本机时钟与数据库时钟不一致，定时事项暂停处理。", "Clock and database disagree: timers rest."
    ),
}


class HealthOut(Schema):
    """How the service is; *reasons* say what is wrong, if anything is."""

    status = fields.String()
    database = fields.String()
    migrations = fields.String()
    documents = fields.String()
    log = fields.String()
    clock = fields.String()
    witnesses = fields.String()
    reasons = fields.List(fields.String())


@room.open_("GET", "/healthz", "存活检查", "Is it alive", answer=HealthOut)
def alive() -> dict[str, str]:
    """Answer as long as the process can."""
    return {"status": "ok"}


@room.open_("GET", "/readyz", "就绪检查", "Is it ready", answer=HealthOut)
def ready() -> Response:
    """Answer 200 when people can work, else 503; *reasons* say why not, and what else needs looking after.

    Not ready: database unreachable, read-only or behind; nowhere to keep papers. Ready all the same, but to be looked
    after (*status* `degraded`): a stuck sequencer, a clock that differs from the database's, witnesses who do not
    confirm the log (`elsewhere`: what the notary says of that cannot be read from here).
    """
    house = identity.house()
    found = {"database": _database(house), "documents": _documents(house), "migrations": "unknown"}
    if found["database"] != "unreachable":
        found["migrations"] = _asked(lambda: "ok" if migrations.at_head(house.engine) else "behind")
    needed = set(found.values())
    ready_to_work = needed == {"ok"}
    found |= {"log": "unknown", "clock": "unknown", "witnesses": _witnesses(house)}
    if ready_to_work:
        found["log"] = _asked(lambda: _log(house))
        found["clock"] = _asked(lambda: "wrong" if abs(_skew(house)) > SKEW else "ok")
    whole = set(found.values()) <= {"ok", "elsewhere"}
    told = {"status": "ok" if whole else "degraded" if ready_to_work else "unavailable", **found}
    reasons = [say(REASONS[one]) for one in found.values() if one in REASONS]
    return json_response(told | {"reasons": reasons}, 200 if ready_to_work else NOT_READY)


def _asked(question: Callable[[], str]) -> str:
    try:
        return question()
    except (SQLAlchemyError, Unavailable):
        return "unknown"


def _database(house: House) -> str:
    try:
        with house.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # A standby, or a primary that was told to rest, answers questions and refuses every act.
                answer = connection.execute(text("SHOW transaction_read_only")).scalar_one()
                return "read-only" if answer == "on" else "ok"
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "unreachable"
    return "ok"


def _documents(house: House) -> str:
    folder = house.settings.data_dir
    if not os.access(folder, os.W_OK):
        return "unwritable"
    return "ok" if shutil.disk_usage(folder).free >= ROOM_LEFT else "full"


def _log(house: House) -> str:
    with house.reading() as session:
        oldest = proofs.pending(session).oldest
    if oldest is None or (house.clock.now() - oldest).total_seconds() <= LATE:
        return "ok"
    return "stuck"


def _witnesses(house: House) -> str:
    told = _notary(house, house.clock.now())
    if told is None:
        return "elsewhere"
    return "missed" if told["log_unwitnessed_seconds"] > LATE else "ok"


def _skew(house: House) -> float:
    """Return by how many seconds the service is ahead of the database; a clock moved by hand is not compared."""
    if not isinstance(house.clock, SystemClock):
        return 0.0
    with house.reading() as session:
        there = session.execute(select(func.current_timestamp(type_=Moment()))).scalar_one()
    skew: float = (house.clock.now() - there).total_seconds()
    return skew


@room.open_("GET", "/metrics", "监控指标", "Metrics", media_type="text/plain")
def metrics() -> Response:
    """Return counters and gauges in Prometheus' text format."""
    house = identity.house()
    with reading(house, as_actor=PUBLIC) as work:
        waiting: dict[str, float] = dict(incidents.how_much_waits(work.session, work.now))
        queue, head = proofs.pending(work.session), proofs.head(work.session)
        age = (work.now - queue.oldest).total_seconds() if queue.oldest is not None else 0.0
        now = work.now
    waiting |= {
        "log_leaves": head.size, "log_pending": queue.count, "log_pending_oldest_seconds": max(age, 0.0),
        "log_stuck": age > LATE, "clock_skew_seconds": _skew(house), **(_notary(house, now) or NOT_TOLD),
    }  # fmt: skip
    return Response(traffic().text(waiting, HELP), content_type=PROMETHEUS)


def _notary(house: House, now: datetime) -> dict[str, float] | None:
    """Return what the notary last wrote of itself; None where its directory cannot be read from here."""
    try:
        said: dict[str, Any] = json.loads((house.settings.notary_path / NOTARY_STATUS).read_bytes())
        since = said["unwitnessed_since"]
        seconds = (now - datetime.fromtimestamp(since, UTC)).total_seconds() if since is not None else 0.0
        size = int(said["size"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return {
        "log_checkpoint_size": size,
        "log_unwitnessed_seconds": max(seconds, 0.0),
        "log_refused": said.get("refusing") is not None,
    }
