"""Pages speak both languages: no sentence lacks its English, and no English page shows a Chinese one of ours."""

from __future__ import annotations

import ast
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Flask
from jinja2.ext import babel_extract
from lxml import html
from sqlalchemy import LargeBinary, MetaData, select

from decision_engine.demo.s1 import beginning
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import OFFICIALS, TOWN_UNITS
from decision_engine.models import Body, Definition, DefinitionFile
from decision_engine.rules.parameter import shipped
from decision_engine.web import frame, lawbook
from decision_engine.web.cases import TABS
from decision_engine.web.saying import NOBODY
from decision_engine.work import House
from tests.itinerary import ANYBODY, HEARING, MEETING, STOPS, Journey, Stop, journey
from tests.web.conftest import Enter, Sheet, Visitor

WEB = Path(frame.__file__).parent
CATALOGUES = sorted((WEB / "translations" / "en").glob("*.po"))
CHINESE = re.compile("[\u3400-\u9fff]+")
DEVELOPERS = {"styleguide.html"}
"""Pages that show sample data written in them."""


def asked_for(path: Path, text: bytes) -> Iterator[tuple[str, str]]:
    """Every sentence *path* asks an English for: (sentence, where)."""
    method = babel_extract if path.suffix == ".html" else "python"
    found = extract(method, io.BytesIO(text), {"_": None, "gettext": None, "ngettext": (1, 2)})
    for line, sentence, _, _ in found:
        yield sentence if isinstance(sentence, str) else sentence[0], f"{path.name}:{line}"


def known() -> dict[str, str]:
    """Sentence -> its English, from every catalogue."""
    english: dict[str, str] = {}
    for path in CATALOGUES:
        with path.open("rb") as written:
            english |= {str(one.id): str(one.string) for one in read_po(written) if one.id}
    return english


def missing(asked: Iterator[tuple[str, str]], english: dict[str, str]) -> list[str]:
    """Which of *asked* have no English, or one that still is Chinese."""
    return [
        f"{where} {sentence}"
        for sentence, where in asked
        if not english.get(sentence, "").strip() or CHINESE.search(english[sentence])
    ]


def every() -> Iterator[tuple[str, str]]:
    for path in sorted([*WEB.rglob("*.html"), *WEB.glob("*.py")]):
        yield from asked_for(path, path.read_bytes())
    for title, entries in frame.MENU:
        yield from ((text, "the menu") for text in (title, *(entry[2] for entry in entries)) if text)
    yield from ((tab[1], "the tabs of a case") for tab in TABS)


def test_every_rule_and_every_source_of_a_number_has_its_english() -> None:
    """Also those no page of the town shows: an article without a number is cited by its subject."""
    said = [words for row in lawbook.table() for words in (row.rule.title, row.rule.citation)]
    said += [shipped().cited(one.source) for each in shipped().by_name.values() for one in each.values]
    assert [one.zh for one in said if CHINESE.search(one.en)] == []
    assert CHINESE.search(shipped().cited("本镇党委议事规则").en), (
        "control: what officials type stays as it is"
    )


def test_every_sentence_of_the_pages_has_its_english() -> None:
    assert missing(every(), known()) == []


def test_a_sentence_without_english_is_found() -> None:
    """Negative control: in a template, in a view, with an empty English, with a Chinese one."""
    template = list(asked_for(Path("x.html"), "<p>{{ _('没有人翻译过') }}</p>".encode()))
    view = list(asked_for(Path("x.py"), "from b import gettext as _\n_('也没有')".encode()))
    assert missing(iter(template), {}) == ["x.html:1 没有人翻译过"]
    assert missing(iter(view), {"也没有": " "}) == ["x.py:2 也没有"]
    assert missing(iter(view), {"也没有": "still 也没有"}) == ["x.py:2 也没有"]


def test_english_keeps_every_place_of_its_sentence() -> None:
    """A place left out would drop a name; one too many would break the page."""
    places = re.compile(r"%\(\w+\)s")
    wrong = [
        one for one, english in known().items() if set(places.findall(one)) != set(places.findall(english))
    ]
    assert wrong == []


def test_templates_hold_no_bare_chinese() -> None:
    """What is not in `_()` could not be said in English."""
    bare = []
    for path in sorted(WEB.rglob("*.html")):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        if path.name not in DEVELOPERS and CHINESE.search(text):
            bare.append((path.name, CHINESE.findall(text)[:3]))
    assert bare == []


# -- as read --------------------------------------------------------------------------------------------


def data_of(stage: Stage) -> list[str]:
    """What officials typed or are called: data, which is said in no other language."""
    words = [
        beginning.TITLE,
        *TOWN_UNITS,
        *(one.name for one in OFFICIALS),
        *(one.title for one in OFFICIALS),
    ]
    return longest_first({*words, "青禾镇人民政府", "临河区人民政府", "决", "号", "中文"})


def longest_first(words: Iterable[str]) -> list[str]:
    return sorted(set(words), key=len, reverse=True)


def said_on(sheet: str) -> Iterator[str]:
    """Every piece of text of a page, white space joined; attributes that are read aloud count too.

    Left out: scripts, what is hidden from readers, and what the page itself says is Chinese (an official paper).
    """
    tree = html.fromstring(sheet)
    for part in tree.xpath(
        '//script|//template|//*[@lang="zh-CN"][not(self::html)]|//*[@aria-hidden="true"]'
    ):
        part.drop_tree()
    for one in tree.xpath("//svg//text"):
        yield DRAWN + "".join(one.itertext())
        one.text = ""
    read_aloud = "//@aria-label|//@title|//@placeholder|//@alt|//@data-label"
    yield from (" ".join(one.split()) for one in (*tree.itertext(), *tree.xpath(read_aloud)))


DRAWN = "drawn:"
"""Before the label of a drawing: a long name is drawn in lines, so a part of a name is data there."""
LONG = 4
"""Data of fewer signs counts only where nothing Chinese stands beside it, else it would hide half of a sentence."""


def not_data(words: str, data: list[str]) -> list[str]:
    """Return the Chinese in *words* that is nobody's data; *data* longest first."""
    if words.startswith(DRAWN) and any(words.removeprefix(DRAWN) in one for one in data):
        return []
    for one in data:
        if not CHINESE.search(words):
            break
        if len(one) >= LONG:
            words = words.replace(one, " ")
    short = {one for one in data if len(one) < LONG}
    return [one for one in CHINESE.findall(words) if one not in short]


def chinese_left(sheet: Sheet, data: list[str]) -> list[str]:
    """Chinese on the page that is nobody's data."""
    return [one for words in said_on(sheet.text) for one in not_data(words, data)]


@pytest.fixture
def reader(enter: Enter) -> Visitor:
    visitor = enter("secretary")
    visitor.open("/display?lang=en")
    return visitor


def test_english_pages_hold_no_chinese_but_data_and_go_back(
    reader: Visitor, stage: Stage, app: Flask
) -> None:
    stage.open_case("secretary", beginning.TITLE)
    task = stage.waiting("secretary", "register_proposal")[0]["id"]
    names = [one["task"]["name"] for one in stage.pages("secretary", "/tasks")]
    data = longest_first([*data_of(stage), *names])
    case = f"/cases/{stage.case_id}"
    left = {
        path: found
        for path in ("/", "/?tab=done", "/cases", "/cases/new", "/inbox", "/me", "/search?q=x", case, f"{case}/papers",
                     f"{case}/records", f"{case}/trail", f"/tasks/{task}", "/nothing")
        if (found := chinese_left(reader.open(path, status=404 if path == "/nothing" else 200), data))
    }  # fmt: skip
    assert left == {}
    reader.open("/display?lang=zh")
    assert "我的待办" in reader.open("/").words
    assert chinese_left(reader.open("/"), data), "control: the same page in Chinese is found"


def test_the_sign_in_is_read_in_english_too(stranger: Visitor) -> None:
    stranger.open("/display?lang=en", status=200)
    sheet = stranger.open("/login")
    assert sheet.tree.get("lang") == "en"
    assert chinese_left(sheet, ["中文"]) == []


def test_large_type_and_contrast_stay_as_chosen(stranger: Visitor) -> None:
    stranger.open("/display?size=large&next=/login")
    stranger.open("/display?contrast=high&next=/login")
    tree = stranger.open("/login").tree
    assert tree.get("data-size") == "large"
    assert tree.get("data-contrast") == "high"
    stranger.open("/display?size=normal&next=/login")
    assert stranger.open("/login").tree.get("data-size") is None


# -- every stop of the itinerary ------------------------------------------------------------------------

CAMPAIGN = bool(os.environ.get("DECISION_ENGINE_CAMPAIGN"))
MOMENTS = (HEARING, MEETING) if CAMPAIGN else (HEARING,)
"""The town is played to its meeting for this test alone, which takes seconds: in the long campaigns."""
SAMPLES = {"/styleguide": "shows sample data written in it, to developers"}
"""Stops that are not read, each with the reason."""
DRAWN_WORDS = re.compile(r'\bname="([^"]*)"|<[\w:]*text>([^<]*)<')
"""What a procedure is drawn with: names and notes."""


def typed_in(house: House) -> list[str]:
    """What is data in *house*: every Chinese text of its tables, and every word its procedures are drawn with.

    Sentences of ours that were kept, which have their English beside them, are none; nor is the name of the clock.
    """
    found = {"决", "议", "号"}  # of the numbers of cases
    found |= {"村", "中文"}  # what the itinerary searches for; how Chinese calls itself
    kept = MetaData()
    kept.reflect(house.engine)
    with house.reading() as session:
        for table in kept.tables.values():
            columns = [one for one in table.columns if not isinstance(one.type, LargeBinary)]
            for row in session.execute(select(*columns)):
                found.update(*map(leaves, row))
        for drawn in session.scalars(select(DefinitionFile.content)):
            for pair in DRAWN_WORDS.findall(drawn.decode()):
                found.update(unescape(one) for one in pair)
    return longest_first(" ".join(one.split()) for one in found - set(NOBODY) if CHINESE.search(one))


def leaves(value: Any) -> set[str]:
    """Return every text in *value*, which may be JSON or hold it."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return leaves(json.loads(value))
        except ValueError:
            return {value}
    if isinstance(value, dict):
        return set() if {"zh", "en"} <= set(value) else set().union(*map(leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(leaves, value))
    return {value} if isinstance(value, str) else set()


def left_in_english(stops: list[Stop], journey: Journey, data: list[str]) -> dict[str, list[str]]:
    """Read *stops* in English, in the campaigns again in Chinese: what is left, and where Chinese was not found."""
    inside: dict[str, Visitor] = {}
    left: dict[str, list[str]] = {}
    for stop in stops:
        if stop.who not in inside:
            inside[stop.who] = visitor = Visitor(journey.app.test_client())
            if stop.who != ANYBODY:
                password = journey.stage.town.password
                visitor.send(visitor.open("/login"), "/login", login=stop.who, password=password)
        visitor, address = inside[stop.who], journey.address(stop.path)
        visitor.client.set_cookie("display", "en.normal.normal", domain="town.test")
        found = chinese_left(visitor.open(address, status=stop.status), data)
        if CAMPAIGN:
            visitor.client.set_cookie("display", "zh.normal.normal", domain="town.test")
            if not chinese_left(visitor.open(address, status=stop.status), data):
                found.append("control: nothing is found on the same page in Chinese")
        if found:
            left[f"{stop.when} {stop.who} {stop.path}"] = found
    return left


def test_every_stop_is_english_but_for_data_and_goes_back(tmp_path: Path) -> None:
    """Criterion 10 on every page; data are what stands in the tables, and may hide few sentences of ours."""
    sentences = [re.sub(r"%\(\w+\)s", " ", one) for one in known()]
    with journey(tmp_path) as town:
        for when in MOMENTS:
            town.reach(when)
            data = typed_in(town.house)
            hidden = [one for one in sentences if CHINESE.search(one) and not not_data(one, data)]
            assert len(hidden) * 50 < len(sentences), hidden
            stops = [one for one in STOPS if one.when == when and one.path not in SAMPLES]
            assert left_in_english(stops, town, data) == {}


def test_every_stop_that_needs_no_story_is_english(stage: Stage, app: Flask, house: House) -> None:
    """The same in every run on the pages of those who keep the house: they have their words before any case."""
    with house.reading() as session:
        body = session.scalars(select(Body.id).where(Body.organ_id == stage.town.organ_id)).first()
    with house.reading() as session:
        definition = session.scalars(select(Definition.hash)).first()
    town = Journey(
        stage, app, {"body": body or "", "definition": definition or "", "person": stage.person("justice")}
    )
    stops = [
        one for one in STOPS
        if one.when == MEETING and one.path not in SAMPLES and set(PLACES.findall(one.path)) <= set(town.ids)
    ]  # fmt: skip
    assert len(stops) > MOST_PAGES
    assert left_in_english(stops, town, typed_in(house)) == {}


PLACES = re.compile(r"{(\w+)}")
MOST_PAGES = 30


def test_what_is_no_data_is_found_beside_it() -> None:
    """Negative control: half of a sentence, a short word within one, a label of a drawing; a kept sentence of ours."""
    data = longest_first({"校车线路调整方案", "会议", "是", "召开座谈会并记录"})
    assert not_data("校车线路调整方案 (会议)", data) == []
    assert not_data("打开校车线路调整方案", data) == ["打开"]
    assert not_data("会议记录", data) == ["会议记录"]
    assert not_data("是否", data) == ["是否"]
    assert not_data(f"{DRAWN}座谈会并", data) == []
    assert not_data("座谈会并", data) == ["座谈会并"]
    assert leaves('{"why": {"zh": "尚未公告", "en": "not announced"}, "words": ["请保留村名"]}') == {
        "请保留村名"
    }


def hidden_from_extraction(text: str) -> list[str]:
    """Sentences of *text* asked for inside an f-string, where Python 3.11 keeps them from being found above."""
    return [
        ast.unparse(call)
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.JoinedStr)
        for call in ast.walk(one)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ASKING
    ]


ASKING = {"_", "gettext", "ngettext"}


def test_no_sentence_hides_in_another() -> None:
    found = {one.name: hidden_from_extraction(one.read_text(encoding="utf-8")) for one in WEB.glob("*.py")}
    assert {name: calls for name, calls in found.items() if calls} == {}
    assert hidden_from_extraction("f'{_(\"没有\")}'") == ["_('没有')"], "negative control"
