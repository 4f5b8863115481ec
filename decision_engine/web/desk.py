"""工作台: what waits for me, what I did, what was finished, what I was told and urged about."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from decision_engine.commands import handling as acts
from decision_engine.commands import inbox
from decision_engine.models import Preference
from decision_engine.queries import desk, handling, people
from decision_engine.web.door import Pages, Said, go, show
from decision_engine.work import Work

page = Pages("desk")

TABS = ("todo", "done", "finished", "copies", "urged")


@page.ask("/")
def worklist_page(work: Work) -> Any:
    """Show the desk: one tab of five, each with its count."""
    tab = request.args.get("tab", "todo")
    tab = tab if tab in TABS else "todo"
    number = _whole(request.args.get("page"))
    counts = desk.counts(work)
    return show("desk.html", tab=tab, counts=counts, found=_found(work, tab, number), tiles=desk.tiles(work))


@page.ask("/inbox")
def inbox_page(work: Work) -> Any:
    """Show messages: what is asked of me first, then reminders and copies, the unread ones marked."""
    copies, urgings = handling.copies(work), handling.urgings(work)
    kept = work.session.get(Preference, work.actor.person_id)
    seen = kept.inbox_seen_at if kept is not None else None
    new = [one for one in urgings if seen is None or one.urging.at > seen]
    return show(
        "inbox.html",
        views=handling.views_wanted(work),
        resets=[one for one in people.factor_resets(work) if _is_mine_to_approve(work, one)],
        unread=[one for one in copies if one.copy.read_at is None],
        read=[one for one in copies if one.copy.read_at is not None],
        new=new,
        seen=[one for one in urgings if one not in new],
    )


def _is_mine_to_approve(work: Work, one: people.WaitingReset) -> bool:
    return work.actor.person_id not in {one.reset.proposed_by, one.person.id}


@page.act("/inbox/reading")
def read_everything(work: Work, said: Said) -> Any:
    """Mark every message as read; what is asked of one stays."""
    inbox.read_everything(work)
    return go("desk.inbox_page", _("已全部标为已读。"))


@page.act("/copies/<id:copy_id>/reading")
def read_copy(work: Work, said: Said, copy_id: str) -> Any:
    """Confirm a copy was read."""
    copy = acts.read_copy(work, copy_id)
    return go("matters.case_page", _("已标记为已阅。"), case_id=copy.case_id)


def _found(work: Work, tab: str, number: int) -> Any:
    match tab:
        case "todo":
            return desk.waiting(work, page=number)
        case "done":
            return desk.done_by_me(work, page=number)
        case "finished":
            return desk.finished(work, page=number)
        case "copies":
            return handling.copies(work)
    return handling.urgings(work)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text[:6]) > 0 else 1
