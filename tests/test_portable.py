"""The SQL stays portable (proof.md 3.6): what CockroachDB, YugabyteDB or Citus lack is not in the package.

Rule 1 (`org_id` first in every key) is not kept: an installation serves the organs of one county from one database, and
nothing here shards by organ. The rest is held by reading the code: text for SQL, the syntax tree for SQLAlchemy.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Integer

from decision_engine.db import Model

HOUSE = Path(__file__).parent.parent / "decision_engine"
FILES = sorted(HOUSE.rglob("*.py"))

FORBIDDEN = {
    "an advisory lock (a stub elsewhere that locks nothing)": r"pg_(try_)?advisory",
    "LISTEN or NOTIFY (missing elsewhere; polling is the truth)": r"^\s*(LISTEN|NOTIFY)\s+\w|pg_notify",
    "LOCK TABLE": r"\bLOCK\s+TABLE\b",
    "a deferrable constraint": r"\bDEFERRABLE\b|\bINITIALLY\s+DEFERRED\b",
    "an exclusion constraint": r"\bEXCLUDE\s+USING\b",
    "a serial column": r"\b(BIG|SMALL)?SERIAL\b|\bAUTOINCREMENT\b",
    "an identity column": r"\bGENERATED\s+(ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b",
    "a sequence": r"\b(nextval|setval|currval)\s*\(|\bCREATE\s+SEQUENCE\b",
    "a JSONB operator": r"\bJSONB\b|->>|@>|#>>",
    "a temporary or unlogged table": r"\b(TEMP|TEMPORARY|UNLOGGED)\s+TABLE\b",
}
NAMES = {
    "deferrable", "initially", "JSONB", "Sequence", "Identity", "ExcludeConstraint", "ARRAY", "HSTORE", "Computed",
}  # fmt: skip
"""Names of SQLAlchemy that lead to the same."""


def complaints(code: str) -> list[str]:
    """Return what in *code* is not portable: in its SQL (texts that are no docstrings) and in its names."""
    tree = ast.parse(code)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found += _in_sql(node.value)
        elif isinstance(node, ast.keyword) and node.arg in NAMES:
            found.append(str(node.arg))
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            found.append(node.attr)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            found += [one.name for one in node.names if one.name in NAMES]
        elif isinstance(node, ast.keyword) and node.arg == "autoincrement" and not _is_false(node.value):
            found.append("autoincrement")
    return found


def _in_sql(value: str) -> list[str]:
    if not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|LOCK|LISTEN|NOTIFY|WHERE)\b", value):
        return []
    return [
        what for what, pattern in FORBIDDEN.items() if re.search(pattern, value, re.IGNORECASE | re.MULTILINE)
    ]


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_no_file_says_what_other_databases_lack() -> None:
    found = {str(path.relative_to(HOUSE)): complaints(path.read_text(encoding="utf-8")) for path in FILES}
    assert {path: told for path, told in found.items() if told} == {}
    assert len(found) > 200


@pytest.mark.parametrize(
    "code",
    [
        'text("SELECT pg_advisory_xact_lock(1)")',
        'text("SELECT pg_try_advisory_lock(1)")',
        'text("LISTEN events")',
        "text(\"SELECT pg_notify('a', 'b')\")",
        'text("LOCK TABLE event IN EXCLUSIVE MODE")',
        'text("ALTER TABLE x ADD CONSTRAINT y FOREIGN KEY (z) REFERENCES x DEFERRABLE INITIALLY DEFERRED")',
        'text("CREATE TABLE x (id BIGSERIAL)")',
        'text("CREATE TABLE x (id int GENERATED ALWAYS AS IDENTITY)")',
        "text(\"SELECT nextval('x')\")",
        "text(\"SELECT body ->> 'kind' FROM event\")",
        'text("CREATE TEMP TABLE x (y int)")',
        'f"LOCK TABLE {name}"',
        "from sqlalchemy.dialects.postgresql import JSONB",
        "sa.Column(sa.Integer, sa.Identity())",
        "sa.ForeignKey('x.y', deferrable=True)",
        "mapped_column(primary_key=True, autoincrement=True)",
    ],
)
def test_the_search_finds_what_it_looks_for(code: str) -> None:
    """Negative control of the test above."""
    assert complaints(code)


def test_the_search_does_not_take_words_for_sql() -> None:
    assert complaints('"""LOCK TABLE is not used."""\nname = "serial number"\nx = "a -> b"') == []


def test_no_number_is_given_by_the_database() -> None:
    """Ids are made by the application; a number without gaps comes from a row of ours that is locked."""
    given = [
        f"{table.name}.{column.name}"
        for table in Model.metadata.tables.values()
        for column in table.primary_key.columns
        if isinstance(column.type, Integer | BigInteger)
        and len(table.primary_key.columns) == 1
        and column.autoincrement is not False
        and not column.foreign_keys
    ]
    assert given == []
