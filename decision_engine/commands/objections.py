"""A subordinate's objection to a decision or order, and its reply (Civil Servant Law, article 60; R-ACC-05).

An objection is a record of its own in the case file, in the objector's words, with its addressee; only the addressee
replies, once. Neither moves the case: who objected and was told to go on is on file, and so is the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from decision_engine import access, forms, rules
from decision_engine.commands.answers import lawful, references_exist
from decision_engine.errors import Conflict, Forbidden, InvalidAnswers, NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Record
from decision_engine.queries.casefile import as_fact, open_file
from decision_engine.work import Work

RAISED, ANSWERED = "raise_objection", "answer_objection"


def raise_objection(work: Work, case_id: str, answers: Mapping[str, Any]) -> Record:
    """Put an objection on file. Raises `NotFound`, `Forbidden`, `InvalidAnswers`, `Unlawful` (R-ACC-05)."""
    case = _case(work, case_id)
    standing = access.stand(work.actor, "objection.raise", case.organ_id)
    said = forms.load(RAISED, answers)
    references_exist(work, case, forms.references(RAISED, said))
    _addressee_serves_here(work, case, said["addressee"])
    return _put(work, case, standing, RAISED, said, "objection.raised", addressee=said["addressee"])


def answer_objection(work: Work, case_id: str, number: int, answers: Mapping[str, Any]) -> Record:
    """Reply to the objection in record *number*; only its addressee does, and once.

    Raises `NotFound`, `Forbidden`, `Conflict` (answered before), `InvalidAnswers`.
    """
    case = _case(work, case_id)
    objection = work.session.get(Record, (case.id, number))
    if objection is None or objection.kind != RAISED:
        raise NotFound(Text("没有这条不同意见。", "There is no such objection."))
    standing = access.stand(work.actor, "objection.raise", case.organ_id)
    if objection.data["addressee"] != work.actor.person_id:
        raise Forbidden(
            Text("不同意见由其提出的对象本人答复。", "Whom an objection is addressed to answers it.")
        )
    answered = work.session.scalars(select(Record).where(Record.case_id == case.id, Record.kind == ANSWERED))
    if any(one.data.get("objection_no") == number for one in answered):
        raise Conflict(Text("这条不同意见已经答复。", "This objection was answered already."))
    said = forms.load(ANSWERED, answers)
    references_exist(work, case, forms.references(ANSWERED, said))
    whole = said | {"objection_no": number}
    return _put(work, case, standing, ANSWERED, whole, "objection.answered", objection=number)


def _case(work: Work, case_id: str) -> Case:
    case = work.session.get(Case, case_id, with_for_update=True)
    if case is None or not work.actor.in_organ(case.organ_id):
        raise NotFound
    work.tries(case, "objection")
    return case


def _put(
    work: Work,
    case: Case,
    standing: access.Standing,
    step: str,
    said: dict[str, Any],
    kind: str,
    **about: Any,
) -> Record:
    record = Record(
        case_id=case.id, seq=case.records + 1, kind=step, data=said, at=work.now, author_id=work.actor.person_id,
        role="", post=standing.title, on_behalf_of_id=standing.on_behalf_of, draft=case.draft, exceptions=[],
    )  # fmt: skip
    findings = lawful(work, open_file(work, case, step), step, as_fact(record))
    case.records = record.seq
    work.session.add(record)
    work.record(
        kind,
        case,
        standing=standing,
        said=said,
        step=step,
        entry=record.seq,
        draft=record.draft,
        rules={
            "version": rules.RULE_SET_VERSION,
            "checked": [[finding.rule, finding.outcome.value] for finding in findings],
        },
        **about,
    )
    return record


def _addressee_serves_here(work: Work, case: Case, person_id: str) -> None:
    serves = any(standing.organ_id == case.organ_id for standing in work.standings(person_id))
    if not serves or person_id == work.actor.person_id:
        raise InvalidAnswers(
            {
                "addressee": (
                    Text(
                        "请填写本机关的一位上级，不能填写本人。",
                        "Name a superior in this organ, not yourself.",
                    ),
                )
            }
        )
