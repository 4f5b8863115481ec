"""Keep the catalogue of decision matters: drafted, agreed by the party committee, published, amended likewise (art. 3).

A matter on it must run the procedure: cases are opened from its entries, and whoever asks sees which have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from decision_engine import access, rules
from decision_engine.errors import Conflict, InvalidAnswers, NotFound, Unlawful
from decision_engine.language import Text
from decision_engine.models import Catalogue, CatalogueEntry, Organ, Unit
from decision_engine.queries.casefile import calendar_of, organ_for_rules
from decision_engine.work import Work

CHAIN = "catalogue"


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter to be put on the catalogue; *category* is one of the five kinds `A` to `E` (art. 3)."""

    title: str
    category: str
    lead_unit_id: str | None = None


def draft_catalogue(work: Work, organ_id: str, year: int, matters: Sequence[Matter]) -> Catalogue:
    """Draft the catalogue of *year*. Raises `Conflict` when there is one."""
    standing = _keeper(work, "catalogue.draft", organ_id)
    if work.session.scalar(
        select(Catalogue.id).where(Catalogue.organ_id == organ_id, Catalogue.year == year)
    ):
        raise Conflict(Text("该年度目录已经存在。", "There is a catalogue of that year already."))
    _units_exist(work, organ_id, matters, "matters")
    catalogue = Catalogue(organ_id=organ_id, year=year, version=0)
    work.session.add(catalogue)
    work.session.flush()
    _add(work, catalogue, matters, None)
    work.record(
        "catalogue.drafted",
        CHAIN,
        standing=standing,
        said={"titles": [matter.title for matter in matters]},
        catalogue=catalogue.id,
        organ=organ_id,
        year=year,
    )
    return catalogue


def publish_catalogue(
    work: Work,
    catalogue_id: str,
    *,
    party_consent_at: date | None,
    published_at: date,
    add: Sequence[Matter] = (),
    strike: Sequence[str] = (),
    reason: str = "",
) -> Catalogue:
    """Publish a drafted catalogue, or an amendment of a published one (*add* matters, *strike* entry ids, *reason*).

    Raises `Unlawful` (R-713-3-4) without the party committee's consent, `InvalidAnswers` for an amendment that
    gives no reason or changes nothing, or names a unit or entry nobody knows.
    """
    catalogue = work.session.get(Catalogue, catalogue_id, with_for_update=True)
    if catalogue is None or not work.actor.in_organ(catalogue.organ_id):
        raise NotFound
    standing = _keeper(work, "catalogue.publish", catalogue.organ_id, catalogue=catalogue_id)
    if catalogue.version > 0:
        _amendment_is_whole(add, strike, reason)
    _units_exist(work, catalogue.organ_id, add, "add")
    findings = _lawful(
        work,
        catalogue,
        {
            "party_consent_at": party_consent_at.isoformat() if party_consent_at else None,
            "published_at": published_at.isoformat(),
        },
    )
    struck = _strike(work, catalogue, strike, reason)
    added = _add(work, catalogue, add, reason or None)
    catalogue.version += 1
    catalogue.party_consent_at, catalogue.published_at = party_consent_at, published_at
    work.record(
        "catalogue.published",
        CHAIN,
        standing=standing,
        said={"reason": reason, "titles": [matter.title for matter in add]},
        catalogue=catalogue.id,
        version=catalogue.version,
        added=added,
        struck=struck,
        rules={
            "version": rules.RULE_SET_VERSION,
            "checked": [[finding.rule, finding.outcome.value] for finding in findings],
        },
    )
    return catalogue


def _keeper(work: Work, act: str, organ_id: str, **about: str) -> access.Standing:
    work.tries(CHAIN, act, organ=organ_id, **about)
    if work.session.get(Organ, organ_id) is None:
        raise NotFound
    return access.stand(work.actor, "catalogue.keep", organ_id)


def _amendment_is_whole(add: Sequence[Matter], strike: Sequence[str], reason: str) -> None:
    wrong: dict[str, tuple[Text, ...]] = {}
    if not add and not strike:
        wrong["add"] = (Text("调整须增加或者删除事项。", "An amendment adds or strikes matters."),)
    if not reason.strip():
        wrong["reason"] = (Text("请说明调整的理由。", "Give the reason of the amendment."),)
    if wrong:
        raise InvalidAnswers(wrong)


def _lawful(work: Work, catalogue: Catalogue, said: dict[str, Any]) -> tuple[rules.Finding, ...]:
    organ = work.session.get_one(Organ, catalogue.organ_id)
    gate = "publish_catalogue"
    facts = rules.Facts(
        gate=gate,
        records=(rules.Record(1, gate, said, work.now, author=work.actor.person_id),),
        now=work.now,
        calendar=calendar_of(work.session),
        organ=organ_for_rules(organ),
    )
    findings = rules.examine(gate, facts)
    if broken := rules.broken(findings):
        raise Unlawful(broken)
    return findings


def _units_exist(work: Work, organ_id: str, matters: Sequence[Matter], field: str) -> None:
    named = {one.lead_unit_id for one in matters} - {None}
    known = set(work.session.scalars(select(Unit.id).where(Unit.organ_id == organ_id))) if named else set()
    reason = (Text("本机关没有这个单位。", "This organ has no such unit."),)
    wrong = {
        f"{field}.{place}.lead_unit_id": reason
        for place, one in enumerate(matters)
        if one.lead_unit_id not in {None, *known}
    }
    if wrong:
        raise InvalidAnswers(wrong)


def _add(work: Work, catalogue: Catalogue, matters: Sequence[Matter], reason: str | None) -> list[str]:
    last = (
        work.session.scalar(
            select(func.max(CatalogueEntry.number)).where(CatalogueEntry.catalogue_id == catalogue.id)
        )
        or 0
    )
    entries = [
        CatalogueEntry(
            catalogue_id=catalogue.id,
            number=last + place,
            title=matter.title,
            category=matter.category,
            lead_unit_id=matter.lead_unit_id,
            since=catalogue.version + 1,
            reason=reason,
        )
        for place, matter in enumerate(matters, start=1)
    ]
    work.session.add_all(entries)
    work.session.flush()
    return [entry.id for entry in entries]


def _strike(work: Work, catalogue: Catalogue, entry_ids: Sequence[str], reason: str) -> list[str]:
    for entry_id in entry_ids:
        entry = work.session.get(CatalogueEntry, entry_id)
        if entry is None or entry.catalogue_id != catalogue.id or entry.until is not None:
            raise InvalidAnswers(
                {"strike": (Text("目录中没有这一事项。", "The catalogue holds no such matter."),)}
            )
        entry.until, entry.reason = catalogue.version + 1, reason
    return list(entry_ids)
