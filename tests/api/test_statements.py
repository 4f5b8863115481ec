"""What an act and a question cost the database, counted statement by statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from decision_engine.commands.sequencing import DECISIVE
from decision_engine.demo.s1 import S1, beginning
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import Town
from decision_engine.models import Case, Record
from decision_engine.work import House
from tests.api.conftest import SignIn

MOST_A_COMPLETION = 20
MOST_A_WORKLIST = 5
MOST_A_PLACE = 12
"""What a decisive act may cost more, in a transaction of its own: its place in the log's tree."""


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """Collect every statement sent meanwhile, but for BEGIN, COMMIT, ROLLBACK and PRAGMA."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            sent.append(statement)

    event.listen(house.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(house.engine, "before_cursor_execute", note)


def lengthen(house: House, case_id: str, records: int) -> None:
    """Give a case *records* more entries of a long past, as many revisions would."""
    with house.writing() as session, session.begin():
        case = session.get_one(Case, case_id)
        last = session.scalars(
            select(Record).where(Record.case_id == case_id).order_by(Record.seq.desc())
        ).first()
        assert last is not None
        columns = [column.key for column in Record.__table__.columns]
        for number in range(1, records + 1):
            copy = {name: getattr(last, name) for name in columns}
            copy |= {
                "seq": last.seq + number,
                "at": last.at + timedelta(seconds=number),
                "kind": "interpret_policy",
            }
            session.add(Record(**copy))
        case.records += records


def test_the_counter_counts(house: House, town: Town) -> None:
    with counted(house) as sent, house.reading() as session:
        session.execute(select(Case.id))
        session.execute(select(Case.id))
    assert len(sent) == 2


@pytest.mark.parametrize("history", [0, 600], ids=["short history", "long history"])
def test_completing_a_task_takes_at_most_twenty_statements(house: House, stage: Stage, history: int) -> None:
    """Drafting is the dearest step: it refers to papers and changes the case itself; and its key is kept."""
    S1.play(stage, until="draft_decision")
    stage.move_to("2026-03-04 10:00")
    for name in ("draft", "explanation"):
        stage.file("officer", "D06", name, name, name=name, public=True)
    if history:
        lengthen(house, stage.case_id, history)
    task = stage.waiting("officer", "draft_decision")[0]
    said = {"answers": beginning.drafting(stage), "version": task["version"]}
    caller = stage._door._client  # the same application, counted
    with counted(house) as sent:
        answer = caller.post(
            f"/api/v1/tasks/{task['id']}/completion",
            json=said,
            headers={"Authorization": f"Bearer {stage.token('officer')}", "Idempotency-Key": "one"},
        )
    assert answer.status_code == 200, answer.text
    assert len(sent) <= MOST_A_COMPLETION, "\n\n".join(sent)


def test_every_step_of_a_whole_story_stays_within_twenty(
    house: House, stage: Stage, monkeypatch: Any
) -> None:
    costs: dict[str, int] = {}
    complete = stage.say

    def say(login: str | None, path: str, said: Any) -> Any:
        with counted(house) as sent:
            answer = complete(login, path, said)
        if path.endswith("/completion"):
            step = answer["task"]["step"]
            own = len(sent) - (MOST_A_PLACE if step in DECISIVE else 0)
            costs[step] = max(costs.get(step, 0), own)
        return answer

    monkeypatch.setattr(stage, "say", say)
    S1.play(stage)
    assert len(costs) > 25
    assert max(costs.values()) <= MOST_A_COMPLETION, costs


def test_a_page_of_the_worklist_takes_at_most_five_statements(
    house: House, stage: Stage, sign_in: SignIn
) -> None:
    S1.play(stage, until="publish_notice")
    for login in ("officer", "mayor", "secretary"):
        caller = sign_in(login)
        with counted(house) as sent:
            answer = caller.get("/tasks", page=1, page_size=50)
        assert answer.status_code == 200
        assert len(sent) <= MOST_A_WORKLIST, "\n\n".join(sent)
