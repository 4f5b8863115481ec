"""Put papers into a case: named documents, versions of exact bytes, kept by content address.

Type and size are checked before anything is stored: the ending and the first bytes must agree on one of the
kinds an office files. Bytes lie outside the web root under their SHA-256; the row says who brought them, when.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from io import BytesIO
from pathlib import Path, PurePath

from sqlalchemy import func, select

from decision_engine import access
from decision_engine.crash import crash_point
from decision_engine.errors import InvalidAnswers, NotFound, TooLarge
from decision_engine.language import Text
from decision_engine.models import Case, Document, DocumentVersion
from decision_engine.work import Work

PDF, OFFICE, TEXT, PNG, JPEG, OFD = (
    "application/pdf", "application/zip", "text/plain", "image/png", "image/jpeg", "application/ofd",
)  # fmt: skip
ENDINGS = {
    ".pdf": PDF,
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".ofd": OFD,
    ".txt": TEXT,
    ".md": TEXT,
    ".csv": "text/csv",
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
}
FIRST_BYTES = {
    ".pdf": (b"%PDF-",),
    ".docx": (b"PK\x03\x04",),
    ".xlsx": (b"PK\x03\x04",),
    ".pptx": (b"PK\x03\x04",),
    ".ofd": (b"PK\x03\x04",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
}
MAX_PARTS = 5000
PART_ENTRY = b"PK\x01\x02"
"""How an archive's directory begins each entry: counting them is quicker by far than reading them."""
MAX_RATIO = 200


def add_document(
    work: Work, case_id: str, *, title: str, kind: str, file_name: str, content: bytes, public: bool = False
) -> tuple[Document, DocumentVersion]:
    """Put a new document with its first version into the case. Raises `InvalidAnswers`, `TooLarge`, `Forbidden`."""
    case = _case(work, case_id)
    work.tries(case, "document.add")
    standing = access.stand(work.actor, "document.add", case.organ_id)
    document = Document(
        case_id=case.id,
        title=title,
        kind=kind,
        public=public,
        created_at=work.now,
        created_by=work.actor.person_id,
    )
    work.session.add(document)
    work.session.flush()
    return document, _version(work, case, document, 1, standing, file_name, content)


def add_version(work: Work, document_id: str, *, file_name: str, content: bytes) -> DocumentVersion:
    """Add the next version of a document; earlier ones stay."""
    document = work.session.get(Document, document_id)
    if document is None:
        raise NotFound
    case = _case(work, document.case_id)
    work.tries(case, "document.add", document=document_id)
    standing = access.stand(work.actor, "document.add", case.organ_id)
    last = work.session.scalar(
        select(func.max(DocumentVersion.number)).where(DocumentVersion.document_id == document_id)
    )
    return _version(work, case, document, (last or 0) + 1, standing, file_name, content)


def _case(work: Work, case_id: str) -> Case:
    case = work.session.get(Case, case_id, with_for_update=True)
    if case is None or not work.actor.in_organ(case.organ_id):
        raise NotFound
    return case


def _version(
    work: Work,
    case: Case,
    document: Document,
    number: int,
    standing: access.Standing,
    file_name: str,
    content: bytes,
) -> DocumentVersion:
    name, media_type = examine(file_name, content, work.house.settings.max_document)
    sha256 = store(work.house.settings.documents_dir, content)
    version = DocumentVersion(
        document_id=document.id, number=number, sha256=sha256, size=len(content), media_type=media_type,
        file_name=name, at=work.now, author_id=work.actor.person_id,
    )  # fmt: skip
    work.session.add(version)
    work.record(
        "document.added",
        case,
        standing=standing,
        said={"title": document.title, "file_name": name},
        document={
            "id": document.id,
            "kind": document.kind,
            "version": number,
            "sha256": sha256,
            "size": len(content),
        },
    )
    return version


def examine(file_name: str, content: bytes, limit: int) -> tuple[str, str]:
    """Return the bare file name and media type of *content*, or refuse it. *limit* is in bytes."""
    if len(content) > limit:
        raise TooLarge(
            Text(
                f"文件超过 {limit // 1048576} MB，请压缩或拆分后上传。",
                f"The file exceeds {limit // 1048576} MB.",
            )
        )
    name = PurePath(file_name.replace("\\", "/")).name.strip()[:200]
    ending = PurePath(name).suffix.lower()
    media_type = ENDINGS.get(ending)
    if media_type is None:
        allowed = "、".join(ENDINGS)
        _refuse(
            f"不接收此类文件，可上传：{allowed}。",
            f"This kind of file is not taken. Send one of {', '.join(ENDINGS)}.",
        )
        raise AssertionError
    if not content:
        _refuse("文件是空的。", "The file is empty.")
    if not _begins_right(ending, content):
        _refuse("文件内容与扩展名不符。", "The content does not match the file's ending.")
    return name, media_type


def _begins_right(ending: str, content: bytes) -> bool:
    starts = FIRST_BYTES.get(ending)
    if starts is None:
        try:
            return "\x00" not in content.decode("utf-8")
        except UnicodeDecodeError:
            return False
    if not content.startswith(starts):
        return False
    return not starts[0].startswith(b"PK") or _sane_archive(content)


def _sane_archive(content: bytes) -> bool:
    """Tell whether an office archive is no bomb: few parts, plausible ratio, no paths upwards."""
    if content.count(PART_ENTRY) > MAX_PARTS:
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    unpacked = sum(part.file_size for part in parts)
    upwards = any(part.filename.startswith("/") or ".." in PurePath(part.filename).parts for part in parts)
    return len(parts) <= MAX_PARTS and unpacked <= MAX_RATIO * len(content) and not upwards


def store(folder: Path, content: bytes) -> str:
    """Keep *content* under its SHA-256 (once, durably) and return the address.

    Raises OSError where there is no room; nothing is left of what was begun.
    """
    address = hashlib.sha256(content).hexdigest()
    target = folder / address[:2] / address
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{address}.{os.getpid()}.{id(content)}.part")
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            crash_point("document.partial")
            partial.replace(target)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
    for parent in (target.parent, folder):  # a name outlives a power cut only once its folder is written too
        _write_through(parent)
    crash_point("document.stored")
    return address


def _write_through(folder: Path) -> None:
    """Have the names in *folder* written to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse(zh: str, en: str) -> None:
    raise InvalidAnswers({"file": (Text(zh, en),)})
