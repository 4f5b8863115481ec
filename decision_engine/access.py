"""May she? Role x organ x case, delegation, separation of duties. Default deny.

Pure: everything is decided from values that were read in the same transaction. Each function returns the
`Standing` in which a person acts (what the log will say), or raises `Forbidden` with the reason.

* Who is not named for an act may not do it.
* Auditors read everything and write nothing; nobody who writes is an auditor (domain.md section 12).
* A drafter does not review what was drafted, and a reviewer does not draft (R-LEG-05).
* A delegation holds on its days only, for its role only, and never for speaking, voting or giving one's own
  expert opinion: those are personal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from decision_engine.errors import Forbidden
from decision_engine.language import Text

ROLES = frozenset(
    {
        "secretary", "lead_unit_officer", "lead_unit_head", "consulted_unit", "expert", "risk_assessor",
        "legal_officer", "legal_adviser", "market_regulator", "office_director", "meeting_member", "principal",
        "recorder", "party_office", "archivist", "executing_officer", "inspector", "post_evaluator", "auditor",
        "administrator",
    }
)  # fmt: skip

WRITERS = ROLES - {"auditor", "administrator"}

ACTS: Mapping[str, frozenset[str]] = {
    "case.open": frozenset({"secretary"}),
    "case.read": WRITERS | {"auditor"},
    "log.read": frozenset({"auditor", "secretary", "inspector", "archivist", "legal_officer", "principal"}),
    "document.add": WRITERS,
    "objection.raise": WRITERS,
    "comment.register": frozenset({"secretary", "lead_unit_officer"}),
    "task.transfer": frozenset({"office_director", "secretary"}),
    "task.urge": frozenset({"office_director", "secretary", "principal", "inspector"}),
    "supervision.read": frozenset({"office_director", "secretary", "principal", "inspector", "auditor"}),
    "archive.read": frozenset({"secretary", "archivist", "principal", "auditor"}),
    "task.deadline": frozenset({"office_director", "secretary", "principal"}),
    "countersign.answer": WRITERS,
    "copy.send": WRITERS,
    "meeting.call": frozenset({"office_director", "secretary", "party_office"}),
    "meeting.keep": frozenset({"recorder"}),
    "meeting.speak": frozenset({"meeting_member", "principal"}),
    "definition.propose": frozenset({"administrator"}),
    "definition.approve": frozenset({"administrator", "legal_officer"}),
    "definition.read": ROLES,
    "people.manage": frozenset({"administrator"}),
    "people.read": ROLES,
    "factor.approve_reset": frozenset({"administrator", "legal_officer"}),
    "calendar.propose": frozenset({"administrator"}),
    "calendar.approve": frozenset({"administrator", "legal_officer"}),
    "catalogue.keep": frozenset({"office_director", "secretary"}),
    "incident.read": frozenset({"administrator", "auditor"}),
    "payload.propose_erasure": frozenset({"administrator"}),
    "payload.approve_erasure": frozenset({"legal_officer"}),
}
"""Act -> roles that may do it in the organ concerned. What is not here may not be done at all."""

DRAFTING = frozenset({"draft_decision", "adjust_draft", "finalize_draft"})
REVIEWING = frozenset({"check_review_package", "issue_legality_opinion"})

INCOMPATIBLE: tuple[tuple[frozenset[str], frozenset[str], str, Text], ...] = (
    (
        DRAFTING,
        REVIEWING,
        "R-LEG-05",
        Text(
            "起草人不得审查自己参与起草的决策草案，请由其他审查人员办理。",
            "Who drafted may not review the draft. Another reviewer must act.",
        ),
    ),
    (
        REVIEWING,
        DRAFTING,
        "R-LEG-05",
        Text(
            "合法性审查人员不得参与本案起草，请由承办单位其他人员办理。",
            "Who reviews legality may not draft in the same case. Another officer must act.",
        ),
    ),
    (
        frozenset({"assess_risk"}),
        frozenset({"plan_evaluation", "investigate_effects", "report_evaluation"}),
        "R-713-36-2",
        Text(
            "决策前承担主要评估工作的，不得承担决策后评估（第三十六条）。",
            "Who assessed before the decision may not evaluate after it (art. 36).",
        ),
    ),
    (
        frozenset({"sign_minutes", "open_meeting"}),
        frozenset({"principal_decides", "principal_speaks_last"}),
        "R-MTG-25",
        Text(
            "会议记录人不得同时作为主要负责人决定。",
            "The recorder of the meeting may not decide as its principal.",
        ),
    ),
)
"""Who did one of the first may not do one of the second in the same case."""

PERSONAL = frozenset({"member_speaks", "principal_speaks_last", "principal_decides", "expert_opinion"})
LED_BY_ITS_PRINCIPAL = frozenset({"principal_speaks_last", "principal_decides"})
"""Steps of a meeting that only its own principal does: the mayor's in one body, the party secretary's in another."""

_ANOTHER_LEADS = Text(
    "本次会议由该会议的主要负责人末位发言、作出决定。请由其本人办理。",
    "In this meeting its own principal speaks last and decides. Let that person act.",
)
LEAD_UNIT_ROLES = frozenset({"lead_unit_officer", "lead_unit_head"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A post a person may act from today. *on_behalf_of* is the person who delegated, or None."""

    organ_id: str
    unit_id: str | None
    title: str
    roles: frozenset[str]
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with every standing of that day."""

    person_id: str
    name: str
    standings: tuple[Standing, ...] = ()

    def in_organ(self, organ_id: str) -> tuple[Standing, ...]:
        """Return the standings in *organ_id*, own posts before delegated ones."""
        here = [standing for standing in self.standings if standing.organ_id == organ_id]
        return tuple(sorted(here, key=lambda standing: standing.on_behalf_of is not None))

    def own_roles(self, organ_id: str) -> frozenset[str]:
        """Return the roles of the person's own posts in *organ_id*."""
        return frozenset().union(*(s.roles for s in self.in_organ(organ_id) if s.on_behalf_of is None))


@dataclass(frozen=True, slots=True)
class Duty:
    """A step that waits, as far as access is concerned."""

    organ_id: str
    step: str | None
    role: str | None
    item: str | None
    holder_id: str | None
    lead_unit_id: str | None


CLOCK = Actor("clock", "时钟 Clock")
PUBLIC = Actor("public", "社会公众 Public")


def stand(actor: Actor, act: str, organ_id: str) -> Standing:
    """Return the standing in which *actor* may do *act* in *organ_id*. Raises `Forbidden`."""
    allowed = ACTS.get(act, frozenset())
    for standing in actor.in_organ(organ_id):
        if standing.roles & allowed:
            return standing
    raise Forbidden(
        Text(
            "您在本机关的岗位不具有此项权限，请联系经办秘书或管理员。",
            "No post of yours in this organ carries this right. Ask the secretary or an administrator.",
        )
    )


def stand_anywhere(actor: Actor, act: str) -> Standing:
    """Return any standing in which *actor* may do *act*, whatever the organ. Raises `Forbidden`."""
    for organ_id in dict.fromkeys(standing.organ_id for standing in actor.standings):
        try:
            return stand(actor, act, organ_id)
        except Forbidden:
            continue
    return stand(actor, act, "")


def stand_for_duty(actor: Actor, duty: Duty, done: Mapping[str, Collection[str]]) -> Standing:
    """Return the standing in which *actor* may take up *duty* now. Raises `Forbidden`.

    *done*: step -> ids of the persons who completed it in this case.
    """
    if "auditor" in actor.own_roles(duty.organ_id):
        raise Forbidden(
            Text("审计（监督）人员只能查阅，不能办理。", "Auditors read; they do not act."), rule="R-ACC-07"
        )
    if duty.item is not None and duty.item != actor.person_id:
        if duty.step in LED_BY_ITS_PRINCIPAL:
            raise Forbidden(_ANOTHER_LEADS, rule="R-713-30-3")
        raise Forbidden(
            Text(
                "该事项须由指定的本人办理，不得代办。",
                "One named person is asked; nobody else may do it.",
            ),
        )
    if duty.holder_id is not None and duty.holder_id != actor.person_id:
        raise Forbidden(
            Text(
                "该事项已由他人签收办理，如需转办请由经办秘书操作。",
                "Somebody else holds this. Ask for a transfer.",
            ),
        )
    _separation(actor.person_id, duty.step, done)
    for standing in actor.in_organ(duty.organ_id):
        if _fits(standing, duty):
            return standing
    raise Forbidden(
        Text(
            f"该事项须由“{duty.role or '—'}”岗位人员办理。",
            f"This is for the role {duty.role or '—'}; no post of yours carries it here today.",
        )
    )


def may_advise(person_id: str, step: str | None, done: Mapping[str, Collection[str]]) -> None:
    """Raise `Forbidden` where *person_id* may not even give a view on *step*: who drafted, on the review (R-LEG-05)."""
    _separation(person_id, step, done)


def _fits(standing: Standing, duty: Duty) -> bool:
    if duty.role not in standing.roles:
        return False
    if standing.on_behalf_of is not None and duty.step in PERSONAL:
        return False
    return not (
        duty.role in LEAD_UNIT_ROLES
        and duty.lead_unit_id is not None
        and standing.unit_id is not None
        and standing.unit_id != duty.lead_unit_id
    )


def _separation(person_id: str, step: str | None, done: Mapping[str, Collection[str]]) -> None:
    for earlier, later, rule, reason in INCOMPATIBLE:
        if step in later and any(person_id in done.get(one, ()) for one in earlier):
            raise Forbidden(reason, rule=rule)
