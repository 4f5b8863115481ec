"""F13: the database of each released version is upgraded by today's code, its cases go on to their end, and every old
event is, byte for byte, what it was.

A running case is finished by doing what a case finished by that release did: the same people, answers and papers, at
the same moments; what it did is read from its own case file, so the test knows nothing of today's stories.
"""

from __future__ import annotations

import base64
import io
import json
import lzma
import os
import sqlite3
import tarfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from decision_engine.app import create_app, open_house
from decision_engine.clock import MovableClock
from decision_engine.commands.sequencing import sequence
from decision_engine.models import (
    Account,
    Case,
    Comment,
    Document,
    DocumentVersion,
    Event,
    EventPayload,
    Leaf,
    Record,
    Task,
)
from decision_engine.queries import trail
from decision_engine.work import House
from decision_engine.worker import run_due
from tests.api.conftest import Hall
from tests.conftest import cheap_settings

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
STOPS = ["issue_legality_opinion", "decide_initiation", *(["comments_online"] if CAMPAIGN else [])]
RELEASES = sorted(Path(__file__).parent.glob("*.tar.xz"))


@dataclass
class Golden:
    """A release's database, unpacked, and what is known of it."""

    facts: dict[str, Any]
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "test.db"

    def case(self, story: str, stop: str | None) -> str:
        return next(
            one["case"]
            for one in self.facts["cases"]
            if (one["story"], one["stopped_before"]) == (story, stop)
        )


def unpack(archive: Path, folder: Path) -> Golden:
    """Make the release's database again in *folder*, exactly as it was."""
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(archive.read_bytes()))) as packed:
        files = {one.name: packed.extractfile(one).read() for one in packed if one.isfile()}  # type: ignore[union-attr]
    for name, content in files.items():
        if name.startswith("documents/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    database = sqlite3.connect(folder / "test.db", isolation_level=None)
    schema = json.loads(files["schema.json"])
    for kind in ("table", "index", "trigger"):
        if kind == "index":
            _fill(database, files["rows.jsonl"])
        for one, statement in schema:
            if one == kind:
                database.execute(statement)
    database.close()
    return Golden(json.loads(files["golden.json"]), folder)


def _fill(database: sqlite3.Connection, rows: bytes) -> None:
    database.execute("BEGIN")
    for line in rows.decode().split("\n"):
        table, *values = json.loads(line)
        marks = ",".join("?" * len(values))
        database.execute(f'INSERT INTO "{table}" VALUES ({marks})', [_stored(value) for value in values])
    database.execute("COMMIT")


def _stored(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return value["text"].encode() if "text" in value else base64.b64decode(value["base64"])


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.removesuffix(".tar.xz"))
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Golden:
    return unpack(request.param, tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def before(golden: Golden) -> dict[str, tuple[Any, ...]]:
    """Every event of the release by its id, read before anything of today touches the database."""
    database = sqlite3.connect(golden.database)
    rows = database.execute(
        "SELECT e.id, chain, seq, kind, body, hash, salt, payload FROM event e JOIN event_payload ON event_id = e.id"
    ).fetchall()
    database.close()
    return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="module")
def clock(golden: Golden) -> MovableClock:
    return MovableClock(datetime.fromisoformat(golden.facts["made_at"]))


@pytest.fixture(scope="module")
def house(golden: Golden, before: dict[str, Any], clock: MovableClock) -> Any:
    """The house of today on the release's database."""
    opened = open_house(cheap_settings(golden.folder), clock)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="module")
def app(house: House) -> Flask:
    return create_app(house=house)


def test_there_is_a_golden_database() -> None:
    assert [path.name for path in RELEASES] == ["0.1.0.tar.xz"]


def test_every_old_event_is_what_it_was_and_enters_the_tree(
    house: House, before: dict[str, tuple[Any, ...]]
) -> None:
    sequence(house)
    with house.reading() as session:
        rows = session.execute(
            select(
                Event.id, Event.chain, Event.seq, Event.kind, Event.body, Event.hash, EventPayload.salt,
                EventPayload.payload,
            ).join(EventPayload)
        )  # fmt: skip
        after = {row[0]: tuple(row[1:]) for row in rows}
        assert {one: after[one] for one in before} == before
        assert len(before) > 300
        for case in session.scalars(select(Case)):
            assert trail.check(session, case).intact, case.label
        places = list(session.scalars(select(Leaf.event_id).where(Leaf.event_id.in_(before))))
        assert sorted(places) == sorted(before)


def test_an_old_event_that_was_changed_is_found(golden: Golden, tmp_path: Path) -> None:
    """The control: one byte of one old event, and the same check says which."""
    (tmp_path / "test.db").write_bytes(golden.database.read_bytes())
    database = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    case_id = golden.case("S1", "comments_online")
    database.execute(
        "UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE chain = ? AND seq = 3", (case_id,)
    )
    database.close()
    changed = open_house(
        cheap_settings(tmp_path), MovableClock(datetime.fromisoformat(golden.facts["made_at"]))
    )
    with changed.reading() as session:
        whole = trail.check(session, session.get_one(Case, case_id))
    changed.engine.dispose()
    assert (whole.intact, whole.broken_at) == (False, 3)


# -- going on ----------------------------------------------------------------------------------------------


class Continued:
    """A running case in which is done what *model* did after the point at which it stopped."""

    def __init__(
        self, house: House, clock: MovableClock, golden: Golden, hall: Hall, model: str, case: str
    ) -> None:
        self.house, self.clock, self.golden, self.hall = house, clock, golden, hall
        self.model, self.case = model, case
        self.tokens: dict[tuple[str, str], str] = {}
        self.same: dict[str, str] = {}

    def finish(self) -> None:
        """Do everything that is left, in the order and at the moments of the model."""
        with self.house.reading() as session:
            events = list(session.scalars(select(Event).where(Event.chain == self.model).order_by(Event.seq)))
            records = {
                one.seq: one for one in session.scalars(select(Record).where(Record.case_id == self.model))
            }
            own = list(session.scalars(select(Event).where(Event.chain == self.case).order_by(Event.seq)))
            self._learn(session)
        # Its timers went on to fire while the other cases of the release were told; what people did stands still.
        acts, done = ([one for one in part if one.kind != "timer.fired"] for part in (events, own))
        assert [one.kind for one in done] == [one.kind for one in acts[: len(done)]], "they went the same way"
        for event in acts[len(done) :]:
            self.clock.move_to(event.at - timedelta(milliseconds=1))
            run_due(self.house)
            body = json.loads(event.body)
            match event.kind:
                case "task.completed":
                    self._complete(body, records[body["entry"]])
                case "document.added":
                    self._file(body["document"], event)
                case "comment.received":
                    self._comment(body["comment"]["id"], event.actor_id)

    def _learn(self, session: Any) -> None:
        """Papers filed before the stop: those of the model are known by title, kind and order."""
        papers = {
            case: list(
                session.scalars(select(Document).where(Document.case_id == case).order_by(Document.id))
            )
            for case in (self.model, self.case)
        }
        for theirs, mine in zip(papers[self.model], papers[self.case], strict=False):
            assert (theirs.title, theirs.kind) == (mine.title, mine.kind)
            self.same[theirs.id] = mine.id
        comments = (
            session.scalars(select(Comment).where(Comment.case_id == case).order_by(Comment.id))
            for case in (self.model, self.case)
        )
        for one, other in zip(*comments, strict=False):
            self._same_comment(one, other)

    def token(self, person: str) -> str:
        key = (person, f"{self.clock.now():%Y-%m-%d %H}")
        if key not in self.tokens:
            with self.house.reading() as session:
                login = session.scalars(select(Account.login).where(Account.person_id == person)).first()
            said = {"login": login, "password": self.golden.facts["password"]}
            self.tokens[key] = self.hall.post("/session", said)["token"]
        return self.tokens[key]

    def _complete(self, body: dict[str, Any], record: Record) -> None:
        with self.house.reading() as session:
            query = select(Task).where(Task.case_id == self.case, Task.status == "OPEN")
            waiting = [one for one in session.scalars(query) if one.element == body["task"]["element"]]
        # A later release may name the person where an earlier one named the role only.
        fitting = [one for one in waiting if one.item in {record.item, record.author_id}] or waiting
        assert fitting, f"{record.kind} does not wait"
        task = fitting[0]
        exceptions = [
            {"rule": rule, "reason": reason, "approver": approver}
            for rule, reason, approver in record.exceptions
        ]
        said = {"answers": self._mine(record.data)} | ({"exceptions": exceptions} if exceptions else {})
        self.hall.post(f"/tasks/{task.id}/completion", said, self.token(record.author_id))

    def _file(self, told: dict[str, Any], event: Event) -> None:
        with self.house.reading() as session:
            document = session.get_one(Document, told["id"])
            version = session.get_one(DocumentVersion, (told["id"], told["version"]))
        path = self.golden.folder / "documents" / version.sha256[:2] / version.sha256
        content, token = path.read_bytes(), self.token(event.actor_id)
        if told["version"] > 1:
            self.hall.send_file(
                f"/documents/{self.same[told['id']]}/versions", {}, version.file_name, content, token
            )
            return
        fields = {"title": document.title, "kind": document.kind, "public": str(document.public).lower()}
        answer = self.hall.send_file(
            f"/cases/{self.case}/documents", fields, version.file_name, content, token
        )
        self.same[told["id"]] = answer["document"]["id"]

    def _comment(self, comment_id: str, actor: str) -> None:
        with self.house.reading() as session:
            theirs = session.get_one(Comment, comment_id)
        if theirs.channel == "ONLINE":
            self.hall.post(f"/consultations/{self.case}/comments", {"text": theirs.text})
        else:
            said = {"text": theirs.text, "channel": theirs.channel}
            self.hall.post(f"/cases/{self.case}/comments", said, self.token(actor))
        with self.house.reading() as session:
            query = select(Comment).where(Comment.case_id == self.case).order_by(Comment.id.desc()).limit(1)
            self._same_comment(theirs, session.scalars(query).one())

    def _same_comment(self, theirs: Comment, mine: Comment) -> None:
        assert theirs.text == mine.text
        self.same |= {theirs.id: mine.id, theirs.receipt: mine.receipt}

    def _mine(self, value: Any) -> Any:
        """The same answers, about this case's papers."""
        if isinstance(value, dict):
            return {name: self._mine(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._mine(one) for one in value]
        return self.same.get(value, value) if isinstance(value, str) else value


@pytest.mark.campaign
@pytest.mark.parametrize("stop", STOPS)
def test_a_case_that_was_running_goes_on_to_its_end(
    house: House, clock: MovableClock, golden: Golden, app: Flask, stop: str
) -> None:
    app.extensions["throttles"]["comments"].burst = 10_000
    model, case_id = golden.case("S1", None), golden.case("S1", stop)
    Continued(house, clock, golden, Hall(app), model, case_id).finish()
    with house.reading() as session:
        ended, case = session.get_one(Case, model), session.get_one(Case, case_id)
        assert (case.status, case.ending) == (ended.status, ended.ending)
        acts = select(Record.kind).where(Record.task_id.is_not(None)).order_by(Record.seq)
        assert list(session.scalars(acts.where(Record.case_id == case_id))) == list(
            session.scalars(acts.where(Record.case_id == model))
        )
        assert case.definition_hash == ended.definition_hash
        whole = trail.check(session, case)
        assert (whole.intact, whole.length) == (True, case.head_seq)
