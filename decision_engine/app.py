"""Puts the house together: settings, database, clock, doors."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from decision_engine import api, migrations, web
from decision_engine.clock import Clock, SystemClock
from decision_engine.config import Settings, read_settings
from decision_engine.db import demand_durable, open_engine
from decision_engine.work import House


def open_house(settings: Settings | None = None, clock: Clock | None = None) -> House:
    """Return the house of *settings* (default: the environment's), its database at the newest migration.

    Raises `NotDurable` when the database may lose what it acknowledges.
    """
    settings = settings or read_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database_url)
    demand_durable(engine)
    migrations.upgrade(engine)
    return House(settings, engine, clock or SystemClock())


def create_app(
    settings: Settings | None = None, clock: Clock | None = None, *, house: House | None = None
) -> Flask:
    """Return the WSGI application. *house* reuses one that is already open."""
    house = house or open_house(settings, clock)
    app = Flask("decision_engine", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = house.settings.max_document + 1024 * 1024
    app.extensions["house"] = house
    api.register(app)
    web.register(app)
    _refuse_in_kind(app)
    return app


def _refuse_in_kind(app: Flask) -> None:
    """Answer an address nobody knows as the door it was meant for answers: with a page, or with a problem."""
    as_problem = app.error_handler_spec[None][None][HTTPException]

    def refused(error: HTTPException) -> Any:
        if api.ours() or request.path.startswith("/api"):
            return as_problem(error)
        return web.refusals.http_refused(error)

    app.register_error_handler(HTTPException, refused)
