"""The texts that rules cite: how each is named, and since when it binds.

A rule cites one `Law` and an article. Local texts read only in part are marked as such by the rule's evidence
mark, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from decision_engine.language import Text


@dataclass(frozen=True, slots=True)
class Law:
    """A legal text: its short *name* in citations, its full *title*, and the day from which it is applied."""

    name: str
    title: Text
    since: date


DECREE_713 = Law(
    "国务院令第713号",
    Text(
        "重大行政决策程序暂行条例",
        "Interim Regulations on the Procedure of Major Administrative Decisions",
    ),
    date(2019, 9, 1),
)
ORGANIC_LAW = Law(
    "地方组织法",
    Text("地方各级人民代表大会和地方各级人民政府组织法", "Organic Law of Local Congresses and Governments"),
    date(2022, 3, 12),
)
VILLAGE_LAW = Law(
    "村民委员会组织法",
    Text("村民委员会组织法", "Organic Law of Villagers' Committees"),
    date(2018, 12, 29),
)
FAIR_COMPETITION = Law(
    "国务院令第783号",
    Text("公平竞争审查条例", "Regulations on Fair Competition Review"),
    date(2024, 8, 1),
)
OPEN_GOVERNMENT = Law(
    "国务院令第711号",
    Text("政府信息公开条例", "Regulations on Open Government Information"),
    date(2019, 5, 15),
)
BUSINESS = Law(
    "国务院令第722号",
    Text("优化营商环境条例", "Regulations on Improving the Business Environment"),
    date(2020, 1, 1),
)
LAND_REGULATIONS = Law(
    "国务院令第743号",
    Text("土地管理法实施条例", "Implementing Regulations of the Land Administration Law"),
    date(2021, 9, 1),
)
EXPROPRIATION = Law(
    "国务院令第590号",
    Text(
        "国有土地上房屋征收与补偿条例",
        "Regulations on Expropriation of and Compensation for Houses on State Land",
    ),
    date(2011, 1, 21),
)
PRICE_LAW = Law("价格法", Text("价格法", "Price Law"), date(1998, 5, 1))
WASTE_LAW = Law(
    "固体废物污染环境防治法",
    Text("固体废物污染环境防治法", "Law on Prevention of Pollution by Solid Waste"),
    date(2020, 9, 1),
)
EDUCATION_LAW = Law("义务教育法", Text("义务教育法", "Compulsory Education Law"), date(2018, 12, 29))
SCHOOL_NOTICE = Law(
    "教育部关于农村学校布局调整的通报",
    Text("教育部关于农村学校布局调整的通报", "Ministry of Education circular on merging rural schools"),
    date(2019, 9, 1),
)
PENALTY_LAW = Law("行政处罚法", Text("行政处罚法", "Administrative Penalty Law"), date(2021, 7, 15))
INVESTMENT = Law(
    "国务院令第712号", Text("政府投资条例", "Government Investment Regulations"), date(2019, 7, 1)
)
PRIVACY_LAW = Law(
    "个人信息保护法", Text("个人信息保护法", "Personal Information Protection Law"), date(2021, 11, 1)
)
ARCHIVES_LAW = Law("档案法", Text("档案法", "Archives Law"), date(2021, 1, 1))
ARCHIVES_REGULATIONS = Law(
    "国务院令第772号",
    Text("档案法实施条例", "Implementing Regulations of the Archives Law"),
    date(2024, 3, 1),
)
RETENTION_RULES = Law(
    "国家档案局令第8号",
    Text("机关文件材料归档范围和文书档案保管期限规定", "Rules on the Filing Scope and Retention of Records"),
    date(2006, 12, 18),
)
SANCTIONS_LAW = Law(
    "公职人员政务处分法",
    Text("公职人员政务处分法", "Law on Administrative Discipline for Public Officials"),
    date(2020, 7, 1),
)
CIVIL_SERVANT_LAW = Law("公务员法", Text("公务员法", "Civil Servant Law"), date(2019, 6, 1))
CIVIL_CODE = Law("民法典", Text("民法典", "Civil Code"), date(2021, 1, 1))
LEGAL_ADVISERS = Law(
    "中办发〔2016〕30号",
    Text(
        "关于推行法律顾问制度和公职律师公司律师制度的意见",
        "Opinions on Legal Advisers and Government Lawyers",
    ),
    date(2016, 6, 16),
)
RISK_MEASURES = Law(
    "发改投资〔2012〕2492号",
    Text(
        "国家发展改革委重大固定资产投资项目社会稳定风险评估暂行办法",
        "Interim Measures for Social Stability Risk Assessment of Major Investment Projects",
    ),
    date(2012, 8, 16),
)
PARTY_RULES = Law(
    "党组（党委）议事规则",
    Text("党组工作条例及党委、政府会议议事规则", "Rules of procedure of party and government meetings"),
    date(2019, 9, 1),
)
TIANJIN_CATALOGUE = Law(
    "津政办发〔2022〕24号",
    Text("天津市2022年度重大行政决策事项目录的通知", "Tianjin notice on the 2022 catalogue of decisions"),
    date(2022, 3, 1),
)
TIANJIN_MEASURES = Law(
    "津政办发〔2021〕42号",
    Text("天津市重大行政决策配套制度的通知", "Tianjin notice on four supporting measures"),
    date(2021, 10, 20),
)
TIANJIN_DECREE_5 = Law(
    "天津市人民政府令第5号（2008）",
    Text("天津市人民政府重大事项决策程序规则", "Tianjin Rules of Procedure for Decisions on Major Matters"),
    date(2008, 7, 1),
)
DISTRICT_MEASURES = Law(
    "区级重大行政决策配套制度",
    Text("北辰区、津南区重大行政决策配套制度", "District systems of Beichen and Jinnan"),
    date(2021, 9, 1),
)
TOWN_POLL = Law(
    "镇民意调查制度",
    Text("镇政府民意调查制度", "The town's own system of opinion polls"),
    date(2019, 9, 1),
)
EVALUATION_RULES = Law(
    "市级重大行政决策后评估规则",
    Text("市级重大行政决策后评估规则", "Municipal rules on post-decision evaluation"),
    date(2019, 9, 1),
)

SUBJECTS = {
    "中止终止调整": "suspension, ending and adjustment",
    "会前通知": "notice before the meeting",
    "会议记录": "minutes",
    "保管期限": "retention periods",
    "公众参与": "public participation",
    "公开格式": "form of publication",
    "公文格式": "form of official documents",
    "决定": "decision",
    "列席": "attendance without vote",
    "卷宗审查": "review of the case file",
    "启动情形": "when it is begun",
    "处理意见": "recommendations",
    "备案": "filing for the record",
    "归档": "archiving",
    "归档期限": "time for archiving",
    "归档责任": "duty to archive",
    "执行报告": "report on execution",
    "报告内容": "content of the report",
    "提请讨论": "submission for discussion",
    "撤并程序": "procedure of a merger",
    "民意调查": "opinion poll",
    "法定人数": "quorum",
    "目录事项": "matters of the catalogue",
    "目录管理": "keeping the catalogue",
    "结果公开": "publishing the result",
    "表决": "vote",
    "议题": "agenda",
    "评估步骤": "steps of the evaluation",
    "评估程序": "procedure of the evaluation",
    "评估范围": "scope of the assessment",
    "请假": "leave of absence",
    "调休": "exchanged working days",
    "追责": "holding to account",
    "集体决定": "collective decision",
    "音像材料": "recordings",
}
"""What an article without a number is named by -> its English."""
