"""The domain book's own rules on the review (4.3): a complete package, separate people, an opinion on this draft."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.legality import (
    DRAFTING,
    MEETING_GATES,
    lacking_materials,
    opens_the_meeting,
    reviewer_has_seven_working_days,
)
from decision_engine.rules.matter import answered, draft_after, is_non_public, latest_opinion, listed
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule


@rule(
    "R-LEG-01",
    "材料齐备后起算审查时间",
    gate=("submit_review_package", "check_review_package"),
    law=DECREE_713,
    article="26",
    mark="v:713-26; v:LQ",
)
def review_starts_with_a_complete_package(facts: Facts) -> Verdict:
    """The package is checked; stages that were performed are in it; the clock starts when it is complete."""
    if facts.gate == "check_review_package":
        if facts.act.text("outcome") != "COMPLETE" or facts.act.day("package_complete_at") is not None:
            return None
        return Text(
            "材料齐备的，须填写齐备时间，审查时间从此起算。请填写。",
            "A complete package carries the time it became complete; the review's time runs from it. Enter it.",
        )
    return lacking_materials(_unfiled_stages(facts))


def _unfiled_stages(facts: Facts) -> list[Text]:
    listed_items = {one.text("item"): one for one in facts.act.entries("checklist")}
    affected = listed(facts, "affected_units", "consult_units")
    stages = (
        ("PUBLIC_PARTICIPATION", not is_non_public(facts), Text("公众参与材料", "public participation")),
        (
            "EXPERT_ARGUMENTATION",
            answered(facts, "is_technical"),
            Text("专家论证材料", "expert argumentation"),
        ),
        ("RISK_REPORT", answered(facts, "risk_trigger"), Text("风险评估材料", "risk report")),
        ("FAIR_COMPETITION", answered(facts, "market_players"), Text("公平竞争审查结论", "fair competition")),
        ("UNIT_OPINIONS", bool(affected), Text("有关单位意见", "opinions of units")),
    )
    return [
        label
        for item, needed, label in stages
        if needed and ((one := listed_items.get(item)) is None or one.text("status") != "FILED")
    ]


@rule(
    "R-LEG-05",
    "审查人不得参与本事项的起草和表决",
    gate=("check_review_package", "issue_legality_opinion", "vote"),
    law=DECREE_713,
    article="25",
    mark="D",
)
def reviewer_is_not_drafter(facts: Facts) -> Verdict:
    """The reviewing person has no part in drafting or voting on the item."""
    drafters = {one.person for one in facts.all(*DRAFTING)} | {one.author for one in facts.drafts}
    if facts.gate == "vote":
        reviewers = {one.person for one in facts.all("issue_legality_opinion")} - {None}
        if not reviewers & {one.text("member") for one in facts.act.entries("ballots")}:
            return None
        return Text(
            "合法性审查人不得参加本事项的表决。请由其回避。",
            "The legality reviewer does not vote on the item. Let that person be recused.",
        )
    people = {facts.act.author, facts.act.on_behalf_of} - {None}
    if not people & drafters:
        return None
    return Text(
        "起草人不得审查自己起草的草案。请由未参与起草的人员审查。",
        "A drafter does not review the own draft. Let somebody who had no part in drafting review it.",
    )


@rule(
    "R-LEG-06",
    "法律顾问意见是参考，审查部门意见才是法定意见",
    gate="issue_legality_opinion",
    law=DECREE_713,
    article="28",
    mark="v:713-28",
)
def advisers_advise_only(facts: Facts) -> Verdict:
    """Advisers' opinions are input; who advised does not issue the statutory opinion."""
    advisers = {one.person for one in facts.all("legal_adviser_opinion")} - {None}
    if facts.act.role != "legal_adviser" and facts.act.person not in advisers:
        return None
    return Text(
        "法律顾问的意见不能代替审查部门的法定意见。请由审查部门的审查人出具。",
        "A legal adviser's opinion does not stand for the statutory one. Let the reviewing department issue it.",
    )


@rule(
    "R-LEG-07",
    "应听取而未听取法律顾问意见，或法律顾问认为不合法的，不得提交讨论",
    gate=("issue_legality_opinion", "assemble_meeting_package", "confirm_agenda"),
    law=DECREE_713,
    article="28",
    mark="v:LA30",
)
def advisers_warning_is_heeded(facts: Facts) -> Verdict:
    """What advisers should have been heard on and were not, or hold unlawful, is not submitted or decided.

    So no opinion opens the meeting against an adviser's warning: what would be stuck before the meeting goes back.
    """
    if facts.gate == "issue_legality_opinion" and not opens_the_meeting(facts.act):
        return NOT_APPLICABLE
    opinions = facts.since("submit_review_package", "legal_adviser_opinion")
    if not opinions:
        return Text(
            "本事项应当听取法律顾问意见而未听取，不得提交讨论。请先取得法律顾问或公职律师意见。",
            "Legal advisers should have been heard and were not, so this may not be submitted. Hear them first.",
        )
    if all(one.text("conclusion") != "UNLAWFUL" for one in opinions):
        return None
    return Text(
        "法律顾问认为本事项不合法，不得提交讨论。请修改后重新审查。",
        "A legal adviser holds this unlawful; it may not be submitted. Revise it and have it reviewed again.",
    )


@rule(
    "R-LEG-09",
    "法律顾问不得是相对方或利害关系人的代理人",
    gate="legal_adviser_opinion",
    law=DECREE_713,
    article="28",
    strength="D",
    mark="D",
)
def adviser_has_no_conflict(facts: Facts) -> Verdict:
    """The adviser is not counsel of the counterparty or of an interested party."""
    if facts.act.text("conflict_declaration") == "NONE":
        return None
    return Text(
        "法律顾问与本事项存在利害关系或者未作声明。请更换法律顾问。",
        "The adviser has an interest in the matter or declared nothing. Choose another adviser.",
    )


@rule(
    "R-LEG-10",
    "审查意见绑定草案版本，草案变更后须重新审查或者确认",
    gate=MEETING_GATES,
    law=DECREE_713,
    article="25",
    strength="D",
    mark="D",
)
def opinion_is_bound_to_the_draft(facts: Facts) -> Verdict:
    """The opinion is bound to the draft's hash: a later change needs a new review, an editorial one a confirmation."""
    opinion = latest_opinion(facts)
    if opinion is None:
        return NOT_APPLICABLE
    if _another_paper_is_handed_in(facts):
        return Text(
            "提请讨论的草案不是经审查的草案文件。请附经合法性审查的草案。",
            "The draft handed in for the meeting is not the paper that was reviewed. Attach the reviewed draft.",
        )
    changed = draft_after(facts, opinion)
    if changed is None:
        return None
    seen = facts.version(opinion.draft)
    zh = f"第{seen.no}稿" if seen else "此前版本"
    en = f"version {seen.no}" if seen else "an earlier version"
    return Text(
        f"合法性审查针对{zh}，草案此后已改为第{changed.no}稿。实质性修改须重新审查，文字修改须经审查人确认。",
        f"The review was of {en}; the draft is now version {changed.no}. A substantive change is reviewed again, an "
        "editorial one confirmed by the reviewer.",
    )


def _another_paper_is_handed_in(facts: Facts) -> bool:
    """Tell whether the package names as the draft a document other than the one last drafted."""
    drafted = facts.latest(*DRAFTING)
    papers = {
        one.text("document_ref")
        for one in facts.act.entries("meeting_package")
        if facts.gate == "assemble_meeting_package" and one.text("slot") == "DRAFT"
    } - {""}
    return drafted is not None and drafted.has("draft_ref") and bool(papers - {drafted.text("draft_ref")})


@rule(
    "R-LEG-11",
    "逾期未出具意见不视为同意",
    gate=MEETING_GATES,
    law=DECREE_713,
    article="25",
    mark="v:713-25",
)
def silence_is_no_consent(facts: Facts) -> Verdict:
    """There is no deemed consent: after a submission the opinion must actually have been given."""
    submitted = facts.latest("submit_review_package")
    if submitted is None:
        return NOT_APPLICABLE
    if facts.after(submitted.seq, "issue_legality_opinion"):
        return None
    return Text(
        "审查部门尚未对本次送审出具意见，逾期未答复不视为同意。请等待或者催办。",
        "The reviewing department has not answered this submission; silence is no consent. Wait, or press for it.",
    )


@rule(
    "R-LEG-12",
    "未采纳的审查意见连同理由提供给每位组成人员",
    gate="assemble_meeting_package",
    law=DECREE_713,
    article="29",
    strength="D",
    mark="D",
)
def unadopted_findings_are_shown(facts: Facts) -> Verdict:
    """Review findings that were not adopted are shown to every member with the reasons."""
    answers = facts.since("submit_review_package", "adjust_draft")
    open_points = [
        one for record in answers for one in record.entries("responses") if one.text("handling") != "ADOPTED"
    ]
    if not open_points:
        return NOT_APPLICABLE
    if facts.act.text("unadopted_findings"):
        return None
    return Text(
        f"有{len(open_points)}项审查意见未完全采纳，须在会议材料中写明并说明理由。请补充。",
        f"{len(open_points)} findings were not fully adopted; the package states them with reasons. Add them.",
    )


@rule(
    "R-LEG-13",
    "审查时间不足7个工作日的，须有书面理由并经审查人同意",
    gate="confirm_agenda",
    law=DECREE_713,
    article="26",
    strength="D",
    mark="D",
)
def short_review_has_the_reviewers_consent(facts: Facts) -> Verdict:
    """A review shorter than seven working days needs a written reason and the reviewer's own consent."""
    if not isinstance(reviewer_has_seven_working_days(facts), Text):
        return NOT_APPLICABLE
    reviewers = {one.person for one in facts.all("check_review_package", "issue_legality_opinion")}
    for departure in facts.departures:
        if departure.rule == "R-713-26-3" and departure.reason.strip() and departure.approver in reviewers:
            return None
    return Text(
        "缩短审查时间须写明理由，并由审查人本人同意。请登记例外，批准人填写审查人。",
        "A shortened review needs a written reason and the reviewer's consent. Record the exception, approved by "
        "the reviewer.",
    )
