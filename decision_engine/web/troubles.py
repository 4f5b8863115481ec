"""What went wrong in the system and waits for an administrator: ids and kinds of error, no contents."""

from __future__ import annotations

from typing import Any

from flask import request

from decision_engine.language import Text
from decision_engine.queries import incidents
from decision_engine.web.cases import whole
from decision_engine.web.door import Pages, show
from decision_engine.work import Work

page = Pages("troubles")

SIZE = 50
KINDS = {
    "engine.disagrees": Text(
        "流程引擎与已证明的流程不一致", "the engine disagrees with the proved procedure"
    ),
    "job.failed": Text("定时任务多次失败", "a job failed again and again"),
    "door.unexpected": Text("意外错误", "an unexpected error"),
}
"""Kinds of incident in words; another is shown as it is called."""
STATES = {"open": False, "resolved": True}


@page.ask("/admin/incidents")
def incidents_page(work: Work) -> Any:
    """Show incidents of one's organs and of the house itself, newest first."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    found = incidents.incidents(
        work, page=whole(request.args.get("page")), size=SIZE, resolved=STATES.get(state)
    )
    return show("incidents.html", found=found, state=state, kinds=KINDS)
