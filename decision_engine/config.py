"""Settings: read once from the environment, then a plain value.

Every variable has the prefix `DECISION_ENGINE_`. Nothing else in the house reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "DECISION_ENGINE_"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Sizes are in bytes, times in seconds."""

    database_url: str = "sqlite:///var/decision_engine.db"
    data_dir: Path = Path("var")
    secret_key: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    max_body: int = 4 * MEGABYTE
    max_document: int = 20 * MEGABYTE
    token_lifetime: int = 12 * 3600
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 65536
    job_poll_seconds: float = 1.0
    embedded_worker: bool = True
    event_key: Path | None = None
    log_origin: str = "decision-engine/local"
    log_format: str = "text"
    embedded_notary: bool = True
    notary_dir: Path | None = None

    @property
    def documents_dir(self) -> Path:
        """Return where document bytes lie, by content address; never below a web root."""
        return self.data_dir / "documents"

    @property
    def notary_path(self) -> Path:
        """Return the directory of the notary's keys, memory and policy; in real use on another machine or user."""
        return self.notary_dir or self.data_dir / "notary"

    @property
    def event_key_path(self) -> Path:
        """Return the file of the key that signs events; it lies outside the database."""
        return self.event_key or self.data_dir / "keys" / "event.pem"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings named in *environment* (default: the process's).

    Raises ValueError naming the variable that cannot be read.
    """
    env = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for name, kind in (
        ("database_url", str), ("data_dir", Path), ("secret_key", str), ("host", str), ("port", int),
        ("threads", int), ("max_body", int), ("max_document", int), ("token_lifetime", int),
        ("argon2_time_cost", int), ("argon2_memory_kib", int), ("job_poll_seconds", float),
        ("embedded_worker", _truth), ("event_key", Path), ("log_origin", str), ("log_format", str),
        ("embedded_notary", _truth), ("notary_dir", Path),
    ):  # fmt: skip
        text = env.get(PREFIX + name.upper())
        if text is None:
            continue
        try:
            values[name] = kind(text)
        except ValueError as problem:
            raise ValueError(f"{PREFIX}{name.upper()}: {problem}") from problem
    return Settings(**values)  # type: ignore[arg-type]


def _truth(text: str) -> bool:
    match text.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError(f"{text!r} is neither true nor false")
