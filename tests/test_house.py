"""The rules of the house itself, held by reading the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools.readme import README, written

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "decision_engine"
FILES = sorted(HOUSE.rglob("*.py"))


def calls(tree: ast.AST) -> list[tuple[str, int]]:
    """Every call as (dotted name, line)."""
    return [(ast.unparse(node.func), node.lineno) for node in ast.walk(tree) if isinstance(node, ast.Call)]


FORBIDDEN = {
    "reads the machine's clock; time comes with the act": (
        re.compile(r"(^|\.)(now|today|utcnow)$"),
        {"clock.py", "throttle.py"},  # the throttle measures seconds between requests, nothing dated
        re.compile(
            r"^(house|self\._house|self\.house|work\.house|stage\.house|clock|self\._clock)(\.clock)?\.now$|\.clock\.now$"
        ),
    ),
    "runs text as code": (re.compile(r"^(eval|exec|compile|__import__)$"), set(), None),
    "commits; only the unit of work does": (re.compile(r"\.commit$"), set(), None),
    "unpickles": (re.compile(r"^pickle\."), set(), None),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_file_does_what_the_house_forbids(path: Path):
    """No wall clock, no code from text, no commit outside the one place."""
    for name, line in calls(ast.parse(path.read_text(encoding="utf-8"))):
        for what, (pattern, allowed, except_for) in FORBIDDEN.items():
            if (
                pattern.search(name)
                and path.name not in allowed
                and not (except_for and except_for.search(name))
            ):
                pytest.fail(f"{path.relative_to(ROOT)}:{line} {name}() {what}")


@pytest.mark.parametrize(
    "code", ["datetime.now(UTC)", "date.today()", "eval(text)", "session.commit()", "pickle.loads(x)"]
)
def test_the_search_finds_what_it_looks_for(code: str):
    """Negative control of the test above."""
    found = [
        what
        for name, _ in calls(ast.parse(code))
        for what, (pattern, _, except_for) in FORBIDDEN.items()
        if pattern.search(name) and not (except_for and except_for.search(name))
    ]
    assert found


def test_the_tables_of_the_readme_are_those_of_the_code():
    """`python -m tools.readme` writes them anew."""
    text = README.read_text(encoding="utf-8")
    assert written(text) == text
    assert "`userTask`" in text


def test_every_dependency_has_its_line_in_the_readme():
    """What for, licence, why this one."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    told = README.read_text(encoding="utf-8").lower()
    missing = [
        name
        for one in named
        if (name := re.split(r"[\[<>=~! ]", one, maxsplit=1)[0].lower()) not in told
        and name != "decision-engine"
    ]
    assert missing == []


def test_every_module_opens_with_what_it_is():
    """A module without a docstring says nothing to a newcomer."""
    silent = [
        str(path.relative_to(ROOT))
        for path in FILES
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
