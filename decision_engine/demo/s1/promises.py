"""What story S1 promises (domain.md section 13), checked from outside: what the house answers over HTTP.

The legal dates are counted here from the recorded acts by the calendar and the parameters in force for the town;
the hashes of the trail are computed again from the events as they were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from decision_engine import rules
from decision_engine.calendar import WorkCalendar
from decision_engine.demo.expecting import hangs_together as _hangs_together
from decision_engine.demo.expecting import local
from decision_engine.demo.roomed import rooms
from decision_engine.demo.s1.meetings import GOVERNMENT, PARTY
from decision_engine.demo.stage import Stage
from decision_engine.demo.story import Check
from decision_engine.demo.town import MAYORS_OFFICE, OFFICIALS, OVERLAYS, PARTY_COMMITTEE, TOWN, official

Json = dict[str, Any]

NOT_APPLICABLE = ["D08", "D16", "D25", "D31", "D32", "D33"]
ANSWERABLE = {
    "register_proposal": "苏文静",
    "decide_initiation": "江远舟",
    "draft_decision": "林小满",
    "determine_procedure": "高为民",
    "assess_risk": "杜安平",
    "determine_risk": "江远舟",
    "legal_adviser_opinion": "刘衡",
    "issue_legality_opinion": "宋秉直",
    "sign_decision": "江远舟",
    "publish_decision": "苏文静",
    "archive_dossier": "孟卷舒",
}
"""Step -> who answers for it."""
POSTS = {"宋秉直": "司法所所长", "江远舟": "镇长", "林小满": "公共服务办公室科员"}


def expected(stage: Stage) -> list[Check]:
    """Return every promise of the story with what was found."""
    case = f"/cases/{stage.case_id}"
    records = stage.pages("auditor", f"{case}/records")
    events = stage.pages("auditor", f"{case}/events")
    return [
        *_procedure(stage, records, events),
        *_risk(records),
        *_meetings(stage, records),
        *rooms(stage, (GOVERNMENT, PARTY)),
        *_dossier(records),
        *_trail(stage, events),
        *_accountability(stage.ask("auditor", f"{case}/accountability")["items"]),
    ]


def _procedure(stage: Stage, records: Sequence[Json], events: Sequence[Json]) -> list[Check]:
    of = partial(_answers, records)
    calendar, organ = WorkCalendar.standard(), rules.Organ(stage.town.organ_id, "town", OVERLAYS, TOWN)

    def counted(start: str, period: str) -> str:
        begin = date.fromisoformat(start)
        return calendar.add(begin, rules.period(period, organ, begin)).day.isoformat()

    consultation = stage.ask(None, f"/consultations/{stage.case_id}")
    complete = next(one for one in reversed(_all(records, "check_review_package")))["data"]
    approved = of("external_approval")["replied_on"]
    published = of("publish_decision")["publications"][0]["at"][:10]
    fired = [one["body"]["due"] for one in events if one["kind"] == "timer.fired"]
    comments = stage.pages("officer", f"/cases/{stage.case_id}/comments")
    points = of("handle_comments")["points"]
    ended = stage.ask("auditor", f"/cases/{stage.case_id}")
    return [
        Check(
            "征求意见期限届满日（3月6日起30日，遇清明顺延）",
            "2026-04-07",
            counted("2026-03-06", "public_comment_days"),
        ),
        Check("公告截止日期", "2026-04-07", consultation["deadline"]),
        Check("期限由时钟办理一次，届满时刻", ["2026-04-08 00:00"], [local(due) for due in fired]),
        Check("公众意见件数", 63, len(comments)),
        Check("意见要点：采纳、部分采纳、不采纳", (7, 2, 2), _handled(points)),
        Check(
            "合法性审查最早反馈日期",
            "2026-04-28",
            counted(complete["package_complete_at"][:10], "legality_review_days"),
        ),
        Check("合法性审查结论", "LEGAL", of("issue_legality_opinion")["outcome"]),
        Check("审查意见出具日期", "2026-04-28", of("issue_legality_opinion")["signed_at"][:10]),
        Check("区政府批准日期", "2026-06-10", approved),
        Check("主动公开期限", "2026-07-09", counted(approved, "publication_days")),
        Check("公布日期", "2026-06-12", published),
        Check("归档期限", "2026-07-10", counted(approved, "archive_days")),
        Check("在期限内归档", True, of("archive_dossier")["filed_on"] <= counted(approved, "archive_days")),
        Check("案件状态", "ENDED", ended["status"]),
    ]


def _risk(records: Sequence[Json]) -> list[Check]:
    report = _answers(records, "assess_risk")

    def index(probability: str, impact: str) -> str:
        points = report["risk_points"]
        total = sum(
            (Decimal(one["weight"]) * Decimal(one[probability]) * Decimal(one[impact]) for one in points),
            Decimal(0),
        )
        return f"{total.normalize():f}"

    return [
        Check("初始风险指数", "0.352", index("probability", "impact")),
        Check("措施后风险指数", "0.174", index("residual_probability", "residual_impact")),
        Check("措施后风险等级", "LOW", report["residual_level"]),
        Check("风险认定", "CONTROLLABLE", _answers(records, "determine_risk")["outcome"]),
    ]


def _meetings(stage: Stage, records: Sequence[Json]) -> list[Check]:
    openings = _all(records, "open_meeting")
    votes, decisions = _all(records, "vote"), _all(records, "principal_decides")
    checks = [
        Check(
            "会议次数和顺序", [MAYORS_OFFICE, PARTY_COMMITTEE], [one["data"]["body_type"] for one in openings]
        )
    ]
    wanted = {
        MAYORS_OFFICE: ("镇长办公会", "2026-05-08", 7, 6, "mayor"),
        PARTY_COMMITTEE: ("镇党委会", "2026-05-12", 9, 8, "party.secretary"),
    }
    names = {stage.person(one.login): one.name for one in OFFICIALS}
    for opening, vote, decision in zip(openings, votes, decisions, strict=True):
        name, day, due, present, principal = wanted[opening["data"]["body_type"]]
        speeches = [
            one["author_id"]
            for one in records
            if one["kind"] in {"member_speaks", "principal_speaks_last"}
            and opening["seq"] < one["seq"] < vote["seq"]
        ]
        yes = sum(one["vote"] == "YES" for one in vote["data"]["ballots"])
        checks += [
            Check(f"{name}日期", day, opening["data"]["opened_at"][:10]),
            Check(
                f"{name}应到、实到",
                (due, present),
                (len(opening["data"]["due"]), len(opening["data"]["present"])),
            ),
            Check(f"{name}发言人数", present, len(set(speeches))),
            Check(f"{name}末位发言", official(principal).name, names.get(speeches[-1])),
            Check(f"{name}赞成票", present, yes),
            Check(f"{name}决定", "APPROVE", decision["data"]["outcome"]),
        ]
    return checks


def _dossier(records: Sequence[Json]) -> list[Check]:
    items = _answers(records, "archive_dossier")["dossier"]
    return [
        Check("卷宗目录完整", [f"D{number:02}" for number in range(35)], [one["code"] for one in items]),
        Check("不适用的卷宗材料", NOT_APPLICABLE, [one["code"] for one in items if one["status"] != "FILED"]),
        Check(
            "已附材料均有文件",
            True,
            all(one.get("document_ref") for one in items if one["status"] == "FILED"),
        ),
    ]


def _trail(stage: Stage, events: Sequence[Json]) -> list[Check]:
    chain = stage.ask("auditor", f"/cases/{stage.case_id}/events", page_size=1)["chain"]
    used = [name for one in events for name in one["body"].get("exceptions", [])]
    return [
        Check("例外情形登记", [], used),
        Check("被拒绝的操作", [], [one["seq"] for one in events if one["kind"] == "act.refused"]),
        Check("日志链完整（系统核验）", True, chain["intact"]),
        Check("日志链完整（逐条重新计算）", True, _hangs_together(events)),
        Check("日志条数", chain["length"], len(events)),
    ]


def _accountability(rows: Sequence[Json]) -> list[Check]:
    found = {row["step"]: row["person"] for row in rows if row["step"] in ANSWERABLE}
    posts = {row["person"]: row["post_then"] for row in rows if row["person"] in POSTS}
    speakers = {row["person"] for row in rows if row["step"] == "member_speaks"}
    return [
        Check("各步骤责任人", ANSWERABLE, found),
        Check("责任人当时的职务", POSTS, posts),
        Check("会上发言的组成人员人数（两会合计，去重）", 11, len(speakers)),
    ]


def _all(records: Sequence[Json], kind: str) -> list[Json]:
    return [one for one in records if one["kind"] == kind]


def _answers(records: Sequence[Json], kind: str) -> Json:
    data: Json = _all(records, kind)[-1]["data"]
    return data


def _handled(points: Sequence[Json]) -> tuple[int, ...]:
    results = [one["handling"] for one in points]
    return tuple(results.count(one) for one in ("ADOPTED", "PARTLY_ADOPTED", "NOT_ADOPTED"))
