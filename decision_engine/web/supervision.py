"""督办 and statistics: what is late and whose it is, urged several at a time; and the year in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _

from decision_engine import access
from decision_engine.commands import handling as acts
from decision_engine.errors import Conflict, InvalidAnswers, NotReady
from decision_engine.forms.choices import HANDLING
from decision_engine.language import Text
from decision_engine.queries import heat, lateness, oversight
from decision_engine.queries.stages import STAGES
from decision_engine.web import drawing
from decision_engine.web.cases import whole
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.listing import table
from decision_engine.web.saying import language
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("supervision")

MOST = 50
NAMES = {stage.id: stage.name for stage in STAGES}
FIRST, LAST = 2019, 2199


@page.ask("/supervise")
def overdue_page(work: Work) -> Any:
    """Show open steps by their agreed day, the latest first, and whose they are; filters stand in the address."""
    access.stand_anywhere(work.actor, "supervision.read")
    asked = request.args
    view = asked.get("view") if asked.get("view") in lateness.VIEWS else None
    wanted = lateness.Wanted(view, asked.get("unit", "")[:64] or None, asked.get("holder", "")[:64] or None)
    return show(
        "supervise.html",
        all=lateness.overview(work, wanted, page=whole(asked.get("page"))),
        wanted=wanted,
        reports=_may_report(work),
    )


@page.act("/supervise/urgings")
def urge_many(work: Work, said: Said) -> Any:
    """Urge several steps at once, or report those that urging did not move; each is an act of its own in the log.

    Who was urged (or reported) already is left out and counted; any other refusal undoes all of it.
    """
    chosen = list(dict.fromkeys(said.getlist("tasks")))[:MOST]
    if not chosen:
        raise InvalidAnswers({"tasks": (Text("请先选择要督办的事项。", "Choose the steps first."),)})
    note, reports = said.get("note", "").strip()[:2000], said.get("way") == "report"
    done = 0
    for task_id in chosen:
        try:
            if reports:
                acts.report_late(work, task_id, note or _("该环节已超期，催办后仍未办结，请督办。"))
            else:
                acts.urge(work, task_id, note or _("请抓紧办理。"))
            done += 1
        except (Conflict, NotReady):
            continue
    left = len(chosen) - done
    told = (
        _("已报请领导督办 %(count)s 件，并已记入流转记录。", count=done)
        if reports
        else _("已催办 %(count)s 件，并已记入流转记录。", count=done)
    )
    if left and reports:
        told += _("另有 %(count)s 件已报请过，或者此前未催办，未再报请。", count=left)
    elif left:
        told += _("另有 %(count)s 件今天已催办或者已办结，未再催办。", count=left)
    return go("supervision.overdue_page", told)


def _may_report(work: Work) -> bool:
    """Tell whether there is anybody to report to: who leads the organ does not report to oneself."""
    roles = frozenset().union(*(one.roles for one in work.actor.standings))
    return bool(roles & access.ACTS["task.urge"]) and "principal" not in roles


@page.ask("/stats")
def statistics_page(work: Work) -> Any:
    """Show a year in figures, as charts and as tables that say the same."""
    access.stand_anywhere(work.actor, "log.read")
    year = _year(work)
    found = oversight.figures(work, year)
    return show(
        "statistics.html", found=found, year=year, years=range(work.today.year, FIRST - 1, -1),
        names={one: told(name) for one, name in NAMES.items()}, trend=_trend(found),
        handled=[(Text(*HANDLING[one]), found.handled.get(one, 0)) for one in HANDLING],
        **_heat(work, year),
    )  # fmt: skip


@page.ask("/stats/export")
def export(work: Work) -> Any:
    """Hand out the figures as a table for a spreadsheet."""
    access.stand_anywhere(work.actor, "log.read")
    found = oversight.figures(work, _year(work))
    rows: list[Sequence[object]] = [
        [_("月份"), _("启动"), _("办结")],
        *found.months,
        [],
        [_("阶段"), _("待办环节")],
        *([told(NAMES[stage]), number] for stage, number in found.stages),
        [],
        [_("意见处理"), _("要点数")],
        *([told(Text(*HANDLING[one])), found.handled.get(one, 0)] for one in HANDLING),
    ]
    return table(f"statistics-{found.year}.csv", rows)


def _heat(work: Work, year: int) -> dict[str, Any]:
    """Return the heat on the diagram, by steps waiting or days taken: each level a colour, a line and a number."""
    by = heat.DAYS if request.args.get("by") == heat.DAYS else heat.LOAD
    found = heat.heat(work, year, request.args.get("definition"), request.args.get("sheet"))
    if found is None:
        return {"heat": None}
    marks = {}
    for one in found.spots:
        level = one.days_level if by == heat.DAYS else one.load_level
        if level:
            badge = (
                _("%(days)s 天", days=one.days) if by == heat.DAYS else _("%(count)s 件", count=one.waiting)
            )
            marks[one.element] = drawing.Mark(drawing.HEAT[level - 1], badge)
    return {
        "heat": found,
        "by": by,
        "picture": drawing.draw(found.sheet, marks, title=found.sheet.name, language=language()),
    }


def _year(work: Work) -> int:
    asked = request.args.get("year", "")
    known = asked.isascii() and asked.isdigit() and FIRST <= int(asked[:4]) <= LAST
    return int(asked[:4]) if known else work.today.year


def _trend(found: oversight.Figures) -> dict[str, Any]:
    """Return what the chart draws: cases opened and ended, month by month."""
    return {
        "grid": {"left": 36, "right": 16, "top": 40, "bottom": 28},
        "legend": {"right": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "category",
            "data": [_("%(month)s月", month=month) for month, _a, _b in found.months],
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"type": "line", "name": _("启动"), "data": [opened for _m, opened, _e in found.months]},
            {"type": "line", "name": _("办结"), "data": [ended for _m, _o, ended in found.months]},
        ],
    }
