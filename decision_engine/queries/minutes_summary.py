"""会议纪要: what a meeting decided, as the official document that is sent out; distinct from the record (R-MTG-26).

It names who took part and what was decided on each item, and nothing of how anybody spoke or voted: positions stay in
the record (R-MTG-28). Items that were not decided stand without their discussion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from decision_engine.forms.meeting import MEETING_OUTCOMES
from decision_engine.language import Text
from decision_engine.queries.minutes import ItemMinutes, Minutes, Presence
from decision_engine.queries.minutes_record import NOT_DISCUSSED, named, session, word
from decision_engine.queries.paper import Fact, Heading, Line, Paper, Part, Words, at, listed, same


def summary(minutes: Minutes) -> Paper:
    """Return the summary for sending out."""
    title = Text(f"{minutes.organ}{minutes.body}会议纪要", f"{minutes.organ} {minutes.body}: summary")
    return Paper(
        title, (*_head(minutes), *(part for one in minutes.items for part in _item(one)), *_lists(minutes))
    )


def _head(minutes: Minutes) -> Iterator[Part]:
    which, when, chair = session(minutes), at(minutes.opened_at), named(minutes.chair)
    yield Fact(Text("会议", "Meeting"), which)
    yield Line(
        Text(
            f"{when.zh}，{chair.zh}在{minutes.place}主持召开{which.zh}。现将会议议定事项纪要如下：",
            f"{which.en} was held on {when.en} at {minutes.place}, chaired by {chair.en}. It settled the following.",
        )
    )


def _item(item: ItemMinutes) -> Iterator[Part]:
    yield Heading(1, Text(f"议题{item.number}：{item.title}", f"Item {item.number}: {item.title}"))
    if item.state in NOT_DISCUSSED:
        yield Line(word(NOT_DISCUSSED, item.state))
        return
    if item.state == "BROKEN_OFF":
        yield Line(Text("已中止讨论，留待以后。", "The discussion was broken off and left for later."))
        return
    if item.decision is None:
        yield Line(Text("未作决定。", "No decision was taken."))
        return
    yield Fact(Text("会议决定", "Decided"), word(MEETING_OUTCOMES, item.decision.outcome))
    yield Words(item.decision.words)


def _lists(minutes: Minutes) -> Iterator[Part]:
    yield Heading(1, Text("出席、请假、列席", "Present, absent, attending"))
    yield Fact(Text("出席", "Present"), _members(minutes.present))
    yield Fact(Text("请假或者缺席", "On leave or absent"), _members(minutes.absent))
    attending = (
        Text(f"{one.name}（{one.position}）", f"{one.name} ({one.position})")
        if one.position
        else same(one.name)
        for one in minutes.attendees
    )
    yield Fact(Text("列席", "Attending"), listed(attending))
    yield Fact(Text("记录", "Recorder"), named(minutes.recorder))


def _members(many: Sequence[Presence]) -> Text:
    return listed(named(one.member) for one in many)
