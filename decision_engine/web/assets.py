"""The bundled style sheets, scripts and icons: where they are, and the door that hands them out.

Guarantees: a page names an asset by its plain name and gets the address of exactly the built content; the address
changes with the content, so browsers may keep it for a year; nothing outside the built folder is handed out.

    dress(app)                          # in create_app
    {{ asset("app.css") }}              # in a template: "/static/app-7GH2KQ3A.css"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, send_from_directory, url_for

from decision_engine.web.saying import cited, day, moment, name_of, said

DIST = Path(__file__).parent / "static" / "dist"
A_YEAR = 365 * 24 * 3600

HINT = (
    "The pages' assets are not built. Run `pip install -e .` once, or with Node at hand: "
    "cd frontend && npm ci --ignore-scripts && node build.mjs"
)

static = Blueprint("static", __name__)


class NotBuilt(RuntimeError):
    """The folder of built assets is missing, or names no such asset."""


@cache
def manifest() -> Mapping[str, str]:
    """Return plain name -> hashed file name; raises `NotBuilt` where nothing was built."""
    try:
        return dict(json.loads((DIST / "manifest.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise NotBuilt(HINT) from None


def file_of(name: str) -> Path:
    """Return the built file of asset *name*; raises `NotBuilt`."""
    try:
        return DIST / manifest()[name]
    except KeyError:
        raise NotBuilt(f"There is no asset {name!r}. {HINT}") from None


def asset(name: str) -> str:
    """Return the address of asset *name*; raises `NotBuilt`."""
    return url_for("static.hand_out", name=file_of(name).name)


@static.get("/static/<path:name>")
def hand_out(name: str) -> Response:
    """Hand out one built file; 404 for anything else."""
    response = send_from_directory(DIST, name, max_age=A_YEAR)
    response.cache_control.public = True
    response.cache_control.immutable = True
    return response


def dress(app: Flask) -> None:
    """Give *app* the assets' door, and its templates `asset()` and the filters of `saying`.

    Raises `NotBuilt` before anybody sees a bare page.
    """
    manifest()
    app.register_blueprint(static)
    app.add_template_global(asset)
    for filter_ in (said, day, moment, name_of, cited):
        app.add_template_filter(filter_)
