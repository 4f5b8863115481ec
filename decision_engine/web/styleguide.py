"""For developers: the style guide, with every part that pages are made of, and the description of the interface."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from decision_engine import forms
from decision_engine.language import Text
from decision_engine.web.saying import language

styleguide = Blueprint("styleguide", __name__, template_folder="templates")

ADDRESS = "/styleguide"
DOCUMENT = "/api/v1/openapi.json"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
"""Of the interface's page alone: the icons of Swagger's style sheet are data addresses."""


@styleguide.get(ADDRESS)
def show() -> str:
    """Show every part.

    `size=large` and `contrast=high` change the display, `errors=1` shows forms refused, `frame=site` the public frame.
    """
    size = "large" if request.args.get("size") == "large" else ""
    contrast = "high" if request.args.get("contrast") == "high" else ""
    wrong, site = bool(request.args.get("errors")), request.args.get("frame") == "site"
    return render_template(
        "styleguide.html",
        lang=language(),
        place="青山镇人民政府",
        me={"name": "李文婷", "post": "合法性审查员"},
        nav=None if site else _nav(),
        site={
            "name": "青山镇重大行政决策公众参与平台",
            "href": ADDRESS,
            "foot": ["主办：青山镇人民政府办公室"],
        }
        if site
        else None,
        display={
            "size": size,
            "contrast": contrast,
            "size_href": f"{ADDRESS}?size={'' if size else 'large'}&contrast={contrast}",
            "contrast_href": f"{ADDRESS}?size={size}&contrast={'' if contrast else 'high'}",
            "lang_href": f"/display?lang={'zh' if language() == 'en' else 'en'}&next={ADDRESS}",
        },
        page=_Page(3, 12, 231, 20),
        pages=lambda number: f"{ADDRESS}?page={number}",
        fields=_fields(),
        groups=_groups(),
        said=_SAID,
        option=_OPTION,
        errors=_ERRORS if wrong else {},
        options={"person": [("0" * 32, "王建国"), ("1" * 32, "李文婷")]},
    )


@styleguide.get("/api/docs")
def interface() -> Response:
    """Show the description of the JSON interface."""
    answer = make_response(render_template("apidocs.html", lang=language(), document=DOCUMENT))
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


class _Page:
    """A page of a list, as the pager wants it."""

    def __init__(self, number: int, pages: int, total: int, size: int) -> None:
        self.number, self.pages, self.total, self.size = number, pages, total, size


_ERRORS = {
    "outcome": (Text("请从所列选项中选择。", "Choose one of the listed values."),),
    "reasons": (Text("此项必填。", "This is required."),),
}


def _fields() -> list[dict[str, Any]]:
    """Return fields of real forms, one of every look."""
    start = {one["name"]: one for one in forms.describe("decide_initiation")["fields"]}
    return [start["outcome"], start["reasons"], start["decided_on"]]


_SAID = {
    "reasons": "群众反映集中，具备条件。",
    "experts": [{"person": "0" * 32}],
}

_MONTHS = ["11月", "12月", "1月", "2月", "3月", "4月"]
_OPTION = {
    "grid": {"left": 36, "right": 16, "top": 40, "bottom": 28},
    "legend": {"right": 0},
    "tooltip": {"trigger": "axis"},
    "xAxis": {"type": "category", "data": _MONTHS},
    "yAxis": {"type": "value", "minInterval": 1},
    "series": [
        {"type": "line", "name": "启动", "data": [6, 9, 4, 3, 11, 8]},
        {"type": "line", "name": "办结", "data": [4, 7, 5, 2, 6, 9]},
    ],
}


def _groups() -> list[dict[str, Any]]:
    """Return the fields of real forms that hold others: lists of groups, of choices, of single answers."""
    found: dict[str, dict[str, Any]] = {}
    for step in forms.steps():
        for one in forms.describe(step)["fields"]:
            look = f"{one['type']} of {one.get('of')}"
            if one["type"] in ("list", "group"):
                found.setdefault(look, one)
    return [found[look] for look in sorted(found)]


def _nav() -> dict[str, Any]:
    def item(icon: str, text: str, count: int | None = None, **more: bool) -> dict[str, Any]:
        return {"href": "#", "icon": icon, "text": text, "count": count, **more}

    return {
        "search": "/search",
        "inbox": "#",
        "unread": 3,
        "profile": "#",
        "groups": [
            {
                "title": "",
                "items": [
                    item("inbox", "我的待办", 6, hot=True),
                    item("gavel", "决策事项", current=True),
                    item("calendar-event", "会议"),
                    item("speakerphone", "公众参与"),
                ],
            },
            {
                "title": "监督",
                "items": [
                    item("chart-bar", "统计分析"),
                    item("shield-check", "审计追溯"),
                    item("archive", "档案"),
                ],
            },
            {"title": "配置", "items": [item("sitemap", "流程定义"), item("settings", "系统设置")]},
        ],
    }
