"""Which of its two languages a sentence is said in on this page."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import get_locale

from decision_engine.language import Text


def language() -> str:
    """Return the language of this request: `zh` or `en`."""
    chosen = get_locale()
    return "en" if chosen is not None and chosen.language == "en" else "zh"


def said(sentence: Text | Mapping[str, str] | str | None) -> str:
    """Return *sentence* in the language of this request; a plain text is what it is, nothing says nothing.

    Templates know it as a filter: `{{ spec.label | said }}`.
    """
    if sentence is None:
        return ""
    if isinstance(sentence, Text):
        return sentence.said_in(language())
    if isinstance(sentence, Mapping):
        return sentence.get(language()) or sentence["zh"]
    return sentence
