"""The official papers of a case: any entry of its case file as a paper, in the words of its form.

One way for all of them: the legality opinion, the notice, the feedback, the risk report, the decision are entries of
the case file; a paper sets the labels of the form and what was answered, with names as they are kept, in the order
of the form. Nothing is added and nothing left out; a paper says nothing about who is guilty of anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from decision_engine import forms
from decision_engine.calendar import SHANGHAI
from decision_engine.errors import NotFound
from decision_engine.language import Text
from decision_engine.models import Case, Document, Organ, Person, Record, Unit
from decision_engine.queries import definitions, meetings
from decision_engine.queries.paper import Fact, Heading, Line, Paper, Part, Table, Words, at, same
from decision_engine.queries.setting import Frame
from decision_engine.work import Work

TITLES: Mapping[str, Text] = {
    "issue_legality_opinion": Text("合法性审查意见书", "Legality opinion"),
    "legal_adviser_opinion": Text("法律顾问意见书", "Opinion of the legal adviser"),
    "publish_notice": Text("公开征求意见公告", "Notice of public consultation"),
    "publish_feedback": Text("意见采纳情况反馈", "Feedback on the opinions received"),
    "assess_risk": Text("社会稳定风险评估报告", "Risk assessment report"),
    "expert_opinion": Text("专家论证意见书", "Opinion of an expert"),
    "summarise_argumentation": Text("专家论证报告", "Report on the experts' argumentation"),
    "fair_competition_review": Text("公平竞争审查意见书", "Fair-competition review"),
    "principal_decides": Text("重大行政决策决定书", "Decision"),
    "publish_decision": Text("重大行政决策公布", "Publication of the decision"),
    "report_evaluation": Text("重大行政决策后评估报告", "Post-evaluation report"),
}
"""What a paper is called where that is not the title of its form."""

YES, NO, EMPTY = Text("是", "yes"), Text("否", "no"), Text("（未填写）", "(not answered)")
_WIDEST = 4


def paper_of(work: Work, case: Case, number: int) -> tuple[Paper, Frame]:
    """Return entry *number* of the case file of *case* as a paper, and what surrounds it. Raises `NotFound`."""
    return papers_of(work, case, [number])[0]


def papers_of(work: Work, case: Case, numbers: Sequence[int]) -> list[tuple[Paper, Frame]]:
    """Return several entries as papers, in the order of the case file; a fixed number of statements.

    Raises `NotFound` when one is not there, `Forbidden` while a meeting discusses the case.
    """
    meetings.not_while_discussed(work, case.id)
    wanted = set(numbers)
    records = list(
        work.session.scalars(
            select(Record)
            .where(Record.case_id == case.id, Record.seq.in_(wanted), Record.author_id != "clock")
            .order_by(Record.seq)
        )
    )
    if len(records) != len(wanted):
        raise NotFound(Text("卷宗中没有这一条。", "The case file has no such entry."))
    definition = definitions.compiled(work.session, case.definition_hash)
    reads = {one.kind: definitions.fields_read(definition, one.kind) for one in records}
    names = _names(work, [forms.references(one.kind, one.data, reads[one.kind]) for one in records])
    organ = work.session.get_one(Organ, case.organ_id)
    authors = {one.author_id for one in records}
    people = {one.id: one.name for one in work.session.scalars(select(Person).where(Person.id.in_(authors)))}
    return [_paper(case, organ.name, one, reads[one.kind], names, people[one.author_id]) for one in records]


def _paper(
    case: Case, organ: str, record: Record, reads: frozenset[str], names: Mapping[str, str], author: str
) -> tuple[Paper, Frame]:
    described = forms.describe(record.kind, reads)
    day = record.at.astimezone(SHANGHAI)
    title = TITLES.get(record.kind) or Text(described["title"]["zh"], described["title"]["en"])
    paper = Paper(
        title,
        (
            Fact(Text("决策事项", "Matter"), same(case.title)),
            Fact(Text("依据", "Basis"), Text(described["citation"]["zh"], described["citation"]["en"])),
            *_fields(described["fields"], record.data, names),
            Line(_signed(author, record)),
        ),
    )
    frame = Frame(
        organ=organ,
        number=f"{case.label}—{record.seq}",
        signed=organ,
        dated=f"{day.year}年{day.month}月{day.day}日",
    )
    return paper, frame


def _signed(name: str, record: Record) -> Text:
    when = at(record.at)
    return Text(
        f"以上由{record.post}{name}于{when.zh}填报，存入卷宗第{record.seq}条。",
        f"Entered by {name} ({record.post}) at {when.en}, entry {record.seq} of the case file.",
    )


def _names(work: Work, found: Sequence[forms.References]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for kind, model, column in (
        ("persons", Person, Person.name),
        ("units", Unit, Unit.name),
        ("documents", Document, Document.title),
    ):
        ids = {one for references in found for one in getattr(references, kind).values()}
        if ids:
            rows = work.session.execute(select(model.id, column).where(model.id.in_(ids)))
            names.update((one, name) for one, name in rows)
    return names


def _fields(
    fields: list[dict[str, Any]], said: Mapping[str, Any], names: Mapping[str, str], level: int = 1
) -> Iterator[Part]:
    """Yield the answered fields in the order of the form; what was left blank is left out."""
    for field in fields:
        value = said.get(field["name"])
        if value is None or value in ([], ""):
            continue
        label = Text(field["label"]["zh"], field["label"]["en"])
        match field["type"]:
            case "group":
                yield Heading(min(level, 2), label)
                yield from _fields(field["fields"], value, names, level + 1)
            case "list":
                yield Heading(min(level, 2), label)
                yield from _listed(field, value, names, level)
            case "long_text":
                yield Heading(min(level, 2), label)
                yield Words(str(value))
            case _:
                yield Fact(label, _shown(field, value, names))


def _listed(field: dict[str, Any], values: list[Any], names: Mapping[str, str], level: int) -> Iterator[Part]:
    inner = field["fields"]
    if not inner:
        shown = [_shown(field, value, names) for value in values]
        yield Table(
            (Text("序号", "No."), Text(field["label"]["zh"], field["label"]["en"])),
            tuple((same(str(index)), one) for index, one in enumerate(shown, start=1)),
        )
    elif len(inner) <= _WIDEST and all(one["type"] not in {"group", "list"} for one in inner):
        head = tuple(Text(one["label"]["zh"], one["label"]["en"]) for one in inner)
        rows = tuple(tuple(_shown(one, value.get(one["name"]), names) for one in inner) for value in values)
        yield Table(head, rows)
    else:
        for index, value in enumerate(values, start=1):
            yield Line(Text(f"（{index}）", f"({index})"))
            yield from _fields(inner, value, names, level + 1)


def _shown(field: dict[str, Any], value: Any, names: Mapping[str, str]) -> Text:
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return YES if value else NO
    for choice in field.get("choices") or ():
        if choice["value"] == value:
            return Text(choice["label"]["zh"], choice["label"]["en"])
    return same(names.get(str(value), str(value)))
