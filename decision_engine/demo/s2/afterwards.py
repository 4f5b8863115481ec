"""Signed, published, filed for the record, handed to its executor, archived: 15 to 24 July 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import close_dossier, tasks_of
from decision_engine.demo.s2.second import MEASURES, TITLE
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import PUBLIC_SERVICE

Answers = dict[str, Any]

NUMBER = "青政发〔2026〕7号"
NOT_APPLICABLE = {
    "D11": "未举行听证会，法律、法规、规章未规定应当听证。",
    "D14": "不属于专业性、技术性较强的事项。",
    "D25": "镇长决定与多数意见一致。",
    "D31": "未发生需要报告或中止的情形。",
    "D32": "未开展后评估。",
    "D33": "未调整或终止。",
}


@scene("2026-07-15 15:00", "签发")
def sign_decision(stage: Stage) -> None:
    """The mayor signs; the document has a number and five years to live."""
    paper = stage.file("secretary", "D28", f"{TITLE}（正式文本、签发单）", NUMBER, public=True)
    stage.complete("mayor", "sign_decision", signature(paper))


def signature(paper: str) -> Answers:
    """Return number, date and the span for which the document is valid."""
    return {
        "title": TITLE,
        "document_number": NUMBER,
        "signed_on": "2026-07-15",
        "sealed": True,
        "non_public": False,
        "disclosure": "PROACTIVE",
        "effective_on": "2026-09-01",
        "valid_until": "2031-08-31",
        "decision_ref": paper,
    }


@scene("2026-07-17 09:00", "公布、解读，报区政府备案，明确执行单位")
def publish_decision(stage: Stage) -> None:
    """The public can read it, the district has it on record and is asked for a standard of the fee."""
    stage.file("secretary", "D29", "公布、解读材料及发布记录", "镇政府网站，2026年7月17日。", public=True)
    stage.file("secretary", "D27", "关于制定生活垃圾处理收费标准的请示、规范性文件备案报告", "报区政府。")
    stage.complete("secretary", "publish_decision", publication())
    read = {"form": "BRIEFING", "at": moment("2026-07-17 15:00"), "summary": "入村宣讲。"}
    stage.complete("officer", "interpret_policy", {"interpretation": [read]})
    tasks = tasks_of(MEASURES)
    stage.complete(
        "director",
        "name_executor",
        {
            "executor": stage.unit(PUBLIC_SERVICE),
            "responsible_person": stage.person("executor"),
            "tasks": tasks,
            "report_schedule": "每季度报告一次。",
        },
    )


def publication() -> Answers:
    """Return where and when it was published, and when it was filed for the record."""
    return {
        "publications": [{"channel": "GOVERNMENT_WEBSITE", "at": moment("2026-07-17 09:00")}],
        "record_filed_on": "2026-07-17",
        "index_no": "QH-2026-0007",
        "adoption_summary": "两轮公开征求意见共174件，采纳情况及理由已反馈。",
    }


@scene("2026-07-24 10:00", "立卷归档")
def archive_dossier(stage: Stage) -> None:
    """The dossier is filed; the decision is being carried out."""
    stage.file("executor", "D30", "执行单位确定、任务分解", "三项任务。")
    close_dossier(stage, "archivist", NOT_APPLICABLE, "2026-07-24", "QH-JC-2026-002")
