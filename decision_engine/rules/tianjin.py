"""What Tianjin adds (domain book 2.2): in force only for organs whose overlays include `tianjin`."""

from __future__ import annotations

from datetime import date

from decision_engine.language import Text
from decision_engine.rules.disclosure import dossier_is_filed_in_time, says_why_late
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import (
    DISTRICT_MEASURES,
    TIANJIN_CATALOGUE,
    TIANJIN_DECREE_5,
    TIANJIN_MEASURES,
    TOWN_POLL,
)
from decision_engine.rules.legality import opens_the_meeting
from decision_engine.rules.liability import decided_on, gaps
from decision_engine.rules.matter import answered, incomplete, is_non_public, written
from decision_engine.rules.parameter import UnknownParameter
from decision_engine.rules.participation import the_public_is_heard
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule

LIVELIHOOD = frozenset({"CULTURE_EDUCATION", "HEALTH", "RESOURCES", "ENVIRONMENT", "UTILITIES"})
_FIRST_QUARTER = 3
_DECREE_19 = date(2020, 12, 1)


def _on_catalogue(facts: Facts) -> bool:
    return bool(written(facts, "catalogue_id")) or answered(facts, "on_catalogue") is True


@rule(
    "R-TJ-CAT-1",
    "目录内事项须履行公众参与、专家论证、风险评估、合法性审查、集体讨论全部程序",
    gate=("determine_procedure", "submit_review_package"),
    law=TIANJIN_CATALOGUE,
    article="目录事项",
    jurisdiction="tianjin",
    mark="v:TJ22",
)
def catalogue_matters_take_all_five_steps(facts: Facts) -> Verdict:
    """A matter on the catalogue takes all five steps; "not technical" and "no risk" are no reasons to skip one."""
    if not _on_catalogue(facts) or facts.value("catalogue_all_five_steps") is not True:
        return NOT_APPLICABLE
    skipped = [
        label
        for name, wanted, label in (
            ("is_technical", True, Text("专家论证", "expert argumentation")),
            ("risk_trigger", True, Text("风险评估", "risk assessment")),
        )
        if answered(facts, name) is not wanted
    ]
    if is_non_public(facts):
        skipped.append(Text("公众参与", "public participation"))
    if not skipped:
        return None
    zh, en = "、".join(one.zh for one in skipped), ", ".join(one.en for one in skipped)
    return Text(
        f"目录内事项不得省略：{zh}。请改为履行全部程序。",
        f"A matter on the catalogue does not skip: {en}. Choose every step.",
    )


@rule(
    "R-TJ-CAT-2",
    "每年第一季度编制决策事项目录",
    checks="A",
    law=TIANJIN_MEASURES,
    article="目录管理",
    strength="X",
    jurisdiction="tianjin",
    mark="v:TJ42",
)
def catalogue_comes_in_the_first_quarter(facts: Facts) -> Verdict:
    """The catalogue of the year is published in its first quarter."""
    catalogue = facts.latest("publish_catalogue")
    published = catalogue.day("published_at") if catalogue else facts.case.day("catalogue_published_at")
    if catalogue is None and not _on_catalogue(facts):
        return NOT_APPLICABLE
    if published is None:
        return UNDECIDABLE
    year = (catalogue.number("year") if catalogue else None) or published.year
    if (published.year, published.month) <= (year, _FIRST_QUARTER):
        return None
    return Text(
        f"年度目录于{published}公布，晚于第一季度。请说明原因。",
        f"The year's catalogue was published on {published}, after the first quarter. Explain.",
    )


@rule(
    "R-TJ-MTG-1",
    "提请讨论时报告履行程序的情况",
    gate="assemble_meeting_package",
    law=TIANJIN_CATALOGUE,
    article="提请讨论",
    jurisdiction="tianjin",
    mark="v:TJ22",
)
def submission_states_the_procedure(facts: Facts) -> Verdict:
    """The submission carries a statement of the procedure performed."""
    return incomplete(
        facts.act, {"procedure_statement": Text("履行法定程序情况的说明", "the statement of procedure")}
    )


@rule(
    "R-TJ-PUB-1",
    "应当公众参与而未参与的，不得提交集体讨论",
    gate="assemble_meeting_package",
    law=DISTRICT_MEASURES,
    article="公众参与",
    jurisdiction="tianjin",
    mark="v:BC-C",
)
def no_participation_no_submission(facts: Facts) -> Verdict:
    """Where participation was required and did not take place, nothing is submitted."""
    return the_public_is_heard(facts)


@rule(
    "R-TJ-ARC-1",
    "决策后30日内将材料移交政府办公室",
    gate="archive_dossier",
    checks="GA",
    law=TIANJIN_CATALOGUE,
    article="归档",
    jurisdiction="tianjin",
    mark="v:TJ22",
)
def tianjin_dossier_is_handed_over_in_time(facts: Facts) -> Verdict:
    """The dossier reaches the office within thirty days of the decision."""
    return dossier_is_filed_in_time(facts)


@rule(
    "R-TJ-ARC-2",
    "决策后10日内将卷宗送区司法局审查",
    gate="archive_dossier",
    checks="GA",
    law=DISTRICT_MEASURES,
    article="卷宗审查",
    jurisdiction="tianjin",
    mark="v:BC-B; v:JN-B",
)
def district_reviews_the_dossier(facts: Facts) -> Verdict:
    """In the districts that ask for it, the dossier goes to the justice bureau within ten days."""
    signed = facts.latest("sign_decision")
    decided = signed.day("signed_on") if signed else None
    if decided is None:
        return NOT_APPLICABLE
    try:
        limit = facts.calendar.add(decided, facts.period("dossier_review_days", decided)).day
    except UnknownParameter:
        return NOT_APPLICABLE
    archived = facts.latest("archive_dossier")
    sent = archived.day("dossier_review_sent_on") if archived else None
    if (sent or facts.today) <= limit or says_why_late(facts):
        return None
    return Text(
        f"卷宗应当不迟于{limit}送区司法局审查，实际（或者至今）为{sent or facts.today}。请说明原因并尽快送审。",
        f"The dossier was due at the justice bureau by {limit}; it went, or is still here, on {sent or facts.today}.",
    )


@rule(
    "R-TJ-INV-1",
    "超越权限或者违反法定程序的决策无效",
    checks="A",
    law=TIANJIN_DECREE_5,
    article="3",
    strength="L",
    jurisdiction="tianjin",
    mark="v:TJ5",
)
def breach_makes_a_void_candidate(facts: Facts) -> Verdict:
    """Under Decree 5 a decision beyond authority or in breach of procedure is void: the auditor marks candidates.

    The day of the decision counts, not that of the audit: Decree 5 gave way to Decree 19 on 2020-12-01.
    """
    decided = decided_on(facts)
    if decided is None or decided >= _DECREE_19:
        return NOT_APPLICABLE
    found = gaps(facts)
    if not found:
        return None
    zh, en = "、".join(one.name.zh for one in found), ", ".join(one.name.en for one in found)
    return Text(
        f"案卷中没有以下程序的记录：{zh}。决策可能无效，请提请有权机关认定。",
        f"The file holds no record of: {en}. The decision may be void; refer it to the competent organ.",
    )


@rule(
    "R-TJ-POLL-1",
    "文化教育、卫生、资源、环境、公用事业等民生事项须开展民意调查",
    gate=("publish_notice", "issue_legality_opinion"),
    law=TOWN_POLL,
    article="民意调查",
    jurisdiction="tianjin",
    mark="v:SEED",
)
def livelihood_matters_are_polled(facts: Facts) -> Verdict:
    """Livelihood matters in the five fields need an opinion poll."""
    if written(facts, "livelihood_field").upper() not in LIVELIHOOD:
        return NOT_APPLICABLE
    if any(one.text("form") == "OPINION_POLL" for one in facts.all("run_survey")):
        return None
    if facts.gate == "publish_notice" and facts.act.flag("run_survey") is True:
        return None
    if facts.gate == "issue_legality_opinion" and not opens_the_meeting(facts.act):
        return NOT_APPLICABLE
    return Text(
        "民生事项须开展民意调查，尚未开展。请在公告时选择民意调查，调查后再审查、提请讨论。",
        "A livelihood matter needs an opinion poll and had none. Choose it with the notice and take it first.",
    )
