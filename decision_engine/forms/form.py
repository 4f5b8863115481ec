"""What a form is: the fields of one step, with its title and the article it serves.

A form is a marshmallow schema that refuses unknown fields. It is found by its step's name; steps no form knows
(other people's diagrams) get a general one: a note, and the fields their diagram's conditions read.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import lru_cache
from typing import ClassVar

from marshmallow import RAISE, Schema

from decision_engine.forms.fields import MESSAGES, Kind, LongText, Scalar
from decision_engine.language import Text, articles

DECREE_713 = Text("国务院令第713号", "State Council Decree 713")


class Part(Schema):
    """Fields that belong together; a field it does not know is refused."""

    error_messages = {"type": MESSAGES["type"], "unknown": MESSAGES["unknown"]}  # type: ignore[dict-item]  # noqa: RUF012

    class Meta:
        """Refuse what is not asked."""

        unknown = RAISE


class Form(Part):
    """The fields of one step."""

    step: ClassVar[str | None] = None
    heading: ClassVar[Text] = Text("办理意见", "Note on the step")
    citation: ClassVar[Text | None] = None


FORMS: dict[str, type[Form]] = {}
"""Step -> its form."""


def form(
    step: str, zh: str, en: str, *, article: str, law: Text = DECREE_713
) -> Callable[[type[Form]], type[Form]]:
    """Make a schema the form of *step*, titled in both languages, serving *article* of *law*."""

    def register(cls: type[Form]) -> type[Form]:
        cls.step = step
        cls.heading = Text(zh, en)
        cls.citation = Text(law.zh + articles(article).zh, f"{law.en}, {articles(article).en}")
        FORMS[step] = cls
        return cls

    return register


@lru_cache(maxsize=1024)
def form_of(step: str | None, reads: frozenset[str] = frozenset()) -> Form:
    """Return the form of *step*; of *reads*, names it does not ask for are added as short optional answers.

    A diagram may let any step answer a question its gateways read (`register_proposal.is_technical`, say): a
    question another form knows is asked as that form asks it, but not required.
    """
    base = FORMS.get(step or "", _General)
    own = base._declared_fields  # noqa: SLF001  marshmallow keeps the declared fields nowhere else
    more = {name: _asked(name) for name in sorted(reads - own.keys())}
    if not more:
        return base()
    made: type[Form] = type(base.__name__, (base,), dict(more))
    return made()


def _asked(name: str) -> Kind:
    """Return an optional field for the routing value *name*."""
    known = FORMS["determine_procedure"]._declared_fields.get(name)  # noqa: SLF001  as above
    if isinstance(known, Kind):
        asked = copy(known)
        asked.required = False
        return asked
    return Scalar(
        name,
        name,
        hint=Text(
            "本流程图的条件读取此项：文字、整数或是/否。",
            "The diagram's conditions read this: text, a whole number, or yes or no.",
        ),
    )


class _General(Form):
    """Any step that no form knows."""

    note = LongText("办理意见", "Note")
