#!/usr/bin/env python3
"""Check the evidence bundle of one decision, offline: `python verify.py BUNDLE [--policy FILE]`.

One file, Python 3.9 or newer, nothing to install, nothing of the system that wrote the bundle. What is checked and
how every byte is laid out is told in FORMAT.md ("Bundle"). Exit codes: 0 nothing found, 1 findings, 2 not a bundle.

Guarantees
* Whatever the file holds, the answer comes in bounded time and memory and never as a crash; nothing is written,
  unpacked or fetched.
* The same file and arguments give the same words.
* Each finding names its place; what could not be checked is said and never counted as good.
* What is odd and disproves nothing (a clock that stepped back, an earlier checkpoint without its witnesses) is a
  remark, and the verdict is no plain "ok" then.
* What is trusted comes from outside (`--policy`, `--log`, `--checkpoint`, `--receipt`). Without it the bundle only
  proves that it agrees with itself, and the verdict says so.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import bisect
import hashlib
import json
import re
import struct
import sys
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any
from xml.etree import ElementTree as ET

MAX_FILE = 256 * 1024 * 1024
MAX_ENTRIES = 20_000
MAX_DEPTH = 64
MAX_FINDINGS = 200
MAX_PROOF = 64
MAX_NOTE = 1024 * 1024
MAX_SIGNATURES = 100
MAX_XML = 2 * 1024 * 1024
MAX_NESTED = 256  # elements within elements
MAX_DEPLOYMENT = 8 * 1024 * 1024
LARGEST = 2**53 - 1
SLACK = 60_000  # milliseconds by which clocks of several machines, and who waits for whom, may make times step back
DELAY = 600_000  # milliseconds between an act and the checkpoint around it
DAY = 86_400_000  # milliseconds within which every service is started anew after its key was changed
FIXED = (
    "bundle.json", "events.json", "checkpoint.txt", "checkpoints.txt", "consistency.json", "policy.txt", "keys.json",
    "rules.json", "documents.json", "FORMAT.md", "README.zh.txt", "README.en.txt", "verify.py", "verify.html",
)  # fmt: skip
NAME = re.compile(r"definition/[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}\.bpmn|documents/[0-9a-f]{64}")
HEX = re.compile(r"[0-9a-f]{64}")


class NotABundle(Exception):
    """The file cannot be read as a bundle at all."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class Report:
    """What was found, what could not be checked, and what the bundle is about."""

    def __init__(self) -> None:
        self.findings: list[dict[str, Any]] = []
        self.remarks: list[dict[str, Any]] = []
        self.unchecked: list[dict[str, str]] = []
        self.about: dict[str, Any] = {}
        self.left_out = 0

    def find(
        self,
        kind: str,
        zh: str,
        en: str,
        chain: str | None = None,
        seq: int | None = None,
        interval: Sequence[int] | None = None,
    ) -> None:
        """Note a finding of class *kind* at *chain*/*seq*, or between two tree sizes (*interval*)."""
        if len(self.findings) >= MAX_FINDINGS:
            self.left_out += 1
        else:
            self.findings.append(_placed(kind, zh, en, chain, seq, interval))

    def remark(
        self,
        kind: str,
        zh: str,
        en: str,
        chain: str | None = None,
        seq: int | None = None,
        interval: Sequence[int] | None = None,
    ) -> None:
        """Note what is odd and disproves nothing; beyond the first two hundred it is only said that there are more."""
        if len(self.remarks) < MAX_FINDINGS:
            self.remarks.append(_placed(kind, zh, en, chain, seq, interval))
        else:
            self.cannot("提示过多，未全部列出。", "There are more remarks than are listed.")

    def cannot(self, zh: str, en: str) -> None:
        """Say what could not be checked, once."""
        if len(self.unchecked) < MAX_FINDINGS and {"zh": zh, "en": en} not in self.unchecked:
            self.unchecked.append({"zh": zh, "en": en})

    def verdict(self) -> dict[str, Any]:
        """Return everything as one value, in a fixed order."""
        return {
            "verdict": "findings" if self.findings else "remarks" if self.remarks else "ok",
            "findings": self.findings,
            "left_out": self.left_out,
            "remarks": self.remarks,
            "unchecked": self.unchecked,
            "about": self.about,
        }


def _placed(
    kind: str, zh: str, en: str, chain: str | None, seq: int | None, interval: Sequence[int] | None
) -> dict[str, Any]:
    one: dict[str, Any] = {"class": kind, "chain": chain, "seq": seq, "sentence": {"zh": zh, "en": en}}
    return one if interval is None else {**one, "interval": list(interval)}


# -- reading strictly --------------------------------------------------------------------------------------

_LOCAL, _CENTRAL, _END = (
    struct.Struct("<4sHHHHHIIIHH"),
    struct.Struct("<4sHHHHHHIIIHHHHHII"),
    struct.Struct("<4sHHHHIIH"),
)
_DATE, _ATTRIBUTES = 0x21, 0o600 << 16  # 1 January 1980; a plain file


def read_zip(data: bytes) -> dict[str, bytes]:
    """Return the entries of a ZIP of stored files; every byte must be where and what FORMAT.md says."""
    if len(data) > MAX_FILE:
        raise NotABundle("文件超过 256 MB。", "The file is larger than 256 MB.")
    found: dict[str, bytes] = {}
    places: list[tuple[str, int, int, int]] = []
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        at = _read_entry(data, at, found, places)
    for name, begins, crc, size in places:
        expected = _CENTRAL.pack(
            b"PK\x01\x02",
            0x0314,
            20,
            0,
            0,
            0,
            _DATE,
            crc,
            size,
            size,
            len(name),
            0,
            0,
            0,
            0,
            _ATTRIBUTES,
            begins,
        ) + name.encode("ascii")
        if data[at : at + len(expected)] != expected:
            raise NotABundle(
                f"压缩包目录与内容不符：{name}。", f"The archive's directory does not agree: {name}."
            )
        at += len(expected)
    ends = sum(_CENTRAL.size + len(name) for name, _, _, _ in places)
    if data[at:] != _END.pack(b"PK\x05\x06", 0, 0, len(places), len(places), ends, at - ends, 0):
        raise NotABundle("压缩包结尾不符，或其后另有数据。", "The archive does not end as it must.")
    names = [name for name, _, _, _ in places]
    if names[:1] != ["bundle.json"] or names[1:] != sorted(names[1:]):
        raise NotABundle("证据包文件顺序不符。", "The entries are not in their order.")
    return found


def _read_entry(
    data: bytes, at: int, found: dict[str, bytes], places: list[tuple[str, int, int, int]]
) -> int:
    if len(data) < at + _LOCAL.size or len(places) >= MAX_ENTRIES:
        raise NotABundle("压缩包不完整或文件过多。", "The archive is cut off or holds too many files.")
    _, needed, flags, method, time, date, crc, packed, size, name_length, extra = _LOCAL.unpack_from(data, at)
    if (needed, flags, method, time, date, extra) != (20, 0, 0, 0, _DATE, 0) or packed != size:
        raise NotABundle(
            "只接受不压缩、无附加信息的条目。", "Only stored entries without extras are accepted."
        )
    begins = at + _LOCAL.size + name_length
    ends: int = begins + size
    if ends > len(data) or name_length > 200:
        raise NotABundle("压缩包条目越界。", "An entry reaches beyond the archive.")
    try:
        name = data[at + _LOCAL.size : begins].decode("ascii")
    except UnicodeDecodeError:
        raise NotABundle("条目名称不合规定。", "An entry's name is not allowed.") from None
    if name in found or not (name in FIXED or NAME.fullmatch(name)):
        raise NotABundle(
            f"条目名称不合规定或重复：{name!r}。", f"An entry is not allowed or doubled: {name!r}."
        )
    body = data[begins:ends]
    if zlib.crc32(body) != crc:
        raise NotABundle(f"文件已损坏：{name}。", f"A file is damaged: {name}.")
    found[name] = body
    places.append((name, at, crc, size))
    return ends


def read_json(name: str, data: bytes) -> Any:
    """Return canonical JSON (sorted keys, no spaces, whole numbers) as a value; anything else is refused."""
    refusal = NotABundle(f"{name} 不是规范的 JSON。", f"{name} is not canonical JSON.")
    if _too_deep(data):
        raise refusal
    try:
        value = json.loads(
            data.decode("utf-8"), parse_float=_no_number, parse_constant=_no_number, parse_int=_whole
        )
        written = canonical(value)
    except (ValueError, RecursionError):
        raise refusal from None
    if written != data:
        raise refusal
    return value


def canonical(value: Any) -> bytes:
    """Return *value* as the one way to write it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def _too_deep(data: bytes) -> bool:
    depth = 0
    for match in _BRACKETS.finditer(data):
        sign = match.group()
        if sign in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif sign in (b"]", b"}"):
            depth -= 1
    return False


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _whole(text: str) -> int:
    number = int(text) if len(text) <= 17 else LARGEST + 1
    if abs(number) > LARGEST:
        raise ValueError(text)
    return number


def shaped(value: Any, **fields: Any) -> bool:
    """Say whether *value* is an object with exactly *fields*, each of its type; a truth value is no number."""
    return (
        isinstance(value, dict)
        and set(value) == set(fields)
        and all(
            any(type(value[name]) is kind for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
            for name, kinds in fields.items()
        )
    )


def unbase64(text: Any, length: int | None = None) -> bytes | None:
    """Return what standard base64 says, None where it is not written in the one way or has another length."""
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
    if base64.b64encode(data).decode("ascii") != text or (length is not None and len(data) != length):
        return None
    return data


def moment(text: Any) -> int | None:
    """Return `2026-04-28T02:30:00.000Z` in milliseconds since 1970."""
    if not isinstance(text, str) or not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text, re.ASCII
    ):
        return None
    try:
        read = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    elapsed = read - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (elapsed.days * 86_400 + elapsed.seconds) * 1000 + elapsed.microseconds // 1000


# -- Ed25519 (RFC 8032, 5.1.7) -------------------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _decode_point(data: bytes) -> Point | None:
    """Return the point encoded in 32 bytes; None where there is none or it is not written canonically."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == -u % _P:
        x = x * _ROOT % _P
    if v * x * x % _P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = f - e, h - g, h + g, f + e
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _double(a: Point) -> Point:
    xx, yy, zz = a[0] * a[0], a[1] * a[1], 2 * a[2] * a[2]
    h = xx + yy
    e = h - (a[0] + a[1]) ** 2
    g = xx - yy
    f = zz + g
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _table(point: Point) -> list[Point]:
    table: list[Point] = [(0, 1, 1, 0)]
    for _ in range(15):
        table.append(_add(table[-1], point))
    return table


_base = _decode_point(((4 * pow(5, _P - 2, _P)) % _P).to_bytes(32, "little"))
if _base is None:  # the standard's own constant; only a damaged copy of this file comes here
    raise SystemExit("damaged verifier")
_BASE = _table(_base)
_keys: dict[bytes, list[Point] | None] = {}


def _key_table(key: bytes) -> list[Point] | None:
    """Return multiples of minus the public key; None for no point and for points of small order."""
    if key not in _keys:
        point = _decode_point(key)
        table = None
        if point is not None:
            eight = _double(_double(_double(point)))
            if eight[0] % _P or (eight[1] - eight[2]) % _P:
                table = _table((_P - point[0], point[1], 1, _P - point[3]))
        if len(_keys) < 1000:
            _keys[key] = table
        return table
    return _keys[key]


def ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify strictly: canonical S, canonical points, no key of small order, equation without cofactor."""
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    table = _key_table(key)
    if s >= _L or table is None or _decode_point(signature[:32]) is None:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    sum_: Point = (0, 1, 1, 0)
    for shift in range(252, -4, -4):
        sum_ = _double(_double(_double(_double(sum_))))
        if s >> shift & 15:
            sum_ = _add(sum_, _BASE[s >> shift & 15])
        if k >> shift & 15:
            sum_ = _add(sum_, table[k >> shift & 15])
    inverse = pow(sum_[2], _P - 2, _P)
    x, y = sum_[0] * inverse % _P, sum_[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# -- ML-DSA-44 (FIPS 204, algorithm 3 and 8) -----------------------------------------------------------------

_Q, _DROPPED, _TAU, _GAMMA1, _GAMMA2, _BETA, _OMEGA, _K = 8380417, 13, 39, 2**17, 95232, 78, 80, 4
Poly = list[int]


def _zetas() -> list[int]:
    return [pow(1753, int(f"{i:08b}"[::-1], 2), _Q) for i in range(256)]


_ZETAS = _zetas()


def _ntt(poly: Poly) -> Poly:
    w, m, length = list(poly), 0, 128
    while length:
        for start in range(0, 256, 2 * length):
            m += 1
            z = _ZETAS[m]
            for j in range(start, start + length):
                t = z * w[j + length] % _Q
                w[j + length] = (w[j] - t) % _Q
                w[j] = (w[j] + t) % _Q
        length //= 2
    return w


def _back(poly: Poly) -> Poly:
    w, m, length = list(poly), 256, 1
    while length < 256:
        for start in range(0, 256, 2 * length):
            m -= 1
            z = -_ZETAS[m]
            for j in range(start, start + length):
                t = w[j]
                w[j] = (t + w[j + length]) % _Q
                w[j + length] = z * (t - w[j + length]) % _Q
        length *= 2
    return [x * 8347681 % _Q for x in w]


def _matrix_entry(rho: bytes, row: int, column: int) -> Poly:
    stream = hashlib.shake_128(rho + bytes((column, row))).digest(1344)
    out: Poly = []
    at = 0
    while len(out) < 256:
        if at + 3 > len(stream):  # two in a million
            stream = hashlib.shake_128(rho + bytes((column, row))).digest(len(stream) + 336)
        value = stream[at] | stream[at + 1] << 8 | (stream[at + 2] & 127) << 16
        at += 3
        if value < _Q:
            out.append(value)
    return out


def _ball(seed: bytes) -> Poly:
    stream = hashlib.shake_256(seed).digest(1024)
    signs, at = int.from_bytes(stream[:8], "little"), 8
    out = [0] * 256
    for i in range(256 - _TAU, 256):
        while stream[at] > i:
            at += 1
        j = stream[at]
        at += 1
        out[i] = out[j]
        out[j] = -1 if signs & 1 else 1
        signs >>= 1
    return out


def _bits(data: bytes, width: int) -> Poly:
    number = int.from_bytes(data, "little")
    mask = (1 << width) - 1
    return [number >> at & mask for at in range(0, 256 * width, width)]


def _hints(data: bytes) -> list[set[int]] | None:
    """Return the places of the hints; None where they are not written in the one way (algorithm 21)."""
    found: list[set[int]] = []
    index = 0
    for i in range(_K):
        end = data[_OMEGA + i]
        places = list(data[index:end])
        if end < index or end > _OMEGA or any(a >= b for a, b in zip(places, places[1:])):
            return None
        found.append(set(places))
        index = end
    return None if any(data[index:_OMEGA]) else found


def _use_hint(value: int, hinted: bool) -> int:
    low = value % (2 * _GAMMA2)
    if low > _GAMMA2:
        low -= 2 * _GAMMA2
    if value - low == _Q - 1:
        high, low = 0, low - 1
    else:
        high = (value - low) // (2 * _GAMMA2)
    if not hinted:
        return high
    return (high + 1) % 44 if low > 0 else (high - 1) % 44


_expanded: dict[bytes, tuple[list[list[Poly]], list[Poly], bytes]] = {}


def _expand(key: bytes) -> tuple[list[list[Poly]], list[Poly], bytes]:
    if key not in _expanded:
        matrix = [[_matrix_entry(key[:32], i, j) for j in range(_K)] for i in range(_K)]
        rows = [_bits(key[32 + 320 * i : 352 + 320 * i], 10) for i in range(_K)]
        t1 = [_ntt([(x << _DROPPED) % _Q for x in row]) for row in rows]
        if len(_expanded) >= 64:
            return matrix, t1, hashlib.shake_256(key).digest(64)
        _expanded[key] = (matrix, t1, hashlib.shake_256(key).digest(64))
    return _expanded[key]


def ml_dsa_44(key: bytes, message: bytes, signature: bytes) -> bool:
    """Verify a pure ML-DSA-44 signature with the empty context."""
    if len(key) != 1312 or len(signature) != 2420:
        return False
    z = [[_GAMMA1 - x for x in _bits(signature[32 + 576 * i : 608 + 576 * i], 18)] for i in range(_K)]
    hints = _hints(signature[2336:])
    if hints is None or any(abs(x) >= _GAMMA1 - _BETA for poly in z for x in poly):
        return False
    matrix, t1, tr = _expand(key)
    mu = hashlib.shake_256(tr + b"\0\0" + message).digest(64)
    c = _ntt(_ball(signature[:32]))
    z_hat = [_ntt(poly) for poly in z]
    packed = b""
    for i in range(_K):
        row = matrix[i]
        w = _back(
            [
                (row[0][n] * z_hat[0][n] + row[1][n] * z_hat[1][n] + row[2][n] * z_hat[2][n] + row[3][n] * z_hat[3][n]
                 - c[n] * t1[i][n]) % _Q
                for n in range(256)
            ]
        )  # fmt: skip
        number = 0
        for n in range(255, -1, -1):
            number = number << 6 | _use_hint(w[n], n in hints[i])
        packed += number.to_bytes(192, "little")
    return hashlib.shake_256(mu + packed).digest(32) == signature[:32]


# -- the tree (RFC 6962, RFC 9162 2.1) -----------------------------------------------------------------------


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + body).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _is_proof(proof: Any) -> bool:
    return (
        isinstance(proof, list)
        and len(proof) <= MAX_PROOF
        and all(isinstance(one, bytes) and len(one) == 32 for one in proof)
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def included(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether *proof* shows that *leaf* (a hash) is number *index* of the tree of *size* with *root*."""
    if not (_is_count(index) and _is_count(size)) or index >= size or not _is_proof(proof) or len(leaf) != 32:
        return False
    fn, sn, running = index, size - 1, leaf
    for one in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            running = _node(one, running)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            running = _node(running, one)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and running == root


def consistent(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> bool:
    """Say whether *proof* shows that the tree of *size2* only adds to that of *size1*; size 0 shows nothing."""
    if not (_is_count(size1) and _is_count(size2)) or not 0 < size1 <= size2 or not _is_proof(proof):
        return False
    if size1 == size2:
        return not proof and root1 == root2
    if not proof:
        return False
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for one in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = _node(one, first), _node(one, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = _node(second, one)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == root1 and second == root2


# -- signed notes and the policy (C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-policy) -----------


class Key:
    """A verifier key: *kind* is 1 (Ed25519 note), 4 (Ed25519 cosignature) or 6 (ML-DSA-44 cosignature)."""

    def __init__(self, text: str) -> None:
        name, _, rest = text.partition("+")
        number, _, encoded = rest.partition("+")
        data = unbase64(encoded)
        if not name or not re.fullmatch("[0-9a-f]{8}", number) or not data or re.search(r"\s", name):
            raise ValueError("no verifier key")
        self.name, self.id, self.kind, self.public = name, bytes.fromhex(number), data[0], data[1:]
        if hashlib.sha256(name.encode() + b"\n" + data).digest()[:4] != self.id:
            raise ValueError("the key's number is not its own")
        if self.kind not in (1, 4, 6) or len(self.public) != (1312 if self.kind == 6 else 32):
            raise ValueError("a kind of key that is not known")


class Policy:
    """Whose signatures count: logs, witnesses by name, groups, and the quorum."""

    def __init__(self, text: str) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
            raise ValueError("a character that is not allowed")
        for line in text.split("\n"):
            words = [word for word in re.split("[ \t]+", line) if word]
            if words and not words[0].startswith("#"):
                self._read(words)
        if self.quorum is None:
            raise ValueError("no quorum line")
        if len({key.public for key in self.logs}) != len(self.logs):
            raise ValueError("a log twice")
        if len({key.public for key in self.witnesses.values()}) != len(self.witnesses):
            raise ValueError("a witness twice")

    def _read(self, words: list[str]) -> None:
        if words[0] == "log" and len(words) in (2, 3):
            self.logs.append(Key(words[1]))
        elif words[0] == "witness" and len(words) in (3, 4):
            self._new(words[1])
            self.witnesses[words[1]] = Key(words[2])
            if self.witnesses[words[1]].kind == 1:
                raise ValueError("a witness cosigns")
        elif words[0] == "group" and len(words) >= 4:
            self._group(words[1], words[2], words[3:])
        elif words[0] == "quorum" and len(words) == 2 and self.quorum is None:
            if words[1] != "none" and words[1] not in self.witnesses and words[1] not in self.groups:
                raise ValueError("a quorum of nobody")
            self.quorum = words[1]
        else:
            raise ValueError("a line that is not understood")

    def _new(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise ValueError("a name twice")

    def _group(self, name: str, many: str, members: list[str]) -> None:
        self._new(name)
        for member in members:
            if member in self._members or (member not in self.witnesses and member not in self.groups):
                raise ValueError("a member that is not known, or is already one elsewhere")
            self._members.add(member)
        if many not in ("any", "all") and not re.fullmatch("[1-9][0-9]{0,3}", many):
            raise ValueError("how many?")
        least = 1 if many == "any" else len(members) if many == "all" else int(many)
        if not 1 <= least <= len(members):
            raise ValueError("more than there are")
        self.groups[name] = (least, members)

    def satisfied(self, seen: set[str]) -> bool:
        """Say whether the witnesses *seen* make the quorum."""
        held = set(seen)
        for name, (least, members) in self.groups.items():
            if sum(member in held for member in members) >= least:
                held.add(name)
        return self.quorum == "none" or self.quorum in held


class Note:
    """A checkpoint with its signature lines. Raises ValueError for what is none."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("utf-8")
        body, gap, lines = text.rpartition("\n\n")
        if (
            len(data) > MAX_NOTE
            or not gap
            or re.search(r"[\x00-\x09\x0b-\x1f]", text)
            or not text.endswith("\n")
        ):
            raise ValueError("no signed note")
        self.text = (body + "\n").encode()
        parts = self.text.decode().split("\n")
        if len(parts) != 4 or not parts[0] or not re.fullmatch("0|[1-9][0-9]{0,15}", parts[1], re.ASCII):
            raise ValueError("no checkpoint")
        root = unbase64(parts[2], 32)
        if root is None or int(parts[1]) > LARGEST:
            raise ValueError("no checkpoint")
        self.origin, self.size, self.root = parts[0], int(parts[1]), root
        self.signatures: list[tuple[str, bytes, bytes]] = []
        for line in lines[:-1].split("\n"):
            match = re.fullmatch("— ([^ +]+) ([A-Za-z0-9+/=]+)", line)
            blob = unbase64(match[2]) if match else None
            if match is None or blob is None or len(blob) < 5 or len(self.signatures) >= MAX_SIGNATURES:
                raise ValueError("no signature line")
            self.signatures.append((match[1], blob[:4], blob[4:]))
        self.times: list[int] = []  # milliseconds, of verified lines only


def _signed_at(key: Key, note: Note, blob: bytes) -> int | None:
    """Return the time of a signature in milliseconds (0: it tells none); None where it is not valid."""
    if key.kind == 1:
        return 0 if ed25519(key.public, note.text, blob) else None
    if len(blob) < 8:
        return None
    time = int.from_bytes(blob[:8], "big")
    if time > LARGEST // 1000:
        return None
    if key.kind == 4:
        message = b"cosignature/v1\ntime %d\n" % time + note.text
        return time * 1000 if ed25519(key.public, message, blob[8:]) else None
    name, origin = key.name.encode(), note.origin.encode()
    message = (
        b"subtree/v1\n\0" + bytes([len(name) & 255]) + name + blob[:8] + bytes([len(origin) & 255]) + origin
        + struct.pack(">QQ", 0, note.size) + note.root
    )  # fmt: skip
    valid = max(len(name), len(origin)) < 256 and ml_dsa_44(key.public, message, blob[8:])
    return time * 1000 if valid else None


def check_note(report: Report, policy: Policy, note: Note, before: int, *, newest: bool) -> None:
    """Hold the signatures of *note* against *policy*; *newest*: the quorum must have cosigned it.

    *before* is the size of the checkpoint before it. An earlier one without its quorum disproves nothing, since the
    newest continues it and anybody may leave a witness's line away; but that it was witnessed is not shown then.
    """
    between = (before, note.size)
    logs: set[int] = set()
    seen: set[str] = set()
    trusted = [("", key) for key in policy.logs] + list(policy.witnesses.items())
    for name, number, blob in note.signatures:
        if not any((key.name, key.id) == (name, number) for _, key in trusted):
            report.cannot(
                f"检查点 {note.size} 上 {name} 的签名不在信任文件中，未核对。",
                f"A signature of {name} on checkpoint {note.size} is of no key in the policy: it is passed over.",
            )
        for witness, key in trusted:
            if (key.name, key.id) != (name, number):
                continue
            time = _signed_at(key, note, blob)
            if time is None:
                report.find(
                    "note",
                    f"检查点 {note.size} 上 {name} 的签名无效。",
                    f"The signature of {name} on checkpoint {note.size} is not valid.",
                    interval=between,
                )
                continue
            note.times += [time] if time else []
            if witness:
                seen.add(witness)
            elif name == note.origin:
                logs.add(key.kind)
    _check_signers(report, policy, note, logs, between)
    _remark_signers(report, policy, note, seen, between)
    if newest:
        report.about["witnesses"] = sorted(seen)
        if not policy.satisfied(seen):
            report.find(
                "quorum",
                f"检查点 {note.size} 的见证人不足法定数。",
                f"Too few witnesses cosigned checkpoint {note.size}.",
                interval=between,
            )
    elif not policy.satisfied(seen):
        report.remark(
            "unwitnessed",
            f"较早的检查点 {note.size} 的见证人不足法定数：它当时是否已经见证，未得证明。",
            f"Too few witnesses cosigned the earlier checkpoint {note.size}: that it was witnessed then is not shown.",
            interval=between,
        )


def _remark_signers(
    report: Report, policy: Policy, note: Note, seen: set[str], between: tuple[int, int]
) -> None:
    """Name lines that are almost a trusted key's: another key of a witness that is missing here, or a changed line."""
    known = {(key.name, key.id) for key in (*policy.logs, *policy.witnesses.values())}
    numbers = {number for _, number in known}
    missing = {key.name for name, key in policy.witnesses.items() if name not in seen}
    for name, number, _ in note.signatures:
        if (name, number) not in known and (name in missing or number in numbers):
            report.remark(
                "signer",
                f"检查点 {note.size} 上有一行签名，其名称与编号只有一项与信任文件相符：密钥已更换，或该行被改动。",
                f"A line on checkpoint {note.size} has the name or the number of a trusted key, but not both: "
                "another key, or a line that was changed.",
                interval=between,
            )


def _check_signers(
    report: Report, policy: Policy, note: Note, logs: set[int], between: tuple[int, int]
) -> None:
    """The log itself must have signed, by every kind of key that the policy names for it."""
    wanted = {key.kind for key in policy.logs if key.name == note.origin}
    if not wanted & logs:
        report.find(
            "note",
            f"检查点 {note.size} 没有可信日志密钥的有效签名。",
            f"Checkpoint {note.size} carries no valid signature of a trusted log.",
            interval=between,
        )
    elif wanted - logs:
        missing = "ML-DSA-44" if 6 in wanted - logs else "Ed25519"
        report.find(
            "note",
            f"检查点 {note.size} 缺少信任文件所列的 {missing} 签名。",
            f"Checkpoint {note.size} lacks the {missing} signature that the policy names.",
            interval=between,
        )


# -- the diagram and its token game (BPMN 2.0 chapter 13) ------------------------------------------------------

_MODEL, _OURS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}", "{urn:decision-engine:bpmn}"
_TASKS = ("userTask", "manualTask", "task")
_SCOPES = ("subProcess", "callActivity")
_WAITS = ("receiveTask", "intermediateCatchEvent")
_PASSES = (
    "startEvent", "endEvent", "intermediateThrowEvent", "exclusiveGateway", "inclusiveGateway", "parallelGateway",
    "eventBasedGateway",
)  # fmt: skip
_NODES = (*_TASKS, *_SCOPES, *_WAITS, *_PASSES, "boundaryEvent")
MAX_HOPS, MAX_WAYS, MAX_MARKINGS, MAX_GUESS = 20_000, 2_000, 512, 40
MAX_EFFORT = 1_000_000  # of all steps together: moves, and activations looked at or begun


class Node:
    """One element of a diagram."""

    def __init__(self, xml: Any, kind: str, scope: str, names: dict[str, str]) -> None:
        self.id, self.kind, self.scope = xml.get("id", ""), kind, scope
        self.name = " ".join((xml.get("name") or self.id).split())
        self.step = xml.get(_OURS + "step")
        self.default, self.called = xml.get("default"), xml.get("calledElement")
        self.host, self.stops = xml.get("attachedToRef"), xml.get("cancelActivity", "true") == "true"
        self.outgoing: list[str] = []
        self.incoming: list[str] = []
        self.boundaries: list[str] = []
        self.rivals: list[str] = []
        self.event, self.signal, self.times = _event(xml, kind, names)
        if kind == "boundaryEvent" and self.stops:
            self.times = 1
        loop = xml.find(_MODEL + "multiInstanceLoopCharacteristics")
        self.over: str | None = None  # the collection or the number of a multi-instance
        self.is_list = self.sequential = False
        if loop is not None:
            collection = loop.get(_OURS + "collection") or loop.findtext(_MODEL + "loopDataInputRef")
            self.over = (collection or loop.findtext(_MODEL + "loopCardinality") or "1").strip()
            self.is_list, self.sequential = bool(collection), loop.get("isSequential") == "true"

    @property
    def joins(self) -> bool:
        """Whether tokens meet here."""
        return self.kind in ("parallelGateway", "inclusiveGateway") and len(self.incoming) > 1


def _event(xml: Any, kind: str, names: dict[str, str]) -> tuple[str, str | None, int | None]:
    """Return what the event is about, the name of its signal, and how often it may happen (None: for ever)."""
    for child in xml:
        if isinstance(child.tag, str) and child.tag.endswith("EventDefinition"):
            event = child.tag[len(_MODEL) : -len("EventDefinition")]
            cycle = child.findtext(_MODEL + "timeCycle")
            if event == "timer":
                rounds = re.match(r"[\"'\s]*R(\d*)/", cycle) if cycle is not None else None
                return event, None, 1 if rounds is None else int(rounds[1]) if rounds[1] else None
            return event, names.get(child.get(event + "Ref", "")), None
    return ("message" if kind == "receiveTask" else "none"), None, None


class Diagram:
    """All files of one deployment. Raises ValueError for what cannot be read safely."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self.nodes: dict[str, Node] = {}
        self.flows: dict[str, tuple[str, str, Any | None]] = {}  # source, target, condition
        self.starts: dict[str, str] = {}
        self.processes: list[tuple[bool, bool, str]] = []
        self._reach: dict[str, set[str]] = {}
        if sum(map(len, files)) > MAX_DEPLOYMENT:
            raise ValueError("too large")
        hashed = sorted((self._file(_xml(data)), data) for data in files)
        digest = hashlib.sha256()
        for _, data in hashed:
            digest.update(len(data).to_bytes(8, "big") + data)
        self.hash = digest.hexdigest()
        self._wire()

    def _file(self, root: Any) -> str:
        """Read one file and return the id of its first process."""
        names = {
            one.get("id", ""): one.get("name") or one.get("id", "")
            for one in root
            if one.tag in (_MODEL + "message", _MODEL + "signal")
        }
        first = ""
        for process in root:
            if process.tag != _MODEL + "process":
                continue
            first = first or process.get("id", "")
            runs = process.get("isExecutable", "true") == "true"
            self.processes.append((process.get(_OURS + "profile") is None, not runs, process.get("id", "")))
            todo = [(process, process.get("id", ""))]
            while todo:
                inside, scope = todo.pop()
                for xml in inside:
                    kind = xml.tag[len(_MODEL) :] if isinstance(xml.tag, str) else ""
                    if kind == "sequenceFlow":
                        self._flow(xml)
                    elif kind in _NODES:
                        self._node(Node(xml, kind, scope, names))
                        if kind == "subProcess":
                            todo.append((xml, xml.get("id", "")))
        return first

    def _node(self, node: Node) -> None:
        if not node.id or node.id in self.nodes or len(self.nodes) > MAX_HOPS:
            raise ValueError("an id that is missing or used twice")
        self.nodes[node.id] = node
        if node.kind == "startEvent":
            self.starts[node.scope] = node.id

    def _flow(self, xml: Any) -> None:
        text = xml.find(_MODEL + "conditionExpression")
        written = "".join(text.itertext()).strip() if text is not None else ""
        if not xml.get("id") or xml.get("id") in self.flows:
            raise ValueError("an id that is missing or used twice")
        condition = Expression(written).tree if written else None
        self.flows[xml.get("id")] = (xml.get("sourceRef", ""), xml.get("targetRef", ""), condition)

    def _wire(self) -> None:
        for flow, (source, target, _) in self.flows.items():
            if source not in self.nodes or target not in self.nodes or flow in self.nodes:
                raise ValueError("a flow that leads nowhere")
            self.nodes[source].outgoing.append(flow)
            self.nodes[target].incoming.append(flow)
        for node in self.nodes.values():
            if node.kind == "boundaryEvent":
                if node.host not in self.nodes:
                    raise ValueError("an event on nothing")
                self.nodes[node.host].boundaries.append(node.id)
            if node.kind == "eventBasedGateway":
                rivals = [self.flows[flow][1] for flow in node.outgoing]
                for rival in rivals:
                    self.nodes[rival].rivals = rivals
        called = {node.called for node in self.nodes.values() if node.kind == "callActivity"}
        roots = [one for one in self.processes if one[2] not in called] or self.processes
        if not roots:
            raise ValueError("no process")
        self.main = min(roots, key=lambda one: one[:2])[2]

    def reach(self, gateway: str, flow: str) -> set[str]:
        """Return the elements and flows from which a token can come to *flow* without passing *gateway*."""
        if flow not in self._reach:
            found, todo = {flow}, [self.flows[flow][0]]
            while todo:
                name = todo.pop()
                if name in found or name == gateway:
                    continue
                node = self.nodes[name]
                found.update((name, *node.incoming))
                todo += [self.flows[one][0] for one in node.incoming]
                if node.host is not None:
                    todo.append(node.host)
            self._reach[flow] = found
        return self._reach[flow]


def _xml(data: bytes) -> Any:
    """Return the root of an XML file that declares nothing of its own."""
    text = data.decode("utf-8-sig")
    declared = re.match(r"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", text)
    other = declared is not None and declared[1].lower() not in ("utf-8", "utf8", "us-ascii", "ascii")
    if len(data) > MAX_XML or "<!DOCTYPE" in text or "<!ENTITY" in text or other:
        raise ValueError("unsafe XML")
    try:
        root = ET.fromstring(text.encode())  # noqa: S314  no DOCTYPE, no entity, bounded
    except (ET.ParseError, LookupError) as problem:
        raise ValueError("no XML") from problem
    if root.tag != _MODEL + "definitions":
        raise ValueError("no BPMN")
    level, depth = [root], 0
    while level:
        level, depth = [child for one in level for child in one], depth + 1
    if depth > MAX_NESTED:
        raise ValueError("nested too deep")
    return root


# conditions: comparisons of `step.field`, case facts and literals; a missing value satisfies nothing

_WORD = re.compile(
    r"\s*(?:(\"[^\"]*\"|'[^']*')|(-?\d+(?:\.\d+)?(?![\w.]))|([^\W\d]\w*)|(==|!=|<=|>=|<|>|\(|\)|,|\.))"
)
_TRUTH = {"true": True, "True": True, "false": False, "False": False}


class Expression:
    """A condition read into tuples.

    ("or" | "and", parts), ("not", part), ("in", value, items), (sign, left, right), ("is", value).
    """

    def __init__(self, text: str) -> None:
        self.words: list[tuple[str, Any]] = []
        at, text = 0, text.strip()
        if len(text) > 2000:
            raise ValueError("a condition too long")
        while at < len(text):
            match = _WORD.match(text, at)
            if match is None:
                raise ValueError("no condition")
            quoted, number, name, sign = match.groups()
            if quoted:
                self.words.append(("value", quoted[1:-1]))
            elif number:
                self.words.append(("value", float(number) if "." in number else int(number)))
            elif name in _TRUTH:
                self.words.append(("value", _TRUTH[name]))
            else:
                self.words.append(("name" if name else "sign", name or sign))
            at = match.end()
        self.words.append(("end", ""))
        self.at = self.depth = 0
        self.tree = self._any()
        if self.words[self.at][0] != "end":
            raise ValueError("no condition")

    def _take(self, *texts: str) -> str | None:
        kind, text = self.words[self.at]
        if kind in ("name", "sign") and text in texts:
            self.at += 1
            return str(text)
        return None

    def _any(self) -> Any:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else ("or", parts)

    def _all(self) -> Any:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else ("and", parts)

    def _one(self) -> Any:
        self.depth += 1
        if self.depth > 60:
            raise ValueError("a condition too deep")
        try:
            if self._take("not"):
                return ("not", self._one())
            if self._take("("):
                inner = self._any()
                if not self._take(")"):
                    raise ValueError("no condition")
                return inner
            return self._comparison()
        finally:
            self.depth -= 1

    def _comparison(self) -> Any:
        left = self._operand()
        sign = self._take("==", "!=", "<", "<=", ">", ">=")
        if sign:
            return (sign, left, self._operand())
        opposite = self.words[self.at] == ("name", "not") and self._take("not")
        if self._take("in"):
            if not self._take("("):
                raise ValueError("no condition")
            items = [self._operand()]
            while self._take(",") and self.words[self.at] != ("sign", ")"):
                items.append(self._operand())
            if not self._take(")"):
                raise ValueError("no condition")
            return ("not", ("in", left, items)) if opposite else ("in", left, items)
        if opposite:
            raise ValueError("no condition")
        return ("is", left)

    def _operand(self) -> Any:
        kind, value = self.words[self.at]
        self.at += 1
        if kind == "value":
            return ("value", value)
        if kind != "name" or value in ("and", "or", "not", "in"):
            raise ValueError("no condition")
        if not self._take("."):
            return ("name", None, value)
        kind, field = self.words[self.at]
        self.at += 1
        if kind != "name":
            raise ValueError("no condition")
        return ("name", value, field)


class Memory:
    """What was answered, by step; None where it was erased. *facts* are those of the opening."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] | None = {}
        self.answers: dict[str, dict[str, Any] | None] = {}

    def said(self, step: str | None) -> dict[str, Any] | None:
        """Return the answers of *step* (None: the facts)."""
        return self.facts if step is None else self.answers.get(step, {})

    def holds(self, tree: Any) -> bool | None:
        """Return whether a condition was satisfied; None where it reads what is erased."""
        if any(self.said(step) is None for step in _read_by(tree)):
            return None
        return self._truth(tree) is True

    def _value(self, operand: Any) -> Any:
        return operand[1] if operand[0] == "value" else (self.said(operand[1]) or {}).get(operand[2])

    def _truth(self, tree: Any) -> bool | None:
        sign = tree[0]
        if sign in ("and", "or"):
            wanted = sign == "or"
            truths = [self._truth(part) for part in tree[1]]
            return wanted if wanted in truths else None if None in truths else not wanted
        if sign == "not":
            inner = self._truth(tree[1])
            return None if inner is None else not inner
        if sign == "in":
            truths = [_compared("==", self._value(tree[1]), self._value(item)) for item in tree[2]]
            return True if True in truths else None if None in truths else False
        if sign == "is":
            value = self._value(tree[1])
            return value if isinstance(value, bool) else None
        return _compared(sign, self._value(tree[1]), self._value(tree[2]))


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def _compared(sign: str, a: Any, b: Any) -> bool | None:
    kinds = {"bool": 0, "str": 1, "int": 2, "float": 2}
    kind = kinds.get(type(a).__name__)
    if kind is None or kind != kinds.get(type(b).__name__) or (kind == 0 and sign not in ("==", "!=")):
        return None
    return bool(_SIGNS[sign](a, b))


def _read_by(tree: Any) -> Iterator[str | None]:
    """Yield the steps a condition reads; None for the facts."""
    if tree[0] == "name":
        yield tree[1]
    for part in tree[1:]:
        for one in part if isinstance(part, list) else (part,):
            if isinstance(one, tuple):
                yield from _read_by(one)


class Scope:
    """One activation of a process: tokens by element or flow, and the activations inside it, by their activity."""

    def __init__(self, of: str, path: tuple[str, ...]) -> None:
        self.of, self.path = of, path
        self.tokens: dict[str, int] = {}
        self.inner: dict[str, list[Scope]] = {}

    def copy(self) -> Scope:
        """Return the same marking, to be played on."""
        other = Scope(self.of, self.path)
        other.tokens = dict(self.tokens)
        other.inner = {name: [one.copy() for one in all_] for name, all_ in self.inner.items()}
        return other

    def key(self) -> Any:
        """Return what tells markings apart; instances of one activity are alike."""
        inside = tuple(
            (name, tuple(sorted(one.key() for one in all_))) for name, all_ in sorted(self.inner.items())
        )
        return self.of, tuple(sorted(self.tokens.items())), inside

    def all(self) -> Iterator[Scope]:
        """Yield this activation and all inside it."""
        yield self
        for name in sorted(self.inner):
            for one in self.inner[name]:
                yield from one.all()


class Stuck(Exception):
    """The play cannot go on this way."""


class Effort:
    """What playing a whole case may cost, whatever its diagram."""

    def __init__(self) -> None:
        self.left = MAX_EFFORT

    def spend(self, much: int = 1) -> None:
        """Raise ValueError when it is used up."""
        self.left -= much
        if self.left < 0:
            raise ValueError("a diagram too laborious to play")


class Play:
    """One move from one marking, until all rests. *script* says which way to take where several are possible."""

    def __init__(
        self,
        diagram: Diagram,
        memory: Memory,
        effort: Effort,
        root: Scope,
        script: list[tuple[int, int]],
        guess: int,
    ) -> None:
        self.diagram, self.memory, self.root, self.guess = diagram, memory, root, guess
        self.effort = effort
        self.script = script
        self.taken: list[tuple[int, int]] = []
        self.agenda: deque[tuple[str, Scope, str]] = deque()
        self.passed: list[str] = []
        self.begun: Counter[str] = Counter()  # tasks that came to wait
        self.guessed = False
        self.hops = 0

    def choose(self, ways: Sequence[Any]) -> Any:
        """Return one of *ways*; later plays take the others."""
        if not ways:
            raise Stuck
        at = self.script[len(self.taken)][0] if len(self.taken) < len(self.script) else 0
        self.taken.append((at, len(ways)))
        return ways[at]

    def rest(self) -> None:
        """Go on until nothing moves by itself."""
        while True:
            self.hops += 1
            self.effort.spend()
            if self.hops > MAX_HOPS:
                raise Stuck
            if self.agenda:
                getattr(self, "_" + self.agenda[0][0])(*self.agenda.popleft()[1:])
            elif not (self._close() or self._join()):
                return

    @property
    def ended(self) -> bool:
        """Whether no token is left anywhere."""
        return not self.root.tokens

    def waiting(self) -> Counter[str]:
        """Return the tasks that wait for a person: element -> how many."""
        found: Counter[str] = Counter()
        for scope in self.root.all():
            for name, many in scope.tokens.items():
                node = self.diagram.nodes.get(name)
                if node is not None and node.kind in _TASKS:
                    found[name] += 1 if node.sequential else many
        return found

    # tokens come

    def _arrive(self, scope: Scope, flows: Sequence[str]) -> None:
        for flow in flows:
            node = self.diagram.nodes[self.diagram.flows[flow][1]]
            if node.joins:
                scope.tokens[flow] = scope.tokens.get(flow, 0) + 1
            elif node.boundaries:
                self.agenda.append(("begin", scope, node.id))
            elif node.kind in _PASSES:
                self.agenda.append(("run", scope, node.id))
            else:
                self._start(scope, node)

    def _begin(self, scope: Scope, name: str) -> None:
        node = self.diagram.nodes[name]
        self._start(scope, node)
        for boundary in node.boundaries:
            scope.tokens[boundary] = self.diagram.nodes[boundary].times or 1

    def _start(self, scope: Scope, node: Node) -> None:
        many = 1 if node.over is None else self._instances(node)
        if many == 0:
            self.agenda.append(("leave", scope, node.id))
            return
        scope.tokens[node.id] = scope.tokens.get(node.id, 0) + many
        self.begun[node.id] += 1 if node.sequential else many
        if node.kind in _SCOPES:
            scope.inner[node.id] = []
            for _ in range(1 if node.sequential else many):
                self._open(scope, node)

    def _open(self, scope: Scope, node: Node) -> None:
        of = node.called if node.kind == "callActivity" else node.id
        start = self.diagram.starts.get(of or "")
        if start is None or len(scope.path) > 20:
            raise Stuck
        self.effort.spend(10)
        inner = Scope(of or "", (*scope.path, node.id) if node.kind == "callActivity" else scope.path)
        scope.inner[node.id].append(inner)
        self.agenda.append(("enter", inner, start))

    def _enter(self, scope: Scope, start: str) -> None:
        self.agenda.append(("run", scope, start))

    def _instances(self, node: Node) -> int:
        over = node.over or ""
        if re.fullmatch(r"[0-9]{1,3}", over):
            return int(over)
        operand = Expression(over).tree[1]
        said = self.memory.said(operand[1]) if operand[0] == "name" else {}
        if said is None:
            self.guessed = True
            return self.guess
        value = said.get(operand[2]) if operand[0] == "name" else None
        if node.is_list:
            return min(len(value), 500) if isinstance(value, list) else 0
        return min(max(value, 0), 500) if type(value) is int else 0

    # tokens go

    def _run(self, scope: Scope, name: str) -> None:
        node = self.diagram.nodes[name]
        flows = node.outgoing
        if node.kind in ("exclusiveGateway", "inclusiveGateway"):
            flows = self._ways(node)
        self.passed.append(name)
        self._arrive(scope, flows)
        if node.event == "signal":
            self._signal(node.signal)
        if node.event == "terminate":
            scope.tokens.clear()
            scope.inner.clear()
            self._forget(scope)

    def _ways(self, node: Node) -> list[str]:
        only = len(node.outgoing) == 1
        default: list[str] = []
        held: list[tuple[str, bool | None]] = []
        for flow in node.outgoing:
            condition = self.diagram.flows[flow][2]
            if flow == node.default or (only and condition is None):
                default = [flow]
            elif condition is not None:
                held.append((flow, self.memory.holds(condition)))
        ways: list[list[str]] = []
        if node.kind == "exclusiveGateway":
            for flow, holds in held:
                if holds is not False:
                    ways.append([flow])
                if holds:
                    break
            else:
                ways += [default] if default else []
        else:
            unknown = [flow for flow, holds in held if holds is None][:8]
            for chosen in range(1 << len(unknown)):
                more = {flow for at, flow in enumerate(unknown) if chosen >> at & 1}
                way = [flow for flow, holds in held if holds or flow in more] or default
                ways += [way] if way else []
        chosen_way: list[str] = self.choose(ways)
        return chosen_way

    def _leave(self, scope: Scope, name: str) -> None:
        node = self.diagram.nodes[name]
        for boundary in node.boundaries:
            scope.tokens.pop(boundary, None)
        self.passed.append(name)
        self._arrive(scope, node.outgoing)

    def _take(self, scope: Scope, name: str) -> int:
        left = scope.tokens[name] - 1
        if left:
            scope.tokens[name] = left
        else:
            del scope.tokens[name]
        return left

    def complete(self, scope: Scope, name: str) -> None:
        """A person does the task."""
        left = self._take(scope, name)
        self.begun[name] += left > 0 and self.diagram.nodes[name].sequential
        if self.diagram.nodes[name].over is None:
            self._leave(scope, name)
        elif not left:
            self.agenda.append(("leave", scope, name))

    def happen(self, scope: Scope, name: str) -> None:
        """What was waited for happens."""
        node, left = self.diagram.nodes[name], 0
        for rival in node.rivals:
            if rival != name:
                self._withdraw(scope, rival)
        if node.kind == "boundaryEvent" and node.stops:
            self._withdraw(scope, node.host or "")
        elif node.kind != "boundaryEvent" or node.times is not None:
            left = self._take(scope, name)
        if node.over is None or not left:
            self.agenda.append(("leave", scope, name))

    def _signal(self, name: str | None) -> None:
        heard = [
            (scope, one)
            for scope in self.root.all()
            for one in sorted(scope.tokens)
            if one in self.diagram.nodes
            and self.diagram.nodes[one].event == "signal"
            and self.diagram.nodes[one].signal == name
            and self.diagram.nodes[one].kind in ("boundaryEvent", *_WAITS)
        ]
        for scope, one in heard:
            many = 1 if self.diagram.nodes[one].kind == "boundaryEvent" else scope.tokens.get(one, 0)
            for _ in range(many):
                if one in scope.tokens:
                    self.happen(scope, one)

    def _withdraw(self, scope: Scope, name: str) -> None:
        scope.tokens.pop(name, None)
        for boundary in self.diagram.nodes[name].boundaries:
            scope.tokens.pop(boundary, None)
        for inner in scope.inner.pop(name, []):
            self._drop(inner)
        self.agenda = deque(one for one in self.agenda if one[1] is not scope or one[2] != name)

    def _drop(self, scope: Scope) -> None:
        self._forget(scope)
        scope.tokens.clear()
        scope.inner.clear()

    def _forget(self, scope: Scope) -> None:
        gone = {id(one) for one in scope.all()}
        self.agenda = deque(one for one in self.agenda if id(one[1]) not in gone)
        alive = {id(one) for one in self.root.all()}
        self.effort.spend(len(alive) + len(self.agenda))
        self.agenda = deque(one for one in self.agenda if id(one[1]) in alive)

    # scopes end, joins pass

    def _close(self) -> bool:
        for scope in self.root.all():
            self.effort.spend()
            for name in list(scope.inner):
                node, all_ = self.diagram.nodes[name], scope.inner[name]
                alive = [one for one in all_ if one.tokens]
                if len(alive) == len(all_):
                    continue
                left = scope.tokens[name] - 1 if node.sequential else len(alive)
                if left:
                    scope.tokens[name], scope.inner[name] = left, alive
                    if node.sequential:
                        self._open(scope, node)
                else:
                    del scope.tokens[name], scope.inner[name]
                    self.agenda.append(("leave", scope, name))
                return True
        return False

    def _join(self) -> bool:
        for scope in self.root.all():
            self.effort.spend()
            for flow in sorted(one for one in scope.tokens if one in self.diagram.flows):
                node = self.diagram.nodes[self.diagram.flows[flow][1]]
                full = [one for one in node.incoming if one in scope.tokens]
                empty = [one for one in node.incoming if one not in scope.tokens]
                if empty and (node.kind == "parallelGateway" or self._coming(scope, node, full, empty)):
                    continue
                for one in full:
                    self._take(scope, one)
                self.agenda.append(("run", scope, node.id))
                return True
        return False

    def _coming(self, scope: Scope, gateway: Node, full: list[str], empty: list[str]) -> bool:
        """Whether a token elsewhere can still come to an empty flow, and to none that is full (13.4.3)."""
        for name in scope.tokens:
            if name in gateway.incoming or (
                name in self.diagram.nodes and self.diagram.nodes[name].kind == "boundaryEvent"
            ):
                continue
            if any(name in self.diagram.reach(gateway.id, one) for one in empty) and not any(
                name in self.diagram.reach(gateway.id, one) for one in full
            ):
                return True
        return False


class Replay:
    """A case as far as its log was played again by the token game of its own diagram."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram, self.memory, self.effort = diagram, Memory(), Effort()
        self.markings: dict[Any, Scope] = {}
        self.waiting: dict[str, str] | None = None
        self.ended = False
        self.steps = self.unknown = 0

    def refuses(self, step: dict[str, Any]) -> tuple[str, str] | None:
        """Take one step, or return why it cannot have happened here."""
        reason = self._misplaced(step)
        if reason is not None:
            return reason
        if step["what"] == "opened":
            self.memory.facts = step["said"]
        elif step["what"] == "completed" and step["step"] is not None:
            self.memory.answers[step["step"]] = step["said"]
        try:
            reached = self._reached(step)
        except ValueError:
            return ("流程图无法执行。", "The diagram cannot be played.")
        name = self._name(step["element"])
        if not reached:
            return (f"按流程此时“{name}”不能发生。", f"By the diagram “{name}” cannot happen here.")
        wanted = Counter(element for _, element in step["next"])
        shown = [one for one in reached if one.waiting() == wanted and one.ended == step["ended"]]
        if not shown:
            return self._elsewhere(reached[0].waiting(), wanted)
        passed = Counter(one for one in step["passed"] if not self._waits(one))
        new = Counter(one for task, one in step["next"] if (self.waiting or {}).get(task) != one)
        exact = {
            one.root.key(): one.root for one in shown if self._passed(one) == passed and not new - one.begun
        }
        if not exact:
            return (
                f"“{name}”之后所经过的环节或新的待办与流程不符。",
                f"What was passed or began after “{name}” is not what the diagram says.",
            )
        if len(exact) > MAX_MARKINGS:
            return ("已清除的信息过多，无法核对。", "Too much is erased to tell.")
        self.markings, self.waiting, self.ended = exact, dict(step["next"]), step["ended"]
        self.steps += 1
        self.unknown += step["said"] is None and step["what"] != "elapsed"
        return None

    def _misplaced(self, step: dict[str, Any]) -> tuple[str, str] | None:
        if (self.waiting is None) != (step["what"] == "opened"):
            return ("立案应当是第一步，且只有一次。", "Opening comes first, and once.")
        if len({task for task, _ in step["next"]}) != len(step["next"]):
            return ("同一待办事项记录了两次。", "A waiting task is named twice.")
        if step["what"] == "opened":
            return None
        if self.ended:
            return ("流程已经结束，此后不应再有办理。", "The procedure was over: nothing can come after it.")
        node = self.diagram.nodes.get(step["element"])
        if node is None or node.step != step["step"]:
            return (
                f"流程图中没有这一步骤：{step['element']}。",
                f"The diagram has no such step: {step['element']}.",
            )
        if step["what"] == "completed" and (self.waiting or {}).get(step["task"]) != node.id:
            return (
                f"“{node.name}”当时并不待办：已经办结、已经撤回或者尚未到达。",
                f"“{node.name}” did not wait to be done: it was done before, withdrawn or not reached.",
            )
        return None

    def _reached(self, step: dict[str, Any]) -> list[Play]:
        """Return the ways the step may have gone; of those that cannot be told apart one."""
        found: dict[Any, Play] = {}
        for guess in range(MAX_GUESS + 1):
            guessed = False
            for play in self._plays(step, guess):
                guessed = guessed or play.guessed
                counts = (tuple(sorted(one.items())) for one in (self._passed(play), play.begun))
                found[(play.root.key(), *counts)] = play
            if not guessed or len(found) > MAX_WAYS:
                break
        return [found[key] for key in sorted(found)]

    def _passed(self, play: Play) -> Counter[str]:
        return Counter(one for one in play.passed if not self._waits(one))

    def _plays(self, step: dict[str, Any], guess: int) -> Iterator[Play]:
        """Yield every way the step may have gone, each to its end."""
        tried = 0
        for marking, place in self._places(step):
            script: list[tuple[int, int]] = []
            while tried < MAX_WAYS:
                tried += 1
                self.effort.spend(sum(10 for _ in marking.all()))
                play = Play(self.diagram, self.memory, self.effort, marking.copy(), script, guess)
                try:
                    if step["what"] == "opened":
                        play.agenda.append(("run", play.root, self.diagram.starts.get(self.diagram.main, "")))
                    else:
                        scope = list(play.root.all())[place]
                        (play.complete if step["what"] == "completed" else play.happen)(
                            scope, step["element"]
                        )
                    play.rest()
                    yield play
                except (Stuck, KeyError):
                    pass
                script = play.taken
                while script and script[-1][0] + 1 >= script[-1][1]:
                    script.pop()
                if not script:
                    break
                script[-1] = (script[-1][0] + 1, script[-1][1])

    def _places(self, step: dict[str, Any]) -> Iterator[tuple[Scope, int]]:
        if step["what"] == "opened":
            yield Scope(self.diagram.main, ()), 0
            return
        node = self.diagram.nodes[step["element"]]
        fits = (
            node.kind in _TASKS
            if step["what"] == "completed"
            else (node.kind in ("boundaryEvent", *_WAITS) and node.event != "signal")
        )
        for key in sorted(self.markings):
            for at, scope in enumerate(self.markings[key].all()):
                if fits and node.id in scope.tokens and step["path"] in (None, scope.path):
                    yield self.markings[key], at

    def _waits(self, element: str) -> bool:
        """Whether it is told elsewhere when this is passed: an event gateway, before or after its event."""
        node = self.diagram.nodes.get(element)
        return node is not None and node.kind == "eventBasedGateway"

    def _elsewhere(self, lawful: Counter[str], recorded: Counter[str]) -> tuple[str, str]:
        shown, told = self._names(lawful), self._names(recorded)
        return (
            f"按流程下一步应为{shown or '（无）'}，记录为{told or '（无）'}。",
            f"The diagram leads to {shown or 'nobody'}, but the record to {told or 'nobody'}.",
        )

    def _names(self, elements: Counter[str]) -> str:
        return "、".join(
            f"“{self._name(one)}”" + (f"×{many}" if many > 1 else "")
            for one, many in sorted(elements.items())
        )

    def _name(self, element: str) -> str:
        node = self.diagram.nodes.get(element)
        return node.name if node is not None else element


# -- the bundle --------------------------------------------------------------------------------------------------


class Event:
    """One entry of the log as the bundle carries it."""

    def __init__(self, row: Any) -> None:
        text, maybe = str, (str, type(None))
        if not shaped(
            row, chain=text, seq=int, body=text, hash=text, signature=maybe, leaf=(int, type(None)), proof=list,
            salt=maybe, payload=maybe,
        ):  # fmt: skip
            raise NotABundle(
                "events.json 中有一条记录格式不符。", "An entry of events.json has not its form."
            )
        self.chain: str = row["chain"]
        self.seq: int = row["seq"]
        self.hash: str = row["hash"]
        self.leaf: int | None = row["leaf"]
        self.body = self._bytes(row["body"])
        self.signature, self.salt, self.payload = (
            None if row[name] is None else self._bytes(row[name]) for name in ("signature", "salt", "payload")
        )
        self.proof = [self._bytes(one) for one in row["proof"][: MAX_PROOF + 1]]
        self.fields = _object(self.body)
        self.told = None if self.payload is None else _object(self.payload)
        self.at = moment(self.fields.get("at"))

    def _bytes(self, text: Any) -> bytes:
        data = unbase64(text)
        if data is None:
            raise NotABundle(
                f"记录 {self.chain}/{self.seq} 的编码不符。",
                f"Entry {self.chain}/{self.seq} is not written in base64.",
            )
        return data

    def get(self, *path: str) -> Any:
        """Return a field inside the body, None where there is none."""
        value: Any = self.fields
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def text(self, *path: str) -> str | None:
        """Return a field inside the body that is text, None where there is none or it is something else."""
        value = self.get(*path)
        return value if isinstance(value, str) else None


def _object(data: bytes) -> dict[str, Any]:
    """Return a canonical JSON object; what is none reads as an empty one."""
    try:
        value = read_json("", data)
    except NotABundle:
        return {}
    return value if isinstance(value, dict) else {}


class Checker:
    """One verification, part by part; every part adds to the report and none stops the others."""

    def __init__(self, files: dict[str, bytes], outside: dict[str, Any]) -> None:
        self.files, self.outside, self.report = files, outside, Report()
        missing = [name for name in FIXED if name not in files]
        if missing:
            raise NotABundle(f"证据包缺少文件：{missing[0]}。", f"The bundle lacks {missing[0]}.")
        self.manifest = self._json("bundle.json")
        if not shaped(
            self.manifest, format=str, case=str, label=str, origin=str, checkpoint_size=int, files=dict
        ):
            raise NotABundle("bundle.json 格式不符。", "bundle.json has not its form.")
        if self.manifest["format"] != "decision-engine-bundle/1":
            raise NotABundle("不认识的证据包格式。", "A format of bundle that is not known.")
        self.case: str = self.manifest["case"]
        rows = self._json("events.json")
        if not isinstance(rows, list):
            raise NotABundle("events.json 格式不符。", "events.json has not its form.")
        self.chains: dict[str, list[Event]] = {}
        for row in rows:
            event = Event(row)
            self.chains.setdefault(event.chain, []).append(event)
        self.notes: list[Note] = []  # by size; the last is the one the proofs lead to
        self.sizes: list[int] = []  # theirs
        self.keys: dict[str, bytes] = {}

    def run(self) -> Report:
        """Check everything."""
        self.check_files()
        self.check_chains()
        self.check_signatures()
        self.check_tree()
        self.check_times()
        self.check_outside()
        self.check_definition()
        self.check_documents()
        self.check_rules()
        first = self.events[0] if self.events else None
        self.report.about = {
            "case": self.case,
            "label": self.manifest["label"],
            "title": _title(first),
            "events": sum(map(len, self.chains.values())),
            "chains": {name: len(events) for name, events in self.chains.items()},
            "head": self.events[-1].hash if self.events else "",
            "origin": self.manifest["origin"],
            "checkpoint_size": self.manifest["checkpoint_size"],
            **self.report.about,
        }
        return self.report

    @property
    def events(self) -> list[Event]:
        """The chain of the case."""
        return self.chains.get(self.case, [])

    def _json(self, name: str) -> Any:
        return read_json(name, self.files[name])

    # files

    def check_files(self) -> None:
        """Hold every file against the list in bundle.json."""
        listed = self.manifest["files"]
        for name in sorted(set(listed) | set(self.files) - {"bundle.json"}):
            entry, data = listed.get(name), self.files.get(name)
            if data is None or not shaped(entry, sha256=str, size=int):
                self.report.find("file", f"文件与清单不符：{name}。", f"A file is not as listed: {name}.")
            elif len(data) != entry["size"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
                self.report.find("file", f"文件已被改动：{name}。", f"A file was changed: {name}.")

    # chains

    def check_chains(self) -> None:
        """Check places, links, hashes, commitments and erasures in every chain; remark where its times step back."""
        if next(iter(self.chains), None) != self.case or not self.events:
            self.report.find("place", "没有本案的日志。", "There is no log of the case.", self.case)
        for event in self.events[:1]:
            if event.get("kind") != "case.opened" or event.get("label") != self.manifest["label"]:
                self.report.find(
                    "place", "案件开头与案号不符。", "The case does not begin as labelled.", self.case, 1
                )
        for chain, events in self.chains.items():
            erased = {
                event.text("erases"): event.seq for event in events if event.get("kind") == "payload.erased"
            }
            erased.pop(None, None)
            previous, place, last = "", 1, 0
            for event in events:
                self._check_place(chain, place, event)
                if event.get("prev") != previous:
                    self._find("link", event, "与上一条的链接断开。", "The link to the entry before is cut.")
                self._check_payload(event, erased)
                if event.at is None:
                    self._find("time", event, "时间无法读取。", "Its time cannot be read.")
                elif event.at < last - SLACK:
                    self._clock_stepped_back(event, (last - event.at) // 1000)
                last = last if event.at is None else event.at
                previous, place = event.hash, event.seq + 1

    def _clock_stepped_back(self, event: Event, by: int) -> None:
        self.report.remark(
            "clock_anomaly",
            f"第 {event.seq} 条：时间比同链前一条早 {by} 秒：当时系统时钟曾被回拨，或者是倒签，请查明。",
            f"Entry {event.seq}: it is dated {by} s before the entry before it: the clock had been put back, or the "
            "entry was back-dated; find out which.",
            event.chain,
            event.seq,
        )

    def _check_place(self, chain: str, place: int, event: Event) -> None:
        if event.seq != place:
            self.report.find(
                "place",
                f"缺少第 {place} 条（其后为第 {event.seq} 条）。",
                f"Entry {place} is missing (entry {event.seq} follows).",
                chain,
                place,
            )
        if _event_hash(event.body) != event.hash:
            self._find(
                "hash",
                event,
                "内容与其哈希不符：已被改动。",
                "The bytes are not those that were hashed: changed.",
            )
        if not event.fields or (event.get("v"), event.get("chain"), event.get("seq")) != (
            "ev1",
            chain,
            event.seq,
        ):
            self._find("place", event, "内容不属于此处。", "The entry belongs elsewhere, or cannot be read.")

    def _check_payload(self, event: Event, erased: dict[str | None, int]) -> None:
        if event.payload is not None:
            salt = event.salt or b""
            commitment = hashlib.sha256(b"cm1" + salt + event.payload).hexdigest()
            if len(salt) != 16 or commitment != event.get("commit"):
                self._find(
                    "commitment",
                    event,
                    "所附陈述不是当时承诺的内容。",
                    "What was said is not what was committed to.",
                )
        elif event.chain != self.case and event.text("id") not in erased:
            self.report.cannot(
                f"{event.chain} 中与本案无关的陈述未附上，只核对了其承诺仍在。",
                f"What was said on {event.chain} about other matters is not enclosed, only its commitment.",
            )
        elif erased.get(event.text("id"), 0) <= event.seq:
            self._find(
                "erased",
                event,
                "陈述缺失，且没有清除记录。",
                "What was said is gone, and no erasure is on record.",
            )
        else:
            self.report.cannot(
                f"第 {event.seq} 条的陈述已依法清除，只能核对其承诺仍在。",
                f"What was said in entry {event.seq} was erased on record; only its commitment remains.",
            )

    def _find(self, kind: str, event: Event, zh: str, en: str) -> None:
        self.report.find(kind, f"第 {event.seq} 条：{zh}", f"Entry {event.seq}: {en}", event.chain, event.seq)

    # signatures

    def check_signatures(self) -> None:
        """Check the service's signature on every entry, by keys that the log itself introduced."""
        listed = self._key_list()
        introduced = self._introduced(listed)
        first = min((event.leaf for event in introduced.values() if event.leaf is not None), default=None)
        since = min((event.at for event in introduced.values() if event.at is not None), default=None)
        older = 0
        for event in (one for events in self.chains.values() for one in events):
            name = event.text("key")
            if event.get("key") is None and event.signature is None:
                placed = event.leaf is not None and first is not None
                late = since is not None and (event.at or 0) > since + (SLACK if placed else 0)
                late = late or (event.leaf is not None and first is not None and event.leaf > first)
                if late:
                    self._find("unsigned", event, "没有系统签名。", "It is not signed by the service.")
                older += not late
            elif name is None or name not in introduced or name not in self.keys:
                self._find("key", event, "签名密钥未经日志公布。", "Its key was never introduced in the log.")
            elif event.signature is None or not _signed(self.keys[name], event):
                self._find("signature", event, "系统签名无效。", "The service's signature is not valid.")
            elif not _within(listed[name], event.at):
                self._find("key", event, "密钥当时不在使用期内。", "Its key was not in use at that time.")
        if older:
            self.report.cannot(f"{older} 条记录早于签名启用。", f"{older} entries are older than signing.")
        self._remark_superseded(introduced)
        self._check_pinned(introduced)

    def _remark_superseded(self, introduced: dict[str, Event]) -> None:
        """Name what a key still signed more than a day after it had made its successor known: it may be stolen."""
        for name in sorted(introduced):
            known = [
                one.at
                for new, one in introduced.items()
                if new != name and one.text("key") == name and one.at is not None
            ]
            later = [
                event
                for events in self.chains.values()
                for event in events
                if known and event.text("key") == name and (event.at or 0) > min(known) + DAY
            ]
            if later:
                self.report.remark(
                    "superseded",
                    f"密钥 {name} 更换一天之后仍签署了 {len(later)} 条记录，自此条起："
                    "有服务未重新启动，或者旧密钥被他人使用，请查明。",
                    f"Key {name} still signed {len(later)} entries, from this one on, more than a day after it was "
                    "replaced: a service was not started anew, or somebody else holds the old key; find out which.",
                    later[0].chain,
                    later[0].seq,
                )

    def _check_pinned(self, introduced: dict[str, Event]) -> None:
        """Hold the keys of the log against the one known from outside, and say what that one does not vouch for."""
        pinned = self.outside.get("key")
        if pinned is None:
            self.report.cannot(
                "系统签名密钥取自证据包内的日志，未与包外所存核对（--key）。",
                "The service's key is the one this log introduces; it was not compared with one kept outside (--key).",
            )
            return
        if pinned not in introduced:
            self.report.find(
                "key", "包外指定的密钥不在日志中。", "The key named from outside is not in the log."
            )
            return
        vouched = {pinned}
        for name, event in introduced.items():  # in the order of their chain
            if event.text("key") in vouched:
                vouched.add(name)
        besides = sum(event.text("key") not in vouched for events in self.chains.values() for event in events)
        if besides:
            self.report.cannot(
                f"{besides} 条记录不是由包外指定的密钥或其后续密钥签名：该密钥不能为它们担保。",
                f"{besides} entries are signed neither by the key named from outside nor by one that it introduced: it "
                "does not vouch for them.",
            )

    def _key_list(self) -> dict[str, dict[str, Any]]:
        rows, found = self._json("keys.json"), {}
        for row in rows if isinstance(rows, list) else []:
            if not shaped(row, id=str, public_key=str, since=str, until=(str, type(None))):
                raise NotABundle("keys.json 格式不符。", "keys.json has not its form.")
            key = unbase64(row["public_key"], 32)
            if key is None or row["id"] in found or hashlib.sha256(key).hexdigest()[:16] != row["id"]:
                self.report.find(
                    "key", f"密钥 {row['id']} 与其编号不符。", f"Key {row['id']} is not what its id says."
                )
                continue
            found[row["id"]] = row
            self.keys[row["id"]] = key
        return found

    def _introduced(self, listed: dict[str, dict[str, Any]]) -> dict[str, Event]:
        """Return the introduction of each key: the first vouches for itself, each later one is signed by one before."""
        found: dict[str, Event] = {}
        for event in self.chains.get("keys", []):
            new, signer = event.text("introduces", "id"), event.text("key")
            if event.get("kind") != "key.introduced" or new is None or new not in listed:
                continue
            told = (event.get("introduces", "public_key"), event.get("at"))
            if told != (listed[new]["public_key"], listed[new]["since"]):
                self._find(
                    "key", event, "公布的公钥与清单不同。", "The key introduced is not the one listed."
                )
            elif (signer == new and not found) or (signer in found and signer != new):
                found.setdefault(new, event)
            else:
                self._find(
                    "key", event, "新密钥未由原密钥签名。", "The new key is not signed by the one before."
                )
        return found

    # the tree

    def check_tree(self) -> None:
        """Check checkpoints, their signatures, that each only adds to the one before, and every entry's proof."""
        policy = self._policy()
        self.notes = self._notes()
        self.sizes = [note.size for note in self.notes]
        if not self.notes:
            return
        newest = self.notes[-1]
        if (newest.size, newest.origin) != (self.manifest["checkpoint_size"], self.manifest["origin"]):
            self.report.find("checkpoint", "检查点与清单不符。", "The checkpoint is not the one listed.")
        if policy is not None:
            sizes = [0, *(note.size for note in self.notes)]
            for before, note in zip(sizes, self.notes):
                check_note(self.report, policy, note, before, newest=note is newest)
            if policy.quorum == "none":
                self.report.cannot(
                    "没有指定见证人：检查点只由日志自己的密钥担保，日志所有者可以另造一套。",
                    "No witness is named: only the log's own key vouches for it; its owner could make another.",
                )
        self._check_consistency()
        self._check_inclusion(newest)

    def _policy(self) -> Policy | None:
        outside = self.outside.get("policy")
        if outside is None:
            self.report.cannot(
                "信任的密钥取自证据包内部（policy.txt），请用 --policy 指定从别处取得的文件。",
                "The keys trusted are those inside the bundle (policy.txt); give a file from elsewhere with --policy.",
            )
        try:
            return Policy((outside if outside is not None else self.files["policy.txt"]).decode("utf-8"))
        except ValueError:
            if outside is not None:
                raise NotABundle("所给信任文件无法读取。", "The policy given cannot be read.") from None
            self.report.find("policy", "包内信任文件无法读取。", "The policy in the bundle cannot be read.")
            return None

    def _notes(self) -> list[Note]:
        """Return the checkpoints by size; the last one is that of checkpoint.txt."""
        earlier = self.files["checkpoints.txt"]
        texts = [*(earlier.split(b"----\n") if earlier else []), self.files["checkpoint.txt"]]
        found: list[Note] = []
        for text in texts:
            try:
                note = Note(text)
            except ValueError:
                self.report.find("checkpoint", "检查点无法读取。", "A checkpoint cannot be read.")
                return []
            if note.origin != self.manifest["origin"] or (found and note.size <= found[-1].size):
                self.report.find(
                    "checkpoint",
                    f"检查点 {note.size} 来源或顺序不符。",
                    f"Checkpoint {note.size} is of another log or out of order.",
                )
                return []
            found.append(note)
        return found

    def _check_consistency(self) -> None:
        rows = self._json("consistency.json")
        proofs: dict[tuple[int, int], list[bytes]] = {}
        twice = 0
        for row in rows if isinstance(rows, list) else []:
            if not shaped(row, **{"from": int, "to": int, "proof": list}):
                raise NotABundle("consistency.json 格式不符。", "consistency.json has not its form.")
            twice += (row["from"], row["to"]) in proofs
            proofs[row["from"], row["to"]] = [
                unbase64(one, 32) or b"" for one in row["proof"][: MAX_PROOF + 1]
            ]
        for before, after in zip(self.notes, self.notes[1:]):
            proof = proofs.pop((before.size, after.size), None)
            if proof is None or not consistent(before.size, after.size, proof, before.root, after.root):
                self.report.find(
                    "consistency",
                    f"检查点 {after.size} 不是 {before.size} 的延续：其间历史被改写。",
                    f"Checkpoint {after.size} does not continue {before.size}: history between was rewritten.",
                    interval=(before.size, after.size),
                )
        if proofs or twice:
            self.report.find(
                "consistency", "有多余的一致性证明。", "There are proofs between no checkpoints."
            )

    def _check_inclusion(self, newest: Note) -> None:
        seen: set[int] = set()
        for chain, events in self.chains.items():
            outside = 0
            for event in events:
                if event.leaf is None:
                    outside = outside or event.seq
                    self.report.cannot(
                        f"{chain} 第 {event.seq} 条尚未列入日志树。",
                        f"Entry {event.seq} of {chain} is not in the tree yet.",
                    )
                    continue
                if outside or event.leaf in seen:
                    self._find("inclusion", event, "在树中的位置不合理。", "Its place in the tree cannot be.")
                seen.add(event.leaf)
                if not included(event.leaf, newest.size, leaf_hash(event.body), event.proof, newest.root):
                    low, high = self._around(event.leaf)
                    self.report.find(
                        "inclusion",
                        f"第 {event.seq} 条不在检查点所担保的日志中。",
                        f"Entry {event.seq} is not in the log that the checkpoint vouches for.",
                        chain,
                        event.seq,
                        (low.size if low else 0, high.size if high else newest.size),
                    )

    def _around(self, leaf: int) -> tuple[Note | None, Note | None]:
        """Return the checkpoints just before and just after *leaf* entered."""
        at = bisect.bisect_right(self.sizes, leaf)
        return (self.notes[at - 1] if at else None), (self.notes[at] if at < len(self.notes) else None)

    def check_times(self) -> None:
        """Hold each entry's time against the signed times of the checkpoints around it."""
        if self.notes and not any(note.times for note in self.notes):
            self.report.cannot(
                "没有带时间的可信签名，无法核对时间。",
                "No trusted signature carries a time: times were not compared.",
            )
        loose = 0
        for chain, events in self.chains.items():
            for event in events:
                if event.leaf is None or event.at is None:
                    continue
                low, high = self._around(event.leaf)
                loose += not (high and high.times)
                early = low is not None and low.times and event.at < min(low.times) - DELAY
                late = high is not None and high.times and event.at > min(high.times) + DELAY
                if early or late:
                    self.report.find(
                        "backdated" if early else "postdated",
                        f"第 {event.seq} 条所记时间与其进入日志的时间不符。",
                        f"The time of entry {event.seq} is not the time at which it entered the log.",
                        chain,
                        event.seq,
                        (low.size if low else 0, high.size if high else 0),
                    )
        if loose and any(note.times for note in self.notes):
            self.report.cannot(
                f"{loose} 条记录之后的检查点没有带时间的签名。",
                f"Of {loose} entries the next checkpoint carries no signed time.",
            )

    # what is kept outside

    def check_outside(self) -> None:
        """Hold receipts and a checkpoint kept elsewhere against the bundle."""
        receipts = self.outside.get("receipts") or []
        for receipt in receipts:
            told = [receipt.get(one) for one in ("chain", "seq", "hash")] if isinstance(receipt, dict) else []
            if [type(one) for one in told] != [str, int, str]:
                raise NotABundle("回执格式不符。", "A receipt has not its form.")
            chain, seq = receipt["chain"], receipt["seq"]
            if chain not in self.chains:
                self.report.cannot(
                    f"证据包中没有回执所载的链 {chain}，该回执未核对。",
                    f"The bundle holds nothing of the chain {chain} that a receipt names: it was not checked.",
                )
            held = next((event for event in self.chains.get(chain, []) if event.seq == seq), None)
            if chain in self.chains and (held is None or held.hash != receipt["hash"]):
                self.report.find(
                    "receipt",
                    f"回执所载第 {seq} 条已不在日志中，或内容已变。",
                    f"Entry {seq} of the receipt is no more in the log, or is another.",
                    chain,
                    seq,
                )
        if not receipts:
            self.report.cannot(
                "没有包外回执（--receipt）：链末尾的记录若被略去，单凭证据包看不出。",
                "No receipt from outside (--receipt): entries left away at the end of a chain leave no trace in a "
                "bundle.",
            )
        text = self.outside.get("checkpoint")
        if text is not None:
            self._check_held(text)

    def _check_held(self, text: bytes) -> None:
        try:
            held = Note(text)
        except ValueError:
            raise NotABundle("所给检查点无法读取。", "The checkpoint given cannot be read.") from None
        same = [note for note in self.notes if note.size == held.size]
        if held.origin != self.manifest["origin"]:
            self.report.find(
                "held", "包外检查点属于另一日志。", "The checkpoint kept outside is of another log."
            )
        elif same and same[0].root != held.root:
            self.report.find(
                "held",
                f"包外所存检查点 {held.size} 与包内不同：历史被改写。",
                f"The checkpoint of {held.size} kept outside is another: history was rewritten.",
                interval=(0, held.size),
            )
        elif not same and self.notes and held.size > self.notes[-1].size:
            self.report.find(
                "held",
                f"包外检查点已有 {held.size} 条，日志却只有 {self.notes[-1].size} 条：日志被回退，或证据包较旧。",
                f"The checkpoint kept outside covers {held.size} entries, the log only {self.notes[-1].size}: "
                "rolled back, or an older bundle.",
                interval=(self.notes[-1].size, held.size),
            )
        elif not same:
            self.report.cannot(
                f"证据包没有到检查点 {held.size} 的证明，请用 --since {held.size} 重新导出。",
                f"The bundle holds no proof from checkpoint {held.size}; export it again with --since {held.size}.",
            )

    # the procedure

    def check_definition(self) -> None:
        """Check that the diagram enclosed is the one the case ran, and play the case again on it."""
        files = [data for name, data in sorted(self.files.items()) if name.startswith("definition/")]
        try:
            diagram = Diagram(files)
        except (ValueError, RecursionError):
            self.report.find("definition", "流程图无法安全读取。", "The diagram cannot be read safely.")
            return
        wrong = [
            event
            for event in self.events
            if "definition" in event.fields and event.get("definition") != diagram.hash
        ]
        if wrong:
            self._find(
                "definition",
                wrong[0],
                f"所依据的流程图不是所附的这一份（共 {len(wrong)} 条）。",
                f"It was done by another diagram than the one enclosed ({len(wrong)} entries).",
            )
        replay = Replay(diagram)
        for event in self.events:
            step = _step(event)
            if step is None:
                continue
            reason = (
                replay.refuses(step) if step else ("该步骤记录不完整。", "The step is not told completely.")
            )
            if reason is not None:
                self._find("procedure", event, *reason)
                break
        self.report.about["steps"] = replay.steps
        self.report.about["ended"] = replay.ended
        if replay.unknown:
            self.report.cannot(
                f"{replay.unknown} 个步骤的填写内容已清除：只核对了存在某种合法走法。",
                f"The answers of {replay.unknown} steps are erased: it was only checked that some answers lead there.",
            )

    # documents and rules

    def check_documents(self) -> None:
        """Check that the papers enclosed are those the log names, all of them, and the drafts decided on among them."""
        rows = self._json("documents.json")
        listed: dict[tuple[str, int], dict[str, Any]] = {}
        for row in rows if isinstance(rows, list) else []:
            if not shaped(
                row, id=str, title=str, kind=str, version=int, sha256=str, media_type=str, file_name=str
            ):
                raise NotABundle("documents.json 格式不符。", "documents.json has not its form.")
            if (row["id"], row["version"]) in listed:
                self.report.find(
                    "document",
                    f"文件《{row['title']}》登记了两次。",
                    f"“{row['title']}” is registered twice.",
                )
            listed[row["id"], row["version"]] = row
        named: set[str] = set()
        for event in self.events:
            if event.get("kind") == "document.added" and isinstance(event.get("document"), dict):
                named.add(str(event.get("document", "sha256")))
                self._check_paper(event, listed)
            draft = event.get("draft")
            if draft is not None and not (isinstance(draft, str) and draft in named):
                self._find(
                    "document",
                    event,
                    "所依据的草案不在卷宗中。",
                    "The draft it is about is not among the papers.",
                )
        for row in listed.values():
            self.report.find(
                "document",
                f"文件《{row['title']}》不在日志中。",
                f"The log knows nothing of “{row['title']}”.",
            )
        for name in sorted(name for name in self.files if name.startswith("documents/")):
            if name[10:] not in named:
                self.report.find("document", f"多出的文件：{name}。", f"A paper nobody filed: {name}.")

    def _check_paper(self, event: Event, listed: dict[tuple[str, int], dict[str, Any]]) -> None:
        paper = event.get("document")
        row = listed.pop((paper.get("id"), paper.get("version")), None) if _hashable(paper) else None
        data = self.files.get(f"documents/{paper.get('sha256')}")
        if row is None or (row["sha256"], row["kind"]) != (paper.get("sha256"), paper.get("kind")):
            self._find(
                "document", event, "文件登记与日志不符。", "The paper is not registered as the log says."
            )
        elif data is None:
            self._find("document", event, "文件缺失。", "The paper is missing.")
        elif hashlib.sha256(data).hexdigest() != paper["sha256"] or len(data) != paper.get("size"):
            self._find("document", event, "文件内容已被改动。", "The paper was changed.")
        said = (event.told or {}).get("said")
        if (
            row is not None
            and isinstance(said, dict)
            and (said.get("title"), said.get("file_name")) != (row["title"], row["file_name"])
        ):
            self._find(
                "document", event, "文件名称与提交时不同。", "The paper is not titled as it was filed."
            )

    def check_rules(self) -> None:
        """Check that every rule the log names is explained, and say where its text of the day is not enclosed."""
        book = self._json("rules.json")
        if not shaped(book, version=str, rules=list, parameters=list):
            raise NotABundle("rules.json 格式不符。", "rules.json has not its form.")
        known = {
            one.get("id") for one in book["rules"] if isinstance(one, dict) and isinstance(one.get("id"), str)
        }
        for event in (one for events in self.chains.values() for one in events):
            named, version = event.get("rules"), event.get("rules", "version")
            checked = event.get("rules", "checked") if isinstance(named, dict) else named
            for one in checked if isinstance(checked, list) else []:
                rule = one[0] if isinstance(one, list) and one else one
                if not isinstance(rule, str) or rule not in known:
                    rule = rule if isinstance(rule, str) else "?"
                    self._find(
                        "rule", event, f"规则集中没有 {rule}。", f"There is no rule {rule} in the book."
                    )
            if version is not None and version != book["version"]:
                version = version if isinstance(version, str) else "?"
                self.report.cannot(
                    f"所附规则为 {book['version']} 版，第 {event.seq} 条依据 {version} 版。",
                    f"The rules enclosed are of version {book['version']}; entry {event.seq} names {version}.",
                )


def _hashable(paper: dict[str, Any]) -> bool:
    return (
        isinstance(paper.get("id"), str)
        and type(paper.get("version")) is int
        and isinstance(paper.get("sha256"), str)
    )


def _title(event: Event | None) -> str | None:
    said = (event.told or {}).get("said") if event else None
    return said.get("title") if isinstance(said, dict) and isinstance(said.get("title"), str) else None


def _event_hash(body: bytes) -> str:
    return hashlib.sha256(b"ev1\n" + body).hexdigest()


def _signed(key: bytes, event: Event) -> bool:
    message = b"decision-engine/event/v1\n" + bytes.fromhex(_event_hash(event.body))
    return ed25519(key, message, event.signature or b"")


def _within(key: dict[str, Any], at: int | None) -> bool:
    since, until = moment(key["since"]), moment(key["until"])
    if at is None or since is None:
        return False
    return since - SLACK <= at and (key["until"] is None or (until is not None and at <= until + SLACK))


_STEPS = {
    "case.opened": "opened",
    "task.completed": "completed",
    "timer.fired": "elapsed",
    "item.broken_off": "elapsed",
}
_ABOUT = {"task.completed": "task", "timer.fired": "timer", "item.broken_off": "message"}


def _step(event: Event) -> dict[str, Any] | None:
    """Return what an entry did to the flow: None where nothing, {} where it is not told completely."""
    what = _STEPS.get(str(event.get("kind")))
    if what is None:
        return None
    waiting, passed = event.get("next"), event.get("passed")
    about = event.get(_ABOUT[str(event.get("kind"))]) if what != "opened" else {}
    said = (event.told or {}).get("said")
    if what == "opened" and said is not None:
        said = said.get("matter") if isinstance(said, dict) else None
    complete = (
        isinstance(waiting, list)
        and all(
            isinstance(one, list) and len(one) == 2 and all(isinstance(x, str) for x in one)
            for one in waiting
        )
        and isinstance(passed, list)
        and all(isinstance(one, str) for one in passed)
        and isinstance(about, dict)
        and (what == "opened" or isinstance(about.get("element"), str))
        and (what != "completed" or (isinstance(about.get("id"), str) and _texts(about.get("calls"))))
        and (said is None or isinstance(said, dict))
    )
    if not complete:
        return {}
    return {
        "what": what,
        "next": [tuple(one) for one in waiting],
        "passed": passed,
        "ended": event.get("ended") is True,
        "element": about.get("element", ""),
        "step": about.get("step"),
        "task": about.get("id"),
        "path": tuple(about["calls"]) if what == "completed" else None,
        "said": said,
    }


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


# -- the command ---------------------------------------------------------------------------------------------------


def verify(
    data: bytes,
    *,
    policy: bytes | None = None,
    receipts: Sequence[Any] = (),
    checkpoint: bytes | None = None,
    key: str | None = None,
) -> Report:
    """Check the bundle *data*; raises `NotABundle`. What is trusted from outside is told in the module's head."""
    outside = {"policy": policy, "receipts": list(receipts), "checkpoint": checkpoint, "key": key}
    return Checker(read_zip(data), outside).run()


def told(report: Report) -> str:
    """Return the verdict as text, Chinese before English."""
    about = report.about
    events, size, origin, steps = (
        about.get(one, 0) for one in ("events", "checkpoint_size", "origin", "steps")
    )
    many, odd = len(report.findings) + report.left_out, len(report.remarks)
    lines = [
        f"{about['label']} {about.get('title') or ''}".strip(),
        f"日志 {events} 条，检查点 {size}（{origin}），流程 {steps} 步"
        + ("，已结束" if about.get("ended") else ""),
        f"{events} entries, checkpoint {size} ({origin}), {steps} steps"
        + (", ended" if about.get("ended") else ""),
        f"见证人 · witnesses: {', '.join(about.get('witnesses', [])) or '—'}",
        "",
        f"结论：发现问题 {many} 处 · VERDICT: {many} FINDINGS"
        if many
        else f"结论：未发现问题，另有提示 {odd} 处 · VERDICT: NOTHING FOUND, {odd} REMARKS"
        if odd
        else "结论：未发现问题 · VERDICT: NOTHING FOUND",
    ]
    for one in report.findings:
        lines += _lines("✗", one)
    if report.left_out:
        lines.append(f"  …… {report.left_out}")
    if odd:
        lines += ["", "提示（不推翻结论） · REMARKS (odd, and disprove nothing):"]
    for one in report.remarks:
        lines += _lines("!", one)
    if report.unchecked:
        lines += ["", "未能核对 · NOT CHECKED:"]
    for note in report.unchecked:
        lines += [f"  • {note['zh']}", f"    {note['en']}"]
    return "\n".join(lines)


def _lines(sign: str, one: dict[str, Any]) -> list[str]:
    place = "" if one["seq"] is None else f" {one['chain']}#{one['seq']}"
    between = f" ({one['interval'][0]}..{one['interval'][1]}]" if "interval" in one else ""
    return [
        f"  {sign} [{one['class']}]{place}{between}",
        f"    {one['sentence']['zh']}",
        f"    {one['sentence']['en']}",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(
        description="核对决策证据包（离线） · check a decision's evidence bundle, offline"
    )
    parser.add_argument("bundle", help="证据包 · the bundle")
    parser.add_argument(
        "--policy", help="信任文件（C2SP tlog-policy），取自包外 · whom to trust, from outside"
    )
    parser.add_argument("--log", help="日志公钥（vkey） · the log's key, instead of a policy")
    parser.add_argument(
        "--receipt", action="append", default=[], help="回执 JSON · a receipt, or a list of them"
    )
    parser.add_argument("--checkpoint", help="包外保存的检查点 · a checkpoint kept outside")
    parser.add_argument("--key", help="系统签名密钥编号 · id of the service's signing key, from outside")
    parser.add_argument("--json", action="store_true", help="机器可读 · machine-readable")
    asked = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        report = verify(
            _read(asked.bundle),
            policy=f"log {asked.log}\nquorum none\n".encode()
            if asked.log
            else _read(asked.policy)
            if asked.policy
            else None,
            receipts=[one for name in asked.receipt for one in _receipts(name)],
            checkpoint=_read(asked.checkpoint) if asked.checkpoint else None,
            key=asked.key,
        )
    except (NotABundle, OSError) as problem:
        zh, en = (
            (problem.zh, problem.en)
            if isinstance(problem, NotABundle)
            else ("文件无法读取。", "A file cannot be read.")
        )
        if asked.json:
            print(json.dumps({"verdict": "unreadable", "zh": zh, "en": en}, ensure_ascii=False))
        else:
            print(f"结论：不是可核对的证据包 · VERDICT: NOT A BUNDLE\n  {zh}\n  {en}")
        return 2
    print(json.dumps(report.verdict(), ensure_ascii=False, indent=1) if asked.json else told(report))
    return 1 if report.findings else 0


def _read(name: str) -> bytes:
    with open(name, "rb") as file:  # noqa: PTH123  works with any kind of path
        return file.read(MAX_FILE + 1)


def _receipts(name: str) -> list[Any]:
    data = _read(name)
    try:
        value = [] if _too_deep(data) else json.loads(data)
    except (ValueError, RecursionError):
        raise NotABundle("回执格式不符。", "A receipt has not its form.") from None
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.exit(main())
