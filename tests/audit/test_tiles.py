"""The log as files: everything in them is computed again from the entries by the definition of RFC 6962 alone."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from decision_engine.__main__ import main
from decision_engine.access import CLOCK
from decision_engine.commands.sequencing import sequence
from decision_engine.queries import tiles
from decision_engine.work import House, unit_of_work
from tests.conftest import tampering
from tests.queries.test_verification import checkpoint
from tests.verifier.writer import root_of


def grown(house: House, many: int) -> None:
    """Log *many* more events, bring them into the tree, and sign it."""
    with unit_of_work(house, as_actor=CLOCK) as work:
        for number in range(many):
            work.record("house.opened", f"chain{number % 3}", said={"what": "秘密"})
    sequence(house)
    checkpoint(house)


def exported(house: House, folder: Path) -> Result:
    environment = {
        "DECISION_ENGINE_DATABASE_URL": str(house.engine.url),
        "DECISION_ENGINE_DATA_DIR": str(house.settings.data_dir),
    }
    return CliRunner().invoke(
        main, ["log", "export-tiles", str(folder)], env=environment, catch_exceptions=False
    )


def hashes_of(folder: Path) -> tuple[int, list[bytes]]:
    """Return the size in the checkpoint and the leaf hashes of the entries; read as C2SP tlog-tiles tells."""
    origin, size, root, *_ = (folder / "checkpoint").read_text().split("\n")
    assert origin == "decision-engine/local"
    leaves: list[bytes] = []
    full, rest = divmod(int(size), 256)
    for name in [*(f"{n:03d}" for n in range(full)), *([f"{full:03d}.p/{rest}"] if rest else [])]:
        data = (folder / "tile" / "entries" / name).read_bytes()
        while data:
            length = data[0] << 8 | data[1]
            leaves.append(hashlib.sha256(b"\0" + data[2 : 2 + length]).digest())
            data = data[2 + length :]
    assert base64.b64encode(root_of(leaves)).decode() == root
    return int(size), leaves


def test_a_mirror_computes_the_whole_tree_again_and_is_held_to_what_it_was(
    house: House, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    assert exported(house, mirror).exit_code == 1, "nothing is signed yet"
    grown(house, 300)
    done = exported(house, mirror)
    assert (done.exit_code, "301 entries" in done.output) == (0, True), done.output  # and the first key
    size, first = hashes_of(mirror)
    assert (size, len(first)) == (301, 301)
    assert b"\xe7\xa7\x98\xe5\xaf\x86" not in b"".join(
        one.read_bytes() for one in mirror.rglob("*") if one.is_file()
    )
    grown(house, 300)
    assert exported(house, mirror).exit_code == 0
    size, leaves = hashes_of(mirror)
    assert (size, leaves[:301]) == (601, first)
    tile = mirror / "tile"
    for number, name in enumerate(("000", "001", "002.p/89")):
        assert (tile / "0" / name).read_bytes() == b"".join(leaves[256 * number : 256 * number + 256])
    assert (tile / "1" / "000.p/2").read_bytes() == root_of(leaves[:256]) + root_of(leaves[256:512])
    held = {one: one.read_bytes() for one in mirror.rglob("*") if one.is_file()}
    with tampering(house) as connection:  # another log of the same length, consistent in itself
        connection.execute(text("UPDATE event SET body = CAST(replace(body, 'opened', 'closed') AS BLOB)"))
    refused = exported(house, mirror)
    assert (refused.exit_code, "Verify the log first" in refused.output) == (1, True)
    (tile / "0" / "000").write_bytes(b"another log's")
    refused = exported(house, mirror)
    assert (refused.exit_code, "0/000 was exported otherwise before" in refused.output) == (1, True)
    (tile / "0" / "000").write_bytes(held[tile / "0" / "000"])
    assert {one: one.read_bytes() for one in mirror.rglob("*") if one.is_file()} == held


@pytest.mark.parametrize(
    ("index", "width", "name"),
    [(0, 256, "tile/0/000"), (5, 7, "tile/0/005.p/7"), (1_234_067, 256, "tile/0/x001/x234/067")],
)
def test_a_tile_lies_where_the_specification_has_it(index: int, width: int, name: str) -> None:
    """The last is the example of C2SP tlog-tiles itself."""
    assert tiles._name("0", index, width) == name
