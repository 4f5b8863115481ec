"""Who differed in the collective discussion, in whose own words, and what the file shows of it (art. 38, R-ACC-03).

Facts only. That a differing opinion lessens or lifts liability is said by the law and weighed by the organs it names;
here stands what was voiced, what was voted, what the signed minutes hold, and whether its author confirmed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from decision_engine.language import Text
from decision_engine.queries.accountability import Evidence
from decision_engine.queries.chronicle import Act, Chronicle

MEETING = ("member_speaks", "principal_speaks_last", "vote", "principal_decides", "sign_minutes")
CONSENT = {
    "APPROVE": frozenset({"AGREE", "NO_FURTHER_OPINION"}),
    "AMEND": frozenset({"AGREE", "NO_FURTHER_OPINION", "AMEND"}),
}
NOT_CARRIED = frozenset({"REJECT", "DEFER", "REDISCUSS"})
"""Outcomes against which a differing opinion is one in favour."""

KEPT = Text(
    "会上明确表示、会议记录载明原文并经本人确认。国务院令第713号第三十八条：对决策严重失误，在集体讨论中表示不同意见的，"
    "按照规定减免责任。是否减免由有权机关认定。",
    "Voiced in the meeting, verbatim in the signed minutes, confirmed by its author. Decree 713, article 38: who "
    "voiced a differing opinion on a seriously wrong decision in the collective discussion has liability reduced or "
    "waived as prescribed. Whether it is, the competent organ finds.",
)
IN_PART = Text(
    "会上表示过不同意见，但会议记录没有载明原文或者没有本人确认。可以补充更正；第三十八条的适用由有权机关认定。",
    "A differing opinion was voiced, but the signed minutes do not hold it verbatim or its author did not confirm it. "
    "A correction can be appended; how article 38 applies, the competent organ finds.",
)
SILENT = Text(
    "仅有弃权或者反对票，没有会上陈述的原文。弃权本身不等于不同意见；第三十八条的适用由有权机关认定。",
    "There is only an abstention or a vote, no statement in the meeting. Abstaining alone is no dissent; how article "
    "38 applies, the competent organ finds.",
)


@dataclass(frozen=True, slots=True)
class Dissent:
    """One member who differed in one meeting. *statement* is verbatim as voiced, *minuted* as the minutes hold it."""

    meeting: int
    body: str | None
    person_id: str
    person: str | None
    post_then: str | None
    stance: str | None
    statement: str | None
    vote: str | None
    minuted: str | None
    confirmed: bool
    decided: str | None
    against_the_decision: bool
    effect: Text
    evidence: tuple[Evidence, ...]


def dissents(log: Chronicle) -> tuple[Dissent, ...]:
    """Return everybody who differed, meeting by meeting, in the order of the speeches."""
    opened = log.of("open_meeting")
    found: list[Dissent] = []
    for number, meeting in enumerate(opened, start=1):
        end = opened[number].evidence.seq if number < len(opened) else None
        held = [
            act
            for act in log.of(*MEETING)
            if act.evidence.seq > meeting.evidence.seq and (end is None or act.evidence.seq < end)
        ]
        found += _in_meeting(log, number, meeting, held)
    return tuple(found)


def _in_meeting(log: Chronicle, number: int, meeting: Act, held: Sequence[Act]) -> Iterator[Dissent]:
    speeches = {
        act.item or act.answerable: act
        for act in held
        if act.step in {"member_speaks", "principal_speaks_last"}
    }
    votes = {ballot["member"]: (ballot["vote"], act) for act, ballot in _listed(held, "vote", "ballots")}
    minuted = {one["member"]: (one, act) for act, one in _listed(held, "sign_minutes", "dissents")}
    decision = next((act for act in reversed(held) if act.step == "principal_decides"), None)
    decided = decision.get("outcome") if decision is not None else None
    contrary = "YES" if decided in NOT_CARRIED else "NO"
    differing = [member for member, act in speeches.items() if _differs(act.get("stance"), decided)]
    differing += [member for member, (vote, _) in votes.items() if vote in {contrary, "ABSTAIN"}]
    for member in dict.fromkeys((*differing, *minuted)):
        speech, (vote, cast) = speeches.get(member), votes.get(member, (None, None))
        kept, minutes = minuted.get(member, (None, None))
        voiced = speech is not None and _differs(speech.get("stance"), decided)
        proofs = (speech, cast, decision, minutes)
        yield Dissent(
            meeting=number, body=meeting.get("body_type"), person_id=member, person=log.names.get(member),
            post_then=speech.post if speech else None, stance=speech.get("stance") if speech else None,
            statement=speech.get("statement") if speech else None, vote=vote,
            minuted=kept.get("statement") if kept else None, confirmed=bool(kept and kept.get("confirmed")),
            decided=decided, against_the_decision=voiced or vote == contrary,
            effect=_effect(voiced=voiced or kept is not None, kept=bool(kept and kept.get("confirmed"))),
            evidence=tuple(one.evidence for one in (meeting, *proofs) if one is not None),
        )  # fmt: skip


def _differs(stance: str | None, decided: str | None) -> bool:
    if stance is None:
        return False
    return (
        stance == "AGREE"
        if decided in NOT_CARRIED
        else stance not in CONSENT.get(decided or "", CONSENT["APPROVE"])
    )


def _effect(*, voiced: bool, kept: bool) -> Text:
    if not voiced:
        return SILENT
    return KEPT if kept else IN_PART


def _listed(held: Sequence[Act], step: str, name: str) -> Iterator[tuple[Act, dict[str, str]]]:
    """Yield the entries listed at *name* in the answers of *step*; a correction later in the meeting comes last."""
    for act in held:
        if act.step == step:
            for one in act.get(name) or ():
                yield act, one
