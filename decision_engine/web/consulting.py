"""Public participation as the staff see it: every consultation, and the opinions on a case."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from decision_engine.commands import participation
from decision_engine.errors import DecisionEngineError, InvalidAnswers
from decision_engine.forms.choices import HANDLING
from decision_engine.language import Text
from decision_engine.queries import cases, consultations, feedback
from decision_engine.web.cases import frame, whole
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.work import Work

page = Pages("consulting")

CHANNELS = {
    "ONLINE": Text("网上", "online"),
    "LETTER": Text("来信", "letter"),
    "PHONE": Text("来电", "telephone"),
    "VISIT": Text("当面", "in person"),
    "OTHER": Text("其他", "other"),
}


@page.ask("/consultations")
def consultations_page(work: Work) -> Any:
    """Show the consultations of one's organs."""
    organs = {one.organ_id for one in work.actor.standings}
    found = consultations.consultations(work.session, work.now)
    mine = [one for one in found if one.organ_id in organs]
    return show("consultations.html", found=mine)


@page.ask("/cases/<id:case_id>/opinions")
def opinions_page(work: Work, case_id: str) -> Any:
    """Show the opinions on a case as they came, and the points they were sorted into."""
    return _opinions(work, case_id, {}, {})


def _again(work: Work, refusal: DecisionEngineError, said: Said, case_id: str) -> Any:
    return _opinions(work, case_id, said, getattr(refusal, "fields", None) or {"": (refusal.message,)})


@page.act("/cases/<id:case_id>/opinions", again=_again)
def register_opinion(work: Work, said: Said, case_id: str) -> Any:
    """Put an opinion that came by letter, telephone or in person on file, in its own words."""
    text = said.get("text", "").strip().replace("\r\n", "\n")[:10_000]
    if not text:
        raise InvalidAnswers({"text": (Text("请写明意见原文。", "Write the opinion in its own words."),)})
    channel = said.get("channel", "LETTER")
    cases.one_case(work, case_id, "comment.register")
    participation.receive_comment(work, case_id, text, channel=channel if channel in CHANNELS else "OTHER")
    return go("consulting.opinions_page", _("意见已登记。"), case_id=case_id)


def _opinions(work: Work, case_id: str, typed: Any, errors: Any) -> Any:
    case = cases.one_case(work, case_id)
    found = consultations.comments_of(work.session, case.id, page=whole(request.args.get("page")), size=50)
    points = feedback.points_of(work.session, case.id)
    sorted_into = {one: point for point in points for one in point.comments}
    return show(
        "case_opinions.html", **frame(work, case), found=found, points=points, sorted_into=sorted_into, typed=typed,
        errors=errors, handling=HANDLING, channels=CHANNELS,
        notice=consultations.consultation(work.session, case.id, work.now),
    )  # fmt: skip
