"""What stands on the catalogue of a year, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from decision_engine.errors import NotFound
from decision_engine.models import Case, Catalogue, CatalogueEntry
from decision_engine.work import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry in force with the case that runs it; none yet means the procedure is still owed."""

    entry: CatalogueEntry
    case: Case | None


def catalogues(work: Work, organ_id: str | None = None) -> list[Catalogue]:
    """Return the catalogues of the actor's organs, newest first."""
    organs = {one.organ_id for one in work.actor.standings if organ_id in (None, one.organ_id)}
    return list(
        work.session.scalars(
            select(Catalogue).where(Catalogue.organ_id.in_(sorted(organs))).order_by(Catalogue.year.desc())
        )
    )


def catalogue(work: Work, catalogue_id: str, version: int | None = None) -> tuple[Catalogue, list[Listed]]:
    """Return a catalogue with its entries, each with its newest case, in two statements.

    The entries are those in force, or with *version* those of that publication. Raises `NotFound`.
    """
    found = work.session.get(Catalogue, catalogue_id)
    if found is None or not work.actor.in_organ(found.organ_id):
        raise NotFound
    stands = (
        CatalogueEntry.until.is_(None)
        if version is None
        else and_(
            CatalogueEntry.since <= version,
            or_(CatalogueEntry.until.is_(None), CatalogueEntry.until > version),
        )
    )
    rows = work.session.execute(
        select(CatalogueEntry, Case)
        .outerjoin(Case, Case.catalogue_entry_id == CatalogueEntry.id)
        .where(CatalogueEntry.catalogue_id == catalogue_id, stands)
        .order_by(CatalogueEntry.number, Case.created_at, Case.id)
    )
    newest: dict[str, Listed] = {}
    for entry, case in rows:
        newest[entry.id] = Listed(entry, case)
    return found, list(newest.values())
