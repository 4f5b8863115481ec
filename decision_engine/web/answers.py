"""What a form sends, as answers: names of controls are paths (`points.2.reason`), read by the form's own description.

Nothing is judged here: `forms.load` does. A number that is none stays the text that was typed, so that the form says
what is wrong with it and shows it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

MOST_ROWS = 1000
_ROW = re.compile(r"\d{1,4}")
_MINUTES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
Fields = Sequence[Mapping[str, Any]]


def read(said: MultiDict[str, str], fields: Fields, path: str = "") -> dict[str, Any]:
    """Return the answers in *said* to *fields*; what was left blank is left out."""
    answers: dict[str, Any] = {}
    for field in fields:
        value = _value(said, field, f"{path}{field['name']}")
        if value not in (None, "", [], {}):
            answers[field["name"]] = value
    return answers


def changed_rows(said: MultiDict[str, str], answers: dict[str, Any], fields: Fields) -> bool:
    """Add or take away the row a button of a list asks for (`_add`, `_remove`); tell whether one was pressed.

    Only lists that *fields* know are changed.
    """
    adding, taking = said.get("_add"), said.get("_remove")
    if adding:
        rows, field = _list_at(answers, fields, adding.split("."))
        if field is not None and len(rows) < MOST_ROWS:
            rows.append({} if field.get("of") == "group" else "")
    elif taking:
        *parents, last = taking.split(".")
        rows, field = _list_at(answers, fields, parents)
        if field is not None and _ROW.fullmatch(last) and int(last) < len(rows):
            del rows[int(last)]
    return bool(adding or taking)


def _list_at(
    answers: dict[str, Any], fields: Fields, path: list[str]
) -> tuple[list[Any], Mapping[str, Any] | None]:
    """Return the list at *path*, begun if it is empty, and its field; no field where there is no such list."""
    here: Any = answers
    known: Fields = fields
    field: Mapping[str, Any] | None = None
    for number, part in enumerate(path):
        if isinstance(here, list):
            if not (_ROW.fullmatch(part) and int(part) < len(here)):
                return [], None
            here = here[int(part)]
            continue
        field = next((one for one in known if one["name"] == part), None)
        if field is None or not isinstance(here, dict):
            return [], None
        last = number == len(path) - 1
        here, known = here.setdefault(part, [] if last or field["type"] == "list" else {}), field["fields"]
    return (here, field) if isinstance(here, list) and field is not None else ([], None)


def _value(said: MultiDict[str, str], field: Mapping[str, Any], path: str) -> Any:
    match field["type"]:
        case "group":
            return read(said, field["fields"], f"{path}.")
        case "list":
            return _listed(said, field, path)
    return _single(field["type"], said.get(path, ""))


def _listed(said: MultiDict[str, str], field: Mapping[str, Any], path: str) -> list[Any]:
    if field.get("of") != "group":
        several = [*said.getlist(path), *(said.get(f"{path}.{row}", "") for row in _rows(said, path))]
        return [_single(field.get("of") or "text", one) for one in several if one.strip()]
    rows = (read(said, field["fields"], f"{path}.{row}.") for row in _rows(said, path))
    return [row for row in rows if row]


def _rows(said: MultiDict[str, str], path: str) -> list[int]:
    """Return the numbers of the rows sent for the list at *path*, in order."""
    start = f"{path}."
    found = {
        int(number)
        for name in said
        if name.startswith(start) and _ROW.fullmatch(number := name[len(start) :].partition(".")[0])
    }
    return sorted(found)[:MOST_ROWS]


def _single(kind: str, typed: str) -> Any:
    words = typed.strip("\r\n\t ").replace("\r\n", "\n")
    match kind:
        case "boolean" if words in {"true", "false"}:
            return words == "true"
        case "integer" if re.fullmatch(r"-?\d{1,12}", words):
            return int(words)
        case "moment" if _MINUTES.fullmatch(words):
            return words + SHANGHAI_OFFSET
    return words


SHANGHAI_OFFSET = "+08:00"
"""What is typed is on the office's clock."""
