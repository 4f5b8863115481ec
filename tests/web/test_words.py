"""Pages speak both languages: no sentence lacks its English, and no English page shows a Chinese one of ours."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Flask
from jinja2.ext import babel_extract
from lxml import html

from decision_engine.demo.s1 import beginning
from decision_engine.demo.stage import Stage
from decision_engine.demo.town import OFFICIALS, TOWN_UNITS
from decision_engine.web import frame
from decision_engine.web.cases import TABS
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
    return sorted({*words, "青禾镇人民政府", "临河区人民政府", "决〔", "号", "中文"}, key=len, reverse=True)


def chinese_left(sheet: Sheet, data: list[str]) -> list[str]:
    """Chinese on the page that is nobody's data; attributes that are read aloud count too."""
    tree = html.fromstring(sheet.text)
    for part in tree.xpath(
        '//script|//template|//*[@lang="zh-CN"][not(self::html)]|//*[@aria-hidden="true"]'
    ):
        part.drop_tree()
    said = [*tree.itertext(), *tree.xpath("//@aria-label|//@title|//@placeholder|//@alt|//@data-label")]
    left = []
    for words in said:
        for known_word in data:
            words = words.replace(known_word, "")  # noqa: PLW2901
        left += CHINESE.findall(words)
    return left


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
    data = sorted([*data_of(stage), *names], key=len, reverse=True)
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
