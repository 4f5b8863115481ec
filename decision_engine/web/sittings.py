"""Meetings: the list, calling one, the room with its live state, its large screen, the minutes, a body's year.

The room asks every five seconds whether something happened. `live` answers 204 (304 to an ETag) in one statement until
something did; then the state is morphed in, and forms in which somebody types are left as they are
(`hx-morph-skip`). Without JavaScript the page is simply loaded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_babel import gettext as _

from decision_engine import rules
from decision_engine.calendar import end_of_day, start_of_day
from decision_engine.commands import meetings as commands
from decision_engine.commands import minutes as minutes_acts
from decision_engine.errors import DecisionEngineError, InvalidAnswers, NotFound
from decision_engine.forms.choices import STANCES
from decision_engine.forms.fields import MESSAGES
from decision_engine.forms.meeting import INITIATORS, MEETING_OUTCOMES, VOTE_METHODS, VOTES
from decision_engine.language import Text
from decision_engine.queries import (
    cases,
    meeting_calls,
    meeting_statistics,
    meetings,
    minutes_kept,
    minutes_record,
    people,
    setting,
)
from decision_engine.queries.minutes_facts import minutes_of
from decision_engine.queries.minutes_record import CATEGORIES, CHANGES, GROUNDS, STATEMENT_KINDS
from decision_engine.queries.minutes_summary import summary
from decision_engine.web import answers, room_acts, room_compared, room_view
from decision_engine.web.cases import frame, whole
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.web.frame import may as frame_may
from decision_engine.web.saying import language
from decision_engine.work import Work

page = Pages("sittings")

SIZE = 20
MOST_CHOICES = 500
KINDS = {"record": "RECORD", "summary": "SUMMARY"}
MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
TABLES: dict[str, Any] = {
    "STANCES": STANCES, "CATEGORIES": CATEGORIES, "CHANGES": CHANGES, "GROUNDS": GROUNDS, "KINDS": STATEMENT_KINDS,
    "OUTCOMES": MEETING_OUTCOMES, "METHODS": VOTE_METHODS, "VOTES": VOTES, "INITIATORS": INITIATORS,
    "EXPLANATIONS": room_acts.EXPLANATIONS, "GUESTS": room_acts.GUESTS,
    "MOST_SUBJECTS": room_acts.MOST_SUBJECTS,
}  # fmt: skip


# -- lists -----------------------------------------------------------------------------------------------


@page.ask("/meetings")
def meetings_page(work: Work) -> Any:
    """Show the meetings one may see, body by body: today and running, to come, past."""
    bodies = _bodies(work)
    body_id = request.args.get("body", "")
    body_id = body_id if body_id in {one.body.id for one in bodies} else ""
    begins, ends = start_of_day(work.today), end_of_day(work.today)
    ahead = meetings.meetings(work, size=100, body_id=body_id or None, since=begins).items
    past = meetings.meetings(
        work, page=whole(request.args.get("page")), size=SIZE, body_id=body_id or None, until=begins
    )
    return show(
        "meetings.html", bodies=bodies, body_id=body_id, past=past,
        today=sorted((one for one in ahead if one.meeting.planned_at < ends), key=lambda one: one.meeting.planned_at),
        coming=sorted(
            (one for one in ahead if one.meeting.planned_at >= ends), key=lambda one: one.meeting.planned_at
        ),
    )  # fmt: skip


@page.ask("/cases/<id:case_id>/meetings")
def case_meetings_page(work: Work, case_id: str) -> Any:
    """Show the meetings that have a case on their agenda."""
    case = cases.one_case(work, case_id)
    found = meeting_calls.of_case(work, case.id)
    return show("case_meetings.html", **frame(work, case), found=found, word=room_view.word, **TABLES)


@page.ask("/meetings/statistics")
def statistics_page(work: Work) -> Any:
    """Show how a body met in a year."""
    bodies = _bodies(work)
    if not bodies:
        raise NotFound
    body = meetings.body_seen(work, request.args.get("body") or bodies[0].body.id)
    years = list(range(work.today.year, work.today.year - 5, -1))
    asked = request.args.get("year", "")
    year = int(asked) if asked in {str(one) for one in years} else years[0]
    found = meeting_statistics.statistics_of(
        work, body.id, work.today.replace(year, 1, 1), work.today.replace(year, 12, 31)
    )
    return show(
        "meeting_statistics.html", bodies=bodies, body=body, year=year, years=years, found=found,
        word=room_view.word, **TABLES,
    )  # fmt: skip


# -- calling one -----------------------------------------------------------------------------------------


@page.ask("/meetings/new")
def new_meeting_page(work: Work) -> Any:
    """Show the form that calls a meeting."""
    return _calling(work, {}, {})


def _called_again(work: Work, refusal: DecisionEngineError, said: Said) -> Any:
    errors = dict(getattr(refusal, "fields", {})) or {"": (refusal.message,)}
    typed = answers.read(said, _call_fields())
    return _calling(work, typed, errors, findings=getattr(refusal, "findings", ()))


@page.act("/meetings/new", again=_called_again)
def call_meeting(work: Work, said: Said) -> Any:
    """Add or take a row, show the check, or call the meeting and announce its items."""
    typed = answers.read(said, _call_fields())
    if answers.changed_rows(said, typed, _call_fields()) or said.get("_do") == "body":
        return _calling(work, typed, {})
    body = next((one for one in _bodies(work) if one.body.id == typed.get("body_id")), None)
    plans, when = _read_call(typed)
    if body is None:
        raise InvalidAnswers({"body_id": (MESSAGES["required"],)})
    titles = {one.id: one.title for one in meeting_calls.awaiting(work, body.body.organ_id)}
    plans = [_titled(one, titles) for one in plans]
    if said.get("_do") != "call":
        return _calling(work, typed, {}, checking=(body, plans, when))
    made = commands.call_meeting(
        work, body.body.id, title=typed["title"], planned_at=when, place=typed["place"], chair_id=typed["chair_id"],
        recorder_id=typed["recorder_id"], items=plans,
    )  # fmt: skip
    return go("sittings.meeting_page", _("会议已通知全体组成人员。"), meeting_id=made.id)


def _field(name: str, kind: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "type": kind, "label": Text(zh, en), "hint": None, "required": False, "choices": [],
        "max_length": 200, "minimum": None, "maximum": None, "fields": [], "of": None, "max_items": 50,
        "default": None, **more,
    }  # fmt: skip


def _call_fields(
    known: Mapping[str, str] = MappingProxyType({}),
    before: Mapping[str, str] = MappingProxyType({}),
    departable: Mapping[str, Text] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Return what calling a meeting asks.

    *known*: id -> name of who may lead or report on an item, members or not; *before*: id -> title of what waits to be
    discussed again; *departable*: rule -> its title, where the law knows an exception on the record.
    """
    anybody, earlier = (
        [{"value": key, "label": Text(name, name)} for key, name in one.items()] for one in (known, before)
    )
    exception = [
        _field("rule", "choice", "偏离的规则", "Rule departed from", required=True,
               choices=[{"value": key, "label": title} for key, title in departable.items()]),
        _field("reason", "long_text", "理由", "Reason", required=True, max_length=2000),
        _field("approver", "choice", "批准人", "Approved by", required=True, choices=anybody),
    ]  # fmt: skip
    chosen = [{"value": key, "label": Text(*names)} for key, names in CATEGORIES.items()]
    subject = [
        _field("name", "text", "姓名", "Name", required=True),
        _field("post", "text", "职务", "Post", required=True),
    ]
    item = [
        _field("case_id", "case", "待提请讨论的决策事项", "Decision case that waits for a meeting",
               hint=Text("不属于决策事项的议题留空。", "Leave empty for a matter of its own.")),
        _field("title", "text", "议题名称", "Title of the item",
               hint=Text("选择了决策事项的可以不填。", "May stay empty where a case is chosen.")),
        _field("category", "choice", "类别", "Category", required=True, choices=chosen),
        _field("leader_in_charge_id", "choice", "分管负责人", "Deputy head in charge", choices=anybody),
        _field("reporter_id", "choice", "汇报人", "Reporter", choices=anybody),
        _field("subjects", "list", "人选（人事议题）", "Persons (personnel)", of="group", fields=subject),
        _field("previous_id", "choice", "此前的议题（再次讨论的）", "Earlier item (if discussed again)",
               choices=earlier),
        _field("emergency_reason", "long_text", "临时紧急动议的理由", "Why it is urgent", max_length=2000),
        _field("exceptions", "list", "例外事项", "Exceptions claimed", of="group", fields=exception,
               hint=Text("通知时限等确需例外的，写明理由和批准人，将记入例外登记。",
                         "Where notice is too short: why, and who approved. It enters the register of exceptions.")),
    ]  # fmt: skip
    return [
        _field("body_id", "body", "会议机构", "Body", required=True),
        _field("title", "text", "会议名称", "Title", required=True),
        _field("planned_at", "moment", "会议时间", "When", required=True),
        _field("place", "text", "会议地点", "Place", required=True),
        _field("chair_id", "person", "主持人", "Chair", required=True),
        _field("recorder_id", "recorder", "记录人", "Recorder", required=True),
        _field("items", "list", "议题", "Items", required=True, of="group", fields=item),
    ]


def _read_call(typed: dict[str, Any]) -> tuple[list[commands.Plan], datetime]:
    wrong: dict[str, tuple[Text, ...]] = {
        one["name"]: (MESSAGES["required"],) for one in _call_fields() if not typed.get(one["name"])
    }
    wrong |= {
        name: (Text("最多200个字符，一行。", "One line of at most 200 characters."),)
        for name in ("title", "place")
        if len(typed.get(name, "")) > 200 or not typed.get(name, "").isprintable()  # noqa: PLR2004
    }
    try:
        when = datetime.fromisoformat(typed.get("planned_at", ""))
    except ValueError:
        wrong["planned_at"] = (MESSAGES["moment"],) if typed.get("planned_at") else (MESSAGES["required"],)
        raise InvalidAnswers(wrong) from None
    if when.tzinfo is None:
        wrong["planned_at"] = (MESSAGES["moment"],)
    plans = []
    for number, row in enumerate(typed.get("items", ())):
        title = row.get("title", "")
        if not title and not row.get("case_id"):
            wrong[f"items.{number}.title"] = (MESSAGES["required"],)
        if len(title) > 200 or not title.isprintable():  # noqa: PLR2004
            wrong[f"items.{number}.title"] = (
                Text("最多200个字符，一行。", "One line of at most 200 characters."),
            )
        if row.get("category") not in CATEGORIES:
            wrong[f"items.{number}.category"] = (MESSAGES["choice"],)
        subjects = [
            commands.Subject(one["name"][:100], one["post"][:200])
            for one in row.get("subjects", ())
            if one.get("name") and one.get("post")
        ]
        plans.append(
            commands.Plan(
                title, row.get("category", ""), case_id=row.get("case_id"), subjects=subjects,
                leader_in_charge_id=row.get("leader_in_charge_id"), reporter_id=row.get("reporter_id"),
                emergency_reason=row.get("emergency_reason", "")[:2000] or None,
                previous_id=row.get("previous_id"), departures=_departures(row, number, wrong),
            )
        )  # fmt: skip
    if wrong:
        raise InvalidAnswers(wrong)
    return plans, when


def _departures(
    row: dict[str, Any], number: int, wrong: dict[str, tuple[Text, ...]]
) -> list[rules.Departure]:
    """Return the exceptions a row claims; what one lacks goes into *wrong*."""
    claimed = []
    for place, one in enumerate(row.get("exceptions", ())):
        lacking = [name for name in ("rule", "reason", "approver") if not one.get(name, "").strip()]
        wrong |= {f"items.{number}.exceptions.{place}.{name}": (MESSAGES["required"],) for name in lacking}
        if not lacking:
            claimed.append(rules.Departure(one["rule"], one["reason"][:2000], one["approver"]))
    return claimed


def _titled(plan: commands.Plan, titles: dict[str, str]) -> commands.Plan:
    return plan if plan.title else replace(plan, title=titles.get(plan.case_id or "", "—"))


def _calling(work: Work, typed: Any, errors: Any, *, checking: Any = None, findings: Any = ()) -> Any:
    bodies = _bodies(work)
    body = next((one for one in bodies if one.body.id == typed.get("body_id")), bodies[0] if bodies else None)
    if body is None or not frame_may("meeting.call"):
        raise NotFound
    waiting = meeting_calls.awaiting(work, body.body.organ_id)
    recorders = people.persons(work, size=100, role="recorder").items
    members = [(one.person_id, one.name) for one in body.members]
    known = {one.id: one.name for one in people.persons(work, size=MOST_CHOICES).items}
    before = _before(work, body.body.organ_id)
    departable = room_view.departable(work)
    return show(
        "meeting_new.html", before=before, departable=departable, bodies=bodies, body=body, typed=typed, errors=errors,
        findings=findings, checking=checking, fields=_call_fields(known, before, departable), waiting=waiting,
        sent=_pairs(), word=room_view.word,
        options={"person": members, "case": [(one.id, f"{one.title}（{one.label}）") for one in waiting]},
        recorders=[(one.id, one.name) for one in recorders], members=dict(members), known=known, **TABLES,
    )  # fmt: skip


def _before(work: Work, organ_id: str) -> dict[str, str]:
    """Return what waits to be discussed again: id of the item -> its title and meeting."""
    found = meeting_calls.put_back(work, organ_id)
    return {item.id: f"{item.title}（{meeting.title}）" for item, meeting in found}


def _pairs() -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not name.startswith("_") and name != "csrf_token"
    ]


# -- the room --------------------------------------------------------------------------------------------


@page.ask("/meetings/<id:meeting_id>")
def meeting_page(work: Work, meeting_id: str) -> Any:
    """Show a meeting: what comes before it, the room while it lasts, what is left to do after it."""
    return _room(work, meeting_id)


@page.ask("/meetings/<id:meeting_id>/live")
def live(work: Work, meeting_id: str) -> Any:
    """Answer what happened since the version the page shows; nothing (204, or 304 to an ETag) where nothing did."""
    return _unless_known(work, meeting_id, "meeting_live.html")


@page.ask("/meetings/<id:meeting_id>/screen")
def screen_page(work: Work, meeting_id: str) -> Any:
    """Show the meeting for a large screen in the room: no positions, votes only as counts when they are closed."""
    feed = meetings.feed_of(work, meeting_id)
    return show("meeting_screen.html", **_context(work, feed))


@page.ask("/meetings/<id:meeting_id>/screen/live")
def screen_live(work: Work, meeting_id: str) -> Any:
    """Answer what happened since the version the screen shows."""
    return _unless_known(work, meeting_id, "meeting_screen_live.html")


@page.ask("/meetings/<id:meeting_id>/items/<id:item_id>")
def item_page(work: Work, meeting_id: str, item_id: str) -> Any:
    """Show one item with its papers and what may be done to it on the agenda."""
    return _item(work, meeting_id, item_id)


def _acted_again(work: Work, refusal: DecisionEngineError, said: Said, meeting_id: str, verb: str) -> Any:
    if isinstance(refusal, NotFound):
        raise refusal
    told = {"refused": refusal, "typed": said, "typed_verb": verb, "errors": getattr(refusal, "fields", {})}
    match said.get("back"):
        case "minutes":
            return _minutes(work, meeting_id, **told)
        case "item":
            return _item(work, meeting_id, said.get("about", ""), **told)
    return _room(work, meeting_id, **told)


@page.act("/meetings/<id:meeting_id>/acts/<id:verb>", again=_acted_again)
def act(work: Work, said: Said, meeting_id: str, verb: str) -> Any:
    """Do what a form of the meeting's pages asks for, and go back to where it stood."""
    done = room_acts.act(work, verb, said, meeting_id)
    back = said.get("back")
    if back == "item" and said.get("about"):
        return go("sittings.item_page", done, meeting_id=meeting_id, item_id=said.get("about", "")[:64])
    return go(
        "sittings.minutes_page" if back == "minutes" else "sittings.meeting_page", done, meeting_id=meeting_id
    )


def _unless_known(work: Work, meeting_id: str, template: str) -> Any:
    feed = meetings.feed_of(work, meeting_id)
    version = room_view.version_of(work, feed)
    if version in request.if_none_match:
        answer = Response(status=304)
    elif request.args.get("seen") == version:
        answer = Response(status=204)
    else:
        answer = Response(show(template, **_context(work, feed)), content_type="text/html; charset=utf-8")
    answer.set_etag(version)
    return answer


def _room(work: Work, meeting_id: str, **more: Any) -> Any:
    feed = meetings.feed_of(work, meeting_id)
    context = {**_context(work, feed), **more}
    context["compared"] = room_compared.compared(
        context["room"], context["typed_verb"], context["typed"], context["refused"]
    )
    return show("meeting.html", **context)


def _context(work: Work, feed: meetings.Feed) -> dict[str, Any]:
    room = room_view.drawn(work, feed)
    approvers = people.persons(work, size=MOST_CHOICES, role="principal").items if feed.viewer.office else ()
    running = feed.viewer.office and feed.meeting.status in {"CALLED", "OPEN"}
    before = _before(work, feed.meeting.organ_id) if running else {}
    open_ = feed.meeting.status in {"CALLED", "OPEN"} and (feed.viewer.office or feed.viewer.chair)
    keepers = people.persons(work, size=100, role="recorder").items if open_ else ()
    acts_for_others = feed.viewer.recorder or feed.viewer.office
    known = people.persons(work, size=MOST_CHOICES).items if acts_for_others else ()
    return {
        "reporters": [(one.id, one.name) for one in known], "room": room,
        "meeting": room.meeting, "view": room_view, "word": room_view.word, "typed": {},
        "typed_verb": "", "refused": None, "errors": {}, "approvers": approvers, "before": list(before.items()),
        "departable": room_view.departable(work) if running else {}, "compared": None,
        "recorders": [one for one in keepers if one.id != feed.meeting.recorder_id], **TABLES,
    }  # fmt: skip


def _item(work: Work, meeting_id: str, item_id: str, **more: Any) -> Any:
    feed = meetings.feed_of(work, meeting_id)
    context = _context(work, feed)
    one = next((one for one in context["room"].seen.items if one.item.id == item_id), None)
    if one is None:
        raise NotFound
    papers = cases.documents_of(work, one.item.case_id) if feed.viewer.office else ()
    return show("meeting_item.html", **{**context, "one": one, "papers": papers, **more})


# -- after it --------------------------------------------------------------------------------------------


@page.ask("/meetings/<id:meeting_id>/minutes")
def minutes_page(work: Work, meeting_id: str) -> Any:
    """Show record and summary as they are kept, who signed, and what is still wanting."""
    return _minutes(work, meeting_id)


def _minutes(work: Work, meeting_id: str, **more: Any) -> Any:
    kept = minutes_kept.kept_of(work, meeting_id)
    feed = meetings.feed_of(work, meeting_id)
    newest = kept.newest
    open_ = newest is not None and kept.meeting.signed_at is None
    told = minutes_of(work.session, kept.meeting) if open_ else None
    wanting = minutes_acts.wanting(told, newest) if told is not None and newest is not None else ()
    return show("meeting_minutes.html", **{**_context(work, feed), "kept": kept, "wanting": wanting, **more})


@page.ask("/meetings/<id:meeting_id>/minutes/<id:kind>/<int:number>", noted=True)
def minutes_text(work: Work, meeting_id: str, kind: str, number: int) -> Any:
    """Show the exact text of one version, or hand it out as a file; the reading is written down."""
    if kind not in KINDS:
        raise NotFound
    feed, version = minutes_kept.version_of(work, meeting_id, KINDS[kind], number)
    for case_id in minutes_kept.cases_of(work, meeting_id):
        cases.note_reading(work, case_id, f"minutes:{kind}:{number}")
    form = request.args.get("format", "")
    name = f"{feed.meeting.title}-{kind}-{number}"
    if form == "txt":
        return _attached(version.content, "text/plain; charset=utf-8", f"{name}.txt")
    facts = minutes_of(work.session, feed.meeting)
    paper = minutes_record.record(facts) if kind == "record" else summary(facts)
    settable = paper.text().encode() == version.content
    if form in MEDIA:
        if not settable:
            raise NotFound
        surround = setting.Frame(organ=facts.organ)
        made = (
            setting.pdf(paper, surround, language())
            if form == "pdf"
            else setting.word(paper, surround, language())
        )
        return _attached(made, MEDIA[form], f"{name}.{form}")
    return show(
        "meeting_text.html", meeting=feed.meeting, kind=kind, version=version, text=version.content.decode(),
        settable=settable,
    )  # fmt: skip


def _attached(content: bytes, kind: str, name: str) -> Response:
    ending = name.rpartition(".")[2]
    told = f"filename=\"minutes.{ending}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, content_type=kind, headers={"Content-Disposition": f"attachment; {told}"})


def _bodies(work: Work) -> list[people.BodyOfToday]:
    return [one for organ in people.organs(work) for one in people.bodies(work, organ.id)]
