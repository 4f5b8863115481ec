"""Starting a case: four parts to fill in, in any order, then everything to be checked; only the last page writes.

What was typed travels with the form (nothing is kept of a case that was not started), so no way back loses a word and
no script is needed. What the first step asks is asked here already, from the form of that step; the rules of its gate
are asked beforehand. Starting opens the case, files the paper that was attached, and leaves the first step filled in
for its own check: opening and registering are two acts, each with its own entry in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from decision_engine import forms
from decision_engine.access import stand_anywhere
from decision_engine.commands import cases as acts
from decision_engine.commands import documents, drafts, foresight
from decision_engine.errors import DecisionEngineError, InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import Definition, Task
from decision_engine.queries import cases, catalogue, definitions, people
from decision_engine.queries.stages import STAGES
from decision_engine.web import answers as reading_of
from decision_engine.web.cases import page
from decision_engine.web.door import Said, go, show
from decision_engine.web.saying import said as told
from decision_engine.web.step_words import conditions, rows_of, why_not
from decision_engine.work import Work

FIRST = "register_proposal"
"""The first step of the shipped procedure: what it asks is asked here."""

SOURCE = "source_ref"
SOURCE_KIND = "D01"
PARTS = ("basic", "basis", "procedure", "materials", "check")
BASIC = (
    "title", "matter_category", "collective_category", "matter_type", "livelihood_field", "is_normative_document",
    "exclusion_type",
)  # fmt: skip
MOST_EARLIER = 100
EXCUSES = {
    "participation": Text(
        "依法不予公开的，不开展；须写明不予公开的法律依据。",
        "Left out where the law keeps the matter from the public; the legal basis is stated.",
    ),
    "argumentation": Text(
        "不属于专业性、技术性较强的，不开展；须写明理由。",
        "Left out where the matter is not markedly professional or technical; the reason is stated.",
    ),
    "risk": Text(
        "实施不会对社会稳定、公共安全等方面造成不利影响的，不开展；须写明理由。",
        "Left out where nothing adverse to social stability or public safety is to be expected; the reason is stated.",
    ),
    "competition": Text(
        "不涉及市场主体经济活动的，不开展；须写明理由。",
        "Left out where no economic activity of market players is touched; the reason is stated.",
    ),
}
"""Stage -> when it does not apply; the lead unit states it at 确定适用程序, nobody before."""


@dataclass(frozen=True, slots=True)
class Start:
    """A case about to be started: *typed* are the answers to the first step, *form* that step's form."""

    organ_id: str
    definition: Definition
    form: Mapping[str, Any]
    reads: frozenset[str]
    typed: dict[str, Any]
    missing: Mapping[str, Any]
    recorded: Mapping[str, Any] | None

    @property
    def fields(self) -> Any:
        """The fields of the form; the paper comes with the last page."""
        return [one for one in self.form["fields"] if one["name"] != SOURCE]


@page.ask("/cases/new")
def new_case_page(work: Work) -> Any:
    """Show the first part."""
    return _show(work, Said(), "basic")


def _again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    errors = getattr(refusal, "fields", None) or {"": (refusal.message,)}
    return _show(work, said, "basic" if errors.keys() & {*BASIC, "organ_id"} else "check", errors)


@page.act("/cases/new", again=_again)
def open_case(work: Work, said: Said) -> Any:
    """Turn to another part, or, everything being checked, open the case."""
    to = said.get("_to")
    if said.get("_add") or said.get("_remove"):
        return _show(work, said, said.get("_at", "basic"))
    if to in PARTS and to != "check":
        return _show(work, said, to)
    if not said.get("title", "").strip():
        raise InvalidAnswers({"title": (forms.fields.MESSAGES["required"],)})
    if to == "check" or said.get("checked") != "yes":
        return _show(work, said, "check")
    return _start(work, said)


def _start(work: Work, said: Said) -> Any:
    start = _read(work, said)
    case = acts.open_case(
        work, start.organ_id, said.get("title", "").strip()[:200],
        supersedes=said.get("supersedes") or None, catalogue_entry=said.get("catalogue_entry") or None,
    )  # fmt: skip
    typed = dict(start.typed)
    if attached := _attached():
        name, content = attached
        paper, _version = documents.add_document(
            work, case.id, title=PurePath(name).stem[:200], kind=SOURCE_KIND, file_name=name, content=content
        )
        typed[SOURCE] = paper.id
    task = work.session.scalar(select(Task).where(Task.case_id == case.id, Task.step == FIRST))
    if task is None or set(typed) <= {"title"}:
        return go("matters.case_page", _("已启动，请办理第一个环节。"), case_id=case.id)
    drafts.keep_draft(work, task.id, typed)
    if start.recorded is None:
        return go("matters.case_page", _("已启动，请办理第一个环节。"), case_id=case.id)
    opened = _("已启动，案号 %(label)s。请核对后办结第一个环节。", label=case.label)
    return go("steps.check_page", opened, task_id=task.id)


def _attached() -> tuple[str, bytes] | None:
    file = request.files.get("file")
    if not isinstance(file, FileStorage) or not file.filename or not file.filename.isprintable():
        return None
    return file.filename, file.stream.read()


def _read(work: Work, said: Said) -> Start:
    """Return what *said* holds so far. Raises `Forbidden` for who may not start a case anywhere."""
    stand_anywhere(work.actor, "case.open")
    organs = people.organs_of(work, "case.open")
    definition = definitions.in_force(work.session, acts.PROCESS)
    reads = definitions.fields_read(definitions.compiled(work.session, definition.hash), FIRST)
    form = forms.describe(FIRST, reads)
    typed = reading_of.read(said, form["fields"])
    recorded, missing = None, {}
    try:
        recorded = forms.load(FIRST, typed, reads)
    except InvalidAnswers as wrong:
        missing = wrong.fields
    chosen = said.get("organ_id", "")
    return Start(chosen if chosen in organs else organs[0], definition, form, reads, typed, missing, recorded)


def _show(work: Work, said: Said, at: str, errors: Any = None) -> Any:
    start = _read(work, said)
    at = at if at in PARTS else "basic"
    typed = dict(start.typed)
    reading_of.changed_rows(said, typed, start.fields)
    shown = [one for one in start.fields if _part_of(one["name"]) == at]
    wrong = dict(errors or {})
    if wrong and at == "check" and not wrong.get(""):
        wrong = {"": tuple(one for some in wrong.values() for one in some)}
    organs = [one for one in people.organs(work) if one.id in people.organs_of(work, "case.open")]
    entries = _entries(work, start.organ_id)
    earlier = cases.cases(work, size=MOST_EARLIER, organ_id=start.organ_id).items
    units = [(one.id, one.name) for one in people.units(work, start.organ_id)]
    foreseen = (
        foresight.of_opening(work, start.organ_id, FIRST, start.recorded or start.typed, {})
        if at in ("procedure", "check")
        else ()
    )
    return show(
        "new_case.html",
        at=at,
        start=start,
        typed=typed,
        errors=wrong,
        shown=shown,
        kept=_kept(said, at, shown),
        parts=_parts(start, at),
        organs=organs,
        organ_id=start.organ_id,
        entries=entries,
        entry=said.get("catalogue_entry", ""),
        earlier=[(one.id, f"{one.label} {one.title}") for one in earlier],
        supersedes=said.get("supersedes", ""),
        options={"unit": units},
        stages=_procedure(),
        later=_papers_to_come(),
        answers=_answers(start, dict(units)) if at == "check" else {},
        missing=_missing(start) if at == "check" else [],
        conditions=conditions(foreseen, entered=start.recorded is not None),
        why=why_not(foresight.Foresight(foreseen), [one.finding for one in foreseen if one.finding.blocks])
        if start.recorded is not None
        else "",
    )


def _part_of(name: str) -> str:
    return "basic" if name in BASIC else "basis"


def _kept(said: Said, at: str, shown: Any) -> list[tuple[str, str]]:
    """Return what the other parts hold, to travel with this one as it was typed."""
    here = {one["name"] for one in shown} | {
        "basic": {"organ_id"},
        "basis": {"catalogue_entry", "supersedes"},
    }.get(at, set())
    return [
        (name, value)
        for name, value in said.items(multi=True)
        if not name.startswith("_")
        and name not in ("csrf_token", "checked")
        and name.partition(".")[0] not in here
        and len(name) <= 100  # noqa: PLR2004  a name of ours is shorter
    ]


def _parts(start: Start, at: str) -> list[dict[str, Any]]:
    """Return the five parts as a list: what each is called, and how far it is."""
    titles = {
        "basic": _("基本信息"), "basis": _("依据"), "procedure": _("程序适用"), "materials": _("材料"),
        "check": _("核对"),
    }  # fmt: skip
    owed = {_part_of(path.partition(".")[0]) for path in start.missing if path.partition(".")[0] != SOURCE}
    ready = bool(start.typed.get("title"))
    states = {
        "basic": "todo" if "basic" in owed else "done",
        "basis": "todo" if "basis" in owed else "done",
        "procedure": "read",
        "materials": "may",
        "check": "can" if ready else "locked",
    }
    words = {
        "todo": _("待填写"), "done": _("已填写"), "read": _("了解"), "may": _("可选"), "can": _("可以核对"),
        "locked": _("先填写名称"),
    }  # fmt: skip
    return [
        {"id": one, "title": titles[one], "state": states[one], "word": words[states[one]], "here": one == at}
        for one in PARTS
    ]


def _entries(work: Work, organ_id: str) -> list[tuple[str, str]]:
    """Return the matters of the newest published catalogue of the organ."""
    published = next((one for one in catalogue.catalogues(work, organ_id) if one.version > 0), None)
    if published is None:
        return []
    _found, listed = catalogue.catalogue(work, published.id)
    return [(one.entry.id, f"{published.year}-{one.entry.number} {one.entry.title}") for one in listed]


def _procedure() -> list[dict[str, Any]]:
    """Return the stages with the articles they rest on, and when one of them does not apply."""
    return [
        {
            "state": "exempt" if stage.excuse else "running",
            "title": told(stage.name),
            "text": told(EXCUSES.get(stage.id)),
            "law": told(stage.citation),
            "word": _("由承办单位依法判断") if stage.excuse else _("必经"),
        }
        for stage in STAGES
    ]


def _papers_to_come() -> list[dict[str, Any]]:
    """Return the papers the steps up to the publication ask for, by stage: read off their forms."""
    found = []
    for stage in STAGES[:-1]:
        asked = [
            (told(form["title"]), told(one["label"]), one["required"])
            for step in forms.steps()
            if step in stage.steps
            for form in [forms.describe(step)]
            for one in form["fields"]
            if one["type"] == "document"
        ]
        if asked:
            found.append({"stage": told(stage.name), "law": told(stage.citation), "papers": asked})
    return found


def _answers(start: Start, names: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Return what was answered, part by part, as it will be recorded."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for part in ("basic", "basis"):
        fields = [one for one in start.fields if _part_of(one["name"]) == part]
        rows[part] = [(label, value) for label, value, _ in rows_of(fields, start.typed, names, "")]
    return rows


def _missing(start: Start) -> list[str]:
    names = {one["name"]: told(one["label"]) for one in start.form["fields"]}
    owed = dict.fromkeys(path.partition(".")[0] for path in start.missing)
    return [names.get(name, name) for name in owed if name != SOURCE]
