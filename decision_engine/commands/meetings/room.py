"""The room as one act finds it: the meeting locked, who is due and here, the item before it, its case.

Every verb of the room starts with `enter` (the meeting) or `sit` (an item of it). Both lock the meeting first, so that
acts in one room happen one after the other however many devices act at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from decision_engine import access, rules
from decision_engine.errors import Conflict, Forbidden, NotFound, NotReady, Unlawful
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Attendance,
    Case,
    Meeting,
    MeetingMember,
    Person,
    Recusal,
    Statement,
)
from decision_engine.models.meetings import BEFORE_THE_MEETING
from decision_engine.rules.counting import is_quorate
from decision_engine.work import Work

QUORUMS: Mapping[str, tuple[str, str]] = {
    "ORDINARY": ("R-MTG-02", "quorum_ordinary"),
    "IMPORTANT_PERSONNEL": ("R-MTG-03", "quorum_personnel"),
    "MAJOR_DECISION": ("R-MTG-04", "quorum_sanzhongyida"),
    "MAJOR_PROJECT": ("R-MTG-04", "quorum_sanzhongyida"),
    "LARGE_FUNDS": ("R-MTG-04", "quorum_sanzhongyida"),
}
"""Category of an item -> the rule and the parameter of its quorum (domain.md 3.3)."""

OPEN_TO_STATEMENTS = ("REPORTED", "MEMBERS_SPEAKING", "PRINCIPAL_SPOKEN")


def unlawful(work: Work, rule: str, reason: Text) -> Unlawful:
    """Return the refusal that *rule* gives for *reason*, cited as when a gate refuses."""
    one = next(found for found in rules.declared() if found.id == rule and found.in_force_on(work.today))
    finding = rules.Finding(
        rule, rules.Outcome.BROKEN, one.strength, one.law.name, one.article, one.title, reason, mark=one.mark
    )
    return Unlawful((finding,))


@dataclass(slots=True)
class Room:
    """A meeting, locked: *members* due by person id in order of rank, *here* the people in the room now."""

    work: Work
    meeting: Meeting
    members: dict[str, MeetingMember]
    here: set[str]

    @property
    def principal(self) -> str | None:
        """Who leads the body."""
        return next((one.person_id for one in self.members.values() if one.is_principal), None)

    @property
    def approvers(self) -> set[str | None]:
        """Who approves what changes an announced meeting: the principal and the chair."""
        return {self.principal, self.meeting.chair_id}

    @property
    def present(self) -> list[str]:
        """Members in the room, in order of rank."""
        return [one for one in self.members if one in self.here]

    def rule(self, name: str) -> Any:
        """Return a rule of procedure as it was snapshot (JSON)."""
        return self.meeting.procedure.get(name)

    def share(self, name: str) -> Fraction:
        """Return a share of the rules of procedure; what is not there needs everybody."""
        kept = self.rule(name)
        return Fraction(kept) if isinstance(kept, str) else Fraction(1)

    def quorum(self, category: str, taking_part: int) -> Text | None:
        """Return what is wrong with *taking_part* members for an item of *category*, or None."""
        name = QUORUMS[category][1]
        inclusive = name != "quorum_ordinary" or self.rule("quorum_inclusive") is not False
        due, share = len(self.members), self.share(name)
        if is_quorate(taking_part, due, share, inclusive=inclusive):
            return None
        bound = Text("达到" if inclusive else "超过", "at least" if inclusive else "more than")
        return Text(
            f"应到{due}人，可参加{taking_part}人，未{bound.zh}应到人数的{share.denominator}分之{share.numerator}。",
            f"{taking_part} of {due} members due can take part; {bound.en} {share} of them are needed.",
        )

    def must_be(self, *statuses: str) -> None:
        """Refuse unless the meeting has one of *statuses*. Raises `NotReady`."""
        if self.meeting.status not in statuses:
            raise NotReady(_STATUS[self.meeting.status])

    def keeper(self) -> access.Standing:
        """Return the standing of the meeting's own recorder. Raises `Forbidden` for anybody else."""
        standing = access.stand(self.work.actor, "meeting.keep", self.meeting.organ_id)
        if self.work.actor.person_id != self.meeting.recorder_id:
            raise Forbidden(
                Text("须由本次会议的记录人办理。", "The recorder of this meeting does this."), rule="R-MTG-25"
            )
        return standing

    def speaks_for(self, person_id: str | None) -> tuple[str, access.Standing, str | None]:
        """Return who is meant, the standing of the act, and who writes it down if it is not the person.

        A member acts for himself or herself on an own device; the recorder may write it down on the member's behalf.
        Raises `Forbidden`: nobody else does, and no delegate ever.
        """
        actor = self.work.actor.person_id
        if person_id is None or person_id == actor:
            if actor not in self.members:
                raise Forbidden(
                    Text("您不是本次会议的组成人员。", "You are not a member of this meeting."),
                    rule="R-MTG-17",
                )
            standing = access.stand(self.work.actor, "meeting.speak", self.meeting.organ_id)
            if standing.on_behalf_of is not None:
                raise Forbidden(Text("会议发言、表决不得委托。", "Speaking and voting are never delegated."))
            return actor, standing, None
        standing = self.keeper()
        if person_id not in self.members:
            raise unlawful(
                self.work, "R-MTG-17",
                Text(
                    "该人员不是本次会议的组成人员，没有发言顺位和表决权。",
                    "The person is no member of this meeting and neither takes a position nor votes.",
                ),
            )  # fmt: skip
        return person_id, replace(standing, on_behalf_of=person_id), actor

    def names(self, people: Collection[str]) -> str:
        """Return the names of *people* for a sentence, in order of rank."""
        rows = self.work.session.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(people))))
        known = {row[0]: row[1] for row in rows}
        order = [one for one in self.members if one in people]
        return "、".join(known.get(one, "") for one in [*order, *sorted(set(people) - set(order))])

    def busy_with(self) -> AgendaItem | None:
        """Return the item that is before the meeting now."""
        return self.work.session.scalar(
            select(AgendaItem).where(
                AgendaItem.meeting_id == self.meeting.id, AgendaItem.state.in_(BEFORE_THE_MEETING)
            )
        )

    def items(self) -> list[AgendaItem]:
        """Return the agenda in order."""
        return list(
            self.work.session.scalars(
                select(AgendaItem).where(AgendaItem.meeting_id == self.meeting.id).order_by(AgendaItem.seq)
            )
        )


@dataclass(slots=True)
class Sitting:
    """An item in its room, with its case locked; *statements* in their order."""

    room: Room
    item: AgendaItem
    case: Case
    recused: set[str]
    statements: list[Statement] = field(default_factory=list)

    @property
    def work(self) -> Work:
        """The act this is part of."""
        return self.room.work

    @property
    def deliberating(self) -> list[str]:
        """Members in the room who are not recused from this item, in order of rank."""
        return [one for one in self.room.present if one not in self.recused]

    @property
    def positions(self) -> dict[str, Statement]:
        """Who has taken a position, with the newest statement that says so."""
        return {one.person_id: one for one in self.statements if one.kind in {"OPINION", "WAIVER"}}

    @property
    def silent(self) -> list[str]:
        """Members other than the principal who have neither spoken nor waived."""
        heard = self.positions
        return [one for one in self.deliberating if one not in heard and one != self.room.principal]

    @property
    def principal_was_last(self) -> bool:
        """Whether the principal has spoken and nobody took a position since."""
        taken = [one for one in self.statements if one.kind in {"OPINION", "WAIVER"}]
        return bool(taken) and taken[-1].person_id == self.room.principal

    def must_be(self, *states: str) -> None:
        """Refuse unless the item is in one of *states*. Raises `NotReady`."""
        if self.item.state not in states:
            raise NotReady(
                Text(
                    f"本议题当前为“{STATES[self.item.state].zh}”，不能办理该操作。",
                    f"The item is {STATES[self.item.state].en}; this is not done now.",
                )
            )

    def must_deliberate(self, person_id: str) -> None:
        """Refuse who is absent or recused. Raises `Unlawful`."""
        if person_id in self.recused:
            raise unlawful(
                self.work, "R-MTG-15",
                Text(
                    "该人员已回避本议题，不参加讨论和表决。",
                    "The member is recused from this item and neither speaks nor votes on it.",
                ),
            )  # fmt: skip
        if person_id not in self.room.here:
            raise unlawful(
                self.work, "R-MTG-08",
                Text(
                    "该人员未到会。缺席人员可以提交书面意见，宣读但不计票。",
                    "The member is not in the room. Who is absent may hand in a written opinion: read, not counted.",
                ),
            )  # fmt: skip

    def quorum(self, taking_part: Collection[str] | None = None) -> None:
        """Refuse where too few take part in an item of this category (those in the room, unless given).

        Raises `Unlawful`.
        """
        count = len(self.deliberating if taking_part is None else taking_part)
        for category in dict.fromkeys(("ORDINARY", self.item.category)):
            wrong = self.room.quorum(category, count)
            if wrong is not None:
                raise unlawful(self.work, QUORUMS[category][0], wrong)

    def say(
        self, person_id: str, kind: str, text: str, stance: str | None, entered_by: str | None
    ) -> Statement:
        """Append a statement; the database refuses what is out of order."""
        statement = Statement(
            item_id=self.item.id, seq=len(self.statements) + 1, person_id=person_id, kind=kind, stance=stance,
            text=text, at=self.work.now, entered_by=entered_by,
        )  # fmt: skip
        self.work.session.add(statement)
        self.work.session.flush()
        self.statements.append(statement)
        return statement

    def moves(self, state: str | None = None) -> None:
        """Put the item into *state* (or leave it), and say that it changed: its version counts every act on it."""
        if state is not None:
            self.item.state = state
        flag_modified(self.item, "state")

    def about(self, **more: Any) -> dict[str, Any]:
        """Return what every event on this item names."""
        return {"meeting": self.room.meeting.id, "item": self.item.id, **more}


def enter(work: Work, meeting_id: str, act: str, **about: Any) -> Room:
    """Return the room of *meeting_id*, locked, for *act*. Raises `NotFound`, also for strangers to its organ."""
    meeting = work.session.get(Meeting, meeting_id, with_for_update=True, populate_existing=True)
    if meeting is None or not work.actor.in_organ(meeting.organ_id):
        raise NotFound
    # Read again now that the room is ours: who waited for it acts after whom it waited for, by the clock too, or a
    # chair who voted last would seem to have voted earlier (R-MTG-14).
    work.now = max(work.now, work.house.clock.now())
    work.tries(meeting.chain, act, meeting=meeting.id, **about)
    return look_into(work, meeting)


def look_into(work: Work, meeting: Meeting) -> Room:
    """Read who is due and who is here."""
    due = work.session.scalars(
        select(MeetingMember).where(MeetingMember.meeting_id == meeting.id).order_by(MeetingMember.rank)
    )
    here = work.session.scalars(
        select(Attendance.person_id).where(
            Attendance.meeting_id == meeting.id,
            Attendance.left_at.is_(None),
            Attendance.person_id.is_not(None),
        )
    )
    return Room(work, meeting, {one.person_id: one for one in due}, {one for one in here if one})


def sit(work: Work, item_id: str, act: str, *, version: int | None = None, **about: Any) -> Sitting:
    """Return *item_id* in its locked room with its locked case; *version* is the one the device saw.

    Raises `NotFound`, `Conflict` (the item changed since).
    """
    meeting_id = work.session.scalar(select(AgendaItem.meeting_id).where(AgendaItem.id == item_id))
    if meeting_id is None:
        raise NotFound
    room = enter(work, meeting_id, act, item=item_id)
    sitting = seat(room, work.session.get_one(AgendaItem, item_id, populate_existing=True))
    work.tries(sitting.case, act, meeting=meeting_id, item=item_id, **about)
    if version is not None and version != sitting.item.version:
        raise Conflict(
            Text("本议题刚刚有新的变化，请刷新后再办理。", "The item has just changed. Reload and try again.")
        )
    return sitting


def seat(room: Room, item: AgendaItem) -> Sitting:
    """Return *item* in *room*, with its case locked."""
    session = room.work.session
    case = session.get_one(Case, item.case_id, with_for_update=True)
    recused = session.scalars(
        select(Recusal.person_id).where(Recusal.item_id == item.id, Recusal.ended_at.is_(None))
    )
    statements = session.scalars(
        select(Statement).where(Statement.item_id == item.id).order_by(Statement.seq)
    )
    return Sitting(room, item, case, set(recused), list(statements))


_STATUS = {
    "CALLED": Text("会议尚未召开。", "The meeting has not been opened."),
    "OPEN": Text("会议已经召开。", "The meeting is open already."),
    "CLOSED": Text("会议已经结束。", "The meeting is closed."),
    "CANCELLED": Text("会议已经取消。", "The meeting was cancelled."),
}

STATES = {
    "PENDING": Text("待讨论", "waiting to be taken up"),
    "TAKEN_UP": Text("已提交讨论、待汇报", "taken up, to be reported"),
    "REPORTED": Text("已汇报、待发言", "reported, to be discussed"),
    "MEMBERS_SPEAKING": Text("组成人员发言中", "being discussed"),
    "PRINCIPAL_SPOKEN": Text("主要负责人已发言", "discussed, the principal last"),
    "VOTING": Text("表决中", "being voted upon"),
    "VOTED": Text("已表决、待决定", "voted upon, to be decided"),
    "DECIDED": Text("已决定", "decided"),
    "SIGNED": Text("会议记录已签署", "decided, its minutes signed"),
    "WITHDRAWN": Text("已撤下", "withdrawn"),
    "PUT_OFF": Text("未讨论、留待以后", "put off"),
    "BROKEN_OFF": Text("已中止讨论、留待以后", "broken off"),
}
