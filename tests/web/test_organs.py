"""Organs, units and deciding bodies as administrators add them; messages read one by one and all at once."""

from __future__ import annotations

from sqlalchemy import select

from decision_engine.demo import Town
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import TOWN
from decision_engine.models import Body, BodyMember, Event, Organ, Person, Post, Preference, Unit
from decision_engine.work import House
from tests.web.conftest import Enter


def test_a_unit_is_added_where_one_manages(enter: Enter, house: House, town: Town) -> None:
    admin = enter("admin1")
    action = f"/organs/{town.organ_id}/units"
    assert "此项为必填" in admin.send(admin.open("/admin/organs"), action, name=" ", status=422).words
    assert "应急管理办公室" in admin.send(admin.open("/admin/organs"), action, name="应急管理办公室").words
    token = admin.open("/admin/organs").tree.xpath("//input[@name='csrf_token']/@value")[0]
    said = {"csrf_token": token, "name": "外来单位"}
    admin.post(f"/admin/organs/{town.district_id}/units", said, status=403)
    with house.reading() as session:
        assert session.scalar(select(Unit).where(Unit.name == "外来单位")) is None


def test_who_manages_nobody_sees_organs_and_changes_none(enter: Enter, house: House, town: Town) -> None:
    secretary = enter("secretary")
    page = secretary.open("/admin/organs")
    assert "青禾镇" in page.words
    assert not [form for form in page.tree.forms if "/admin/" in (form.get("action") or "")]
    token = page.tree.xpath("//input[@name='csrf_token']/@value")[0]
    said = {
        "csrf_token": token, "name": "自立门户", "kind": "town", "overlays": "national", "since": "2026-01-01",
        "administrator_id": town.persons["secretary"],
    }  # fmt: skip
    secretary.post("/admin/organs", said, status=403)
    secretary.open("/admin/bodies/new", status=403)
    with house.reading() as session:
        assert session.scalar(select(Organ).where(Organ.name == "自立门户")) is None


def test_an_organ_begins_with_its_first_administrator_and_gives_the_founder_nothing(
    enter: Enter, house: House, town: Town
) -> None:
    admin = enter("admin1")
    said = {"name": "白沙镇人民政府", "kind": "town", "administrator_id": town.persons["admin2"]}
    sheet = admin.open("/admin/organs")
    loose = admin.send(sheet, "/admin/organs", **said, overlays=["national", "town:qinghe"], status=422)
    assert "逐级相连" in loose.words
    taken = said | {"name": TOWN}
    assert "该机关已登记" in admin.send(sheet, "/admin/organs", **taken, status=422).words
    made = admin.send(sheet, "/admin/organs", **said, overlays=["district:linhe", "national"])
    assert "白沙镇人民政府" not in [one.text for one in made.tree.xpath("//h2")], "it is not the founder's"
    assert "白沙镇人民政府" in enter("admin2").open("/admin/organs").words
    with house.reading() as session:
        organ = session.scalars(select(Organ).where(Organ.name == "白沙镇人民政府")).one()
        posts = session.scalars(select(Post).where(Post.organ_id == organ.id)).all()
        kinds = list(session.scalars(select(Event.kind).where(Event.chain == "people").order_by(Event.seq)))
    assert organ.overlays == ["national", "district:linhe"]
    assert [(one.person_id, one.roles) for one in posts] == [(town.persons["admin2"], ["administrator"])]
    assert kinds[-2:] == ["organ.founded", "post.given"]


def test_nobody_unknown_to_the_founder_becomes_administrator(enter: Enter, town: Town) -> None:
    admin = enter("admin1")
    sheet = admin.open("/admin/organs")
    said = {"name": "白沙镇人民政府", "kind": "town", "since": "2026-01-01", "overlays": "national"}
    token = sheet.tree.xpath("//input[@name='csrf_token']/@value")[0]
    for person in (town.persons["district.justice"], "nobody"):
        told = admin.post(
            "/admin/organs", said | {"csrf_token": token, "administrator_id": person}, status=404
        )
        assert "没有此人" in told.words


def test_a_body_is_formed_by_ranks_with_one_who_leads(enter: Enter, house: House, town: Town) -> None:
    admin = enter("admin1")
    sheet = admin.open("/admin/bodies/new")
    mayor, deputy, party = (town.persons[one] for one in ("mayor", "deputy1", "party.secretary"))
    said = {"kind": "party_gov_joint", "name": "党政联席会议"}
    ranks = {f"rank-{party}": "1", f"rank-{mayor}": "2", f"rank-{deputy}": "3"}
    nobody_leads = admin.send(sheet, "/bodies/new", **said, **ranks, status=422)
    assert "须有且只有一名主要负责人" in nobody_leads.words
    assert nobody_leads.tree.xpath(f"//input[@name='rank-{mayor}']/@value") == ["2"], "what was typed stays"
    assert "排序须为" in admin.send(sheet, "/bodies/new", **said, **{f"rank-{mayor}": "x"}, status=422).words
    county = said | {"kind": "gov_executive_meeting"}
    assert (
        "第七十八条" in admin.send(sheet, "/bodies/new", **county, **ranks, principal=party, status=422).words
    )
    made = admin.send(sheet, "/bodies/new", **said, **ranks, principal=party)
    assert "党政联席会议" in made.words
    with house.reading() as session:
        body = session.scalars(select(Body).where(Body.name == "党政联席会议")).one()
        members = session.scalars(select(BodyMember).where(BodyMember.body_id == body.id)).all()
        assert {one.person_id: (one.rank, one.is_principal) for one in members} == {
            party: (1, True), mayor: (2, False), deputy: (3, False)
        }  # fmt: skip
        assert session.get_one(Person, party).name in made.words


def test_messages_are_read_one_by_one_and_all_at_once(
    stage: Stage, enter: Enter, house: House, town: Town
) -> None:
    secretary = enter("secretary")
    assert "没有消息" in secretary.open("/inbox").words
    stage.open_case("secretary", "供水方案")
    task = stage.waiting("secretary", "register_proposal")[0]["id"]
    stage.say("secretary", f"/tasks/{task}/claim", {})
    stage.say("director", f"/tasks/{task}/urgings", {"note": "请抓紧办理。"})
    for note in ("其一", "其二"):
        stage.say(
            "director",
            f"/cases/{stage.case_id}/copies",
            {"persons": [stage.person("secretary")], "note": note},
        )
    page = secretary.open("/inbox")
    assert "0 项待您回应，3 条未读" in page.words
    read = secretary.send(page, "/inbox/reading")
    assert "0 项待您回应，0 条未读" in read.words
    assert not [form for form in read.tree.forms if (form.get("action") or "").endswith("/inbox/reading")]
    assert "请抓紧办理。" in read.words, "what was read stays"
    events = stage.pages("auditor", f"/cases/{stage.case_id}/events")
    assert [one["kind"] for one in events].count("copy.read") == 2, "a receipt for each copy"
    with house.reading() as session:
        assert session.get_one(Preference, town.persons["secretary"]).inbox_seen_at is not None
