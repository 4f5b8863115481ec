"""What happened in a case, in order: every event as it lies in the log, with a sentence a citizen can read.

The sentence is told from the event's own bytes and from what it commits to; once a payload is erased the name is
gone, the act is not. `check` holds the whole chain against its hashes and against the head the case remembers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine import forms
from decision_engine.access import CLOCK, PUBLIC
from decision_engine.audit import Broken, Intact, StoredEvent, check_chain
from decision_engine.calendar import SHANGHAI
from decision_engine.language import Text
from decision_engine.models import Case, Chain, Event, EventPayload
from decision_engine.queries import definitions
from decision_engine.queries.meeting_events import ROOM_ACTS
from decision_engine.work import Work

ERASED = Text("（姓名已依法清除）", "(name lawfully erased)")
WAITS = {
    "comment_period": Text("征求意见期限", "the comment period"),
    "execution_confirmation_overdue": Text("15日内未确认", "no confirmation within 15 days"),
    "legality_urge_due": Text("审查时间已满", "the time for the legality review"),
}
"""What the clock waits for, by step or by the element of the shipped diagrams: no form names it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. *body* are the hashed fields; *said*, *actor* and *post* what it commits to, None when *erased*."""

    seq: int
    id: str
    kind: str
    at: datetime
    actor_id: str
    body: Mapping[str, Any]
    hash: str
    actor: str | None
    post: str | None
    said: Any
    erased: bool
    sentence: Text


@dataclass(frozen=True, slots=True)
class Whole:
    """Whether a chain holds: its *length* and *head*, or where and why it fails first."""

    intact: bool
    length: int | None = None
    head: str | None = None
    broken_at: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of a case's events, with the verdict on the whole chain."""

    items: Sequence[Entry]
    number: int
    size: int
    total: int
    chain: Whole


def events_of(work: Work, case: Case, *, page: int = 1, size: int = 50) -> Trail:
    """Return the events of *case* in order; three statements, whatever the length."""
    chain = check(work.session, case)
    rows = work.session.execute(
        select(Event, EventPayload)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case.id)
        .order_by(Event.seq)
        .limit(size)
        .offset((page - 1) * size)
    )
    names = element_names(work.session, case.definition_hash)
    entries = [entry(event, payload, names) for event, payload in rows]
    return Trail(entries, page, size, case.head_seq, chain)


def check(session: Session, case: Case | Chain) -> Whole:
    """Hold the whole chain of *case* (or a chain of the house) against its hashes and the head it remembers."""
    rows = session.execute(
        select(Event.seq, Event.body, Event.hash, EventPayload.salt, EventPayload.payload)
        .outerjoin(EventPayload, EventPayload.event_id == Event.id)
        .where(Event.chain == case.id)
        .order_by(Event.seq)
    )
    stored = (
        StoredEvent(seq, _bytes(body), hash_, _bytes(salt), _bytes(payload))
        for seq, body, hash_, salt, payload in rows
    )
    match check_chain(case.id, stored):
        case Broken(seq, reason):
            return Whole(intact=False, broken_at=seq, reason=reason)
        case Intact(length, head) if (length, head) != (case.head_seq, case.head_hash):
            return Whole(intact=False, broken_at=length + 1, reason="the end of the chain is missing")
        case Intact(length, head):
            return Whole(intact=True, length=length, head=head)


def read(stored: Any) -> dict[str, Any]:
    """Return stored JSON as an object; what somebody damaged reads as nothing, and is still shown."""
    try:
        found = json.loads(stored)
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(stored: Any) -> Any:
    """Return what somebody put where bytes belong as bytes: it is for the hash to say what it is worth."""
    return stored if stored is None or isinstance(stored, bytes) else str(stored).encode()


def element_names(session: Session, definition_hash: str) -> dict[str, str]:
    """Return the names of a procedure's elements by id."""
    elements = definitions.compiled(session, definition_hash).diagram.elements
    return {element.id: element.name for element in elements.values()}


def entry(event: Event, payload: EventPayload | None, names: Mapping[str, str]) -> Entry:
    """Return *event* with what it commits to, told in a sentence; *names* are the elements' names."""
    body = read(event.body)
    told = read(payload.payload) if payload is not None else None
    actor = told.get("actor", {}) if told is not None else {}
    made = Entry(
        seq=event.seq, id=event.id, kind=event.kind, at=event.at, actor_id=event.actor_id, body=body, hash=event.hash,
        actor=actor.get("name"), post=actor.get("post"), said=told.get("said") if told is not None else None,
        erased=told is None, sentence=Text("", ""),
    )  # fmt: skip
    return Entry(
        **{name: getattr(made, name) for name in Entry.__slots__} | {"sentence": sentence(made, names)}
    )


# -- sentences -----------------------------------------------------------------------------------------


def sentence(one: Entry, names: Mapping[str, str]) -> Text:
    """Return what happened: when, who in which post, what."""
    when = one.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    who = _who(one)
    tell = _TOLD.get(one.kind)
    if tell is None and one.kind in ROOM_ACTS:
        tell = _plain(ROOM_ACTS[one.kind].zh, ROOM_ACTS[one.kind].en)
    try:
        what = tell(one, names) if tell is not None else Text(f"办理 {one.kind}", f"did {one.kind}")
    except (KeyError, TypeError, AttributeError):
        what = Text(f"（记录 {one.seq} 已损坏）", f"(entry {one.seq} is damaged)")
    return Text(f"{when} {who.zh}{what.zh}", f"{when} {who.en} {what.en}")


def act_name(body: Mapping[str, Any], names: Mapping[str, str]) -> Text:
    """Return the name of the step an event is about; one no form knows is named as its diagram names it."""
    for about in ("task", "timer"):
        if isinstance(body.get(about), Mapping):  # a refusal names its task by id alone
            return _step(body[about].get("step"), body[about].get("element"), names)
    step = body.get("step")
    return _step(step, None, names) if step else ROOM_ACTS.get(str(body.get("kind")), Text("", ""))


def _step(step: str | None, element: str | None, names: Mapping[str, str]) -> Text:
    wait = WAITS.get(step or "") or WAITS.get(element or "")
    if wait is not None:
        return wait
    drawn = names.get(element or "") or element or step or ""
    if step in forms.steps():
        title = forms.describe(step)["title"]
        return Text(title["zh"], title["en"])
    return Text(drawn, drawn)


def _who(one: Entry) -> Text:
    if one.actor_id == CLOCK.person_id:
        return Text("系统时钟", "The clock")
    if one.actor_id == PUBLIC.person_id:
        return Text("社会公众", "A member of the public")
    if one.erased:
        return ERASED
    acting = "（受委托）" if one.body.get("actor", {}).get("for") else ""
    post = f"{one.post} " if one.post else ""
    deputy = ", by delegation," if acting else ""
    return Text(f"{post}{one.actor}{acting}", f"{one.actor}{f' ({one.post})' if one.post else ''}{deputy}")


def _completed(one: Entry, names: Mapping[str, str]) -> Text:
    name = act_name(one.body, names)
    ended = one.body.get("ended")
    return Text(
        f"完成“{name.zh}”" + ("，流程结束" if ended else ""),
        f"completed “{name.en}”" + (", and the procedure ended" if ended else ""),
    )


def _fired(one: Entry, names: Mapping[str, str]) -> Text:
    name = act_name(one.body, names)
    return Text(f"到期触发“{name.zh}”", f"let “{name.en}” fall due")


def _refused(one: Entry, names: Mapping[str, str]) -> Text:
    name = act_name(one.body, names)
    rules = "、".join(one.body.get("rules", ()))
    said = one.said["message"] if one.said else ""
    cited = f"（{rules}）" if rules else ""
    return Text(
        f"试图办理“{name.zh or one.body.get('tried', '')}”被拒绝{cited}：{said}",
        f"was refused “{name.en or one.body.get('tried', '')}”" + (f" ({rules})" if rules else ""),
    )


def _with_step(zh: str, en: str) -> Callable[[Entry, Mapping[str, str]], Text]:
    def tell(one: Entry, names: Mapping[str, str]) -> Text:
        name = act_name(one.body, names)
        return Text(f"{zh}“{name.zh}”", f"{en} “{name.en}”")

    return tell


def _opened(one: Entry, _names: Mapping[str, str]) -> Text:
    title = one.said["title"] if one.said else ""
    label = one.body.get("label", "")
    return Text(f"立案登记{label}“{title}”", f"opened case {label} “{title}”")


def _paper(one: Entry, _names: Mapping[str, str]) -> Text:
    title = one.said["title"] if one.said else ""
    number = one.body["document"]["version"]
    return Text(f"提交文件《{title}》第{number}版", f"added version {number} of “{title}”")


def _comment(one: Entry, _names: Mapping[str, str]) -> Text:
    late = one.body["comment"]["late"]
    return Text("提出一条意见" + ("（逾期）" if late else ""), "commented" + (" (late)" if late else ""))


def _recounted(one: Entry, names: Mapping[str, str]) -> Text:
    name = act_name(one.body, names)
    before, after = (
        datetime.fromisoformat(one.body[key]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        for key in ("before", "after")
    )
    return Text(
        f"批准放假通知，“{name.zh}”的期限由 {before} 重新计算为 {after}",
        f"approved a holiday notice; “{name.en}” was due {before} and is now due {after}",
    )


def _plain(zh: str, en: str) -> Callable[[Entry, Mapping[str, str]], Text]:
    return lambda _one, _names: Text(zh, en)


_TOLD: Mapping[str, Callable[[Entry, Mapping[str, str]], Text]] = {
    "case.opened": _opened,
    "task.completed": _completed,
    "task.claimed": _with_step("签收", "took up"),
    "task.returned": _with_step("退回", "gave back"),
    "task.transferred": _with_step("转办", "passed on"),
    "task.transfer.withdrawn": _with_step("撤回转办", "took back"),
    "task.urged": _with_step("催办", "urged"),
    "task.deadline.set": _with_step("确定办理时限", "set the agreed day of"),
    "task.clock.paused": _with_step("暂停计时", "paused the agreed time of"),
    "task.clock.resumed": _with_step("恢复计时", "resumed the agreed time of"),
    "countersign.asked": _with_step("请求加签", "asked for views on"),
    "countersign.answered": _with_step("反馈加签意见", "gave a view on"),
    "countersign.withdrawn": _with_step("撤回加签", "took back a question on"),
    "erasure.proposed": _plain("提出清除一条记录中的个人信息", "proposed to erase personal data of an entry"),
    "payload.erased": _plain("批准清除一条记录中的个人信息", "approved erasing personal data of an entry"),
    "copy.sent": _plain("抄送本案", "sent copies of the case"),
    "copy.read": _plain("已阅抄送件", "read a copy"),
    "copy.withdrawn": _plain("撤回抄送", "took back a copy"),
    "timer.fired": _fired,
    "deadline.counted": _recounted,
    "objection.raised": _with_step("提交", "submitted"),
    "objection.answered": _with_step("提交", "submitted"),
    "document.added": _paper,
    "comment.received": _comment,
    "act.refused": _refused,
}
