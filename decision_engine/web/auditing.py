"""The auditor's pages: the log as a whole, a search in it, and a case rule by rule, fact by fact, person by person.

Nothing here gives a verdict on anybody: facts, evidence, and which rules were met, departed from or broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_babel import gettext as _

from decision_engine import access
from decision_engine.queries import bundle, case_audit, cases, log_search, proofs, tracing
from decision_engine.queries.accountability import Accountability, who_answers_for
from decision_engine.queries.chronicle import chronicle
from decision_engine.web.cases import frame, whole
from decision_engine.web.door import Pages, house, show
from decision_engine.web.saying import said as told
from decision_engine.work import Work

page = Pages("auditing")

KINDS = {
    "task.completed": "办结",
    "act.refused": "被拒绝的操作",
    "document.added": "提交文件",
    "comment.received": "公众意见",
    "timer.fired": "期限届满",
    "task.transferred": "转办",
    "countersign.answered": "加签",
}
TONES = {"BROKEN": "bad", "EXCEPTED": "near", "UNDECIDABLE": "blue", "MET": "good"}
STATES = {
    "SHOWN": ("已留痕", "good"),
    "NOT_SHOWN": ("未见", "near"),
    "EXCUSED": ("不适用", ""),
    "ERASED": ("已清除", ""),
}


@page.ask("/audit")
def audit_page(work: Work) -> Any:
    """Show how the log stands, its checkpoints, and what is found in it."""
    access.stand_anywhere(work.actor, "log.read")
    wanted = log_search.Wanted(
        person=_words("person"),
        kind=request.args.get("kind") if request.args.get("kind") in KINDS else None,
        since=_day("since"),
        until=_day("until"),
    )
    return show(
        "audit.html",
        head=proofs.head(work.session),
        pending=proofs.pending(work.session),
        checkpoints=proofs.checkpoints(work, size=5),
        found=log_search.hits(work, wanted, page=whole(request.args.get("page"))),
        wanted=wanted,
        kinds={value: _(text) for value, text in KINDS.items()},
    )


@page.ask("/cases/<id:case_id>/audit", noted=True)
def case_audit_page(work: Work, case_id: str) -> Any:
    """Show a case as an auditor sees it; opening it is written down."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "tracing")
    log = chronicle(work, case)
    rows = who_answers_for(work.session, case.id)
    return show(
        "case_audit.html",
        **frame(work, case),
        audit=case_audit.audited(work, case),
        order={outcome: told(text) for outcome, text in case_audit.ORDER.items()},
        report=tracing.traced(work, log),
        rows=rows,
        people=_by_person(rows),
        tones=TONES,
        states={state: (_(text), tone) for state, (text, tone) in STATES.items()},
        signed=proofs.checkpoints(work, size=1).total > 0,
    )


@page.ask("/cases/<id:case_id>/bundle", noted=True)
def bundle_file(work: Work, case_id: str) -> Any:
    """Hand out the evidence bundle of a case; the export is written down."""
    case = cases.one_case(work, case_id, "log.read")
    cases.note_reading(work, case.id, "bundle")
    made = bundle.of_case(work, case, policy=bundle.own_policy(house().settings))
    name = quote(f"{case.label}-{made.size}.zip", safe="")
    return Response(
        made.content,
        content_type="application/zip",
        headers={"Content-Disposition": f"attachment; filename=\"bundle.zip\"; filename*=UTF-8''{name}"},
    )


def _by_person(rows: Sequence[Accountability]) -> list[dict[str, Any]]:
    """Return who answers for what, one line a person and post then held, in the order of their first act."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in rows:
        if one.person_id == access.CLOCK.person_id:  # time passing is nobody's act
            continue
        line = found.setdefault(
            (one.person_id, one.post_then or ""),
            {"name": one.person, "post": one.post_then, "acts": [], "times": 0},
        )
        line["times"] += 1
        if (act := told(one.name)) not in line["acts"]:
            line["acts"].append(act)
    return list(found.values())


def _words(name: str) -> str | None:
    return request.args.get(name, "").strip()[:100] or None


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
