"""What stands on the catalogue of a year, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

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


def catalogue(work: Work, catalogue_id: str) -> tuple[Catalogue, list[Listed]]:
    """Return a catalogue with the entries in force, each with its newest case, in two statements."""
    found = work.session.get(Catalogue, catalogue_id)
    if found is None or not work.actor.in_organ(found.organ_id):
        raise NotFound
    rows = work.session.execute(
        select(CatalogueEntry, Case)
        .outerjoin(Case, Case.catalogue_entry_id == CatalogueEntry.id)
        .where(CatalogueEntry.catalogue_id == catalogue_id, CatalogueEntry.until.is_(None))
        .order_by(CatalogueEntry.number, Case.created_at)
    )
    newest: dict[str, Listed] = {}
    for entry, case in rows:
        newest[entry.id] = Listed(entry, case)
    return found, list(newest.values())
