"""What surrounds every page: who is signed in, the menu, language and display, sentences shown once, the headers.

Guarantees: the content security policy allows nothing but this site's own files; no page is kept by caches; what is
chosen for the display lies with the person, and in a cookie of its own, which says nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from decision_engine import forms
from decision_engine.access import ACTS, WRITERS
from decision_engine.commands import browsers
from decision_engine.errors import NotSignedIn
from decision_engine.language import Text
from decision_engine.queries.stages import STAGES
from decision_engine.web import door
from decision_engine.web.door import Pages
from decision_engine.web.saying import moment, said
from decision_engine.web.words import Speech

page = Pages("display")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
DISPLAY = "display"
STAFF = WRITERS | {"auditor"}

MENU: tuple[tuple[str, tuple[tuple[str, str, str, frozenset[str]], ...]], ...] = (
    (
        "",
        (
            ("desk.worklist_page", "inbox", "我的待办", STAFF),
            ("matters.cases_page", "gavel", "决策事项", STAFF),
            ("sittings.meetings_page", "calendar-event", "会议", STAFF),
            ("consulting.consultations_page", "speakerphone", "公众参与", STAFF),
        ),
    ),
    (
        "监督",
        (
            ("supervision.overdue_page", "bell-ringing", "督办", ACTS["supervision.read"]),
            ("supervision.statistics_page", "chart-bar", "统计分析", ACTS["log.read"]),
            ("archives.dossiers_page", "archive", "案卷归档", ACTS["archive.read"]),
            ("auditing.audit_page", "shield-check", "审计追溯", ACTS["log.read"]),
        ),
    ),
    (
        "配置",
        (
            ("procedures.definitions_page", "sitemap", "流程定义", ACTS["definition.read"]),
            ("register.people_page", "users", "人员和岗位", ACTS["people.manage"]),
            (
                "almanac.calendar_page",
                "calendar",
                "工作日历",
                ACTS["calendar.propose"] | ACTS["calendar.approve"],
            ),
            ("lawbook.parameters_page", "settings", "规则和参数", ACTS["definition.read"]),
            ("troubles.incidents_page", "alert-triangle", "系统事件", ACTS["incident.read"]),
            ("styleguide.interface", "link", "接口文档", ACTS["people.manage"]),
        ),
    ),
)
"""Groups of the menu: (title, ((endpoint, icon, text, roles), …)). A page that is not there yet is not shown."""


ROLE_NAMES = {
    "secretary": Text("经办秘书", "secretary"),
    "lead_unit_officer": Text("承办单位经办人", "officer of the lead unit"),
    "lead_unit_head": Text("承办单位负责人", "head of the lead unit"),
    "consulted_unit": Text("被征求意见单位", "consulted unit"),
    "expert": Text("专家", "expert"),
    "risk_assessor": Text("风险评估人员", "risk assessor"),
    "legal_officer": Text("合法性审查人员", "legality reviewer"),
    "legal_adviser": Text("法律顾问", "legal adviser"),
    "market_regulator": Text("公平竞争审查人员", "competition reviewer"),
    "office_director": Text("办公室主任", "director of the office"),
    "meeting_member": Text("会议组成人员", "member of the meeting"),
    "principal": Text("主要负责人", "principal"),
    "recorder": Text("会议记录人", "recorder"),
    "party_office": Text("党委办公室", "party office"),
    "archivist": Text("档案人员", "archivist"),
    "executing_officer": Text("执行人员", "executing officer"),
    "inspector": Text("督查人员", "inspector"),
    "post_evaluator": Text("后评估人员", "evaluator"),
    "auditor": Text("审计人员", "auditor"),
    "administrator": Text("系统管理员", "administrator"),
}
"""Roles in the words of domain.md section 12."""


def dress(app: Flask) -> None:
    """Give *app*'s pages their language, their context and their headers."""
    Speech(app, default_locale="zh", default_timezone="Asia/Shanghai", locale_selector=lambda: _chosen()[0])
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.context_processor(_context)
    app.add_template_filter(paged)
    app.add_template_filter(role_name)
    app.add_template_filter(urged)
    app.add_template_filter(name_by_id)
    app.after_request(_guard)


@page.open_("GET", "/display")
def change() -> Any:
    """Change language, size or contrast, and go back to where one was; whoever is signed in keeps it everywhere."""
    language, size, contrast = _chosen()
    language = {"zh": "zh", "en": "en"}.get(request.args.get("lang", ""), language)
    size = {"large": "large", "normal": ""}.get(request.args.get("size", ""), size)
    contrast = {"high": "high", "normal": ""}.get(request.args.get("contrast", ""), contrast)
    answer = make_response(redirect(door.local(request.args.get("next")), 303))
    chosen = ".".join((language, size or "normal", contrast or "normal"))
    keep_shown(answer, chosen)
    given = request.cookies.get(door.COOKIE)
    if given and request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}:
        with suppress(NotSignedIn):  # a visitor's choice lies in the cookie alone
            browsers.keep_display(door.house(), given, chosen)
    return answer


def keep_shown(answer: Any, chosen: str) -> None:
    """Let this browser show pages as *chosen*: language, size, contrast, joined by dots."""
    answer.set_cookie(DISPLAY, chosen, max_age=365 * 24 * 3600, httponly=True, samesite="Lax", secure=True)


def _chosen() -> tuple[str, str, str]:
    language, _, rest = request.cookies.get(DISPLAY, "").partition(".")
    size, _, contrast = rest.partition(".")
    if language not in {"zh", "en"}:
        language = "zh"
    return language, "large" if size == "large" else "", "high" if contrast == "high" else ""


def key() -> Markup:
    """Return the hidden key of a form."""
    return Markup('<input type="hidden" name="_key" value="{}">').format(door.new_key())


def _context() -> dict[str, Any]:
    language, size, contrast = _chosen()
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    public = (request.endpoint or "").startswith("public.")

    def switch(**values: Any) -> str:
        return url_for("display.change", next=here, **values)

    return {
        "lang": language,
        "display": {
            "size": size,
            "contrast": contrast,
            "size_href": switch(size="normal" if size else "large"),
            "contrast_href": switch(contrast="normal" if contrast else "high"),
            "lang_href": switch(lang="zh" if language == "en" else "en"),
        },
        "csrf_token": door.csrf_token,
        "key": key,
        "me": None if public else _me(),
        "nav": None if public or "me" not in g else _nav(),
        "toasts": _said_once(),
        "pages_of": pages_of,
        "may": may,
        "procedure": procedure,
        "view_fields": view_fields,
    }


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a list as the pager wants it."""

    number: int
    pages: int
    total: int
    size: int


def paged(found: Any) -> Paging:
    """Return a page of a list for the pager."""
    return Paging(found.number, max(1, -(-found.total // found.size)), found.total, found.size)


def pages_of(endpoint: str, **values: Any) -> Callable[[int], str]:
    """Return what gives the address of a page of a list by its number."""
    return lambda number: url_for(endpoint, page=number, **{name: one for name, one in values.items() if one})


def role_name(role: str | None) -> str:
    """Return a role as officials call it."""
    return said(ROLE_NAMES.get(role or "", Text(role or "—", role or "—")))


def urged(urgings: Any) -> list[dict[str, Any]]:
    """Return reminders as a timeline."""
    return [
        {
            "state": "active", "title": f"{one.case.title} · {one.task.name}",
            "text": one.by + _("：") + one.urging.note,
            "at": moment(one.urging.at), "iso": one.urging.at.isoformat(),
            "href": url_for("steps.task_page", task_id=one.task.id),
        }
        for one in urgings
    ]  # fmt: skip


def name_by_id(things: Any, wanted: str | None) -> str:
    """Return the name of the thing whose id is *wanted*."""
    return next((one.name for one in things if one.id == wanted), "—")


def may(act: str) -> bool:
    """Tell whether some post of the person may do *act*, so that a page need not offer what is refused."""
    return "me" in g and any(one.roles & ACTS.get(act, frozenset()) for one in g.me.standings)


def procedure() -> list[dict[str, Any]]:
    """Return the stages of a decision as a list to read before one begins."""
    return [
        {"state": "running", "title": said(stage.name), "text": "",
         "law": said(stage.citation),
         "word": _("依法判断是否适用") if stage.excuse else _("必经")}
        for stage in STAGES
    ]  # fmt: skip


def view_fields() -> Any:
    """Return the fields of a countersigner's view."""
    return forms.describe("countersign_opinion")["fields"]


def _me() -> dict[str, str] | None:
    if "me" not in g:
        return None
    title = next((one.title for one in g.me.standings if one.on_behalf_of is None), "")
    return {"name": g.me.name, "post": title}


def _nav() -> dict[str, Any]:
    from flask import current_app  # noqa: PLC0415  a name that would hide what this module is about

    roles = frozenset().union(*(one.roles for one in g.me.standings)) if g.me.standings else frozenset()
    here = (request.endpoint or "").partition(".")[0]
    groups = []
    for title, entries in MENU:
        items = [
            {"href": url_for(endpoint), "icon": icon, "text": _(text), "current": endpoint.partition(".")[0] == here
             and (here != "supervision" or endpoint == request.endpoint), "count": None}
            for endpoint, icon, text, allowed in entries
            if endpoint in current_app.view_functions and roles & allowed
        ]  # fmt: skip
        if items:
            groups.append({"title": _(title) if title else "", "items": items})
    known = current_app.view_functions
    return {
        "groups": groups,
        "search": url_for("matters.search_page") if "matters.search_page" in known else None,
        "inbox": url_for("desk.inbox_page") if "desk.inbox_page" in known else None,
        "unread": g.unread() if "unread" in g else None,
        "profile": url_for("signing_in.me_page"),
        "logout": url_for("signing_in.logout"),
    }


def _said_once() -> list[str]:
    given = request.cookies.get("said")
    if not given:
        return []
    g.said_once = True
    try:
        return [str(escape(given.encode("ascii").decode("unicode_escape")))]
    except UnicodeError:
        return []


def _guard(response: Response) -> Response:
    if request.path.startswith("/api/") and response.mimetype != "text/html":
        return response
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    if g.get("said_once"):
        response.delete_cookie("said")
    if g.get("guest"):
        response.set_cookie(door.GUEST, g.guest, secure=True, httponly=True, samesite="Strict", path="/")
    return response
