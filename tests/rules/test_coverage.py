"""Every rule of the domain book has a place, and a test that would miss it."""

import ast
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from situations import situations

from decision_engine import rules
from decision_engine.rules import coverage
from decision_engine.rules.coverage import Place

ROOT = Path(__file__).parents[2]
BOOK = (Path(__file__).parent / "book.txt").read_text("utf-8").split()
ROWS = coverage.table()
NOT_YET: set[str] = set()
"""Rules declared but held nowhere, and shown so."""


def test_every_rule_of_the_book_is_declared_and_no_other():
    assert len(BOOK) == 239
    assert {row.rule.id for row in ROWS} == set(BOOK)


def test_every_rule_has_a_place():
    assert {row.rule.id for row in ROWS if row.places == (Place.NOWHERE,)} == NOT_YET


def test_every_rule_is_shown_by_a_test():
    assert {row.rule.id for row in ROWS if not row.is_shown} == NOT_YET


@pytest.mark.parametrize("one", [row.rule for row in ROWS if row.rule.held], ids=lambda one: one.id)
def test_a_test_named_as_holding_a_rule_exists(one):
    for named in one.held:
        path, _, test = named.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, named


def test_the_summary_counts_what_the_rows_say():
    counts = coverage.summary(ROWS)

    assert counts["rules"] == len(rules.declared())
    assert counts["GATE"] == sum(Place.GATE in row.places for row in ROWS) > 150
    assert counts["NOWHERE"] == len(NOT_YET)


def test_counts_come_from_the_case_files(tmp_path):
    (tmp_path / "one.toml").write_text(
        '[[case]]\nrule = "R-713-3-1"\nexpect = "BROKEN"\n[[case]]\nrule = "R-713-3-1"\nexpect = "MET"\n',
        "utf-8",
    )
    row = next(row for row in coverage.table(tmp_path) if row.rule.id == "R-713-3-1")

    assert (row.fires, row.met, row.undecided, row.files) == (1, 1, 0, ("one.toml",))
    assert sum(row.fires for row in coverage.table(tmp_path / "nothing here")) == 0


def test_a_rule_nobody_holds_is_said_to_be_held_nowhere():
    """Negative control: a hard rule that is only stated is not counted as placed."""
    stated = replace(rules.declared()[0], decide=None, gates=(), static=(), held=())

    assert coverage.places(stated) == (Place.NOWHERE,)


def test_the_table_is_a_line_a_rule():
    for row, line in zip(ROWS, coverage.lines(ROWS), strict=True):
        assert line.startswith(f"{row.rule.id} ")
        assert line.endswith(f"{row.rule.title.zh} / {row.rule.title.en}")


def test_what_only_memory_or_design_vouches_for_is_marked():
    marks = Counter(row.rule.mark.split(":")[0] for row in ROWS)

    assert marks["D"] > 20
    assert marks["M"] >= 3
    assert set(marks) <= {"v", "D", "M", "D; v", "M; v"}


# -- every gate and every audit rule ------------------------------------------------------------------------

GATES = sorted({(one.id, gate) for one in rules.declared() if one.decide for gate in one.gates})
AUDITED = sorted({one.id for one in rules.declared() if one.decide and "A" in one.checks})


def test_every_rule_is_tried_at_every_gate_it_guards():
    tried = {(one.rule, one.facts.gate) for one in situations()}

    assert [pair for pair in GATES if pair not in tried] == []


def test_every_audit_rule_has_a_case_file_that_shows_its_finding():
    shown = {
        one.rule
        for one in situations()
        if one.facts.gate == "audit" and one.expect in {"BROKEN", "EXCEPTED", "UNDECIDABLE"}
    }

    assert [one for one in AUDITED if one not in shown] == []
