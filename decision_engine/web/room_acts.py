"""What is done in a meeting through its pages: each verb reads its own form and calls one command.

Nothing is judged here but the shape of what was typed. A secret ballot takes no hidden key: not even a hash of what
was sent may be kept of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError

from decision_engine import rules
from decision_engine.commands import meetings as commands
from decision_engine.commands import minutes
from decision_engine.errors import Forbidden, InvalidAnswers, NotFound
from decision_engine.forms.choices import STANCES
from decision_engine.forms.fields import MESSAGES, Choice, Day, Kind, Line, LongText, PersonId
from decision_engine.forms.meeting import INITIATORS, MEETING_OUTCOMES, VOTE_METHODS, VOTES
from decision_engine.language import Text
from decision_engine.models import (
    AgendaItem,
    Attendance,
    MaterialDelivery,
    Meeting,
    Statement,
    Vote,
    WrittenOpinion,
)
from decision_engine.queries.meetings import feed_of
from decision_engine.queries.minutes_record import CATEGORIES, GROUNDS
from decision_engine.web import door
from decision_engine.work import Work

_LONG = 10
"""Digits of a number that is no version."""
SECRET = "SECRET_BALLOT"  # noqa: S105  the name of a method
EXPLANATIONS = {
    "LEGAL_EXPLANATION": ("合法性审查情况说明", "Explanation of the legality review"),
    "ATTENDEE": ("列席发言", "An attendee speaks"),
}
MOST_SUBJECTS = 10
"""Rows for persons on the form that adds an item."""
GUESTS = {"ATTENDEE": ("列席人员", "Attendee"), "EXPERT": ("专家", "Expert")}
CHECKED = {"true": ("已核对", "Checked")}
YES_NO = {"true": ("是", "Yes"), "false": ("否", "No")}
NO_KEY = Text("无记名投票不得附带任何标识。", "A secret ballot carries no mark of any kind.")


def _(sentence: str, **values: Any) -> str:
    return str(gettext(sentence, **values))


def version_seen(said: Mapping[str, str]) -> int | None:
    """Return the version of an item a form says it was drawn from, if it says one."""
    seen = said.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < _LONG else None


class Typed:
    """What a form sent, field by field; `done` refuses all that is wrong at once."""

    def __init__(self, said: Any) -> None:
        self.said = said
        self.wrong: dict[str, tuple[Text, ...]] = {}

    def get(self, name: str, kind: Kind) -> Any:
        """Return the field *name* read as *kind*, None where it was left blank or is wrong."""
        try:
            found = kind.deserialize(self.said.get(name, "").strip() or None)
        except ValidationError as refusal:
            told = refusal.messages if isinstance(refusal.messages, list) else []
            self.wrong[name] = tuple(one for one in told if isinstance(one, Text)) or (
                MESSAGES["validator_failed"],
            )
            return None
        return found if isinstance(found, str) else None

    def words(self, name: str = "text", *, most: int = 20_000, required: bool = True) -> str:
        """Return several lines."""
        return self.get(name, LongText("内容", "Words", required=required, most=most)) or ""

    def line(self, name: str, *, most: int = 200, required: bool = True) -> str:
        """Return one line."""
        return self.get(name, Line("内容", "Words", required=required, most=most)) or ""

    def one_of(self, name: str, choices: Mapping[str, tuple[str, str]], *, required: bool = True) -> str:
        """Return one of *choices*."""
        return self.get(name, Choice("选项", "Choice", choices, required=required)) or ""

    def person(self, name: str = "person_id", *, required: bool = False) -> str | None:
        """Return the id of a person."""
        found: str | None = self.get(name, PersonId("人员", "Person", required=required))
        return found

    def day(self, name: str) -> date | None:
        """Return a calendar day."""
        found = self.get(name, Day("日期", "Day"))
        return date.fromisoformat(found) if found else None

    def seen(self) -> int | None:
        """Return the version of the item the page showed; a page that says none acts on whatever stands."""
        return version_seen(self.said)

    def done(self) -> None:
        """Raise `InvalidAnswers` where something was wrong."""
        if self.wrong:
            raise InvalidAnswers(self.wrong)


Verb = Callable[[Work, Typed, Meeting, str], str]
"""(work, what was typed, the meeting, id of what it is about) -> the sentence that says it is done."""


def act(work: Work, name: str, said: Any, meeting_id: str) -> str:
    """Do the verb *name* in a meeting the actor may see; return what to say. Raises what the command raises."""
    verb = VERBS.get(name)
    if verb is None:
        raise NotFound
    feed = feed_of(work, meeting_id)
    work.tries(feed.meeting.chain, f"page.{name}", meeting=meeting_id)
    if feed.viewer.auditor:
        raise Forbidden(
            Text("审计（监督）人员只能查阅，不能办理。", "Auditors read; they do not act."), rule="R-ACC-07"
        )
    return verb(work, Typed(said), feed.meeting, said.get("about", "")[:64])


# -- the room --------------------------------------------------------------------------------------------


def _open(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    absences = {
        name.removeprefix("absence."): reason
        for name in typed.said
        if name.startswith("absence.") and (reason := typed.words(name, most=2000, required=False))
    }
    typed.done()
    present = [one for one in typed.said.getlist("present") if one]
    done = commands.open_meeting(
        work,
        meeting.id,
        present=present,
        absences={who: why for who, why in absences.items() if who not in present},
    )
    return _("会议已开始。") if not done.warnings else _("会议已开始，请留意法定人数提示。")


def _close(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    put_off = {
        name.removeprefix("put_off."): reason
        for name in typed.said
        if name.startswith("put_off.") and (reason := typed.words(name, most=2000, required=False))
    }
    typed.done()
    commands.close_meeting(work, meeting.id, put_off=put_off)
    return _("会议已结束，请形成会议记录。")


def _arrive(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    person = typed.person()
    typed.done()
    commands.arrive(work, meeting.id, person_id=person)
    return _("已签到。")


def _depart(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    person, reason = typed.person(), typed.line("reason", most=500, required=False)
    typed.done()
    commands.depart(work, meeting.id, person_id=person, reason=reason)
    return _("已登记离场。")


def _ask_leave(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    reason = typed.words("reason", most=2000)
    typed.done()
    commands.ask_leave(work, meeting.id, reason)
    return _("请假已登记。")


def _admit(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    name, position = typed.line("name", most=100), typed.line("position", required=False)
    kind, person = typed.one_of("kind", GUESTS), typed.person()
    typed.done()
    commands.admit(work, meeting.id, commands.Guest(name, position, kind, person))
    return _("列席人员已登记。")


def _dismiss(work: Work, _typed: Typed, meeting: Meeting, about: str) -> str:
    interval = work.session.get(Attendance, about)
    if interval is None or interval.meeting_id != meeting.id:
        raise NotFound
    commands.dismiss(work, about)
    return _("已登记离场。")


def _cancel(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    commands.cancel_meeting(work, meeting.id, **_change(typed))
    return _("会议已取消，组成人员会收到通知。")


def _chair(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    chair, reason = typed.person("chair_id", required=True), typed.words("reason", most=2000)
    typed.done()
    commands.change_chair(work, meeting.id, chair or "", reason=reason)
    return _("主持人已变更。")


def _change_recorder(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    recorder, reason = typed.person("recorder_id", required=True), typed.words("reason", most=2000)
    typed.done()
    commands.change_recorder(work, meeting.id, recorder or "", reason=reason)
    return _("记录人已更换。")


# -- the agenda ------------------------------------------------------------------------------------------


def _withdraw(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    commands.withdraw_item(work, _item(work, meeting, about).id, **_change(typed))
    return _("议题已撤下。")


def _break_off(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    typed.one_of("checked", CHECKED)
    commands.break_off_item(work, _item(work, meeting, about).id, version=typed.seen(), **_change(typed))
    return _("已中止讨论，该议题留待以后的会议。")


def _swap(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    other = _item(work, meeting, typed.said.get("other_id", ""))
    commands.swap_items(work, _item(work, meeting, about).id, other.id, **_change(typed))
    return _("议题次序已调换。")


def _add_item(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    title, category = typed.line("title"), typed.one_of("category", CATEGORIES)
    urgent = typed.words("emergency_reason", most=2000, required=False)
    leader, reporter = typed.person("leader_in_charge_id"), typed.person("reporter_id")
    plan = commands.Plan(
        title, category, case_id=typed.said.get("case_id") or None, leader_in_charge_id=leader,
        reporter_id=reporter, subjects=_subjects(typed), emergency_reason=urgent or None,
        previous_id=typed.person("previous_id"), departures=_exception(typed),
    )  # fmt: skip
    commands.add_item(work, meeting.id, plan, **_change(typed))
    return _("议题已增加，组成人员会收到通知。")


def _deliver(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    commands.deliver_materials(work, _item(work, meeting, about).id, typed.said.get("document_id", "")[:64])
    return _("材料已送达组成人员。")


def _open_material(work: Work, _typed: Typed, meeting: Meeting, about: str) -> str:
    delivery = work.session.get(MaterialDelivery, about)
    _item(work, meeting, delivery.item_id if delivery else "")
    commands.open_material(work, about)
    return _("已登记阅看。")


def _written(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text = typed.words()
    typed.done()
    commands.give_written_opinion(work, _item(work, meeting, about).id, text)
    return _("书面意见已提交，将在会上宣读，不计入表决。")


def _read_out(work: Work, _typed: Typed, meeting: Meeting, about: str) -> str:
    opinion = work.session.get(WrittenOpinion, about)
    _item(work, meeting, opinion.item_id if opinion else "")
    commands.read_out(work, about)
    return _("已登记宣读。")


def _consent(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    agrees = typed.one_of("consents", YES_NO)
    typed.done()
    commands.consent(work, _item(work, meeting, about).id, agrees == "true")
    return _("已登记。")


# -- an item before the meeting --------------------------------------------------------------------------


def _recuse(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    ground, why = typed.one_of("ground", GROUNDS), typed.words("explanation", most=2000)
    initiated, person = typed.one_of("initiated_by", INITIATORS, required=False), typed.person()
    approver = typed.person("approved_by")
    typed.done()
    commands.recuse(
        work, _item(work, meeting, about).id, ground=ground, explanation=why, initiated_by=initiated or "SELF",
        person_id=person, approved_by=approver,
    )  # fmt: skip
    return _("回避已登记。")


def _take_up(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    commands.take_up_item(work, _item(work, meeting, about).id, version=typed.seen())
    return _("议题已提交讨论。")


def _report(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text, reporter = typed.words(), typed.person("reporter_id")
    typed.done()
    commands.report_item(
        work, _item(work, meeting, about).id, text, reporter_id=reporter, version=typed.seen()
    )
    return _("汇报已登记。")


def _speak(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    stance, text, person = typed.one_of("stance", STANCES), typed.words(required=False), typed.person()
    typed.done()
    item = _item(work, meeting, about)
    commands.speak(work, item.id, stance, text, person_id=person, version=typed.seen())
    return _("发言已记入会议记录。")


def _waive(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    person = typed.person()
    typed.done()
    commands.waive(work, _item(work, meeting, about).id, person_id=person, version=typed.seen())
    return _("已登记无补充意见。")


def _add(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text = typed.words()
    typed.done()
    commands.add(work, _item(work, meeting, about).id, text)
    return _("补充说明已记入会议记录。")


def _ask(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text = typed.words()
    typed.done()
    commands.ask(work, _item(work, meeting, about).id, text)
    return _("询问已记录，不作为发表意见。")


def _explain(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text, kind, person = typed.words(), typed.one_of("kind", EXPLANATIONS), typed.person()
    typed.done()
    commands.explain(work, _item(work, meeting, about).id, text, kind=kind, person_id=person)
    return _("说明已记入会议记录。")


def _check(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    statement = work.session.get(Statement, about)
    _item(work, meeting, statement.item_id if statement else "")
    objection = typed.words("objection", most=5000, required=False)
    typed.done()
    commands.confirm_statement(work, about, objection=objection or None)
    return _("已核对代录内容。")


def _open_vote(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    method = typed.one_of("method", VOTE_METHODS, required=False)
    typed.done()
    commands.open_vote(work, _item(work, meeting, about).id, method=method or None, version=typed.seen())
    return _("表决已开始。")


def _cast(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    vote = work.session.get(Vote, about)
    _item(work, meeting, vote.item_id if vote else "")
    choice, person = typed.one_of("choice", VOTES), typed.person()
    if vote is not None and vote.method == SECRET and (typed.said.get("_key") or person):
        raise Forbidden(NO_KEY, rule="R-MTG-10")
    typed.done()
    if person in (None, work.actor.person_id):  # the recorder who writes others' votes down decides nothing
        door.demand_fresh(work)
    commands.cast(work, about, choice, person_id=person)
    return _("您的表决已记录。")


def _close_vote(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    commands.close_vote(work, _item(work, meeting, about).id, version=typed.seen())
    return _("表决已结束并计票。")


def _decide(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    outcome, decision = typed.one_of("outcome", MEETING_OUTCOMES), typed.words("decision")
    reasons, until = typed.words("override_reasons", required=False), typed.day("deferred_until")
    typed.done()
    door.demand_fresh(work)
    commands.decide(
        work, _item(work, meeting, about).id, outcome, decision, override_reasons=reasons or None,
        divided=typed.said.get("divided") == "true", deferred_until=until, version=typed.seen(),
    )  # fmt: skip
    return _("决定已当场宣布并记录。")


# -- the minutes -----------------------------------------------------------------------------------------


def _draw_up(work: Work, _typed: Typed, meeting: Meeting, _about: str) -> str:
    drawn = minutes.draw_up(work, meeting.id)
    return _("会议记录和纪要已形成。") if drawn.new else _("内容没有变化，沿用现有版本。")


def _sign(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    door.demand_fresh(work)
    minutes.sign(work, meeting.id, typed.said.get("sha256", "")[:64])
    return _("已签署会议记录。")


def _decline(work: Work, typed: Typed, meeting: Meeting, _about: str) -> str:
    reason, member = typed.words("reason", most=2000), typed.person("member_id")
    typed.done()
    minutes.decline(work, meeting.id, typed.said.get("sha256", "")[:64], reason, member_id=member)
    return _("未签署的原因已记录。")


def _correct(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text = typed.words(most=5000)
    typed.done()
    minutes.correct(work, meeting.id, text, item_id=about or None)
    return _("更正已附上并形成新版本，已签署的版本不变。")


def _annotate(work: Work, typed: Typed, meeting: Meeting, about: str) -> str:
    text = typed.words(most=5000)
    typed.done()
    minutes.annotate(work, meeting.id, text, item_id=about or None)
    return _("事后说明已记录，注明今日日期。")


def _confirm_dissent(work: Work, _typed: Typed, meeting: Meeting, about: str) -> str:
    minutes.confirm_dissent(work, meeting.id, about)
    return _("不同意见已按原话确认。")


def _settle(work: Work, _typed: Typed, meeting: Meeting, _about: str) -> str:
    minutes.settle(work, meeting.id)
    return _("会议记录已办结。")


# -- in --------------------------------------------------------------------------------------------------


def _item(work: Work, meeting: Meeting, item_id: str) -> AgendaItem:
    item = work.session.get(AgendaItem, item_id) if item_id else None
    if item is None or item.meeting_id != meeting.id:
        raise NotFound
    return item


def _subjects(typed: Typed) -> list[commands.Subject]:
    """Return the persons a form names, row by row; a row with a name states a post, and the other way round."""
    found = []
    for number in range(MOST_SUBJECTS):
        place = f"subjects.{number}"
        told = any(typed.said.get(f"{place}.{part}", "").strip() for part in ("name", "post"))
        name = typed.line(f"{place}.name", most=100, required=told)
        post = typed.line(f"{place}.post", required=told)
        if name and post:
            found.append(commands.Subject(name, post))
    return found


def _exception(typed: Typed) -> tuple[rules.Departure, ...]:
    """Return the exception a form claims, if it does: rule, why, and who approved it."""
    rule = typed.line("exception_rule", most=40, required=False)
    claimed = bool(rule)
    why = typed.words("exception_reason", most=2000, required=claimed)
    approver = typed.person("exception_approver", required=claimed)
    return (rules.Departure(rule, why, approver),) if rule and why and approver else ()


def _change(typed: Typed) -> dict[str, str]:
    reason, approved_by = typed.words("reason", most=2000), typed.person("approved_by", required=True)
    typed.done()
    return {"reason": reason, "approved_by": approved_by or ""}


VERBS: Mapping[str, Verb] = {
    "open_meeting": _open, "close_meeting": _close, "arrive": _arrive, "depart": _depart, "ask_leave": _ask_leave,
    "admit": _admit, "dismiss": _dismiss, "cancel_meeting": _cancel, "change_chair": _chair,
    "change_recorder": _change_recorder, "break_off_item": _break_off,
    "withdraw_item": _withdraw, "swap_items": _swap, "add_item": _add_item, "deliver_materials": _deliver,
    "open_material": _open_material, "write_opinion": _written, "read_out": _read_out, "consent": _consent,
    "recuse": _recuse, "take_up_item": _take_up, "report_item": _report, "speak": _speak, "waive": _waive, "add": _add,
    "ask": _ask, "explain": _explain, "check_statement": _check, "open_vote": _open_vote, "cast": _cast,
    "close_vote": _close_vote, "decide": _decide, "draw_up_minutes": _draw_up, "sign_minutes": _sign,
    "decline_minutes": _decline, "correct_minutes": _correct, "annotate": _annotate,
    "confirm_dissent": _confirm_dissent, "settle_minutes": _settle,
}  # fmt: skip
"""What a form may ask for, by the last part of its address."""
