"""The second review: legal after revision, revised, confirmed on the new version. 22 June to 6 July 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import advice, legality
from decision_engine.demo.s2 import first, second
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import scene
from decision_engine.demo.town import JUSTICE

Answers = dict[str, Any]

REVISIONS = ["增加投诉渠道条款。", "写明补贴资金来源。"]
REVISED = f"""{second.DRAFT}
第十条　村民可以向公共服务办公室投诉，5个工作日内答复。
第十一条　补贴资金列入镇本级年度预算。"""


@scene("2026-06-22 10:00", "第二稿送请合法性审查")
def submit_again(stage: Stage) -> None:
    """The second draft, with what was adopted, goes to the review."""
    first.finalize(stage, "增加补贴公开、困难户减免提示。", ["补贴资金使用情况公开"])
    stage.file("officer", "D17", "合法性审查送审函、材料清单（第二稿）", "请于2026年7月2日前反馈。")
    stage.complete("officer", "submit_review_package", first.package(stage, "2026-07-02"))


@scene("2026-06-23 10:00", "第二稿送审材料齐备，法律顾问提出意见")
def check_again(stage: Stage) -> None:
    """The reviewer's time begins again, in full."""
    stage.complete("justice", "check_review_package", first.complete("2026-06-23 10:00"))
    paper = stage.file("lawyer", "D18", "法律顾问意见书（第二稿）", "修改后合法。")
    said = advice("LAWFUL_AFTER_REVISION", "建议增加投诉渠道。", "2026-06-23 10:00", paper)
    stage.complete("lawyer", "legal_adviser_opinion", said)


@scene("2026-07-01 10:00", "第二稿审查结论：基本合法，应予修改")
def legal_after_revision(stage: Stage) -> None:
    """Two clauses are to be changed."""
    paper = stage.file(
        "justice", "D19", "合法性审查意见书（第二稿）", "青司审〔2026〕6号：基本合法，应予修改。"
    )
    stage.complete("justice", "issue_legality_opinion", opinion(stage, "2026-07-01 10:00", opinion_ref=paper))


def opinion(stage: Stage, at: str, **more: Any) -> Answers:
    """Return the opinion on the second draft; `confirmed=True` once the revision was read."""
    return legality(
        stage,
        "justice",
        JUSTICE,
        "LEGAL_AFTER_REVISION",
        at,
        opinion_no="青司审〔2026〕6号",
        revisions=REVISIONS,
        advice=[{"advice": "增加投诉渠道。", "handling": "ADOPTED"}],
        **more,
    )


@scene("2026-07-03 10:00", "按审查意见修改为第2.1稿")
def revise(stage: Stage) -> None:
    """The lead unit makes both revisions: version 2.1."""
    stage.revise("officer", "draft", f"{second.TITLE}（修改稿）\n\n{REVISED}")
    stage.complete("officer", "adjust_draft", revision(stage))


def revision(stage: Stage) -> Answers:
    """Return what was changed, with an answer to each demand."""
    return {
        "draft_ref": stage.papers["draft"],
        "substantive": False,
        "reason": "合法性审查意见",
        "changes": "增加投诉渠道条款，写明补贴资金来源。",
        "responses": [{"finding": one, "handling": "ADOPTED"} for one in REVISIONS],
    }


@scene("2026-07-06 10:00", "审查部门对第2.1稿予以确认")
def confirm(stage: Stage) -> None:
    """The reviewer reads version 2.1 and confirms it: that opinion is bound to its hash."""
    paper = stage.file("justice", "D19", "合法性审查确认意见", "对第2.1稿予以确认。", name="confirmation")
    stage.complete(
        "justice",
        "issue_legality_opinion",
        opinion(stage, "2026-07-06 10:00", confirmed=True, opinion_ref=paper),
    )
