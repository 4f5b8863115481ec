"""The checker finds each thing it looks for, and nothing where nothing is wrong."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.checker import check
from tests.faults.harness import Client, Nursery, Town, copied
from tests.faults.history import History, read

Bend = Callable[[sqlite3.Connection, list[dict[str, object]], Path], object]


@pytest.fixture(scope="module")
def played(
    ready_sqlite: Town, processes: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Town, Path]:
    """A town in which every kind of act was done, and its history."""
    folder = tmp_path_factory.mktemp("played")
    town = copied(ready_sqlite, folder / "town")
    history = History(folder / "history.jsonl")
    client = Client(town, history, 1)
    running = processes.start(town, "serve", EMBEDDED_WORKER="false")
    kinds = ["complete", "upload", "complete", "comment", "refused", "open_case", "propose"]
    assert client.work(running.port(), kinds, 20)
    running.kill()
    running.wait()
    history.close()
    return town, folder / "history.jsonl"


def _bent(played: tuple[Town, Path], tmp_path: Path, bend: Bend) -> set[str]:
    town, history = played
    shutil.copytree(town.folder, tmp_path / "bent")
    database = sqlite3.connect(tmp_path / "bent" / "test.db", isolation_level=None)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    lines = read(history)
    bend(database, lines, tmp_path / "bent" / "documents")

    def rows(query: str) -> list[tuple[object, ...]]:
        return database.execute(query).fetchall()

    found = {one.kind for one in check(lines, rows, tmp_path / "bent" / "documents")}
    database.close()
    return found


def _ok(lines: list[dict[str, object]]) -> dict[str, object]:
    return next(line for line in lines if line["type"] == "ok" and line.get("receipt"))


def _pretend_refused(_database: sqlite3.Connection, lines: list[dict[str, object]], _: Path) -> None:
    done = _ok(lines)
    done.clear()
    done |= {"type": "fail", "key": lines[0]["key"], "status": 409}


def _answer_twice(_database: sqlite3.Connection, lines: list[dict[str, object]], _: Path) -> None:
    done = _ok(lines)
    other = next(line for line in reversed(lines) if line["type"] == "ok" and line.get("receipt"))
    lines.append(done | {"receipt": other["receipt"]})


def _acknowledge_more(_database: sqlite3.Connection, lines: list[dict[str, object]], _: Path) -> None:
    effect = {"kind": "case.opened", "path": ["payload", "said", "title"], "value": "never"}
    lines += [{"type": "invoke", "key": "k", "effect": effect}, {"type": "ok", "key": "k", "receipt": None}]


def _do_twice(database: sqlite3.Connection, _lines: list[dict[str, object]], _: Path) -> None:
    last = "SELECT chain, max(seq) FROM event WHERE kind = 'document.added'"
    chain, seq = database.execute(last).fetchone()
    body, said = database.execute(
        "SELECT body, payload FROM event JOIN event_payload ON event_id = id WHERE chain = ? AND seq = ?",
        (chain, seq),
    ).fetchone()
    changed = json.dumps(json.loads(body) | {"seq": 999}).encode()
    database.execute(
        "INSERT INTO event SELECT 'again', chain, 999, kind, at, actor_id, ?, 'again', signature FROM event "
        "WHERE chain = ? AND seq = ?", (changed, chain, seq),
    )  # fmt: skip
    database.execute("INSERT INTO event_payload VALUES ('again', ?, ?)", (b"", said))


def _sql(statement: str) -> Bend:
    def bend(database: sqlite3.Connection, _lines: list[dict[str, object]], _folder: Path) -> None:
        assert database.execute(statement).rowcount > 0, "nothing was bent"

    return bend


def _lose_a_paper(_database: sqlite3.Connection, _lines: list[dict[str, object]], folder: Path) -> None:
    next(path for path in folder.rglob("*") if path.is_file()).write_bytes(b"other")


LAST = "(SELECT id FROM event WHERE kind = 'task.completed' ORDER BY id DESC LIMIT 1)"


@pytest.mark.parametrize(
    ("kind", "bend"),
    [
        ("lost", _sql(f"DELETE FROM event WHERE id = {LAST}")),
        ("lost", _acknowledge_more),
        ("undead", _pretend_refused),
        ("double", _answer_twice),
        ("double", _do_twice),
        ("half", _sql("UPDATE task SET status = 'DONE' WHERE id = (SELECT max(id) FROM task WHERE status = 'OPEN')")),
        ("half", _sql("DELETE FROM comment WHERE id = (SELECT max(id) FROM comment)")),
        ("half", _sql("DELETE FROM record WHERE seq = 2")),
        ("half", _sql("UPDATE job SET state = 'DONE' WHERE element = 'pause'")),
        ("half", _sql("DELETE FROM document_version WHERE sha256 = (SELECT max(sha256) FROM document_version)")),
        ("chain", _sql(f"UPDATE event SET body = CAST(body || ' ' AS BLOB) WHERE id = {LAST}")),
        ("chain", _sql("UPDATE decision_case SET head_seq = head_seq + 1")),
        ("tree", _sql("DELETE FROM pending_event WHERE event_id = (SELECT max(event_id) FROM pending_event)")),
        ("tree", _sql("INSERT INTO leaf SELECT 7, event_id, x'00' FROM pending_event LIMIT 1")),
        ("paper", _lose_a_paper),
    ],
)  # fmt: skip
def test_what_is_bent_is_found(played: tuple[Town, Path], tmp_path: Path, kind: str, bend: Bend) -> None:
    assert kind in _bent(played, tmp_path, bend)


def test_where_nothing_is_wrong_nothing_is_found(played: tuple[Town, Path], tmp_path: Path) -> None:
    assert _bent(played, tmp_path, lambda *_: None) == set()
