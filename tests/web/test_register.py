"""The register, the calendar and the law as administrators keep and read them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from babel.messages.extract import extract_from_file
from sqlalchemy import select

from decision_engine import calendar as days
from decision_engine import rules
from decision_engine.calendar import WorkCalendar, statutory_days
from decision_engine.clock import MovableClock
from decision_engine.demo import Town
from decision_engine.models import Account, Body, BodyMember, Delegation, Event, Incident, Person, Post
from decision_engine.rules.parameter import shipped
from decision_engine.web import almanac, lawbook, words
from decision_engine.work import House
from tests.api.test_statements import counted
from tests.web.conftest import Enter, Sheet, Visitor

WEB = words.CATALOGUES.parent
MINE = ("procedures.py", "almanac.py", "register.py", "accounts.py", "organs.py", "lawbook.py", "troubles.py")
TEMPLATES = (
    "definition*.html", "calendar*.html", "people.html", "person*.html", "account_opened.html", "delegations.html",
    "bod*.html", "organs.html", "parameters.html", "rule*.html", "incidents.html",
)  # fmt: skip
MOST_STATEMENTS = 20


def id_of(house: House, model: type, **wanted: str) -> str:
    with house.reading() as session:
        return str(session.scalars(select(model).filter_by(**wanted)).first().id)


def rows(sheet: Sheet) -> list[str]:
    """The rows of the tables of a page, as they are read."""
    return [" ".join(" ".join(one.itertext()).split()) for one in sheet.tree.xpath("//tbody/tr")]


def kinds_of(house: House, chain: str) -> list[str]:
    with house.reading() as session:
        return list(session.scalars(select(Event.kind).where(Event.chain == chain).order_by(Event.seq)))


# -- people ----------------------------------------------------------------------------------------------


def test_people_are_found_by_name_and_by_role_page_by_page(enter: Enter) -> None:
    visitor = enter("admin1")
    first = visitor.open("/admin/people")
    assert len(rows(first)) == 20
    second = visitor.open(first.tree.xpath("//a[@rel='next']/@href")[0])
    assert not set(rows(first)) & set(rows(second))
    assert [one.split()[0] for one in rows(visitor.open("/admin/people?q=宋"))] == ["宋秉直"]
    assert {one.split()[0] for one in rows(visitor.open("/admin/people?role=legal_officer"))} == {
        "宋秉直",
        "穆清言",
    }
    assert rows(visitor.open("/admin/people?q=无此人")) == []


def test_a_newcomer_gets_a_post_an_account_and_loses_both(
    enter: Enter, house: House, stranger: Visitor
) -> None:
    visitor = enter("admin1")
    made = visitor.send(visitor.open("/admin/people/new"), "/people/new", name="新来者")
    asked = visitor.send(made, "/posts", status=422)
    assert "请至少选择一个角色" in asked.words
    held = visitor.send(made, "/posts", title="司法所科员", roles=["legal_officer"])
    assert "在任" in rows(held)[0]
    opened = visitor.send(held, "/accounts", login="newcomer")
    password = opened.tree.xpath("string(//*[@id='password'])")
    assert password
    assert password not in visitor.open(made.address).text, "the first password is shown once"
    first = stranger.send(stranger.open("/login"), "/login", login="newcomer", password=password)
    assert first.address.startswith("/login/password"), "a password of one's own comes first"
    inside = stranger.send(first, "/password", password="a word of my own", again="a word of my own")
    assert "新来者" in inside.words
    closed = visitor.send(visitor.open(made.address), "/closure")
    assert "已停用" in closed.words
    assert stranger.open("/").address.startswith("/login")
    post = id_of(house, Post, person_id=made.address.rpartition("/")[2])
    ended = visitor.send(visitor.open(made.address), f"/posts/{post}/end", until="2031-12-31")
    assert "2031年12月31日" in rows(ended)[0]
    assert kinds_of(house, "people")[-5:] == [
        "post.given", "account.opened", "account.password_chosen", "account.closed", "post.ended",
    ]  # fmt: skip


def test_an_auditor_gets_no_post_that_acts(enter: Enter, house: House) -> None:
    visitor = enter("admin1")
    auditor = id_of(house, Person, name="裴正言")
    page = visitor.open(f"/admin/people/{auditor}")
    refused = visitor.send(page, "/posts", title="兼任", roles=["secretary"], status=403)
    assert "审计（监督）岗位不得与办理岗位兼任" in refused.words
    assert refused.tree.xpath("//input[@name='title']/@value") == ["兼任"], "what was typed stays"


def test_a_post_cannot_end_before_it_began(enter: Enter, house: House) -> None:
    visitor = enter("admin1")
    person = id_of(house, Person, name="宋秉直")
    post = id_of(house, Post, person_id=person)
    page = visitor.open(f"/admin/people/{person}")
    assert "离任日期早于任职日期" in visitor.send(page, "/end", until="2020-01-01", status=422).words
    with house.reading() as session:
        assert session.get_one(Post, post).until is None


def test_who_keeps_no_register_reads_it_without_accounts(enter: Enter, house: House) -> None:
    person = id_of(house, Person, name="宋秉直")
    visitor = enter("secretary")
    page = visitor.open(f"/admin/people/{person}")
    assert "司法所所长" in page.words
    assert not [form for form in page.tree.forms if "/admin/" in (form.get("action") or "")]
    assert "justice" not in page.words
    visitor.open("/admin/people/new", status=403)
    token = visitor.open("/me/delegations").tree.xpath("//input[@name='csrf_token']/@value")[0]
    said = {"csrf_token": token, "title": "x", "roles": "principal", "since": "2026-01-01"}
    with house.reading() as session:
        organ = session.scalars(select(Post.organ_id).where(Post.person_id == person)).first()
    visitor.post(f"/admin/people/{person}/posts", said | {"organ_id": organ or ""}, status=403)
    with house.reading() as session:
        assert len(session.scalars(select(Post).where(Post.person_id == person)).all()) == 1


def test_strangers_to_the_organ_are_not_found(enter: Enter, house: House) -> None:
    enter("admin1").open(f"/admin/people/{id_of(house, Person, name='乔审之')}", status=404)
    account = id_of(house, Account, login="district.justice")
    visitor = enter("admin1")
    mine = visitor.open(f"/admin/people/{id_of(house, Person, name='宋秉直')}")
    token = mine.tree.xpath("//input[@name='csrf_token']/@value")[0]
    visitor.post(f"{mine.address}/accounts/{account}/closure", {"csrf_token": token}, status=404)
    with house.reading() as session:
        assert session.get_one(Account, account).closed_at is None


# -- delegations -----------------------------------------------------------------------------------------


def test_one_lets_a_colleague_act_and_ends_it(enter: Enter, house: House, clock: MovableClock) -> None:
    visitor = enter("secretary")
    to, today = id_of(house, Person, name="方立行"), clock.now().date()
    page = visitor.open("/me/delegations")
    asked = visitor.send(
        page, "/delegations", to=to, since=f"{today}", until=f"{today}", reason="", status=422
    )
    assert "此项为必填" in asked.words
    wrong = visitor.send(
        asked, "/delegations", until=f"{today - timedelta(days=1)}", reason="外出培训", status=422
    )
    assert "结束日期早于开始日期" in wrong.words
    done = visitor.send(wrong, "/delegations", until=f"{today + timedelta(days=3)}")
    assert "生效中" in rows(done)[0]
    assert "外出培训" in rows(enter("director").open("/me/delegations"))[0]
    assert not enter("director").open("/me/delegations").tree.xpath("//form[contains(@action, 'revocation')]")
    ended = visitor.send(done, "/revocation")
    assert "已撤销" in rows(ended)[0]
    with house.reading() as session:
        assert session.scalars(select(Delegation)).one().revoked_at is not None


def test_an_auditor_delegates_nothing_and_sees_why(enter: Enter) -> None:
    page = enter("auditor").open("/me/delegations")
    assert "审计（监督）岗位不得委托他人" in page.words
    assert not page.tree.xpath("//select[@name='to']")


# -- deciding bodies ---------------------------------------------------------------------------------------


def body(house: House, kind: str = "mayor_office_meeting") -> str:
    return id_of(house, Body, kind=kind)


def test_a_body_shows_each_rule_with_its_source_and_the_locked_ones_locked(
    enter: Enter, house: House
) -> None:
    page = enter("secretary").open(f"/admin/bodies/{body(house)}")
    last = next(one for one in rows(page) if one.startswith("主要负责人末位发言"))
    assert "国务院令第713号第三十条" in last
    assert "不得更改" in last
    quorum = next(one for one in rows(page) if one.startswith("一般议题法定人数"))
    assert "1/2" in quorum
    assert "只可更大" in quorum
    assert not page.tree.xpath("//form[contains(@action, '/rules')]")


def test_rules_of_procedure_only_get_stricter(enter: Enter, house: House) -> None:
    visitor = enter("admin1")
    page = visitor.open(f"/admin/bodies/{body(house)}")
    offered = page.tree.xpath("//select[@name='name']/option/@value")
    assert "quorum_ordinary" in offered
    assert "principal_last" not in offered
    said = {"name": "quorum_ordinary", "source": "本镇议事规则第六条"}
    laxer = visitor.send(page, "/rules", **said, value="1/3", status=422)
    assert "只能从严规定" in laxer.words
    done = visitor.send(page, "/rules", **said, value="2/3")
    quorum = next(one for one in rows(done) if one.startswith("一般议题法定人数"))
    assert "2/3" in quorum
    assert "法定：1/2" in quorum
    assert "本镇议事规则第六条" in quorum
    token = page.tree.xpath("//input[@name='csrf_token']/@value")[0]
    locked = {"csrf_token": token, "name": "principal_last", "value": "false", "source": "x"}
    assert "由法定，不得另行规定" in visitor.post(f"{page.address}/rules", locked, status=422).words


def test_members_change_from_a_day_on_and_one_leads(enter: Enter, house: House, clock: MovableClock) -> None:
    visitor, body_id = enter("admin1"), body(house)
    page = visitor.open(f"/admin/bodies/{body_id}")
    old, new = id_of(house, Person, name="江远舟"), id_of(house, Person, name="梁知秋")
    since = clock.now().date() + timedelta(days=7)
    nobody = visitor.send(page, "/members", leaving_id=old, joining_id=new, since=f"{since}", status=422)
    assert "须有且只有一名主要负责人" in nobody.words
    done = visitor.send(
        page, "/members", leaving_id=old, joining_id=new, since=f"{since}", is_principal="yes"
    )
    assert "尚未到任" in done.words
    with house.reading() as session:
        seats = session.scalars(select(BodyMember).where(BodyMember.body_id == body_id))
        leads = {one.person_id: (one.since, one.until) for one in seats if one.is_principal}
    assert leads[old][1] == since - timedelta(days=1)
    assert leads[new] == (since, None)


# -- the calendar ------------------------------------------------------------------------------------------


def test_the_months_say_what_the_calendar_says() -> None:
    calendar = WorkCalendar.standard()
    year = 2025
    months = almanac.months_of(calendar, year, date(2025, 6, 1))
    cells = {one.day: one for month in months for week in month.weeks for one in week if one is not None}
    assert len(cells) == 365
    assert {day: one.kind in {"work", "swapped"} for day, one in cells.items()} == {
        day: calendar.is_working_day(day) for day in cells
    }
    assert [day for day, one in cells.items() if one.today] == [date(2025, 6, 1)]
    assert cells[date(2025, 1, 26)].kind == "swapped"
    assert cells[date(2025, 10, 1)].kind == "holiday"
    assert cells[date(2025, 10, 11)].kind == "swapped"


def test_beyond_the_horizon_nothing_is_claimed() -> None:
    calendar = WorkCalendar.standard()
    after = almanac.months_of(calendar, calendar.horizon.year + 1, calendar.horizon)
    assert {one.kind for month in after for week in month.weeks for one in week if one} == {"unknown"}
    assert sum(month.working for month in after) == 0


def test_the_page_warns_before_the_calendar_runs_out(enter: Enter, clock: MovableClock) -> None:
    assert "日历快要用完" not in enter("admin1").open("/admin/calendar").words
    horizon = WorkCalendar.standard().horizon
    clock.move_to(days.start_of_day(horizon - timedelta(days=10)))
    assert "日历快要用完" in enter("admin1", again=True).open("/admin/calendar").words


def test_a_notice_counts_when_a_second_person_approved_it(enter: Enter, house: House) -> None:
    year = WorkCalendar.standard().horizon.year + 1
    visitor = enter("admin1")
    page = visitor.open("/admin/calendar/notices/new")
    asked = visitor.send(page, "/notices/new", document_no="国办发明电〔2026〕9号", status=422)
    assert "请至少填写一天" in asked.words
    off = sorted(statutory_days(year))
    more = page
    while len(more.tree.xpath("//input[@name='day']")) < len(off):
        blank = len(more.tree.xpath("//input[@name='day']"))
        more = visitor.send(
            more, "/notices/new", press=("more", "yes"), day=[f"{one}" for one in off[:blank]]
        )
    fields = {"document_no": "国办发明电〔2026〕9号", "issued_on": f"{year - 1}-11-01", "year": f"{year}"}
    short = visitor.send(more, "/notices/new", **fields, day=[f"{one}" for one in off[1:]], status=422)
    assert f"{off[0]} 是法定节假日" in short.words
    made = visitor.send(more, "/notices/new", **fields, day=[f"{one}" for one in off])
    assert "待第二人批准" in made.words
    assert "录入人不能批准" in made.words
    assert "尚未公布" in enter("justice").open(f"/admin/calendar?year={year}").words
    token = made.tree.xpath("//input[@name='csrf_token']/@value")[0]
    visitor.post(f"{made.address}/approval", {"csrf_token": token, "compared": "yes"}, status=403)
    second = enter("justice").open(made.address)
    assert "请先对照通知原文核对" in enter("justice").send(second, "/approval", status=422).words
    done = enter("justice").send(second, "/approval", compared="yes")
    assert f"已公布到{year}年12月28日" in done.words
    assert kinds_of(house, "calendar") == ["calendar.proposed", "act.refused", "calendar.approved"]


@pytest.mark.parametrize("year", ["9999", "x", "0001", "２０２６", "-1"])
def test_any_year_in_the_address_is_answered(enter: Enter, year: str) -> None:
    enter("admin1").open(f"/admin/calendar?year={year}")


# -- the law -----------------------------------------------------------------------------------------------


def test_every_parameter_is_listed_once_with_value_and_source(enter: Enter) -> None:
    visitor = enter("lawyer")
    page = visitor.open("/admin/parameters")
    groups = page.tree.xpath("//select[@name='group']/option/@value")
    names = [
        name
        for group in groups
        for name in visitor.open(f"/admin/parameters?group={group}").tree.xpath(
            "//tbody//*[@class='sub mono']/text()"
        )
    ]
    assert sorted(names) == sorted(shipped().by_name)
    period = next(one for one in rows(page) if "public_comment_days" in one)
    for words_of in ("30 日", "全国", "国务院令第713号第十五条", "2019年9月1日", "只可更大"):
        assert words_of in period
    assert len(rows(visitor.open("/admin/parameters?q=public_comment_days"))) == 1


def test_rules_are_narrowed_by_law_step_place_and_word(enter: Enter) -> None:
    visitor = enter("lawyer")
    declared = rules.declared()
    assert len(rows(visitor.open("/admin/rules"))) == len(declared)
    law = "公务员法"
    assert len(rows(visitor.open(f"/admin/rules?law={law}"))) == sum(one.law.name == law for one in declared)
    gated = rows(visitor.open("/admin/rules?gate=confirm_agenda"))
    assert len(gated) == sum("confirm_agenda" in one.gates for one in declared)
    proved = rows(visitor.open("/admin/rules?place=PROVER"))
    assert proved
    assert all("流程图证明" in one for one in proved)
    assert any("R-713-26-3" in one for one in rows(visitor.open("/admin/rules?q=R-713-26-3")))
    assert rows(visitor.open("/admin/rules?law=none")) == []


def test_a_rule_has_a_page_with_its_citation_and_what_shows_it(enter: Enter) -> None:
    page = enter("lawyer").open("/admin/rules/R-713-26-3")
    row = next(one for one in lawbook.table() if one.rule.id == "R-713-26-3")
    assert "国务院令第713号第二十六条" in page.words
    assert "可依法例外" in page.words
    tiles = ["".join(one.itertext()).strip() for one in page.tree.xpath("//*[@class='tile__value']")]
    assert [int(re.match(r"\d+", one)[0]) for one in tiles] == [
        row.fires,
        row.met,
        row.undecided,
        len(row.tests),
    ]
    assert row.fires > 0
    enter("lawyer").open("/admin/rules/R-0-0", status=404)


def test_every_rule_has_a_page_that_opens(enter: Enter) -> None:
    for one in rules.declared()[::24]:
        assert one.id in enter("lawyer").open(f"/admin/rules/{one.id}").words


# -- incidents ---------------------------------------------------------------------------------------------


def test_incidents_are_for_administrators_and_auditors(enter: Enter, house: House) -> None:
    with house.writing() as session, session.begin():
        session.add(Incident(kind="job.failed", at=house.clock.now(), detail={"job": "<b>7</b>"}))
    for login in ("admin1", "auditor"):
        page = enter(login).open("/admin/incidents")
        assert "定时任务多次失败" in rows(page)[0]
        assert "<b>7</b>" not in page.text
        assert rows(enter(login).open("/admin/incidents?state=resolved")) == []
    enter("secretary").open("/admin/incidents", status=403)


# -- all of them -------------------------------------------------------------------------------------------


def test_pages_cost_a_bounded_number_of_statements(enter: Enter, house: House, town: Town) -> None:
    visitor = enter("admin1")
    person = town.persons["justice"]
    for path in (
        "/admin/people", f"/admin/people/{person}", "/admin/people/new", "/me/delegations", "/admin/bodies",
        f"/admin/bodies/{body(house)}", "/admin/calendar", "/admin/calendar/notices/new", "/admin/parameters",
        "/admin/rules", "/admin/incidents",
    ):  # fmt: skip
        with counted(house) as sent:
            visitor.open(path)
        assert len(sent) <= MOST_STATEMENTS, (path, len(sent))


def test_the_menu_leads_to_what_one_may_open(enter: Enter) -> None:
    def menu(login: str) -> set[str]:
        return set(enter(login).open("/me").tree.xpath("//nav[@id='menu']//a/@href"))

    kept = {"/admin/people", "/admin/incidents", "/admin/calendar"}
    assert kept <= menu("admin1")
    assert not kept & menu("secretary")
    for path in menu("admin1") | menu("auditor"):
        if path.startswith("/admin"):
            enter("admin1").open(path)


def test_every_sentence_of_these_pages_has_its_english() -> None:
    known = words.english()
    missing = []
    for method, files in (
        ("python", [WEB / name for name in MINE]),
        ("jinja2", [path for one in TEMPLATES for path in (WEB / "templates").glob(one)]),
    ):
        for path in files:
            for _line, sentence, _comments, _context in extract_from_file(
                method, path, keywords={"_": None, "gettext": None}
            ):
                if sentence.strip() and known.gettext(sentence) == sentence:
                    missing.append((path.name, sentence))
    assert missing == []
    assert known.gettext("没有这句话") == "没有这句话"  # the control: what is not there is said unchanged
