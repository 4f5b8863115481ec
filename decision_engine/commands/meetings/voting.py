"""The vote on an item, or on each of its persons; and the decision. The minutes follow in `commands.minutes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update

from decision_engine.commands.meetings.flowing import Departures, complete
from decision_engine.commands.meetings.room import Sitting, sit, unlawful
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady
from decision_engine.forms.meeting import MEETING_OUTCOMES, VOTE_METHODS, VOTES
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Ballot,
    Candidate,
    Elector,
    Recusal,
    SecretTally,
    Vote,
)
from decision_engine.rules.counting import Base, Tally
from decision_engine.work import Work

SECRET = "SECRET_BALLOT"  # noqa: S105  the name of a method


@dataclass(frozen=True, slots=True)
class Cast:
    """What one vote holds when it is counted: *choices* by person (None each in a secret ballot), and the totals."""

    vote: Vote
    subject: str
    ballots: list[Ballot]
    totals: Mapping[str, int]


def open_vote(
    work: Work, item_id: str, *, method: str | None = None, version: int | None = None
) -> list[Vote]:
    """Open the vote on the item, or one on each of its persons; the electorate is fixed now.

    *method* is one of `forms.meeting.VOTE_METHODS`, the body's usual one unless given. Raises `Unlawful` (R-713-30-3
    before everybody spoke and the principal last, R-MTG-02 to -04 without a quorum, R-MTG-10 for a secret ballot
    that is not allowed).
    """
    sitting = sit(work, item_id, "vote.open", version=version)
    standing = sitting.room.keeper()
    sitting.room.must_be("OPEN")
    _may_be_voted(sitting)
    method = method or str(sitting.room.rule("vote_method") or "NAMED_BALLOT")
    _method_is_allowed(sitting, method)
    sitting.quorum()
    subjects: list[Candidate | None] = list(_candidates(sitting)) or [None]
    votes = [
        Vote(
            item_id=item_id, candidate_id=one.id if one else None, method=method, state="OPEN",
            due=len(sitting.room.members), present=len(sitting.deliberating), opened_at=work.now,
        )
        for one in subjects
    ]  # fmt: skip
    for vote in votes:
        work.session.add(vote)
        work.session.flush()
    for vote in votes:
        work.session.add_all(Elector(vote_id=vote.id, person_id=one) for one in sitting.deliberating)
        if method == SECRET:
            work.session.add_all(SecretTally(vote_id=vote.id, choice=one, votes=0) for one in VOTES)
    sitting.moves("VOTING")
    work.session.flush()
    work.record(
        "vote.opened", sitting.case, standing=standing, method=method, votes=[one.id for one in votes],
        electors=sitting.deliberating, due=len(sitting.room.members), room=sitting.about(),
    )  # fmt: skip
    return votes


def _may_be_voted(sitting: Sitting) -> None:
    if sitting.silent:
        who = sitting.room.names(sitting.silent)
        raise unlawful(
            sitting.work, "R-713-30-3",
            Text(
                f"到会人员尚未全部发言（{who}未发言），不能表决。", f"{who} have not spoken; the vote comes after."
            ),
        )  # fmt: skip
    if sitting.item.state in {"REPORTED", "MEMBERS_SPEAKING"} and not sitting.principal_was_last:
        raise unlawful(
            sitting.work, "R-713-30-3",
            Text(
                "主要负责人尚未末位发言，不能表决。", "The principal has not spoken last; the vote comes after."
            ),
        )  # fmt: skip
    sitting.must_be("PRINCIPAL_SPOKEN", "MEMBERS_SPEAKING")


def _method_is_allowed(sitting: Sitting, method: str) -> None:
    if method not in VOTE_METHODS:
        raise InvalidAnswers({"method": (Text("没有这种表决方式。", "There is no such method."),)})
    personnel = sitting.item.category == "IMPORTANT_PERSONNEL"
    if method == SECRET and not (personnel and sitting.room.rule("secret_ballot_allowed") == "PERSONNEL"):
        raise unlawful(
            sitting.work, "R-MTG-10",
            Text(
                "本议题不得采用无记名投票，否则无法证明不同意见。请采用记名方式。",
                "This item is not voted in secret, for dissent could not be proved. Use a method with names.",
            ),
        )  # fmt: skip


def cast(work: Work, vote_id: str, choice: str, *, person_id: str | None = None) -> Ballot:
    """Cast one's vote: `YES`, `NO` or `ABSTAIN`; once, and the chair last.

    The recorder may enter what a member says or shows, never a secret ballot. Of that, nothing kept links who voted to
    what was voted. Raises `Unlawful` (R-MTG-08, -09, -14, -15), `Forbidden`, `NotReady`.
    """
    vote = work.session.get(Vote, vote_id)
    if vote is None:
        raise NotFound
    sitting = sit(work, vote.item_id, "vote.cast", vote=vote_id)
    work.session.refresh(vote)
    person, standing, entered_by = sitting.room.speaks_for(person_id)
    if choice not in VOTES:
        raise InvalidAnswers({"choice": (Text("请选择赞成、反对或者弃权。", "Choose yes, no or abstain."),)})
    if entered_by is not None and vote.method == SECRET:
        raise Forbidden(
            Text("无记名投票须由本人投票。", "A secret ballot is cast by oneself."), rule="R-MTG-10"
        )
    sitting.must_deliberate(person)
    sitting.must_be("VOTING")
    voted = set(work.session.scalars(select(Ballot.person_id).where(Ballot.vote_id == vote_id)))
    _may_vote(sitting, vote, person, voted)
    secret = vote.method == SECRET
    ballot = Ballot(
        vote_id=vote_id,
        person_id=person,
        choice=None if secret else choice,
        at=work.now,
        entered_by=entered_by,
    )
    work.session.add(ballot)
    work.session.flush()
    if secret:
        work.session.execute(
            update(SecretTally)
            .where(SecretTally.vote_id == vote_id, SecretTally.choice == choice)
            .values(votes=SecretTally.votes + 1)
        )
    sitting.moves()
    work.record(
        "vote.cast", sitting.case, standing=standing, said=None if secret else {"choice": choice}, vote=vote_id,
        member=person, room=sitting.about(),
    )  # fmt: skip
    return ballot


def _may_vote(sitting: Sitting, vote: Vote, person: str, voted: set[str]) -> None:
    work, session = sitting.work, sitting.work.session
    electors = set(session.scalars(select(Elector.person_id).where(Elector.vote_id == vote.id)))
    if vote.state != "OPEN":
        raise NotReady(Text("表决已经结束。", "The vote is closed."))
    if person not in electors:
        raise unlawful(
            work, "R-MTG-08",
            Text(
                "表决开始时未参加本议题讨论，不参加表决。",
                "Who did not take part when the vote opened does not vote on this item.",
            ),
        )  # fmt: skip
    if person in voted:
        raise unlawful(
            work, "R-MTG-09", Text("已经表决，每人只有一票。", "A vote was cast; each member has one.")
        )
    chair = sitting.room.meeting.chair_id
    if chair in voted:
        raise unlawful(
            work, "R-MTG-14",
            Text(
                "主持人已经末位表态，本次表决不再投票。",
                "The chair has voted, and the chair's vote is the last one.",
            ),
        )  # fmt: skip
    waiting_for = [
        one for one in sitting.deliberating if one in electors and one not in voted and one != person
    ]
    if person == chair and waiting_for:
        who = sitting.room.names(waiting_for)
        raise unlawful(
            work, "R-MTG-14",
            Text(f"主持人应当末位表态，{who}尚未表决。", f"The chair votes last; {who} have not voted."),
        )  # fmt: skip
    if (
        person == chair
    ):  # nobody votes afterwards, so whoever went out must come back first where the quorum needs it
        sitting.quorum({*voted, person})


def close_vote(work: Work, item_id: str, *, version: int | None = None) -> list[Vote]:
    """Close and count every vote of the item; the flow's `vote` is completed with the ballots.

    Those who voted took part, also who left afterwards; who went out and came back after the chair had voted did not.
    Raises `Unlawful` while a member present has not voted (R-MTG-10), or when the quorum was lost.
    """
    sitting = sit(work, item_id, "vote.close", version=version)
    standing = sitting.room.keeper()
    sitting.room.must_be("OPEN")
    sitting.must_be("VOTING")
    base = Base(str(sitting.room.rule("majority_base") or "DUE"))
    casts = _casts(sitting)
    for one in casts:
        _everybody_voted(sitting, one)
        yes, no, abstain = (one.totals.get(choice, 0) for choice in ("YES", "NO", "ABSTAIN"))
        one.vote.state, one.vote.closed_at = "CLOSED", work.now
        one.vote.yes, one.vote.no, one.vote.abstain = yes, no, abstain
        one.vote.passed = Tally(one.vote.due, len(one.ballots), yes, no, abstain).passes(base)
    sitting.moves("VOTED")
    complete(sitting, "vote", _as_answers(casts), standing)
    return [one.vote for one in casts]


def _everybody_voted(sitting: Sitting, one: Cast) -> None:
    voted = {ballot.person_id for ballot in one.ballots}
    session = sitting.work.session
    electors = set(session.scalars(select(Elector.person_id).where(Elector.vote_id == one.vote.id)))
    missing = [person for person in sitting.deliberating if person in electors and person not in voted]
    if missing and sitting.room.meeting.chair_id not in voted:
        who = sitting.room.names(missing)
        raise unlawful(
            sitting.work, "R-MTG-10",
            Text(
                f"到会人员尚未表决：{who}。弃权的也须记录。",
                f"Members present have not voted: {who}. An abstention is recorded as well.",
            ),
        )  # fmt: skip
    if sum(one.totals.values()) != len(one.ballots):
        raise Conflict(Text("票数与投票人数不符，请核查。", "The votes do not add up to those who voted."))


def _casts(sitting: Sitting) -> list[Cast]:
    session = sitting.work.session
    subjects = {one.id: one for one in _candidates(sitting)}
    names = [one.name for one in subjects.values()]
    casts = []
    votes = session.scalars(select(Vote).where(Vote.item_id == sitting.item.id)).all()
    order = {one: place for place, one in enumerate(subjects)}
    for vote in sorted(votes, key=lambda one: order.get(one.candidate_id or "", 0)):
        ballots = list(session.scalars(select(Ballot).where(Ballot.vote_id == vote.id).order_by(Ballot.at)))
        totals: dict[str, int] = {}
        if vote.method == SECRET:
            rows = session.scalars(select(SecretTally).where(SecretTally.vote_id == vote.id))
            totals = {row.choice: row.votes for row in rows}
        for ballot in ballots:
            if ballot.choice is not None:
                totals[ballot.choice] = totals.get(ballot.choice, 0) + 1
        candidate = subjects.get(vote.candidate_id or "")
        subject = ""
        if candidate is not None:
            twice = names.count(candidate.name) > 1
            subject = f"{candidate.name}（{candidate.seq}）" if twice else candidate.name
        casts.append(Cast(vote, subject, ballots, totals))
    return casts


def _candidates(sitting: Sitting) -> list[Candidate]:
    return list(
        sitting.work.session.scalars(
            select(Candidate).where(Candidate.item_id == sitting.item.id).order_by(Candidate.seq)
        )
    )


def _as_answers(casts: list[Cast]) -> dict[str, Any]:
    """Return the votes as the form `vote` asks them; a secret ballot says who voted, and the totals."""
    method = casts[0].vote.method
    ballots = []
    for one in casts:
        for ballot in one.ballots:
            entry: dict[str, Any] = {"member": ballot.person_id}
            if ballot.choice is not None:
                entry |= {"vote": ballot.choice, "cast_at": ballot.at.isoformat()}
            ballots.append(entry | ({"subject": one.subject} if one.subject else {}))
    answers: dict[str, Any] = {"method": method, "ballots": ballots}
    if method != SECRET:
        return answers
    totals = [
        {
            "yes": one.totals.get("YES", 0), "no": one.totals.get("NO", 0), "abstain": one.totals.get("ABSTAIN", 0),
        }
        for one in casts
    ]  # fmt: skip
    if casts[0].subject:
        counts = [{"subject": one.subject, **total} for one, total in zip(casts, totals, strict=True)]
        return answers | {"counts": counts}
    return answers | totals[0]


# -- the decision ------------------------------------------------------------------------------------------------


def decide(
    work: Work,
    item_id: str,
    outcome: str,
    decision: str,
    *,
    override_reasons: str | None = None,
    divided: bool = False,
    deferred_until: date | None = None,
    departures: Departures = (),
    person_id: str | None = None,
    version: int | None = None,
) -> AgendaItem:
    """Announce what the item comes to: the principal does, or the recorder writes it down for the principal.

    *outcome* is one of `APPROVE`, `REJECT`, `AMEND`, `DEFER`, `REDISCUSS`. The body's rule decides: the majority of
    those due, or the head after discussion, with *override_reasons* where the head departs from either majority. Of
    several persons `APPROVE` means all passed, `REJECT` none, `AMEND` some. Raises `Unlawful`, `Forbidden`.
    """
    sitting = sit(work, item_id, "item.decide", version=version)
    person, standing, _ = sitting.room.speaks_for(person_id)
    sitting.room.must_be("OPEN")
    if person != sitting.room.principal:
        raise Forbidden(
            Text("须由本次会议的主要负责人作出决定。", "The principal of this meeting decides."),
            rule="R-713-30-3",
        )
    sitting.must_be("VOTED")
    sitting.must_deliberate(person)
    if outcome not in MEETING_OUTCOMES or not decision.strip():
        raise InvalidAnswers(
            {"outcome": (Text("请选择决定并写明内容。", "Choose an outcome and write the decision."),)}
        )
    said: dict[str, Any] = {
        "outcome": outcome,
        "decision": decision,
        "override_reasons": override_reasons or None,
        "divided": divided,
        "deferred_until": deferred_until.isoformat() if deferred_until else None,
        "announced_at": work.now.isoformat(),
    }
    item = sitting.item
    item.outcome, item.decision, item.override_reasons = outcome, decision, override_reasons or None
    item.divided, item.deferred_until = divided, deferred_until
    item.decided_at, item.decided_by, item.result_announced_at = work.now, person, work.now
    _settle_persons(sitting)
    for recusal in work.session.scalars(select(Recusal).where(Recusal.item_id == item_id)):
        recusal.ended_at = work.now
    sitting.moves("DECIDED")
    complete(sitting, "principal_decides", said, standing, item=person, departures=departures)
    return item


def _settle_persons(sitting: Sitting) -> None:
    session = sitting.work.session
    rows = session.execute(select(Vote.candidate_id, Vote.passed).where(Vote.item_id == sitting.item.id))
    passed = {row[0]: row[1] for row in rows}
    if sitting.item.outcome in {"DEFER", "REDISCUSS"}:
        return
    for one in _candidates(sitting):
        one.outcome = "PASSED" if passed.get(one.id) else "NOT_PASSED"
