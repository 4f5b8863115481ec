"""What officials read: one sentence in Chinese and in English.

Chinese comes first and is always there; English says the same. Nothing here knows a request:
the doors choose a language, everybody else hands `Text` on unread.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence, label or title in both languages of the product."""

    zh: str
    en: str

    def said_in(self, language: str) -> str:
        """Return the sentence in *language* (`"en"`, anything else is Chinese)."""
        return self.en if language == "en" else self.zh

    def __str__(self) -> str:
        return self.zh
