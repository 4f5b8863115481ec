"""案卷: which cases are to be filed or are filed, what a dossier must hold, what it holds, and its set in one file.

Guarantees
* What must be there is what rule R-713-33-1 demands (`rules.release.DOSSIER`), and what was declared as filed is the
  entry `archive_dossier` of the case file; nothing is kept here beside them.
* The set holds the stored bytes of every version by their hash, and every entry of the case file as PDF/A. Its last
  file names the SHA-256 of all others; what is missing or damaged in the store is named and never replaced.
* Names in the set are cut and cleaned, so that no title leads out of the folder it is unpacked into.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from decision_engine import forms, rules
from decision_engine.calendar import SHANGHAI, WorkCalendar, local_day
from decision_engine.errors import Conflict
from decision_engine.forms.publication import DOSSIER, RETENTION
from decision_engine.language import Text
from decision_engine.models import Case, Document, DocumentVersion, Organ, Record
from decision_engine.models.cases import MEETING_ITEM
from decision_engine.queries import cases, papers, setting, store
from decision_engine.queries.casefile import calendar_of, open_file, organ_for_rules
from decision_engine.queries.pages import Page
from decision_engine.queries.paper import Fact, Heading, Line, Paper, Part, Table, same
from decision_engine.queries.people import organs_of
from decision_engine.queries.setting import Frame
from decision_engine.rules.release import ALWAYS
from decision_engine.rules.release import DOSSIER as STEPS
from decision_engine.work import Work

LARGEST = 256 * 1024 * 1024
MOST_ENTRIES = 500
SIZE = 20
DUE, FILED = "due", "filed"
VIEWS = (DUE, FILED)
RULES = ("R-713-33-1", "R-ARC-01", "R-ARC-02", "R-ARC-03", "R-ARC-05", "R-ARC-10", "R-TJ-ARC-1", "R-TJ-ARC-2")
"""The rules of filing that are judged over a case file."""
_THIRTY = frozenset({"D08", "D12", "D30"})
"""Kept thirty years by the proposal of the catalogue; everything else is permanent."""
_BESIDES: Mapping[str, tuple[str, ...]] = {
    "D03": ("assign_lead_unit",),
    "D06": ("finalize_draft", "adjust_draft"),
    "D12": ("hold_villagers_meeting",),
    "D14": ("select_experts", "expert_opinion"),
    "D15": ("commission_assessment", "determine_risk"),
    "D17": ("check_review_package", "supplement_package"),
    "D22": ("vote", "member_speaks", "principal_speaks_last"),
    "D28": ("principal_decides",),
    "D29": ("record_non_publication", "interpret_policy"),
    "D30": ("name_executor", "report_execution"),
    "D31": ("suspend_execution", "confirm_suspension"),
    "D32": ("order_evaluation", "plan_evaluation", "investigate_effects", "decide_evaluation_outcome"),
    "D33": ("adjust_or_terminate",),
}
"""Code -> further steps whose entries belong under it without making it mandatory."""


class State(StrEnum):
    """How an item of the catalogue stands."""

    FILED = "FILED"
    PRESENT = "PRESENT"
    MISSING = "MISSING"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the case file that belongs to an item: its number, what it is, and when it was made."""

    number: int
    title: Text
    at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the catalogue. *reason*: why it does not apply; *made*: the house makes it from the case itself."""

    code: str
    title: Text
    needed: bool
    state: State
    documents: Sequence[tuple[Document, Sequence[DocumentVersion]]]
    entries: Sequence[Entry]
    retention: Text
    reason: str | None
    made: bool

    @property
    def last(self) -> datetime | None:
        """When the newest thing under it was made."""
        moments = [one.at for one in self.entries] + [one.at for _, many in self.documents for one in many]
        return max(moments, default=None)


@dataclass(frozen=True, slots=True)
class Filing:
    """When a case was decided, is to be filed, was filed, and goes to the archives; days, and its archival code."""

    decided: date | None
    due: date | None
    filed: date | None
    transfer: date | None
    archive_no: str

    def late(self, today: date) -> bool:
        """Tell whether it was filed late, or is not yet and should be."""
        return self.due is not None and (self.filed or today) > self.due


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in the list: how many items its dossier must hold (*needed*) and how many of those it has (*there*)."""

    case: Case
    filing: Filing
    needed: int
    there: int


@dataclass(frozen=True, slots=True)
class Dossier:
    """The dossier of one case: its days, its items in filing order, and what the rules of filing say today."""

    case: Case
    organ: str
    filing: Filing
    items: Sequence[Item]
    findings: Sequence[rules.Finding]

    @property
    def missing(self) -> list[Item]:
        """Items that must be there and are not."""
        return [one for one in self.items if one.state is State.MISSING]

    @property
    def needed(self) -> int:
        """How many items must be there."""
        return sum(one.needed for one in self.items)


def dossiers(work: Work, *, view: str | None = None, page: int = 1, size: int = SIZE) -> Page[Listed]:
    """Return the cases that are decided, ended or filed, newest first; seven statements."""
    organs = organs_of(work, "archive.read")
    filed = _has("archive_dossier")
    wanted: list[ColumnElement[bool]] = [
        Case.organ_id.in_(organs),
        Case.kind != MEETING_ITEM,
        or_(Case.status == "ENDED", _has("sign_decision"), filed),
    ]
    wanted += {FILED: [filed], DUE: [~filed]}.get(view or "", [])
    total = work.session.scalar(select(func.count()).select_from(Case).where(and_(*wanted))) or 0
    found = list(
        work.session.scalars(
            select(Case)
            .where(and_(*wanted))
            .order_by(Case.created_at.desc(), Case.id.desc())
            .limit(size)
            .offset((page - 1) * size)
        )
    )
    if not found:
        return Page([], page, size, total)
    ids = [one.id for one in found]
    kinds, papers_there = _kinds(work, ids), _codes(work, ids)
    said = _said(work, ids)
    calendar = calendar_of(work.session)
    listed = []
    for one in found:
        needed = _needed(kinds[one.id])
        there = [code for code in needed if _there(code, kinds[one.id], papers_there[one.id])]
        filing = _filing(said[one.id], _organ(work, one), calendar, work.today)
        listed.append(Listed(one, filing, len(needed), len(there)))
    return Page(listed, page, size, total)


def dossier(work: Work, case: Case) -> Dossier:
    """Return the dossier of *case*; the caller has looked whether the actor may see it."""
    file = open_file(work, case)
    kinds = {one.kind for one in file.records}
    declared = _declared(file.records)
    found: defaultdict[str, list[tuple[Document, Sequence[DocumentVersion]]]] = defaultdict(list)
    for paper, versions in cases.documents_of(work, case.id):
        found[paper.kind].append((paper, versions))
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for record in (one for one in file.records if one.author != "clock"):
        for code in _codes_of(record.kind):
            entries[code].append(Entry(record.seq, _title(record.kind), record.at))
    needed = _needed(kinds)
    items = [
        _item(code, code in needed, found[code], entries[code], declared.get(code, {})) for code in DOSSIER
    ]
    said = {one.kind: one.data for one in file.records if one.kind in _SAID}
    at = {one.kind: one.at for one in file.records}
    filing = _filing(
        {kind: (data, at[kind]) for kind, data in said.items()}, file.organ, file.calendar, work.today
    )
    judged = [one for one in rules.audit(file.facts(work, "audit")) if one.rule in RULES]
    return Dossier(case, file.organ.name, filing, items, judged)


def catalogue(kept: Dossier, today: date) -> tuple[Paper, Frame]:
    """Return 卷内目录 and 备考表 as a paper."""
    rows: list[tuple[Text, ...]] = []
    for item in kept.items:
        lines = [(paper.title, versions[-1]) for paper, versions in item.documents if versions]
        for title, version in lines:
            rows.append(_row(item, same(title), version.at, f"{version.sha256[:12]}…", len(rows) + 1))
        rows += [
            _row(item, entry.title, entry.at, f"{kept.case.label}—{entry.number}", len(rows) + place)
            for place, entry in enumerate(item.entries, start=1)
        ]
    documents = sum(len(one.documents) for one in kept.items)
    absent = [one for one in kept.items if one.state is State.NOT_APPLICABLE and one.reason]
    lacking = "、".join(one.code for one in kept.missing)
    parts: tuple[Part, ...] = (
        Fact(Text("决策事项", "Matter"), same(kept.case.title)),
        Fact(Text("案号", "Case"), same(kept.case.label)),
        Fact(Text("档号", "Archival code"), same(kept.filing.archive_no or "—")),
        Fact(Text("归档日期", "Filed on"), same(str(kept.filing.filed or "—"))),
        Fact(Text("移交档案馆日期", "To the archives by"), same(str(kept.filing.transfer or "—"))),
        Table(
            (
                Text("序号", "No."), Text("卷宗项", "Item"), Text("材料名称", "Document"), Text("日期", "Date"),
                Text("校验值或卷宗条目", "Hash or entry"), Text("保管期限", "Kept"),
            ),
            tuple(rows),
        ),
        Heading(1, Text("备考表", "Note")),
        Line(
            Text(
                f"本卷共有文件 {documents} 份，卷宗条目 {sum(len(one.entries) for one in kept.items)} 条。",
                f"{documents} document(s), {sum(len(one.entries) for one in kept.items)} entries of the case file.",
            )
        ),
        Line(
            Text(f"应有而缺少的材料：{lacking}。", f"Required and missing: {lacking}.")
            if lacking
            else Text("应有的材料齐全。", "Everything required is there.")
        ),
        *(Fact(Text(f"{one.code} 不适用", f"{one.code} not applicable"), same(one.reason or "")) for one in absent),
    )  # fmt: skip
    dated = f"{today.year}年{today.month}月{today.day}日"
    return Paper(Text("卷内目录", "Catalogue of the dossier"), parts), Frame(
        organ=kept.organ, number=kept.case.label, signed=kept.organ, dated=dated
    )


def the_set(work: Work, kept: Dossier, language: str) -> Iterator[bytes]:
    """Return the whole set as a ZIP, piece by piece; the database is read before the first piece.

    Raises `Conflict` when it is too large, `NoTypeface` where no PDF can be set.
    """
    folder = work.house.settings.documents_dir
    versions = [
        (item, paper, version) for item in kept.items for paper, many in item.documents for version in many
    ]
    numbers = sorted({entry.number for item in kept.items for entry in item.entries})
    if sum(one.size for *_, one in versions) > LARGEST or len(numbers) > MOST_ENTRIES:
        raise Conflict(
            Text("案卷超过 256 MB，请逐份下载。", "The dossier is over 256 MB; take its papers one by one.")
        )
    where = {entry.number: item for item in kept.items for entry in reversed(item.entries)}
    entries = [
        (where[number], number, one)
        for number, one in zip(numbers, papers.papers_of(work, kept.case, numbers), strict=True)
    ]
    first = setting.pdf(*catalogue(kept, work.today), language)
    return _pieces(_files(folder, first, versions, entries, language))


# -- what is there ---------------------------------------------------------------------------------------

_SAID = ("sign_decision", "external_approval", "archive_dossier")


def _has(kind: str) -> ColumnElement[bool]:
    return select(Record.seq).where(Record.case_id == Case.id, Record.kind == kind).exists()


def _kinds(work: Work, ids: Sequence[str]) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for case_id, kind in work.session.execute(
        select(Record.case_id, Record.kind).where(Record.case_id.in_(ids)).distinct()
    ):
        found[case_id].add(kind)
    return found


def _codes(work: Work, ids: Sequence[str]) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for case_id, kind in work.session.execute(
        select(Document.case_id, Document.kind).where(Document.case_id.in_(ids)).distinct()
    ):
        found[case_id].add(kind)
    return found


def _said(work: Work, ids: Sequence[str]) -> defaultdict[str, dict[str, tuple[Mapping[str, Any], datetime]]]:
    found: defaultdict[str, dict[str, tuple[Mapping[str, Any], datetime]]] = defaultdict(dict)
    rows = work.session.execute(
        select(Record.case_id, Record.kind, Record.data, Record.at)
        .where(Record.case_id.in_(ids), Record.kind.in_(_SAID))
        .order_by(Record.seq)
    )
    for case_id, kind, data, moment in rows:
        found[case_id][kind] = (data, moment)
    return found


def _organ(work: Work, case: Case) -> rules.Organ:
    organ = work.session.get_one(Organ, case.organ_id)
    return organ_for_rules(organ)


def _needed(kinds: Iterable[str]) -> list[str]:
    """Return the codes that rule R-713-33-1 demands once these steps were done."""
    done = set(kinds)
    return [code for code, steps in STEPS.items() if code in ALWAYS or done & set(steps)]


def _there(code: str, kinds: set[str], codes: set[str]) -> bool:
    return code in ALWAYS or code in codes or bool(kinds & set(_steps(code)))


def _steps(code: str) -> tuple[str, ...]:
    return (*STEPS.get(code, ()), *_BESIDES.get(code, ()))


def _codes_of(step: str) -> list[str]:
    return [code for code in DOSSIER if step in _steps(code)]


def _title(step: str) -> Text:
    title = forms.describe(step)["title"]
    return papers.TITLES.get(step) or Text(title["zh"], title["en"])


def _declared(records: Sequence[rules.Record]) -> Mapping[str, Mapping[str, Any]]:
    last = next((one for one in reversed(records) if one.kind == "archive_dossier"), None)
    return {str(one.get("code")): one for one in (last.data.get("dossier", ()) if last else ())}


def _item(
    code: str,
    needed: bool,
    documents: Sequence[tuple[Document, Sequence[DocumentVersion]]],
    entries: Sequence[Entry],
    declared: Mapping[str, Any],
) -> Item:
    made = code in ALWAYS
    if declared.get("status") == "FILED":
        state = State.FILED
    elif documents or entries or made:
        state = State.PRESENT
    elif needed:
        state = State.MISSING
    else:
        state = State.NOT_APPLICABLE if declared.get("status") == "NOT_APPLICABLE" else State.NONE
    kept = str(declared.get("retention") or ("Y30" if code in _THIRTY else "PERMANENT"))
    return Item(
        code,
        Text(*DOSSIER[code]),
        needed,
        state,
        documents,
        entries,
        Text(*RETENTION.get(kept, (kept, kept))),
        str(declared["reason"]) if declared.get("reason") else None,
        made,
    )


def _filing(
    said: Mapping[str, tuple[Mapping[str, Any], datetime]],
    organ: rules.Organ,
    calendar: WorkCalendar,
    today: date,
) -> Filing:
    """Return the days of filing as rules R-ARC-02 and R-ARC-05 count them."""
    approval, signed, filed = said.get(_SAID[1]), said.get(_SAID[0]), said.get(_SAID[2])
    decided = (_day(approval[0].get("replied_on")) if approval else None) or (
        _day(signed[0].get("signed_on")) if signed else None
    )
    on = (_day(filed[0].get("filed_on")) or local_day(filed[1])) if filed else None
    due = calendar.add(decided, rules.period("archive_days", organ, decided)).day if decided else None
    transfer = None
    if on is not None:
        try:
            transfer = calendar.add(on, rules.period("archive_transfer_years", organ, today)).day
        except rules.UnknownParameter:
            transfer = None
    return Filing(decided, due, on, transfer, str(filed[0].get("archive_no") or "") if filed else "")


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


# -- the set ---------------------------------------------------------------------------------------------

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_LONGEST = 60


def _row(item: Item, title: Text, at: datetime, mark: str, place: int) -> tuple[Text, ...]:
    day = at.astimezone(SHANGHAI).date().isoformat()
    return (same(str(place)), same(item.code), title, same(day), same(mark), item.retention)


def _files(
    folder: Path,
    first: bytes,
    versions: Sequence[tuple[Item, Document, DocumentVersion]],
    entries: Sequence[tuple[Item, int, tuple[Paper, Frame]]],
    language: str,
) -> Iterator[tuple[str, Callable[[], bytes | None]]]:
    yield "D00 卷内目录.pdf", lambda: first
    for item, document, one in versions:
        name = f"{document.id[-6:]} {_clean(document.title)} v{one.number}{_ending(one.file_name)}"
        yield f"{_place(item)}/{name}", partial(store.read, folder, one.sha256)
    for item, number, (paper, frame) in entries:
        name = f"{number:03} {_clean(paper.title.said_in(language))}.pdf"
        yield f"{_place(item)}/{name}", partial(setting.pdf, paper, frame, language)


def _place(item: Item) -> str:
    return f"{item.code} {_clean(item.title.zh)}"


def _clean(words: str) -> str:
    """Return *words* as one safe part of a path."""
    kept = "".join("_" if sign in '/\\:*?"<>|' or not sign.isprintable() else sign for sign in words)
    return kept.strip(" .")[:_LONGEST].strip(" .") or "_"


def _ending(name: str) -> str:
    ending = PurePath(name).suffix
    return ending if ending[1:].isalnum() and ending.isascii() and len(ending) <= 8 else ""  # noqa: PLR2004


class _Pipe(io.RawIOBase):
    """Takes what the ZIP writes and hands it on; it cannot go back, so nothing piles up."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, given: Any) -> int:
        self.held.append(bytes(given))
        return len(given)

    def taken(self) -> bytes:
        held, self.held = self.held, []
        return b"".join(held)


def _pieces(files: Iterable[tuple[str, Callable[[], bytes | None]]]) -> Iterator[bytes]:
    pipe = _Pipe()
    sums: list[str] = []
    lost: list[str] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:

        def put(name: str, content: bytes) -> None:
            about = zipfile.ZipInfo(name, _LONG_AGO)
            about.external_attr = 0o644 << 16
            archive.writestr(about, content)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}")

        for name, read in files:
            content = read()
            if content is None:
                lost.append(name)
                continue
            put(name, content)
            yield pipe.taken()
        if lost:
            put("缺失或者与登记的校验值不符.txt", ("\n".join(lost) + "\n").encode())
        put("manifest.sha256", ("\n".join(sums) + "\n").encode())
    yield pipe.taken()
