"""What the case file offers on a form: facts on file, and nothing a person has to say."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from decision_engine import forms, rules
from decision_engine.calendar import SHANGHAI, WorkCalendar
from decision_engine.models import Case
from decision_engine.queries import prefill
from decision_engine.queries.casefile import CaseFile

NOW = datetime(2026, 5, 8, 16, 0, tzinfo=SHANGHAI)
BODY = "mayor_office_meeting"


def record(
    seq: int, kind: str, author: str = "recorder", item: str | None = None, **data: Any
) -> rules.Record:
    return rules.Record(seq, kind, data, NOW, author, item=item)


HELD = (
    record(1, "confirm_agenda", body_type=BODY, meeting_at="2026-05-08T14:00:00+08:00", place="二楼会议室"),
    record(2, "open_meeting", body_type=BODY, due=["mayor", "a", "b", "c"], present=["mayor", "a", "b"],
           recusals=[{"member": "b", "ground": "亲属"}]),
    record(3, "member_speaks", "a", "a", stance="DISAGREE", statement="资产处置不清。"),
    record(4, "principal_speaks_last", "mayor", stance="AGREE", statement="同意。"),
)  # fmt: skip


def known(step: str, *records: rules.Record) -> dict[str, Any]:
    file = CaseFile(
        Case(title="关于停车收费的方案", matter={}), rules.Organ(), records,
        {BODY: rules.Body(BODY, "mayor", ("mayor", "a", "b", "c"))}, {},
        (rules.Comment("1", NOW), rules.Comment("2", NOW)), WorkCalendar.standard(), {},
    )  # fmt: skip
    work: Any = SimpleNamespace(now=NOW)
    return prefill.known(work, file, step)


def test_a_proposal_bears_the_name_of_its_case() -> None:
    assert known("register_proposal") == {"title": "关于停车收费的方案"}


def test_opinions_are_counted() -> None:
    assert known("handle_comments") == {"comments_received": 2}


def test_a_meeting_opens_as_it_was_called_and_nobody_is_said_to_be_there() -> None:
    offered = known("open_meeting", *HELD[:1])
    assert offered == {
        "body_type": BODY, "opened_at": "2026-05-08T14:00:00+08:00", "place": "二楼会议室", "chair": "mayor",
        "due": ["mayor", "a", "b", "c"],
    }  # fmt: skip


def test_those_who_take_part_are_on_the_ballot_and_no_vote_is_filled_in() -> None:
    assert known("vote", *HELD) == {"ballots": [{"member": "mayor"}, {"member": "a"}]}


def test_the_minutes_hold_what_was_said_and_who_is_to_sign_but_confirm_and_sign_nothing() -> None:
    offered = known("sign_minutes", *HELD)
    assert [(one["seq"], one["speaker"]) for one in offered["speeches"]] == [(1, "a"), (2, "mayor")]
    assert offered["dissents"] == [{"member": "a", "statement": "资产处置不清。"}]
    assert offered["signatures"] == [{"member": "mayor"}, {"member": "a"}, {"member": "b"}]


@pytest.mark.parametrize("step", ["vote", "sign_minutes", "open_meeting", "determine_risk", "no_such_step"])
def test_where_nothing_is_on_file_nothing_is_offered(step: str) -> None:
    assert known(step) == {}


@pytest.mark.parametrize(
    "step", ["register_proposal", "handle_comments", "open_meeting", "vote", "sign_minutes"]
)
def test_only_fields_of_the_form_are_offered(step: str) -> None:
    fields = {one["name"]: one for one in forms.describe(step)["fields"]}
    for name, value in known(step, *HELD).items():
        inner = {one["name"] for one in fields[name]["fields"]}
        for row in value if isinstance(value, list) else []:
            assert not isinstance(row, dict) or set(row) <= inner
