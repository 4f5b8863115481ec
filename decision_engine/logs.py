"""What the processes write about themselves: one line an occurrence, as text or as JSON, and never about a person.

* A log line is for operators; what people do is in the log of the database, and only there.
* Of an exception only its kind and places are written: its message may hold what somebody said, and a database's
  error repeats the values of the statement.
* `DECISION_ENGINE_LOG_FORMAT=json`: one object a line: `at` (UTC), `level`, `from`, `message`, and what the writer
  adds under names of its own. Requests are written in this format only: route, method, status, milliseconds.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

FORMATS = ("text", "json")
_PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PlainLines(logging.Formatter):
    """Text, an exception told by its kind and places only."""

    def __init__(self) -> None:
        """Write moment, level and writer before each message."""
        super().__init__(_PLAIN)

    def formatException(self, ei: object) -> str:  # noqa: N802  logging's own name
        """Return the kind of the exception and the places it came through."""
        kind, places = _exception(ei)
        return f"  {kind}\n" + "\n".join(f"    {place}" for place in places)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return *record* as one line of JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at.replace("+00:00", "Z"), "level": record.levelname, "from": record.name,
            "message": record.getMessage(),
        }  # fmt: skip
        line |= getattr(record, "told", {})
        if record.exc_info:
            kind, places = _exception(record.exc_info)
            line |= {"exception": kind, "places": places}
        return json.dumps(line, ensure_ascii=False)


def configure(log_format: str, level: int = logging.INFO) -> None:
    """Write everything the house says to standard error as *log_format*. Raises ValueError for another format."""
    if log_format not in FORMATS:
        raise ValueError(f"DECISION_ENGINE_LOG_FORMAT: {log_format!r} is none of {', '.join(FORMATS)}")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else PlainLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("decision_engine.access").setLevel(
        logging.INFO if log_format == "json" else logging.WARNING
    )


def _exception(info: object) -> tuple[str, list[str]]:
    if not isinstance(info, tuple) or info[0] is None:
        return "", []
    frames = traceback.extract_tb(info[2])
    return info[0].__name__, [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
