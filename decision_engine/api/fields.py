"""The kinds of things requests carry and answers show.

What comes in uses the fields of `forms`, so a refusal reads the same in a form and in a request; what goes out
uses marshmallow's own. Numbers and flags of a query string are text that must be exact.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import RAISE, Schema, fields

from decision_engine.api.speech import both, moment
from decision_engine.forms.fields import (
    MESSAGES,
    Choice,
    Day,
    Group,
    Kind,
    Line,
    Listing,
    LongText,
    Whole,
    YesNo,
    refusal,
)
from decision_engine.forms.fields import Moment as MomentKind
from decision_engine.language import Text
from decision_engine.queries.pages import LARGEST

LAST_PAGE = 1_000_000
UNKNOWN = Text("不接受此项。", "This is not taken here.")
_NUMBER = re.compile(r"[0-9]{1,9}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Said(Schema):
    """What a request says; a field it does not know is refused."""

    error_messages = {"type": MESSAGES["type"], "unknown": UNKNOWN}  # type: ignore[dict-item]  # noqa: RUF012  marshmallow's own attribute

    class Meta:
        """Refuse what is not asked."""

        unknown = RAISE


# -- what comes in -------------------------------------------------------------------------------------


class CalendarDay(Day):
    """A day, as a value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return date.fromisoformat(super()._deserialize(value, attr, data, **kwargs))


class Instant(MomentKind):
    """A moment with its offset, as a value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return datetime.fromisoformat(super()._deserialize(value, attr, data, **kwargs))


class Id(Kind):
    """The id of something kept."""

    name_of_kind = "id"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.make_error("id")
        return value


class Name(Kind):
    """The technical name of a step, rule, role, process or parameter."""

    name_of_kind = "name"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise self.make_error("id")
        return value


class Secret(Kind):
    """A password: taken as it is, blanks and all."""

    name_of_kind = "secret"

    def is_blank(self, value: Any) -> bool:
        """Tell whether nothing was entered; blanks are part of a password."""
        return value is None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("text")
        if len(value) > 500:  # noqa: PLR2004  argon2 would work on megabytes
            raise refusal(Text("最多500个字符。", "At most 500 characters."))
        return value


class Object(Kind):
    """A JSON object that somebody else reads (a form, the facts of a case)."""

    name_of_kind = "object"

    def is_blank(self, value: Any) -> bool:
        """Tell whether nothing was entered; an empty object is an answer."""
        return value is None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("type")
        return dict(value)


class Content(Kind):
    """The exact bytes of a file: as text, or uploaded."""

    name_of_kind = "content"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        if isinstance(value, bytes):
            return value
        if not isinstance(value, str):
            raise self.make_error("text")
        return value.encode()


class Number(Whole):
    """A whole number written in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        exact = int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value
        number: int = super()._deserialize(exact, attr, data, **kwargs)
        return number


class Flag(YesNo):
    """`true` or `false` written in a query string or an upload."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        exact = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        flag: bool = super()._deserialize(exact, attr, data, **kwargs)
        return flag


class PageQuery(Said):
    """Which page of a list."""

    page = Number("页码", "Page, from 1", least=1, most=LAST_PAGE, default=1)
    page_size = Number("每页条数", "Entries a page", least=1, most=LARGEST, default=20)


class ReasonSaid(Said):
    """Why."""

    reason = LongText("理由", "Reason", required=True, most=2000)


class Nothing(Said):
    """An act that needs no words."""


# -- what goes out -------------------------------------------------------------------------------------


class Moment(fields.Field[datetime]):
    """A moment in Shanghai time."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return moment(value) if value is not None else None


class Sentence(fields.Field[Text]):
    """A sentence in both languages."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> dict[str, str] | None:
        return both(value) if value is not None else None


class Bytes(fields.Field[bytes]):
    """Bytes, in base64."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return base64.b64encode(value).decode() if value is not None else None


class ReceiptOut(Schema):
    """Proof that the act entered the log: keep it. *signature* (base64) is the service's, under *hash*, by *key*."""

    event_id = fields.String()
    chain = fields.String()
    seq = fields.Integer()
    hash = fields.String()
    at = Moment()
    key = fields.String()
    signature = fields.String()


class ActOut(Schema):
    """What every act answers with."""

    receipt = fields.Nested(ReceiptOut, allow_none=True)


def page_of(item: type[Schema]) -> type[Schema]:
    """Return the schema of a page of *item*."""
    return type(
        f"{item.__name__.removesuffix('Out')}PageOut",
        (Schema,),
        {
            "__doc__": f"A page of a list ({item.__name__.removesuffix('Out')}).",
            "items": fields.List(fields.Nested(item)),
            "page": fields.Integer(attribute="number"),
            "page_size": fields.Integer(attribute="size"),
            "total": fields.Integer(),
        },
    )


OPENAPI_TYPES: tuple[tuple[type[fields.Field[Any]], str, str | None], ...] = (
    (LongText, "string", None),
    (Line, "string", None),
    (Day, "string", "date"),
    (CalendarDay, "string", "date"),
    (Instant, "string", "date-time"),
    (Id, "string", None),
    (Name, "string", None),
    (Secret, "string", "password"),
    (Object, "object", None),
    (Content, "string", None),
    (Bytes, "string", "byte"),
    (Whole, "integer", None),
    (Number, "integer", None),
    (YesNo, "boolean", None),
    (Flag, "boolean", None),
    (Moment, "string", "date-time"),
    (Sentence, "object", None),
    (Choice, "string", None),
    (Listing, "array", None),
    (Group, "object", None),
)
