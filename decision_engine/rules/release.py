"""From the meeting to the public and the archive (Decree 713, articles 31-33)."""

from __future__ import annotations

from decision_engine.language import Text
from decision_engine.rules.facts import Facts
from decision_engine.rules.law import DECREE_713
from decision_engine.rules.matter import incomplete
from decision_engine.rules.rule import NOT_APPLICABLE, Verdict, rule

PUBLIC_CHANNELS = frozenset(
    {"GOVERNMENT_WEBSITE", "OFFICIAL_SOCIAL_MEDIA", "GAZETTE", "NEWSPAPER", "RADIO", "TELEVISION"}
)
DOSSIER: dict[str, tuple[str, ...]] = {
    "D00": (),
    "D01": ("register_proposal",),
    "D02": ("study_proposal",),
    "D03": ("decide_initiation",),
    "D04": (),
    "D05": ("draft_decision",),
    "D06": ("draft_decision",),
    "D07": ("consult_units",),
    "D08": (),
    "D09": ("publish_notice",),
    "D10": ("handle_comments",),
    "D11": ("hold_hearing",),
    "D12": ("run_survey", "hold_symposium"),
    "D13": ("handle_comments", "publish_feedback"),
    "D14": ("summarise_argumentation",),
    "D15": ("assess_risk",),
    "D16": ("fair_competition_review",),
    "D17": ("submit_review_package",),
    "D18": ("legal_adviser_opinion",),
    "D19": ("issue_legality_opinion",),
    "D20": ("assemble_meeting_package",),
    "D21": ("confirm_agenda",),
    "D22": ("sign_minutes",),
    "D23": ("sign_minutes",),
    "D24": (),
    "D25": (),
    "D26": ("report_party_committee",),
    "D27": ("report_npc", "external_approval"),
    "D28": ("sign_decision",),
    "D29": ("publish_decision",),
    "D30": (),
    "D31": ("report_problem",),
    "D32": ("report_evaluation",),
    "D33": (),
    "D34": (),
}
"""Dossier code -> the steps that make its document mandatory (domain book 7.2)."""
ALWAYS = frozenset({"D00", "D34"})


@rule(
    "R-713-31-1",
    "决策出台前向同级党委请示报告",
    gate=("report_party_committee", "publish_decision", "record_non_publication"),
    law=DECREE_713,
    article="31",
)
def party_committee_was_asked(facts: Facts) -> Verdict:
    """Before release, the party committee at the same level is reported to and asked."""
    report = facts.latest("report_party_committee")
    if report is None:
        return Text(
            "决策公布前应当向同级党委请示报告，尚未报告。请先请示报告。",
            "The party committee is reported to before release, and was not. Report first.",
        )
    if facts.gate == "report_party_committee" and report.text("stage") == "DELIBERATE":
        return NOT_APPLICABLE
    if report.text("stage") == "DELIBERATE":
        decided = facts.after(report.seq, "principal_decides")
        if decided and decided[-1].text("outcome") == "APPROVE":
            return None
        return Text(
            "本事项已提请党委会研究，党委会尚未同意。请待党委会研究同意后再公布。",
            "The matter is before the party committee, which has not agreed yet. Wait for its decision.",
        )
    if report.has("reply") or report.has("reply_ref") or report.day("reply_at") is not None:
        return None
    return Text(
        "已向同级党委报告，尚无答复记录。请补充答复后再公布。",
        "The party committee was reported to but no reply is on file. Record it before publication.",
    )


@rule(
    "R-713-32-1",
    "决策通过政府公报、网站和报纸等及时公布",
    gate=("publish_decision", "record_non_publication", "archive_dossier"),
    law=DECREE_713,
    article="32",
)
def decision_is_published(facts: Facts) -> Verdict:
    """The decision is published in time unless it is lawfully not public."""
    signed = facts.latest("sign_decision")
    if signed is None:
        if facts.gate == "archive_dossier":
            return NOT_APPLICABLE
        return Text(
            "决策尚未签发，不能公布。请先签发。", "The decision is not signed. Sign it before publication."
        )
    match facts.gate:
        case "record_non_publication":
            return _may_stay_unpublished(signed.flag("non_public"), facts)
        case "archive_dossier":
            if facts.latest("publish_decision", "record_non_publication") is not None:
                return None
            return Text(
                "决策尚未公布，也没有依法不予公开的记录，不能归档。请先公布。",
                "The decision is neither published nor recorded as lawfully not public. Publish it before filing.",
            )
    published = facts.act.entries("publications")
    signed_on = signed.day("signed_on")
    if not any(one.text("channel") in PUBLIC_CHANNELS for one in published):
        return Text(
            "决策须通过政府公报、政府网站、政务新媒体或者报刊、广播、电视等公布。请至少选择一个渠道。",
            "A decision is published in the gazette, on the government site, in the press or on air. Use one at least.",
        )
    early = [one for one in published if signed_on and (day := one.day("at")) is not None and day < signed_on]
    if not early:
        return None
    return Text(
        f"公布时间早于签发日期（{signed_on}）。请核对公布时间。",
        f"It was published before it was signed ({signed_on}). Check the times of publication.",
    )


def _may_stay_unpublished(non_public: bool | None, facts: Facts) -> Verdict:
    if non_public is True and facts.act.text("non_public_basis"):
        return None
    return Text(
        "决策未经依法认定为不予公开，应当公布；不予公开须有法律依据。请公布或者补充依据。",
        "The decision was not found lawfully non-public, so it is published; not publishing needs a legal basis.",
    )


@rule(
    "R-713-33-1",
    "决策过程记录和材料及时完整归档",
    gate="archive_dossier",
    law=DECREE_713,
    article="33",
    checks="GA",
)
def dossier_is_complete(facts: Facts) -> Verdict:
    """The dossier is complete: what was done is filed, what does not apply says why."""
    if facts.latest("archive_dossier") is None:
        return NOT_APPLICABLE
    record = facts.latest("archive_dossier") or facts.act
    items = {one.text("code"): one for one in record.entries("dossier")}
    wanting = []
    for code, steps in DOSSIER.items():
        item = items.get(code)
        needed = code in ALWAYS or any(facts.latest(step) is not None for step in steps)
        if item is not None and item.text("status") == "FILED":
            continue
        if needed or item is None or not item.text("reason"):
            wanting.append(code)
    if not wanting:
        return None
    return Text(
        f"卷宗不完整：{'、'.join(wanting)}未归档或未说明不适用的理由。请补齐。",
        f"The dossier is incomplete: {', '.join(wanting)} not filed, or no reason why not applicable. Complete it.",
    )


@rule(
    "R-713-32-2",
    "社会关注度高、专业性强的决策，说明意见采纳情况并解读",
    gate="interpret_policy",
    law=DECREE_713,
    article="32",
)
def decision_is_explained(facts: Facts) -> Verdict:
    """Decisions widely followed or technical are explained: adoption of opinions and an interpretation."""
    if facts.act.text("not_needed_reason"):
        return None
    if not facts.act.entries("interpretation"):
        return Text(
            "尚未填写解读情况，也没有说明无需解读的理由。请补充其中之一。",
            "There is neither an interpretation nor a reason why none is needed. Give one of them.",
        )
    published = facts.latest("publish_decision")
    if facts.act.text("adoption_summary") or (published and published.text("adoption_summary")):
        return None
    return incomplete(
        facts.act, {"adoption_summary": Text("公众意见、专家意见采纳情况", "the adoption of opinions")}
    )
