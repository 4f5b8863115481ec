"""The vocabularies that several forms share: value -> (Chinese, English), in the order of the law."""

from __future__ import annotations

from decision_engine.forms.fields import Choices
from decision_engine.language import Text

WHY_NOT_ADOPTED = Text("部分采纳、不采纳的，须说明理由。", "Needed unless it is adopted whole.")
WHY_NOT_APPLICABLE = Text("不适用的，须说明理由。", "Needed where it does not apply.")
WHY_NO = Text("上一项选择“否”的，须说明理由。", "Needed where the answer above is no.")

HANDLING: Choices = {
    "ADOPTED": ("采纳", "Adopted"),
    "PARTLY_ADOPTED": ("部分采纳", "Partly adopted"),
    "NOT_ADOPTED": ("不采纳", "Not adopted"),
}

SUPPLY: Choices = {
    "FILED": ("已附", "Filed"),
    "NOT_APPLICABLE": ("不适用", "Not applicable"),
}

BODY_TYPES: Choices = {
    "mayor_office_meeting": ("镇长办公会", "Mayor's office meeting"),
    "party_committee": ("党委会", "Party committee meeting"),
    "gov_executive_meeting": ("政府常务会议", "Government executive meeting"),
    "gov_plenary_meeting": ("政府全体会议", "Government plenary meeting"),
    "party_gov_joint": ("党政联席会", "Joint meeting of party and government"),
    "party_group": ("党组会", "Party group meeting"),
}
"""Kinds of deciding bodies, written as the register of bodies writes them."""

STANCES: Choices = {
    "AGREE": ("同意", "Agree"),
    "DISAGREE": ("不同意", "Disagree"),
    "AMEND": ("修改后同意", "Amend"),
    "DEFER": ("建议暂缓", "Defer"),
    "RESERVED": ("保留意见", "Reserved"),
    "NO_FURTHER_OPINION": ("无补充意见", "No further opinion"),
}

CONFLICT: Choices = {
    "NONE": ("无直接利害关系", "No direct interest"),
    "CONFLICT": ("存在利害关系", "There is an interest"),
}

CHANNELS: Choices = {
    "GOVERNMENT_WEBSITE": ("政府网站", "Government website"),
    "OFFICIAL_SOCIAL_MEDIA": ("政务新媒体", "Official social media"),
    "GAZETTE": ("政府公报", "Government gazette"),
    "NEWSPAPER": ("报纸", "Newspaper"),
    "RADIO": ("广播", "Radio"),
    "TELEVISION": ("电视", "Television"),
    "NOTICE_BOARD": ("村（社区）公告栏", "Notice board"),
    "OFFICE_COUNTER": ("办事大厅、办公场所", "Office counter"),
    "OTHER": ("其他便于公众知晓的途径", "Another way that reaches the public"),
}

RISK_LEVELS: Choices = {
    "HIGH": ("高风险", "High"),
    "MEDIUM": ("中风险", "Medium"),
    "LOW": ("低风险", "Low"),
}

WHO_DOES_IT: Choices = {
    "OWN": ("本单位自行开展", "The organ's own unit"),
    "THIRD_PARTY": ("委托第三方机构", "A commissioned third party"),
}

ART_35_TYPES: Choices = {
    "PROBLEM": ("决策存在问题", "The decision has a problem"),
    "MAJOR_CHANGE": ("客观情况发生重大变化", "Major change of circumstances"),
    "FORCE_MAJEURE": ("不可抗力", "Force majeure"),
    "OTHER": ("其他严重影响决策目标实现的情形", "Something else that seriously affects the goal"),
}

DISCLOSURE: Choices = {
    "PROACTIVE": ("主动公开", "Published proactively"),
    "ON_REQUEST": ("依申请公开", "Open on request"),
    "NOT_PUBLIC": ("不予公开", "Not public"),
}
