"""Answers that are made only if they changed: what many devices poll costs one look at a version number.

    return unless_known(feed.version, lambda: view(...), MeetingOut)

A client that sends back the ETag it was given gets 304 before anything is read or put into words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from marshmallow import Schema
from werkzeug.http import quote_etag

from decision_engine.api.room import json_response
from decision_engine.api.speech import language


def unless_known(version: object, make: Callable[[], Any], answer: type[Schema]) -> Response:
    """Answer with what *make* returns, or 304 where the client holds *version* of it already.

    *version* must change whenever the answer would, for this person: language is added here.
    """
    tag = f"{version}-{language()}"
    if request.if_none_match.contains_weak(tag):
        return _marked(Response(status=304), tag)
    return _marked(json_response(answer().dump(make())), tag)


def _marked(response: Response, tag: str) -> Response:
    response.headers["ETag"] = quote_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
