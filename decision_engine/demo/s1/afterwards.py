"""From the decision to the archive and the end of its execution: 13 May to 30 September 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.s1.beginning import TITLE
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene
from decision_engine.demo.town import DISTRICT, PUBLIC_SERVICE

Answers = dict[str, Any]

NOT_APPLICABLE = {
    "D08": "本决策不新增财政支出，未作成本效益分析。",
    "D16": "不涉及经营主体经济活动。",
    "D25": "镇长决定与多数意见一致。",
    "D31": "未发生需要报告或中止的情形。",
    "D32": "未开展后评估。",
    "D33": "未调整或终止。",
}
CODES = tuple(f"D{number:02}" for number in range(35))


@scene("2026-05-13 10:00", "向临河区人民政府报批")
def send_for_approval(stage: Stage) -> None:
    """The town proposes, the district decides: the request goes out."""
    stage.file("secretary", "D27", "关于撤销三村村民委员会的请示", "报临河区人民政府批准。", name="request")


@scene("2026-06-10 15:00", "临河区人民政府批复")
def external_approval(stage: Stage) -> None:
    """The district approves; on this day the decision is made."""
    paper = stage.file(
        "secretary", "D27", "临河区人民政府批复", "临政复〔2026〕12号：同意撤销。", name="approval"
    )
    stage.complete("secretary", "external_approval", approval(paper))


def approval(paper: str, **changes: Any) -> Answers:
    """Return the district's answer."""
    return {
        "outcome": "APPROVED",
        "approving_organ": DISTRICT,
        "sent_on": "2026-05-13",
        "replied_on": "2026-06-10",
        "approval_no": "临政复〔2026〕12号",
        "reply": "同意撤销西柳、南柳、东园村村民委员会。",
        "approval_ref": paper,
        **changes,
    }


@scene("2026-06-11 09:00", "签发决策")
def sign_decision(stage: Stage) -> None:
    """The mayor signs; the decision gets its number."""
    paper = stage.file("secretary", "D28", f"{TITLE}（正式文本、签发单）", "青政发〔2026〕5号。", public=True)
    stage.complete("mayor", "sign_decision", signature(paper))


def signature(paper: str) -> Answers:
    """Return the decision's number, date and disclosure."""
    return {
        "title": TITLE,
        "document_number": "青政发〔2026〕5号",
        "signed_on": "2026-06-11",
        "sealed": True,
        "non_public": False,
        "disclosure": "PROACTIVE",
        "effective_on": "2026-06-12",
        "decision_ref": paper,
    }


@scene("2026-06-12 09:00", "公布决策")
def publish_decision(stage: Stage) -> None:
    """The public can read the decision."""
    stage.file(
        "secretary", "D29", "公布、解读材料及发布记录", "镇政府网站、公告栏，2026年6月12日。", public=True
    )
    stage.complete("secretary", "publish_decision", publication())


def publication(at: str = "2026-06-12 09:00") -> Answers:
    """Return where and when the decision was published."""
    return {
        "publications": [
            {"channel": "GOVERNMENT_WEBSITE", "url": "https://qinghe.example/zwgk/2026-05", "at": moment(at)},
            {"channel": "NOTICE_BOARD", "at": moment(at)},
        ],
        "index_no": "QH-2026-0005",
        "adoption_summary": "公众意见63件归纳11项：采纳7项，部分采纳2项，不采纳2项并说明理由。",
    }


@scene("2026-06-12 10:00", "政策解读，明确执行单位")
def name_executor(stage: Stage) -> None:
    """The decision is explained, and an executor named with tasks, owners and days."""
    stage.complete(
        "officer",
        "interpret_policy",
        {
            "interpretation": [
                {
                    "form": "BRIEFING",
                    "at": moment("2026-06-12 10:00"),
                    "summary": "入社区宣讲三村撤销后的办事和服务安排。",
                }
            ],
            "adoption_summary": "见意见采纳情况反馈公告。",
        },
    )
    stage.complete(
        "director",
        "name_executor",
        {
            "executor": stage.unit(PUBLIC_SERVICE),
            "responsible_person": stage.person("executor"),
            "tasks": [
                {"task": "收缴三村印章，移交档案", "owner": PUBLIC_SERVICE, "due_on": "2026-06-30"},
                {
                    "task": "设立三村便民服务窗口",
                    "owner": PUBLIC_SERVICE,
                    "due_on": "2026-06-30",
                    "risk_measure": 3,
                },
                {
                    "task": "落实村干部安置和养老补贴",
                    "owner": "党委组织委员",
                    "due_on": "2026-09-30",
                    "risk_measure": 2,
                },
                {
                    "task": "公开清产核资结果",
                    "owner": "农业农村办公室",
                    "due_on": "2026-09-30",
                    "risk_measure": 1,
                },
                {"task": "包户走访、领导接访", "owner": "司法所", "due_on": "2026-09-30", "risk_measure": 4},
            ],
            "report_schedule": "2026年6月30日首次报告，此后每季度报告一次。",
            "first_report_on": "2026-06-30",
        },
    )


@scene("2026-06-30 15:00", "首次执行报告")
def first_report(stage: Stage) -> None:
    """The executor reports back."""
    paper = stage.file(
        "executor", "D30", "执行单位确定、任务分解和首次执行报告", "印章收缴、窗口设立已完成。"
    )
    stage.complete("executor", "report_execution", execution("IN_PROGRESS", "2026-06-30", paper))


def execution(status: str, day: str, paper: str) -> Answers:
    """Return a report on the execution."""
    return {
        "status": status,
        "progress": "五项任务全部完成。"
        if status == "COMPLETED"
        else "印章收缴、档案移交和服务窗口已完成，其余按期推进。",
        "reported_on": day,
        "measures_done": [1, 2, 3, 4] if status == "COMPLETED" else [3],
        "inspections": [{"inspected_on": day, "inspector": "督查室　严明", "finding": "情况属实。"}],
        "report_ref": paper,
    }


@scene("2026-07-03 10:00", "立卷归档")
def archive_dossier(stage: Stage) -> None:
    """The dossier is filed completely, a week before it is due."""
    stage.file("archivist", "D00", "卷内目录、备考表", "\n".join(CODES))
    trail = stage.pages("archivist", f"/cases/{stage.case_id}/events")
    stage.file(
        "archivist",
        "D34",
        "过程审计日志导出及哈希清单",
        "\n".join(f"{one['seq']} {one['hash']}" for one in trail),
    )
    stage.complete("archivist", "archive_dossier", dossier(stage))


def dossier(stage: Stage, filed_on: str = "2026-07-03") -> Answers:
    """Return every code of the catalogue: filed, or not applicable with the reason."""
    items: list[Answers] = []
    for code in CODES:
        if code in NOT_APPLICABLE:
            items.append({"code": code, "status": "NOT_APPLICABLE", "reason": NOT_APPLICABLE[code]})
        else:
            items.append(
                {
                    "code": code,
                    "status": "FILED",
                    "document_ref": stage.papers[code],
                    "retention": "PERMANENT",
                }
            )
    return {"dossier": items, "filed_on": filed_on, "archive_no": "QH-JC-2026-001"}


@scene("2026-09-30 15:00", "执行完毕")
def last_report(stage: Stage) -> None:
    """Every task is done; the case ends."""
    paper = stage.file("executor", "D30", "执行完毕报告", "五项任务全部完成。", name="last report")
    stage.complete("executor", "report_execution", execution("COMPLETED", "2026-09-30", paper))
