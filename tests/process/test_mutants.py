"""The shipped diagrams are lawful; what an editor might do to them by mistake or on purpose is refused.

Every mutant names the rule it must be refused by, and the path of every finding is replayed on the token
game without any of the proof's reductions. Harmless changes stay accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from edit import Draft, is_run, shipped
from lxml import etree

from decision_engine import process, rules

Edit = Callable[[Draft], object]

TIMER = (
    "<bpmn:timerEventDefinition>"
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">{}</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition>"
)


def boundary(name: str, host: str, *, period: str = "P5D", interrupting: bool = True) -> str:
    cancel = str(interrupting).lower()
    attributes = f'id="{name}" attachedToRef="{host}" cancelActivity="{cancel}"'
    return f"<bpmn:boundaryEvent {attributes}>{TIMER.format(period)}</bpmn:boundaryEvent>"


def short_cut(host: str, target: str) -> Edit:
    """Return an edit by which a timer on *host* leads to *target*."""

    def edit(d: Draft) -> None:
        d.connect(d.add(host, boundary("sneaky", host)), target)

    return edit


def side(d: Draft) -> None:
    """Let one exit of the fork after release end by itself, then merge without a join."""
    d.retype("main_all_done", "exclusiveGateway")


def skip_gateway(gateway: str, target: str, dropped: str) -> Edit:
    """Return an edit by which *gateway* always goes to *target*."""

    def edit(d: Draft) -> None:
        d.drop_flow(gateway, dropped)
        d.rewrite(gateway, target, None)

    return edit


def default(gateway: str, target: str) -> Edit:
    def edit(d: Draft) -> None:
        flow = d.flow(gateway, target)
        d.condition(flow, None)
        d.set(gateway, "default", flow.get("id"))

    return edit


MEETING_PACKAGE = "main_package"
OPINION = "issue_legality_opinion.outcome"
OK = f"{OPINION} in ('LEGAL', 'EXPLORATORY_RISK_STATED')"

LAWLESS: dict[str, tuple[str, Edit]] = {
    # a step is missing
    "no decision to start": ("R-713-10-1", lambda d: d.bypass("main_decide_initiation")),
    "no notice": ("R-713-15-1", lambda d: d.bypass("participation_publish_notice")),
    "no comment period": ("R-713-15-2", lambda d: d.bypass("participation_comment_period")),
    "comments not handled": ("R-713-18-1", lambda d: d.bypass("participation_handle_comments")),
    "no feedback": ("R-CMT-04", lambda d: d.bypass("participation_publish_feedback")),
    "no participation": ("R-713-14-1", lambda d: d.bypass("main_public_participation")),
    "no experts": ("R-713-19-1", lambda d: d.bypass("main_expert_argumentation")),
    "no risk assessment": ("R-713-22-1", lambda d: d.bypass("main_risk_assessment")),
    "no competition review": ("R-FC-14-1", lambda d: d.bypass("main_fair_competition_review")),
    "no legality review": ("R-713-25-1", lambda d: d.bypass("main_legality_review")),
    "no adviser": ("R-713-28-2", lambda d: d.bypass("legality_legal_adviser_opinion")),
    "no legality opinion": ("R-713-25-1", lambda d: d.bypass("legality_issue_legality_opinion")),
    "package not checked": ("R-LEG-01", lambda d: d.bypass("legality_check_review_package")),
    "package not submitted": ("R-LEG-01", lambda d: d.bypass("legality_submit_review_package")),
    "no meeting": ("R-713-30-1", lambda d: d.bypass("main_government_meeting")),
    "members silent": ("R-713-30-3", lambda d: d.bypass("meeting_member_speaks")),
    "principal silent": ("R-MTG-13", lambda d: d.bypass("meeting_principal_speaks_last")),
    "no vote": ("R-MTG-09", lambda d: d.bypass("meeting_vote")),
    "no decision": ("R-713-30-1", lambda d: d.bypass("meeting_principal_decides")),
    "no minutes": ("R-MTG-26", lambda d: d.bypass("meeting_sign_minutes")),
    "no report of the item": ("R-MTG-13", lambda d: d.bypass("meeting_report_item")),
    "meeting not opened": ("R-MTG-01", lambda d: d.bypass("meeting_open_meeting")),
    "party not asked": ("R-713-31-1", lambda d: d.bypass("main_report_party_committee")),
    "congress not asked": (
        "R-713-8-1",
        lambda d: d.redirect("main_npc_route", "main_report_npc", "main_npc_done"),
    ),
    "approval not asked": (
        "R-713-3-3",
        lambda d: d.redirect("main_approval_needed", "main_external_approval", "main_approved"),
    ),
    "villagers not asked": ("R-VC-3-1", lambda d: d.bypass("participation_hold_villagers_meeting")),
    "not published": ("R-713-32-1", lambda d: d.bypass("main_publish_decision")),
    "not archived": ("R-713-33-1", lambda d: d.bypass("main_archive_dossier")),
    "refusal not archived": ("R-713-33-1", lambda d: d.bypass("main_archive_closed")),
    "no executor": ("R-RSK-07", lambda d: d.bypass("main_name_executor")),
    "no problem report": ("R-713-35-1", lambda d: d.bypass("execution_report_problem")),
    "no evaluation": ("R-713-36-4", lambda d: d.bypass("execution_post_evaluation")),
    "evaluation not planned": ("R-EVA-06", lambda d: d.bypass("evaluation_plan_evaluation")),
    "terminated at once": ("R-713-37-1", lambda d: d.bypass("execution_adjust_or_terminate")),
    # the order is wrong
    "draft before the decision to start": (
        "R-713-10-1",
        lambda d: d.swap("main_decide_initiation", "main_draft_decision"),
    ),
    "feedback before handling": (
        "R-CMT-04",
        lambda d: d.swap("participation_handle_comments", "participation_publish_feedback"),
    ),
    "principal speaks first": (
        "R-713-30-3",
        lambda d: d.swap("meeting_member_speaks", "meeting_principal_speaks_last"),
    ),
    "decision before speeches": (
        "R-713-30-2",
        lambda d: d.swap("meeting_member_speaks", "meeting_principal_decides"),
    ),
    "minutes before the decision": (
        "R-MTG-26",
        lambda d: d.swap("meeting_principal_decides", "meeting_sign_minutes"),
    ),
    "opinion before the advisers": (
        "R-713-28-2",
        lambda d: d.swap("legality_legal_adviser_opinion", "legality_issue_legality_opinion"),
    ),
    "published before the party is asked": (
        "R-713-31-1",
        lambda d: d.swap("main_report_party_committee", "main_publish_decision"),
    ),
    "meeting before the review": (
        "R-713-25-1",
        lambda d: d.swap("main_government_meeting", "main_legality_review"),
    ),
    # an outcome leaks
    "ILLEGAL to the meeting": (
        "R-713-25-3",
        lambda d: d.redirect("main_legality_outcome", "main_handle_refused_draft", MEETING_PACKAGE),
    ),
    "PROCEDURE_INCOMPLETE to the meeting": (
        "R-713-25-3",
        lambda d: d.redirect("main_legality_outcome", "main_determine", MEETING_PACKAGE),
    ),
    "OUT_OF_SCOPE to the meeting": (
        "R-713-25-3",
        lambda d: d.redirect("main_legality_outcome", "main_closed", MEETING_PACKAGE),
    ),
    "unconfirmed revision to the meeting": (
        "R-713-25-3",
        lambda d: (
            d.redirect("legality_revision_needed", "legality_adjust_draft", "legality_end"),
            d.remove_branch("legality_adjust_draft"),
            d.rewrite(
                "main_legality_outcome", MEETING_PACKAGE, f"{OK} or {OPINION} == 'LEGAL_AFTER_REVISION'"
            ),
        ),
    ),
    "default flow to the meeting": ("R-713-25-3", default("main_legality_outcome", MEETING_PACKAGE)),
    "an outcome without exit": (
        "R-713-25-3",
        lambda d: d.rewrite("main_legality_outcome", "main_handle_refused_draft", f"{OPINION} == 'ILLEGAL'"),
    ),
    "NOT_START drafts": (
        "R-713-10-1",
        lambda d: d.redirect("main_initiation", "main_not_started", "main_assign_lead_unit"),
    ),
    "uncontrollable goes on": (
        "R-713-24-1",
        lambda d: (
            d.redirect("risk_risk_controllable", "risk_adjust_draft", "risk_end"),
            d.remove_branch("risk_adjust_draft"),
        ),
    ),
    "assessed again without adjusting": ("R-RSK-05", lambda d: d.bypass("risk_adjust_draft")),
    "adjusted but not assessed again": (
        "R-713-24-1",
        lambda d: d.redirect("risk_adjust_draft", "risk_assess", "risk_end"),
    ),
    "default flow past the risk": ("R-713-24-1", default("risk_risk_controllable", "risk_end")),
    "RETURN reviewed all the same": (
        "R-LEG-01",
        lambda d: d.redirect(
            "legality_package_complete", "legality_submit", "legality_legal_adviser_opinion"
        ),
    ),
    "REJECT released": (
        "R-713-30-1",
        lambda d: d.redirect("main_government_outcome", "main_closed", "main_report_party_committee"),
    ),
    "DEFER released": (
        "R-713-30-1",
        lambda d: d.redirect("main_government_outcome", "main_package", "main_report_party_committee"),
    ),
    "no way to defer": ("R-MTG-18", lambda d: d.drop_flow("main_government_outcome", "main_package")),
    "no way to continue": (
        "R-EVA-08",
        lambda d: d.drop_flow("execution_evaluation_outcome", "execution_continue"),
    ),
    "REFUSED approval released": (
        "R-713-3-3",
        lambda d: d.redirect("main_approval_outcome", "main_closed", "main_approved"),
    ),
    "congress REFUSED, released": (
        "R-713-8-1",
        lambda d: d.redirect("main_npc_outcome", "main_closed", "main_npc_done"),
    ),
    "evaluated as TERMINATE, just ended": (
        "R-713-37-1",
        lambda d: d.redirect(
            "execution_evaluation_outcome", "execution_adjust_or_terminate", "execution_ended"
        ),
    ),
    "problem ends execution": (
        "R-713-37-1",
        lambda d: d.redirect("execution_urgent", "execution_suspend", "execution_ended"),
    ),
    "is_technical turned round": (
        "R-713-19-1",
        lambda d: (
            d.rewrite(
                "main_is_technical", "main_expert_argumentation", "determine_procedure.is_technical == false"
            ),
            d.rewrite("main_is_technical", "main_experts_done", "determine_procedure.is_technical == true"),
        ),
    ),
    "nobody asked about risk": (
        "R-713-22-1",
        lambda d: (
            d.rewrite("main_risk_trigger", "main_risk_assessment", "determine_procedure.size == 'big'"),
            d.rewrite("main_risk_trigger", "main_risk_done", "determine_procedure.size == 'small'"),
        ),
    ),
    # back to the wrong place
    "amended, not reviewed again": (
        "R-713-25-1",
        lambda d: d.redirect("main_substantive", "main_review", MEETING_PACKAGE),
    ),
    "refused and submitted all the same": (
        "R-713-25-3",
        lambda d: d.redirect("main_refused", "main_draft", MEETING_PACKAGE),
    ),
    "amended and released": (
        "R-713-30-1",
        lambda d: d.redirect("main_substantive", "main_review", "main_party_done"),
    ),
    # ways round by timers
    "timer from the review to the meeting": ("R-LEG-11", short_cut("main_legality_review", MEETING_PACKAGE)),
    "timer on the opinion": (
        "R-LEG-11",
        short_cut("legality_issue_legality_opinion", "legality_end"),
    ),
    "timer past the meeting": ("R-713-30-1", short_cut("main_government_meeting", "main_party_done")),
    "timer past the members": (
        "R-713-30-3",
        short_cut("meeting_member_speaks", "meeting_principal_speaks_last"),
    ),
    "timer past the comments": (
        "R-713-18-1",
        short_cut("participation_handle_comments", "participation_publish_feedback"),
    ),
    "timer ends execution": ("R-713-37-1", short_cut("execution_report_execution", "execution_ended")),
    "timer past the archive": ("R-713-33-1", short_cut("main_archive_closed", "main_closed_end")),
    # periods and roles
    "ten days for comments": (
        "R-713-15-2",
        lambda d: setattr(
            d.find("participation_comment_period").xpath(".//*[local-name()='timeDuration']")[0],
            "text",
            "P10D",
        ),
    ),
    "another period for comments": (
        "R-713-15-3",
        lambda d: setattr(
            d.find("participation_comment_period").xpath(".//*[local-name()='timeDuration']")[0],
            "text",
            "parameter('feedback_days')",
        ),
    ),
    "drafter reviews": ("R-LEG-05", lambda d: d.role("legality_lane_legal_officer", "lead_unit_officer")),
    "adviser issues the opinion": (
        "R-LEG-06",
        lambda d: d.role("legality_lane_legal_officer", "legal_adviser"),
    ),
    "anybody reviews": ("R-713-25-2", lambda d: d.role("legality_lane_legal_officer", "inspector")),
    "principal records": ("R-MTG-25", lambda d: d.role("meeting_lane_recorder", "principal")),
    "assessor evaluates": ("R-EVA-04", lambda d: d.role("evaluation_lane_post_evaluator", "risk_assessor")),
    "office suspends": ("R-713-37-2", lambda d: d.role("execution_lane_principal", "secretary")),
    "unknown role": ("S-STRUCTURE", lambda d: d.role("meeting_lane_recorder", "scribe")),
    "auditor writes": ("S-STRUCTURE", lambda d: d.role("main_lane_archivist", "auditor")),
    "legality by an inclusive gateway": (
        "R-713-25-3",
        lambda d: d.retype("main_legality_outcome", "inclusiveGateway"),
    ),
}

UNSOUND: dict[str, tuple[str, Edit]] = {
    "join waits for a choice": ("S-COMPLETE", lambda d: d.retype("main_approved", "parallelGateway")),
    "end before the other branch": ("S-PROPER", side),
    "tasks doubled": ("S-SAFE", lambda d: d.retype("main_stages_done", "exclusiveGateway")),
    "fork for a choice": (
        "S-SAFE",
        lambda d: (
            d.retype("main_npc_route", "parallelGateway"),
            d.rewrite("main_npc_route", "main_report_npc", None),
            d.rewrite("main_npc_route", "main_npc_done", None),
        ),
    ),
    "inclusive split, plain merge": (
        "S-SAFE",
        lambda d: d.retype("participation_forms_done", "exclusiveGateway"),
    ),
    "execution without end": (
        "S-COMPLETE",
        lambda d: (
            d.redirect("execution_adjust_or_terminate", "execution_ended", "execution_continue"),
            d.remove_branch("execution_ended"),
            d.redirect("execution_status", "execution_completed", "execution_continue"),
            d.remove_branch("execution_completed"),
        ),
    ),
    "nothing leads to a task": (
        "S-STRUCTURE",
        lambda d: d.connect(d.add("main_end", '<bpmn:userTask id="island"/>'), "main_end"),
    ),
    "a task leads nowhere": ("S-STRUCTURE", lambda d: d.drop_flow("main_sign_decision", "main_publication")),
    "no start": (
        "S-STRUCTURE",
        lambda d: (
            d.drop_flow("main_start", "main_register_proposal"),
            d.find("main_start").getparent().remove(d.find("main_start")),
        ),
    ),
    "loop in which nobody acts": (
        "S-COMPLETE",
        lambda d: (
            d.rewrite("main_released", "main_name_executor", "sign_decision.again == false"),
            d.connect("main_released", "main_publication", "sign_decision.again == true"),
            d.bypass("main_publish_decision"),
            d.bypass("main_interpret_policy"),
        ),
    ),
}


def findings(files: dict[str, bytes]) -> list[dict[str, Any]]:
    report = process.check(files, rules.STATUTES)
    found: list[dict[str, Any]] = []
    for one in report["files"]:
        assert (one["verdict"] == "lawful") == (one["findings"] == [])
        found += [finding for finding in one["findings"] if finding not in found]
    return found


def test_the_shipped_diagrams_are_sound_and_lawful() -> None:
    assert findings(shipped()) == []


@pytest.mark.parametrize("name", [*LAWLESS, *UNSOUND])
def test_an_unlawful_or_unsound_variant_is_refused_by_its_rule(name: str) -> None:
    rule, edit = (LAWLESS | UNSOUND)[name]
    draft = Draft(shipped())
    edit(draft)
    files = draft.files
    found = findings(files)
    assert rule in {finding["rule"] for finding in found}, [(f["rule"], f["element"]) for f in found]
    names = {element for data in files.values() for element in _ids(data)}
    for finding in found:
        assert finding["message"]
        assert finding["element"] in names
        assert set(finding["path"]) <= names
        if finding["path"]:
            assert is_run(files, finding["path"]), (finding["rule"], finding["path"])
    if rule not in WITHOUT_PATH:
        about = [finding for finding in found if finding["rule"] == rule]
        assert any(finding["path"] or "not drawn" in finding["message"] for finding in about)


WITHOUT_PATH = {
    "S-STRUCTURE",
    "R-LEG-05",
    "R-LEG-06",
    "R-713-25-2",
    "R-MTG-25",
    "R-EVA-04",
    "R-713-37-2",
    "R-713-15-2",
    "R-713-15-3",
}


def _ids(data: bytes) -> list[str]:
    return [str(one) for one in etree.fromstring(data).xpath("//@id")]


def test_there_are_enough_mutants() -> None:
    assert len(LAWLESS) + len(UNSOUND) >= 60
    assert len(HARMLESS) >= 20


def task(name: str, **more: str) -> str:
    extra = "".join(f' {key.replace("_", ":")}="{value}"' for key, value in more.items())
    return f'<bpmn:userTask id="{name}" name="{name}"{extra}/>'


def _in_lane(draft: Draft, name: str, lane: str) -> None:
    node = etree.SubElement(draft.find(lane), "{http://www.omg.org/spec/BPMN/20100524/MODEL}flowNodeRef")
    node.text = name


def extra_task(source: str, target: str, lane: str) -> Edit:
    def edit(d: Draft) -> None:
        d.insert(source, target, task("extra"))
        _in_lane(d, "extra", lane)

    return edit


def reminder(host: str, end: str, *, period: str = "P3D") -> Edit:
    """Return an edit that adds a reminder to *host*: it interrupts nothing and ends by itself."""

    def edit(d: Draft) -> None:
        d.add(host, boundary("remind", host, period=period, interrupting=False))
        d.add(host, '<bpmn:intermediateThrowEvent id="reminded"/>')
        d.add(host, f'<bpmn:endEvent id="{end}"/>')
        d.connect("remind", "reminded")
        d.connect("reminded", end)

    return edit


HARMLESS: dict[str, Edit] = {
    "another task before the meeting": extra_task(
        "main_assemble_meeting_package", "main_confirm_agenda", "main_lane_office_director"
    ),
    "another task in the review": extra_task(
        "legality_submit_review_package", "legality_check", "legality_lane_lead_unit_officer"
    ),
    "another task in the meeting": extra_task("meeting_sign_minutes", "meeting_end", "meeting_lane_recorder"),
    "another task at the start": extra_task(
        "main_register_proposal", "main_study_proposal", "main_lane_secretary"
    ),
    "a second adviser": lambda d: (
        d.insert(
            "legality_legal_adviser_opinion",
            "legality_issue_legality_opinion",
            task("second", decision_step="legal_adviser_opinion"),
        ),
        _in_lane(d, "second", "legality_lane_legal_adviser"),
    ),
    "members may add": lambda d: (
        d.insert(
            "meeting_principal_speaks_last", "meeting_vote", task("added", decision_step="member_speaks")
        ),
        _in_lane(d, "added", "meeting_lane_meeting_member"),
    ),
    "a reminder on the draft": reminder("main_draft_decision", "draft_reminded"),
    "a reminder on the assessment": reminder("risk_assess_risk", "risk_reminded"),
    "a reminder on a whole stage": reminder("main_public_participation", "stage_reminded"),
    "a longer comment period": lambda d: setattr(
        d.find("participation_comment_period").xpath(".//*[local-name()='timeDuration']")[0], "text", "P45D"
    ),
    "thirty days in figures": lambda d: setattr(
        d.find("participation_comment_period").xpath(".//*[local-name()='timeDuration']")[0], "text", "P30D"
    ),
    "a shorter period with its reason": lambda d: (
        setattr(
            d.find("participation_comment_period").xpath(".//*[local-name()='timeDuration']")[0],
            "text",
            "P10D",
        ),
        d.set("participation_comment_period", "decision:reason", "shortening_reason"),
    ),
    "tasks renamed": lambda d: d.set("main_draft_decision", "name", "拟订草案"),
    "steps without names": lambda d: d.set("main_study_proposal", "name", None),
    "experts always heard": lambda d: (
        d.drop_flow("main_is_technical", "main_experts_done"),
        d.rewrite("main_is_technical", "main_expert_argumentation", None),
    ),
    "risk always assessed": lambda d: (
        d.drop_flow("main_risk_trigger", "main_risk_done"),
        d.rewrite("main_risk_trigger", "main_risk_assessment", None),
    ),
    "experts, then risk, one after the other": lambda d: (
        d.redirect("main_expert_argumentation", "main_experts_done", "main_risk_trigger"),
        d.redirect("main_is_technical", "main_experts_done", "main_risk_trigger"),
        d.drop_flow("main_stages", "main_risk_trigger"),
        d.drop_flow("main_experts_done", "main_stages_done"),
        d.find("main_experts_done").getparent().remove(d.find("main_experts_done")),
    ),
    "a default where the law allows it": default("main_substantive", "main_determine"),
    "a default back to the procedure": default("main_legality_outcome", "main_determine"),
    "every outcome spelt out": lambda d: d.rewrite(
        "main_legality_outcome",
        "main_handle_refused_draft",
        f"{OPINION} == 'ILLEGAL' or {OPINION} == 'NO_AUTHORITY'",
    ),
    "a gateway's direction said": lambda d: d.set("main_after_release", "gatewayDirection", "Diverging"),
    "archived twice": lambda d: (
        d.insert("main_archive_closed", "main_closed_end", task("again", decision_step="archive_dossier")),
        _in_lane(d, "again", "main_lane_archivist"),
    ),
    "a timer that urges and asks again": lambda d: d.connect(
        d.add("main_consult_units", boundary("urge", "main_consult_units", period="P20D")), "main_draft"
    ),
    "documentation": lambda d: d.find("main_draft_decision").insert(
        0, _element("<bpmn:documentation>import os</bpmn:documentation>")
    ),
}


def _element(xml: str) -> object:
    return etree.fromstring(f'<x xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">{xml}</x>')[0]


@pytest.mark.parametrize("name", list(HARMLESS))
def test_a_harmless_variant_stays_accepted(name: str) -> None:
    draft = Draft(shipped())
    HARMLESS[name](draft)
    assert [(f["rule"], f["element"], f["message"]) for f in findings(draft.files)] == []
