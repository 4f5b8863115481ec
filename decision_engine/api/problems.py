"""Refusals as problem details (RFC 9457), in the asker's language.

`TABLE` is the only place of the house where a reason for saying no meets an HTTP status. Nothing that was sent
is ever echoed, nothing unexpected is explained to a stranger: it gets an incident number, and the log gets the
place where it happened without what it was about.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from decision_engine import errors, retrying
from decision_engine.api import metrics
from decision_engine.api.speech import language, moment, say
from decision_engine.db import new_id
from decision_engine.language import Text
from decision_engine.models import Incident
from decision_engine.work import House

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
URN = "urn:decision-engine:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a client sees of one reason for refusal."""

    status: int
    slug: str
    title: Text


TABLE: Mapping[type[errors.DecisionEngineError], Kind] = {
    errors.DecisionEngineError: Kind(500, "refused", Text("操作未完成", "Not completed")),
    errors.NotSignedIn: Kind(401, "not-signed-in", Text("未登录", "Not signed in")),
    errors.SignInFailed: Kind(401, "sign-in-failed", Text("登录失败", "Sign-in failed")),
    errors.TooManyAttempts: Kind(429, "too-many-attempts", Text("请求过于频繁", "Too many attempts")),
    errors.Forbidden: Kind(403, "forbidden", Text("无权办理", "Not entitled")),
    errors.NotFound: Kind(404, "not-found", Text("没有找到", "Not found")),
    errors.Malformed: Kind(400, "malformed", Text("请求无法识别", "Unreadable request")),
    errors.TooLarge: Kind(413, "too-large", Text("内容过大", "Too large")),
    errors.InvalidAnswers: Kind(422, "invalid-answers", Text("填写有误", "Fields to correct")),
    errors.Conflict: Kind(409, "conflict", Text("已被他人更新", "Somebody was faster")),
    errors.Overtaken: Kind(409, "overtaken", Text("已被他人抢先", "Overtaken")),
    errors.Unavailable: Kind(503, "unavailable", Text("暂时无法保存", "Not available at the moment")),
    errors.StorageFull: Kind(507, "storage-full", Text("存储空间已满", "Storage full")),
    errors.NotReady: Kind(409, "not-ready", Text("当前不可办理", "Does not wait to be done")),
    errors.KeyReused: Kind(422, "key-reused", Text("幂等键重复使用", "Idempotency key reused")),
    errors.Unlawful: Kind(422, "unlawful", Text("不符合法定程序", "Not lawful")),
    errors.Undeployable: Kind(422, "undeployable", Text("流程图不能部署", "Not deployable")),
    errors.EngineDisagrees: Kind(503, "engine-disagrees", Text("流程引擎不一致", "Engine disagreement")),
    errors.CorruptState: Kind(500, "corrupt-state", Text("案件状态损坏", "Damaged state")),
}
"""Error -> status. A subclass that is not listed is told as its nearest listed ancestor."""

PLAIN: Mapping[int, tuple[str, Text, Text]] = {
    400: ("malformed", TABLE[errors.Malformed].title, errors.Malformed.default),
    404: (
        "not-found",
        Text("没有这个地址", "No such address"),
        Text("没有这个地址。", "There is no such address."),
    ),
    405: (
        "method-not-allowed",
        Text("不支持的方法", "Method not allowed"),
        Text("该地址不支持此方法，可用方法见 Allow。", "This address does not take this method. See Allow."),
    ),
    413: ("too-large", TABLE[errors.TooLarge].title, errors.TooLarge.default),
    415: (
        "media-type",
        Text("内容类型不符", "Unsupported media type"),
        Text(
            "请以本接口说明的内容类型提交（多为 application/json）。",
            "Send the content type this address takes (mostly application/json).",
        ),
    ),
    422: ("invalid-answers", TABLE[errors.InvalidAnswers].title, errors.InvalidAnswers.default),
    429: ("too-many-attempts", TABLE[errors.TooManyAttempts].title, errors.TooManyAttempts.default),
}
UNEXPECTED = Kind(500, "unexpected", Text("系统内部错误", "Internal error"))


def register(app: Flask) -> None:
    """Let every refusal of *app* leave as a problem."""
    app.register_error_handler(errors.DecisionEngineError, refused)
    app.register_error_handler(HTTPException, http_refused)
    app.register_error_handler(Exception, unexpected)


def kind_of(error: errors.DecisionEngineError) -> Kind:
    """Return the kind of *error*, by its nearest class in the table."""
    return next(TABLE[cls] for cls in type(error).__mro__ if cls in TABLE)


def refused(error: errors.DecisionEngineError) -> Response:
    """Return *error* as a problem."""
    kind = kind_of(error)
    metrics.traffic().refused(error)
    response = problem(kind.status, kind.slug, kind.title, error.message, **_details(error))
    if kind.status == 401:  # noqa: PLR2004  the number is the meaning here
        response.headers["WWW-Authenticate"] = 'Bearer realm="decision-engine"'
    if isinstance(error, errors.TooManyAttempts | errors.Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def http_refused(error: HTTPException) -> Response:
    """Return an HTTP refusal of Flask or Werkzeug as a problem, with its own headers (Allow, Retry-After)."""
    status = error.code or 500
    title = Text(error.name, error.name)
    slug, title, detail = PLAIN.get(status, (f"http-{status}", title, title))
    response = problem(status, slug, title, detail)
    for name, value in error.get_headers(request.environ):
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def unexpected(error: Exception) -> Response:
    """Return an incident number for what nobody foresaw; keep where it happened, not what it was about.

    A full disk or a lost database, met outside of any act, is no incident: it is told as what it is.
    """
    known = retrying.understood(error)
    if known is not None:
        return refused(known)
    incident = new_id()
    where = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    log.error(
        "incident %s at %s: %s\n  %s", incident, request.endpoint, type(error).__name__, "\n  ".join(where)
    )
    _note(incident, type(error).__name__, where[-1] if where else "")
    detail = Text(
        f"系统出现意外，已记录为事件 {incident}，请联系管理员。",
        f"Something unexpected happened. It is noted as incident {incident}; tell an administrator.",
    )
    return problem(UNEXPECTED.status, UNEXPECTED.slug, UNEXPECTED.title, detail, incident=incident)


def problem(status: int, slug: str, title: Text, detail: Text, **more: Any) -> Response:
    """Return one problem document; *more* are its further members."""
    body = {
        "type": URN + slug, "title": say(title), "status": status, "detail": say(detail), "instance": request.path,
    } | {name: value for name, value in more.items() if value is not None}  # fmt: skip
    told = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    response = Response(told, status=status, content_type=MEDIA_TYPE)
    response.headers["Content-Language"] = language()
    return response


def _details(error: errors.DecisionEngineError) -> dict[str, Any]:
    match error:
        case errors.InvalidAnswers():
            return {"fields": {path: [say(one) for one in told] for path, told in error.fields.items()}}
        case errors.Conflict():
            return {"by": error.by, "at": moment(error.at) if error.at else None}
        case errors.Unlawful() | errors.Undeployable():
            return {"findings": [finding(one) for one in error.findings]}
        case errors.Forbidden():
            return {"rule": error.rule}
    return {}


def finding(one: Any) -> dict[str, Any]:
    """Return a finding of the rules, or of the prover, as a client reads it."""
    reason = getattr(one, "reason", None) or getattr(one, "message", None)
    title = getattr(one, "title", None)
    strength = getattr(one, "strength", None)
    told = {
        "rule": one.rule,
        "law": one.law,
        "article": one.article,
        "strength": strength.value if strength is not None else None,
        "title": say(title) if title is not None else None,
        "message": say(reason) if reason is not None else None,
        "evidence": list(getattr(one, "evidence", ())) or None,
        "kind": getattr(one, "kind", None),
        "element": getattr(one, "element", None),
        "path": list(getattr(one, "path", ())) or None,
        "line": getattr(one, "line", None),
        "file": getattr(one, "file", None),
    }
    return {name: value for name, value in told.items() if value is not None}


def _note(incident: str, kind: str, where: str) -> None:
    """Note the incident for administrators; if even that fails, the log line has to do."""
    house: House = current_app.extensions["house"]
    detail = {"error": kind, "route": request.endpoint or "", "where": where.rpartition("/")[2]}
    try:
        with house.writing() as session, session.begin():
            session.add(
                Incident(
                    id=incident, kind="door.unexpected", case_id=None, at=house.clock.now(), detail=detail
                )
            )
    except SQLAlchemyError as problem:
        # Without a traceback: it would tell the messages of both errors, and so what they were about.
        log.error("incident %s could not be noted in the database: %s", incident, type(problem).__name__)  # noqa: TRY400
