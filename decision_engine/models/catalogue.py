"""The yearly catalogue of decision matters (决策事项目录): published with the party committee's consent.

An entry is never deleted: it is struck, with the amendment that struck it, so that any day's catalogue can be shown.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model, new_id


class Catalogue(Model):
    """The catalogue of an organ for a year. *version* counts publications: 0 a draft, 1 the first, then amendments."""

    __tablename__ = "catalogue"
    __table_args__ = (UniqueConstraint("organ_id", "year"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    organ_id: Mapped[str] = mapped_column(ForeignKey("organ.id"))
    year: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)
    party_consent_at: Mapped[date | None]
    published_at: Mapped[date | None]


class CatalogueEntry(Model):
    """A matter on the catalogue. *since* and *until* are versions: it stands from *since* to before *until*."""

    __tablename__ = "catalogue_entry"
    __table_args__ = (UniqueConstraint("catalogue_id", "number"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    catalogue_id: Mapped[str] = mapped_column(ForeignKey("catalogue.id"))
    number: Mapped[int]
    title: Mapped[str]
    category: Mapped[str]
    lead_unit_id: Mapped[str | None] = mapped_column(ForeignKey("unit.id"))
    since: Mapped[int]
    until: Mapped[int | None]
    reason: Mapped[str | None]  # why it was added or struck after the first publication
