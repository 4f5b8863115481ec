"""会议记录: the full record of a meeting as a paper, from its `Minutes` alone (R-MTG-24).

`record` is what the members confirm and sign: its bytes are hashed. `attached` is what grows afterwards: the versions
with their signatures, what followed (F24) and later statements with their own date; it changes no signed byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from decision_engine.forms.choices import STANCES
from decision_engine.forms.fields import Choices
from decision_engine.forms.meeting import INITIATORS, MEETING_OUTCOMES, VOTE_METHODS, VOTES
from decision_engine.forms.proposal import COLLECTIVE_CATEGORIES
from decision_engine.language import Text
from decision_engine.queries.minutes import (
    Decision,
    Dissent,
    ItemMinutes,
    Minutes,
    Participant,
    Presence,
    Recusal,
    Report,
    Statement,
    VoteTaken,
    WrittenOpinion,
)
from decision_engine.queries.paper import Fact, Heading, Line, Paper, Part, Table, Words, at, listed, same

CATEGORIES: Choices = {**COLLECTIVE_CATEGORIES, "ORDINARY": ("一般议题", "Ordinary item")}
CHANGES: Choices = {
    "ADD": ("增加", "added"),
    "WITHDRAW": ("撤下", "withdrawn"),
    "SWAP": ("调换", "swapped"),
    "BREAK_OFF": ("中止讨论", "broken off"),
}
GROUNDS: Choices = {
    "OWN_INTEREST": ("涉及本人利害关系", "own interest"),
    "RELATIVE_INTEREST": ("涉及亲属利害关系", "interest of a relative"),
    "OTHER": ("其他可能影响公正的情形", "other impairment"),
}
STATEMENT_KINDS: Choices = {
    "OPINION": ("发表意见", "opinion"),
    "WAIVER": ("表示无补充意见", "nothing to add"),
    "ADDITION": ("补充发言", "addition"),
    "ATTENDEE": ("列席发言", "attendee"),
    "LEGAL_EXPLANATION": ("合法性审查情况说明", "legal explanation"),
    "CLARIFICATION": ("询问情况", "question of clarification"),
}
REPORTS: Choices = {
    "PARTY": ("向党委请示报告", "Report to the party committee"),
    "CONGRESS": ("向人民代表大会报告", "Report to the people's congress"),
    "HIGHER": ("上级批准", "Approval from above"),
}
NOT_DISCUSSED: Choices = {
    "PENDING": ("未讨论", "not discussed"),
    "WITHDRAWN": ("已撤下，未讨论", "withdrawn, not discussed"),
    "PUT_OFF": ("未讨论，留待以后", "not discussed, left for later"),
}
SPOKEN = ("OPINION", "WAIVER", "ADDITION", "ATTENDEE")
NOT_YET = Text("尚未", "not yet")
NONE = Line(Text("无", "none"))


def word(choices: Choices, value: str | None) -> Text:
    """Return a value of a vocabulary in words; one it does not know stands as it is."""
    if value is None:
        return same("—")
    found = choices.get(value)
    return Text(*found) if found else same(value)


def named(one: Participant | None) -> Text:
    """Return somebody by name and post."""
    if one is None:
        return same("—")
    return Text(f"{one.name}（{one.post}）", f"{one.name} ({one.post})") if one.post else same(one.name)


def by_at(one: Participant | None, moment: datetime | None) -> Text:
    """Return who and when in one phrase."""
    who, when = named(one), at(moment)
    return Text(f"{who.zh}，{when.zh}", f"{who.en}, {when.en}")


def spells(times: Sequence[tuple[datetime, datetime | None]]) -> Text:
    """Return when somebody was in the room."""
    return listed(
        Text(
            f"{at(came).zh}至{at(left).zh if left else '会议结束'}",
            f"{at(came).en} to {at(left).en if left else 'the end'}",
        )
        for came, left in times
    )


def record(minutes: Minutes) -> Paper:
    """Return the full record as it is confirmed and signed."""
    parts = (
        *_head(minutes),
        *_attendance(minutes),
        *_agenda(minutes),
        *_materials(minutes),
        *(part for item in minutes.items for part in _item(item)),
        *_corrections(minutes),
    )
    title = Text(f"{minutes.organ}{minutes.body}会议记录", f"{minutes.organ} {minutes.body}: full record")
    return Paper(title, parts)


def attached(minutes: Minutes) -> Paper:
    """Return what stands beside the record and grows: versions, signatures, what followed, later statements."""
    parts = (
        *_versions(minutes),
        *_signatures(minutes),
        Heading(1, Text("会后报告和批准", "Reports and approvals afterwards")),
        *(_reports(minutes.afterwards) if minutes.afterwards else (NONE,)),
        *_annotations(minutes),
    )
    title = Text(
        f"{minutes.organ}{minutes.body}会议记录附页", f"{minutes.organ} {minutes.body}: beside the record"
    )
    return Paper(title, parts)


def session(minutes: Minutes) -> Text:
    """Return which meeting of the body it was."""
    return Text(
        f"{minutes.body}{minutes.year}年第{minutes.session}次会议",
        f"{minutes.body}, meeting {minutes.session} of {minutes.year}",
    )


# -- the meeting -------------------------------------------------------------------------------------------


def _head(minutes: Minutes) -> Iterator[Part]:
    yield Fact(Text("会议", "Meeting"), session(minutes))
    yield Fact(Text("召集", "Called by"), by_at(minutes.called_by, minutes.called_at))
    yield Fact(Text("通知的会议时间", "Called for"), at(minutes.planned_at))
    yield Fact(Text("开会时间", "Opened"), at(minutes.opened_at))
    yield Fact(Text("闭会时间", "Closed"), at(minutes.closed_at))
    yield Fact(Text("地点", "Place"), same(minutes.place))
    yield Fact(Text("主持人", "Chair"), named(minutes.chair))
    yield Fact(Text("主要负责人", "Principal"), named(minutes.principal))
    yield Fact(Text("记录人", "Recorder"), named(minutes.recorder))


def _attendance(minutes: Minutes) -> Iterator[Part]:
    due, present, absent = len(minutes.due), len(minutes.present), len(minutes.absent)
    yield Heading(1, Text("出席情况", "Attendance"))
    yield Line(
        Text(
            f"应到{due}人，实到{present}人，缺席{absent}人，列席{len(minutes.attendees)}人。",
            f"{due} members due, {present} present, {absent} absent, {len(minutes.attendees)} attending.",
        )
    )
    yield Table(
        (
            Text("组成人员", "Member"), Text("通知送达", "Notice received"), Text("情况", "State"),
            Text("在场时间或者缺席原因", "In the room, or why not"),
        ),
        tuple((named(one.member), at(one.noticed_at), _state(one), _when(one)) for one in minutes.due),
    )  # fmt: skip
    yield Heading(2, Text("列席人员（无表决权）", "Attending without a vote"))
    yield Table(
        (Text("姓名", "Name"), Text("单位和职务", "Unit and post"), Text("在场时间", "In the room")),
        tuple((same(one.name), same(one.position), spells(one.spells)) for one in minutes.attendees),
    )


def _state(one: Presence) -> Text:
    if not one.was_present:
        return Text("缺席", "absent")
    late = (Text("迟到", "late"),) if one.late else ()
    left = (Text("早退", "left early"),) if one.left_early else ()
    return listed((Text("实到", "present"), *late, *left))


def _when(one: Presence) -> Text:
    if one.was_present:
        return spells(one.spells)
    reason, when = one.absence_reason or "—", at(one.leave_asked_at)
    if one.leave_asked_at is None:
        return Text(f"{reason}（未事先请假）", f"{reason} (no leave asked beforehand)")
    return Text(f"{reason}（{when.zh}请假）", f"{reason} (leave asked {when.en})")


def _agenda(minutes: Minutes) -> Iterator[Part]:
    yield Heading(1, Text("议程", "Agenda"))
    yield Table(
        (Text("议题", "Item"), Text("类别", "Category"), Text("案号", "Case"), Text("列入议程", "Put on the agenda")),
        tuple(
            (
                same(f"{one.number}. {one.title}"), word(CATEGORIES, one.category), same(one.case_label),
                by_at(one.put_by, one.put_at),
            )
            for one in minutes.items
        ),
    )  # fmt: skip
    yield Heading(2, Text("议程调整", "Changes of the agenda"))
    yield Table(
        (
            Text("时间", "At"), Text("调整", "Change"), Text("内容", "What"), Text("理由", "Reason"),
            Text("提出人", "By"), Text("批准人", "Approved by"),
        ),
        tuple(
            (
                at(one.at), word(CHANGES, one.kind), same(one.what), same(one.reason), named(one.by),
                named(one.approved_by),
            )
            for one in minutes.agenda_changes
        ),
    )  # fmt: skip


def _materials(minutes: Minutes) -> Iterator[Part]:
    yield Heading(1, Text("材料送达", "Materials delivered"))
    yield Table(
        (
            Text("议题", "Item"), Text("组成人员", "Member"), Text("材料和版本", "Paper and version"),
            Text("送达", "Delivered"), Text("打开", "Opened"), same("SHA-256"),
        ),
        tuple(
            (
                same(str(one.item)),
                named(one.member),
                Text(f"{one.title}，第{one.number}版", f"{one.title}, version {one.number}"),
                at(one.delivered_at),
                at(one.opened_at) if one.opened_at else Text("未打开", "not opened"),
                same(one.sha256),
            )
            for one in minutes.deliveries
        ),
    )  # fmt: skip


def _corrections(minutes: Minutes) -> Iterator[Part]:
    yield Heading(1, Text("更正（附加，不覆盖原文）", "Corrections, appended"))
    if not minutes.corrections:
        yield NONE
    for one in minutes.corrections:
        yield Line(by_at(one.by, one.at))
        yield Words(one.words)


# -- one item -------------------------------------------------------------------------------------------------


def _item(item: ItemMinutes) -> Iterator[Part]:
    yield Heading(1, Text(f"议题{item.number}：{item.title}", f"Item {item.number}: {item.title}"))
    yield Fact(Text("分管负责人", "Deputy in charge"), named(item.leader_in_charge))
    if item.candidates:
        yield Fact(Text("人选", "Candidates"), listed(same(one) for one in item.candidates))
    yield from _emergency(item)
    yield from _history(item)
    if item.state in NOT_DISCUSSED:
        yield Fact(Text("情况", "State"), word(NOT_DISCUSSED, item.state))
        if item.put_off_reason:
            yield Words(item.put_off_reason)
        return
    if item.state == "BROKEN_OFF":
        yield Fact(Text("情况", "State"), Text("已中止讨论，留待以后", "broken off, left for later"))
        yield Words(item.put_off_reason or "—")
    yield from _reported(item)
    yield from _recusals(item.recusals)
    yield from _statements(item)
    yield from _written(item.written_opinions)
    for one in item.votes:
        yield from _vote(one)
    yield from _decision(item.decision)
    yield from _dissents(item.dissents)


def _emergency(item: ItemMinutes) -> Iterator[Part]:
    if not item.emergency_reason:
        return
    yield Fact(Text("临时（紧急）议题，理由", "Emergency item, because"), same(item.emergency_reason))
    for label, wanted in (
        (Text("同意列入", "Taken up with the consent of"), True),
        (Text("不同意列入", "Against taking it up"), False),
    ):
        yield Fact(label, listed(named(one) for one, consents in item.consents if consents is wanted))


def _history(item: ItemMinutes) -> Iterator[Part]:
    for one in item.earlier:
        outcome, when = word(MEETING_OUTCOMES, one.outcome), at(one.at)
        yield Fact(
            Text("此前讨论", "Discussed before"),
            Text(f"{one.meeting}，{when.zh}，{outcome.zh}", f"{one.meeting}, {when.en}, {outcome.en}"),
        )
        if one.decision:
            yield Words(one.decision)
    yield from _reports(item.before)


def _reports(reports: Sequence[Report]) -> Iterator[Part]:
    for one in reports:
        kind, when = word(REPORTS, one.kind), at(one.at)
        yield Line(
            Text(f"议题{one.item}：{kind.zh}，{when.zh}", f"Item {one.item}: {kind.en}, {when.en}"),
        )
        yield Words(one.words)
        yield Fact(Text("答复", "Reply"), at(one.replied_at) if one.reply else NOT_YET)
        if one.reply:
            yield Words(one.reply)


def _reported(item: ItemMinutes) -> Iterator[Part]:
    yield Heading(2, Text("汇报", "Report"))
    yield Fact(Text("汇报人", "Reported by"), by_at(item.reporter, item.reported_at))
    yield Words(item.report or "—")
    for one in item.said("LEGAL_EXPLANATION"):
        yield Line(_introduced(one))
        yield Words(one.words)


def _recusals(recusals: Sequence[Recusal]) -> Iterator[Part]:
    yield Heading(2, Text("回避", "Recusals"))
    yield Table(
        (
            Text("回避人员", "Member"), Text("事由", "Ground"), Text("说明", "Explanation"),
            Text("提出方式", "Initiated by"), Text("提出时间", "At"), Text("离场", "Left"), Text("返回", "Came back"),
        ),
        tuple(
            (
                named(one.member), word(GROUNDS, one.ground), same(one.explanation), word(INITIATORS, one.initiated_by),
                at(one.at), at(one.left_at), at(one.ended_at),
            )
            for one in recusals
        ),
    )  # fmt: skip


def _statements(item: ItemMinutes) -> Iterator[Part]:
    yield Heading(2, Text("发言（按顺序）", "Statements, in their order"))
    for one in item.said(*SPOKEN):
        yield Line(_introduced(one))
        if one.words:
            yield Words(one.words)
        if one.objection:
            yield Line(Text("本人对记录提出异议：", "The speaker objects to how this was taken down:"))
            yield Words(one.objection)
    opinions = item.said("OPINION", "WAIVER")
    yield Fact(
        Text("末位发表意见", "Last to give an opinion"), named(opinions[-1].speaker if opinions else None)
    )
    yield Heading(2, Text("询问（不作为发言）", "Questions, apart from statements"))
    questions = item.said("CLARIFICATION")
    if not questions:
        yield NONE
    for one in questions:
        yield Line(_introduced(one))
        yield Words(one.words)


def _introduced(one: Statement) -> Text:
    kind, who, when = word(STATEMENT_KINDS, one.kind), named(one.speaker), at(one.at)
    zh = f"第{one.seq}项 {who.zh}{'，主要负责人' if one.is_principal else ''}，{when.zh}，{kind.zh}"
    en = f"No. {one.seq} {who.en}{', principal' if one.is_principal else ''}, {when.en}, {kind.en}"
    if one.stance and one.kind == "OPINION":
        stance = word(STANCES, one.stance)
        zh, en = f"{zh}，意见：{stance.zh}", f"{en}, position: {stance.en}"
    if one.entered_by is not None:
        writer, sure = named(one.entered_by), at(one.confirmed_at) if one.confirmed_at else NOT_YET
        zh, en = (
            f"{zh}，由{writer.zh}代录，本人核对：{sure.zh}",
            f"{en}, taken down by {writer.en}, checked: {sure.en}",
        )
    return Text(zh, en)


def _written(opinions: Sequence[WrittenOpinion]) -> Iterator[Part]:
    yield Heading(2, Text("缺席人员书面意见（宣读，不计票）", "Written opinions (read out, not counted)"))
    if not opinions:
        yield NONE
    for one in opinions:
        given, read = at(one.given_at), at(one.read_at) if one.read_at else Text("未宣读", "not at all")
        yield Line(
            Text(
                f"{named(one.member).zh}，提交：{given.zh}，宣读：{read.zh}",
                f"{named(one.member).en}, given {given.en}, read out: {read.en}",
            )
        )
        yield Words(one.words)


def _vote(vote: VoteTaken) -> Iterator[Part]:
    yield Heading(
        2, Text(f"表决：{vote.subject}", f"Vote: {vote.subject}") if vote.subject else Text("表决", "Vote")
    )
    yield Fact(Text("方式", "Method"), word(VOTE_METHODS, vote.method))
    yield Fact(Text("开始", "Opened"), at(vote.opened_at))
    yield Fact(Text("结束", "Closed"), at(vote.closed_at))
    if vote.yes + vote.no + vote.abstain == 0:  # what was counted had a quorum, so somebody's vote
        yield Line(
            Text(
                "表决未结束即中止讨论，已投的票不计。",
                "Broken off before its end: what was voted is not counted.",
            )
        )
        return
    yield Line(
        Text(
            f"应到{vote.due}人，参加{vote.present}人：赞成{vote.yes}，反对{vote.no}，弃权{vote.abstain}。",
            f"{vote.due} due, {vote.present} taking part: {vote.yes} yes, {vote.no} no, {vote.abstain} abstaining.",
        )
    )
    if vote.passed is not None:
        yield Fact(Text("是否过半数", "A majority"), Text("是", "yes") if vote.passed else Text("否", "no"))
    if vote.method == "SECRET_BALLOT":
        yield Line(Text("无记名投票，不记录各人所投。", "A secret ballot: who voted how is not recorded."))
        return
    yield Table(
        (Text("表决人", "Member"), Text("意见", "Vote"), Text("时间", "At")),
        tuple((named(one.member), word(VOTES, one.choice), at(one.at)) for one in vote.ballots),
    )


def _decision(decision: Decision | None) -> Iterator[Part]:
    yield Heading(2, Text("决定", "Decision"))
    if decision is None:
        yield Line(Text("未作决定。", "No decision was taken."))
        return
    yield Fact(Text("结果", "Outcome"), word(MEETING_OUTCOMES, decision.outcome))
    yield Fact(Text("作出", "Taken by"), by_at(decision.by, decision.at))
    yield Words(decision.words)
    if decision.override_reasons:
        yield Line(
            Text(
                "决定与会议组成人员多数人的意见不一致，会上说明的理由：",
                "The decision departs from the view of most members. Reasons given in the meeting:",
            )
        )
        yield Words(decision.override_reasons)
    if decision.divided:
        yield Line(Text("意见分歧较大。", "Views were widely divided."))
    if decision.deferred_until is not None:
        yield Fact(Text("暂缓至", "Deferred until"), same(decision.deferred_until.isoformat()))
    yield Fact(Text("宣布时间", "Announced"), at(decision.announced_at))


def _dissents(dissents: Sequence[Dissent]) -> Iterator[Part]:
    yield Heading(2, Text("不同意见（原文）", "Differing opinions, verbatim"))
    if not dissents:
        yield NONE
    for one in dissents:
        sure = at(one.confirmed_at) if one.confirmed_at else NOT_YET
        yield Line(
            Text(
                f"{named(one.member).zh}，本人确认：{sure.zh}",
                f"{named(one.member).en}, confirmed by its author: {sure.en}",
            )
        )
        yield Words(one.words)


# -- beside the record ---------------------------------------------------------------------------------------


def _versions(minutes: Minutes) -> Iterator[Part]:
    kinds = {"RECORD": Text("会议记录", "Record"), "SUMMARY": Text("会议纪要", "Summary")}
    yield Heading(1, Text("各版本", "Versions"))
    yield Table(
        (Text("文件", "Paper"), Text("版本", "Version"), Text("形成", "Drawn up by"), same("SHA-256")),
        tuple(
            (kinds[one.kind], same(str(one.number)), by_at(one.by, one.at), same(one.sha256))
            for one in minutes.versions
        ),
    )


def _signatures(minutes: Minutes) -> Iterator[Part]:
    yield Heading(1, Text("签字情况", "Signatures"))
    yield Table(
        (
            Text("版本", "Version"), Text("组成人员", "Member"), Text("情况", "State"), Text("时间", "At"),
            Text("未签字的原因", "Why not"), Text("代记人", "Noted by"), same("SHA-256"),
        ),
        tuple(
            (
                same(str(one.version)),
                named(one.member),
                Text("未签字", "not signed") if one.refusal else Text("确认并签字", "confirmed and signed"),
                at(one.at),
                same(one.refusal or "—"),
                named(one.entered_by),
                same(one.sha256),
            )
            for one in minutes.signatures
        ),
    )  # fmt: skip


def _annotations(minutes: Minutes) -> Iterator[Part]:
    yield Heading(1, Text("事后说明（不是会上不同意见）", "Said afterwards (no dissent of the meeting)"))
    if not minutes.annotations:
        yield NONE
    for one in minutes.annotations:
        yield Line(by_at(one.by, one.at))
        yield Words(one.words)
