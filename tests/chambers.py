"""What a test looks at in a meeting room: a refusal there is recorded, and changes nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from decision_engine.demo.chamber import Chamber
from decision_engine.demo.door import Refused
from decision_engine.models import Ballot, Event, Record, Statement


def turned_down(
    chamber: Chamber, login: str, path: str, said: dict[str, Any], rule: str, *, status: int = 422
) -> Refused:
    """Try something about the item that *rule* forbids: it is refused, recorded, and nothing else is written."""
    before, rows = _seen(chamber), _rows(chamber)
    with pytest.raises(Refused) as refusal:
        chamber.on(login, "试图", path, said)
    assert (refusal.value.status, rule in refusal.value.rules) == (status, True), refusal.value
    assert _seen(chamber) == before
    assert _rows(chamber) == rows
    assert rule in _last_refusal(chamber)
    return refusal.value


def _seen(chamber: Chamber) -> Any:
    """Return the meeting as its recorder sees it, but for its version, which counts the refusal."""
    found = chamber.stage.ask(chamber.sitting.recorder, f"/meetings/{chamber.meeting}")
    return {name: value for name, value in found.items() if name != "version"}


def _rows(chamber: Chamber) -> tuple[int, ...]:
    """Return how many records the case has, and how many statements and ballots there are."""
    with chamber.stage.house.reading() as session:
        mine = select(func.count()).select_from(Record).where(Record.case_id == chamber.stage.case_id)
        kept = session.scalar(mine) or 0
        others = (session.scalar(select(func.count()).select_from(one)) or 0 for one in (Statement, Ballot))
        return (kept, *others)


def _last_refusal(chamber: Chamber) -> str:
    """Return the newest event of the case, which must be a refusal (a case being discussed shows nobody its log)."""
    with chamber.stage.house.reading() as session:
        last = session.scalars(
            select(Event).where(Event.chain == chamber.stage.case_id).order_by(Event.seq.desc()).limit(1)
        ).one()
        assert last.kind == "act.refused"
        return bytes(last.body).decode()
