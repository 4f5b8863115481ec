"""The kinds of things a form asks for.

Guarantees: what a field returns is JSON with an exact text form (no floats, no objects); loading a loaded value
changes nothing; every refusal is said in Chinese and in English. An empty or missing optional answer is left out,
never stored as null.

Text is kept verbatim but for surrounding white space and line ends. Characters that hide or reorder what an
official signs (controls, bidirectional overrides, lone surrogates) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields
from marshmallow import missing as MISSING  # noqa: N812  a constant in all but name

from decision_engine.language import Text

Choices = Mapping[str, tuple[str, str]]
"""Value -> its label in Chinese and in English."""

MESSAGES = {
    "required": Text("此项必填。", "This is required."),
    "null": Text("此项不能为空。", "This cannot be empty."),
    "validator_failed": Text("此项内容无效。", "This is not valid."),
    "type": Text("此处应为一组字段。", "A group of fields is expected here."),
    "unknown": Text("表单中没有此项。", "The form has no such field."),
    "text": Text("应填写文字。", "Text is expected."),
    "one_line": Text("只能填写一行文字。", "Only one line of text is possible."),
    "number_form": Text(
        "格式应为机关代字、〔年份〕、序号，例如“青政发〔2026〕7号”。",
        "The form is organ mark, 〔year〕, number: 青政发〔2026〕7号.",
    ),
    "day": Text("应填写日期，例如 2026-03-06。", "A date is expected, such as 2026-03-06."),
    "moment": Text(
        "应填写带时区的日期时间，例如 2026-03-06T09:00:00+08:00。",
        "A date and time with its offset is expected, such as 2026-03-06T09:00:00+08:00.",
    ),
    "absurd": Text("日期应在1990年至2199年之间。", "The date must lie between 1990 and 2199."),
    "integer": Text("应填写整数。", "A whole number is expected."),
    "decimal": Text(
        '应以文字填写十进制数，例如 "0.35"，最多六位小数。',
        'A decimal number written as text is expected, such as "0.35", with at most six decimals.',
    ),
    "boolean": Text("应选择是或否。", "Yes or no is expected."),
    "choice": Text("请从所列选项中选择。", "Choose one of the listed values."),
    "id": Text("引用的编号格式不正确。", "The reference is not a valid id."),
    "list": Text("应填写列表。", "A list is expected."),
    "repeated": Text("列表中有重复项。", "The list names something twice."),
    "scalar": Text("应填写文字、整数或是/否。", "Text, a whole number, or yes or no is expected."),
}

FIRST_YEAR, LAST_YEAR = 1990, 2199
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls; tab and line feed stay
    "\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f"  # invisible, reordering
    "\ud800-\udfff\ufffe\uffff]"  # no characters at all: they have no UTF-8 form, or must not be exchanged
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?")
_ID = re.compile(r"[0-9a-f]{32}")


def is_id(text: str) -> bool:
    """Tell whether *text* is the id of something kept elsewhere."""
    return _ID.fullmatch(text) is not None


def refusal(message: Text) -> ValidationError:
    """Return *message* as marshmallow raises it; lists keep it whole where text would be split."""
    return ValidationError([message])  # marshmallow carries any object


class Kind(fields.Field[Any]):
    """A field with a label and a hint in both languages; optional unless *required*."""

    name_of_kind: ClassVar[str]
    default_error_messages = {key: [text] for key, text in MESSAGES.items()}  # noqa: RUF012

    def __init__(
        self,
        zh: str,
        en: str,
        *,
        required: bool = False,
        hint: Text | None = None,
        default: Any = MISSING,
    ) -> None:
        super().__init__(required=required, load_default=default)
        self.label = Text(zh, en)
        self.hint = hint

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Return the JSON-ready answer; nothing entered is the same as not answered."""
        return super().deserialize(MISSING if self.is_blank(value) else value, attr, data, **kwargs)

    def is_blank(self, value: Any) -> bool:
        """Tell whether *value* says nothing."""
        return value is None or (isinstance(value, str) and not value.strip())

    def _read(self, value: Any) -> Any:
        """Return *value*, which is not blank, in its recorded form; raise `ValidationError` if it has none."""
        raise NotImplementedError

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return self._read(value)

    def describe(self) -> dict[str, Any]:
        """Return what only this kind has to tell a client."""
        return {}


def _forbidden(found: re.Match[str]) -> Text:
    """Say which character is not allowed and where it stands, for it cannot be seen."""
    place, code = found.start() + 1, f"U+{ord(found[0]):04X}"
    return Text(
        f"第{place}个字符（{code}）是不可见的控制字符，请删除后重新输入。",
        f"Character {place} ({code}) is an invisible control. Delete it and type again.",
    )


class LongText(Kind):
    """Several lines, kept verbatim."""

    name_of_kind = "long_text"
    most = 20_000
    one_line = False

    def __init__(self, zh: str, en: str, *, most: int | None = None, **common: Any) -> None:
        super().__init__(zh, en, **common)
        self.most = most or self.most

    def _read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("text")
        text = value.replace("\r\n", "\n").replace("\r", "\n")
        if found := _FORBIDDEN.search(text):
            raise refusal(_forbidden(found))
        text = text.strip()
        if self.one_line and "\n" in text:
            raise self.make_error("one_line")
        if len(text) > self.most:
            raise refusal(Text(f"最多{self.most}个字符。", f"At most {self.most} characters."))
        return text

    def describe(self) -> dict[str, Any]:
        """Return the length limit."""
        return {"max_length": self.most}


class Line(LongText):
    """One line of text."""

    name_of_kind = "text"
    most = 500
    one_line = True


class DocumentNumber(Line):
    """发文字号: `机关代字〔YYYY〕N号`, full year, no leading zero, no 第 before the number (R-DIS-09)."""

    most = 60
    _form = re.compile(r"[^\d\s]+〔[0-9]{4}〕[1-9][0-9]{0,5}号")

    def _read(self, value: Any) -> str:
        number = super()._read(value)
        if not self._form.fullmatch(number):
            raise self.make_error("number_form")
        return number


class Day(Kind):
    """A calendar day, `YYYY-MM-DD`: what the law counts in."""

    name_of_kind = "date"

    def _read(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not _DAY.fullmatch(text):
            raise self.make_error("day")
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise self.make_error("day") from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise self.make_error("absurd")
        return day.isoformat()


class Moment(Kind):
    """A moment with its offset from UTC; one without is refused, for nobody could say later when it was."""

    name_of_kind = "moment"

    def _read(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not _MOMENT.fullmatch(text):
            raise self.make_error("moment")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.make_error("moment") from None
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self.make_error("absurd")
        return moment.isoformat()


class Whole(Kind):
    """A whole number between *least* and *most*; `3.0` and `true` are not."""

    name_of_kind = "integer"

    def __init__(self, zh: str, en: str, *, least: int = 0, most: int = 1_000_000_000, **common: Any) -> None:
        super().__init__(zh, en, **common)
        self.least, self.most = least, most

    def _read(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("integer")
        if not self.least <= value <= self.most:
            raise refusal(
                Text(
                    f"应在{self.least}至{self.most}之间。",
                    f"It must lie between {self.least} and {self.most}.",
                )
            )
        return value

    def describe(self) -> dict[str, Any]:
        """Return the bounds."""
        return {"minimum": self.least, "maximum": self.most}


class Number(Kind):
    """An exact decimal, kept as the text that was written; binary floats are refused (the log forbids them)."""

    name_of_kind = "decimal"

    def __init__(
        self, zh: str, en: str, *, least: str = "0", most: str = "999999999999", **common: Any
    ) -> None:
        super().__init__(zh, en, **common)
        self.least, self.most = Decimal(least), Decimal(most)

    def _read(self, value: Any) -> str:
        if isinstance(value, int) and abs(value) < 10**12:
            value = str(value)
        text = value.strip() if isinstance(value, str) else ""
        if not _DECIMAL.fullmatch(text):
            raise self.make_error("decimal")
        if not self.least <= Decimal(text) <= self.most:
            raise refusal(
                Text(
                    f"应在{self.least}至{self.most}之间。",
                    f"It must lie between {self.least} and {self.most}.",
                )
            )
        return text

    def describe(self) -> dict[str, Any]:
        """Return the bounds as exact text."""
        return {"minimum": str(self.least), "maximum": str(self.most)}


class YesNo(Kind):
    """Yes or no; `1`, `"yes"` and the like are not."""

    name_of_kind = "boolean"

    def _read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("boolean")
        return value


class Choice(Kind):
    """One of *choices*."""

    name_of_kind = "choice"

    def __init__(self, zh: str, en: str, choices: Choices, **common: Any) -> None:
        super().__init__(zh, en, **common)
        self.choices = choices

    def _read(self, value: Any) -> str:
        if not isinstance(value, str) or value.strip() not in self.choices:
            raise self.make_error("choice")
        return value.strip()

    def describe(self) -> dict[str, Any]:
        """Return the values in the order of the law."""
        return {
            "choices": [
                {"value": value, "label": {"zh": zh, "en": en}} for value, (zh, en) in self.choices.items()
            ]
        }


class Reference(Kind):
    """The id of something kept elsewhere; whether it exists is for the command to find out."""

    def _read(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not _ID.fullmatch(text):
            raise self.make_error("id")
        return text


class PersonId(Reference):
    """A person."""

    name_of_kind = "person"


class UnitId(Reference):
    """A unit of an organ."""

    name_of_kind = "unit"


class DocumentId(Reference):
    """A document of the case."""

    name_of_kind = "document"


class CommentId(Reference):
    """A submission by the public."""

    name_of_kind = "comment"


class CaseId(Reference):
    """Another case."""

    name_of_kind = "case"


class Scalar(Kind):
    """A short text, a whole number, or yes or no: what a diagram of somebody else's may ask for."""

    name_of_kind = "scalar"

    def __init__(self, zh: str, en: str, **common: Any) -> None:
        super().__init__(zh, en, **common)
        self._readings: tuple[Kind, ...] = (
            YesNo(zh, en, **common),
            Whole(zh, en, least=-1_000_000_000, **common),
            Line(zh, en, **common),
        )

    def _read(self, value: Any) -> Any:
        types: tuple[type, ...] = (bool, int, str)
        for kind, reading in zip(types, self._readings, strict=True):
            if isinstance(value, kind):
                return reading.deserialize(value)
        raise self.make_error("scalar")


class Group(Kind):
    """Fields that belong together; *part* is their schema."""

    name_of_kind = "group"

    def __init__(self, zh: str, en: str, part: Callable[[], Schema], **common: Any) -> None:
        super().__init__(zh, en, **common)
        self.part = part()

    def is_blank(self, value: Any) -> bool:
        """Tell whether nothing was entered; text is never a group, not even blank text."""
        return value is None

    def _read(self, value: Any) -> Any:
        return self.part.load(value)


class Listing(Kind):
    """Several of *item*, in the order given; single values may not repeat. An unanswered optional list is empty."""

    name_of_kind = "list"

    def __init__(
        self,
        zh: str,
        en: str,
        item: Kind | Callable[[], Schema],
        *,
        least: int = 0,
        most: int = 500,
        **common: Any,
    ) -> None:
        if not common.get("required"):
            common.setdefault("default", list)
        super().__init__(zh, en, **common)
        self.item = item if isinstance(item, Kind) else Group(zh, en, item)
        self.item.required = True
        self.least, self.most = least, most

    def is_blank(self, value: Any) -> bool:
        """Tell whether nothing was entered; an empty list is an answer."""
        return value is None

    def _read(self, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise self.make_error("list")
        if len(value) < self.least:
            raise refusal(Text(f"至少填写{self.least}项。", f"At least {self.least} are needed."))
        if len(value) > self.most:
            raise refusal(Text(f"最多填写{self.most}项。", f"At most {self.most} are possible."))
        loaded: list[Any] = []
        errors: dict[Hashable, Any] = {}
        for index, one in enumerate(value):
            try:
                loaded.append(self.item.deserialize(one))
            except ValidationError as error:
                errors[index] = error.messages
        if errors:
            raise ValidationError(errors)
        if not isinstance(self.item, Group) and len(set(loaded)) < len(loaded):
            raise self.make_error("repeated")
        return loaded

    def describe(self) -> dict[str, Any]:
        """Return what the items are and how many there may be."""
        return {
            "of": self.item.name_of_kind,
            "min_items": self.least,
            "max_items": self.most,
            **self.item.describe(),
        }
