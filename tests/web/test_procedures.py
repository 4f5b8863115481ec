"""Procedures as administrators see them: proved with counter-examples drawn, proposed by one, approved by another."""

from __future__ import annotations

import base64
import json
import zlib
from io import BytesIO

import pytest
from lxml import html
from sqlalchemy import select, update

from decision_engine.demo import shipped_diagrams
from decision_engine.models import Case, Definition, DefinitionFile, Event
from decision_engine.queries import verdicts
from decision_engine.queries.verdicts import Verdict
from decision_engine.web import drawing, procedures
from decision_engine.work import House
from tests.api.test_statements import counted
from tests.conftest import tampering
from tests.web.conftest import Enter, Sheet, Visitor

PROVE, LOOK = ("way", "prove"), ("way", "look")
MEETING = "collective_meeting.bpmn"
FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:x"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">
<process id="leave" name="请假审批" isExecutable="true"><startEvent id="s"/>
<scriptTask id="t" name="自动计算"><script>import os</script></scriptTask><endEvent id="e"/>
<sequenceFlow id="a" sourceRef="s" targetRef="t"/><sequenceFlow id="b" sourceRef="t" targetRef="e"/></process>
<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="leave">
<bpmndi:BPMNShape id="s_di" bpmnElement="s"><dc:Bounds x="10" y="20" width="36" height="36"/></bpmndi:BPMNShape>
<bpmndi:BPMNShape id="t_di" bpmnElement="t"><dc:Bounds x="90" y="10" width="100" height="60"/></bpmndi:BPMNShape>
</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"""


def changed(*swaps: tuple[str, str]) -> dict[str, bytes]:
    """The shipped procedure with some text changed; each change must be made."""
    files = {name: data.decode() for name, data in shipped_diagrams().items()}
    for old, new in swaps:
        assert any(old in text for text in files.values()), old
        files = {name: text.replace(old, new) for name, text in files.items()}
    return {name: text.encode() for name, text in files.items()}


@pytest.fixture(scope="module")
def unlawful() -> dict[str, bytes]:
    """The shipped procedure, but a draft reviewed as unlawful goes to the meeting."""
    return changed(
        ("in ('LEGAL', 'EXPLORATORY_RISK_STATED')", "in ('LEGAL', 'ILLEGAL', 'EXPLORATORY_RISK_STATED')"),
        ("in ('ILLEGAL', 'NO_AUTHORITY')", "== 'NO_AUTHORITY'"),
    )


@pytest.fixture(scope="module")
def newer() -> dict[str, bytes]:
    """The shipped procedure, lawful, in other bytes."""
    return changed(("</bpmn:definitions>", "<!-- 2 --></bpmn:definitions>"))


@pytest.fixture(scope="module")
def meeting() -> dict[str, bytes]:
    """A small procedure that claims no statute."""
    return {MEETING: shipped_diagrams()[MEETING]}


def offer(
    visitor: Visitor, files: dict[str, bytes], way: tuple[str, str] = PROVE, *, status: int = 200
) -> Sheet:
    """Choose *files* on the page and send them."""
    chosen = [(BytesIO(data), name) for name, data in files.items()]
    sheet = visitor.open("/admin/definitions/new")
    return visitor.send(sheet, "/check", press=way, status=status, files=chosen)


def token_of(sheet: Sheet) -> str:
    return str(sheet.tree.xpath("//input[@name='csrf_token']/@value")[0])


def states(sheet: Sheet) -> dict[str, str]:
    """How each element of the drawn diagram is marked, to-do ones left out."""
    marked = sheet.tree.xpath("//*[@data-element]")
    assert marked
    return {
        one.get("data-element"): one.get("data-state")
        for one in marked
        if one.get("data-state") != drawing.TODO
    }


def definitions_kept(house: House) -> list[Definition]:
    with house.writing() as session:
        return list(session.scalars(select(Definition)))


# -- what there is ---------------------------------------------------------------------------------------


def test_every_version_is_listed_with_its_state_and_the_cases_on_it(enter: Enter, house: House) -> None:
    secretary = enter("secretary")
    checking = secretary.send(secretary.open("/cases/new"), "/cases/new", title="关于停车收费的方案")
    secretary.send(checking, "/cases/new")
    page = enter("admin1").open("/admin/definitions")
    row = page.tree.xpath("//table//tr[.//a[contains(@href, '/admin/definitions/')]]")
    assert len(row) == 1
    told = " ".join(row[0].itertext()).split()
    assert "第1版" in told
    assert "现行版本" in told
    assert told[-1] == "1"


def test_a_version_shows_its_sheets_and_hands_out_the_very_files(enter: Enter, house: House) -> None:
    only = definitions_kept(house)[0]
    visitor = enter("auditor")
    page = visitor.open(f"/admin/definitions/{only.hash}")
    tabs = page.tree.xpath("//nav[@class='tabs']/a")
    assert len(tabs) == len(shipped_diagrams())
    other = visitor.open(next(one.get("href") for one in tabs if not one.get("aria-current")))
    assert {one.get("data-element") for one in other.tree.xpath("//*[@data-element]")} != {
        one.get("data-element") for one in page.tree.xpath("//*[@data-element]")
    }
    assert (
        visitor.open(f"/admin/definitions/{only.hash}/files/{MEETING}").answer.data
        == shipped_diagrams()[MEETING]
    )
    visitor.open(f"/admin/definitions/{only.hash}/files/other.bpmn", status=404)
    visitor.open(f"/admin/definitions/{'0' * 64}", status=404)


def test_pages_of_procedures_cost_few_statements(enter: Enter, house: House) -> None:
    only = definitions_kept(house)[0]
    visitor = enter("admin1")
    for path in ("/admin/definitions", f"/admin/definitions/{only.hash}", "/admin/definitions/new"):
        visitor.open(path)
        with counted(house) as sent:
            visitor.open(path)
        assert len(sent) <= 12, (path, sent)


# -- the proof, drawn --------------------------------------------------------------------------------------


def test_an_unlawful_procedure_is_shown_with_the_run_that_breaks_the_law(
    enter: Enter, house: House, unlawful: dict[str, bytes]
) -> None:
    before = len(definitions_kept(house))
    page = offer(enter("admin1"), unlawful)
    finding = verdicts.judge(unlawful).findings[0]
    assert finding.rule == "R-713-25-3"
    assert "国务院令第713号第二十五条" in page.words
    assert finding.message.zh in page.words
    steps = page.tree.xpath("//ol[@class='path']/li")
    assert len(steps) == len(finding.path)
    assert [one.get("class") for one in steps].count("is-fault") == 1
    marked = states(page)
    assert marked[finding.element or ""] == drawing.FAULT
    assert {one for one, state in marked.items() if state == drawing.DONE} <= set(finding.path)
    assert not page.tree.xpath("//form[contains(@action, '/admin/definitions/new')]")
    assert len(definitions_kept(house)) == before


def test_the_run_can_be_followed_on_every_sheet_it_passes(enter: Enter, unlawful: dict[str, bytes]) -> None:
    visitor = enter("admin1")
    page = offer(visitor, unlawful)
    finding = verdicts.judge(unlawful).findings[0]
    chooser = page.tree.xpath("//form[.//button[@name='sheet']]")[0]
    files = [one.get("value") for one in chooser.xpath(".//button")]
    assert files[0] == "major_decision.bpmn"
    packed = dict(chooser.form_values())
    walked: set[str] = set()
    for file in files:
        one = visitor.post("/admin/definitions/check", packed | {"sheet": file})
        walked |= set(states(one))
        assert one.tree.xpath("//*[@data-taken='taken']")
    assert walked == set(finding.path) | {finding.element}


def test_a_lawful_procedure_passes_and_only_then_can_be_proposed(
    enter: Enter, newer: dict[str, bytes]
) -> None:
    """The control of the test above: the same page says yes to what is lawful."""
    page = offer(enter("admin1"), newer)
    assert "任何走法都不违反法定程序" in page.words
    assert page.tree.xpath("//form[contains(@action, '/admin/definitions/new')]")
    assert not page.tree.xpath("//ol[@class='path']")


def test_what_was_not_proved_lawful_cannot_be_proposed_past_the_page(
    enter: Enter, house: House, unlawful: dict[str, bytes], meeting: dict[str, bytes]
) -> None:
    visitor = enter("admin1")
    page = offer(visitor, meeting)
    before = len(definitions_kept(house))
    refused = visitor.send(page, "/new", packed=procedures.pack(unlawful), status=422)
    assert "流程图不能部署" in refused.words
    assert len(definitions_kept(house)) == before


def test_files_that_cannot_be_read_say_so_one_by_one(enter: Enter, meeting: dict[str, bytes]) -> None:
    page = offer(enter("admin1"), meeting | {"letter.bpmn": b"Dear all"})
    rows = {
        row.xpath("string(th)"): row.xpath("string(td[1])").strip() for row in page.tree.xpath("//tbody/tr")
    }
    assert rows == {MEETING: "本文件未发现问题", "letter.bpmn": "无法读取"}


def test_a_foreign_diagram_is_drawn_and_never_offered(enter: Enter, house: House) -> None:
    visitor = enter("admin1")
    before = len(definitions_kept(house))
    files = {"leave.bpmn": FOREIGN.encode()}
    page = offer(visitor, files, LOOK)
    assert "仅供查看" in page.words
    assert "自动计算" in "".join(page.tree.xpath("//svg[@class='drawn']")[0].itertext())
    assert not page.tree.xpath("//form[contains(@action, '/admin/definitions/new')]")
    proved = visitor.send(page, "/check", press=PROVE)
    assert "图中不得含有程序代码" in proved.words
    assert not proved.tree.xpath("//form[contains(@action, '/admin/definitions/new')]")
    assert len(definitions_kept(house)) == before


def test_a_version_is_proved_again_by_the_rules_of_today(
    enter: Enter, house: House, unlawful: dict[str, bytes]
) -> None:
    only = definitions_kept(house)[0]
    visitor = enter("auditor")
    page = visitor.open(f"/admin/definitions/{only.hash}/proof")
    assert "任何走法都不违反法定程序" in page.words
    assert "存档文件与登记的内容一致" in page.words
    with tampering(house) as connection:
        connection.execute(
            update(DefinitionFile)
            .where(DefinitionFile.name == "major_decision.bpmn")
            .values(content=unlawful["major_decision.bpmn"])
        )
    found = visitor.open(f"/admin/definitions/{only.hash}/proof")
    assert "按现行规则不合法" in found.words
    assert drawing.FAULT in states(found).values()


# -- two persons -------------------------------------------------------------------------------------------


def proposed(enter: Enter, files: dict[str, bytes]) -> Sheet:
    """Let admin1 prove *files* and propose them; the page of the new version."""
    visitor = enter("admin1")
    return visitor.send(offer(visitor, files), "/new")


def test_one_proposes_another_approves_and_running_cases_stay(
    enter: Enter, house: House, newer: dict[str, bytes]
) -> None:
    secretary = enter("secretary")

    def open_case(title: str) -> str:
        checking = secretary.send(secretary.open("/cases/new"), "/cases/new", title=title)
        secretary.send(checking, "/cases/new")
        with house.writing() as session:
            return session.scalars(select(Case).where(Case.title == title)).one().definition_hash

    old = open_case("甲")
    page = proposed(enter, newer)
    assert "须由第二人批准" in page.words
    assert page.tree.xpath("//button[@aria-disabled='true']"), "who proposed sees why they cannot approve"
    assert open_case("乙") == old, "a version that waits changes nothing"
    checking = enter("admin2").open(f"{page.address}/decision?approve=yes")
    assert "办理中的 2 件事项仍按第1版办完" in checking.words
    done = enter("admin2").send(checking, "/decision", reason="同意")
    assert "现行版本" in done.words
    new = open_case("丙")
    assert new == verdicts.judge(newer).hash
    with house.writing() as session:
        kept = {one.title: one.definition_hash for one in session.scalars(select(Case))}
        kinds = session.scalars(select(Event.kind).where(Event.chain == "definitions")).all()
    assert kept == {"甲": old, "乙": old, "丙": new}
    assert kinds == ["definition.proposed", "definition.deployed"]


def test_nobody_approves_what_they_proposed(enter: Enter, house: House, meeting: dict[str, bytes]) -> None:
    page = proposed(enter, meeting)
    checking = enter("admin1").open(f"{page.address}/decision?approve=yes")
    refused = enter("admin1").send(checking, "/decision", status=403)
    assert "第二人" in refused.words
    assert [one.status for one in definitions_kept(house) if one.process == "collective_meeting"] == [
        "PROPOSED"
    ]


def test_a_refusal_needs_its_reason_and_ends_the_version(enter: Enter, meeting: dict[str, bytes]) -> None:
    page = proposed(enter, meeting)
    checking = enter("justice").open(f"{page.address}/decision?approve=no")
    asked = enter("justice").send(checking, "/decision", status=422)
    assert "请写明不批准的理由" in asked.words
    done = enter("justice").send(asked, "/decision", reason="名称有误")
    assert "未批准" in done.words
    enter("admin2").send(enter("admin2").open(f"{page.address}/decision"), "/decision", status=409)


def test_the_very_same_files_are_recognised(enter: Enter, meeting: dict[str, bytes]) -> None:
    proposed(enter, meeting)
    assert "不需要再次提交" in offer(enter("admin1"), meeting).words


def test_who_may_do_what(enter: Enter, meeting: dict[str, bytes]) -> None:
    enter("secretary").open("/admin/definitions")
    enter("secretary").open("/admin/definitions/new", status=403)
    page = offer(enter("justice"), meeting)
    assert "新版本由系统管理员提交" in page.words
    token = token_of(page)
    said = {"csrf_token": token, "packed": procedures.pack(meeting)}
    enter("justice").post("/admin/definitions/new", said, status=403)
    enter("admin1").post(
        "/admin/definitions/check", {"packed": procedures.pack(meeting)}, status=403
    )  # no token


# -- hostile input -----------------------------------------------------------------------------------------


def bomb() -> str:
    return base64.b64encode(zlib.compress(b"[" * 40_000_000, 9)).decode()


@pytest.mark.parametrize(
    "packed",
    [
        "x",
        "AAAA",
        base64.b64encode(zlib.compress(b"[]")).decode(),
        base64.b64encode(zlib.compress(b"[" * 100_000)).decode(),
        base64.b64encode(zlib.compress(json.dumps({"a": 1}).encode())).decode(),
        base64.b64encode(zlib.compress(b'{"a": "AAAA"}')[:-4]).decode(),
    ],
)
def test_damaged_parcels_are_refused(enter: Enter, meeting: dict[str, bytes], packed: str) -> None:
    visitor = enter("admin1")
    token = token_of(visitor.open("/admin/definitions/new"))
    visitor.post("/admin/definitions/check", {"csrf_token": token, "packed": packed}, status=422)


def test_a_parcel_that_swells_is_refused_before_it_does() -> None:
    with pytest.raises(procedures.InvalidAnswers):
        procedures.unpack(bomb())


def test_files_survive_the_parcel() -> None:
    files = {"甲.bpmn": bytes(range(256)), "b": b""}
    assert procedures.unpack(procedures.pack(files)) == files


def test_no_files_too_many_or_two_of_one_name_are_refused(enter: Enter) -> None:
    visitor = enter("admin1")
    token = token_of(visitor.open("/admin/definitions/new"))

    def send(*names: str) -> Sheet:
        files = [(BytesIO(b"<x/>"), name) for name in names]
        return visitor.post("/admin/definitions/check", {"csrf_token": token, "files": files}, status=422)

    assert "请选择至少一个流程文件" in send().words
    assert "同名" in send("a.bpmn", "a.bpmn").words
    assert "过多" in send(*(f"{number}.bpmn" for number in range(51))).words


def test_a_name_of_a_file_stays_text(enter: Enter) -> None:
    page = offer(enter("admin1"), {"<script>alert(1)<!--.bpmn": b"x"})
    assert "<script>alert(1)" not in page.text
    assert "<script>alert(1)<!--.bpmn" in html.fromstring(page.text).text_content()


# -- the way gone ------------------------------------------------------------------------------------------


def test_flows_gone_lead_from_the_last_station_before() -> None:
    flows = {"ab": ("a", "b"), "bc": ("b", "c"), "ac": ("a", "c"), "cb": ("c", "b")}
    verdict = Verdict({}, (), frozenset(), (), flows, None, None, "", None)
    assert verdict.walked(("a", "b", "c")) == {"ab", "bc"}
    assert verdict.walked(("a", "c", "b")) == {"ac", "cb"}
    assert verdict.walked(()) == frozenset()
