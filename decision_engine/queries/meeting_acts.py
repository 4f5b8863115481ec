"""What somebody may do in a meeting now: each act of theirs, allowed or with the reason why not yet.

Only acts that could ever be this person's are listed: a member's, the recorder's, the office's, a guest's. The list is
what a screen draws its buttons from; the verb itself (`commands.meetings`) checks again, and has the last word. Tests
hold the two against each other along whole meetings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from decision_engine.access import ACTS
from decision_engine.language import Text
from decision_engine.models import AgendaItem, Statement, Vote
from decision_engine.queries.meeting_quorum import quorum
from decision_engine.queries.meeting_rows import Rows
from decision_engine.queries.meetings import Feed
from decision_engine.queries.minutes_facts import dissents
from decision_engine.work import Work

OPEN_TO_STATEMENTS = ("REPORTED", "MEMBERS_SPEAKING", "PRINCIPAL_SPOKEN")
ON_THE_TABLE = ("TAKEN_UP", *OPEN_TO_STATEMENTS, "VOTING", "VOTED")

_NOT_OPEN = Text("会议尚未开始或者已经结束。", "The meeting is not open.")
_NOT_CALLED = Text("会议已经召开、结束或者取消。", "The meeting was opened, closed or cancelled.")
_NOT_OVER = Text("会议尚未结束。", "The meeting is not over.")
_ABSENT = Text("您不在会场。", "You are not in the room.")
_HERE = Text("您已在会场。", "You are in the room already.")
_RECUSED = Text("您已回避本议题。", "You are recused from this item.")
_NOT_NOW = Text("议题尚未到这一步，或者已经过了这一步。", "The item is not at this point.")
_SPOKEN = Text("您已发表意见，只能补充，不得更改。", "You have spoken; add to it, do not change it.")
_UNSPOKEN = Text("您尚未发表意见。", "You have not spoken yet.")
_BEFORE_YOU = Text(
    "还有到会人员未发言，主要负责人末位发言。", "Others present have not spoken; the principal is last."
)
_VOTED = Text("您已表决。", "You have voted.")
_NO_ELECTOR = Text("表决开始时您未参加本议题。", "You took no part when the vote opened.")
_CHAIR_LAST = Text("主持人末位表决，还有人员未表决。", "The chair votes last, others have not voted.")
_CHAIR_VOTED = Text(
    "主持人已经末位表态，本次表决不再投票。", "The chair has voted, and that vote is the last."
)
_SETTLED = Text("会议记录已经办结。", "The minutes are settled.")
_BUSY = Text("上一议题尚未作出决定。", "Another item is before the meeting.")
_ORDER = Text("应当按议程顺序讨论。", "Items are taken in the order of the agenda.")
_OPEN_SPEECHES = Text("组成人员或者主要负责人尚未发言。", "Members or the principal have not spoken yet.")
_OPEN_BALLOTS = Text("还有到会人员未表决。", "Members present have not voted.")
_OPEN_ITEMS = Text(
    "会上的议题尚未作出决定，须先决定。", "The item before the meeting is to be decided first."
)
_ALL_SPOKEN = Text("到会人员均已发言。", "Everybody present has spoken.")
_ANSWERED = Text("您已经表明。", "You have said so already.")
_ASKED = Text("您已请假。", "You have asked leave already.")


@dataclass(frozen=True, slots=True)
class ActOfMine:
    """An act and where it is done; *reason* says why it is not *allowed* now. *version* is the item's."""

    act: str
    title: Text
    method: str
    path: str
    reason: Text | None
    item_id: str | None = None
    version: int | None = None
    allowed: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "allowed", self.reason is None)


@dataclass(frozen=True, slots=True)
class _Seat:
    """The person in the meeting, and the shortest way to say what may be done."""

    feed: Feed
    rows: Rows
    offices: bool

    @property
    def me(self) -> str:
        return self.feed.viewer.person_id

    @property
    def status(self) -> str:
        return self.rows.meeting.status

    @property
    def is_principal(self) -> bool:
        return self.rows.principal_id == self.me

    def act(self, act: str, zh: str, en: str, path: str, reason: Text | None) -> ActOfMine:
        return ActOfMine(act, Text(zh, en), "POST", f"/meetings/{self.rows.meeting.id}{path}", reason)

    def on(self, item: AgendaItem, act: str, zh: str, en: str, path: str, reason: Text | None) -> ActOfMine:
        where = f"/meetings/{self.rows.meeting.id}/items/{item.id}{path}"
        return ActOfMine(act, Text(zh, en), "POST", where, reason, item.id, item.version)


def acts(work: Work, feed: Feed, rows: Rows) -> list[ActOfMine]:
    """Return what the actor may do in the meeting, and what not yet."""
    roles = frozenset().union(*(one.roles for one in work.actor.in_organ(rows.meeting.organ_id)))
    return listed(feed, rows, roles)


def listed(feed: Feed, rows: Rows, roles: frozenset[str]) -> list[ActOfMine]:
    """Return the acts of the viewer of *feed*, who holds *roles* in the meeting's organ; pure."""
    seat, viewer = _Seat(feed, rows, bool(roles & ACTS["meeting.call"])), feed.viewer
    if viewer.auditor:
        return []
    found: list[ActOfMine] = []
    if seat.offices:
        found += _office(seat)
    if seat.offices or viewer.chair:
        running = _unless(seat.status not in {"CALLED", "OPEN"}, _NOT_OPEN)
        found.append(seat.act("change_recorder", "更换记录人", "Change the recorder", "/recorder", running))
    if viewer.recorder:
        found += _recorder(seat)
    if viewer.member:
        found += _member(seat)
    if roles and not viewer.recorder:
        found += _own_words(seat)
    if viewer.member or viewer.attended or viewer.recorder:
        over = None if seat.status == "CLOSED" else _NOT_OVER
        found.append(seat.act("annotate", "事后说明", "Annotate", "/annotations", over))
    return found


def _first(*reasons: Text | bool | None) -> Text | None:
    """Return the first reason that holds."""
    return next((one for one in reasons if isinstance(one, Text)), None)


def _unless(wrong: object, reason: Text) -> Text | None:
    return reason if wrong else None


# -- the office ----------------------------------------------------------------------------------------------


def _office(seat: _Seat) -> Iterator[ActOfMine]:
    called = _unless(seat.status != "CALLED", _NOT_CALLED)
    running = _unless(seat.status not in {"CALLED", "OPEN"}, _NOT_OPEN)
    yield seat.act("add_item", "增加议题", "Add an item", "/items", running)
    yield seat.act("cancel_meeting", "取消会议", "Cancel the meeting", "/cancellation", called)
    yield seat.act("change_chair", "变更主持人", "Change the chair", "/chair", called)
    for item in seat.rows.items:
        if item.state == "PENDING":
            yield seat.on(item, "withdraw_item", "撤下议题", "Withdraw", "/withdrawal", running)
            yield seat.on(item, "deliver_materials", "送达材料", "Deliver papers", "/deliveries", running)


# -- the recorder --------------------------------------------------------------------------------------------


def _recorder(seat: _Seat) -> Iterator[ActOfMine]:
    rows, opened = seat.rows, _unless(seat.status != "OPEN", _NOT_OPEN)
    yield seat.act(
        "open_meeting",
        "宣布开会",
        "Open the meeting",
        "/opening",
        _unless(seat.status != "CALLED", _NOT_CALLED),
    )
    running = _unless(seat.status not in {"CALLED", "OPEN"}, _NOT_OPEN)
    yield seat.act("admit", "登记列席人员", "Let somebody attend", "/guests", running)
    unfinished = any(one.state in ON_THE_TABLE for one in rows.items)  # what waits is put off by closing
    yield seat.act(
        "close_meeting",
        "宣布闭会",
        "Close the meeting",
        "/closing",
        _first(opened, _unless(unfinished, _OPEN_ITEMS)),
    )
    busy = next((one for one in rows.items if one.state in ON_THE_TABLE), None)
    waiting = [one for one in rows.items if one.state == "PENDING"]
    for place, item in enumerate(waiting):
        reason = _first(opened, _unless(busy, _BUSY), _unless(place, _ORDER))
        yield seat.on(item, "take_up_item", "提交讨论", "Take up", "/taking-up", reason)
    if busy is not None:
        yield from _recorder_on(seat, busy, opened)
    yield from _minutes(seat)


def _recorder_on(seat: _Seat, item: AgendaItem, opened: Text | None) -> Iterator[ActOfMine]:
    reported = _unless(item.state != "TAKEN_UP", _NOT_NOW)
    yield seat.on(
        item, "report_item", "登记汇报", "Write the report down", "/report", _first(opened, reported)
    )
    discussed = _unless(item.state not in OPEN_TO_STATEMENTS, _NOT_NOW)
    silent = _silent(seat.rows, item)
    leader = seat.rows.principal_id in _deliberating(seat.rows, item) and not _principal_last(seat.rows, item)
    writes = _first(opened, discussed, _unless(not silent and not leader, _ALL_SPOKEN))
    waives = _first(opened, discussed, _unless(not silent, _ALL_SPOKEN))
    yield seat.on(item, "speak", "代录发言", "Write a position down", "/statements", writes)
    yield seat.on(
        item, "waive", "代录无补充意见", "Write down that there is nothing to add", "/waivers", waives
    )
    to_vote = _first(
        opened,
        _unless(item.state not in OPEN_TO_STATEMENTS, _NOT_NOW),
        _unless(silent or not _principal_last(seat.rows, item), _OPEN_SPEECHES),
    )
    yield seat.on(item, "open_vote", "开始表决", "Open the vote", "/votes", to_vote)
    votes: Sequence[Vote] = seat.rows.of_item(seat.rows.votes, item.id)
    here = set(_deliberating(seat.rows, item))
    missing = any(
        here & seat.rows.electors.get(one.id, frozenset()) - _voters(seat.rows, one)
        for one in votes
        if seat.rows.meeting.chair_id not in _voters(seat.rows, one)
    )
    counted = _first(opened, _unless(item.state != "VOTING", _NOT_NOW), _unless(missing, _OPEN_BALLOTS))
    if opened is None and cannot_go_on(seat.rows, item):
        yield seat.on(item, "break_off_item", "中止讨论", "Break the discussion off", "/breaking-off", None)
    yield seat.on(item, "close_vote", "结束表决并计票", "Close the vote", "/votes/closing", counted)


def _minutes(seat: _Seat) -> Iterator[ActOfMine]:
    reason = _first(
        _unless(seat.status != "CLOSED", _NOT_OVER), _unless(seat.rows.meeting.signed_at, _SETTLED)
    )
    yield seat.act("draw_up_minutes", "形成会议记录", "Draw up the minutes", "/minutes", reason)
    yield seat.act("settle_minutes", "会议记录办结", "Settle the minutes", "/minutes/settlement", reason)


# -- who reports, and who attends without a vote --------------------------------------------------------------


def _own_words(seat: _Seat) -> Iterator[ActOfMine]:
    """What is said on an own device by who takes no position: the named reporter's report, a guest's words."""
    opened, viewer = _unless(seat.status != "OPEN", _NOT_OPEN), seat.feed.viewer
    for item in seat.rows.items:
        if item.state not in {"TAKEN_UP", *OPEN_TO_STATEMENTS}:
            continue
        if item.reporter_id == seat.me:
            reported = _unless(item.state != "TAKEN_UP", _NOT_NOW)
            yield seat.on(item, "report_item", "汇报议题", "Report", "/report", _first(opened, reported))
        if viewer.attended and not viewer.member:
            absent = _unless(not viewer.in_room, _ABSENT)
            yield seat.on(item, "explain", "列席说明", "Explain", "/explanations", _first(opened, absent))


# -- a member ------------------------------------------------------------------------------------------------


def _member(seat: _Seat) -> Iterator[ActOfMine]:
    here = seat.feed.viewer.in_room
    running = _unless(seat.status not in {"CALLED", "OPEN"}, _NOT_OPEN)
    yield seat.act("arrive", "签到", "Sign in", "/arrivals", _first(running, _unless(here, _HERE)))
    yield seat.act("depart", "离场", "Leave", "/departures", _first(running, _unless(not here, _ABSENT)))
    if seat.status == "CALLED":
        yield seat.act(
            "ask_leave", "请假", "Ask leave", "/leave", _unless(seat.me in seat.rows.leaves, _ASKED)
        )
    for item in seat.rows.items:
        yield from _member_on(seat, item, here=here)
    if here or seat.feed.viewer.attended:
        reason = _first(
            _unless(seat.status != "CLOSED", _NOT_OVER), _unless(seat.rows.meeting.signed_at, _SETTLED)
        )
        yield seat.act("sign_minutes", "签署会议记录", "Sign the record", "/minutes/signatures", reason)
        yield seat.act(
            "correct_minutes", "更正会议记录", "Correct the record", "/minutes/corrections", reason
        )


def _member_on(seat: _Seat, item: AgendaItem, *, here: bool) -> Iterator[ActOfMine]:
    rows, away = seat.rows, seat.me in seat.rows.recused(item.id)
    if item.state == "PENDING" and item.emergency:
        said = any(one.person_id == seat.me for one in rows.of_item(rows.consents, item.id))
        reason = _first(
            _unless(seat.status != "OPEN", _NOT_OPEN), _unless(not here, _ABSENT), _unless(away, _RECUSED),
            _unless(said, _ANSWERED),
        )  # fmt: skip
        yield seat.on(item, "consent", "是否同意列入", "Agree to the emergency item", "/consents", reason)
    if item.state in {"PENDING", "TAKEN_UP", *OPEN_TO_STATEMENTS} and seat.status in {"CALLED", "OPEN"}:
        yield seat.on(item, "recuse", "申请回避", "Recuse oneself", "/recusals", _unless(away, _RECUSED))
    if item.state in ON_THE_TABLE:
        yield from _deliberates(seat, item, _first(_unless(not here, _ABSENT), _unless(away, _RECUSED)))
    if seat.me in dissents(rows, item) and not rows.meeting.signed_at:
        confirmed = _unless((item.id, seat.me) in rows.confirmed, _ANSWERED)
        yield seat.on(
            item, "confirm_dissent", "确认不同意见", "Confirm a dissent", "/dissent/confirmation", confirmed
        )


def _deliberates(seat: _Seat, item: AgendaItem, out: Text | None) -> Iterator[ActOfMine]:
    rows = seat.rows
    discussed = _unless(item.state not in OPEN_TO_STATEMENTS, _NOT_NOW)
    taken = seat.me in _positions(rows, item)
    if seat.is_principal:
        again = _unless(_principal_last(rows, item), _SPOKEN)
        waits = _first(out, discussed, _unless(_silent(rows, item), _BEFORE_YOU), again)
        yield seat.on(item, "speak", "末位发言", "Speak last", "/statements", waits)
    else:
        waits = _first(out, discussed, _unless(taken, _SPOKEN))
        yield seat.on(item, "speak", "发表意见", "Speak", "/statements", waits)
        yield seat.on(item, "waive", "无补充意见", "Nothing to add", "/waivers", waits)
    later = _unless(item.state not in {*OPEN_TO_STATEMENTS, "VOTING", "VOTED"}, _NOT_NOW)
    yield seat.on(
        item, "add", "补充说明", "Add to it", "/additions", _first(out, later, _unless(not taken, _UNSPOKEN))
    )
    asks = _unless(item.state not in {"TAKEN_UP", *OPEN_TO_STATEMENTS}, _NOT_NOW)
    yield seat.on(item, "ask", "询问情况", "Ask", "/questions", _first(out, asks))
    for vote in rows.of_item(rows.votes, item.id):
        yield _casts(seat, item, vote, out)
    if seat.is_principal:
        decides = _first(out, _unless(item.state != "VOTED", _NOT_NOW))
        yield seat.on(item, "decide", "作出决定", "Decide", "/decision", decides)


def _casts(seat: _Seat, item: AgendaItem, vote: Vote, out: Text | None) -> ActOfMine:
    rows, voters = seat.rows, _voters(seat.rows, vote)
    electors = rows.electors.get(vote.id, frozenset())
    others = set(_deliberating(rows, item)) & electors - voters - {seat.me}
    reason = _first(
        out, _unless(vote.state != "OPEN" or item.state != "VOTING", _NOT_NOW),
        _unless(seat.me not in electors, _NO_ELECTOR), _unless(seat.me in voters, _VOTED),
        _unless(rows.meeting.chair_id in voters, _CHAIR_VOTED),
        _unless(seat.me == rows.meeting.chair_id and others, _CHAIR_LAST),
    )  # fmt: skip
    path = "secret-ballots" if vote.method == "SECRET_BALLOT" else "ballots"
    return seat.on(item, "cast", "投票", "Vote", f"/votes/{vote.id}/{path}", reason)


# -- what the rows say of an item ----------------------------------------------------------------------------


def _deliberating(rows: Rows, item: AgendaItem) -> list[str]:
    away = rows.recused(item.id)
    return [one.person_id for one in rows.members if one.person_id in rows.here and one.person_id not in away]


def cannot_go_on(rows: Rows, item: AgendaItem) -> bool:
    """Tell whether nothing lawful leads on: the principal takes no part, or too few can (a counted vote aside)."""
    here = set(_deliberating(rows, item))
    if rows.principal_id not in here:
        return True
    if item.state == "VOTED":
        return False
    votes: Sequence[Vote] = rows.of_item(rows.votes, item.id) if item.state == "VOTING" else ()
    taking_part = [(here & rows.electors.get(one.id, frozenset())) | _voters(rows, one) for one in votes] or [
        here
    ]
    return any(
        not quorum(category, len(rows.members), len(some), rows.meeting.procedure).met
        for some in taking_part
        for category in ("ORDINARY", item.category)
    )


def _positions(rows: Rows, item: AgendaItem) -> list[str]:
    """Return who took a position, in the order they did."""
    said: Sequence[Statement] = rows.of_item(rows.statements, item.id)
    return [one.person_id for one in said if one.kind in {"OPINION", "WAIVER"}]


def _silent(rows: Rows, item: AgendaItem) -> list[str]:
    heard = set(_positions(rows, item))
    return [one for one in _deliberating(rows, item) if one not in heard and one != rows.principal_id]


def _principal_last(rows: Rows, item: AgendaItem) -> bool:
    taken = _positions(rows, item)
    return bool(taken) and taken[-1] == rows.principal_id


def _voters(rows: Rows, vote: Vote) -> set[str]:
    return {one.person_id for one in rows.ballots if one.vote_id == vote.id}
