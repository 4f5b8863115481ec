"""An item before the meeting: take it up, report it, hear everybody, the principal last.

Who speaks does it on an own device; the recorder may write it down for a member, who confirms it afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from decision_engine import access
from decision_engine.commands.meetings.attendance import GROUNDS, emergency_is_agreed
from decision_engine.commands.meetings.flowing import (
    Departures,
    call_of,
    complete,
    excuse_who_left,
    put,
    waiting,
)
from decision_engine.commands.meetings.room import OPEN_TO_STATEMENTS, Sitting, sit, unlawful
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound, NotReady
from decision_engine.forms.choices import STANCES
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Attendance,
    Leave,
    MaterialDelivery,
    Person,
    Recusal,
    Statement,
    StatementConfirmation,
    WrittenOpinion,
)
from decision_engine.work import Work

WAIVES = "NO_FURTHER_OPINION"
LONGEST = 20_000  # characters of a statement


def take_up_item(
    work: Work, item_id: str, *, departures: Departures = (), version: int | None = None
) -> AgendaItem:
    """Bring the next item before the meeting; the recorder does it.

    The flow's `open_meeting` is completed with who is due, present, absent and recused, so that quorum, leave, the
    leader in charge and recusals are judged. Raises `Unlawful`, `NotReady` (another item is before the meeting).
    """
    sitting = sit(work, item_id, "item.take_up", version=version)
    standing = sitting.room.keeper()
    sitting.room.must_be("OPEN")
    sitting.must_be("PENDING")
    _is_next(sitting)
    emergency_is_agreed(sitting)
    sitting.quorum()
    if sitting.room.principal not in sitting.deliberating:
        raise unlawful(
            work, "R-713-30-3",
            Text(
                "主要负责人未到会或者回避，无人末位发言、作出决定。请改期，或者提请上级、其他会议讨论。",
                "The principal is absent or recused: nobody can speak last and decide. Meet on another day, or take "
                "the item to the higher level or another body.",
            ),
        )  # fmt: skip
    sitting.item.call = call_of(work, sitting.case)
    for recusal in work.session.scalars(select(Recusal).where(Recusal.item_id == item_id)):
        recusal.left_at = recusal.left_at or (work.now if recusal.person_id in sitting.room.here else None)
    sitting.item.taken_up_at = work.now
    sitting.moves("TAKEN_UP")
    work.session.flush()
    complete(sitting, "open_meeting", _opening(sitting), standing, departures=departures)
    return sitting.item


def _is_next(sitting: Sitting) -> None:
    room, item = sitting.room, sitting.item
    if room.busy_with() is not None:
        raise NotReady(
            Text("上一议题尚未作出决定，一事一议。", "Another item is before the meeting; one at a time.")
        )
    if any(one.state == "PENDING" and one.seq < item.seq for one in room.items()):
        raise unlawful(
            sitting.work, "R-MTG-23",
            Text(
                "应当按议程顺序讨论；需要调换的，说明理由并经批准。",
                "Items are taken in the order of the agenda; to swap them give a reason and have it approved.",
            ),
        )  # fmt: skip


def _opening(sitting: Sitting) -> dict[str, Any]:
    """Return what the room knows at this moment, as the form `open_meeting` asks it."""
    session, room, item = sitting.work.session, sitting.room, sitting.item
    leaves = {
        one.person_id: one
        for one in session.scalars(select(Leave).where(Leave.meeting_id == room.meeting.id))
    }
    opinions = {
        one.person_id: one.text
        for one in session.scalars(select(WrittenOpinion).where(WrittenOpinion.item_id == item.id))
    }
    recusals = session.scalars(select(Recusal).where(Recusal.item_id == item.id).order_by(Recusal.at))
    guests = session.scalars(
        select(Attendance).where(
            Attendance.meeting_id == room.meeting.id,
            Attendance.kind != "MEMBER",
            Attendance.left_at.is_(None),
        )
    )
    absent = []
    for one in (one for one in room.members if one not in room.here and one in leaves):
        entry: dict[str, Any] = {
            "member": one, "reason": leaves[one].reason, "leave": leaves[one].asked_at is not None,
        }  # fmt: skip
        absent.append(entry | ({"written_opinion": opinions[one]} if one in opinions else {}))
    said_recusals = []
    for recusal in recusals:
        told: dict[str, Any] = {
            "member": recusal.person_id, "ground": f"{GROUNDS[recusal.ground].zh}：{recusal.explanation}",
            "initiated_by": recusal.initiated_by,
        }  # fmt: skip
        said_recusals.append(told | ({"left_at": recusal.left_at.isoformat()} if recusal.left_at else {}))
    opened_at = room.meeting.opened_at or sitting.work.now
    last = session.scalar(
        select(func.max(MaterialDelivery.delivered_at)).where(MaterialDelivery.item_id == item.id)
    )
    return {
        "materials_at": last.isoformat() if last is not None else None,
        "body_type": room.meeting.body_kind,
        "opened_at": opened_at.isoformat(),
        "place": room.meeting.place,
        "chair": room.meeting.chair_id,
        "due": list(room.members),
        "present": room.present,
        "absent": absent,
        "recusals": said_recusals,
        "speakers": [one for one in sitting.deliberating if one != room.principal],
        "attendees": [{"name": one.name, "position": one.position} for one in guests],
    }


def report_item(
    work: Work, item_id: str, text: str, *, reporter_id: str | None = None, version: int | None = None
) -> AgendaItem:
    """Report on the item: its named reporter does, or the recorder writes it down for *reporter_id*."""
    sitting = sit(work, item_id, "item.report", version=version)
    sitting.room.must_be("OPEN")
    sitting.must_be("TAKEN_UP")
    reporter, standing = _reporter(sitting, reporter_id)
    sitting.item.reporter_id, sitting.item.report, sitting.item.reported_at = reporter, text, work.now
    sitting.moves("REPORTED")
    said = {"report": text, "reported_by": reporter, "reported_at": work.now.isoformat()}
    complete(sitting, "report_item", said, standing)
    excuse_who_left(sitting, standing)
    return sitting.item


def _reporter(sitting: Sitting, reporter_id: str | None) -> tuple[str, access.Standing]:
    work, named = sitting.work, sitting.item.reporter_id
    if work.actor.person_id == sitting.room.meeting.recorder_id:
        who = reporter_id or named
        if who is None or work.session.get(Person, who) is None:
            raise InvalidAnswers({"reporter": (Text("请写明汇报人。", "Name who reports."),)})
        return who, replace(sitting.room.keeper(), on_behalf_of=who)
    if named is not None and named != work.actor.person_id:
        raise Forbidden(Text("须由议题的汇报人汇报。", "The item's reporter reports."))
    if named is not None:
        return named, sitting.work.actor.in_organ(sitting.case.organ_id)[0]
    task = waiting(work, sitting.case, "report_item")
    duty = access.Duty(
        sitting.case.organ_id,
        "report_item",
        task.role if task else None,
        None,
        None,
        sitting.case.lead_unit_id,
    )
    return work.actor.person_id, access.stand_for_duty(work.actor, duty, {})


# -- positions ---------------------------------------------------------------------------------------------------


def speak(
    work: Work,
    item_id: str,
    stance: str,
    text: str = "",
    *,
    person_id: str | None = None,
    version: int | None = None,
) -> Statement:
    """Take a position on the item: *stance* is one of `forms.choices.STANCES`; `NO_FURTHER_OPINION` waives.

    The principal speaks after every other member present, and again after whoever spoke later. Raises `Unlawful`
    (R-713-30-3, R-MTG-13, R-MTG-15, R-MTG-08), `NotReady`, `InvalidAnswers`, `Conflict`.
    """
    sitting = sit(work, item_id, "item.speak", version=version, member=person_id or work.actor.person_id)
    person, standing, entered_by = sitting.room.speaks_for(person_id)
    sitting.room.must_be("OPEN")
    _words(stance, text)
    sitting.must_deliberate(person)
    sitting.must_be(*OPEN_TO_STATEMENTS)
    if person == sitting.room.principal:
        return _principal_speaks(sitting, stance, text, person, standing, entered_by)
    if person in sitting.positions:
        raise unlawful(
            work, "R-MTG-13",
            Text(
                "已经发表意见，不得更改，只能补充说明。",
                "A position was taken and is not changed; add to it instead.",
            ),
        )  # fmt: skip
    statement = sitting.say(person, "WAIVER" if stance == WAIVES else "OPINION", text, stance, entered_by)
    sitting.moves("MEMBERS_SPEAKING")
    said = {"stance": stance, "statement": text or None, "spoken_at": work.now.isoformat()}
    _into_the_file(sitting, "member_speaks", said, standing, person, statement)
    return statement


def waive(work: Work, item_id: str, *, person_id: str | None = None, version: int | None = None) -> Statement:
    """Say that there is nothing to add: this counts as having been heard."""
    return speak(work, item_id, WAIVES, person_id=person_id, version=version)


def _words(stance: str, text: str) -> None:
    wrong: dict[str, tuple[Text, ...]] = {}
    if stance not in STANCES:
        wrong["stance"] = (Text("请选择意见。", "Choose a position."),)
    elif stance != WAIVES and not text.strip():
        wrong["text"] = (Text("请发表意见并说明理由。", "Say what you think, with reasons."),)
    if len(text) > LONGEST:
        wrong["text"] = (Text("发言内容过长。", "The statement is too long."),)
    if wrong:
        raise InvalidAnswers(wrong)


def _principal_speaks(
    sitting: Sitting, stance: str, text: str, person: str, standing: access.Standing, entered_by: str | None
) -> Statement:
    work = sitting.work
    if sitting.silent:
        who = sitting.room.names(sitting.silent)
        raise unlawful(
            work, "R-713-30-3",
            Text(
                f"到会人员尚未全部发言（{who}未发言），主要负责人应当最后发言。可以先询问情况，不得表态。",
                f"Not all members present have spoken ({who} have not); the principal speaks last. Questions may be "
                "asked, without taking a position.",
            ),
        )  # fmt: skip
    if stance == WAIVES:
        raise InvalidAnswers(
            {"stance": (Text("主要负责人应当表明意见。", "The principal takes a position."),)}
        )
    if sitting.principal_was_last:
        raise unlawful(
            work, "R-MTG-13",
            Text("已经末位发言，只能补充说明。", "The principal has spoken last and may only add."),
        )  # fmt: skip
    statement = sitting.say(person, "OPINION", text, stance, entered_by)
    sitting.moves("PRINCIPAL_SPOKEN")
    questions = [
        one.text for one in sitting.statements if one.kind == "CLARIFICATION" and one.person_id == person
    ]
    said = {"stance": stance, "statement": text, "spoken_at": work.now.isoformat()}
    _into_the_file(
        sitting, "principal_speaks_last", said | ({"clarifications": questions} if questions else {}), standing, person,
        statement,
    )  # fmt: skip
    return statement


def _into_the_file(
    sitting: Sitting,
    step: str,
    said: dict[str, Any],
    standing: access.Standing,
    person: str,
    statement: Statement,
) -> None:
    """Complete the flow's step where one waits for this person, else put the speech into the case file."""
    work, case = sitting.work, sitting.case
    if waiting(work, case, step, person) is not None:
        complete(sitting, step, said, standing, item=person)
        return
    room = sitting.about(statement=statement.id)
    put(work, case, step, said, standing, "item.spoken", item=person, room=room)


# -- other words -------------------------------------------------------------------------------------------------


def add(work: Work, item_id: str, text: str, *, person_id: str | None = None) -> Statement:
    """Add to a position taken before, without changing it; the principal too."""
    sitting = sit(work, item_id, "item.add")
    person, standing, entered_by = sitting.room.speaks_for(person_id)
    sitting.must_deliberate(person)
    sitting.must_be(*OPEN_TO_STATEMENTS, "VOTING", "VOTED")
    if person not in sitting.positions:
        raise unlawful(
            work, "R-MTG-13",
            Text("尚未发表意见，不能补充。", "No position was taken yet; there is nothing to add to."),
        )  # fmt: skip
    return _remark(sitting, "ADDITION", text, person, standing, entered_by)


def ask(work: Work, item_id: str, text: str, *, person_id: str | None = None) -> Statement:
    """Ask a question of clarification: no position, kept apart from statements; the principal may, at any time."""
    sitting = sit(work, item_id, "item.ask")
    person, standing, entered_by = sitting.room.speaks_for(person_id)
    sitting.must_deliberate(person)
    sitting.must_be("TAKEN_UP", *OPEN_TO_STATEMENTS)
    return _remark(sitting, "CLARIFICATION", text, person, standing, entered_by)


def explain(
    work: Work, item_id: str, text: str, *, kind: str = "LEGAL_EXPLANATION", person_id: str | None = None
) -> Statement:
    """Let who attends without a vote explain the legality review (`LEGAL_EXPLANATION`) or speak (`ATTENDEE`).

    The person, who must be in the room, does it on an own device, or the recorder writes it down.
    """
    if kind not in {"LEGAL_EXPLANATION", "ATTENDEE"}:
        raise InvalidAnswers({"kind": (Text("没有这种发言。", "There is no such kind of statement."),)})
    sitting = sit(work, item_id, "item.explain")
    person = person_id or work.actor.person_id
    sitting.must_be("TAKEN_UP", *OPEN_TO_STATEMENTS)
    if person not in sitting.room.here or person in sitting.room.members:
        raise unlawful(
            work, "R-MTG-17",
            Text("只有到会的列席人员可以作此发言。", "Only who attends without a vote speaks like this."),
        )  # fmt: skip
    if person == work.actor.person_id:
        return _remark(sitting, kind, text, person, work.actor.in_organ(sitting.case.organ_id)[0], None)
    keeper = replace(sitting.room.keeper(), on_behalf_of=person)
    return _remark(sitting, kind, text, person, keeper, work.actor.person_id)


def _remark(
    sitting: Sitting, kind: str, text: str, person: str, standing: access.Standing, entered_by: str | None
) -> Statement:
    if not text.strip() or len(text) > LONGEST:
        raise InvalidAnswers({"text": (Text("请填写内容，且不宜过长。", "Enter the words, not too long."),)})
    sitting.room.must_be("OPEN")
    statement = sitting.say(person, kind, text, None, entered_by)
    sitting.moves()
    sitting.work.record(
        "item.remarked", sitting.case, standing=standing, said={"text": text}, remark=kind, member=person,
        room=sitting.about(statement=statement.id),
    )  # fmt: skip
    return statement


def read_out(work: Work, opinion_id: str) -> WrittenOpinion:
    """Note that the recorder read an absent member's written opinion out; it is not counted (R-MTG-08)."""
    opinion = work.session.get(WrittenOpinion, opinion_id)
    if opinion is None:
        raise NotFound
    sitting = sit(work, opinion.item_id, "opinion.read")
    standing = sitting.room.keeper()
    sitting.must_be("TAKEN_UP", *OPEN_TO_STATEMENTS)
    if opinion.read_at is not None:
        raise Conflict(Text("已经宣读。", "It was read out already."))
    opinion.read_at, opinion.read_by = work.now, work.actor.person_id
    sitting.moves()
    work.record(
        "opinion.read", sitting.case, standing=standing, opinion=opinion.id, member=opinion.person_id,
        room=sitting.about(),
    )  # fmt: skip
    return opinion


def confirm_statement(
    work: Work, statement_id: str, *, objection: str | None = None
) -> StatementConfirmation:
    """Confirm what the recorder wrote down for oneself, or say in *objection* what is wrong; once.

    Raises `NotFound` for anybody but the speaker, `NotReady` where nothing is to be confirmed, `Conflict`.
    """
    statement = work.session.get(Statement, statement_id)
    if statement is None or statement.person_id != work.actor.person_id:
        raise NotFound
    if statement.entered_by is None:
        raise NotReady(Text("本人提交的发言无须确认。", "One's own entry needs no confirmation."))
    sitting = sit(work, statement.item_id, "statement.confirm")
    if work.session.get(StatementConfirmation, statement_id) is not None:
        raise Conflict(Text("已经确认。", "It was confirmed already."))
    standings = work.actor.in_organ(sitting.case.organ_id)
    row = StatementConfirmation(statement_id=statement_id, at=work.now, objection=objection or None)
    work.session.add(row)
    work.session.flush()
    sitting.moves()
    work.record(
        "statement.confirmed", sitting.case, standing=standings[0], said={"objection": objection},
        objected=objection is not None, room=sitting.about(statement=statement_id),
    )  # fmt: skip
    return row
