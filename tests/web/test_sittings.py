"""Meetings through their pages: a small one from the call to the settled minutes, and who sees and may do what."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from decision_engine.demo.stage import Stage
from decision_engine.demo.town import PARTY_COMMITTEE
from decision_engine.models import Candidate, FinishedRequest, Record
from decision_engine.work import House
from tests.api.meeting_hall import Assembly, meeting_in_force
from tests.api.test_statements import counted
from tests.web.conftest import SITE, Enter, Visitor

WHEN = "2026-02-27 09:00"
DEPUTIES = ("deputy1", "deputy2", "deputy3", "deputy4", "deputy5")
OBJECTION = "集体资产处置不清，我不同意。"
MOST = {"": 34, "/screen": 34, "/live": 6, "list": 16}
"""Page of a meeting -> the most statements it may send; `live` where nothing happened."""


@pytest.fixture
def hall(stage: Stage) -> Stage:
    meeting_in_force(stage)
    return stage


def called(stage: Stage, *plans: dict[str, object]) -> Assembly:
    meeting = Assembly(stage)
    meeting.call(WHEN, *(plans or ({"title": "道路维修经费", "category": "LARGE_FUNDS"},)))
    return meeting


def opened(stage: Stage, *here: str) -> Assembly:
    meeting = called(stage)
    stage.move_to(WHEN)
    members = here or ("mayor", *DEPUTIES)
    meeting.opens(*members, absent={one: "病假" for one in meeting.members if one not in members})
    return meeting


def room(visitor: Visitor, meeting: Assembly):
    return visitor.open(f"/meetings/{meeting.id}")


def do(visitor: Visitor, meeting: Assembly, verb: str, *, page: str = "", status: int = 200, **said: object):
    """Fill the form of *verb* on the meeting's page and send it."""
    sheet = visitor.open(f"/meetings/{meeting.id}{page}")
    return visitor.send(sheet, f"/acts/{verb}", status=status, **said)


def has_form(sheet, verb: str) -> bool:
    return bool(sheet.tree.xpath(f'//form[contains(@action, "/acts/{verb}")]'))


# -- the whole way -----------------------------------------------------------------------------------------


def test_a_small_meeting_is_held_through_the_pages(hall: Stage, enter: Enter) -> None:  # noqa: PLR0915  one story
    person = hall.person
    director = enter("director")
    sheet = director.open("/meetings/new")
    bodies = sheet.tree.xpath('//select[@name="body_id"]/option')
    office = next(one.get("value") for one in bodies if one.text == "镇长办公会")
    sheet = director.send(sheet, "/meetings/new", press=("_do", "body"), body_id=office)
    sheet = director.send(
        sheet, "/meetings/new", press=("_do", "check"), title="镇长办公会第一次会议", planned_at="2026-02-27T09:00",
        place="镇政府二楼会议室", chair_id=person("mayor"), recorder_id=person("recorder"),
        **{"items.0.title": "道路维修经费", "items.0.category": "LARGE_FUNDS",
           "items.0.leader_in_charge_id": person("justice"), "items.0.reporter_id": person("officer")},
    )  # fmt: skip
    assert "宋秉直" in sheet.words, "who is in charge of an item need be no member"
    assert "林小满" in sheet.words, "who reports is shown before anybody is told"
    assert "7 名组成人员会收到通知" in sheet.words
    assert hall.ask("director", "/meetings")["total"] == 0  # nothing is called before it was checked
    sheet = director.send(sheet, "/meetings/new", press=("_do", "call"))
    assert "道路维修经费" in sheet.words
    assert "已通知" in sheet.words
    meeting = Assembly(hall)
    meeting.id = sheet.address.rpartition("/")[2]

    hall.move_to(WHEN)
    recorder, mayor = enter("recorder", again=True), enter("mayor", again=True)
    deputies = {login: enter(login, again=True) for login in DEPUTIES}
    assert "会议尚未开始" in recorder.open(f"/meetings/{meeting.id}").words
    sheet = do(
        recorder, meeting, "open_meeting", present=[person(one) for one in ("mayor", *DEPUTIES)],
        **{f"absence.{person('deputy6')}": "病假"},
    )  # fmt: skip
    assert "7 / 6" in sheet.words
    do(recorder, meeting, "take_up_item")
    do(recorder, meeting, "report_item", text="汇报经费来源和用途。", reporter_id=person("officer"))

    for login in DEPUTIES:
        assert not has_form(room(mayor, meeting), "speak"), "the principal must not be able to speak yet"
        stance, text = ("DISAGREE", OBJECTION) if login == "deputy1" else ("AGREE", "同意，请抓好落实。")
        do(deputies[login], meeting, "speak", stance=stance, text=text)
    assert OBJECTION in room(mayor, meeting).text
    do(mayor, meeting, "speak", stance="AGREE", text="综合大家意见，同意。")

    do(recorder, meeting, "open_vote", method="NAMED_BALLOT")
    for login, visitor in (*deputies.items(), ("mayor", mayor)):
        choice = "YES" if login in {"deputy5", "mayor"} else "NO"
        do(visitor, meeting, "cast", choice=choice)
        if login == "deputy1":
            seen = room(deputies["deputy2"], meeting).tree.xpath('//section[starts-with(@id, "vote-")]')[0]
            assert "反对" not in seen.text_content(), "who voted is shown, never what"
            assert "已表决" in seen.text_content()
    do(recorder, meeting, "close_vote")
    assert "2 票" in room(mayor, meeting).words

    mayor.send(mayor.open("/confirm"), "/confirm", word=hall.town.password)
    again = do(mayor, meeting, "decide", status=422, outcome="APPROVE", decision="同意拨付道路维修经费。")
    assert "没有办理成功" in again.words
    assert "同意拨付道路维修经费。" in again.text, "what was typed is kept"
    mayor.send(again, "/acts/decide", override_reasons="汛期临近，必须先行修复。")
    do(recorder, meeting, "close_meeting")

    do(recorder, meeting, "draw_up_minutes", page="/minutes")
    dissenters = [one for one in (*DEPUTIES, "mayor") if has_form(
        enter(one).open(f"/meetings/{meeting.id}/minutes"), "confirm_dissent")]  # fmt: skip
    assert "deputy1" in dissenters
    for login in dissenters:
        do(enter(login), meeting, "confirm_dissent", page="/minutes")
    do(recorder, meeting, "draw_up_minutes", page="/minutes")
    for login in (*DEPUTIES, "mayor"):
        visitor = enter(login)
        visitor.send(visitor.open("/confirm"), "/confirm", word=hall.town.password)
        do(visitor, meeting, "sign_minutes", page="/minutes")
    sheet = do(recorder, meeting, "settle_minutes", page="/minutes")
    assert "会议记录已办结" in sheet.words
    text = mayor.open(f"/meetings/{meeting.id}/minutes/record/1")
    assert OBJECTION in text.text
    word = mayor.client.get(f"/meetings/{meeting.id}/minutes/summary/1?format=docx", base_url=SITE)
    assert word.get_data()[:2] == b"PK"


# -- the guards --------------------------------------------------------------------------------------------


def test_the_principal_has_no_form_until_all_were_heard_and_a_forged_one_is_refused(
    hall: Stage, enter: Enter
) -> None:
    meeting = opened(hall)
    meeting.report()
    meeting.discuss(*DEPUTIES[:-1])
    mayor = enter("mayor")
    sheet = room(mayor, meeting)
    assert not has_form(sheet, "speak")
    assert "末位发言" in sheet.words
    token = sheet.tree.xpath('//input[@name="csrf_token"]/@value')[0]
    forged = {"csrf_token": token, "about": meeting.items[0], "stance": "AGREE", "text": "我先说。"}
    refused = mayor.post(f"/meetings/{meeting.id}/acts/speak", forged, status=422)
    assert "没有办理成功" in refused.words
    meeting.discuss(DEPUTIES[-1])
    assert has_form(room(mayor, meeting), "speak")


def test_below_quorum_an_item_cannot_be_taken_up_and_the_page_says_why(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall, "mayor", *DEPUTIES)
    recorder = enter("recorder")
    assert has_form(room(recorder, meeting), "take_up_item")
    for login in DEPUTIES:
        meeting.do(login, "depart", {})
    sheet = room(recorder, meeting)
    assert not has_form(sheet, "take_up_item")
    shut = sheet.tree.xpath('//button[@aria-disabled="true" and contains(., "开始审议")]')
    assert len(shut) == 1
    assert "未达法定人数" in sheet.tree.get_element_by_id(shut[0].get("aria-describedby")).text_content()


def test_nothing_happens_without_the_token_of_this_browser(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    meeting.report()
    said = {"about": meeting.items[0], "stance": "AGREE", "text": "同意。"}
    enter("deputy1").post(f"/meetings/{meeting.id}/acts/speak", said, status=403)
    assert meeting.item()["statements"] == []


def test_strangers_find_no_meeting_and_auditors_only_read(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    for page in ("", "/live", "/screen", "/minutes", f"/items/{meeting.items[0]}"):
        enter("farming").open(f"/meetings/{meeting.id}{page}", status=404)
    sheet = room(enter("auditor"), meeting)
    assert sheet.tree.xpath('//form[contains(@action, "/acts/")]') == []
    token = sheet.tree.xpath('//input[@name="csrf_token"]/@value')[0]
    enter("auditor").post(f"/meetings/{meeting.id}/acts/arrive", {"csrf_token": token}, status=403)


def test_what_is_said_stays_in_the_room_and_off_its_screen(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    meeting.report()
    meeting.discuss("deputy1", deputy1=("DISAGREE", OBJECTION))
    assert OBJECTION in room(enter("deputy2"), meeting).text
    for login in ("deputy6", "director", "auditor"):
        assert OBJECTION not in room(enter(login), meeting).text, login
    screen = enter("deputy2").open(f"/meetings/{meeting.id}/screen")
    assert OBJECTION not in screen.text
    assert "不同意" not in screen.words


def test_a_vote_asks_who_is_there_and_keeps_what_was_chosen(hall: Stage, enter: Enter) -> None:
    """Whoever signed in long ago proves to be there first; then the same form does it."""
    meeting = opened(hall)
    meeting.report()
    meeting.discuss(*DEPUTIES, "mayor")
    meeting.do("recorder", "open_vote", {"method": "NAMED_BALLOT"}, item=0)
    deputy = enter("deputy1", again=True)
    hall.later(11 * 60)
    form = room(deputy, meeting).form("/acts/cast").fields
    named = {"csrf_token": form["csrf_token"], "about": form["about"], "choice": "NO"}
    deputy.post(
        f"/meetings/{meeting.id}/acts/cast", named | {"person_id": hall.person("deputy1")}, status=403
    )
    refused = do(deputy, meeting, "cast", status=403, choice="NO")
    assert meeting.item()["votes"][0]["voted"] == []
    assert "在新窗口确认身份" in refused.words
    assert refused.tree.xpath('//input[@name="choice" and @value="NO"]/@checked')
    deputy.send(deputy.open("/confirm"), "/confirm", word=hall.town.password)
    deputy.send(refused, "/acts/cast")
    assert meeting.item()["votes"][0]["voted"] == [hall.person("deputy1")]


def test_who_reports_and_who_attends_say_it_themselves_and_others_have_no_form(
    hall: Stage, enter: Enter
) -> None:
    meeting = called(
        hall,
        {"title": "道路维修经费", "category": "LARGE_FUNDS", "reporter_id": hall.person("officer")},
    )
    hall.move_to(WHEN)
    guests = [
        {"name": "林小满", "position": "科员", "person_id": hall.person("officer")},
        {"name": "宋秉直", "position": "司法所所长", "person_id": hall.person("justice")},
    ]
    meeting.opens("mayor", *DEPUTIES, absent={"deputy6": "病假"}, guests=guests)
    officer, justice, deputy = enter("officer"), enter("justice"), enter("deputy1")
    assert not has_form(room(officer, meeting), "report_item"), "the item is not taken up"
    meeting.do("recorder", "take_up_item", item=0)
    assert not has_form(room(justice, meeting), "report_item"), "another was named to report"
    assert not has_form(room(deputy, meeting), "report_item")
    empty = do(officer, meeting, "report_item", status=422, text="")
    assert "没有办理成功" in empty.words
    officer.send(empty, "/acts/report_item", text="汇报经费来源和用途。")
    assert not has_form(room(officer, meeting), "report_item"), "it was reported"
    assert not has_form(room(deputy, meeting), "explain"), "a member takes a position instead"
    do(justice, meeting, "explain", kind="LEGAL_EXPLANATION", text="程序合法。")
    item = meeting.item()
    assert (item["report"], item["item"]["reporter_id"]) == ("汇报经费来源和用途。", hall.person("officer"))
    (said,) = item["statements"]
    assert (said["person_id"], said["text"], said["entered_by"]) == (
        hall.person("justice"),
        "程序合法。",
        None,
    )


def test_a_new_item_names_who_reports_and_a_guest_is_seen_out(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    do(
        enter("director", again=True), meeting, "add_item", title="信访事项", category="ORDINARY",
        leader_in_charge_id=hall.person("deputy2"), reporter_id=hall.person("officer"), reason="来访群众较多。",
        emergency_reason="当日须答复。",
        approved_by=hall.person("mayor"),
    )  # fmt: skip
    added = meeting.see("recorder")["items"][1]["item"]
    assert (added["leader_in_charge_id"], added["reporter_id"]) == (
        hall.person("deputy2"),
        hall.person("officer"),
    )
    recorder = enter("recorder", again=True)
    do(recorder, meeting, "admit", name="方立行", position="党政办公室主任", kind="ATTENDEE")
    assert has_form(room(recorder, meeting), "dismiss")
    assert not has_form(room(enter("deputy1"), meeting), "dismiss")
    do(recorder, meeting, "dismiss")
    assert [
        one["left_at"] is None for one in meeting.see("recorder")["guests"] if one["name"] == "方立行"
    ] == [False]


def test_a_personnel_item_is_added_with_its_persons_row_by_row(hall: Stage, enter: Enter) -> None:
    meeting = Assembly(hall, PARTY_COMMITTEE)
    meeting.call(WHEN, {"title": "例行事项", "category": "ORDINARY"})
    director = enter("director")
    said = {"title": "干部任免", "category": "IMPORTANT_PERSONNEL", "reason": "岗位空缺。"}
    leader = {"approved_by": hall.person("party.secretary")}
    nobody = do(director, meeting, "add_item", status=422, **said, **leader)
    assert "人事议题须逐人列明" in nobody.words
    first = {
        "subjects.0.name": "周知远",
        "subjects.0.post": "公共服务办公室主任",
        "subjects.2.name": "许南乔",
    }
    half = director.send(nobody, "/acts/add_item", status=422, **first)  # the last one lacks the post
    assert len(meeting.see("director")["items"]) == 1
    assert half.tree.xpath('//input[@name="subjects.0.name"]/@value') == ["周知远"], "what was typed is kept"
    director.send(half, "/acts/add_item", **{"subjects.2.post": "档案室主任"})
    with hall.house.reading() as session:
        kept = session.execute(select(Candidate.seq, Candidate.name, Candidate.post).order_by(Candidate.seq))
        assert [tuple(one) for one in kept] == [
            (1, "周知远", "公共服务办公室主任"),
            (2, "许南乔", "档案室主任"),
        ]


def test_an_item_added_too_late_states_the_exception_whole(hall: Stage, enter: Enter) -> None:
    meeting = called(hall)
    hall.move_to("2026-02-26 16:00")
    director = enter("director", again=True)
    said = {
        "title": "防汛物资",
        "category": "ORDINARY",
        "reason": "汛情。",
        "approved_by": hall.person("mayor"),
    }
    late = do(director, meeting, "add_item", status=422, **said)
    assert "R-MTG-12" in late.words
    half = director.send(late, "/acts/add_item", status=422, exception_rule="R-MTG-12")
    assert len(meeting.see("director")["items"]) == 1
    whole = {"exception_reason": "今晨接到预警。", "exception_approver": hall.person("mayor")}
    director.send(half, "/acts/add_item", **whole)
    assert [one["item"]["title"] for one in meeting.see("director")["items"]][1:] == ["防汛物资"]
    with hall.house.reading() as session:
        used = [one for one in session.scalars(select(Record.exceptions)) if one]
    assert used == [[["R-MTG-12", "今晨接到预警。", hall.person("mayor")]]]


def test_the_recorder_names_who_approved_a_recusal(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    meeting.report()
    said = {"ground": "OTHER", "initiated_by": "ORGAN", "explanation": "其弟承包该工程。"}
    alone = do(enter("recorder"), meeting, "recuse", status=422, person_id=hall.person("deputy1"), **said)
    assert "须经主持人或者主要负责人批准" in alone.words
    assert meeting.item()["recusals"] == []
    enter("recorder").send(alone, "/acts/recuse", approved_by=hall.person("mayor"))
    assert [one["person_id"] for one in meeting.item()["recusals"]] == [hall.person("deputy1")]


def test_the_chair_hands_the_record_to_another_on_the_page(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    mayor = enter("mayor")
    assert not has_form(room(mayor, meeting), "change_recorder"), "there is nobody else"
    assert "没有其他可以担任记录人的人员" in room(mayor, meeting).words
    post = {"organ_id": hall.town.organ_id, "title": "会议记录员"}
    hall.say(
        "admin1",
        f"/people/{hall.person('finance')}/posts",
        post | {"roles": ["recorder"], "since": "2026-01-01"},
    )
    assert not has_form(room(enter("deputy1"), meeting), "change_recorder")
    empty = do(mayor, meeting, "change_recorder", status=422, recorder_id=hall.person("finance"))
    assert meeting.see("mayor")["recorder"] == "陈书言"
    mayor.send(empty, "/acts/change_recorder", reason="原记录人突发疾病。")
    assert meeting.see("mayor")["recorder"] != "陈书言"
    enter("recorder").open(f"/meetings/{meeting.id}", status=404)  # the room is no longer theirs
    assert has_form(room(enter("finance"), meeting), "take_up_item")


def test_a_poll_says_nothing_until_something_happens(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    deputy = enter("deputy2")
    ask = room(deputy, meeting).tree.get_element_by_id("live").get("hx-get")
    answer = deputy.client.get(ask, base_url=SITE)
    assert (answer.status_code, answer.get_data()) == (204, b"")
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert deputy.client.get(f"/meetings/{meeting.id}/live", base_url=SITE, headers=etag).status_code == 304
    meeting.report()
    assert "汇报草案主要内容" in deputy.open(ask).text


def test_a_secret_ballot_takes_no_mark(hall: Stage, enter: Enter, house: House) -> None:
    """The form carries no key, a forged one is refused, and no trace of the request is kept."""
    meeting = Assembly(hall, PARTY_COMMITTEE)
    subject = {"name": "周知远", "post": "公共服务办公室主任"}
    meeting.call(WHEN, {"title": "干部任免", "category": "IMPORTANT_PERSONNEL", "subjects": [subject]})
    hall.move_to(WHEN)
    meeting.opens(*meeting.members)
    meeting.report()
    meeting.discuss(*meeting.members[1:], meeting.members[0])
    meeting.do("recorder", "open_vote", {"method": "SECRET_BALLOT"}, item=0)
    member = enter("deputy1")
    sheet = room(member, meeting)
    form = sheet.form("/acts/cast")
    assert form.xpath('.//input[@name="_key"]') == []
    values = {"csrf_token": form.fields["csrf_token"], "about": form.fields["about"], "choice": "NO"}
    member.post(f"/meetings/{meeting.id}/acts/cast", values | {"_key": "a" * 32}, status=403)
    with house.reading() as session:
        before = session.scalars(select(FinishedRequest.key)).all()
    member.post(f"/meetings/{meeting.id}/acts/cast", values)
    with house.reading() as session:
        assert session.scalars(select(FinishedRequest.key)).all() == before
    assert not has_form(room(member, meeting), "cast")


@pytest.mark.parametrize("many", [1, 20], ids=["one item", "many items"])
def test_a_page_of_a_meeting_costs_a_bounded_number_of_statements(
    hall: Stage, enter: Enter, house: House, many: int
) -> None:
    meeting = called(hall, *({"title": f"议题{one}", "category": "ORDINARY"} for one in range(many)))
    deputy = enter("deputy1")
    seen = room(deputy, meeting).tree.get_element_by_id("live").get("hx-get")
    pages = {page: f"/meetings/{meeting.id}{page}" for page in MOST} | {"/live": seen, "list": "/meetings"}
    costs = {}
    for page, address in pages.items():
        with counted(house) as sent:
            deputy.client.get(address, base_url=SITE)
        costs[page] = len(sent)
    assert {page: cost for page, cost in costs.items() if cost > MOST[page]} == {}, costs


def test_lists_and_statistics_show_what_there_is(hall: Stage, enter: Enter) -> None:
    meeting = called(hall)
    director = enter("director")
    assert "道路维修经费" not in director.open("/meetings").words
    assert f"/meetings/{meeting.id}" in director.open("/meetings").links()
    assert "召开会议 0" in director.open("/meetings/statistics").words
    enter("farming").open("/meetings/new", status=404)
    case = hall.open_case("secretary", "养老服务中心布局方案")
    assert "尚未列入会议议程" in enter("secretary").open(f"/cases/{hall.case_id}/meetings").words, case


# -- when another was faster -------------------------------------------------------------------------------


def compared(sheet) -> str:
    found = sheet.tree.xpath('//section[@id="compare"]')
    return found[0].text_content() if found else ""


def test_a_decision_on_a_stale_page_shows_both_and_can_be_sent_again(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    meeting.report()
    meeting.discuss(*DEPUTIES, "mayor")
    meeting.votes(*DEPUTIES, "mayor")
    mayor = enter("mayor", again=True)
    sheet = room(mayor, meeting)
    [seen] = {one.get("value") for one in sheet.tree.xpath('//input[@name="seen"]')}
    meeting.do("deputy1", "add", {"text": "请注意汛期。"}, item=0)
    words = {"outcome": "APPROVE", "decision": "同意拨付。", "seen": seen}
    form = sheet.form("/acts/decide").fields
    sent = {name: form[name] for name in ("csrf_token", "about", "back")} | words
    refused = mayor.post(f"/meetings/{meeting.id}/acts/decide", sent, status=409)
    assert "同意拨付。" in compared(refused)
    assert "1 项新的办理" in compared(refused)
    assert "请注意汛期。" in refused.text, "what came in between is on the page"
    assert meeting.item()["item"]["outcome"] is None
    assert refused.form("/acts/decide").fields["decision"] == "同意拨付。"
    now = refused.tree.xpath('//input[@name="seen"]/@value')[0]
    assert int(now) == int(seen) + 1
    mayor.post(f"/meetings/{meeting.id}/acts/decide", sent | {"seen": now})
    assert meeting.item()["item"]["outcome"] == "APPROVE"


def test_a_statement_that_came_too_late_is_kept_beside_the_one_that_stands(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    meeting.report()
    deputy = enter("deputy1", again=True)
    sheet = room(deputy, meeting)
    assert not sheet.tree.xpath('//input[@name="seen"]'), (
        "members speak side by side: no page of theirs is stale"
    )
    written = {"stance": "AGREE", "text": "代录的话。", "person_id": hall.person("deputy1")}
    meeting.post("recorder", meeting.at("/statements"), written)
    refused = deputy.send(sheet, "/acts/speak", status=422, stance="DISAGREE", text=OBJECTION)
    both = compared(refused)
    assert OBJECTION in both
    assert "代录的话。" in both
    assert "作为补充发言提交" in both
    other = deputy.send(refused, "/acts/add", status=422, text=" ")
    assert compared(other) == "", "where the form itself says what is wrong, nothing is compared"


def test_an_item_is_brought_back_and_an_exception_recorded_through_the_pages(
    hall: Stage, enter: Enter
) -> None:
    earlier = opened(hall)
    put_off = {"put_off": [{"item_id": earlier.items[0], "reason": "材料不全"}]}
    earlier.post("recorder", f"/meetings/{earlier.id}/closing", put_off)
    director = enter("director", again=True)
    sheet = director.open("/meetings/new")
    typed = {
        "body_id": earlier.body_id, "title": "紧急会议", "planned_at": "2026-02-27T16:00", "place": "二楼会议室",
        "chair_id": hall.person("mayor"), "recorder_id": hall.person("recorder"), "items.0.title": "道路维修经费",
        "items.0.category": "LARGE_FUNDS", "items.0.previous_id": earlier.items[0],
    }  # fmt: skip
    sheet = director.send(sheet, "/meetings/new", press=("_do", "body"), body_id=earlier.body_id)
    sheet = director.send(sheet, "/meetings/new", press=("_add", "items.0.exceptions"), **typed)
    claimed = {"items.0.exceptions.0.rule": "R-MTG-12", "items.0.exceptions.0.reason": "汛情紧急。"}
    wrong = director.send(sheet, "/meetings/new", press=("_do", "check"), status=422, **claimed)
    assert "汛情紧急。" in wrong.text
    claimed["items.0.exceptions.0.approver"] = hall.person("mayor")
    check = director.send(wrong, "/meetings/new", press=("_do", "check"), **claimed)
    assert "再次讨论：道路维修经费" in check.words
    assert "汛情紧急。" in check.words
    director.send(check, "/meetings/new", press=("_do", "call"))
    [called_] = [one for one in hall.ask("director", "/meetings")["items"] if one["title"] == "紧急会议"]
    [item] = hall.ask("director", f"/meetings/{called_['id']}")["items"]
    assert item["item"]["previous_id"] == earlier.items[0]
    exceptions = hall.ask("auditor", f"/organs/{hall.town.organ_id}/exceptions")["items"]
    assert [one["rule"] for one in exceptions] == ["R-MTG-12"]
    assert earlier.items[0] not in director.open("/meetings/new").text, "an item is brought back once"


def test_an_item_that_cannot_go_on_is_broken_off_on_the_page_and_only_then(hall: Stage, enter: Enter) -> None:
    meeting = opened(hall)
    meeting.do("recorder", "take_up_item", {}, item=0)
    recorder = enter("recorder")
    assert not has_form(room(recorder, meeting), "break_off_item")
    meeting.do("mayor", "depart", {})
    assert not has_form(room(enter("deputy1"), meeting), "break_off_item")
    words = {"reason": "区长有紧急公务，无法主持决定。", "approved_by": hall.person("mayor")}
    unchecked = do(recorder, meeting, "break_off_item", status=422, **words)
    assert words["reason"] in unchecked.text
    after = recorder.send(unchecked, "/acts/break_off_item", checked="true")
    assert "已中止讨论" in after.words
    assert meeting.item()["item"]["state"] == "BROKEN_OFF"
    meeting.post("recorder", f"/meetings/{meeting.id}/closing", {})
    minutes = meeting.do("recorder", "draw_up_minutes", {})
    assert minutes is not None
