"""Keep a filter of the list of cases under a name, and drop it.

Like a draft, a kept view is no act of any case: it changes nothing anybody else sees, decides nothing and gives no
access (the list is filtered by the posts of the day whenever it is opened). So it writes no event; only its owner can
read, change or drop it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from decision_engine import access
from decision_engine.errors import Conflict, InvalidAnswers
from decision_engine.language import Text
from decision_engine.models import KeptView
from decision_engine.work import Work

MOST = 20
LONGEST = 40


def keep_view(work: Work, name: str, filters: Mapping[str, str]) -> KeptView:
    """Keep *filters* as the actor's view *name*; one of that name is replaced.

    Raises `InvalidAnswers` (no name, or too long, or no filter), `Conflict` when there are `MOST` already.
    """
    access.stand_anywhere(work.actor, "case.read")
    name = " ".join(name.split())
    if not name or len(name) > LONGEST or not name.isprintable():
        problem = Text(
            f"请填写视图名称，不超过 {LONGEST} 个字。", f"Give it a name, {LONGEST} characters at most."
        )
        raise InvalidAnswers({"name": (problem,)})
    if not filters:
        raise InvalidAnswers({"name": (Text("请先选择筛选条件。", "Choose a filter first."),)})
    kept = work.session.get(KeptView, (work.actor.person_id, name))
    if kept is not None:
        kept.filters, kept.at = dict(filters), work.now
        return kept
    count = select(func.count()).where(KeptView.person_id == work.actor.person_id)
    if (work.session.scalar(count) or 0) >= MOST:
        raise Conflict(
            Text(f"最多保存 {MOST} 个视图，请先删除不用的。", f"{MOST} views at most; drop one first.")
        )
    kept = KeptView(person_id=work.actor.person_id, name=name, filters=dict(filters), at=work.now)
    work.session.add(kept)
    return kept


def drop_view(work: Work, name: str) -> None:
    """Drop the actor's view *name*, if there is one."""
    kept = work.session.get(KeptView, (work.actor.person_id, name))
    if kept is not None:
        work.session.delete(kept)
