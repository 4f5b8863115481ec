"""A step in hand: its form, its draft, the check before it is handed in, and what may be done with it between people.

Handing in has two pages: the form, then everything that will be recorded with who is told; only the second writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _

from decision_engine import forms, rules
from decision_engine.commands import drafts, foresight, rooms
from decision_engine.commands import handling as handling_acts
from decision_engine.commands import tasks as acts
from decision_engine.commands.sequencing import DECISIVE
from decision_engine.errors import Conflict, DecisionEngineError, InvalidAnswers, NotReady, Unlawful
from decision_engine.language import Text
from decision_engine.models import Case, Task
from decision_engine.queries import cases, definitions, handling, people, prefill, tasks
from decision_engine.queries.casefile import open_file
from decision_engine.web import answers as reading_of
from decision_engine.web import door
from decision_engine.web.cases import frame
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.step_words import conditions, rows_of, why_not
from decision_engine.work import Work

page = Pages("steps")

MOST_CHOICES = 500


@page.ask("/tasks/<id:task_id>")
def task_page(work: Work, task_id: str) -> Any:
    """Show the form of a step with the draft, or who did it."""
    _readable(work, task_id)
    draft = drafts.draft_of(work, task_id)
    return _form(
        work, task_id, dict(draft.answers) if draft else {}, {}, draft_at=draft.at if draft else None
    )


def _again(work: Work, refusal: DecisionEngineError, said: Said, task_id: str) -> Any:
    """Draw the form anew with what was typed: with the fields to correct, the rules that refused, or who was faster."""
    found = _readable(work, task_id)
    typed = reading_of.read(said, _described(work, found.task, found.case)["fields"])
    if isinstance(refusal, Conflict | NotReady) and found.task.status != "OPEN":
        return _compared(work, found, typed, refusal)
    if isinstance(refusal, InvalidAnswers):
        return _form(work, task_id, typed, refusal.fields)
    findings = refusal.findings if isinstance(refusal, Unlawful) else ()
    return _form(work, task_id, typed, {}, refused=refusal.message, findings=findings)


@page.act("/tasks/<id:task_id>", again=_again)
def hand_in(work: Work, said: Said, task_id: str) -> Any:
    """Take the form: add or take a row, keep the draft, or go on to the check."""
    found = _readable(work, task_id)
    described = _described(work, found.task, found.case)
    typed = reading_of.read(said, described["fields"])
    if reading_of.changed_rows(said, typed, described["fields"]):
        drafts.keep_draft(work, task_id, typed)
        return _form(work, task_id, typed, {})
    drafts.keep_draft(work, task_id, typed)
    if said.get("_do") == "keep":
        return go("steps.task_page", _("草稿已保存。"), task_id=task_id)
    forms.load(found.task.step, typed, _reads(work, found.task, found.case))
    return go("steps.check_page", task_id=task_id)


def _saved(work: Work, refusal: DecisionEngineError, said: Said, task_id: str) -> Any:
    return Response(status=409)


@page.act("/tasks/<id:task_id>/draft", again=_saved)
def keep(work: Work, said: Said, task_id: str) -> Any:
    """Keep what is being typed; answers nothing."""
    found = _readable(work, task_id)
    drafts.keep_draft(
        work, task_id, reading_of.read(said, _described(work, found.task, found.case)["fields"])
    )
    if door.was_sent(work):  # overtaken by the form itself, which holds what was typed last
        raise Conflict
    return Response(status=204)


@page.ask("/tasks/<id:task_id>/check")
def check_page(work: Work, task_id: str) -> Any:
    """Show everything that will be recorded, what follows, and who is told."""
    draft = drafts.draft_of(work, task_id)
    found = _readable(work, task_id)
    if draft is None or found.task.status != "OPEN":
        return go("steps.task_page", task_id=task_id)
    try:
        return _check(work, task_id, dict(draft.answers))
    except InvalidAnswers:  # the draft is not finished
        return go("steps.task_page", task_id=task_id)


def _check(work: Work, task_id: str, typed: dict[str, Any], claimed: Any = (), wrong: Any = ()) -> Any:
    """Draw the check; *claimed*: the exceptions claimed already, *wrong*: what is wrong with them."""
    found = _readable(work, task_id)
    described = _described(work, found.task, found.case)
    names = _names(work, described, found.case)
    said = forms.load(found.task.step, typed, _reads(work, found.task, found.case))
    foreseen = foresight.of_task(work, found.case, found.task, said)
    return show(
        "task_check.html",
        **frame(work, found.case),
        task=found.task,
        rows=list(rows_of(described["fields"], typed, names, url_for("steps.task_page", task_id=task_id))),
        decisive=found.task.step in DECISIVE,
        foreseen=foreseen,
        examined=conditions(foreseen.conditions, entered=True),
        excepted=_exceptions(foreseen.broken),
        why=why_not(foreseen, foreseen.broken),
        staff=people.persons(work, size=MOST_CHOICES).items,
        claimed={one.rule: (one.reason, one.approver) for one in claimed},
        wrong=wrong,
    )


def _refused_at_check(work: Work, refusal: DecisionEngineError, said: Said, task_id: str) -> Any:
    found = _readable(work, task_id)
    draft = drafts.draft_of(work, task_id)
    typed = dict(draft.answers) if draft else {}
    if isinstance(refusal, door.ConfirmFirst):
        raise refusal
    if isinstance(refusal, Conflict | NotReady) and found.task.status != "OPEN":
        return _compared(work, found, typed, refusal)
    if isinstance(refusal, InvalidAnswers):
        if all(path.startswith("exceptions.") for path in refusal.fields):
            wrong = [one for sentences in refusal.fields.values() for one in sentences]
            return _check(work, task_id, typed, _departures(said), wrong)
        return _form(work, task_id, typed, refusal.fields)
    findings = refusal.findings if isinstance(refusal, Unlawful) else ()
    return _form(work, task_id, typed, {}, refused=refusal.message, findings=findings)


@page.act("/tasks/<id:task_id>/completion", again=_refused_at_check)
def complete(work: Work, said: Said, task_id: str) -> Any:
    """Hand the step in: access, form, law and engine are looked at, then everything is written at once."""
    draft = drafts.draft_of(work, task_id)
    found = _readable(work, task_id)
    if found.task.step in DECISIVE:
        door.demand_fresh(work)
    typed = dict(draft.answers) if draft else {}
    done = acts.complete_task(work, task_id, typed, departures=_departures(said))
    drafts.drop_draft(work, task_id)
    return go("matters.case_page", _("已办结：%(name)s。", name=done.task.name), case_id=done.case.id)


@page.act("/tasks/<id:task_id>/claim")
def claim(work: Work, said: Said, task_id: str) -> Any:
    """Take the step up."""
    acts.claim_task(work, task_id)
    return go("steps.task_page", _("已签收，由您办理。"), task_id=task_id)


@page.act("/tasks/<id:task_id>/return")
def give_back(work: Work, said: Said, task_id: str) -> Any:
    """Give the step back."""
    task = acts.return_task(work, task_id, _reason(said))
    return go("matters.case_page", _("已退签，同岗位人员可以签收。"), case_id=task.case_id)


@page.act("/tasks/<id:task_id>/transfer")
def transfer(work: Work, said: Said, task_id: str) -> Any:
    """Pass the step on."""
    task = acts.transfer_task(work, task_id, said.get("to", ""), _reason(said))
    return go("matters.case_page", _("已转办。"), case_id=task.case_id)


@page.act("/tasks/<id:task_id>/countersigns")
def countersign(work: Work, said: Said, task_id: str) -> Any:
    """Ask colleagues for their view."""
    handling_acts.ask_countersign(work, task_id, said.getlist("persons"), _reason(said, "question"))
    return go("steps.task_page", _("已请加签，反馈后方可办结。"), task_id=task_id)


@page.act("/countersigns/<id:countersign_id>/opinion")
def give_view(work: Work, said: Said, countersign_id: str) -> Any:
    """Give the view one was asked for."""
    typed = reading_of.read(said, forms.describe(handling_acts.ANSWER)["fields"])
    record = handling_acts.answer_countersign(work, countersign_id, typed)
    return go("matters.case_page", _("加签意见已反馈，已存入卷宗。"), case_id=record.case_id)


@page.act("/countersigns/<id:countersign_id>/withdrawal")
def take_back(work: Work, said: Said, countersign_id: str) -> Any:
    """Take a question back."""
    asked = handling_acts.withdraw_countersign(work, countersign_id, _reason(said))
    return go("steps.task_page", _("加签已撤回。"), task_id=asked.task_id)


# -- drawing ---------------------------------------------------------------------------------------------


def _form(
    work: Work,
    task_id: str,
    typed: dict[str, Any],
    errors: Any,
    *,
    draft_at: Any = None,
    refused: Text | None = None,
    findings: Any = (),
) -> Any:
    found = _readable(work, task_id)
    described = _described(work, found.task, found.case)
    mine = {one.task.id for one in tasks.worklist(work, case_id=found.case.id, size=100).items}
    views = handling.views_on(work, task_id)
    staff = people.persons(work, size=MOST_CHOICES).items
    may = found.task.id in mine and found.task.status == "OPEN"
    foreseen, offered = foresight.Foresight(), {}
    if may:
        file = open_file(work, found.case, found.task.step)
        offered = {} if typed or errors else prefill.known(work, file, found.task.step)
        typed = typed or offered
        foreseen = foresight.of_task(work, found.case, found.task, typed, file)
    return show(
        "task.html",
        **frame(work, found.case),
        task=found.task,
        described=described,
        typed=typed,
        errors=errors,
        options=_options(work, found.case, staff, described["fields"]),
        draft_at=draft_at,
        refused=refused,
        findings=findings,
        may=may,
        offered=bool(offered),
        room=rooms.held_in(work, found.case, found.task) if found.task.status == "OPEN" else None,
        examined=conditions(foreseen.conditions),
        why=why_not(foreseen, [one.finding for one in foreseen.conditions if one.shuts]),
        holder=people.names_of(work, {found.task.assignee_id or found.task.closed_by or ""} - {""}),
        gate=list(rules.rules_on(work.today, cases.overlays_of(work, found.case), gate=found.task.step))
        if found.task.step
        else [],
        light=handling.lights(work, [found.task])[found.task.id],
        views=views,
        staff=[one for one in staff if one.id != work.actor.person_id],
    )


def _exceptions(broken: Sequence[rules.Finding]) -> list[rules.Finding]:
    """Return what may be departed from on the record, each matter once: an exception from a rule holds for its twin."""
    found = {one.rule: one for one in broken if one.strength is rules.Strength.EXCEPTION}
    twins = {one.id for one in rules.declared() if one.same_as in found}
    return [one for name, one in found.items() if name not in twins]


def _compared(work: Work, found: tasks.Waiting, typed: dict[str, Any], refusal: DecisionEngineError) -> Any:
    """Return what was recorded beside what was typed: somebody was faster (nothing typed is lost)."""
    described = _described(work, found.task, found.case)
    names = _names(work, described, found.case)
    cases.note_reading(work, found.case.id, f"record:{found.task.id}")
    kept = cases.record_of_task(work, found.case.id, found.task.id)
    theirs = dict(kept.data) if kept else {}
    return show(
        "conflict.html",
        **frame(work, found.case),
        task=found.task,
        refused=refusal.message,
        mine={label: value for label, value, _ in rows_of(described["fields"], typed, names, "")},
        theirs={label: value for label, value, _ in rows_of(described["fields"], theirs, names, "")},
    )


def _readable(work: Work, task_id: str) -> tasks.Waiting:
    """Return the step if the actor may read its case. Raises `NotFound`, `Forbidden`."""
    found = tasks.one_task(work, task_id)
    cases.one_case(work, found.case.id)
    return found


def _described(work: Work, task: Task, case: Case) -> dict[str, Any]:
    return forms.describe(task.step, _reads(work, task, case))


def _reads(work: Work, task: Task, case: Case) -> frozenset[str]:
    return definitions.fields_read(definitions.compiled(work.session, case.definition_hash), task.step)


def _options(work: Work, case: Case, staff: Any, fields: Any) -> dict[str, Any]:
    """Return what may be chosen: people, units, the case's papers and comments; only what the form asks for."""
    asked = _kinds(fields)
    found: dict[str, Any] = {}
    if "person" in asked:
        found["person"] = [(one.id, one.name) for one in staff]
    if "unit" in asked:
        found["unit"] = [(one.id, one.name) for one in people.units(work, case.organ_id)]
    if "document" in asked:
        found["document"] = [(paper.id, paper.title) for paper, _ in cases.documents_of(work, case.id)]
    if "comment" in asked:
        found["comment"] = [(one.id, one.text[:60]) for one in cases.comments_of(work, case.id)]
    return found


def _kinds(fields: Any) -> set[str]:
    kinds: set[str] = set()
    for field in fields:
        kinds |= {field["type"], field.get("of") or ""} | _kinds(field["fields"])
    return kinds


def _names(work: Work, described: Any, case: Case) -> dict[str, str]:
    staff = people.persons(work, size=MOST_CHOICES).items
    options = _options(work, case, staff, described["fields"])
    return {key: name for pairs in options.values() for key, name in pairs}


def _departures(said: Said) -> list[rules.Departure]:
    """Return the lawful exceptions claimed: rule, reason, approver, row by row."""
    rows = zip(said.getlist("_rule"), said.getlist("_why"), said.getlist("_by"), strict=False)
    return [rules.Departure(rule, why.strip(), by.strip()) for rule, why, by in rows if why.strip()]


def _reason(said: Said, name: str = "reason") -> str:
    words = said.get(name, "").strip()[:2000]
    if not words:
        raise InvalidAnswers({name: (forms.fields.MESSAGES["required"],)})
    return words
