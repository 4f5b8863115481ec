"""A room of the door: the routes of one resource, each either asked, acted on, or open.

    @room.ask("/cases/<id:case_id>", "案件", "One case", answer=CaseOut)
    def show_case(work, case_id): ...

    @room.act("POST", "/tasks/<id:task_id>/claim", "签收", "Take up a task", takes=ClaimSaid, answer=TaskActOut)
    def claim(work, said, task_id): ...

Guarantees
* A function behind `ask` or `act` runs only with a `Work`, that is, for a person who was identified. Only `open_`
  runs without one, and only for endpoints listed in `identity.OPEN`.
* `act` runs in one transaction, keeps its answer under the request's Idempotency-Key in that same transaction,
  and gives the same answer again to the same request (proof.md 3.4). Only acts that were done are kept.
* `ask` changes nothing, unless *noted*: then the reading itself is written down (F33).
* Every route is in the OpenAPI document with both languages, its inputs, its answer and its refusals.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema
from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.datastructures import FileStorage

from decision_engine.access import PUBLIC, Actor
from decision_engine.api import identity
from decision_engine.api.fields import UNKNOWN
from decision_engine.api.parser import Parser
from decision_engine.api.speech import language
from decision_engine.crash import crash_point
from decision_engine.errors import InvalidAnswers, KeyReused, Malformed
from decision_engine.language import Text
from decision_engine.models import FinishedRequest
from decision_engine.retrying import persistently
from decision_engine.work import Work, reading, unit_of_work

View = TypeVar("View", bound=Callable[..., Any])
Afterwards = Callable[[dict[str, Any]], dict[str, Any]]
"""Completes the answer of an act that is committed already."""
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_PUBLIC_KEY, _PUBLIC_KEY_VARIETY = 32, 6
"""Strangers share one namespace, whatever their address is today: only a key nobody else hits on keeps one's comment
from being taken for another's. A random UUID has fewer than 6 different digits once in 10^12 times."""
_NO_CONTENT = 204
KEYED = "x-keyed"
"""In the description of an operation: whether it takes an Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route as it is documented: address, words, what it takes (location -> schema) and what it answers."""

    method: str
    path: str
    title: Text
    takes: Mapping[str, type[Schema] | None]
    answer: type[Schema] | None = None
    status: int = 200
    media_type: str | None = None
    keyed: bool = False


class Room(Blueprint):  # type: ignore[misc]
    """The routes of one resource."""

    ARGUMENTS_PARSER = Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {  # noqa: RUF012  flask-smorest's own attribute
        "json": "application/json", "upload": "multipart/form-data", "deployment": "application/json",
    }  # fmt: skip

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(name, __name__, description=f"{zh} / {en}")

    def ask(
        self,
        path: str,
        zh: str,
        en: str,
        *,
        answer: type[Schema] | None = None,
        query: type[Schema] | None = None,
        noted: bool = False,
        etag: Callable[[Any], object] | None = None,
        media_type: str | None = None,
    ) -> Callable[[View], View]:
        """Route a question. *etag* names the version of what is answered; *noted* writes the reading down."""
        route = Route("GET", path, Text(zh, en), {"query": query}, answer, media_type=media_type)

        def decorate(function: View) -> View:
            def view(*said: Any, **path_values: Any) -> Response:
                def look() -> Response:
                    with _looking(noted=noted) as work:
                        found = function(work, *said, **path_values)
                        return found if isinstance(found, Response) else _shown(found, answer, etag)

                return persistently(look)

            self._add(route, view, function)
            return function

        return decorate

    def act(
        self,
        method: str,
        path: str,
        zh: str,
        en: str,
        *,
        takes: type[Schema] | None = None,
        by: str = "json",
        query: type[Schema] | None = None,
        answer: type[Schema] | None = None,
        status: int = 200,
        secret: bool = False,
        afterwards: Afterwards | None = None,
    ) -> Callable[[View], View]:
        """Route an act; *by* is how it is said: `json`, `upload` or `deployment`.

        *afterwards* may complete the answer once the act is committed. Of a *secret* request nothing is kept under its
        Idempotency-Key: not even a hash, which would be a quick way to guess a password.
        """
        route = Route(
            method, path, Text(zh, en), {by: takes, "query": query}, answer, status, keyed=not secret
        )

        def decorate(function: View) -> View:
            def view(*said: Any, **path_values: Any) -> Response:
                return carry_out(
                    lambda work: function(work, *said, **path_values), answer, status, keyed=not secret,
                    afterwards=afterwards,
                )  # fmt: skip

            self._add(route, view, function)
            return function

        return decorate

    def open_(
        self,
        method: str,
        path: str,
        zh: str,
        en: str,
        *,
        takes: type[Schema] | None = None,
        query: type[Schema] | None = None,
        answer: type[Schema] | None = None,
        status: int = 200,
        media_type: str | None = None,
        keyed: bool = False,
    ) -> Callable[[View], View]:
        """Route something anybody may do; its endpoint must stand in `identity.OPEN`.

        *keyed*: it carries out an act that takes an Idempotency-Key.
        """
        route = Route(
            method, path, Text(zh, en), {"json": takes, "query": query}, answer, status, media_type, keyed
        )

        def decorate(function: View) -> View:
            if f"{self.name}.{function.__name__}" not in identity.OPEN:
                raise LookupError(f"{self.name}.{function.__name__} is not on the list of open endpoints")

            def view(*said: Any, **path_values: Any) -> Response:
                found = function(*said, **path_values)
                return found if isinstance(found, Response) else json_response(_dump(found, answer), status)

            self._add(route, view, function)
            return function

        return decorate

    def _add(self, route: Route, view: Callable[..., Response], function: Callable[..., Any]) -> None:
        """Read what *route* takes, describe it, and put *view* at its address under *function*'s name."""
        view.__name__, view.__doc__ = function.__name__, None
        made: Any = view
        for location, schema in reversed(list(route.takes.items())):
            if schema is not None:
                made = self.arguments(schema, location=location)(made)
        if route.takes["query"] is None:
            made = _without_query(made)
        summary = f"{route.title.zh} / {route.title.en}"
        described = {
            "summary": summary,
            "operationId": function.__name__,
            "description": " ".join((function.__doc__ or summary).split()),
            KEYED: route.keyed,
        }
        made = self.response(route.status, route.answer, content_type=route.media_type, description=summary)(
            made
        )
        self.add_url_rule(route.path, function.__name__, self.doc(**described)(made), methods=[route.method])


def carry_out(
    deed: Callable[[Work], Any],
    answer: type[Schema] | None,
    status: int,
    *,
    publicly: bool = False,
    keyed: bool = True,
    afterwards: Afterwards | None = None,
) -> Response:
    """Do *deed* in one transaction and answer; done before under the same key, give the same answer again.

    Overtaken by somebody else's transaction, it is tried again a few times. *publicly*: as a member of the public,
    whose key must be one nobody else uses. Not *keyed*: the Idempotency-Key is not looked at. *afterwards* completes
    the answer when the act is committed; what it adds is not kept under the key. Raises whatever the deed refuses with,
    and `KeyReused`.
    """
    key = _idempotency_key(publicly=publicly) if keyed else None
    token, actor = (None, PUBLIC) if publicly else (identity.bearer(), None)

    def attempt() -> Response:
        _rewind_uploads()
        return _carry_out_once(deed, answer, status, key, token, actor)

    response = persistently(attempt)
    if afterwards is not None:
        response.set_data(json.dumps(afterwards(json.loads(response.get_data())), ensure_ascii=False))
    return response


def _carry_out_once(
    deed: Callable[[Work], Any],
    answer: type[Schema] | None,
    status: int,
    key: str | None,
    token: str | None,
    actor: Actor | None,
) -> Response:
    house = identity.house()
    with unit_of_work(house, token, as_actor=actor) as work:
        if key and not _reserved(work, key):
            return _done_before(work, key)
        done = deed(work)
        crash_point("door.act_done")
        work.session.flush()  # versions as they will be
        body = "" if status == _NO_CONTENT else json.dumps(_dump(done, answer), ensure_ascii=False)
        if key:
            work.session.execute(
                update(FinishedRequest)
                .where(FinishedRequest.actor_id == work.actor.person_id, FinishedRequest.key == key)
                .values(status=status, body=body),
                execution_options={"synchronize_session": False},
            )
            crash_point("door.answer_kept")
    crash_point("door.unanswered")
    return _response(body, status)


def _reserved(work: Work, key: str) -> bool:
    """Put the request under its key before anything is done; return False when it is there already.

    Of two that come at once the second waits here until the first is done, and is then given its answer: looked for
    only, the key of an act under way would not be seen, and its repetition would be told that somebody was faster.
    """
    insert = postgresql.insert if work.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "actor_id": work.actor.person_id, "key": key, "request_hash": _fingerprint(), "status": 0, "body": "",
        "at": work.now,
    }  # fmt: skip
    done = work.session.execute(
        insert(FinishedRequest).values(**row).on_conflict_do_nothing().returning(FinishedRequest.key)
    )
    return done.scalar_one_or_none() is not None


def _done_before(work: Work, key: str) -> Response:
    earlier = work.session.get_one(FinishedRequest, (work.actor.person_id, key))
    if earlier.request_hash != _fingerprint():
        raise KeyReused
    return _response(earlier.body, earlier.status, {"Idempotency-Replayed": "true"})


def json_response(body: Any, status: int = 200) -> Response:
    """Return *body* as JSON."""
    return _response(json.dumps(body, ensure_ascii=False), status)


def _response(body: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=status, content_type="application/json" if body else None, headers=headers)


def _dump(found: Any, answer: type[Schema] | None) -> Any:
    return found if answer is None else answer().dump(found)


def _shown(found: Any, answer: type[Schema] | None, etag: Callable[[Any], object] | None) -> Response:
    response = json_response(_dump(found, answer))
    if etag is not None:
        response.set_etag(f"{etag(found)}-{language()}", weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request.environ)
    return response


@contextmanager
def _looking(*, noted: bool) -> Iterator[Work]:
    if noted:
        with unit_of_work(identity.house(), identity.bearer()) as work:
            yield work
        return
    with reading(identity.house(), identity.bearer()) as work:
        yield work


def _without_query(view: Callable[..., Response]) -> Callable[..., Response]:
    """Refuse query parameters where none are read: a misspelt filter must not look like an answer."""

    @wraps(view)
    def checked(*said: Any, **path_values: Any) -> Response:
        if request.args:
            identity.stranger_first()
            raise InvalidAnswers({name[:100]: (UNKNOWN,) for name in sorted(request.args)[:20]})
        return view(*said, **path_values)

    return checked


def _rewind_uploads() -> None:
    """Let every file of the request be read from its beginning, as often as the act is tried."""
    for file in request.files.values():
        file.stream.seek(0)


def _idempotency_key(*, publicly: bool) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        identity.stranger_first()
        raise Malformed(
            Text(
                "Idempotency-Key 须为 1 至 200 个可见 ASCII 字符。",
                "An Idempotency-Key is 1 to 200 printable ASCII characters.",
            )
        )
    if publicly and (len(key) < _PUBLIC_KEY or len(set(key)) < _PUBLIC_KEY_VARIETY):
        raise Malformed(
            Text(
                "未登录提交时，Idempotency-Key 须为至少 32 个字符的随机值（如 UUID）。",
                "Without sign-in an Idempotency-Key is a random value of at least 32 characters, such as a UUID.",
            )
        )
    return key


def _fingerprint() -> str:
    """Return a hash of what is asked: method, address, and the body without a multipart's chance boundaries."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n{request.mimetype}\n".encode())
    if request.mimetype == "multipart/form-data":
        for name, value in sorted(request.form.items(multi=True)):
            digest.update(json.dumps([name, value]).encode() + b"\n")
        for name, file in sorted(request.files.items(multi=True), key=lambda one: one[0]):
            digest.update(json.dumps([name, file.filename, _content_hash(file)]).encode() + b"\n")
    else:
        digest.update(request.get_data())
    return digest.hexdigest()


def _content_hash(file: FileStorage) -> str:
    file.stream.seek(0)
    found = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    file.stream.seek(0)
    return found
