"""What officials read: one sentence in Chinese and in English.

Chinese comes first and is always there; English says the same. Nothing here knows a request:
the doors choose a language, everybody else hands `Text` on unread.
"""

from __future__ import annotations

import re
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


def articles(numbers: str) -> Text:
    """Return articles of a law as they are cited: `"11、12"` is 第十一条、第十二条, `"14—18"` 第十四条至第十八条.

    *numbers* are whole numbers with 、 or a comma between, or a dash from the first to the last.
    """
    first, dash, last = numbers.partition("—")
    found = [one.strip() for one in re.split("[、,]", first)]
    zh = "、".join(f"第{chinese_number(int(one))}条" for one in found)
    if dash:
        return Text(f"{zh}至第{chinese_number(int(last))}条", f"articles {first} to {last}")
    if len(found) == 1:
        return Text(zh, f"article {found[0]}")
    return Text(zh, f"articles {', '.join(found[:-1])} and {found[-1]}")


def chinese_number(number: int) -> str:
    """Return a number from 1 to 9999 as articles are counted: 二十六, 一百零一, 一千二百五十九."""
    digits = "零一二三四五六七八九"
    words, gap = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + digits[digit] + unit
        gap = False
    return words.removeprefix("一") if words.startswith("一十") else words
