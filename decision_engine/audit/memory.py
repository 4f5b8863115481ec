"""A directory that remembers: for processes outside the database whose whole worth is what they once saw.

Guarantees
* One process at a time: a second one on the same directory is refused while the first lives, however the first ends.
* A file written here is whole or as it was before, and on the disk before `write` returns, its name included.
* A line appended is on the disk before `append` returns; a crash can leave part of the last one.
* The directory is its owner's alone.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

LOCK = "lock"


class InUse(RuntimeError):
    """Another process works in this directory."""


class Memory:
    """The directory *path*, made if need be and held until `close`. Raises InUse."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise InUse(f"another process works in {path}") from error

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the directory."""
        with suppress(OSError):
            os.close(self._lock)

    def read(self, name: str) -> bytes | None:
        """Return the file *name*, None if there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def demand(self, name: str) -> bytes:
        """Return the file *name*. Raises FileNotFoundError if there is none."""
        return (self.path / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        """Make *data* the whole of the file *name*, durably."""
        draft = self.path / f".{name}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path / name)
        self._fsync()

    def append(self, name: str, data: bytes) -> None:
        """Add *data* to the end of the file *name*, durably."""
        new = not (self.path / name).exists()
        with os.fdopen(
            os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb"
        ) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if new:
            self._fsync()

    def tail(self, name: str, length: int) -> bytes:
        """Return the last *length* bytes of the file *name*, or all it has."""
        try:
            with (self.path / name).open("rb") as file:
                file.seek(max(self.size(name) - length, 0))
                return file.read()
        except FileNotFoundError:
            return b""

    def size(self, name: str) -> int:
        """Return how many bytes the file *name* has, 0 if there is none."""
        try:
            return (self.path / name).stat().st_size
        except FileNotFoundError:
            return 0

    def _fsync(self) -> None:
        directory = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
