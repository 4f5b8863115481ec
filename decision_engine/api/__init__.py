"""The JSON door: /api/v1 (contract.md, HTTP). Nothing but translation: parse, call a command or query, answer.

A resource is a file with its `room`; `room.py` is the way every request goes; `problems.py` the one table from
errors to statuses; `identity.OPEN` the short list of what answers without sign-in. Everything else is denied.
"""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.routing import BaseConverter

from decision_engine import __version__
from decision_engine.api import (
    audit,
    bodies,
    bundle,
    calendar,
    cases,
    catalogue,
    consultations,
    definitions,
    documents,
    handling,
    health,
    identity,
    incidents,
    meeting_room,
    meetings,
    metrics,
    minutes,
    objections,
    openapi,
    papers,
    people,
    problems,
    registers,
    session,
    tasks,
    throttle,
)
from decision_engine.work import House

PREFIX = "/api/v1"
ROOMS = (
    session.room, cases.room, tasks.room, documents.room, definitions.room, people.room, calendar.room,
    incidents.room, consultations.room, catalogue.room, registers.room, objections.room, handling.room, papers.room,
    audit.room, bundle.room,
    bodies.room, meetings.room, meeting_room.room, minutes.room,
)  # fmt: skip


class IdConverter(BaseConverter):
    """An id, hash or name in an address; anything else is an unknown address."""

    regex = "[0-9A-Za-z_-]{1,64}"


class FileNameConverter(BaseConverter):
    """The bare name of a file in an address."""

    regex = r"[^/\x00-\x1f\x7f]{1,200}"


def register(app: Flask) -> None:
    """Open the door on *app*; `app.extensions["house"]` is the house it leads into."""
    app.config.update(
        API_TITLE="decision_engine", API_VERSION="v1", OPENAPI_VERSION="3.0.3", OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json", PROPAGATE_EXCEPTIONS=False,
    )  # fmt: skip
    app.url_map.converters |= {"id": IdConverter, "file": FileNameConverter}
    app.extensions.setdefault("throttles", throttle.shipped())
    metrics.install(app)
    app.before_request(_limit_body)
    app.before_request(identity.refuse_strangers)
    app.after_request(_guard)
    app.teardown_request(_put_away)
    api = openapi.Document(app, spec_kwargs={"info": openapi.information(__version__)})
    for room in ROOMS:
        api.register_blueprint(room, url_prefix=PREFIX)
    api.register_blueprint(health.room)
    problems.register(app)
    app.extensions["kind_of"], app.extensions["unexpected"] = problems.kind_of, problems.unexpected


def ours() -> bool:
    """Tell whether the request is for this door, and not for a page."""
    return request.path.startswith(f"{PREFIX}/") or (request.endpoint or "").startswith("health.")


def _limit_body() -> None:
    house: House = identity.house()
    if request.mimetype != "multipart/form-data":
        request.max_content_length = house.settings.max_body


def _put_away(_error: BaseException | None) -> None:
    """Close what an upload left open."""
    request.close()


def _guard(response: Response) -> Response:
    """Say how answers are to be treated: not sniffed, not framed, not kept, differing by language."""
    metrics.traffic().count(request.url_rule.rule if request.url_rule else "-", response.status_code)
    if not ours():
        return response
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault(
        "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.add("Accept-Language")
    return response
