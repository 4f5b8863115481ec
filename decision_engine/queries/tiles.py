"""The log as static files for mirrors and auditors: C2SP tlog-tiles, with the entries themselves.

`checkpoint`, `tile/<level>/<n>[.p/<width>]` and `tile/entries/<n>[.p/<width>]` of the newest signed checkpoint. An
entry is the body of an event, the very bytes the leaf is over: no names, nothing that was said. Whoever holds a copy
can compute every proof alone, and holds the log to what it was: nothing that was exported once is ever replaced by
something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from decision_engine.audit import merkle, note
from decision_engine.errors import Conflict
from decision_engine.language import Text
from decision_engine.models import Checkpoint, Event, Leaf
from decision_engine.queries import proofs

LONGEST = 2**16 - 1
"""Bytes of an entry that its two bytes of length can tell."""


def export(session: Session, folder: Path) -> int:
    """Write the files that *folder* lacks, the checkpoint last, and return the checkpoint's size.

    Raises `Conflict` when nothing is signed yet, when the tiles or the entries are not those of the checkpoint, and
    when a file of an earlier export would have to change: the log is no more what it was. Nothing is overwritten then.
    """
    text = session.scalar(select(Checkpoint.note).order_by(Checkpoint.size.desc()).limit(1))
    if text is None:
        raise Conflict(Text("日志尚未签署检查点。", "No checkpoint of the log is signed yet."))
    told = note.parse_checkpoint(note.parse(text).text)
    read = proofs.tile_reader(session)
    try:
        same = merkle.root(read, told.size) == told.root
    except merkle.MissingHashes:
        same = False
    if not same:
        raise _damaged("checkpoint")
    for name, data in _files(session, read, told.size):
        path = folder / name
        if not path.exists():
            write(path, data)
        elif path.read_bytes() != data:
            raise Conflict(
                Text(
                    f"与此前导出的 {name} 不同：日志已非当时的日志。",
                    f"{name} was exported otherwise before: the log is no more what it was.",
                )
            )
    write(folder / "checkpoint", text.encode())
    return told.size


def _files(session: Session, read: merkle.ReadTile, size: int) -> Iterator[tuple[str, bytes]]:
    level, many = 0, size
    while many:
        for index, width in _tiles(many):
            name, data = _name(str(level), index, width), read(level, index)[: width * merkle.HASH_LENGTH]
            if width == merkle.TILE_WIDTH and _root(data) != _hash(read, level + 1, index):
                raise _damaged(name)
            yield name, data
        level, many = level + 1, many // merkle.TILE_WIDTH
    for index, width in _tiles(size):
        first = index * merkle.TILE_WIDTH
        bodies = session.execute(
            select(Event.body)
            .join(Leaf, Leaf.event_id == Event.id)
            .where(Leaf.idx >= first, Leaf.idx < first + width)
            .order_by(Leaf.idx)
        ).scalars()
        entries = [bytes(body) for body in bodies]
        name = _name("entries", index, width)
        if b"".join(map(merkle.leaf_hash, entries)) != read(0, index)[: width * merkle.HASH_LENGTH]:
            raise _damaged(name)
        yield name, b"".join(map(_entry, entries))


def _root(data: bytes) -> bytes:
    length = merkle.HASH_LENGTH
    return merkle.root_of(data[at : at + length] for at in range(0, len(data), length))


def _hash(read: merkle.ReadTile, level: int, place: int) -> bytes:
    tile, within = divmod(place, merkle.TILE_WIDTH)
    return read(level, tile)[within * merkle.HASH_LENGTH :][: merkle.HASH_LENGTH]


def _damaged(name: str) -> Conflict:
    return Conflict(
        Text(
            f"{name} 与检查点不符，请先核对整个日志。",
            f"{name} is not that of the checkpoint. Verify the log first.",
        )
    )


def _tiles(many: int) -> Iterator[tuple[int, int]]:
    """Yield the number and width of each tile over *many* hashes."""
    full, rest = divmod(many, merkle.TILE_WIDTH)
    yield from ((index, merkle.TILE_WIDTH) for index in range(full))
    if rest:
        yield full, rest


def _name(level: str, index: int, width: int) -> str:
    """Return where a tile lies: its number in groups of three digits, all but the last after an x."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == merkle.TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def _entry(body: bytes) -> bytes:
    if len(body) > LONGEST:
        raise Conflict(
            Text(
                "有一条记录超过 64 KiB，无法按此格式导出。", "An entry is too long for this format (64 KiB)."
            )
        )
    return len(body).to_bytes(2, "big") + body


def write(path: Path, data: bytes) -> None:
    """Make *data* the whole of *path*, or leave it as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
