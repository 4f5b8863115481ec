"""The store of papers' bytes, by content address: what is read is what was put there, or nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path


def read(folder: Path, sha256: str) -> bytes | None:
    """Return the bytes whose SHA-256 is *sha256*; None when they are missing or are others."""
    path = folder / sha256[:2] / sha256
    content = path.read_bytes() if path.is_file() else b""
    return content if hashlib.sha256(content).hexdigest() == sha256 else None
