"""Hearing the public and the villagers: 6 March to 13 April 2026."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from decision_engine.demo.s1.beginning import GROUPS, TITLE
from decision_engine.demo.stage import Stage, moment
from decision_engine.demo.story import scene

Answers = dict[str, Any]

POINTS: tuple[tuple[str, str, str, int], ...] = (
    ("集体资产归集体经济组织所有，写明不得平调", "ADOPTED", "", 9),
    ("搬迁安置房办证进度须公开", "ADOPTED", "", 7),
    ("原村公章、档案移交须有清单", "ADOPTED", "", 5),
    ("社区须设三村便民服务窗口", "ADOPTED", "", 6),
    ("老年村民助餐服务不得中断", "ADOPTED", "", 6),
    ("村干部养老补贴按规定续发", "ADOPTED", "", 5),
    ("原村民享有的分红权不因撤销改变", "ADOPTED", "", 7),
    (
        "明确集体资产清算完成日期",
        "PARTLY_ADOPTED",
        "清产核资已完成，个别债权清理须待法院判决，先列出时间表。",
        6,
    ),
    ("保留村民委员会印章过渡一年", "PARTLY_ADOPTED", "印章依法须收缴，设三个月事务过渡期，由社区代办。", 4),
    ("每户一次性发放补偿金", "NOT_ADOPTED", "撤销村民委员会不减损财产权利，发放补偿金没有依据。", 5),
    (
        "保留三村村民委员会名称",
        "NOT_ADOPTED",
        "村民委员会撤销后不再作为自治组织存在；村名作为地名予以保留。",
        3,
    ),
)
"""The points into which the comments were sorted: point, handling, reason, how many comments."""

VILLAGES: tuple[tuple[str, int, int, int, int, int, int, int], ...] = (
    ("西柳村", 171, 496, 271, 139, 258, 9, 4),
    ("南柳村", 168, 488, 265, 131, 249, 12, 4),
    ("东园村", 173, 502, 280, 144, 261, 14, 5),
)
"""Village, households, adults, adults present, households represented, yes, no, abstain."""


@scene("2026-03-06 09:00", "发布征求意见公告")
def publish_notice(stage: Stage) -> None:
    """The notice goes out; the period ends on the first working day after Qingming."""
    stage.file(
        "officer",
        "D09",
        "公开征求意见公告及发布截图",
        "镇政府网站、微信公众号、三村及社区公告栏，2026年3月6日。",
    )
    stage.complete("officer", "publish_notice", notice(stage))


def notice(stage: Stage) -> Answers:
    """Return the notice as the public reads it."""
    return {
        "title": f"{TITLE}（草案）公开征求意见公告",
        "draft_ref": stage.papers["draft"],
        "explanation_ref": stage.papers["explanation"],
        "channels": ["GOVERNMENT_WEBSITE", "OFFICIAL_SOCIAL_MEDIA", "NOTICE_BOARD"],
        "how_to_submit": "网上填写；邮寄或当面提交至公共服务办公室；拨打公告所列电话。",
        "contact": "公共服务办公室　林小满",
        "published_at": moment("2026-03-06 09:00"),
        "deadline": "2026-04-07",
        "privacy_note": "个人信息仅用于核实意见，未经单独同意不予公开。",
        "hold_symposium": True,
    }


@scene("2026-03-09 10:00", "委托第三方开展社会稳定风险评估")
def commission_assessment(stage: Stage) -> None:
    """A third party without an interest is commissioned."""
    contract = stage.file(
        "officer",
        "D15",
        "社会稳定风险评估委托合同",
        "委托安评公司甲，合同编号青安评2026-01。",
        name="contract",
    )
    stage.complete(
        "officer",
        "commission_assessment",
        {
            "risk_types": ["SOCIAL_STABILITY", "LEGAL_DISPUTE"],
            "scope": "三村撤销对社会稳定的影响，入户调查不少于三分之一住户。",
            "assessor_kind": "THIRD_PARTY",
            "assessor_org": "安评公司甲",
            "commission_contract": "青安评2026-01",
            "commission_contract_ref": contract,
            "no_interest_declared": True,
            "commissioned_on": "2026-03-09",
        },
    )


TEXTS = tuple(
    f"{point}。（第{number}件）"
    for number, point in enumerate((point for point, _, _, count in POINTS for _ in range(count)), start=1)
)


@scene("2026-03-13 20:00", "公众网上提交意见")
def comments_online(stage: Stage) -> None:
    """The first twenty members of the public write in through the open door, without sign-in."""
    _online(stage, TEXTS[:20])


@scene("2026-03-18 16:00", "登记来信和当面反映的意见")
def comments_on_paper(stage: Stage) -> None:
    """What came by letter, by telephone or in person is registered by the lead unit."""
    for number, text in enumerate(TEXTS[20:-5]):
        channel = ("LETTER", "VISIT", "PHONE")[number % 3]
        stage.say("officer", f"/cases/{stage.case_id}/comments", {"text": text, "channel": channel})
    stage.tell(f"　　[green]✓[/green] 公共服务办公室　登记来信、来访、来电意见{len(TEXTS[20:-5])}件")


def _online(stage: Stage, texts: Sequence[str]) -> None:
    for text in texts:
        stage.comment(text)
    stage.tell(f"　　[green]✓[/green] 社会公众　网上提交意见{len(texts)}件")


@scene("2026-03-20 15:00", "召开座谈会")
def hold_symposium(stage: Stage) -> None:
    """The groups whose interests are touched are heard in person."""
    record = stage.file(
        "officer", "D12", "座谈会和村民会议材料", "座谈会记录；三村村民会议通知、签到、记录和表决票。"
    )
    stage.complete(
        "officer",
        "hold_symposium",
        {
            "form": "SYMPOSIUM",
            "held_on": "2026-03-20",
            "place": "青禾社区议事厅",
            "affected_groups": GROUPS,
            "participants": [
                {"name": "柳承泽", "represents": "三村村民", "opinion": "赞成撤销，请写明集体资产归属。"},
                {"name": "柳明岚", "represents": "三村村民", "opinion": "老人助餐不能断。"},
                {"name": "袁启东", "represents": "三村在职村干部", "opinion": "养老补贴按规定续发。"},
            ],
            "summary": "总体赞成，集中关注集体资产、老年服务和村干部安置。",
            "record_ref": record,
        },
    )


@scene("2026-03-23 09:00", "登记三村村民会议结果")
def hold_villagers_meeting(stage: Stage) -> None:
    """The villagers' meetings of 22 March agreed, each announced twelve days before."""
    stage.complete("officer", "hold_villagers_meeting", villagers_meetings())


def villagers_meetings(notice_on: str = "2026-03-10", held_on: str = "2026-03-22", **changes: int) -> Answers:
    """Return the three meetings; *changes* are made to the figures of 西柳村."""
    meetings = [
        {
            "village": village,
            "notice_on": notice_on,
            "held_on": held_on,
            "adults": adults,
            "present": present,
            "households": households,
            "households_represented": represented,
            "yes": yes,
            "no": no,
            "abstain": abstain,
        }
        for village, households, adults, present, represented, yes, no, abstain in VILLAGES
    ]
    meetings[0].update(changes)
    return {"meetings": meetings}


@scene("2026-04-07 21:30", "征求意见最后一日")
def last_evening(stage: Stage) -> None:
    """The last comments come in time: the period runs to the end of 7 April."""
    _online(stage, TEXTS[-5:])


@scene("2026-04-08 00:00", "征求意见期限届满")
def period_ends(_stage: Stage) -> None:
    """The clock alone acts: the period, kept open through Qingming, is over."""


@scene("2026-04-09 10:00", "归纳研究公众意见")
def handle_comments(stage: Stage) -> None:
    """Every comment is in a point, every point answered, with reasons where it was not adopted whole."""
    stage.file("officer", "D10", "公众意见原件及汇总", "63件意见，归纳为11个要点。")
    stage.complete("officer", "handle_comments", handling(stage))


def handling(stage: Stage) -> Answers:
    """Return the points with the comments each sums up."""
    received = stage.pages("officer", f"/cases/{stage.case_id}/comments")
    points = []
    for point, result, reason, _ in POINTS:
        said: Answers = {
            "point": point,
            "comments": [one["id"] for one in received if one["text"].startswith(point)],
            "handling": result,
        }
        points.append(said | ({"reason": reason} if reason else {}))
    return {
        "comments_received": len(received),
        "points": points,
        "summary": "采纳7项，部分采纳2项，不采纳2项。",
    }


@scene("2026-04-13 10:00", "反馈意见采纳情况")
def publish_feedback(stage: Stage) -> None:
    """What became of the opinions is published, with the reasons."""
    paper = stage.file(
        "officer",
        "D13",
        "意见采纳情况及理由反馈公告",
        "采纳7项，部分采纳2项，不采纳2项，理由附后。",
        public=True,
    )
    stage.file(
        "officer", "D11", "未举行听证会的情况说明", "法律、法规、规章未规定应当听证，已召开村民会议和座谈会。"
    )
    stage.file(
        "officer",
        "D14",
        "不属于专业性、技术性事项的情况说明",
        "属于基层群众自治组织设置事项，未组织专家论证。",
    )
    stage.complete(
        "officer",
        "publish_feedback",
        {
            "published_at": moment("2026-04-13 10:00"),
            "channels": ["GOVERNMENT_WEBSITE", "NOTICE_BOARD"],
            "summary": "收到意见63件，归纳11项：采纳7项，部分采纳2项，不采纳2项并说明理由。",
            "feedback_ref": paper,
        },
    )
