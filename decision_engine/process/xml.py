"""Reads XML that anybody may have sent: no DOCTYPE, no entity, no network, bounded, UTF-8 (proof.md 5.4)."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from decision_engine.language import Text
from decision_engine.process.dialect import MODEL
from decision_engine.process.findings import Finding, Refused, Unreadable

MAX_BYTES = 2 * 1024 * 1024  # one file
MAX_XML = 80_000  # XML elements of one file


def parse(name: str, data: bytes) -> Any:
    """Return the `bpmn:definitions` of one file; raises `Refused`, or `Unreadable` where it is no BPMN."""
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1024 // 1024
        raise refused(name, f"文件超过 {size} MB。", f"The file is larger than {size} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(name, "文件不是 UTF-8 编码。", "The file is not UTF-8.", Unreadable) from None
    declared = re.match(r"\s*<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", text)
    if declared and declared[1].lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise refused(name, "只接受 UTF-8 编码。", "Only UTF-8 is read.", Unreadable)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refused(name, "不接受 DOCTYPE 或实体声明。", "No DOCTYPE or entity is accepted.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise refused(name, f"第 {line} 行不是合法的 XML。", f"Line {line} is not XML.", Unreadable) from None
    if root.tag != f"{{{MODEL}}}definitions":
        raise refused(name, "不是 BPMN 2.0 文件。", "This is not a BPMN 2.0 file.", Unreadable)
    if sum(1 for _ in root.iter()) > MAX_XML:
        raise refused(name, f"元素超过 {MAX_XML} 个。", f"There are more than {MAX_XML} XML elements.")
    return root


def refused(file: str, zh: str, en: str, kind: type[Refused] = Refused) -> Refused:
    """Return the refusal of a whole file."""
    finding = Finding(rule="X-XML", kind="unsafe", element=None, message=Text(zh, en), file=file)
    return kind([finding])
