"""Refusals as pages: what is so, why (the rule and its article), and what to do next; in the reader's language."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, current_app, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from decision_engine import errors, retrying
from decision_engine.web import door
from decision_engine.web.saying import said


def register(page: Blueprint) -> None:
    """Let every refusal of *page* leave as a page."""
    page.register_error_handler(errors.DecisionEngineError, refused)
    page.register_error_handler(HTTPException, http_refused)
    page.register_error_handler(Exception, unexpected)


def refused(error: errors.DecisionEngineError) -> Any:
    """Return *error* as a page; who is not signed in is asked to."""
    if isinstance(error, errors.NotSignedIn):
        back = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(url_for("signing_in.login_page", next=back), 303)
    if isinstance(error, door.ConfirmFirst):
        return redirect(
            url_for("signing_in.confirm_page", next=request.referrer and door.local(_path(request.referrer))),
            303,
        )
    kind = current_app.extensions["kind_of"](error)
    wrong = [said(one) for sentences in getattr(error, "fields", {}).values() for one in sentences]
    words = " ".join((said(error.message), *wrong))
    return _drawn(kind.status, said(kind.title), words, findings=getattr(error, "findings", ()))


def http_refused(error: HTTPException) -> Any:
    """Return a refusal of Flask or Werkzeug as a page."""
    status = error.code or 500
    titles = {404: _("没有这个页面"), 405: _("不支持的操作"), 413: _("提交的内容过大")}
    words = {404: _("地址可能有误，或者该页面已移动。请从左侧菜单重新进入。")}
    return _drawn(status, titles.get(status, _("请求未完成")), words.get(status, _("请返回上一页重试。")))


def unexpected(error: Exception) -> Any:
    """Return a page with the number of the incident, noted as the JSON door notes it; a full disk is told as such."""
    known = retrying.understood(error)
    if known is not None:
        return refused(known)
    noted = current_app.extensions["unexpected"](error)
    told = json.loads(noted.get_data())
    return _drawn(500, _("系统内部错误"), told["detail"])


def _path(address: str) -> str:
    from urllib.parse import urlsplit  # noqa: PLC0415

    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _drawn(status: int, title: str, words: str, *, findings: Any = ()) -> Any:
    page = door.show("refused.html", status=status, title=title, words=words, findings=findings, said_of=said)
    return page, status
