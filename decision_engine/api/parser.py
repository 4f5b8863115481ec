"""Reading requests: what cannot be read exactly is refused before anybody acts on it.

A JSON body is UTF-8, at most `MOST_DEPTH` deep, names no member twice, holds no NaN, no NUL, no half of a
surrogate pair and no number too large to be exact. A query or an upload names nothing twice and nothing unknown.
A stranger is told to sign in before being told what is wrong with the request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import marshmallow as ma
from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from decision_engine.api import identity
from decision_engine.errors import DecisionEngineError, InvalidAnswers, Malformed
from decision_engine.forms.fields import MESSAGES
from decision_engine.language import Text

MOST_DEPTH = 32
MOST_ERRORS = 100
LARGEST_INTEGER = 2**53 - 1
_BROKEN = re.compile("[\x00\ud800-\udfff]")


class Parser(FlaskParser):  # type: ignore[type-arg,unused-ignore]
    """Webargs' parser with this house's strictness and words."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012  webargs' own attribute
        "json": ma.RAISE, "query": ma.RAISE, "upload": ma.RAISE, "deployment": ma.RAISE,
    }  # fmt: skip

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Return the body as JSON; an empty body is an empty object."""
        return first_identified(read_json, req)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Return the query, each name once."""
        return first_identified(_once, req.args.lists())

    def load_upload(self, req: Request, schema: ma.Schema) -> Any:
        """Return the form fields and files of a multipart body, each name once."""
        return first_identified(read_upload, req)

    def load_deployment(self, req: Request, schema: ma.Schema) -> Any:
        """Return the files of a deployment: uploaded, or as text in JSON."""
        return first_identified(read_deployment, req)

    def handle_error(self, error: ma.ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Refuse with every field that is wrong, in both languages."""
        identity.stranger_first()
        (messages,) = error.messages_dict.values()  # webargs puts the place (json, query) around them
        raise InvalidAnswers(by_path(messages)) from None


Parser.__location_map__ = {
    **FlaskParser.__location_map__, "upload": "load_upload", "deployment": "load_deployment",
}  # fmt: skip


def first_identified(read: Any, source: Any) -> Any:
    """Return *read(source)*; when it refuses, strangers are told to sign in instead."""
    try:
        return read(source)
    except (DecisionEngineError, UnsupportedMediaType):
        identity.stranger_first()
        raise


def read_json(req: Request) -> Any:
    """Return the JSON body of *req*. Raises `Malformed`, or 415 when it is no JSON."""
    raw = req.get_data()
    if not raw:
        return {}
    if not req.is_json:
        raise UnsupportedMediaType
    try:
        value = json.loads(
            raw.decode(), parse_constant=_refuse_constant, object_pairs_hook=_members, parse_int=_integer
        )
    except (ValueError, RecursionError):
        raise Malformed(Text("提交的内容不是有效的 JSON。", "The body is not valid JSON.")) from None
    check(value)
    return value


def read_upload(req: Request) -> dict[str, Any]:
    """Return the fields and files of a multipart body. Raises 415 for any other."""
    if req.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    said = _once((*req.form.lists(), *req.files.lists()))
    check({name: value for name, value in said.items() if not isinstance(value, FileStorage)})
    return said


def read_deployment(req: Request) -> Any:
    """Return `{"files": [{"name", "content"}]}` from a JSON body, or from the files of a multipart body."""
    if req.mimetype != "multipart/form-data":
        return read_json(req)
    files = [
        {"name": file.filename, "content": file.stream.read()} for _, file in req.files.items(multi=True)
    ]
    check([one["name"] for one in files])
    return {**_once(req.form.lists()), "files": files}


def check(value: Any) -> None:
    """Refuse *value* when it is too deep or holds what cannot be kept exactly. Raises `Malformed`."""
    pending = [(value, 0)]
    while pending:
        one, depth = pending.pop()
        if depth > MOST_DEPTH:
            raise Malformed(
                Text(f"内容嵌套超过{MOST_DEPTH}层。", f"The body is nested more than {MOST_DEPTH} deep.")
            )
        match one:
            case str() if _BROKEN.search(one):
                raise Malformed(Text("文字中含有无效字符。", "A text holds invalid characters."))
            case dict():
                pending.extend((part, depth + 1) for pair in one.items() for part in pair)
            case list():
                pending.extend((part, depth + 1) for part in one)


def by_path(messages: Any) -> dict[str, tuple[Text, ...]]:
    """Flatten marshmallow's tree of messages: `members.2.person_id` -> what is wrong with it."""
    told: dict[str, tuple[Text, ...]] = {}
    for path, message in _walk(messages, ""):
        if len(told) < MOST_ERRORS or path in told:
            told[path] = (*told.get(path, ()), message)
    return told


def _walk(messages: Any, path: str) -> Iterator[tuple[str, Text]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _walk(value, path if key == "_schema" else f"{path}.{_shown(key)}".lstrip("."))
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _walk(value, path)
    else:
        yield path, messages if isinstance(messages, Text) else MESSAGES["validator_failed"]


def _shown(key: Any) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(key)[:100])


def _once(pairs: Any) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, values in pairs:
        if len(values) != 1 or name in said:
            raise Malformed(Text("同一参数出现了不止一次。", "A parameter is given more than once."))
        said[name] = values[0]
    check({name: value for name, value in said.items() if isinstance(value, str)})
    return said


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is named twice")
    return members


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) < 20 else LARGEST_INTEGER + 1  # noqa: PLR2004  digits of 2^53 with a margin
    if abs(number) > LARGEST_INTEGER:
        raise ValueError("too large to be exact")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
