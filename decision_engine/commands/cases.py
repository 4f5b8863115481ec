"""Open a case, or one that supersedes another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from decision_engine import access, process, rules
from decision_engine.commands.flow import follow
from decision_engine.crash import crash_point
from decision_engine.errors import NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Catalogue, CatalogueEntry, Organ
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries import definitions
from decision_engine.queries.casefile import open_file
from decision_engine.work import Work

PROCESS = "major_decision"


def open_case(
    work: Work,
    organ_id: str,
    title: str,
    *,
    matter: Mapping[str, Any] | None = None,
    process_id: str = PROCESS,
    supersedes: str | None = None,
    catalogue_entry: str | None = None,
) -> Case:
    """Open a case of *organ_id* on the newest deployed definition and return it, its first tasks waiting.

    *matter* are facts known beforehand (`matter_type`, `on_catalogue` …). *supersedes* is the id of an ended or
    running case whose decision this one adjusts (art. 37); *catalogue_entry* the entry it runs.
    Raises `Forbidden`, `NotFound`.
    """
    work.tries("cases", "case.open", organ=organ_id)
    standing = access.stand(work.actor, "case.open", organ_id)
    if supersedes is not None:
        _same_organ(work, supersedes, organ_id)
    definition_row = definitions.in_force(work.session, process_id)
    definition = definitions.compiled(work.session, definition_row.hash)
    facts = dict(matter or {}) | _listed(work, catalogue_entry, organ_id)
    position = process.start(definition, facts)
    year = work.today.year
    case = Case(
        organ_id=organ_id,
        year=year,
        number=_next_number(work, organ_id, year),
        title=title,
        matter=facts,
        status="RUNNING",
        supersedes_id=supersedes,
        catalogue_entry_id=catalogue_entry,
        definition_hash=definition_row.hash,
        state=position.state,
        state_format=process.STATE_FORMAT,
        created_at=work.now,
        created_by=work.actor.person_id,
        records=0,
        head_seq=0,
        head_hash="",
    )
    work.session.add(case)
    work.session.flush()
    crash_point("case.written")
    follow(work, case, position, open_file(work, case, "register_proposal"))
    work.record(
        "case.opened",
        case,
        standing=standing,
        said={"title": title, "matter": facts},
        label=case.label,
        definition=definition_row.hash,
        engine=process.ENGINE,
        rules={"version": rules.RULE_SET_VERSION, "checked": []},
        supersedes=supersedes,
        passed=list(position.passed),
        next=[[one.id, one.element] for one in position.ready],
    )
    return case


def _listed(work: Work, entry_id: str | None, organ_id: str) -> dict[str, Any]:
    """Return what being on the catalogue says of the matter."""
    if entry_id is None:
        return {}
    row = work.session.execute(
        select(CatalogueEntry, Catalogue)
        .join(Catalogue, Catalogue.id == CatalogueEntry.catalogue_id)
        .where(
            CatalogueEntry.id == entry_id,
            CatalogueEntry.until.is_(None),
            Catalogue.organ_id == organ_id,
            Catalogue.version > 0,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(
            Text("已公布的决策事项目录中没有这一事项。", "The published catalogue holds no such matter.")
        )
    entry, catalogue = row
    return {"on_catalogue": True, "catalogue_id": f"{catalogue.year}-{entry.number}"}


def _same_organ(work: Work, case_id: str, organ_id: str) -> None:
    if work.session.scalar(select(Case.organ_id).where(Case.id == case_id)) != organ_id:
        raise NotFound(
            Text("没有找到被替代的决策案件。", "The case to be superseded was not found in this organ.")
        )


def _next_number(work: Work, organ_id: str, year: int) -> int:
    # whoever opens a case of the same organ meanwhile waits here, instead of finding the number taken
    work.session.execute(select(Organ.id).where(Organ.id == organ_id).with_for_update(key_share=True))
    last = work.session.scalar(
        select(func.max(Case.number)).where(
            Case.organ_id == organ_id, Case.year == year, Case.kind != MEETING_ITEM
        )
    )
    return (last or 0) + 1
