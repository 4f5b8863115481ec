"""What each step may answer: one form a step, labelled in Chinese and in English.

`load` turns what somebody sent into what is recorded: JSON of exact values, unknown fields refused, every refusal
said in both languages and tied to its field. A form says what an answer looks like; whether it is lawful is for
`rules` to say, with the article. So only what every such act needs is required here.

    said = forms.load("decide_initiation", {"outcome": "START", ...})
    forms.describe("decide_initiation")     # for clients that draw the form
    forms.references("draft_decision", said).documents   # {"draft_ref": "5c1e..."}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError

from decision_engine.errors import InvalidAnswers
from decision_engine.forms import (  # noqa: F401  a form is known once its file is read
    draft,
    evaluation,
    execution,
    experts,
    handling,
    legality,
    meeting,
    objection,
    participation,
    proposal,
    publication,
    risk,
)
from decision_engine.forms.fields import (
    MESSAGES,
    DocumentNumber,
    Group,
    Kind,
    Listing,
    LongText,
    Scalar,
    is_id,
)
from decision_engine.forms.form import FORMS, form_of
from decision_engine.language import Text

__all__ = ["References", "describe", "load", "references", "steps", "without_words"]

MOST_ERRORS = 100
"""More wrong fields than this help nobody and would let a small request ask for a large answer."""


@dataclass(frozen=True, slots=True)
class References:
    """What answers refer to: path of the field -> id."""

    documents: Mapping[str, str]
    persons: Mapping[str, str]
    units: Mapping[str, str]


def steps() -> tuple[str, ...]:
    """Return the steps that have a form of their own."""
    return tuple(FORMS)


def load(step: str | None, answers: Any, reads: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return *answers* to *step* as they are recorded: ISO texts, integers, booleans, lists and mappings.

    Defaults are filled in; optional fields left blank are left out. *reads* are the fields of this step that the
    deployment's expressions read. Raises `InvalidAnswers` with a message in both languages for each wrong field.
    """
    try:
        loaded = form_of(step, reads).load(answers)
    except ValidationError as error:
        raise InvalidAnswers(_by_path(error.messages)) from None
    return dict(loaded)


def describe(step: str | None, reads: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the form of *step* for a client to draw: title, citation and fields in their order, as JSON.

    A field has name, type, label, hint, required, default, choices and, where it nests, fields; a list says what
    it is a list `of`.
    """
    form = form_of(step, reads)
    return {
        "step": step,
        "title": _both(form.heading),
        "citation": _both(form.citation),
        "fields": _described(form),
    }


def references(step: str | None, said: Mapping[str, Any], reads: frozenset[str] = frozenset()) -> References:
    """Return what the loaded answers *said* refer to, by the path of the field that does (`ballots.2.member`)."""
    found: dict[str, dict[str, str]] = {"document": {}, "person": {}, "unit": {}}
    for path, field, value in _leaves(form_of(step, reads), said, ""):
        if field.name_of_kind in found:
            found[field.name_of_kind][path] = value
    return References(found["document"], found["person"], found["unit"])


def without_words(
    step: str | None, said: Mapping[str, Any], reads: frozenset[str] = frozenset(), mark: str = ""
) -> dict[str, Any]:
    """Return the loaded answers *said* with *mark* in the place of everything somebody worded.

    Choices, days, numbers, ids, document numbers and what the diagram *reads* stay: the case rests on them. Of an
    answer the form of *step* does not know only numbers, truth values and ids stay.
    """
    form = form_of(step, reads)
    return {
        name: value if name in reads else _worded(form.fields.get(name), value, mark)
        for name, value in said.items()
    }


def _worded(field: Any, value: Any, mark: str) -> Any:
    if isinstance(value, Mapping):
        inside = field.part.fields if isinstance(field, Group) else {}
        return {name: _worded(inside.get(name), one, mark) for name, one in value.items()}
    if isinstance(value, list):
        item = field.item if isinstance(field, Listing) else None
        return [_worded(item, one, mark) for one in value]
    keeps = isinstance(field, Kind) and (
        not isinstance(field, LongText | Scalar) or isinstance(field, DocumentNumber)
    )
    return value if not isinstance(value, str) or keeps or is_id(value) else mark


def _described(schema: Schema) -> list[dict[str, Any]]:
    described = []
    for name, field in schema.fields.items():
        if not isinstance(field, Kind):
            raise TypeError(f"{name}: a form is made of the kinds in forms.fields")
        part = field.item if isinstance(field, Listing) else field
        default = field.load_default
        described.append(
            {
                "name": name,
                "type": field.name_of_kind,
                "label": _both(field.label),
                "hint": _both(field.hint),
                "required": field.required,
                "default": default if isinstance(default, str | bool | int) else None,
                "choices": None,
                **field.describe(),
                "fields": _described(part.part) if isinstance(part, Group) else [],
            }
        )
    return described


def _both(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"zh": text.zh, "en": text.en}


def _leaves(schema: Schema, said: Any, prefix: str) -> Iterator[tuple[str, Kind, Any]]:
    """Yield each single value that was answered, with its path and the field that asked for it."""
    for name, field in schema.fields.items():
        value = said.get(name)
        if value is not None and isinstance(field, Kind):
            yield from _values(field, value, f"{prefix}{name}")


def _values(field: Kind, value: Any, path: str) -> Iterator[tuple[str, Kind, Any]]:
    if isinstance(field, Group):
        yield from _leaves(field.part, value, f"{path}.")
    elif isinstance(field, Listing):
        for index, one in enumerate(value):
            yield from _values(field.item, one, f"{path}.{index}")
    else:
        yield path, field, value


def _by_path(messages: Any) -> dict[str, tuple[Text, ...]]:
    """Flatten marshmallow's tree of messages: `points.2.reason` -> what is wrong with it."""
    fields: dict[str, tuple[Text, ...]] = {}
    for path, message in _walk(messages, ""):
        if len(fields) >= MOST_ERRORS and path not in fields:
            break
        fields[path] = (*fields.get(path, ()), message)
    return fields


def _walk(messages: Any, path: str) -> Iterator[tuple[str, Text]]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _walk(value, path if key == "_schema" else f"{path}.{_shown(key)}".lstrip("."))
    elif isinstance(messages, list | tuple):
        for value in messages:
            yield from _walk(value, path)
    else:
        yield path, messages if isinstance(messages, Text) else MESSAGES["validator_failed"]


def _shown(key: Any) -> str:
    """Return a field's name fit to be shown: an unknown one may be anything at all."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(key)[:100])
