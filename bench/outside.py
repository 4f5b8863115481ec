"""What the outside of the log costs: proofs from a million leaves in SQLite, their verification, signatures, a round.

The tree lies in the house's own `tile` table and is read through the house's own queries.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter

from sqlalchemy import insert, update

from decision_engine.app import open_house
from decision_engine.audit import merkle, note
from decision_engine.audit.keyring import new_signers
from decision_engine.audit.memory import Memory
from decision_engine.audit.note import Checkpoint, Kind, SignerKey
from decision_engine.audit.policy import Policy
from decision_engine.clock import SystemClock
from decision_engine.config import Settings
from decision_engine.models import LogHead, Tile
from decision_engine.notary import Notary
from decision_engine.queries import proofs
from decision_engine.work import House

LEAVES, TIMES = 1_000_000, 300
PROOF_BUDGET, VERIFY_BUDGET = 5.0, 1.0  # ms, issue 6
ORIGIN = "decision-engine/bench"


def main() -> bool:
    """Print each cost beside its budget; return whether all are within it."""
    with tempfile.TemporaryDirectory() as folder:
        house = open_house(Settings(database_url=f"sqlite:///{folder}/bench.db", data_dir=Path(folder)))
        leaves = [merkle.leaf_hash(b"%d" % number) for number in range(LEAVES)]
        began = perf_counter()
        grown = merkle.append(0, lambda *_: b"", leaves)
        print(f"tree of {LEAVES:,} leaves: {perf_counter() - began:.1f} s, {len(grown.tiles):,} tiles")
        _store(house, grown)
        met = all([_proofs(house, leaves, grown.root), _grow(), _signatures(), _round(Path(folder))])
        house.engine.dispose()
    return met


def _store(house: House, grown: merkle.Appended) -> None:
    rows = [
        {"level": one.level, "idx": one.index, "width": one.width, "data": one.data} for one in grown.tiles
    ]
    with house.writing() as session, session.begin():
        session.execute(insert(Tile), rows)
        session.execute(update(LogHead).values(size=grown.size, root=grown.root))


def _proofs(house: House, leaves: list[bytes], root: bytes) -> bool:
    chance = Random(6)
    places = [chance.randrange(LEAVES) for _ in range(TIMES)]
    made: dict[int, list[bytes]] = {}

    def prove(index: int) -> None:
        with house.reading() as session:
            made[index] = proofs.inclusion(session, index, LEAVES)

    def grow(size: int) -> None:
        with house.reading() as session:
            proofs.consistency(session, size + 1, LEAVES)

    def verify(index: int) -> None:
        if not merkle.verify_inclusion(leaves[index], index, LEAVES, made[index], root):
            raise AssertionError(index)

    return all(
        [
            _told("inclusion proof from SQLite", prove, places, PROOF_BUDGET),
            _told("consistency proof from SQLite", grow, places, PROOF_BUDGET),
            _told("verification", verify, places, VERIFY_BUDGET),
        ]
    )


def _grow() -> bool:
    """Append a batch of 256 to a million in memory: what a second of a busy province asks."""
    tiles: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return tiles.get((level, index), b"")

    start = merkle.append(0, read, [bytes(32)] * LEAVES)
    tiles |= {(one.level, one.index): one.data for one in start.tiles}
    batch = [bytes(32)] * 256
    return _told(
        "append 256 leaves to a million",
        lambda _: merkle.append(LEAVES, read, batch),
        range(TIMES),
        PROOF_BUDGET,
    )


def _signatures() -> bool:
    text = Checkpoint(ORIGIN, LEAVES, bytes(32)).text
    met = True
    for kind in Kind:
        signer = SignerKey(ORIGIN, kind, bytes(32))
        blob, key = signer.sign(text, 1).blob, signer.public
        met &= _told(f"sign {kind.name}", partial(_ignoring, signer.sign, text, 1), range(TIMES), 10.0)
        met &= _told(f"verify {kind.name}", partial(_ignoring, key.verify, text, blob), range(TIMES), 5.0)
    return met


def _ignoring(act: Callable[..., object], first: object, second: object, _: int) -> None:
    act(first, second)


class _Growing:
    """A log that grew by one at every look."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size, self.root = 0, merkle.EMPTY_ROOT

    def read(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")

    def head(self) -> tuple[int, bytes]:
        done = merkle.append(self.size, self.read, [merkle.leaf_hash(b"%d" % self.size)])
        self.tiles |= {(one.level, one.index): one.data for one in done.tiles}
        self.size, self.root = done.size, done.root
        return self.size, self.root

    def consistency(self, old: int, new: int) -> list[bytes]:
        return merkle.consistency_proof(self.read, old, new)

    def event(self, *_: object) -> None:
        return None

    def publish(self, _: int, text: str) -> None:
        note.parse(text)

    def refused(self, *told: object) -> None:
        raise AssertionError(told)


def _round(folder: Path) -> bool:
    """A round of the notary: proof verified, signed twice, on the disk."""
    with Memory(folder / "notary") as memory:
        signers = new_signers(ORIGIN, iter([b"1" * 32, b"2" * 32]).__next__)
        notary = Notary(memory, ORIGIN, signers, _Growing(), Policy(), SystemClock(), trust_first=True)
        return _told("a round of the notary", lambda _: notary.round(), range(TIMES), 100.0)


def _told(name: str, act: Callable[[int], object], places: list[int] | range, budget: float) -> bool:
    times = []
    for place in places:
        began = perf_counter()
        act(place)
        times.append((perf_counter() - began) * 1000)
    times.sort()
    middle, slow = times[len(times) // 2], times[int(len(times) * 0.99)]
    met = middle <= budget
    print(
        f"{'ok ' if met else 'NO '} {name}: median {middle:.3f} ms, p99 {slow:.3f} ms (budget {budget:g} ms)"
    )
    return met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
