"""One plain, lawful answer to every step, told after scenario S1 (青禾镇 dissolves three village committees).

Ids are fixed and invented. Whoever drives a whole case with these answers gives its persons, units and documents
these ids, or replaces them (`with_ids`). Steps S1 does not need are answered in the same town.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _id(family: int, number: int) -> str:
    return f"{family:08x}0000400080000000{number:08x}"


PERSONS = {
    name: _id(1, number)
    for number, name in enumerate(
        (
            "secretary",  # 党政办经办人
            "officer",  # 公共服务办承办人
            "unit_head",  # 公共服务办主任
            "office_director",  # 党政办主任
            "mayor",
            "deputy_1",
            "deputy_2",
            "deputy_3",
            "deputy_4",
            "deputy_5",
            "deputy_6",
            "party_secretary",
            "committee_1",
            "committee_2",
            "committee_3",
            "committee_4",
            "committee_5",
            "committee_6",
            "committee_7",
            "legal_officer",
            "legal_adviser",
            "assessor",
            "expert_1",
            "expert_2",
            "expert_3",
            "recorder",
            "archivist",
            "market_regulator",
        ),
        start=1,
    )
}
UNITS = {
    name: _id(2, number)
    for number, name in enumerate(
        ("public_services", "agriculture", "justice", "party_government_office", "finance"), start=1
    )
}
DOCUMENTS = {name: _id(3, number) for number, name in enumerate(("draft", "explanation"), start=1)}

CABINET = ("mayor", *(f"deputy_{n}" for n in range(1, 7)))
COMMITTEE = ("party_secretary", "mayor", *(f"committee_{n}" for n in range(1, 8)))


def _people(names: tuple[str, ...]) -> list[str]:
    return [PERSONS[name] for name in names]


def meeting(body_type: str, day: str, due: tuple[str, ...], away: str) -> dict[str, dict[str, Any]]:
    """Return the answers of one meeting of *body_type*: the first of *due* presides, *away* is on leave, all agree."""
    present = tuple(name for name in due if name != away)
    principal = present[0]
    return {
        "open_meeting": {
            "body_type": body_type,
            "opened_at": f"{day}T09:00:00+08:00",
            "place": "镇政府二楼会议室",
            "chair": PERSONS[principal],
            "due": _people(due),
            "present": _people(present),
            "absent": [{"member": PERSONS[away], "reason": "在区里参加会议", "leave": True}],
            "speakers": _people(present[1:]),
        },
        "member_arrives": {"at": f"{day}T09:20:00+08:00"},
        "member_leaves": {"at": f"{day}T09:40:00+08:00", "reason": "接上级紧急通知"},
        "member_recuses": {
            "at": f"{day}T09:10:00+08:00",
            "ground": "议题涉及其近亲属",
            "initiated_by": "SELF",
        },
        "report_item": {
            "report": "公共服务办公室汇报撤销三个村民委员会的草案、依据、程序和各方意见。",
            "reported_by": PERSONS["officer"],
            "reported_at": f"{day}T09:05:00+08:00",
        },
        "member_speaks": {"stance": "AGREE", "statement": "同意草案，请做好集体资产清理。"},
        "principal_speaks_last": {"stance": "AGREE", "statement": "同意大家的意见，按程序报批。"},
        "vote": {
            "method": "NAMED_BALLOT",
            "ballots": [{"member": PERSONS[name], "vote": "YES"} for name in present],
        },
        "principal_decides": {
            "outcome": "APPROVE",
            "decision": "同意撤销西柳、南柳、东园村村民委员会，报区人民政府批准。",
            "announced_at": f"{day}T10:20:00+08:00",
        },
        "sign_minutes": {
            "minutes": "会议听取汇报，组成人员逐一发表意见，主要负责人末位发言，记名表决一致同意。",
            "main_questions": "集体资产清理期限，村干部安置。",
            "keeper": PERSONS["recorder"],
            "speeches": [
                {"seq": seq, "speaker": PERSONS[name], "kind": "OPINION", "summary": "同意。"}
                for seq, name in enumerate((*present[1:], principal), start=1)
            ],
            "signatures": [
                {"member": PERSONS[name], "signed": True, "signed_at": f"{day}T11:00:00+08:00"}
                for name in present
            ],
        },
    }


GOVERNMENT_MEETING = meeting("mayor_office_meeting", "2026-05-08", CABINET, away="deputy_6")
PARTY_MEETING = meeting("party_committee", "2026-05-12", COMMITTEE, away="committee_7")

PROPOSAL: dict[str, dict[str, Any]] = {
    "register_proposal": {
        "title": "关于撤销西柳、南柳、东园村村民委员会的决定（草案）",
        "matter_category": "E",
        "collective_category": "MAJOR_DECISION",
        "matter_type": "VILLAGE_COMMITTEE_CHANGE",
        "exclusion_type": "NONE",
        "lex_specialis": [
            {
                "law": "村民委员会组织法",
                "article": "第三条",
                "extra_steps": "乡镇人民政府提出，经村民会议讨论同意，报县级人民政府批准",
            }
        ],
        "proposer_type": "DEPARTMENT",
        "proposer_name": "青禾镇公共服务办公室",
        "proposed_on": "2026-02-24",
        "main_problem": "三村村民已整体迁入社区，村民委员会无法正常履职。",
        "reasons_basis": "依据村民委员会组织法第三条，三村已无独立的自治服务对象。",
        "first_plan": "撤销三个村民委员会，居民服务由社区居民委员会承接，集体资产清产核资后依法处置。",
        "necessity_feasibility": "有利于统一提供公共服务；三村户籍、住房和就业均已安置，条件具备。",
        "study_unit": UNITS["public_services"],
    },
    "study_proposal": {
        "study_report": "经走访三村、查阅户籍和资产台账，撤销村民委员会确有必要，条件具备。",
        "necessity": "三村村民均已迁入社区，原村域不再有居住人口。",
        "feasibility": "社区居民委员会已设立并配齐人员，可承接服务。",
        "recommendation": "START",
        "studied_on": "2026-02-25",
    },
    "decide_initiation": {
        "outcome": "START",
        "reasons": "建议理由充分，具备启动条件。",
        "decided_on": "2026-02-26",
        "decided_in": "镇长办公会",
    },
    "assign_lead_unit": {
        "lead_unit": UNITS["public_services"],
        "co_units": [UNITS["agriculture"], UNITS["justice"]],
        "responsible_person": PERSONS["unit_head"],
    },
    "draft_decision": {
        "draft_ref": DOCUMENTS["draft"],
        "explanation_ref": DOCUMENTS["explanation"],
        "summary": "撤销三个村民委员会；明确资产清理、印章缴销、人员安置和服务衔接。",
        "legal_basis": [
            {
                "kind": "LAW",
                "title": "中华人民共和国村民委员会组织法",
                "article": "第三条",
                "version_on": "2018-12-29",
            },
            {"kind": "ADMINISTRATIVE_REGULATION", "title": "重大行政决策程序暂行条例", "article": "第三条"},
        ],
        "not_needed_reason": "不新增财政支出，不涉及资源和环境投入。",
        "research_records": [
            {
                "held_on": "2026-02-27",
                "subject": "西柳、南柳、东园三村入户走访",
                "summary": "多数村民支持，关心集体资产分配。",
            }
        ],
    },
    "consult_units": {
        "affected_units": [UNITS["agriculture"], UNITS["justice"]],
        "consultations": [
            {
                "unit": UNITS["agriculture"],
                "asked_on": "2026-03-02",
                "replied_on": "2026-03-04",
                "position": "AGREE",
                "opinion": "同意，建议先完成清产核资。",
                "handling": "ADOPTED",
            },
            {
                "unit": UNITS["justice"],
                "asked_on": "2026-03-02",
                "replied_on": "2026-03-04",
                "position": "AGREE",
                "opinion": "同意。",
                "handling": "ADOPTED",
            },
        ],
    },
    "determine_procedure": {
        "non_public": False,
        "is_technical": False,
        "not_technical_reason": "事项为村民自治组织的撤销，不涉及专业技术问题。",
        "risk_trigger": True,
        "market_players": False,
        "no_market_players_reason": "不涉及经营者的市场准入和经营活动。",
        "external_approval": True,
        "external_approval_body": "临河区人民政府",
        "npc_route": "NONE",
        "village_matter": True,
        "affected_groups": [],
    },
}

PARTICIPATION: dict[str, dict[str, Any]] = {
    "publish_notice": {
        "title": "关于撤销西柳、南柳、东园村村民委员会公开征求意见的公告",
        "draft_ref": DOCUMENTS["draft"],
        "explanation_ref": DOCUMENTS["explanation"],
        "channels": ["GOVERNMENT_WEBSITE", "OFFICIAL_SOCIAL_MEDIA", "NOTICE_BOARD"],
        "urls": ["https://qinghe.example/notices/2026-03-06"],
        "how_to_submit": "来信：青禾镇政府公共服务办公室；电话：000-0000000；也可在网上表单填写。",
        "contact": "公共服务办公室，电话 000-0000000",
        "published_at": "2026-03-06T09:00:00+08:00",
        "deadline": "2026-04-07",
        "privacy_note": "意见人的个人信息仅用于研究意见，不对外公开。",
    },
    "hold_hearing": {
        "hearing_basis": "涉及村民切身利益，决定举行听证。",
        "notice_published_at": "2026-03-06T09:00:00+08:00",
        "hearing_at": "2026-04-05T09:00:00+08:00",
        "place": "镇政府一楼会议厅",
        "chair": PERSONS["office_director"],
        "selection_needed": True,
        "selection_rule_published_at": "2026-03-06T09:00:00+08:00",
        "selection_record": "在报名人中公开抽签产生，镇纪检人员现场监督。",
        "list_published_at": "2026-03-20T09:00:00+08:00",
        "sides": ["村民", "社区居民"],
        "participants": [
            {
                "name": name,
                "side": side,
                "delivered_at": "2026-03-26T09:00:00+08:00",
                "present": True,
                "view": "FOR",
                "signed": True,
            }
            for side in ("村民", "社区居民")
            for name in (f"{side}代表{n}" for n in range(1, 9))
        ],
        "steps": ["PRESENTATION", "DEBATE", "SIGNING"],
        "report": "参加人均赞成撤销，建议尽快完成集体资产清理。",
    },
    "run_survey": {
        "form": "QUESTIONNAIRE",
        "purpose": "了解三村村民对撤销村民委员会的意见。",
        "conducted_by": "青禾镇公共服务办公室",
        "started_on": "2026-03-10",
        "ended_on": "2026-03-20",
        "population": 1486,
        "sample_frame": "三村全部十八周岁以上村民",
        "sample_size": 1486,
        "responses": 1320,
        "objecting": 61,
        "wording": "您是否同意撤销本村村民委员会？",
        "results": [{"option": "同意", "count": 1259}, {"option": "不同意", "count": 61}],
        "summary": "绝大多数村民同意。",
    },
    "hold_symposium": {
        "form": "SYMPOSIUM",
        "held_on": "2026-03-18",
        "place": "西柳村党群服务中心",
        "affected_groups": ["村干部"],
        "participants": [{"name": "三村村民代表", "represents": "村民", "opinion": "支持，关心资产分配。"}],
        "summary": "与会人员支持撤销，建议明确资产清理时间表。",
    },
    "hold_villagers_meeting": {
        "meetings": [
            {
                "village": village,
                "notice_on": "2026-03-10",
                "held_on": "2026-03-22",
                "adults": adults,
                "present": present,
                "households": households,
                "households_represented": represented,
                "yes": yes,
                "no": no,
                "abstain": abstain,
            }
            for village, adults, present, households, represented, yes, no, abstain in (
                ("西柳村", 496, 271, 171, 132, 258, 9, 4),
                ("南柳村", 512, 286, 176, 140, 270, 11, 5),
                ("东园村", 478, 262, 165, 128, 249, 8, 5),
            )
        ]
    },
    "handle_comments": {
        "comments_received": 63,
        "points": [
            *({"point": f"建议完善服务衔接安排（之{n}）。", "handling": "ADOPTED"} for n in range(1, 8)),
            {
                "point": "集体资产应在两个月内清理完毕。",
                "handling": "PARTLY_ADOPTED",
                "reason": "清产核资须经公示和审计，改为四个月内完成。",
            },
            {
                "point": "村印章应保留一年。",
                "handling": "PARTLY_ADOPTED",
                "reason": "印章在清算期内封存，清算结束后缴销。",
            },
            {
                "point": "建议保留村民委员会。",
                "handling": "NOT_ADOPTED",
                "reason": "三村村民会议均已讨论同意撤销。",
            },
            {
                "point": "建议按户平均分配集体资产。",
                "handling": "NOT_ADOPTED",
                "reason": "资产处置由集体经济组织成员依法民主决定，不在本决定范围。",
            },
        ],
        "summary": "收到意见63条，归纳为11个要点。",
    },
    "publish_feedback": {
        "published_at": "2026-04-13T10:00:00+08:00",
        "channels": ["GOVERNMENT_WEBSITE", "NOTICE_BOARD"],
        "summary": "采纳7个要点，部分采纳2个，不采纳2个，理由逐项说明。",
    },
}

EXPERTS: dict[str, dict[str, Any]] = {
    "select_experts": {
        "experts": _people(("expert_1", "expert_2", "expert_3")),
        "form": "MEETING",
        "selection_method": "从区专家库中按专业抽取，兼顾不同观点。",
        "expert_pool_id": "临河区行政决策咨询专家库",
        "declarations": [
            {"expert": PERSONS[name], "conflict_declaration": "NONE", "stance_before": "UNKNOWN"}
            for name in ("expert_1", "expert_2", "expert_3")
        ],
        "questions": "撤销三个村民委员会的必要性、可行性和科学性。",
    },
    "expert_opinion": {
        "conclusion": "AGREE",
        "necessity": "三村已无居住人口，确有必要。",
        "feasibility": "服务承接安排完备，可行。",
        "scientific_soundness": "步骤安排合理。",
        "conflict_declaration": "NONE",
        "sealed": True,
        "signed_at": "2026-04-09T15:00:00+08:00",
    },
    "summarise_argumentation": {
        "summary": "三位专家一致认为必要、可行、科学。",
        "points": [{"point": "建议明确资产清理时限。", "handling": "ADOPTED"}],
    },
}

RISK: dict[str, dict[str, Any]] = {
    "commission_assessment": {
        "risk_types": ["SOCIAL_STABILITY"],
        "scope": "评估撤销三个村民委员会的社会稳定风险。",
        "assessor_kind": "THIRD_PARTY",
        "assessor_org": "安评公司甲",
        "commission_contract": "青政合〔2026〕3号",
        "no_interest_declared": True,
        "commissioned_on": "2026-03-09",
    },
    "assess_risk": {
        "basis": "撤销三个村民委员会；依据重大行政决策程序暂行条例第二十二条。",
        "assessors": [{"name": "评估员甲", "duty": "组长"}, {"name": "评估员乙", "duty": "入户调查"}],
        "process": "入户走访、座谈、专家打分，历时一个月。",
        "methods": [
            {"name": "重点走访、会商分析", "kind": "QUALITATIVE"},
            {"name": "专家打分、风险指数法", "kind": "QUANTITATIVE"},
        ],
        "departments_heard": [
            {"name": "农业农村办公室", "opinion": "建议先清产核资。", "handling": "ADOPTED"},
            {"name": "司法所", "opinion": "未见重大矛盾。", "handling": "ADOPTED"},
        ],
        "groups_heard": [{"name": "三村村民", "opinion": "多数支持。"}],
        "legality": "符合村民委员会组织法规定的程序。",
        "reasonableness": "兼顾村民利益与公共服务。",
        "feasibility": "承接机构和人员已到位。",
        "controllability": "风险点可识别，措施可落实。",
        "risk_points": [
            {
                "description": description,
                "affected_group": group,
                "weight": weight,
                "probability": probability,
                "impact": impact,
                "residual_probability": after,
                "residual_impact": left,
            }
            for description, group, weight, probability, impact, after, left in (
                ("集体资产分配争议", "集体经济组织成员", "0.35", "0.6", "0.7", "0.4", "0.5"),
                ("原村干部待遇", "原村干部", "0.25", "0.7", "0.6", "0.5", "0.4"),
                ("服务衔接空档", "老年村民", "0.20", "0.5", "0.6", "0.4", "0.4"),
                ("信访", "少数反对村民", "0.20", "0.4", "0.5", "0.2", "0.55"),
            )
        ],
        "initial_level": "LOW",
        "initial_index": "0.352",
        "measures": [
            {"risk_point": 1, "measure": "清产核资并公示", "owner": "农业农村办公室", "due_on": "2026-08-31"},
            {"risk_point": 2, "measure": "落实原村干部安置", "owner": "党政办公室", "due_on": "2026-07-31"},
            {
                "risk_point": 3,
                "measure": "社区设过渡服务点",
                "owner": "公共服务办公室",
                "due_on": "2026-06-30",
            },
            {"risk_point": 4, "measure": "逐户沟通，包案化解", "owner": "司法所", "due_on": "2026-06-30"},
        ],
        "residual_level": "LOW",
        "residual_index": "0.174",
        "contingency_plan": "成立应急处置小组，明确信息报送、现场处置和善后分工。",
        "suggestion": "IMPLEMENT",
        "conclusion": "措施后为低风险，可以实施。",
    },
    "determine_risk": {"outcome": "CONTROLLABLE", "reasons": "评估为低风险，措施明确、责任到人，风险可控。"},
    "fair_competition_review": {
        "outcome": "NO_RESTRICTION",
        "first_review": "不含限制市场准入、商品要素流动等内容。",
        "conclusion": "未发现排除、限制竞争的内容。",
        "operators_heard": [{"name": "镇商会", "opinion": "无意见。"}],
    },
}

DRAFTING: dict[str, dict[str, Any]] = {
    "finalize_draft": {
        "draft_ref": DOCUMENTS["draft"],
        "explanation_ref": DOCUMENTS["explanation"],
        "change_summary": "根据公众意见明确资产清理期限和印章封存期限。",
        "adopted_points": ["集体资产四个月内清理完毕", "印章在清算期内封存"],
    },
    "adjust_draft": {
        "draft_ref": DOCUMENTS["draft"],
        "substantive": False,
        "reason": "按照审查意见完善文字表述。",
        "changes": "补充集体资产清理的责任单位。",
        "responses": [{"finding": "应当明确责任单位。", "handling": "ADOPTED"}],
    },
}

LEGALITY: dict[str, dict[str, Any]] = {
    "submit_review_package": {
        "profile": "MAJOR_DECISION",
        "checklist": [
            *(
                {"item": item, "status": "FILED"}
                for item in (
                    "REQUEST_LETTER",
                    "DRAFT_AND_EXPLANATION",
                    "LEGAL_BASIS",
                    "PROCEDURE_STATEMENT",
                    "PUBLIC_PARTICIPATION",
                    "RISK_REPORT",
                    "UNIT_OPINIONS",
                    "OWN_LEGAL_OPINION",
                )
            ),
            {
                "item": "EXPERT_ARGUMENTATION",
                "status": "NOT_APPLICABLE",
                "reason": "不属于专业性、技术性事项。",
            },
            {"item": "FAIR_COMPETITION", "status": "NOT_APPLICABLE", "reason": "不涉及市场主体。"},
        ],
        "procedure_statement": "已履行启动、征求意见、公众参与、村民会议、风险评估程序，材料附后。",
        "requested_due_at": "2026-04-28",
    },
    "check_review_package": {"outcome": "COMPLETE", "package_complete_at": "2026-04-17T10:00:00+08:00"},
    "supplement_package": {
        "supplements": [{"item": "PUBLIC_PARTICIPATION", "description": "补充三村村民会议记录。"}]
    },
    "legal_adviser_opinion": {
        "adviser_kind": "LEGAL_ADVISER",
        "firm": "清正律师事务所",
        "licence_no": "10000202600000000",
        "conflict_declaration": "NONE",
        "conclusion": "LAWFUL",
        "opinion": "草案权限、程序、内容均合法。",
        "signed_at": "2026-04-24T16:00:00+08:00",
    },
    "issue_legality_opinion": {
        "outcome": "LEGAL",
        "within_authority": {
            "conforms": True,
            "explanation": "由镇人民政府提出，报区人民政府批准，符合法定权限。",
        },
        "procedure_performed": {"conforms": True, "explanation": "公众参与、村民会议、风险评估均已完成。"},
        "content_consistent": {
            "conforms": True,
            "explanation": "未见与法律、法规、规章和国家政策相抵触的内容。",
        },
        "opinion": "合法，可以提请集体讨论。",
        "advice": [{"advice": "草案合法。", "handling": "ADOPTED"}],
        "issued_by_org": UNITS["justice"],
        "reviewer_id": PERSONS["legal_officer"],
        "opinion_no": "青法审〔2026〕5号",
        "signed_at": "2026-04-28T15:00:00+08:00",
    },
    "handle_refused_draft": {"outcome": "REDRAFT", "reasons": "按照审查意见重新拟订草案。"},
}

MEETING: dict[str, dict[str, Any]] = {
    "assemble_meeting_package": {
        "meeting_package": [
            {"slot": "DRAFT", "status": "FILED", "document_ref": DOCUMENTS["draft"]},
            {"slot": "FAIR_COMPETITION", "status": "NOT_APPLICABLE", "reason": "不涉及市场主体。"},
            {"slot": "PUBLIC_OPINIONS", "status": "FILED"},
            {"slot": "EXPERT_OPINIONS", "status": "NOT_APPLICABLE", "reason": "不属于专业性、技术性事项。"},
            {"slot": "RISK_REPORT", "status": "FILED"},
            {"slot": "LEGALITY_OPINION", "status": "FILED"},
            {"slot": "OTHER", "status": "FILED"},
        ],
        "procedure_statement": "法定程序已全部履行，合法性审查结论为合法。",
    },
    "confirm_agenda": {
        "body_type": "mayor_office_meeting",
        "meeting_at": "2026-05-08T09:00:00+08:00",
        "place": "镇政府二楼会议室",
        "notice_at": "2026-05-06T09:00:00+08:00",
        "materials_at": "2026-05-06T09:00:00+08:00",
        "items": [{"title": "关于撤销西柳、南柳、东园村村民委员会的决定（草案）"}],
    },
    **GOVERNMENT_MEETING,
}

PUBLICATION: dict[str, dict[str, Any]] = {
    "report_party_committee": {
        "stage": "DELIBERATE",
        "report": "关于撤销三个村民委员会的请示。",
        "sent_at": "2026-05-08T16:00:00+08:00",
    },
    "report_npc": {
        "outcome": "HEARD",
        "sent_on": "2026-05-13",
        "replied_on": "2026-05-20",
        "receipt": "镇人大主席团听取了报告。",
    },
    "external_approval": {
        "outcome": "APPROVED",
        "approving_organ": "临河区人民政府",
        "sent_on": "2026-05-13",
        "replied_on": "2026-06-10",
        "approval_no": "临河政批〔2026〕21号",
        "reply": "同意撤销。",
    },
    "sign_decision": {
        "title": "青禾镇人民政府关于撤销西柳、南柳、东园村村民委员会的决定",
        "document_number": "青政发〔2026〕6号",
        "signed_on": "2026-06-11",
        "sealed": True,
        "non_public": False,
        "disclosure": "PROACTIVE",
        "effective_on": "2026-07-01",
    },
    "publish_decision": {
        "publications": [
            {
                "channel": "GOVERNMENT_WEBSITE",
                "url": "https://qinghe.example/6",
                "at": "2026-06-12T09:00:00+08:00",
            },
            {"channel": "NOTICE_BOARD", "at": "2026-06-12T10:00:00+08:00"},
        ],
        "index_no": "QH-2026-0006",
        "adoption_summary": "采纳公众意见7个要点，部分采纳2个，未采纳2个。",
    },
    "record_non_publication": {
        "non_public_basis": "政府信息公开条例第十四条。",
        "decided_by": PERSONS["mayor"],
        "decided_on": "2026-06-11",
        "review_on": "2027-06-11",
    },
    "interpret_policy": {
        "interpretation": [
            {"form": "QUESTIONS_AND_ANSWERS", "at": "2026-06-12T09:30:00+08:00", "summary": "图文问答。"}
        ]
    },
    "name_executor": {
        "executor": UNITS["public_services"],
        "responsible_person": PERSONS["unit_head"],
        "tasks": [
            {"task": "清产核资并公示", "owner": "农业农村办公室", "due_on": "2026-08-31", "risk_measure": 1},
            {"task": "落实原村干部安置", "owner": "党政办公室", "due_on": "2026-07-31", "risk_measure": 2},
            {"task": "逐户沟通，包案化解", "owner": "司法所", "due_on": "2026-06-30", "risk_measure": 4},
            {"task": "印章封存、缴销", "owner": "党政办公室", "due_on": "2026-10-31"},
            {
                "task": "服务事项移交社区",
                "owner": "公共服务办公室",
                "due_on": "2026-06-30",
                "risk_measure": 3,
            },
        ],
        "report_schedule": "每月报告一次，完成后作总结报告。",
        "first_report_on": "2026-07-31",
    },
    "archive_dossier": {
        "dossier": [
            {"code": code, "status": "NOT_APPLICABLE", "reason": absent[code]}
            if code in absent
            else {"code": code, "status": "FILED", "retention": "PERMANENT"}
            for absent in (
                {
                    "D04": "未列入年度目录。",
                    "D08": "不新增支出，未作成本效益分析。",
                    "D11": "未举行听证会。",
                    "D12": "未开展座谈、问卷和民意调查。",
                    "D14": "不属于专业性、技术性事项。",
                    "D16": "不涉及市场主体。",
                    "D25": "决定与多数意见一致。",
                    "D31": "未发生问题报告和中止。",
                    "D32": "尚未开展后评估。",
                    "D33": "未发生调整和终止。",
                },
            )
            for code in (f"D{number:02d}" for number in range(35))
        ],
        "filed_on": "2026-06-30",
        "archive_no": "QH-2026-J-0006",
        "location": "镇档案室",
    },
}

EXECUTION: dict[str, dict[str, Any]] = {
    "report_execution": {
        "status": "COMPLETED",
        "progress": "五项任务全部完成。",
        "measures_done": [1, 2, 3, 4],
        "reported_on": "2026-10-31",
        "inspections": [
            {"inspected_on": "2026-10-30", "inspector": "督查室", "finding": "五项任务均已完成，情况属实。"}
        ],
    },
    "report_problem": {
        "urgent": False,
        "art35_type": "PROBLEM",
        "found_at": "2026-07-20T09:00:00+08:00",
        "reported_at": "2026-07-20T11:00:00+08:00",
        "description": "东园村一处集体房产权属不清。",
        "effect": "清产核资进度受影响。",
        "mitigation": "先行封存有关资料。",
    },
    "suspend_execution": {
        "outcome": "SUSPEND",
        "reason": "权属争议可能造成集体资产损失。",
        "art35_type": "PROBLEM",
        "urgent_reason": "有关房产即将被处置，须立即停止。",
    },
    "confirm_suspension": {
        "outcome": "LIFTED",
        "confirm_meeting": "镇长办公会（2026年第9次）",
        "decided_on": "2026-07-28",
        "reasons": "权属已经查明，恢复执行。",
    },
    "adjust_or_terminate": {
        "kind": "ADJUST_MINOR",
        "reasons": "清产核资需要延长一个月。",
        "content": "资产清理期限由四个月调整为五个月。",
    },
}

EVALUATION: dict[str, dict[str, Any]] = {
    "order_evaluation": {
        "trigger": "ORGAN_SEES_NEED",
        "reasons": "决定实施满一年，有必要了解效果。",
        "evaluator_kind": "THIRD_PARTY",
        "evaluator_org": "评估公司丙",
        "due_on": "2027-09-30",
    },
    "plan_evaluation": {
        "working_group": [{"name": "评估员丙", "duty": "组长"}],
        "plan": "走访原三村居民，核对服务和资产数据，形成报告。",
        "starts_on": "2027-07-01",
        "ends_on": "2027-09-15",
    },
    "investigate_effects": {
        "methods": ["入户问卷", "座谈"],
        "participants": [
            {"kind": "PUBLIC", "name": "原三村居民"},
            {"kind": "NPC_DEPUTY", "name": "镇人大代表"},
            {"kind": "CPPCC_MEMBER", "name": "区政协委员"},
            {"kind": "MASS_ORGANISATION", "name": "镇妇联"},
            {"kind": "GRASSROOTS_ORGANISATION", "name": "社区居民委员会"},
            {"kind": "SOCIAL_ORGANISATION", "name": "社区志愿服务队"},
        ],
        "findings": "服务满意度提高，资产清理完毕。",
    },
    "report_evaluation": {
        "result_vs_goal": "目标基本实现。",
        "cost_benefit": "管理成本下降，服务效率提高。",
        "effects": "近期平稳，长远有利于社区治理。",
        "problems": "个别老年居民办事不熟悉，原因是宣传不足。",
        "social_evaluation": "居民总体满意。",
        "enforcement_setup": "执行机制适应需要。",
        "suggestions": "继续实施，加强帮办服务。",
        "proposal": "CONTINUE",
    },
    "decide_evaluation_outcome": {
        "outcome": "CONTINUE",
        "reasons": "实施效果良好。",
        "decided_on": "2027-10-12",
        "published_summary": "三村撤销后服务衔接平稳，群众满意度较高，继续实施。",
    },
}

OBJECTION: dict[str, dict[str, Any]] = {
    "raise_objection": {
        "addressee": PERSONS["mayor"],
        "objected_order": "七月底前完成三村集体资产合并。",
        "objection": "清产核资尚未完成，提前合并可能损害村民利益，建议延期一个月。",
    },
    "answer_objection": {"reply": "同意延期至八月底。", "handling": "ADOPTED"},
}

HANDLING: dict[str, dict[str, Any]] = {
    "countersign_opinion": {"stance": "AGREE", "opinion": "资金来源已落实，建议补充后续管护责任。"}
}

EXAMPLES: dict[str, dict[str, Any]] = {
    **PROPOSAL,
    **PARTICIPATION,
    **EXPERTS,
    **RISK,
    **DRAFTING,
    **LEGALITY,
    **MEETING,
    **PUBLICATION,
    **EXECUTION,
    **EVALUATION,
    **OBJECTION,
    **HANDLING,
}
"""Step -> a plain, lawful answer."""


def with_ids(answers: Any, ids: Mapping[str, str]) -> Any:
    """Return *answers* with each id that is a key of *ids* replaced: for cases whose people have ids of their own."""
    if isinstance(answers, dict):
        return {key: with_ids(value, ids) for key, value in answers.items()}
    if isinstance(answers, list):
        return [with_ids(value, ids) for value in answers]
    return ids.get(answers, answers) if isinstance(answers, str) else answers
