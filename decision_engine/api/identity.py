"""Who is at the door: bearer tokens, and nobody else's business."""

from __future__ import annotations

import re

from flask import current_app, request

from decision_engine.errors import NotSignedIn
from decision_engine.work import House, reading

_BEARER = re.compile(r"[Bb]earer +(de_[A-Za-z0-9_-]{20,200})")

OPEN = frozenset(
    {
        "session.sign_in",
        "consultations.list_consultations",
        "consultations.show_consultation",
        "consultations.comment_on_consultation",
        "consultations.read_consultation_document",
        "health.alive",
        "health.ready",
        "health.metrics",
        "api-docs.openapi_json",
    }
)
"""The endpoints that answer without sign-in. Every other one refuses strangers."""


def house() -> House:
    """Return the house this door belongs to."""
    found: House = current_app.extensions["house"]
    return found


def bearer() -> str:
    """Return the token of the request. Raises `NotSignedIn` when there is none."""
    given = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if given is None:
        raise NotSignedIn
    return given[1]


PAGES = "pages"
"""In `app.extensions`: the endpoints of the page door, which has its own list of what is open."""


def refuse_strangers() -> None:
    """Let nobody without a token past the door, but to what is open. Whose token it is, the act finds out."""
    if request.endpoint is None or request.method == "OPTIONS" or request.endpoint in OPEN:
        return
    if request.endpoint in current_app.extensions.get(PAGES, ()):
        return
    bearer()


def stranger_first() -> None:
    """Before a request is told what is wrong with it: raise `NotSignedIn` if the token is nobody's."""
    if request.endpoint in OPEN:
        return
    with reading(house(), bearer()):
        pass
