"""Official papers through the door: an entry of the case file as PDF, Word and text, and the export on record."""

from __future__ import annotations

import io

import pytest
from docx import Document
from examples import EXAMPLES

from tests.api.conftest import SignIn

PROPOSAL = {name: said for name, said in EXAMPLES["register_proposal"].items() if name != "study_unit"}


@pytest.fixture
def entered(sign_in: SignIn, case_id: str) -> str:
    """A case whose proposal is registered: entry 1 of its case file."""
    secretary = sign_in("secretary")
    task = secretary.get(f"/cases/{case_id}/tasks").json["items"][0]["id"]
    done = secretary.post(f"/tasks/{task}/completion", {"answers": PROPOSAL})
    assert done.status_code == 200, done.text
    return case_id


def test_an_entry_is_a_paper_in_three_kinds_with_the_same_words(sign_in: SignIn, entered: str):
    secretary = sign_in("secretary")
    address = f"/cases/{entered}/records/1/paper"
    text = secretary.get(address, format="txt")
    assert text.status_code == 200, text.text
    assert PROPOSAL["main_problem"] in text.text
    assert "苏文静" in text.text
    file = secretary.get(address, format="docx")
    words = "\n".join(one.text for one in Document(io.BytesIO(file.data)).paragraphs)
    assert PROPOSAL["main_problem"] in words
    paper = secretary.get(address)
    assert paper.data.startswith(b"%PDF-1.7")
    assert paper.headers["Content-Disposition"].startswith("attachment")
    assert secretary.get(address).data == paper.data


def test_an_export_is_on_record_and_strangers_get_nothing(sign_in: SignIn, entered: str):
    address = f"/cases/{entered}/records/1/paper"
    sign_in("secretary").get(address, format="txt")
    traced = sign_in("auditor").get(f"/cases/{entered}/tracing")
    assert traced.status_code == 200, traced.text
    assert "paper:1:txt" in traced.text
    assert sign_in("district").get(address).status_code == 404
    assert sign_in("admin1").get(address).status_code == 403
    assert sign_in("secretary").get(f"/cases/{entered}/records/99/paper").status_code == 404
    assert sign_in("secretary").get(address, format="exe").status_code == 422
