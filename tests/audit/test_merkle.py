"""The tree against its plain definition, the published vectors, and forgeries that must not pass."""

from __future__ import annotations

import json
import random
from base64 import b64decode
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from decision_engine.audit import merkle

UPTO = 130
LEAVES = [merkle.leaf_hash(f"entry {number}".encode()) for number in range(600)]


# -- the plain definition: RFC 6962 sections 2.1, 2.1.1 and 2.1.2, word for word ---------------------------


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


@cache
def mth(start: int, end: int) -> bytes:
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    k = start + split(end - start)
    return sha256(b"\x01" + mth(start, k) + mth(k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    k = split(end - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


# -- a tree in memory ---------------------------------------------------------------------------------


class Tiles(dict[tuple[int, int], bytes]):
    """What a table of tiles answers."""

    def read(self, level: int, index: int) -> bytes:
        return self.get((level, index), b"")

    def write(self, tiles: tuple[merkle.Tile, ...]) -> None:
        self.update({(one.level, one.index): one.data for one in tiles})


def grown(*steps: int) -> Tiles:
    tiles, size = Tiles(), 0
    for step in steps:
        done = merkle.append(size, tiles.read, LEAVES[size : size + step])
        tiles.write(done.tiles)
        size = done.size
    return tiles


@pytest.fixture(scope="module")
def tiles() -> Tiles:
    return grown(len(LEAVES))


# -- the tree -------------------------------------------------------------------------------------------


def test_hashes_are_those_of_the_rfc():
    assert merkle.leaf_hash(b"x") == sha256(b"\x00x").digest()
    assert merkle.node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    assert mth(0, 0) == merkle.EMPTY_ROOT


def test_roots_of_every_size_up_to_600(tiles: Tiles):
    for size in range(len(LEAVES) + 1):
        assert merkle.root_of(LEAVES[:size]) == mth(0, size)
        assert merkle.root(tiles.read, size) == mth(0, size)


def test_every_inclusion_proof_up_to_130(tiles: Tiles):
    for size in range(1, UPTO + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(tiles.read, index, size)
            assert proof == path(index, 0, size)
            assert merkle.verify_inclusion(LEAVES[index], index, size, proof, mth(0, size))


def test_every_consistency_proof_up_to_130(tiles: Tiles):
    for size2 in range(1, UPTO + 1):
        for size1 in range(1, size2 + 1):
            proof = merkle.consistency_proof(tiles.read, size1, size2)
            assert proof == subproof(size1, 0, size2, True)
            assert merkle.verify_consistency(size1, size2, proof, mth(0, size1), mth(0, size2))


def test_proofs_across_tile_borders(tiles: Tiles):
    for size in (255, 256, 257, 511, 512, 513, 600):
        for index in (0, 1, 254, 255, 256, 257, 510, 511, 512, size - 1):
            if index < size:
                assert merkle.inclusion_proof(tiles.read, index, size) == path(index, 0, size)
            if index > 0:
                size1 = min(index, size)
                assert merkle.consistency_proof(tiles.read, size1, size) == subproof(size1, 0, size, True)


@pytest.mark.parametrize("seed", range(8))
def test_appending_in_any_portions_gives_the_same_tiles(tiles: Tiles, seed: int):
    chance = random.Random(seed)
    steps, left = [], len(LEAVES)
    while left:
        steps.append(min(left, chance.choice((1, 2, 7, 100, 255, 256, 257))))
        left -= steps[-1]
    assert grown(*steps) == tiles
    assert grown(0, len(LEAVES), 0) == tiles


def test_append_says_exactly_what_changed():
    before = grown(255)
    done = merkle.append(255, before.read, LEAVES[255:258])
    assert [(one.level, one.index, one.width) for one in done.tiles] == [(0, 0, 256), (0, 1, 2), (1, 0, 1)]
    assert (done.size, done.root) == (258, mth(0, 258))
    assert merkle.append(0, Tiles().read, []) == (0, merkle.EMPTY_ROOT, ())


def test_append_at_a_million_reads_only_the_edge():
    size, asked = 1_000_001, []

    def read(level: int, index: int) -> bytes:
        asked.append((level, index))
        return bytes(32 * min(256, (size >> 8 * level) - 256 * index))

    merkle.append(size, read, LEAVES[:3])
    assert sorted(asked) == [(0, 3906), (1, 15), (2, 0)]


def test_a_store_that_lost_hashes_is_not_papered_over(tiles: Tiles):
    for lost in ((0, 2), (1, 0)):
        damaged = Tiles({place: data for place, data in tiles.items() if place != lost})
        with pytest.raises(merkle.MissingHashes):
            merkle.root(damaged.read, len(LEAVES))
    damaged = Tiles({place: data for place, data in tiles.items() if place != (0, 1)})
    with pytest.raises(merkle.MissingHashes):
        merkle.inclusion_proof(damaged.read, 300, len(LEAVES))
    cut = Tiles(tiles) | {(0, 2): tiles[0, 2][:-1]}
    with pytest.raises(merkle.MissingHashes):
        merkle.append(len(LEAVES), Tiles(cut).read, LEAVES[:1])


# -- the published vectors --------------------------------------------------------------------------------

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rfc6962.json").read_bytes())


def hashes(values: list[str] | None) -> list[bytes]:
    return [b64decode(one) for one in values or ()]


def test_all_98_published_inclusion_vectors():
    wrong = [
        one
        for one in VECTORS["inclusion"]
        if merkle.verify_inclusion(
            b64decode(one["leafHash"]),
            one["leafIdx"],
            one["treeSize"],
            hashes(one["proof"]),
            b64decode(one["root"]),
        )
        is one["wantErr"]
    ]
    assert (len(VECTORS["inclusion"]), wrong) == (98, [])


def test_all_98_published_consistency_vectors():
    wrong = [
        one
        for one in VECTORS["consistency"]
        if merkle.verify_consistency(
            one["size1"],
            one["size2"],
            hashes(one["proof"]),
            b64decode(one["root1"]),
            b64decode(one["root2"]),
        )
        is one["wantErr"]
    ]
    assert (len(VECTORS["consistency"]), wrong) == (98, [])


def test_the_eight_reference_roots():
    leaves = [merkle.leaf_hash(bytes.fromhex(one)) for one in VECTORS["reference"]["leaves"]]
    roots = [bytes.fromhex(one) for one in VECTORS["reference"]["roots"]]
    assert len(roots) == 8
    for size, expected in enumerate(roots, 1):
        assert merkle.root_of(leaves[:size]) == expected
        assert merkle.append(0, Tiles().read, leaves[:size]).root == expected


# -- what must not pass ---------------------------------------------------------------------------------

NO_PLACES = [-1, True, False, 1.0, 2**64, "1", None]


@pytest.mark.parametrize("wrong", NO_PLACES, ids=repr)
def test_a_place_that_is_no_whole_number_is_refused(tiles: Tiles, wrong: object):
    proof, whole = merkle.inclusion_proof(tiles.read, 1, 2), mth(0, 2)
    assert not merkle.verify_inclusion(LEAVES[1], wrong, 2, proof, whole)  # type: ignore[arg-type]
    assert not merkle.verify_inclusion(LEAVES[0], 0, wrong, [], LEAVES[0])  # type: ignore[arg-type]
    assert not merkle.verify_consistency(wrong, 2, [LEAVES[1]], LEAVES[0], whole)  # type: ignore[arg-type]
    assert not merkle.verify_consistency(1, wrong, [], LEAVES[0], LEAVES[0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"inside|whole"):
        merkle.inclusion_proof(tiles.read, wrong, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="grows"):
        merkle.consistency_proof(tiles.read, wrong, 1)  # type: ignore[arg-type]


def test_from_nothing_nothing_is_consistent(tiles: Tiles):
    for size2 in (0, 1, 5):
        assert not merkle.verify_consistency(0, size2, [], merkle.EMPTY_ROOT, mth(0, size2))
    with pytest.raises(ValueError, match="grows"):
        merkle.consistency_proof(tiles.read, 0, 5)


def test_hashes_of_another_kind_are_refused():
    whole = mth(0, 2)
    for wrong in (LEAVES[1][:31], LEAVES[1] + b"\0", LEAVES[1].hex(), None, bytearray(LEAVES[1])):
        assert not merkle.verify_inclusion(LEAVES[0], 0, 2, [wrong], whole)  # type: ignore[list-item]
        assert not merkle.verify_inclusion(wrong, 0, 1, [], wrong)  # type: ignore[arg-type]
    for proof in (None, LEAVES[1], {0: LEAVES[1]}, "x"):
        assert not merkle.verify_inclusion(LEAVES[0], 0, 2, proof, whole)  # type: ignore[arg-type]
        assert not merkle.verify_consistency(1, 2, proof, LEAVES[0], whole)  # type: ignore[arg-type]


def test_every_flipped_bit_removed_added_and_swapped_hash_is_found(tiles: Tiles):
    """All forgeries of one change for trees up to 20: none passes; the honest one, checked beside, does."""
    passed, tried = 0, 0
    for size in range(1, 21):
        whole = mth(0, size)
        for index in range(size):
            honest = merkle.inclusion_proof(tiles.read, index, size)
            assert merkle.verify_inclusion(LEAVES[index], index, size, honest, whole)
            for forged in _forgeries(honest):
                passed += merkle.verify_inclusion(LEAVES[index], index, size, forged, whole)
                tried += 1
            passed += sum(
                merkle.verify_inclusion(LEAVES[index], other, size, honest, whole)
                for other in range(size)
                if other != index
            )
        for size1 in range(1, size + 1):
            honest = merkle.consistency_proof(tiles.read, size1, size)
            assert merkle.verify_consistency(size1, size, honest, mth(0, size1), whole)
            for forged in _forgeries(honest):
                passed += merkle.verify_consistency(size1, size, forged, mth(0, size1), whole)
                tried += 1
            if size1 != size:
                passed += merkle.verify_consistency(size1, size, honest, whole, mth(0, size1))
                passed += merkle.verify_consistency(size1, size, honest, LEAVES[-1], whole)
                passed += merkle.verify_consistency(size1, size, honest, mth(0, size1), LEAVES[-1])
    assert tried > 5000
    assert passed == 0


def test_a_careless_verifier_is_caught_by_these_forgeries():
    """The control of the test above: one that ignores surplus hashes would let a forgery pass."""

    def careless(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
        needed = len(path(index, 0, size))
        return merkle.verify_inclusion(leaf, index, size, proof[:needed], root)

    honest = path(3, 0, 7)
    assert any(careless(LEAVES[3], 3, 7, forged, mth(0, 7)) for forged in _forgeries(honest))


def _forgeries(proof: list[bytes]) -> list[list[bytes]]:
    other = LEAVES[-1]
    forged = [[*proof[:at], other, *proof[at:]] for at in range(len(proof) + 1)]
    forged += [[*proof[:at], *proof[at + 1 :]] for at in range(len(proof))]
    forged += [
        [*proof[:at], bytes([one[0] ^ 1 << at % 8, *one[1:]]), *proof[at + 1 :]]
        for at, one in enumerate(proof)
    ]
    forged += [[*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]] for at in range(len(proof) - 1)]
    return [one for one in forged if one != proof]
