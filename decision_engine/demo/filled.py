"""Forms filled in as an official would, where a story only has to say what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from decision_engine.demo.stage import Stage, moment

Answers = dict[str, Any]
Point = tuple[str, str, str, int]
"""A point of the public: what it asks, handling, reason (empty where adopted), how many comments say so."""

CODES = tuple(f"D{number:02}" for number in range(35))


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk point: what, whom it touches, weight, probability and impact before, and after the measures."""

    what: str
    group: str
    weight: str
    before: tuple[str, str]
    after: tuple[str, str]

    @property
    def answers(self) -> Answers:
        """Return the point as the form takes it."""
        return {
            "description": self.what,
            "affected_group": self.group,
            "weight": self.weight,
            "probability": self.before[0],
            "impact": self.before[1],
            "residual_probability": self.after[0],
            "residual_impact": self.after[1],
        }


def risk_report(risks: Sequence[Risk], measures: Sequence[tuple[int, str, str]], **more: Any) -> Answers:
    """Return a report in its eleven sections; *measures*: number of the risk point, measure, owner."""
    return {
        "methods": [
            {"name": "走访、座谈", "kind": "QUALITATIVE"},
            {"name": "风险指数加权测算、问卷统计", "kind": "QUANTITATIVE"},
        ],
        "legality": "对照有关法律、法规和政策逐条核对。",
        "reasonableness": "兼顾各方利益，依据调查结果分析。",
        "feasibility": "经费、人员和实施条件逐项核实。",
        "controllability": "逐项分析风险点及防范措施的可靠性。",
        "risk_points": [one.answers for one in risks],
        "measures": [
            {"risk_point": number, "measure": measure, "owner": owner, "due_on": "2026-08-31"}
            for number, measure, owner in measures
        ],
        "contingency_plan": "成立应急处置组，发生集中信访时两小时内到场处置。",
        **more,
    }


def tasks_of(measures: Sequence[tuple[int, str, str]]) -> list[Answers]:
    """Return the measures of the risk report as execution tasks, each naming the measure it carries out."""
    return [
        {"task": measure, "owner": owner, "due_on": "2026-08-31", "risk_measure": number}
        for number, (_, measure, owner) in enumerate(measures, start=1)
    ]


def comment_texts(points: Sequence[Point]) -> list[str]:
    """Return one text for every comment that was counted in *points*, no two alike."""
    said = (point for point, _, _, count in points for _ in range(count))
    return [f"{point}。（第{number}件）" for number, point in enumerate(said, start=1)]


def send_comments(stage: Stage, officer: str, texts: Sequence[str], *, online: int) -> None:
    """The first *online* come in through the open door, the rest by letter, visit or telephone."""
    for text in texts[:online]:
        stage.comment(text)
    for number, text in enumerate(texts[online:]):
        channel = ("LETTER", "VISIT", "PHONE")[number % 3]
        stage.say(officer, f"/cases/{stage.case_id}/comments", {"text": text, "channel": channel})
    stage.tell(
        f"　　[green]✓[/green] 社会公众　网上提交意见{online}件，来信来访来电登记{len(texts) - online}件"
    )


def handling(stage: Stage, officer: str, points: Sequence[Point]) -> Answers:
    """Return the points with the comments each sums up; only comments that begin with a point are meant."""
    received = stage.pages(officer, f"/cases/{stage.case_id}/comments")
    meant = {
        point: [one["id"] for one in received if one["text"].startswith(point)] for point, _, _, _ in points
    }
    return {
        "comments_received": sum(map(len, meant.values())),
        "points": [
            {"point": point, "comments": meant[point], "handling": result}
            | ({"reason": reason} if reason else {})
            for point, result, reason, _ in points
        ],
        "summary": "逐条归纳研究，采纳情况和理由见各要点。",
    }


def supplied(key: str, papers: Mapping[str, str], without: Mapping[str, str]) -> list[Answers]:
    """Return a list of materials under *key*: name -> document id, and name -> why it does not apply."""
    filed = [{key: name, "status": "FILED", "document_ref": paper} for name, paper in papers.items()]
    return filed + [{key: name, "status": "NOT_APPLICABLE", "reason": why} for name, why in without.items()]


def legality(stage: Stage, reviewer: str, unit: str, outcome: str, at: str, **more: Any) -> Answers:
    """Return the reviewing department's opinion of *outcome*; the three findings may be given in *more*."""
    return {
        "outcome": outcome,
        "within_authority": {"conforms": True, "explanation": "属于本机关法定权限。"},
        "procedure_performed": {"conforms": True, "explanation": "已履行法定程序，材料齐备。"},
        "content_consistent": {"conforms": True, "explanation": "内容与法律、法规、规章和国家政策一致。"},
        "opinion": "经审查，提出如下意见，详见意见书。",
        "issued_by_org": stage.unit(unit),
        "reviewer_id": stage.person(reviewer),
        "signed_at": moment(at),
        **more,
    }


def advice(conclusion: str, opinion: str, at: str, paper: str) -> Answers:
    """Return the legal adviser's opinion."""
    return {
        "adviser_kind": "LEGAL_ADVISER",
        "firm": "清正律师事务所",
        "licence_no": "LH-2016-0713",
        "conflict_declaration": "NONE",
        "conclusion": conclusion,
        "opinion": opinion,
        "signed_at": moment(at),
        "opinion_ref": paper,
    }


def dossier(stage: Stage, without: Mapping[str, str], filed_on: str, archive_no: str) -> Answers:
    """Return every code of the catalogue: filed, or in *without* with the reason."""
    items = supplied("code", {code: stage.papers[code] for code in CODES if code not in without}, without)
    kept = [one | ({"retention": "PERMANENT"} if one["status"] == "FILED" else {}) for one in items]
    return {
        "dossier": sorted(kept, key=lambda one: one["code"]),
        "filed_on": filed_on,
        "archive_no": archive_no,
    }


def close_dossier(
    stage: Stage, archivist: str, answers_from: Mapping[str, str], filed_on: str, no: str
) -> None:
    """File the list of contents and the log, then the dossier itself."""
    stage.file(archivist, "D00", "卷内目录、备考表", "\n".join(CODES))
    trail = stage.pages(archivist, f"/cases/{stage.case_id}/events")
    hashes = "\n".join(f"{one['seq']} {one['hash']}" for one in trail)
    stage.file(archivist, "D34", "过程审计日志导出及哈希清单", hashes)
    stage.complete(archivist, "archive_dossier", dossier(stage, answers_from, filed_on, no))
