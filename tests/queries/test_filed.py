"""A case file that says something else than its log is found, column by column; one nobody touched is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from decision_engine.app import open_house
from decision_engine.clock import MovableClock
from decision_engine.queries import filed
from decision_engine.work import House
from tests.conftest import BEGINNING, cheap_settings, tampering
from tests.golden.test_upgrade import unpack

GOLDEN = Path(__file__).parent.parent / "golden" / "0.1.0.tar.xz"
ONE = "rowid = (SELECT max(rowid) FROM record WHERE task_id IS NOT NULL AND draft IS NOT NULL)"
CLOCK = "rowid = (SELECT max(rowid) FROM record WHERE role = 'clock')"
PAPER = "rowid = (SELECT max(rowid) FROM document)"
VERSION = "rowid = (SELECT max(rowid) FROM document_version)"
BENT = {
    "an answer": f"UPDATE record SET data = json_set(data, '$.x', 1) WHERE {ONE}",
    "answers that are none": f"UPDATE record SET data = '{{\"x' WHERE {ONE}",
    "the time": f"UPDATE record SET at = '2020-01-01 00:00:00.000000' WHERE {ONE}",
    "the kind": f"UPDATE record SET kind = 'sign_decision' WHERE {ONE}",
    "the role": f"UPDATE record SET role = 'other' WHERE {ONE}",
    "the post": f"UPDATE record SET post = '县长' WHERE {ONE}",
    "the draft": f"UPDATE record SET draft = 'x' WHERE {ONE}",
    "the item": f"UPDATE record SET item = 'x' WHERE {ONE}",
    "whose step": f"UPDATE record SET task_id = NULL WHERE {ONE}",
    "for whom": f"UPDATE record SET on_behalf_of_id = author_id WHERE {ONE}",
    "an exception": f'UPDATE record SET exceptions = \'[["R-1", "急", "x"]]\' WHERE {ONE}',
    "who": f"UPDATE record SET author_id = (SELECT max(id) FROM person WHERE id <> author_id) WHERE {ONE}",
    "what the clock noted": "UPDATE record SET data = json_set(data, '$.due_at', '2020-01-01T00:00:00Z') "
    f"WHERE {CLOCK}",
    "an entry gone": f"DELETE FROM record WHERE {ONE}",
    "an entry more": "INSERT INTO record SELECT case_id, 9999, kind, task_id, data, at, author_id, role, post, "
    f"on_behalf_of_id, item, draft, exceptions FROM record WHERE {ONE}",
    "the count": "UPDATE decision_case SET records = records + 1",
    "a task's end": "UPDATE task SET status = 'WITHDRAWN' WHERE status = 'DONE'",
    "a paper's name": f"UPDATE document SET title = 'x' WHERE {PAPER}",
    "a paper's kind": f"UPDATE document SET kind = 'D99' WHERE {PAPER}",
    "a paper's hash": f"UPDATE document_version SET sha256 = '{'0' * 64}' WHERE {VERSION}",
    "a paper's size": f"UPDATE document_version SET size = size + 1 WHERE {VERSION}",
    "a comment": "UPDATE comment SET text = 'x' WHERE rowid = (SELECT max(rowid) FROM comment)",
    "a comment's way": "UPDATE comment SET channel = 'x' WHERE rowid = (SELECT max(rowid) FROM comment)",
    "a comment more": "INSERT INTO comment (id, case_id, receipt, channel, text, late, at) "
    "SELECT 'x', case_id, 'x', channel, text, late, at FROM comment LIMIT 1",
    "a version gone": f"DELETE FROM document_version WHERE {VERSION}",
}


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Cases of a release, finished and on their way, in a database whose guards are gone."""
    folder = tmp_path_factory.mktemp("filed")
    unpack(GOLDEN, folder)
    house = open_house(cheap_settings(folder), MovableClock(BEGINNING))
    with tampering(house):
        pass
    yield house
    house.engine.dispose()


def test_files_nobody_touched_are_what_their_logs_say(bent: House) -> None:
    with bent.reading() as session:
        assert list(filed.otherwise(session)) == []


@pytest.mark.parametrize("change", list(BENT))
def test_a_file_that_was_bent_is_found_though_every_proof_holds(bent: House, change: str) -> None:
    """Inside a transaction that is taken back, so that the next finds the house whole."""
    engine = bent.engine.execution_options(writes=True)
    with engine.connect() as connection, connection.begin() as changing:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_authorizer(None)
        raw.execute("PRAGMA defer_foreign_keys = ON")
        assert connection.execute(text(BENT[change])).rowcount >= 1
        with Session(connection) as session:
            assert list(filed.otherwise(session)) != []
        changing.rollback()
