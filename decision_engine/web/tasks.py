"""A step in hand: its form, its draft, the check before it is handed in, and what may be done with it between people.

Handing in has two pages: the form, then everything that will be recorded with who is told; only the second writes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _

from decision_engine import forms, rules
from decision_engine.commands import drafts, foresight
from decision_engine.commands import handling as handling_acts
from decision_engine.commands import tasks as acts
from decision_engine.commands.sequencing import DECISIVE
from decision_engine.errors import Conflict, DecisionEngineError, InvalidAnswers, NotReady, Unlawful
from decision_engine.language import Text
from decision_engine.models import Case, Task
from decision_engine.queries import cases, definitions, handling, people, tasks
from decision_engine.web import answers as reading_of
from decision_engine.web import door
from decision_engine.web.cases import frame
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.saying import cited, day, moment
from decision_engine.web.saying import said as told
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
    _refuse_done(found)
    forms.load(found.task.step, typed, _reads(work, found.task, found.case))
    return go("steps.check_page", task_id=task_id)


def _saved(work: Work, refusal: DecisionEngineError, said: Said, task_id: str) -> Any:
    return Response(status=409)


@page.act("/tasks/<id:task_id>/draft", again=_saved)
def keep(work: Work, said: Said, task_id: str) -> Any:
    """Keep what is being typed; answers nothing."""
    found = _readable(work, task_id)
    _refuse_done(found)
    drafts.keep_draft(
        work, task_id, reading_of.read(said, _described(work, found.task, found.case)["fields"])
    )
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
    _refuse_done(found)
    described = _described(work, found.task, found.case)
    names = _names(work, described, found.case)
    said = forms.load(found.task.step, typed, _reads(work, found.task, found.case))
    foreseen = foresight.of_task(work, found.case, found.task, said)
    return show(
        "task_check.html",
        **frame(work, found.case),
        task=found.task,
        rows=list(_rows(described["fields"], typed, names, url_for("steps.task_page", task_id=task_id))),
        decisive=found.task.step in DECISIVE,
        foreseen=foreseen,
        examined=[_examined(one, entered=True) for one in _in_order(foreseen)],
        excepted=[one for one in foreseen.broken if one.strength is rules.Strength.EXCEPTION],
        why=_why_not(foreseen, foreseen.broken),
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
    foreseen = foresight.of_task(work, found.case, found.task, typed) if may else foresight.Foresight()
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
        examined=[_examined(one) for one in _in_order(foreseen)],
        why=_why_not(foreseen, [one.finding for one in foreseen.conditions if one.shuts]),
        holder=people.names_of(work, {found.task.assignee_id or found.task.closed_by or ""} - {""}),
        gate=list(rules.rules_on(work.today, cases.overlays_of(work, found.case), gate=found.task.step))
        if found.task.step
        else [],
        light=handling.lights(work, [found.task])[found.task.id],
        views=views,
        staff=[one for one in staff if one.id != work.actor.person_id],
    )


ORDER = ("missing", "running", "ok", "exempt")


def _in_order(foreseen: foresight.Foresight) -> list[foresight.Foreseen]:
    """Return what was looked at beforehand, what stands in the way first."""
    return sorted(foreseen.conditions, key=lambda one: ORDER.index(_state(one, entered=False)))


def _state(one: foresight.Foreseen, *, entered: bool) -> str:
    """Return how a rule stands as a line of a checklist; *entered*: the answers are complete and count."""
    if one.finding.outcome is rules.Outcome.NOT_APPLICABLE and (one.settled or entered):
        return "exempt"
    if not (one.settled or entered):
        return "running"
    return "missing" if one.finding.blocks else "ok"


def _examined(one: foresight.Foreseen, *, entered: bool = False) -> dict[str, Any]:
    """Return a rule of the gate as a line of a checklist: met, not met and from when on, or up to what is entered."""
    state = _state(one, entered=entered)
    words = {"missing": _("未满足"), "running": _("依填写内容"), "ok": _("已满足"), "exempt": _("不适用")}
    text = told(one.finding.reason) if state == "missing" else ""
    if state == "missing" and one.opens_on is not None:
        text = f"{text} {_('自 %(day)s 起可以办理。', day=day(one.opens_on))}"
    return {
        "state": state, "title": told(one.finding.title), "text": text, "word": words[state],
        "law": f"{cited(one.finding)} {one.finding.rule}",
    }  # fmt: skip


def _why_not(foreseen: foresight.Foresight, broken: Any) -> str:
    """Return why the step cannot be handed in, for the button that is shut; nothing if it can."""
    if foreseen.barred is not None:
        return told(foreseen.barred)
    certain = [one for one in broken if one.strength is not rules.Strength.EXCEPTION]
    if not certain:
        return ""
    opens = [
        one.opens_on for one in foreseen.conditions if one.finding in certain and one.opens_on is not None
    ]
    words = [_("尚未满足：%(names)s。", names="；".join(told(one.title) for one in certain))]
    if len(opens) == len(certain):
        words.append(_("自 %(day)s 起可以办理。", day=day(max(opens))))
    return " ".join(words)


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
        mine={label: value for label, value, _ in _rows(described["fields"], typed, names, "")},
        theirs={label: value for label, value, _ in _rows(described["fields"], theirs, names, "")},
    )


def _readable(work: Work, task_id: str) -> tasks.Waiting:
    """Return the step if the actor may read its case. Raises `NotFound`, `Forbidden`."""
    found = tasks.one_task(work, task_id)
    cases.one_case(work, found.case.id)
    return found


def _refuse_done(found: tasks.Waiting) -> None:
    if found.task.status != "OPEN":
        raise NotReady(
            Text(
                "该事项已经办结，您填写的内容未写入卷宗。",
                "This was done already; what you typed was not recorded.",
            )
        )


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


def _rows(fields: Any, typed: Any, names: dict[str, str], href: str, path: str = "") -> Any:
    """Yield (label, what was answered, address of the field) for everything that was answered."""
    for field in fields:
        value = typed.get(field["name"]) if isinstance(typed, dict) else None
        if value in (None, "", [], {}):
            continue
        label, here = told(field["label"]), f"{path}{field['name']}"
        link = f"{href}#f-{here}" if href else ""
        if field["type"] == "group":
            yield from _rows(field["fields"], value, names, href, f"{here}.")
        elif field["type"] == "list" and field.get("of") == "group":
            for number, row in enumerate(value, start=1):
                inner = _rows(field["fields"], row, names, "", f"{here}.{number - 1}.")
                words = "；".join(f"{name}：{said}" for name, said, _ in inner)
                yield f"{label} {number}", words, link
        else:
            several = value if isinstance(value, list) else [value]
            yield label, "、".join(_shown(field, one, names) for one in several), link


def _shown(field: Any, value: Any, names: dict[str, str]) -> str:
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    for choice in field.get("choices") or ():
        if choice["value"] == value:
            return str(told(choice["label"]))
    return _dated(field, str(value)) or names.get(str(value), str(value))


def _dated(field: Any, typed: str) -> str:
    """Return a day or a moment as the reader says it; nothing for what is neither, or was mistyped."""
    read: Any = {"date": date.fromisoformat, "moment": datetime.fromisoformat}.get(field["type"])
    if read is None:
        return ""
    try:
        found = read(typed)
    except ValueError:
        return ""
    return moment(found) if isinstance(found, datetime) else day(found)


def _departures(said: Said) -> list[rules.Departure]:
    """Return the lawful exceptions claimed: rule, reason, approver, row by row."""
    rows = zip(said.getlist("_rule"), said.getlist("_why"), said.getlist("_by"), strict=False)
    return [rules.Departure(rule, why.strip(), by.strip()) for rule, why, by in rows if why.strip()]


def _reason(said: Said, name: str = "reason") -> str:
    words = said.get(name, "").strip()[:2000]
    if not words:
        raise InvalidAnswers({name: (forms.fields.MESSAGES["required"],)})
    return words
