"""The hearing on the second draft, the experts, and what became of all opinions. 6 May to 12 June 2026."""

from __future__ import annotations

from typing import Any

from decision_engine.demo.filled import handling
from decision_engine.demo.s3.beginning import PARENTS, POINTS, TEACHERS, VILLAGERS
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene

Answers = dict[str, Any]

SEATS = (
    (PARENTS, 9),
    (TEACHERS, 3),
    (VILLAGERS, 3),
    ("人大代表", 2),
    ("政协委员", 1),
    ("专家", 2),
    ("客运企业", 1),
)
"""Who sits at the hearing: 21 people of seven sides."""
VIEWS = ("FOR",) * 14 + ("AGAINST",) * 5 + ("NEUTRAL",) * 2
EXPERTS = ("expert1", "expert2", "expert3", "expert4", "expert5")
RESERVED, CONTRARY = "expert3", "expert5"
"""Who reserves an opinion in the end, and who had published against it before."""
BUS_TIME = "校车单程时间不超过40分钟"


@scene("2026-05-06 09:00", "公布第二稿、听证公告和遴选办法")
def announce_hearing(stage: Stage) -> None:
    """The second draft is published with the rule by which participants are chosen, thirty days before."""
    stage.file(
        "district.officer",
        "D09",
        "第二稿及听证公告、听证参加人遴选办法",
        "2026年6月5日听证；名单5月21日公布。",
        public=True,
    )


@scene("2026-06-05 16:00", "举行听证会")
def hold_hearing(stage: Stage) -> None:
    """21 take part: 14 for, 5 against, 2 neutral; 20 sign, one refusal is noted."""
    record = stage.file("district.officer", "D11", "听证笔录、参加人名单、材料送达回证", "21人参加。")
    stage.complete("district.officer", "hold_hearing", hearing(record))


def hearing(
    record: str, *, delivered: str = "2026-05-27", views: tuple[str, ...] = VIEWS, without: str = ""
) -> Answers:
    """Return the hearing; *delivered*: day of the materials; *without*: a side nobody was chosen from."""
    sides = [side for side, seats in SEATS for _ in range(seats)]
    people = [
        {
            "name": f"{side}代表{number}",
            "side": side,
            "delivered_at": moment(f"{delivered} 10:00"),
            "present": True,
            "view": view,
            **(
                {"signed": True}
                if number > 1
                else {"signed": False, "refusal_note": "本人不愿签字，已注明。"}
            ),
        }
        for number, (side, view) in enumerate(zip(sides, reversed(views), strict=True), start=1)
    ]
    return {
        "hearing_basis": "撤并农村学校须听取家长意见。",
        "notice_published_at": moment("2026-05-06 09:00"),
        "hearing_at": moment("2026-06-05 09:00"),
        "place": "中心小学报告厅",
        "selection_needed": True,
        "selection_rule_published_at": moment("2026-05-06 09:00"),
        "selection_record": "公开报名、分类抽签，区监察人员现场监督。",
        "list_published_at": moment("2026-05-21 09:00"),
        "sides": [side for side, _ in SEATS],
        "participants": [one for one in people if one["side"] != without],
        "steps": ["PRESENTATION", "DEBATE", "SIGNING"],
        "report": "多数参加人赞成第二稿，集中要求限定校车时间。",
        "record_ref": record,
    }


@scene("2026-06-09 10:00", "归纳意见并反馈")
def handle_comments(stage: Stage) -> None:
    """Every opinion is answered after the hearing."""
    stage.complete("district.officer", "handle_comments", handling(stage, "district.officer", POINTS))
    summary = "意见69件归纳4项，采纳3项，不采纳1项并说明理由；听证会21人参加，14人赞成。"
    paper = stage.file("district.officer", "D13", "意见采纳情况及理由反馈公告", summary, public=True)
    said = {
        "published_at": moment("2026-06-09 10:00"),
        "channels": ["GOVERNMENT_WEBSITE", "NOTICE_BOARD"],
        "summary": summary,
        "feedback_ref": paper,
    }
    stage.complete("district.officer", "publish_feedback", said)


@scene("2026-06-12 15:00", "五名专家论证")
def argue(stage: Stage) -> None:
    """Five experts, one of whom had written against it; four agree, one reserves the opinion."""
    stage.complete("district.officer", "select_experts", selection(stage))
    for login in EXPERTS:
        stage.complete(login, "expert_opinion", opinion(stage, login))
    paper = stage.file("district.officer", "D14", "专家论证意见及汇总", "四人同意，一人保留意见。")
    stage.complete(
        "district.officer",
        "summarise_argumentation",
        {
            "summary": "四名专家同意，一名保留意见。",
            "points": [{"point": BUS_TIME, "handling": "ADOPTED"}],
            "report_ref": paper,
        },
    )


def selection(stage: Stage) -> Answers:
    """Return who was asked and what each declared."""
    return {
        "experts": [stage.person(login) for login in EXPERTS],
        "form": "MEETING",
        "selection_method": "从市级专家库抽取，兼顾教育、交通、法律、财政，并包含持不同观点者。",
        "declarations": [
            {
                "expert": stage.person(login),
                "conflict_declaration": "NONE",
                "stance_before": "OPPOSES" if login == CONTRARY else "UNKNOWN",
            }
            for login in EXPERTS
        ],
        "questions": "低年级保留教学点、先建后撤和校车安排是否科学可行。",
    }


def opinion(stage: Stage, login: str) -> Answers:
    """Return one expert's signed opinion."""
    return {
        "conclusion": "RESERVED" if login == RESERVED else "AGREE",
        "necessity": "生源减少，调整必要。",
        "feasibility": "先建后撤，条件可以落实。",
        "scientific_soundness": "校车时间应当限定。",
        "suggestions": BUS_TIME,
        "conflict_declaration": "NONE",
        "signed_by": stage.person(login),
        "signed_at": moment("2026-06-12 15:00"),
    }
