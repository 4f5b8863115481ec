"""Write the golden database of a release: its own code tells stories S1 and S2, some cases stop on the way.

Run with the release's sources in front, from a checkout of it, once a release, and never again for that release:

    PYTHONPATH=<checkout of the release> python tests/golden/build.py tests/golden/0.1.0.tar.xz

The archive holds `schema.json` and `rows.jsonl` (SQLite, bytes as they were), `documents/` and `golden.json`: the
cases by how far they went (the scene they stopped before; null: none), who signs in, the password, the last moment.
"""

from __future__ import annotations

import base64
import io
import json
import lzma
import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path

from decision_engine import __version__
from decision_engine.api import throttle
from decision_engine.app import open_house
from decision_engine.calendar import SHANGHAI
from decision_engine.clock import MovableClock
from decision_engine.demo.deploy import load_town
from decision_engine.demo.door import Door
from decision_engine.demo.s1 import S1
from decision_engine.demo.s2 import S2
from decision_engine.demo.stage import Stage, cheap_settings, datetime, served

STOPS = {
    "S1": (None, "decide_initiation", "comments_online", "issue_legality_opinion"),
    "S2": (None,),
}


def main(target: Path) -> None:
    """Tell the stories in step with each other and write the archive to *target*."""
    throttle.Throttle.take = lambda *_: None  # several towns' worth of comments come from one address
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock = MovableClock(datetime(2026, 2, 24, 8, 0, tzinfo=SHANGHAI))
        house = open_house(cheap_settings(folder), clock)
        town = load_town(house)
        with served(house) as port:
            door = Door("127.0.0.1", port)
            cases = tell(house, clock, town, door)
            door.close()
        house.engine.dispose()
        facts = {"version": __version__, "password": town.password, "persons": town.persons, "cases": cases,
                 "organ": town.organ_id, "made_at": clock.now().isoformat()}  # fmt: skip
        pack(target, folder, facts)


def tell(house, clock, town, door):  # type: ignore[no-untyped-def]
    """Play every case of both stories, scene by scene in the order of time, each until its stop."""
    playing = []
    for story in (S1, S2):
        names = [one.name for one in story.scenes]
        for stop in STOPS[story.name]:
            assert stop is None or stop in names, (stop, names)
            last = len(names) if stop is None else names.index(stop)
            stage = Stage(house, clock, town, door, lambda _: None)
            playing += [(scene.at, story.name, stop, stage, scene) for scene in story.scenes[:last]]
    for at, name, stop, stage, scene in sorted(playing, key=lambda one: one[0]):
        print(at, name, stop, scene.name, flush=True)
        stage.move_to(at)
        scene.act(stage)
    found = {(name, stop): stage.case_id for _, name, stop, stage, _ in playing}
    return [{"story": name, "stopped_before": stop, "case": case} for (name, stop), case in found.items()]


def pack(target: Path, folder: Path, facts: dict[str, object]) -> None:
    """Write schema, rows, documents and *facts* as one compressed archive."""
    database = sqlite3.connect(folder / "stage.db")
    schema = [
        list(row) for row in database.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL")
    ]
    rows = [
        json.dumps([table, *(value(one) for one in row)], ensure_ascii=False)
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for row in database.execute(f'SELECT * FROM "{table}" ORDER BY rowid')
    ]
    database.close()
    files = {
        "golden.json": json.dumps(facts, ensure_ascii=False, indent=1).encode(),
        "schema.json": json.dumps(schema, indent=1).encode(),
        "rows.jsonl": "\n".join(rows).encode(),
    }
    for path in sorted((folder / "documents").rglob("*")):
        if path.is_file():
            files[f"documents/{path.relative_to(folder / 'documents')}"] = path.read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    target.write_bytes(lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{target}: {target.stat().st_size} bytes, {len(files)} files, {len(rows)} rows")


def value(stored: object) -> object:
    """Return a stored value for JSON; bytes as text where they are text, for that packs better."""
    if not isinstance(stored, bytes):
        return stored
    try:
        return {"text": stored.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(stored).decode()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
