"""Which language the asker reads, and how moments are written for them: Chinese first, Shanghai time."""

from __future__ import annotations

from datetime import datetime

from flask import has_request_context, request

from decision_engine.calendar import SHANGHAI
from decision_engine.language import Text

LANGUAGES = ("zh", "en")


def language() -> str:
    """Return `"en"` when the asker prefers it by Accept-Language, else `"zh"`."""
    if not has_request_context():
        return "zh"
    return request.accept_languages.best_match(LANGUAGES, default="zh") or "zh"


def say(text: Text) -> str:
    """Return *text* in the asker's language."""
    return text.said_in(language())


def both(text: Text) -> dict[str, str]:
    """Return *text* in both languages, for answers that are kept or shown to several people."""
    return {"zh": text.zh, "en": text.en}


def moment(at: datetime) -> str:
    """Return *at* as ISO 8601 in Shanghai: `2026-04-28T10:30:00.000+08:00`."""
    return at.astimezone(SHANGHAI).isoformat(timespec="milliseconds")
