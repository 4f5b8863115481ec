"""What the auditor reads out of a case file on liability (Decree 713, articles 4, 8, 9, 35 and 38-41).

Every rule here states facts: which act of the procedure is not on file, what came late, whose differing opinion was
not recorded. None says who is guilty; that is for the organs the law names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from decision_engine.language import Text, articles
from decision_engine.rules.facts import Facts, Record
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.legality import FOR_MEETING, opens_the_meeting
from decision_engine.rules.matter import ACTIVITIES, answered, is_non_public, listed, written
from decision_engine.rules.rule import NOT_APPLICABLE, UNDECIDABLE, Verdict, rule, stated

FAVOURABLE = FOR_MEETING
"""Conclusions of the legality review that speak for the draft; a needed revision must still be confirmed."""
CONTRARY = frozenset({"DISAGREE", "RESERVED"})
ORGAN, LEAD_UNIT = "ORGAN", "LEAD_UNIT"


@dataclass(frozen=True, slots=True)
class Gap:
    """An act of the statutory procedure that is not on file; *holder* is who had to see to it."""

    name: Text
    article: str
    holder: str


def decided_on(facts: Facts) -> date | None:
    """Return the day the decision was signed; None while there is no decision."""
    signed = facts.latest("sign_decision")
    if signed is not None:
        return signed.day("signed_on") or signed.local_day
    published = facts.latest("publish_decision")
    return published.local_day if published is not None else None


def gaps(facts: Facts) -> tuple[Gap, ...]:
    """Return what the statutory procedure demanded of a decision already made and the file does not hold."""
    if decided_on(facts) is None:
        return ()
    wanting = (
        (_was_started(facts), Gap(Text("启动决定", "the decision to start"), "10", ORGAN)),
        (_units_were_asked(facts), Gap(Text("征求有关单位意见", "consultation of units"), "13", LEAD_UNIT)),
        (_public_was_heard(facts), Gap(Text("公众参与", "public participation"), "14", LEAD_UNIT)),
        (_experts_argued(facts), Gap(Text("专家论证", "expert argumentation"), "19", LEAD_UNIT)),
        (_risk_was_assessed(facts), Gap(Text("风险评估", "risk assessment"), "22", LEAD_UNIT)),
        (_risk_was_controllable(facts), Gap(Text("风险可控的认定", "the finding on the risk"), "24", ORGAN)),
        (_competition_was_reviewed(facts), Gap(Text("公平竞争审查", "fair-competition review"), "29", LEAD_UNIT)),
        (_villagers_agreed(facts), Gap(Text("村民会议讨论", "the villagers' meeting"), "3", LEAD_UNIT)),
        (_was_reviewed(facts), Gap(Text("合法性审查", "legality review"), "25", ORGAN)),
        (_was_discussed(facts), Gap(Text("集体讨论", "collective discussion"), "30", ORGAN)),
        (_congress_was_asked(facts), Gap(Text("人大程序", "the people's congress"), "8", ORGAN)),
        (_was_approved(facts), Gap(Text("上级批准", "approval by the higher organ"), "3", ORGAN)),
        (_party_was_asked(facts), Gap(Text("向同级党委请示报告", "the report to the party committee"), "31", ORGAN)),
    )  # fmt: skip
    return tuple(gap for done, gap in wanting if not done)


def _was_started(facts: Facts) -> bool:
    return any(one.text("outcome") == "START" for one in facts.all("decide_initiation"))


def _units_were_asked(facts: Facts) -> bool:
    affected = listed(facts, "affected_units", "consult_units")
    asked = {
        one.text("unit") for record in facts.all("consult_units") for one in record.entries("consultations")
    }
    return not set(affected) - asked


def _public_was_heard(facts: Facts) -> bool:
    return is_non_public(facts) or bool(facts.all(*ACTIVITIES))


def _experts_argued(facts: Facts) -> bool:
    return answered(facts, "is_technical") is not True or facts.latest("expert_opinion") is not None


def _risk_was_assessed(facts: Facts) -> bool:
    if answered(facts, "risk_trigger") is not True or facts.latest("assess_risk") is not None:
        return True
    return bool(facts.said("reuses_assessment_id", "determine_procedure", "commission_assessment"))


def _risk_was_controllable(facts: Facts) -> bool:
    found = facts.latest("determine_risk")
    if found is None:
        return answered(facts, "risk_trigger") is not True
    return found.text("outcome") == "CONTROLLABLE"


def _competition_was_reviewed(facts: Facts) -> bool:
    review = facts.latest("fair_competition_review")
    if review is None:
        return answered(facts, "market_players") is not True
    return review.text("outcome") != "RESTRICTION"


def _villagers_agreed(facts: Facts) -> bool:
    return answered(facts, "village_matter") is not True or facts.latest("hold_villagers_meeting") is not None


def _congress_was_asked(facts: Facts) -> bool:
    return written(facts, "npc_route") in {"", "NONE"} or facts.latest("report_npc") is not None


def _was_approved(facts: Facts) -> bool:
    if answered(facts, "external_approval") is not True:
        return True
    return any(one.text("outcome") == "APPROVED" for one in facts.all("external_approval"))


def _was_reviewed(facts: Facts) -> bool:
    opinion = facts.latest("issue_legality_opinion")
    return opinion is not None and opens_the_meeting(opinion)


def _was_discussed(facts: Facts) -> bool:
    return any(one.text("outcome") == "APPROVE" for one in facts.all("principal_decides"))


def _party_was_asked(facts: Facts) -> bool:
    return facts.latest("report_party_committee") is not None


def _missing(found: tuple[Gap, ...]) -> Text:
    zh = "、".join(f"{one.name.zh}（{articles(one.article).zh}）" for one in found)
    return Text(zh, ", ".join(f"{one.name.en} (art. {one.article})" for one in found))


# -- leadership, supervision, appraisal ----------------------------------------------------------------------


@rule("R-713-4-1", "党的领导贯穿重大行政决策全过程", checks="A", law=DECREE_713, article="4")
def party_was_reported_to(facts: Facts) -> Verdict:
    """Party leadership is carried through the whole process: the file shows at least one report to the committee."""
    if decided_on(facts) is None:
        return NOT_APPLICABLE
    if _party_was_asked(facts):
        return None
    return Text(
        "决策已经作出，案卷中没有向同级党委请示报告的记录。请说明情况。",
        "The decision was made and the file holds no report to the party committee at the same level. Explain.",
    )


# Who supervises reads: the doors of reading are held by the access room.
stated(
    "R-713-8-2",
    Text("上级行政机关和审计机关依法监督", "Higher administrative organs and the audit organ supervise"),
    law=DECREE_713,
    article="8",
    checks="A",
    held=("tests/api/test_identity.py::test_an_auditor_reads_everything_and_writes_nothing",),
)


@rule("R-713-9-1", "决策情况纳入对决策机关及其领导人员的考核", checks="A", law=DECREE_713, article="9")
def appraisal_counts_decision_making(facts: Facts) -> Verdict:
    """Decision-making is part of the yearly appraisal of the organ, which no single case file shows."""
    return UNDECIDABLE if decided_on(facts) is not None else NOT_APPLICABLE


# -- execution (articles 35 and 40) --------------------------------------------------------------------------


@rule(
    "R-713-35-1",
    "执行中发现问题、情况重大变化或者不可抗力的，及时报告",
    checks="A",
    law=DECREE_713,
    article="35",
)
def problems_are_reported_at_once(facts: Facts) -> Verdict:
    """The executor reports problems, major changes and force majeure at once."""
    reports = facts.all("report_problem")
    if not reports:
        return NOT_APPLICABLE
    for report in reports:
        found, told = report.day("found_at"), report.day("reported_at") or report.local_day
        if found is None:
            return Text(
                "问题报告未填写发现时间，无法判断是否及时报告。请补充发现时间。",
                "A report of a problem does not say when it was found, so its delay cannot be seen. Add the time.",
            )
        latest = facts.calendar.add(found, facts.period("problem_report_days", found)).day
        if told > latest:
            return Text(
                f"问题于{found}发现，{told}才报告，超过及时报告的提示线（{latest}）。请说明迟报的原因。",
                f"A problem found on {found} was reported on {told}, after the line of attention ({latest}). Explain.",
            )
    return None


# The public's door stays open after the decision; R-EXE-04 counts what comes in.
stated(
    "R-713-35-2",
    Text(
        "公民、法人和其他组织可以对决策执行提出意见",
        "Citizens and organisations may send opinions on execution",
    ),
    law=DECREE_713,
    article="35",
    strength="O",
    held=("tests/test_feedback.py::test_letters_and_calls_during_execution_are_taken_in_and_marked",),
)


@rule(
    "R-713-40-1",
    "执行单位拒不执行、推诿执行、拖延执行或者隐瞒问题的，依法追究责任",
    checks="A",
    law=DECREE_713,
    article="40",
    strength="L",
)
def executor_reports_when_due(facts: Facts) -> Verdict:
    """Executors that refuse, shirk or delay, or conceal problems, answer for it: reports that are overdue."""
    named = facts.latest("name_executor")
    if named is None:
        return NOT_APPLICABLE
    reports = facts.after(named.seq, "report_execution")
    if reports and reports[-1].text("status") == "COMPLETED":
        return None
    due = reports[-1].day("next_report_on") if reports else named.day("first_report_on")
    if due is None or facts.today <= due:
        return None
    return Text(
        f"执行情况报告应当不迟于{due}提交，至{facts.today}尚未提交。请执行单位说明情况。",
        f"A report on execution was due on {due} and by {facts.today} there is none. The executor explains.",
    )


# -- articles 38, 39 and 41 -----------------------------------------------------------------------------------


@rule(
    "R-713-38-1",
    "违反规定作出决策的，责令改正并追究责任",
    checks="A",
    law=DECREE_713,
    article="38",
    strength="L",
)
def procedure_was_performed(facts: Facts) -> Verdict:
    """An organ that breaks the rules corrects and answers for it: acts of the procedure that are not on file."""
    if decided_on(facts) is None:
        return NOT_APPLICABLE
    found = gaps(facts)
    if not found:
        return None
    missing = _missing(found)
    return Text(
        f"决策已经作出，案卷中没有以下法定程序的记录：{missing.zh}。请说明情况，由有权机关处理。",
        f"The decision was made and the file holds no record of: {missing.en}. Explain; the competent organ decides.",
    )


@rule(
    "R-713-38-2",
    "应当依法作出决策而久拖不决的，倒查责任、终身追究",
    checks="A",
    law=DECREE_713,
    article="38",
    strength="L",
)
def due_decision_was_made_in_time(facts: Facts) -> Verdict:
    """A decision that was due is not delayed; grave delay is traced back to persons for life."""
    register = facts.latest("register_proposal")
    due = register.day("decision_due_by") if register else facts.case.day("decision_due_by")
    if due is None:
        return NOT_APPLICABLE
    decided = decided_on(facts)
    if (decided or facts.today) <= due or _was_declined(facts):
        return None
    return Text(
        f"本事项依法应当不迟于{due}作出决策，"
        + (f"实际于{decided}作出。" if decided else f"至{facts.today}尚未作出。")
        + "请说明迟延的原因和各环节的办理时间。",
        f"A decision was due by {due} and "
        + (f"was made on {decided}." if decided else f"by {facts.today} there is none.")
        + " Explain the delay and how long each step took.",
    )


def _was_declined(facts: Facts) -> bool:
    started = facts.latest("decide_initiation")
    return started is not None and started.text("outcome") == "NOT_START"


@rule(
    "R-713-38-3",
    "集体讨论中提出不同意见的，按规定减免责任",
    checks="A",
    law=DECREE_713,
    article="38",
    strength="L",
)
def dissent_is_kept_for_the_dissenter(facts: Facts) -> Verdict:
    """Those who differed in the discussion have liability reduced: every voiced dissent stands in signed minutes."""
    differed = False
    for opened in facts.all("open_meeting"):
        voiced, recorded = _dissent_in(facts, opened)
        differed = differed or bool(voiced)
        if voiced - recorded:
            return Text(
                f"会上有{len(voiced - recorded)}人提出不同意见，签署的会议记录没有载明。请补充更正，以免影响责任认定。",
                f"{len(voiced - recorded)} member(s) differed in the meeting and the signed minutes do not say so. "
                "Append a correction, for it bears on their liability.",
            )
    return None if differed else NOT_APPLICABLE


def _dissent_in(facts: Facts, opened: Record) -> tuple[frozenset[str], frozenset[str]]:
    """Return who differed in a meeting that has signed minutes, and whose dissent those minutes record."""
    later = facts.after(opened.seq, "open_meeting")
    end = later[0].seq if later else facts.records[-1].seq + 1
    kinds = ("member_speaks", "vote", "principal_decides", "sign_minutes")
    held = [one for one in facts.after(opened.seq, *kinds) if one.seq < end]
    minutes = [one for one in held if one.kind == "sign_minutes"]
    if not minutes:
        return frozenset(), frozenset()
    voiced = {one.item or one.person or "" for one in held if one.text("stance") in CONTRARY}
    if any(one.kind == "principal_decides" and one.text("outcome") == "APPROVE" for one in held):
        ballots = [ballot for one in held if one.kind == "vote" for ballot in one.entries("ballots")]
        voiced |= {ballot.text("member") for ballot in ballots if ballot.text("vote") == "NO"}
    recorded = {
        one.text("member")
        for signed in minutes
        for one in signed.entries("dissents")
        if one.text("statement")
    }
    return frozenset(voiced - {""}), frozenset(recorded)


@rule(
    "R-713-39-1",
    "承办单位或者有关单位未按规定履行程序、失职或者弄虚作假的，责令改正并追究责任",
    checks="A",
    law=DECREE_713,
    article="39",
    strength="L",
)
def lead_unit_performed_its_steps(facts: Facts) -> Verdict:
    """Units that skip steps, neglect duty or falsify answer for it: steps of the lead unit not on file, false dates."""
    untrue = _dated_after_the_act(facts)
    if untrue is not None:
        return Text(
            f"第{untrue.seq}号记录填写的发布时间晚于记录形成的时间。请核对是否属实。",
            f"Record {untrue.seq} states a time of publication later than the record itself. Check whether it is true.",
        )
    if decided_on(facts) is None:
        return NOT_APPLICABLE
    found = tuple(gap for gap in gaps(facts) if gap.holder == LEAD_UNIT)
    if not found:
        return None
    missing = _missing(found)
    return Text(
        f"案卷中没有承办单位履行以下程序的记录：{missing.zh}。请承办单位说明情况。",
        f"The file does not show that the lead unit performed: {missing.en}. The lead unit explains.",
    )


def _dated_after_the_act(facts: Facts) -> Record | None:
    for record in facts.all("publish_feedback", "publish_notice"):
        stated_day = record.day("published_at")
        if stated_day is not None and stated_day > record.local_day:
            return record
    return None


@rule(
    "R-713-41-1",
    "承担论证评估的专家、机构违反职业道德和规定的，予以通报、责令改正或者追究责任",
    checks="A",
    law=DECREE_713,
    article="41",
    strength="L",
)
def experts_and_assessors_kept_faith(facts: Facts) -> Verdict:
    """Experts and assessors in breach are criticised and answer for it: an interest, or an opinion never signed."""
    opinions, reports = facts.all("expert_opinion"), facts.all("assess_risk")
    if not opinions and not reports:
        return NOT_APPLICABLE
    interested = [one for one in opinions if one.text("conflict_declaration") == "CONFLICT"]
    unsigned = [one for one in opinions if not one.has("signed_at")]
    if interested or unsigned:
        return Text(
            f"专家论证意见中，有{len(interested)}份的专家存在利害关系，有{len(unsigned)}份未签署。请核实并处理。",
            f"{len(interested)} expert opinion(s) come from experts with an interest, {len(unsigned)} are not signed. "
            "Verify and act on it.",
        )
    if any(one.text("assessor_kind") == "THIRD_PARTY" and one.flag("no_interest_declared") is not True
           for one in facts.all("commission_assessment")):  # fmt: skip
        return Text(
            "第三方评估机构没有作出无利害关系的声明。请核实并处理。",
            "The third-party assessor did not declare that it has no interest. Verify and act on it.",
        )
    return None
