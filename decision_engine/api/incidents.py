"""Incidents: what an administrator must look at."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine.api.fields import Flag, Moment, PageQuery, page_of
from decision_engine.api.room import Room
from decision_engine.queries import incidents
from decision_engine.work import Work

room = Room("incidents", "系统事件", "Incidents")


class IncidentsQuery(PageQuery):
    """Which incidents, newest first."""

    resolved = Flag("是否已处理", "Resolved or not")


class IncidentOut(Schema):
    """Something that went wrong: ids and kinds of error, no contents."""

    id = fields.String()
    kind = fields.String()
    case_id = fields.String(allow_none=True)
    at = Moment()
    detail = fields.Dict()
    resolved_at = Moment(allow_none=True)


@room.ask("/incidents", "系统事件列表", "Incidents", query=IncidentsQuery, answer=page_of(IncidentOut))
def list_incidents(work: Work, query: dict[str, Any]) -> Any:
    """Return incidents of the asker's organs and of the house itself."""
    return incidents.incidents(
        work, page=query["page"], size=query["page_size"], resolved=query.get("resolved")
    )
