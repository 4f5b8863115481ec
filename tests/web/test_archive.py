"""Dossiers: what must be there and what is, the catalogue, and the whole set; closed to who has no business there."""

from __future__ import annotations

import hashlib
import io
import zipfile

from sqlalchemy import select

from decision_engine.demo.s1 import S1
from decision_engine.demo.stage import Stage
from decision_engine.language import Text
from decision_engine.models import AccessEntry
from decision_engine.queries import archive
from decision_engine.queries.paper import Paper
from decision_engine.queries.setting import Frame
from decision_engine.rules.release import ALWAYS, DOSSIER
from decision_engine.work import House
from tests.api.test_statements import counted
from tests.web.conftest import Enter


def test_a_dossier_says_what_is_missing_and_by_which_article(
    stage: Stage, enter: Enter, house: House
) -> None:
    S1.play(stage, until="publish_decision")
    secretary = enter("secretary")
    listed = secretary.open("/archive")
    assert "待归档" in listed.words
    assert stage.case_id in listed.text
    assert stage.case_id not in secretary.open("/archive?view=filed").text
    with counted(house) as sent:
        page = secretary.open(f"/archive/{stage.case_id}")
    assert len(sent) <= 18, len(sent)
    assert "国务院令第713号第三十三条" in page.words
    assert "决策正式文本、签发单、印章" in page.words
    for code in ("D19", "D22"):
        assert page.tree.xpath(f'//tr[@id="{code}"]//a'), code
    assert enter("archivist").open(f"/archive/{stage.case_id}").status == 200
    for way in ("", f"/{stage.case_id}", f"/{stage.case_id}/set", f"/{stage.case_id}/catalogue"):
        enter("officer").open(f"/archive{way}", status=403)


def test_the_set_holds_every_version_and_entry_and_says_what_the_store_lost(
    stage: Stage, enter: Enter, house: House
) -> None:
    S1.play(stage, until="study_proposal")
    archivist = enter("archivist")
    text = archivist.open(f"/archive/{stage.case_id}/catalogue?format=txt").text
    assert "卷内目录" in text
    assert "D01" in text
    assert "备考表" in text
    found = _unpacked(archivist.open(f"/archive/{stage.case_id}/set").answer.data)
    assert next(iter(found)) == "D00 卷内目录.pdf"
    assert any(name.endswith(".pdf") and content[:5] == b"%PDF-" for name, content in found.items())
    said = dict(line.split("  ")[::-1] for line in found.pop("manifest.sha256").decode().splitlines())
    assert said == {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    assert not [name for name in found if "缺失" in name]
    kept = [one for one in house.settings.documents_dir.rglob("*") if one.is_file()]
    kept[0].write_bytes(b"something else")
    lost = _unpacked(archivist.open(f"/archive/{stage.case_id}/set").answer.data)
    assert any("缺失" in name for name in lost)
    with house.reading() as session:
        read = [
            one
            for (one,) in session.execute(
                select(AccessEntry.what).where(AccessEntry.case_id == stage.case_id)
            )
        ]
    assert read.count("dossier") == 2  # F33


def test_what_must_be_there_is_what_the_rule_demands_and_a_name_never_leads_out() -> None:
    assert archive._needed([]) == [code for code in DOSSIER if code in ALWAYS]
    assert "D19" in archive._needed(["issue_legality_opinion"])
    assert archive._clean("../../etc/passwd\u202e\n") == "_.._etc_passwd__"
    assert archive._clean("...") == "_"
    paper = (Paper(Text("../x", "x"), ()), Frame(organ=""))
    item = archive._item("D01", False, (), (), {})
    assert item.state is archive.State.NONE
    assert archive._item("D01", True, (), (), {}).state is archive.State.MISSING
    names = [name for name, _ in archive._files(None, b"", (), [(item, 1, paper)], "zh")]  # type: ignore[arg-type]
    assert not [name for name in names if ".." in name.split("/")[-1]]


def _unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}
