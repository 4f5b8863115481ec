"""What an answer changes besides the case file: the few steps whose answers become facts of the case itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from decision_engine.access import DRAFTING
from decision_engine.errors import InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import Case, Document, DocumentVersion
from decision_engine.work import Work

RESUMES = {
    "confirm_suspension": {"LIFTED"},
    "decide_evaluation_outcome": {"CONTINUE", "ADJUST_MINOR"},
}
"""Answers after which a suspended decision is executed again."""


def take_effect(work: Work, case: Case, step: str | None, said: Mapping[str, Any]) -> str | None:
    """Let *said* at *step* change *case*; return the hash of the draft the act was done on."""
    if step == "assign_lead_unit":
        case.lead_unit_id = said["lead_unit"]
    elif step in DRAFTING and said.get("draft_ref"):
        case.draft = draft_of(work, case, said["draft_ref"])
    elif step == "adjust_or_terminate" and said.get("new_case"):
        _supersedes(work, case, said["new_case"])
    elif step == "suspend_execution" and said.get("outcome") == "SUSPEND":
        case.status = "SUSPENDED"
    elif step in RESUMES and said.get("outcome") in RESUMES[step] and case.status == "SUSPENDED":
        case.status = "RUNNING"
    return case.draft


def _supersedes(work: Work, case: Case, new_case_id: str) -> None:
    """Refuse a "new case" that was not opened to supersede this one (art. 37)."""
    superseded = work.session.scalar(select(Case.supersedes_id).where(Case.id == new_case_id))
    if superseded != case.id:
        raise InvalidAnswers(
            {
                "new_case": (
                    Text(
                        "该事项不是为替代本决策而启动的，请先以“替代”方式新建事项（第三十七条）。",
                        "That case was not opened to supersede this one. Open one that does (art. 37).",
                    ),
                )
            }
        )


def draft_of(work: Work, case: Case, document_id: str) -> str:
    """Return the hash of the newest content of a document of *case*. Raises `InvalidAnswers` if it has none."""
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
