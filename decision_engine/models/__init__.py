"""The things we keep, one file a subject; see each file for its guarantees."""

from decision_engine.models.cases import (
    Case,
    Comment,
    CommentContact,
    Definition,
    DefinitionFile,
    Document,
    DocumentVersion,
    Record,
    Task,
)
from decision_engine.models.catalogue import Catalogue, CatalogueEntry
from decision_engine.models.jobs import CalendarDay, CalendarNotice, FinishedRequest, Incident, Job
from decision_engine.models.log import AccessEntry, Chain, Event, EventPayload
from decision_engine.models.people import (
    Account,
    Body,
    BodyMember,
    Delegation,
    Organ,
    Person,
    Post,
    Token,
    Unit,
)

__all__ = [
    "AccessEntry",
    "Account",
    "Body",
    "BodyMember",
    "CalendarDay",
    "CalendarNotice",
    "Case",
    "Catalogue",
    "CatalogueEntry",
    "Chain",
    "Comment",
    "CommentContact",
    "Definition",
    "DefinitionFile",
    "Delegation",
    "Document",
    "DocumentVersion",
    "Event",
    "EventPayload",
    "FinishedRequest",
    "Incident",
    "Job",
    "Organ",
    "Person",
    "Post",
    "Record",
    "Task",
    "Token",
    "Unit",
]
