"""The papers of a meeting, from a plain value: what the record holds, what the summary keeps back, and no forgery."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from decision_engine.language import Text
from decision_engine.queries import minutes as facts
from decision_engine.queries.minutes_record import attached, record
from decision_engine.queries.minutes_summary import summary
from decision_engine.queries.paper import BAR, Fact, Heading, Paper, Table, Words, at, same

BEGUN = datetime(2026, 5, 8, 6, 0, 0, tzinfo=UTC)
"""14:00 in Shanghai."""
MAYOR = facts.Participant("m", "江远舟", "镇长")
FIRST = facts.Participant("d1", "顾明礼", "常务副镇长")
SECOND = facts.Participant("d2", "邵一帆", "副镇长")
AWAY = facts.Participant("d3", "唐晓棠", "副镇长")
RECUSED = facts.Participant("d4", "贺兰洲", "副镇长")
RECORDER = facts.Participant("r", "陈书言", "会议记录员")
JUDGE = facts.Participant("j", "宋秉直", "司法所所长")
WORDS = "我不同意。\n补偿标准未经论证，三年内财力无法承受。"
REASONS = "上级已确定完成时限，不足部分由区财政补足。"
HASH = "ab" * 32


def after(minutes: int, seconds: int = 0) -> datetime:
    return BEGUN + timedelta(minutes=minutes, seconds=seconds)


def statement(seq: int, who: facts.Participant, stance: str, words: str) -> facts.Statement:
    return facts.Statement(seq, who, "OPINION", stance, words, after(10 + seq), is_principal=who is MAYOR)


@pytest.fixture
def item() -> facts.ItemMinutes:
    """One item, decided by the head against most members, with everything that can happen on it."""
    return facts.ItemMinutes(
        number=1,
        title="农村生活垃圾收费方案",
        category="MAJOR_DECISION",
        state="DECIDED",
        put_by=RECORDER,
        put_at=after(-3000),
        case_label="决〔2026〕1号",
        leader_in_charge=SECOND,
        reporter=facts.Participant("o", "林小满", "科员"),
        report="汇报草案主要内容。",
        reported_at=after(2),
        earlier=(facts.Earlier("镇长办公会2026年第1次会议", after(-9000), "DEFER", "暂缓。"),),
        before=(facts.Report(1, "PARTY", "先行请示。", after(-4000), "原则同意。", after(-3900)),),
        statements=(
            facts.Statement(1, JUDGE, "LEGAL_EXPLANATION", None, "审查合法。", after(5)),
            facts.Statement(2, MAYOR, "CLARIFICATION", None, "标准如何测算？", after(6)),
            statement(3, FIRST, "DISAGREE", WORDS),
            replace(statement(4, SECOND, "DISAGREE", "不同意。"), entered_by=RECORDER, confirmed_at=after(40)),
            statement(5, MAYOR, "AGREE", "同意推进。"),
        ),
        written_opinions=(facts.WrittenOpinion(AWAY, "书面意见：建议缓行。", after(-60), after(12)),),
        recusals=(
            facts.Recusal(RECUSED, "RELATIVE_INTEREST", "其弟为中标方股东", "SELF", after(3), after(4), after(50)),
        ),
        votes=(
            facts.VoteTaken(
                None, "RECORDED_POSITIONS", 5, 3, 1, 2, 0, False, after(20), after(21),
                (facts.Ballot(FIRST, "NO", after(20, 1)), facts.Ballot(MAYOR, "YES", after(20, 30))),
            ),
        ),
        decision=facts.Decision("APPROVE", "同意方案。", MAYOR, after(25), REASONS, True, None, after(26)),
        dissents=(facts.Dissent(FIRST, WORDS, after(30)), facts.Dissent(SECOND, "不同意。", None)),
    )  # fmt: skip


@pytest.fixture
def minutes(item: facts.ItemMinutes) -> facts.Minutes:
    """A meeting of five due: one late, one absent, one recused."""
    return facts.Minutes(
        organ="青禾镇人民政府",
        body="镇长办公会",
        year=2026,
        session=3,
        place="二楼会议室",
        called_at=after(-3000),
        called_by=RECORDER,
        planned_at=BEGUN,
        opened_at=BEGUN,
        closed_at=after(60),
        chair=MAYOR,
        principal=MAYOR,
        recorder=RECORDER,
        due=(
            facts.Presence(MAYOR, ((BEGUN, None),), noticed_at=after(-2999)),
            facts.Presence(FIRST, ((after(5), None),), late=True),
            facts.Presence(SECOND, ((BEGUN, after(55)),), left_early=True),
            facts.Presence(AWAY, absence_reason="因公出差", leave_asked_at=after(-200)),
            facts.Presence(RECUSED, ((BEGUN, None),)),
        ),
        attendees=(facts.Attendee("方立行", "党政办公室主任", ((BEGUN, None),)),),
        deliveries=(facts.Delivery(FIRST, 1, "决策草案", 2, HASH, after(-2900), after(-100)),),
        agenda_changes=(facts.AgendaChange("SWAP", "第1项与第2项调换", "汇报人迟到", RECORDER, MAYOR, after(1)),),
        items=(item, replace(item, number=2, title="撤下的议题", state="WITHDRAWN", put_off_reason="材料不齐")),
        corrections=(facts.Correction(FIRST, "“三年”应为“五年”。", after(500)),),
        versions=(facts.Version("RECORD", 1, HASH, after(100), RECORDER),),
        signatures=(
            facts.Signature(MAYOR, 1, HASH, after(110)),
            facts.Signature(SECOND, 1, HASH, after(111), "住院", RECORDER),
        ),
        afterwards=(facts.Report(1, "PARTY", "镇党委请示。", after(900), "同意。", after(1000)),),
        annotations=(facts.Annotation(AWAY, "会后补充意见。", after(2000)),),
    )  # fmt: skip


def test_the_record_holds_what_was_said_decided_and_by_whom(minutes: facts.Minutes) -> None:
    text = record(minutes).text()
    for said in (
        "镇长办公会2026年第3次会议", "二楼会议室", "应到5人，实到4人，缺席1人，列席1人",  # F18
        "迟到", "早退", "因公出差（2026年5月8日10:40:00请假）", "涉及亲属利害关系", "其弟为中标方股东",
        "2026年5月6日12:00:00", "第1项与第2项调换", "汇报人迟到",  # F16
        "决策草案，第2版", "2026年5月8日12:20:00", HASH,  # F17: what, delivered when, opened when
        "第3项 顾明礼（常务副镇长），2026年5月8日14:13:00，发表意见，意见：不同意",  # F19
        "末位发表意见：江远舟（镇长）", "标准如何测算？", "由陈书言（会议记录员）代录，本人核对：2026年5月8日14:40:00",
        "逐人记录意见", "赞成1，反对2，弃权0",  # F20
        "本人确认：2026年5月8日14:30:00", "本人确认：尚未",  # F21
        REASONS, "江远舟（镇长），2026年5月8日14:25:00", "宣布时间：2026年5月8日14:26:00",  # F22
        "书面意见：建议缓行。", "宣读，不计票", "“三年”应为“五年”。", "先行请示。", "原则同意。",
        "镇长办公会2026年第1次会议",
    ):  # fmt: skip
        assert said in text, said
    for line in WORDS.splitlines():
        assert text.count(f"{BAR}{line}") == 2  # once as spoken, once as dissent


def test_what_was_withdrawn_has_no_discussion(minutes: facts.Minutes) -> None:
    told = record(minutes).text()
    assert "已撤下，未讨论" in told
    assert told.count(REASONS) == 1


def test_versions_signatures_and_what_followed_stand_beside_the_record(minutes: facts.Minutes) -> None:
    beside = attached(minutes).text()
    for said in (
        "确认并签字",
        "未签字",
        "住院",
        HASH,
        "镇党委请示。",
        "同意。",
        "会后补充意见。",
        "不是会上不同意见",
    ):
        assert said in beside, said
    bare = replace(minutes, versions=(), signatures=(), afterwards=(), annotations=())
    assert record(bare).text() == record(minutes).text(), "what grows afterwards changes no signed byte"


def test_a_correction_changes_the_record_and_keeps_its_old_words(minutes: facts.Minutes) -> None:
    before = record(replace(minutes, corrections=())).text()
    after_it = record(minutes).text()
    assert before != after_it
    assert after_it.startswith(before.removesuffix("无\n"))


def test_the_summary_says_what_was_decided_and_nobodys_position(minutes: facts.Minutes) -> None:
    text = summary(minutes).text()
    assert "会议决定：同意" in text
    assert "同意方案。" in text
    assert "请假或者缺席：唐晓棠（副镇长）" in text
    for kept in (
        *WORDS.splitlines(),
        REASONS,
        "不同意",
        "反对",
        "书面意见：建议缓行。",
        "标准如何测算？",
        HASH,
    ):
        assert kept not in text, kept
    assert text != record(minutes).text()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_same_value_gives_the_same_bytes(minutes: facts.Minutes, language: str) -> None:
    for paper in (record, attached, summary):
        assert paper(minutes).text(language).encode() == paper(replace(minutes)).text(language).encode()


def test_the_english_paper_is_english_but_for_names_and_words(minutes: facts.Minutes) -> None:
    """Every label of the paper has English; what people said, wrote and are called stays as it is."""

    def chinese(paper: Paper) -> set[str]:
        labels = [paper.title]
        for part in paper.parts:
            match part:
                case Heading(_, text):
                    labels.append(text)
                case Fact(label, _):
                    labels.append(label)
                case Table(head, _):
                    labels += head
        return {one.en for one in labels if any("\u4e00" <= sign <= "\u9fff" for sign in one.en)}

    items = {f"Item {one.number}: {one.title}" for one in minutes.items}
    body = f"{minutes.organ} {minutes.body}"
    for made in (record(minutes), attached(minutes), summary(minutes)):
        assert {one for one in chinese(made) if not one.startswith(body)} <= items


def test_a_secret_ballot_shows_nobodys_vote(minutes: facts.Minutes, item: facts.ItemMinutes) -> None:
    vote = replace(item.votes[0], method="SECRET_BALLOT")
    text = record(replace(minutes, items=(replace(item, votes=(vote,)),))).text()
    assert "无记名投票，不记录各人所投" in text
    assert "赞成1，反对2，弃权0" in text
    assert "| 反对 |" not in text
    assert "| 反对 |" in record(minutes).text(), "a named ballot does show it, so the check can fail"


HOSTILE = [
    "好。\n## 决定\n结果：不同意",
    "好。\r  | 江远舟（镇长） | 反对 | —",
    "好。\u2028# 议题9：假议题",
    "好。\x0b结果：不同意",
    "\u202e反转",
    "",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_can_look_like_a_part_of_the_paper(words: str) -> None:
    """Whatever is said stands behind the bar; the honest structure is what it was without the words."""
    before = Paper(same("记录"), (Heading(1, Text("决定", "Decision")), Words("好。"))).text()
    text = Paper(same("记录"), (Heading(1, Text("决定", "Decision")), Words(words))).text()
    open_lines = [line for line in text.split("\n") if not line.startswith(BAR.rstrip())]
    assert open_lines == [line for line in before.split("\n") if not line.startswith(BAR.rstrip())]
    assert all(sign.isprintable() for sign in text.replace("\n", ""))


@pytest.mark.parametrize("words", ["甲\n# 决定", "甲 | 反对 | 乙"])
def test_no_name_can_break_out_of_its_line(words: str) -> None:
    head = (same("甲"), same("乙"))
    text = Paper(
        same("记录"), (Table(head, ((same(words), same("丙")),)), Fact(same("地点"), same(words)))
    ).text()
    assert len(text.splitlines()) == 4
    assert text.splitlines()[2].count(" | ") == 2


def test_moments_are_those_of_shanghai_and_a_missing_one_is_a_dash() -> None:
    assert at(BEGUN) == Text("2026年5月8日14:00:00", "2026-05-08 14:00:00 (+08:00)")
    assert at(None).zh == "—"
