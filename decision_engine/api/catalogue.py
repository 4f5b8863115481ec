"""The yearly catalogue of decision matters: drafted, agreed by the party, published, amended, run (art. 3)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from decision_engine.api.fields import ActOut, CalendarDay, Id, Number, PageQuery, Said, page_of
from decision_engine.api.room import Room
from decision_engine.commands import catalogue as commands
from decision_engine.commands.catalogue import Matter
from decision_engine.forms.fields import Choice, Line, Listing, LongText, Whole
from decision_engine.forms.proposal import MATTER_CATEGORIES
from decision_engine.queries import catalogue as queries
from decision_engine.queries.pages import Page
from decision_engine.work import Work

room = Room("catalogues", "决策事项目录", "Catalogue of decision matters")

MOST_MATTERS = 200


# -- what is said ----------------------------------------------------------------------------------------


class CataloguesQuery(PageQuery):
    """Whose catalogues, newest year first."""

    organ_id = Id("决策机关", "Organ")


class VersionQuery(Said):
    """As it stood at which publication."""

    version = Number("第几次公布", "Publication, from 1", least=1, most=1000)


class MatterSaid(Said):
    """A matter to be put on the catalogue."""

    title = Line("事项名称", "Title", required=True, most=200)
    category = Choice("事项类别", "One of the five kinds", MATTER_CATEGORIES, required=True)
    lead_unit_id = Id("承办单位", "Lead unit")


class CatalogueSaid(Said):
    """A year's catalogue as drafted."""

    organ_id = Id("决策机关", "Organ", required=True)
    year = Whole("年度", "Year", required=True, least=2019, most=2199)
    matters = Listing("事项", "Matters", MatterSaid, required=True, least=1, most=MOST_MATTERS)


class PublicationSaid(Said):
    """The first publication, or an amendment: what is added, what is struck, and why."""

    party_consent_at = CalendarDay("党委同意日期", "Party committee consented on")
    published_at = CalendarDay("公布日期", "Published on", required=True)
    add = Listing("增加的事项", "Matters added", MatterSaid, most=MOST_MATTERS)
    strike = Listing("删除的事项", "Entries struck", Id("事项", "Entry"), most=MOST_MATTERS, default=list)
    reason = LongText("调整理由", "Reason of the amendment", most=2000, default="")


# -- what is answered ------------------------------------------------------------------------------------


class CatalogueOut(Schema):
    """A year's catalogue. *version* counts publications: 0 is a draft."""

    id = fields.String()
    organ_id = fields.String()
    year = fields.Integer()
    version = fields.Integer()
    party_consent_at = fields.Date(allow_none=True)
    published_at = fields.Date(allow_none=True)


class RunByOut(Schema):
    """The newest case that runs an entry."""

    id = fields.String()
    label = fields.String()
    status = fields.String()


class EntryOut(Schema):
    """A matter on the catalogue. Without a *case* the procedure is still owed."""

    id = fields.String(attribute="entry.id")
    number = fields.Integer(attribute="entry.number")
    title = fields.String(attribute="entry.title")
    category = fields.String(attribute="entry.category")
    lead_unit_id = fields.String(attribute="entry.lead_unit_id", allow_none=True)
    since = fields.Integer(attribute="entry.since")
    until = fields.Integer(attribute="entry.until", allow_none=True)
    reason = fields.String(attribute="entry.reason", allow_none=True)
    case = fields.Nested(RunByOut, allow_none=True)


class CatalogueWithEntriesOut(CatalogueOut):
    """A catalogue with its entries; *owed* counts those no case runs yet."""

    entries = fields.List(fields.Nested(EntryOut))
    owed = fields.Integer()


class CatalogueActOut(ActOut):
    """The catalogue, and the receipt."""

    catalogue = fields.Nested(CatalogueOut)


# -- routes ----------------------------------------------------------------------------------------------


@room.ask("/catalogues", "目录列表", "Catalogues", query=CataloguesQuery, answer=page_of(CatalogueOut))
def list_catalogues(work: Work, query: dict[str, Any]) -> Any:
    """Return the catalogues of the asker's organs, newest year first."""
    found = queries.catalogues(work, query.get("organ_id"))  # one a year and organ: few enough to cut here
    number, size = query["page"], query["page_size"]
    return Page(found[(number - 1) * size : number * size], number, size, len(found))


@room.ask(
    "/catalogues/<id:catalogue_id>", "目录及事项", "A catalogue with its entries", query=VersionQuery,
    answer=CatalogueWithEntriesOut,
)  # fmt: skip
def show_catalogue(work: Work, query: dict[str, Any], catalogue_id: str) -> dict[str, Any]:
    """Return the entries in force (or those of an earlier publication), each with its newest case."""
    found, listed = queries.catalogue(work, catalogue_id, query.get("version"))
    whole = {name: getattr(found, name) for name in CatalogueOut().fields}
    return whole | {"entries": listed, "owed": sum(one.case is None for one in listed)}


@room.act(
    "POST",
    "/catalogues",
    "拟订目录",
    "Draft a catalogue",
    takes=CatalogueSaid,
    answer=CatalogueActOut,
    status=201,
)
def draft_catalogue(work: Work, said: dict[str, Any]) -> dict[str, Any]:
    """Draft the catalogue of a year; it binds nobody before it is published."""
    found = commands.draft_catalogue(work, said["organ_id"], said["year"], _matters(said["matters"]))
    return {"catalogue": found, "receipt": work.receipts[-1]}


@room.act(
    "POST", "/catalogues/<id:catalogue_id>/publication", "公布或者调整目录", "Publish or amend a catalogue",
    takes=PublicationSaid, answer=CatalogueActOut,
)  # fmt: skip
def publish_catalogue(work: Work, said: dict[str, Any], catalogue_id: str) -> dict[str, Any]:
    """Publish a drafted catalogue, or an amendment; never without the party committee's consent."""
    found = commands.publish_catalogue(
        work, catalogue_id, party_consent_at=said.get("party_consent_at"), published_at=said["published_at"],
        add=_matters(said["add"]), strike=said["strike"], reason=said["reason"],
    )  # fmt: skip
    return {"catalogue": found, "receipt": work.receipts[-1]}


def _matters(said: list[dict[str, Any]]) -> list[Matter]:
    return [Matter(one["title"], one["category"], one.get("lead_unit_id")) for one in said]
