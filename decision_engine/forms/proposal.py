"""Proposal and initiation (Decree 713, arts 3 and 10 to 11)."""

from __future__ import annotations

from decision_engine.forms.fields import (
    Choice,
    Day,
    DocumentId,
    Line,
    Listing,
    LongText,
    PersonId,
    UnitId,
    YesNo,
)
from decision_engine.forms.form import Form, Part, form
from decision_engine.language import Text

MATTER_CATEGORIES = {
    "A": (
        "公共服务、市场监管、社会管理、环境保护等方面的重大公共政策和措施",
        "Major public policies and measures: public service, market, society, environment",
    ),
    "B": ("经济和社会发展等方面的重要规划", "Important plans of economic and social development"),
    "C": (
        "开发利用、保护重要自然资源和文化资源的重大公共政策和措施",
        "Major policies on using or protecting important natural and cultural resources",
    ),
    "D": ("在本行政区域实施的重大公共建设项目", "Major public construction projects in the area"),
    "E": (
        "对经济社会发展有重大影响、涉及重大公共利益或者社会公众切身利益的其他重大事项",
        "Other matters of great effect, or touching major public or vital interests",
    ),
}
COLLECTIVE_CATEGORIES = {
    "MAJOR_DECISION": ("重大事项决策", "Major decision"),
    "IMPORTANT_PERSONNEL": ("重要人事任免", "Important personnel"),
    "MAJOR_PROJECT": ("重大项目安排", "Major project"),
    "LARGE_FUNDS": ("大额度资金使用", "Use of large funds"),
}
EXCLUSIONS = {
    "NONE": ("不属于排除事项", "Not excluded"),
    "MACRO_CONTROL": ("财政、货币等宏观调控决策", "Macro-control: fiscal, monetary"),
    "LEGISLATION": ("政府立法决策", "Government legislation"),
    "EMERGENCY": ("突发事件应急处置决策", "Emergency response"),
}
MATTER_TYPES = {
    "GENERAL": ("一般事项", "No special kind"),
    "VILLAGE_COMMITTEE_CHANGE": (
        "村民委员会的设立、撤销、范围调整",
        "Village committee set up, abolished or re-drawn",
    ),
    "SCHOOL_MERGER": ("学校撤并", "School merger"),
    "SCHOOL_LAYOUT": ("学校布局规划", "Lay-out of schools"),
    "LAND_EXPROPRIATION": ("土地征收", "Land expropriation"),
    "HOUSE_EXPROPRIATION": ("国有土地上房屋征收", "Expropriation of houses on state land"),
    "PRICE": ("政府定价", "Regulated price"),
    "FEE": ("收费", "Fee"),
    "INVESTMENT_PROJECT": ("政府投资项目", "Government-investment project"),
}
LIVELIHOOD_FIELDS = {
    "CULTURE_EDUCATION": ("文化教育", "Culture and education"),
    "HEALTH": ("医疗卫生", "Health"),
    "RESOURCES": ("资源开发", "Resources"),
    "ENVIRONMENT": ("环境保护", "Environment"),
    "UTILITIES": ("公用事业", "Utilities"),
}
PROPOSERS = {
    "LEADER": ("决策机关领导人员", "A leader of the organ"),
    "DEPARTMENT": ("所属部门", "A department of the organ"),
    "LOWER_GOV": ("下一级人民政府", "A lower government"),
    "NPC_DEPUTY": ("人大代表", "A deputy of the people's congress"),
    "CPPCC": ("政协委员", "A CPPCC member"),
    "CITIZEN": ("公民", "A citizen"),
    "LEGAL_PERSON": ("法人或者其他组织", "A legal person or other organisation"),
}
INITIATION = {"START": ("启动决策程序", "Start"), "NOT_START": ("不予启动", "Do not start")}


class _SpecialProcedure(Part):
    law = Line("法律、行政法规名称", "Law or administrative regulation", required=True)
    article = Line("条款", "Article", required=True)
    extra_steps = Line("特别程序要求", "What it additionally demands", required=True)


@form("register_proposal", "登记决策事项建议", "Registration of the proposal", article="10")
class RegisterProposal(Form):
    """Who proposes what, and what kind of matter it is."""

    title = Line("决策事项名称", "Title of the matter", required=True, most=200)
    matter_category = Choice(
        "事项类别（第三条）", "Kind of matter (article 3)", MATTER_CATEGORIES, required=True
    )
    collective_category = Choice("“三重一大”类别", "Category of collective decision", COLLECTIVE_CATEGORIES)
    matter_type = Choice("特别事项类型", "Special kind of matter", MATTER_TYPES, default="GENERAL")
    livelihood_field = Choice("民生事项领域", "Field of livelihood", LIVELIHOOD_FIELDS)
    is_normative_document = YesNo("同时属于行政规范性文件", "Also a normative document", default=False)
    exclusion_type = Choice("是否属于排除事项", "Is it an excluded matter", EXCLUSIONS, required=True)
    lex_specialis = Listing(
        "法律、行政法规另有规定的程序", "Procedures that other laws prescribe", _SpecialProcedure, most=20
    )
    catalogue_id = Line("决策事项目录编号", "Number in the catalogue of matters", most=100)
    proposer_type = Choice("建议人类型", "Who proposes", PROPOSERS, required=True)
    proposer_name = Line("建议人（单位）名称", "Name of the proposer", required=True, most=200)
    proposed_on = Day("提出日期", "Proposed on", required=True)
    source_ref = DocumentId(
        "建议来源材料",
        "Source of the proposal",
        hint=Text("代表建议、提案或书面建议。", "The suggestion, motion or letter."),
    )
    main_problem = LongText("要解决的主要问题", "Main problem to be solved")
    reasons_basis = LongText("建议理由和依据", "Reasons and basis")
    first_plan = LongText("解决问题的初步方案", "First plan")
    necessity_feasibility = LongText("必要性、可行性", "Necessity and feasibility")
    study_unit = UnitId("交办研究论证的单位", "Unit asked to study it")
    decision_due_by = Day("法定或上级要求的决策期限", "Decision due by law or by a superior")


@form("study_proposal", "研究论证决策建议", "Study of the proposal", article="10")
class StudyProposal(Form):
    """What the unit that studied the proposal found."""

    study_report = LongText("研究论证情况", "What the study found", required=True)
    necessity = LongText("必要性", "Necessity")
    feasibility = LongText("可行性", "Feasibility")
    recommendation = Choice("研究建议", "Recommendation", INITIATION, required=True)
    studied_on = Day("完成日期", "Completed on")
    study_report_ref = DocumentId("研究论证报告", "Study report")


@form("decide_initiation", "决定是否启动决策程序", "Decision whether to start", article="10")
class DecideInitiation(Form):
    """The organ's decision to start, or not."""

    outcome = Choice("决定", "Decision", INITIATION, required=True)
    reasons = LongText("理由", "Reasons", required=True)
    decided_on = Day("决定日期", "Decided on", required=True)
    decided_in = Line("作出决定的会议或方式", "Meeting or manner of the decision")


@form("assign_lead_unit", "明确决策承办单位", "Naming of the lead unit", article="11")
class AssignLeadUnit(Form):
    """Exactly one unit leads; others may co-operate."""

    lead_unit = UnitId("决策承办单位（牵头）", "Lead unit", required=True)
    co_units = Listing("协办单位", "Co-operating units", UnitId("协办单位", "Co-operating unit"), most=30)
    responsible_person = PersonId("承办负责人", "Person in charge")
    draft_due_on = Day("草案完成时限", "Draft due on")
