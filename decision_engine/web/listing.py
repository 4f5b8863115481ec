"""The list of cases: its filters, the views kept of it, and the list as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from decision_engine import access
from decision_engine.commands import views as acts
from decision_engine.queries import listing, search
from decision_engine.queries.stages import STAGES
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.saying import day
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("listing")

SIZE = 20
FORMULA = "=+-@＝＋－＠"
"""Signs with which spreadsheets begin a formula (OWASP: CSV injection), their wide forms included."""
STATES = {"RUNNING": "办理中", "SUSPENDED": "中止执行", "ENDED": "已办结"}


def wanted_of(values: Any) -> listing.Wanted:
    """Return what an address or a form asks for; what is unknown asks for nothing."""
    status, stage = values.get("status"), values.get("stage")
    return listing.Wanted(
        q=values.get("q", "").strip()[:100] or None,
        status=status if status in listing.STATUSES else None,
        stage=stage if stage in {one.id for one in STAGES} else None,
        unit=values.get("unit", "")[:64] or None,
        late="1" if values.get("late") == "1" else None,
    )


def shown(work: Work, number: int) -> Any:
    """Return the page of the list: filters stand in the address."""
    wanted = wanted_of(request.args)
    found = listing.listed(work, wanted, page=number, size=SIZE)
    units = listing.units(work)
    return show(
        "cases.html",
        found=found,
        wanted=wanted,
        where=search.where_they_wait(work, found.items),
        stages=STAGES,
        units=units,
        unit_names={one.id: one.name for one in units},
        views=[
            (one, url_for("matters.cases_page", **one.filters), one.filters == wanted.set())
            for one in listing.views(work)
        ],
    )


@page.act("/cases/views")
def keep(work: Work, said: Said) -> Any:
    """Keep the filter that is shown under a name of one's own."""
    filters = wanted_of(said).set()
    kept = acts.keep_view(work, said.get("name", ""), filters)
    return go("matters.cases_page", _("已保存视图“%(name)s”。", name=kept.name), **filters)


@page.act("/cases/views/drop")
def drop(work: Work, said: Said) -> Any:
    """Drop a view of one's own."""
    acts.drop_view(work, said.get("name", "")[:200])
    return go("matters.cases_page", _("已删除视图。"))


@page.ask("/cases/export")
def export(work: Work) -> Any:
    """Hand out the list as filtered, whole, as a table for a spreadsheet."""
    access.stand_anywhere(work.actor, "case.read")
    wanted = wanted_of(request.args)
    found = listing.listed(work, wanted, size=listing.MOST)
    where = search.where_they_wait(work, found.items)
    names = {one.id: one.name for one in listing.units(work)}
    head = [_("案号"), _("事项"), _("所处阶段"), _("承办单位"), _("办理状态"), _("启动时间"), _("办结时间")]
    rows = [
        [
            one.label,
            one.title,
            told(where[one.id][0]) if one.id in where else "",
            names.get(one.lead_unit_id or "", ""),
            _(STATES.get(one.status, one.status)),
            day(one.created_at),
            day(one.ended_at),
        ]
        for one in found.items
    ]
    return table("cases.csv", [head, *rows])


def table(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """Return *rows* as CSV (RFC 4180) that spreadsheets open as UTF-8 and in which nothing is a formula."""
    made = io.StringIO()
    csv.writer(made).writerows([harmless(cell) for cell in row] for row in rows)
    return Response(
        "\ufeff" + made.getvalue(),  # the mark by which spreadsheets know UTF-8
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def harmless(cell: object) -> object:
    """Return *cell* so that no spreadsheet runs it: words that begin like a formula get an apostrophe before them."""
    if not isinstance(cell, str):
        return cell
    begins = cell.lstrip()[:1]
    return f"'{cell}" if begins and begins in FORMULA else cell
