"""Papers are kept byte for byte, given back as attachments, and reading them is noted."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from decision_engine.commands.documents import MAX_PARTS, PART_ENTRY
from decision_engine.models import AccessEntry
from decision_engine.work import House
from tests.api.conftest import Caller, SignIn

PDF = b"%PDF-1.7\n<script>alert(1)</script>"


def upload(caller: Caller, case_id: str, name: str = "纪要 第1号.pdf", content: bytes = PDF, **more: str):  # type: ignore[no-untyped-def]
    form = {"title": "会议纪要", "kind": "D23", **more, "file": (BytesIO(content), name)}
    return caller.call("POST", f"/cases/{case_id}/documents", data=form)


def entries(house: House) -> list[tuple[str, str]]:
    with house.reading() as session:
        return [
            (one.person_id, one.what) for one in session.scalars(select(AccessEntry).order_by(AccessEntry.at))
        ]


def test_what_is_put_in_comes_back_byte_for_byte(sign_in: SignIn, case_id: str) -> None:
    caller = sign_in("secretary")
    made = upload(caller, case_id)
    assert made.status_code == 201
    document = made.json["document"]
    second = caller.call(
        "POST", f"/documents/{document['id']}/versions", data={"file": (BytesIO(PDF + b"2"), "b.pdf")}
    )
    assert second.json["version"]["number"] == 2
    for number, content in ((1, PDF), (2, PDF + b"2")):
        answer = caller.get(f"/documents/{document['id']}/versions/{number}/content")
        assert answer.data == content
    shown = caller.get(f"/documents/{document['id']}").json
    assert [one["number"] for one in shown["versions"]] == [1, 2]
    assert caller.get(f"/cases/{case_id}/documents").json["items"] == [shown]


def test_a_paper_is_handed_over_and_never_opened_in_the_page(sign_in: SignIn, case_id: str) -> None:
    document = upload(sign_in("secretary"), case_id).json["document"]["id"]
    answer = sign_in("officer").get(f"/documents/{document}/versions/1/content")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "%E7%BA%AA%E8%A6%81" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.content_type == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]


def test_reading_what_is_not_public_is_noted(house: House, sign_in: SignIn, case_id: str, town) -> None:  # type: ignore[no-untyped-def]
    secret = upload(sign_in("secretary"), case_id).json["document"]["id"]
    public = upload(sign_in("secretary"), case_id, public="true").json["document"]["id"]
    before = len(entries(house))
    auditor = sign_in("auditor")
    for address in (
        f"/documents/{secret}/versions/1/content",
        f"/documents/{public}/versions/1/content",
        f"/cases/{case_id}/records",
        f"/cases/{case_id}/events",
        f"/cases/{case_id}/accountability",
    ):
        assert auditor.get(address).status_code == 200
    assert entries(house)[before:] == [
        (town.persons["auditor"], what)
        for what in (f"document:{secret}:1", "records", "events", "accountability")
    ]


def test_a_refused_reading_is_not_noted(house: House, sign_in: SignIn, case_id: str) -> None:
    document = upload(sign_in("secretary"), case_id).json["document"]["id"]
    assert sign_in("district").get(f"/documents/{document}/versions/1/content").status_code == 404
    assert sign_in("admin1").get(f"/documents/{document}/versions/1/content").status_code == 403
    assert entries(house) == []


def test_bytes_changed_behind_our_back_are_not_handed_out(
    house: House, sign_in: SignIn, case_id: str
) -> None:
    made = upload(sign_in("secretary"), case_id).json["document"]
    address = made["versions"][0]["sha256"]
    stored = house.settings.documents_dir / address[:2] / address
    stored.write_bytes(b"%PDF- another story")
    answer = sign_in("secretary").get(f"/documents/{made['id']}/versions/1/content")
    assert (answer.status_code, answer.json["type"]) == (500, "urn:decision-engine:problem:corrupt-state")
    stored.unlink()
    assert sign_in("secretary").get(f"/documents/{made['id']}/versions/1/content").status_code == 500


def test_what_is_no_office_paper_is_refused(sign_in: SignIn, case_id: str) -> None:
    caller = sign_in("secretary")
    for name, content in (
        ("a.exe", b"MZ"), ("a.html", b"<script>"), ("a.svg", b"<svg/>"), ("a.pdf", b"MZ"), ("a.pdf", b""),
        ("a.docx", b"PK\x03\x04 no archive"), ("a", b"x"), ("a.txt", b"\x00\x01"), ("a\x01.txt", b"x"),
    ):  # fmt: skip
        answer = upload(caller, case_id, name, content)
        assert answer.status_code == 422, name
        assert set(answer.json["fields"]) == {"file"}
    assert caller.get(f"/cases/{case_id}/documents").json["total"] == 0


def test_a_paper_that_is_too_large_is_refused(
    sign_in: SignIn, case_id: str, house: House, app: Flask
) -> None:
    house.settings = replace(house.settings, max_document=100_000)
    app.config["MAX_CONTENT_LENGTH"] = 200_000
    for size in (100_001, 200_001):
        answer = upload(sign_in("secretary"), case_id, "a.txt", b"x" * size)
        assert answer.status_code == 413
        assert answer.content_type == "application/problem+json"


def test_an_upload_says_everything_once_and_nothing_else(sign_in: SignIn, case_id: str) -> None:
    caller = sign_in("secretary")
    assert set(upload(caller, case_id, colour="red").json["fields"]) == {"colour"}
    form = {"path": f"/cases/{case_id}/documents", "content_type": "multipart/form-data"}
    missing = caller.call("POST", data={"title": "x"}, **form)
    assert set(missing.json["fields"]) == {"file"}
    twice = {"title": ["a", "b"], "file": (BytesIO(PDF), "a.pdf")}
    assert caller.call("POST", data=twice, **form).status_code == 400
    assert caller.call("POST", data={"title": "x", "file": "not a file"}, **form).status_code == 422


def test_a_name_with_a_path_in_it_is_only_a_name(sign_in: SignIn, case_id: str) -> None:
    made = upload(sign_in("secretary"), case_id, "..\\..\\etc/passwd.pdf").json["document"]
    assert made["versions"][0]["file_name"] == "passwd.pdf"


def test_an_archive_of_countless_parts_is_refused_before_it_is_read(
    sign_in: SignIn, case_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a directory of hundreds of thousands of entries takes seconds, and nobody else could write meanwhile."""
    caller, read = sign_in("secretary"), []
    whole = zipfile.ZipFile.__init__
    monkeypatch.setattr(
        zipfile.ZipFile, "__init__", lambda self, *more, **named: (read.append(1), whole(self, *more, **named))[1]
    )  # fmt: skip
    assert upload(caller, case_id, "a.docx", archive_of(MAX_PARTS)).status_code == 201
    assert read == [1]
    refused = upload(caller, case_id, "a.docx", archive_of(MAX_PARTS + 1))
    assert (refused.status_code, set(refused.json["fields"])) == (422, {"file"})
    assert read == [1]


def archive_of(parts: int) -> bytes:
    entry = (
        PART_ENTRY + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    )
    directory = entry * parts
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, parts, parts, len(directory), 4, 0)
    return b"PK\x03\x04" + directory + end
