"""What a person keeps for their own eyes: filters of the list of cases under a name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from decision_engine.db import Model


class KeptView(Model):
    """A filter of the list of cases (*filters*: name of a filter -> what it is set to); nobody else sees it."""

    __tablename__ = "kept_view"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    filters: Mapped[dict[str, Any]]
    at: Mapped[datetime]
