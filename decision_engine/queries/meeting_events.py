"""What is done in a meeting room, as the trail and the auditor call it: kind of event -> words."""

from __future__ import annotations

from collections.abc import Mapping

from decision_engine.language import Text

ROOM_ACTS: Mapping[str, Text] = {
    "agenda.announced": Text("列入会议议程", "put on an agenda"),
    "agenda.changed": Text("调整会议议程", "changed the agenda"),
    "material.delivered": Text("送达会议材料", "delivered papers of the meeting"),
    "material.opened": Text("打开会议材料", "opened papers of the meeting"),
    "member.arrived": Text("登记组成人员到会", "noted that a member came"),
    "member.left": Text("登记组成人员离场", "noted that a member left"),
    "member.recused": Text("登记回避", "noted a recusal"),
    "emergency.consented": Text("表明是否同意临时紧急议题", "said whether an emergency item may be taken up"),
    "item.spoken": Text("发表意见", "took a position"),
    "item.remarked": Text("在会上说明、补充或者询问", "explained, added or asked"),
    "item.broken_off": Text("中止讨论", "broke the discussion off"),
    "statement.confirmed": Text("核对代录的发言", "checked what was taken down"),
    "opinion.written": Text("提交书面意见", "handed in a written opinion"),
    "opinion.read": Text("宣读书面意见", "read a written opinion out"),
    "vote.opened": Text("宣布开始表决", "opened the vote"),
    "vote.cast": Text("表决", "voted"),
    "dissent.confirmed": Text("确认本人的不同意见", "confirmed a differing opinion"),
    "meeting.called": Text("召集会议", "called a meeting"),
    "meeting.cancelled": Text("取消会议", "cancelled a meeting"),
    "meeting.chair_changed": Text("变更会议主持人", "changed the chair"),
    "meeting.recorder_changed": Text("更换会议记录人", "changed the recorder"),
    "meeting.opened": Text("宣布开会", "opened the meeting"),
    "meeting.closed": Text("宣布闭会", "closed the meeting"),
    "leave.asked": Text("请假", "asked leave"),
    "room.arrived": Text("登记到会", "noted that a member came"),
    "room.departed": Text("登记离场", "noted that a member left"),
    "room.admitted": Text("登记列席人员", "let somebody attend"),
    "room.dismissed": Text("登记列席人员离场", "noted that somebody who attended left"),
    "minutes.drawn_up": Text("形成会议记录和纪要", "drew the minutes up"),
    "minutes.signed": Text("签署会议记录", "signed the record"),
    "minutes.not_signed": Text("注明未签署会议记录的原因", "noted why the record is not signed"),
    "minutes.corrected": Text("更正会议记录", "corrected the record"),
    "minutes.annotated": Text("作事后说明", "annotated the meeting"),
    "minutes.settled": Text("会议记录办结", "settled the minutes"),
}

FILED = frozenset({"agenda.announced", "member.arrived", "member.left", "member.recused", "item.spoken"})
"""Kinds of events that made a record without completing a step of the flow."""
