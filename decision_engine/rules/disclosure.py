"""Publishing and filing in detail (domain book 7.1 and 7.3)."""

from __future__ import annotations

import re

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import (
    ARCHIVES_LAW,
    ARCHIVES_REGULATIONS,
    DECREE_713,
    OPEN_GOVERNMENT,
    RETENTION_RULES,
    TIANJIN_CATALOGUE,
)
from decision_engine.rules.matter import incomplete
from decision_engine.rules.parameter import UnknownParameter
from decision_engine.rules.release import decision_is_published, dossier_is_complete
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule

_NUMBER = re.compile(r"[^\d\s第]+〔\d{4}〕[1-9]\d*号")
_PERMANENT = frozenset(
    {"D01", "D02", "D03", "D05", "D06", "D09", "D13", "D19", "D22", "D23", "D28", "D29", "D34"}
)


# -- publication -----------------------------------------------------------------------------------------


@rule(
    "R-DIS-01",
    "决策通过公报、网站、报纸等及时公布",
    gate="publish_decision",
    law=DECREE_713,
    article="32",
    mark="v:713-32",
)
def decision_reaches_the_public(facts: Facts) -> Verdict:
    """The decision is published through gazette, government site or newspaper, in time."""
    return decision_is_published(facts)


@rule(
    "R-DIS-02",
    "主动公开的信息自形成之日起20个工作日内公开",
    checks="A",
    law=OPEN_GOVERNMENT,
    article="26",
    mark="v:OGI-26",
)
def publication_keeps_the_limit(facts: Facts) -> Verdict:
    """Published within twenty working days of being formed; a late publication is still made, and shown as late."""
    signed = facts.latest("sign_decision")
    formed = signed.day("signed_on") if signed else None
    if signed is None or formed is None or signed.flag("non_public") is True:
        return NOT_APPLICABLE
    published = facts.latest("publish_decision")
    days = [day for one in published.entries("publications") if (day := one.day("at"))] if published else []
    first = min(days, default=facts.today)
    limit = facts.calendar.add(formed, facts.period("publication_days", formed)).day
    if first <= limit:
        return None
    return Text(
        f"决策于{formed}形成，应当不迟于{limit}公开，实际（或者至今）为{first}。请说明原因并尽快公开。",
        f"Formed on {formed}, the decision was due to be published by {limit}; it was, or is still open, on {first}. "
        "Explain, and publish it.",
    )


@rule(
    "R-DIS-03",
    "公布内容包括公众意见、专家意见采纳情况",
    gate=("publish_decision", "interpret_policy"),
    law=DECREE_713,
    article="32",
    mark="v:713-32",
)
def publication_says_what_was_adopted(facts: Facts) -> Verdict:
    """Where the public or experts were heard, the publication says what of it was adopted."""
    if not facts.all("handle_comments", "summarise_argumentation"):
        return NOT_APPLICABLE
    if facts.act.text("adoption_summary"):
        return None
    if any(one.text("adoption_summary") for one in facts.all("publish_decision", "interpret_policy")):
        return None
    if facts.gate == "interpret_policy" and facts.act.text("not_needed_reason"):
        return None
    return Text(
        "公布时没有说明公众意见、专家意见的采纳情况。请补充说明。",
        "The publication does not say what of the opinions was adopted. Add it.",
    )


@rule(
    "R-DIS-04",
    "依法不予公开的限于国家秘密、禁止公开和危及安全的信息",
    gate="record_non_publication",
    law=OPEN_GOVERNMENT,
    article="14",
    mark="v:OGI-14; v:OGI-16",
)
def withholding_has_a_ground(facts: Facts) -> Verdict:
    """Only what the law keeps back is not published: the ground is named and the attribute is not `PROACTIVE`."""
    if facts.act.text("disclosure") == "PROACTIVE":
        return Text(
            "公开属性为主动公开，却登记不予公开。请核对公开属性。",
            "The disclosure attribute is proactive, yet it is withheld. Correct one of them.",
        )
    return incomplete(facts.act, {"non_public_basis": Text("法律依据", "the legal basis")})


@rule(
    "R-DIS-05",
    "不予公开须记录依据、决定人、日期和复核日期",
    gate="record_non_publication",
    law=OPEN_GOVERNMENT,
    article="16",
    strength="D",
    mark="D",
)
def withholding_is_decided_and_reviewed(facts: Facts) -> Verdict:
    """Non-publication has a legal basis, a decider, a date, and a later day on which it is looked at again."""
    lacking = incomplete(
        facts.act,
        {
            "non_public_basis": Text("法律依据", "the legal basis"),
            "decided_by": Text("决定人", "who decided"),
            "decided_on": Text("决定日期", "when"),
            "review_on": Text("复核日期", "when it is reviewed"),
        },
    )
    decided, review = facts.act.day("decided_on"), facts.act.day("review_on")
    if lacking is not None or decided is None or review is None or review > decided:
        return lacking
    return Text(
        "复核日期应当晚于决定日期。请核对。", "The review comes after the decision. Correct the days."
    )


@rule(
    "R-DIS-06",
    "乡镇政府重点公开涉农政策、征地、宅基地、筹资筹劳等信息",
    checks="A",
    law=OPEN_GOVERNMENT,
    article="21",
    mark="v:OGI-21",
)
def towns_publish_what_villagers_need(facts: Facts) -> Verdict:
    """Towns also publish village policies, land, homesteads, contributions and relief; judged outside a single case."""
    return UNDECIDABLE if facts.organ.kind == "town" else NOT_APPLICABLE


@rule(
    "R-DIS-07",
    "公布文件载明标题、文号、日期、索引号和公开属性",
    gate="publish_decision",
    law=OPEN_GOVERNMENT,
    article="公开格式",
    strength="D",
    mark="D",
)
def published_document_is_identified(facts: Facts) -> Verdict:
    """The published document carries title, number, date, index number and disclosure attribute."""
    signed = facts.latest("sign_decision")
    if signed is None:
        return NOT_APPLICABLE
    lacking = incomplete(
        signed,
        {
            "title": Text("标题", "the title"),
            "document_number": Text("发文字号", "the document number"),
            "signed_on": Text("成文日期", "the date"),
            "disclosure": Text("公开属性", "the disclosure attribute"),
        },
    )
    return lacking or incomplete(facts.act, {"index_no": Text("索引号", "the index number")})


@rule(
    "R-DIS-09",
    "发文字号格式为机关代字〔年份〕序号号",
    gate="sign_decision",
    law=OPEN_GOVERNMENT,
    article="公文格式",
    strength="D",
    mark="M",
)
def document_number_has_its_form(facts: Facts) -> Verdict:
    """The document number has its form: hexagonal brackets, full year, no leading zero."""
    if _NUMBER.fullmatch(facts.act.text("document_number")):
        return None
    return Text(
        "发文字号格式不正确，应为“机关代字〔年份〕序号号”，例如青政发〔2026〕7号。请更正。",
        "The document number is not in its form, such as 青政发〔2026〕7号. Correct it.",
    )


# -- filing ---------------------------------------------------------------------------------------------------


@rule(
    "R-ARC-01",
    "责任单位及时完整归档",
    gate="archive_dossier",
    law=DECREE_713,
    article="33",
    checks="GA",
    mark="v:713-33",
)
def responsible_unit_files_completely(facts: Facts) -> Verdict:
    """The responsible unit files in time and completely."""
    return dossier_is_complete(facts)


@rule(
    "R-ARC-02",
    "决策作出后按期移交归档",
    gate="archive_dossier",
    checks="GA",
    law=TIANJIN_CATALOGUE,
    article="归档期限",
    since=DECREE_713.since,
    mark="v:TJ22; v:BC-B; v:AR-SZ",
)
def dossier_is_filed_in_time(facts: Facts) -> Verdict:
    """The dossier is filed within the period that runs from the decision (thirty days, or stricter locally).

    What is late is filed all the same, with the reason of the delay; the auditor sees that it was late.
    """
    approval, signed = facts.latest("external_approval"), facts.latest("sign_decision")
    decided = (approval.day("replied_on") if approval else None) or (
        signed.day("signed_on") if signed else None
    )
    if decided is None:
        return NOT_APPLICABLE
    archived = facts.latest("archive_dossier")
    filed = (archived.day("filed_on") or archived.local_day) if archived else facts.today
    limit = facts.calendar.add(decided, facts.period("archive_days", decided)).day
    if filed <= limit or says_why_late(facts):
        return None
    return Text(
        f"决策于{decided}作出，应当不迟于{limit}归档，实际（或者至今）为{filed}。请说明原因并尽快归档。",
        f"Decided on {decided}, the dossier was due by {limit}; it was, or is still open, on {filed}. Explain.",
    )


def says_why_late(facts: Facts) -> bool:
    """Tell whether the pending filing states why it is late: then it is done; the auditor is told nevertheless."""
    return facts.gate == "archive_dossier" and bool(facts.act.text("late_reason"))


@rule(
    "R-ARC-03",
    "承办单位是归档第一责任人，协办单位移交材料",
    gate="archive_dossier",
    law=ARCHIVES_LAW,
    article="归档责任",
    mark="v:AR-XG; v:AR-SZ",
)
def lead_unit_answers_for_the_dossier(facts: Facts) -> Verdict:
    """The lead unit is first responsible for filing, so it must be on record who it is."""
    if facts.latest("draft_decision") is None:
        return NOT_APPLICABLE
    assigned = facts.latest("assign_lead_unit")
    if assigned is not None and assigned.text("lead_unit"):
        return None
    return Text(
        "案卷没有记载承办单位，无法确定归档责任。请补充承办单位。",
        "The file does not say which unit leads, so nobody answers for filing. Name it first.",
    )


@rule(
    "R-ARC-04",
    "归档材料划定保管期限：永久或者定期（30年、10年）",
    gate="archive_dossier",
    law=RETENTION_RULES,
    article="保管期限",
    mark="v:AR8",
)
def retention_is_set(facts: Facts) -> Verdict:
    """Every filed item has its retention; what makes a major decision is kept permanently."""
    filed = [one for one in facts.act.entries("dossier") if one.text("status") == "FILED"]
    wrong = [
        one.text("code")
        for one in filed
        if not one.text("retention")
        or (one.text("code") in _PERMANENT and one.text("retention") != "PERMANENT")
    ]
    if not wrong:
        return None
    codes = list(dict.fromkeys(wrong))
    return Text(
        f"以下材料没有保管期限或者应当永久保管：{'、'.join(codes)}。请更正。",
        f"These items lack a retention period or are kept permanently: {', '.join(codes)}. Correct them.",
    )


@rule(
    "R-ARC-05",
    "档案形成满10年向县级档案馆移交",
    checks="A",
    law=ARCHIVES_REGULATIONS,
    article="20",
    mark="v:ARR-20",
)
def dossier_goes_to_the_archives(facts: Facts) -> Verdict:
    """Ten years after creation the dossier goes to the county archives."""
    archived = facts.latest("archive_dossier")
    filed = (archived.day("filed_on") or archived.local_day) if archived else None
    if filed is None:
        return NOT_APPLICABLE
    try:
        limit = facts.calendar.add(filed, facts.period("archive_transfer_years")).day
    except UnknownParameter:
        return NOT_APPLICABLE
    if facts.today <= limit or facts.latest("transfer_to_archives") is not None:
        return None
    return Text(
        f"本卷宗应当于{limit}前移交县级档案馆，尚未移交。请办理移交。",
        f"The dossier was due at the county archives by {limit} and was not handed over. Hand it over.",
    )


@rule(
    "R-ARC-10",
    "会议音像随卷归档",
    checks="A",
    law=ARCHIVES_LAW,
    article="音像材料",
    strength="X",
    mark="v:AR-SZ",
)
def recordings_are_filed(facts: Facts) -> Verdict:
    """Audio or video of meetings is filed with the dossier where there is any."""
    minutes = facts.latest("sign_minutes")
    if minutes is None:
        return NOT_APPLICABLE
    return None if minutes.text("recording_ref") else UNDECIDABLE
