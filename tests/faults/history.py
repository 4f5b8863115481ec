"""A history: what clients asked for and what they were told, one JSON line each, written before and after the fact.

`invoke` (about to ask) is followed by `ok` (done, with the receipt), `fail` (refused: nothing was done) or `info`
(nobody knows: the connection broke, or the service could not say). The same `key` asked again is the same act.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any


class History:
    """Writes the file; any thread may."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self.told: dict[str, int] = {}

    def note(self, kind: str, key: str, **more: Any) -> None:
        """Write one line of *kind* about the act under *key*."""
        with self._lock:
            self.told[kind] = self.told.get(kind, 0) + 1
            self._file.write(json.dumps({"type": kind, "key": key, **more}, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(path: Path) -> list[dict[str, Any]]:
    """Return every line of the history at *path*."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
