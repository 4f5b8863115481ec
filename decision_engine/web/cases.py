"""Cases: the list, opening one, and the page of one with its tabs; and the search over everything one may see."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from decision_engine import forms, rules
from decision_engine.commands import handling as handling_acts
from decision_engine.models import Case
from decision_engine.queries import cases, desk, handling, people, progress, search, stages, tasks, trail
from decision_engine.web import diagrams, listing
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.saying import moment
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("matters")


@page.ask("/cases")
def cases_page(work: Work) -> Any:
    """Show the cases of one's organs, newest first; filters stand in the address."""
    return listing.shown(work, whole(request.args.get("page")))


@page.ask("/search")
def search_page(work: Work) -> Any:
    """Show what is found for some words, grouped by what it is."""
    word = request.args.get("q", "").strip()[:100]
    return show("search.html", word=word, found=search.everywhere(work, word) if word else ())


# -- one case --------------------------------------------------------------------------------------------

TABS = (
    ("matters.case_page", "办理"),
    ("matters.diagram_page", "流程图"),
    ("paperwork.papers_page", "文件"),
    ("matters.records_page", "卷宗"),
    ("consulting.opinions_page", "意见"),
    ("sittings.case_meetings_page", "会议"),
    ("matters.trail_page", "流转记录"),
    ("auditing.case_audit_page", "审计"),
)
"""Tabs of a case: endpoint and text; one that is not there yet is not shown."""


@page.ask("/cases/<id:case_id>")
def case_page(work: Work, case_id: str) -> Any:
    """Show a case: its stages, what waits and for whom, what is to be observed, what happened last."""
    case = cases.one_case(work, case_id)
    waiting = tasks.tasks_of_case(work, case.id, status="OPEN")
    mine = {one.task.id for one in tasks.worklist(work, case_id=case.id, size=50).items}
    done = tasks.done_last(work, case.id)
    known = people.names_of(work, {one.task.assignee_id or one.task.item or "" for one in waiting.items})
    framed = frame(work, case)
    return show(
        "case.html",
        **framed,
        preconditions=[_precondition(one) for one in stages.before_meeting(framed["standing"])],
        waiting=[
            (
                one.task,
                one.task.id in mine,
                known.get(one.task.assignee_id or one.task.item or ""),
                _gate(work, case, one.task.step),
            )
            for one in sorted(waiting.items, key=lambda one: one.task.id not in mine)  # one's own first
        ],
        events=[_done(one) for one in done],
        papers=cases.documents_of(work, case.id)[:-6:-1],
        lights=handling.lights(work, [one.task for one in waiting.items]),
        may_urge=_roles(work) & {"office_director", "secretary", "principal", "inspector"},
        people=people.persons(work, size=200).items
        if _roles(work) & {"office_director", "secretary"}
        else (),
    )


@page.ask("/cases/<id:case_id>/diagram")
def diagram_page(work: Work, case_id: str) -> Any:
    """Show the case on its diagram, with the table of its steps."""
    case = cases.one_case(work, case_id)
    shown = diagrams.show(
        progress.of_case(work, case),
        request.args.get("sheet"),
        lambda file: url_for("matters.diagram_page", case_id=case.id, sheet=file),
    )
    return show(
        "case_diagram.html",
        **frame(work, case),
        shown=shown,
        words_of=diagrams.words_of,
        cells_of=diagrams.cells_of,
    )


@page.ask("/cases/<id:case_id>/records", noted=True)
def records_page(work: Work, case_id: str) -> Any:
    """Show the case file, entry by entry; opening it is written down."""
    case = cases.one_case(work, case_id)
    cases.note_reading(work, case.id, "records")
    found = cases.records_of(work, case.id, page=whole(request.args.get("page")), size=50)
    names = people.names_of(work, {one.author_id for one in found.items})
    titles = {
        step: forms.describe(step)["title"] for step in {one.kind for one in found.items} & set(forms.steps())
    } | trail.WAITS
    return show("case_records.html", **frame(work, case), found=found, names=names, titles=titles)


@page.ask("/cases/<id:case_id>/trail", noted=True)
def trail_page(work: Work, case_id: str) -> Any:
    """Show everything that happened, in order, and whether the chain holds; opening it is written down."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "events")
    number = whole(request.args.get("page"))
    log = trail.events_of(work, case, page=number, size=50)
    return show("case_trail.html", **frame(work, case), log=log, events=[_told(one) for one in log.items])


@page.act("/tasks/<id:task_id>/urging")
def urge(work: Work, said: Said, task_id: str) -> Any:
    """Remind whoever does the step."""
    urged = handling_acts.urge(work, task_id, said.get("note", "").strip()[:2000] or _("请抓紧办理。"))
    return go("matters.case_page", _("已催办，并已记入流转记录。"), case_id=urged.case_id)


@page.act("/cases/<id:case_id>/copies")
def send_copy(work: Work, said: Said, case_id: str) -> Any:
    """Bring the case to the notice of colleagues."""
    handling_acts.send_copy(
        work, case_id, said.getlist("persons"), said.get("note", "").strip()[:2000] or _("供参阅。")
    )
    return go("matters.case_page", _("已抄送。"), case_id=case_id)


# -- what all tabs share ---------------------------------------------------------------------------------


def frame(work: Work, case: Case) -> dict[str, Any]:
    """Return what the head of a case's page shows: the case, its stages, its lamp, its tabs."""
    from flask import current_app  # noqa: PLC0415

    standing = stages.of_case(work, case)
    organ_units = {unit.id: unit.name for unit in people.units(work, case.organ_id)}
    tab, here = _tab_of(request.endpoint), _stands_at(case, standing)
    return {
        "case": case,
        "standing": standing,
        "stages": [
            {
                "name": told(one.stage.name),
                "state": one.state.value,
                "note": _note(one),
                "current": one is here,
            }
            for one in standing
        ],
        "lead_unit": organ_units.get(case.lead_unit_id or "", ""),
        "tabs": [
            {
                "text": _(text),
                "href": url_for(endpoint, case_id=case.id),
                "current": endpoint == tab,
                "count": None,
            }
            for endpoint, text in TABS
            if endpoint in current_app.view_functions
        ],
    }


def _tab_of(endpoint: str | None) -> str | None:
    """Return the tab a page lies under: a step's form, check and comparison belong to what is being done."""
    return "matters.case_page" if (endpoint or "").startswith("steps.") else endpoint


def _stands_at(case: Case, standing: tuple[stages.Standing, ...]) -> stages.Standing | None:
    """Return the stage the case stands at: the furthest in progress; where it only waits, the one begun last."""
    begun = [one for one in standing if one.done_at is not None]
    if case.status == "ENDED":
        return None
    return stages.current(standing) or (begun[-1] if begun else standing[0])


CHECKED = {
    stages.State.DONE: "ok",
    stages.State.SKIPPED: "exempt",
    stages.State.ACTIVE: "running",
    stages.State.LATE: "running",
    stages.State.TODO: "missing",
}


def _precondition(one: stages.Standing) -> dict[str, Any]:
    """Return a stage as a thing that must be done, or be excused with a reason, before the collective discussion."""
    return {
        "state": CHECKED[one.state],
        "title": told(one.stage.name),
        "text": _("不适用：%(reason)s", reason=one.reason) if one.reason else "",
        "law": told(one.stage.citation),
        "word": "",
    }


def _note(one: stages.Standing) -> str:
    if one.state is stages.State.DONE and one.done_at is not None:
        return moment(one.done_at, year=False).partition(" ")[0]
    return ""


def _gate(work: Work, case: Case, step: str | None) -> list[Any]:
    return list(rules.rules_on(work.today, cases.overlays_of(work, case), gate=step)) if step else []


def _told(one: trail.Entry) -> dict[str, Any]:
    state = {"act.refused": "bad", "task.completed": "done"}.get(one.kind, "")
    return {
        "state": state, "title": told(one.sentence), "at": moment(one.at), "iso": one.at.isoformat(), "text": "",
        "seq": one.seq, "hash": one.hash, "kind": one.kind,
    }  # fmt: skip


def _done(one: tasks.Finished) -> dict[str, Any]:
    """Return a step that was done, for the timeline of the case; the log itself has a page of its own."""
    at = one.task.closed_at
    return {
        "state": "done", "title": one.task.name, "text": one.by, "at": moment(at), "iso": at.isoformat() if at else "",
    }  # fmt: skip


def _roles(work: Work) -> frozenset[str]:
    return (
        frozenset().union(*(one.roles for one in work.actor.standings))
        if work.actor.standings
        else frozenset()
    )


def whole(text: str | None) -> int:
    """Return the page number in an address; anything else is the first."""
    return int(text) if text and text.isascii() and text.isdigit() and 0 < int(text[:6]) <= desk.LAST else 1
