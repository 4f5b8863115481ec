"""The public site: consultations open and closed, one's comment and its receipt, and what became of every opinion.

No sign-in, no tracking, no third party. Name and contact are optional, kept apart, shown to nobody; a comment is text
and stays text. A field no human sees catches robots; floods are slowed by address.
"""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import gettext as _

from decision_engine.access import PUBLIC
from decision_engine.commands import participation
from decision_engine.errors import DecisionEngineError, InvalidAnswers, NotFound
from decision_engine.forms.choices import CHANNELS, HANDLING
from decision_engine.language import Text
from decision_engine.models import Document
from decision_engine.queries import consultations, feedback, store
from decision_engine.web import door
from decision_engine.web.door import Pages, go, house, publicly, show
from decision_engine.web.papers import attached
from decision_engine.web.saying import said as told
from decision_engine.work import Work, reading

page = Pages("public")

LONGEST = 10_000
REQUIRED = Text("请填写您的意见。", "Write your comment.")
TOO_LONG = Text(
    f"意见不能超过 {LONGEST} 字，可分几次提交。", f"At most {LONGEST} characters; send the rest separately."
)
TRAP = Text("此栏请留空后重新提交。", "Leave this field empty and send again.")


@page.open_("GET", "/public")
def consultations_page() -> Any:
    """Show every consultation: those still open first."""
    with reading(house(), as_actor=PUBLIC) as work:
        found = consultations.consultations(work.session, work.now)
    return show("public_list.html", site=_site(), open=[one for one in found if one.open],
                closed=[one for one in found if not one.open])  # fmt: skip


@page.open_("GET", "/public/<id:case_id>")
def consultation_page(case_id: str) -> Any:
    """Show one consultation: notice, papers, and the form or what became of the opinions."""
    return _one(case_id, {}, {})


@page.open_("POST", "/public/<id:case_id>")
def comment(case_id: str) -> Any:
    """Take a comment and show its receipt once."""
    text = request.form.get("text", "").strip().replace("\r\n", "\n")
    try:
        current_app.extensions["throttles"]["comments"].take(request.remote_addr or "")
        _look_at(text)
        made = publicly(lambda work: _receive(work, case_id, text))
    except DecisionEngineError as refusal:
        if isinstance(refusal, NotFound):
            raise
        errors = getattr(refusal, "fields", None) or {"": (refusal.message,)}
        return _one(case_id, request.form, errors), door.status_of(refusal)
    return go("public.receipt_page", code=made)


@page.open_("GET", "/public/receipt")
def receipt_page() -> Any:
    """Show a comment by its receipt: when it came, and what became of it."""
    code = request.args.get("code", "").strip().upper()[:40]
    with reading(house(), as_actor=PUBLIC) as work:
        found = feedback.received(work.session, code) if code else None
        notice = consultations.consultation(work.session, found.comment.case_id, work.now) if found else None
    return show("public_receipt.html", site=_site(), code=code, found=found, notice=notice, handling=HANDLING)


@page.open_("GET", "/public/<id:case_id>/documents/<id:document_id>")
def document(case_id: str, document_id: str) -> Any:
    """Hand out a public paper of a published consultation."""
    with reading(house(), as_actor=PUBLIC) as work:
        if consultations.consultation(work.session, case_id, work.now) is None:
            raise NotFound
        papers = {paper.id: version for paper, version in consultations.public_papers(work.session, case_id)}
    version = papers.get(document_id)
    content = store.read(house().settings.documents_dir, version.sha256) if version is not None else None
    if version is None or content is None:
        raise NotFound
    return attached(content, version.media_type, version.file_name)


@page.open_("GET", "/accessibility")
def accessibility() -> Any:
    """Say how the pages can be used by everybody, and whom to tell when they cannot."""
    return show("accessibility.html", site=_site())


def _look_at(text: str) -> None:
    if request.form.get("website"):
        raise InvalidAnswers({"website": (TRAP,)})
    if not text:
        raise InvalidAnswers({"text": (REQUIRED,)})
    if len(text) > LONGEST:
        raise InvalidAnswers({"text": (TOO_LONG,)})


def _receive(work: Work, case_id: str, text: str) -> str:
    made = participation.receive_comment(
        work,
        case_id,
        text,
        name=request.form.get("name", "").strip()[:100] or None,
        contact=request.form.get("contact", "").strip()[:200] or None,
    )
    return made.receipt


def _one(case_id: str, typed: Any, errors: Any) -> Any:
    with reading(house(), as_actor=PUBLIC) as work:
        found = consultations.consultation(work.session, case_id, work.now)
        if found is None:
            raise NotFound
        papers = consultations.public_papers(work.session, case_id)
        points = feedback.points_of(work.session, case_id) if found.feedback is not None else ()
        count = consultations.comments_of(work.session, case_id, size=1).total
        draft = work.session.get(Document, str(found.notice.get("draft_ref", "")))
        left = (found.closes_at - work.now).days
    return show(
        "public_one.html", site=_site(found.organ), one=found, papers=papers, points=points, count=count,
        draft=draft, left=max(0, left), typed=typed, errors=errors, handling=HANDLING,
        channels="、".join(told(Text(*CHANNELS[one])) for one in found.notice.get("channels", []) if one in CHANNELS),
    )  # fmt: skip


def _site(organ: str = "") -> dict[str, Any]:
    g.public = True
    return {
        "name": _("重大行政决策公开征求意见"),
        "href": url_for("public.consultations_page"),
        "foot": [
            _("主办：%(organ)s", organ=organ or _("本级人民政府")),
            _("依据《重大行政决策程序暂行条例》公开征求意见，意见采纳情况统一公布。"),
            _("无障碍：可用键盘操作，可切换大字版和高对比。"),
        ],
    }
