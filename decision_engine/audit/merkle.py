"""The tree of the log: RFC 6962 hashing over C2SP tiles, its proofs, and their strict verification.

Guarantees
* Hashing and proofs are those of RFC 6962 section 2.1 (the same in RFC 9162): a leaf is SHA-256(0x00 || entry), a node
  SHA-256(0x01 || left || right), the empty tree SHA-256 of nothing.
* Only hashes of perfect subtrees are stored, 256 to a tile (C2SP tlog-tiles, height 8): the hash at *place* of tile
  (*level*, *index*) is the root of 256^level leaves beginning at (256*index + place) * 256^level. A stored hash never
  changes, so a proof for an old size may be read from tiles that have grown since.
* Verification says yes or no and never raises: a proof of any other length than the exact one, a hash that is not 32
  bytes, a place that is not a whole number (true and 1.0 are none) in [0, size): no. From size 0 nothing is consistent.
* Pure: nothing here knows a database, a file or a clock. O(log size) hashes read for a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

HASH_LENGTH = 32
TILE_HEIGHT = 8
TILE_WIDTH = 2**TILE_HEIGHT
LARGEST_SIZE = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()

ReadTile = Callable[[int, int], bytes]
"""(level, index) -> the hashes of that tile one after another, at most 256; empty for a tile that is not there."""


class MissingHashes(Exception):
    """The tiles do not hold what a tree of that size has: the store is damaged, or smaller than claimed."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The whole of one tile after a change: *data* replaces what stood at (*level*, *index*)."""

    level: int
    index: int
    data: bytes

    @property
    def width(self) -> int:
        """How many hashes it holds, 1 to 256."""
        return len(self.data) // HASH_LENGTH


class Appended(NamedTuple):
    """The tree after an append: its *size*, its *root*, and every tile that is new or has grown."""

    size: int
    root: bytes
    tiles: tuple[Tile, ...]


# -- hashing --------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of the leaf holding *entry* (RFC 6962, 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two 32-byte hashes (RFC 6962, 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over *leaf_hashes*, in order, in logarithmic memory."""
    edge: list[bytes] = []
    for count, leaf in enumerate(leaf_hashes):
        hashed, rest = leaf, count
        while rest & 1:
            hashed, rest = node_hash(edge.pop(), hashed), rest >> 1
        edge.append(hashed)
    return _folded(edge)


# -- reading --------------------------------------------------------------------------------------------


def root(read_tile: ReadTile, size: int) -> bytes:
    """Return the root of the first *size* leaves. Raises MissingHashes, ValueError for a size that is none."""
    _demand(_whole(size) and size >= 0, "a size is a whole number")
    return _range_hash(_remembered(read_tile), 0, size) if size else EMPTY_ROOT


def inclusion_proof(read_tile: ReadTile, index: int, size: int) -> list[bytes]:
    """Return the path from leaf *index* to the root of *size* leaves (RFC 6962, 2.1.1), nearest sibling first.

    Raises ValueError unless 0 <= index < size, and MissingHashes.
    """
    _demand(_whole(index) and _whole(size) and 0 <= index < size, "a leaf lies inside its tree")
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    read = _remembered(read_tile)
    return [_range_hash(read, *one) for one in reversed(ranges)]


def consistency_proof(read_tile: ReadTile, size1: int, size2: int) -> list[bytes]:
    """Return the proof that *size2* leaves begin with the *size1* (RFC 6962, 2.1.2); empty for equal sizes.

    Raises ValueError unless 1 <= size1 <= size2, and MissingHashes.
    """
    _demand(
        _whole(size1) and _whole(size2) and 1 <= size1 <= size2, "a tree only grows, and from one leaf on"
    )
    ranges, low, high = [], 0, size2
    while size1 < high:
        middle = low + _split(high - low)
        if size1 <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low > 0:
        ranges.append((low, high))
    read = _remembered(read_tile)
    return [_range_hash(read, *one) for one in reversed(ranges)]


# -- writing --------------------------------------------------------------------------------------------


def append(size: int, read_tile: ReadTile, leaf_hashes: Sequence[bytes]) -> Appended:
    """Return the tree of *size* leaves grown by *leaf_hashes*, with the tiles to write.

    *read_tile* need only answer for the right edge: the last, unfilled tile of each level and, for the root, nothing
    more. Writes nothing itself. Raises ValueError for hashes that are not 32 bytes, MissingHashes for a damaged edge.
    """
    _demand(_whole(size) and size >= 0, "a size is a whole number")
    _demand(all(len(one) == HASH_LENGTH for one in leaf_hashes), f"a hash has {HASH_LENGTH} bytes")
    read = _remembered(read_tile)
    changed: dict[tuple[int, int], bytes] = {}
    level, held, fresh = 0, size, b"".join(leaf_hashes)
    while fresh:
        index, width = divmod(held, TILE_WIDTH)
        data = _slice(read(level, index), 0, width) + fresh if width else fresh
        full = TILE_WIDTH * HASH_LENGTH
        tiles = [data[at : at + full] for at in range(0, len(data), full)]
        for place, tile in enumerate(tiles, index):
            changed[level, place] = tile
        fresh = b"".join(_perfect(tile) for tile in tiles if len(tile) == full)
        level, held = level + 1, index

    def grown(level: int, index: int) -> bytes:
        return changed.get((level, index)) or read(level, index)

    after = size + len(leaf_hashes)
    written = tuple(Tile(level, index, data) for (level, index), data in changed.items())
    return Appended(after, _range_hash(grown, 0, after) if after else EMPTY_ROOT, written)


# -- verifying ------------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether *proof* leads from the leaf hash *leaf* at *index* to *root* of *size* leaves (RFC 9162, 2.1.3.2)."""
    if not (_whole(index) and _whole(size) and 0 <= index < size <= LARGEST_SIZE):
        return False
    if not (_hashes(proof) and _hashes((leaf, root))):
        return False
    here, last, hashed = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            hashed = node_hash(one, hashed)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            hashed = node_hash(hashed, one)
        here, last = here >> 1, last >> 1
    return last == 0 and hashed == root


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> bool:
    """Say whether *proof* shows that the tree (*size2*, *root2*) begins with (*size1*, *root1*) (RFC 9162, 2.1.4.2)."""
    if not (_whole(size1) and _whole(size2) and 1 <= size1 <= size2 <= LARGEST_SIZE):
        return False
    if size1 == size2:
        return _hashes(proof) and not proof and isinstance(root1, bytes) and root1 == root2
    if not (_hashes(proof) and _hashes((root1, root2))):
        return False
    # the old tree, when perfect, is itself the first hash and is not repeated in the proof
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not path:
        return False
    here, last = size1 - 1, size2 - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, one)
        here, last = here >> 1, last >> 1
    return last == 0 and old == root1 and new == root2


# -- inside ---------------------------------------------------------------------------------------------


def _whole(value: object) -> bool:
    return type(value) is int


def _hashes(values: object) -> bool:
    return isinstance(values, (list, tuple)) and all(
        isinstance(one, bytes) and len(one) == HASH_LENGTH for one in values
    )


def _demand(held: bool, why: str) -> None:
    if not held:
        raise ValueError(why)


def _split(count: int) -> int:
    """Return the largest power of two below *count* (at least 2)."""
    return 1 << (count - 1).bit_length() - 1


def _folded(edge: list[bytes]) -> bytes:
    """Return the root over perfect subtrees, largest first."""
    if not edge:
        return EMPTY_ROOT
    hashed = edge[-1]
    for left in reversed(edge[:-1]):
        hashed = node_hash(left, hashed)
    return hashed


def _remembered(read_tile: ReadTile) -> ReadTile:
    """Return a reader that asks for each tile once: siblings mostly lie in the same one."""
    seen: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        place = (level, index)
        if place not in seen:
            seen[place] = read_tile(level, index)
        return seen[place]

    return read


def _range_hash(read: ReadTile, start: int, end: int) -> bytes:
    """Return the root over leaves [start, end), where *start* is where a subtree that large begins."""
    edge = []
    while start < end:
        height = (end - start).bit_length() - 1
        edge.append(_perfect_hash(read, height, start >> height))
        start += 1 << height
    return _folded(edge)


def _perfect_hash(read: ReadTile, height: int, index: int) -> bytes:
    """Return the hash of the perfect subtree *index* of 2^height leaves."""
    level, above = divmod(height, TILE_HEIGHT)
    tile, place = divmod(index << above, TILE_WIDTH)
    return _perfect(_slice(read(level, tile), place, place + (1 << above)))


def _perfect(hashes: bytes) -> bytes:
    """Return the root over a power of two of hashes laid end to end."""
    while len(hashes) > HASH_LENGTH:
        pair = 2 * HASH_LENGTH
        hashes = b"".join(
            sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)
        )
    return hashes


def _slice(data: bytes, start: int, end: int) -> bytes:
    found = data[start * HASH_LENGTH : end * HASH_LENGTH]
    if len(found) != (end - start) * HASH_LENGTH:
        raise MissingHashes(f"hashes {start} to {end} of a tile are not all there")
    return found
