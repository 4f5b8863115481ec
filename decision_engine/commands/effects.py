"""What an answer changes besides the case file: the few steps whose answers become facts of the case itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import Case, Document, DocumentVersion
from decision_engine.work import Work

DRAFTING = frozenset({"draft_decision", "adjust_draft", "finalize_draft"})


def take_effect(work: Work, case: Case, step: str | None, said: Mapping[str, Any]) -> str | None:
    """Let *said* at *step* change *case*; return the hash of the draft the act was done on."""
    if step == "assign_lead_unit":
        case.lead_unit_id = said["lead_unit"]
    elif step in DRAFTING and said.get("draft_ref"):
        case.draft = _latest_content(work, case, said["draft_ref"])
    elif step == "suspend_execution" and said.get("outcome") == "SUSPEND":
        case.status = "SUSPENDED"
    elif step == "confirm_suspension" and said.get("outcome") == "LIFTED":
        case.status = "RUNNING"
    return case.draft


def _latest_content(work: Work, case: Case, document_id: str) -> str:
    content = work.session.scalar(
        select(DocumentVersion.sha256)
        .join(Document, Document.id == DocumentVersion.document_id)
        .where(Document.id == document_id, Document.case_id == case.id)
        .order_by(DocumentVersion.number.desc())
        .limit(1)
    )
    if content is None:
        raise InvalidAnswers({"draft_ref": (Text("请先上传决策草案文件。", "Upload the draft first."),)})
    return content
