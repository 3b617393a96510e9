"""A site's own documents: PDF, DOCX or Markdown, cut into passages that can be quoted.

The folder below the site's folder that a file lies in is its department: ``icu/lines.pdf`` is read by the department
``icu`` only, a file at the top by everybody. A document is data: nothing in it commands anything, and it is only ever
quoted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import docx
import pypdf
import structlog
from docx.opc.exceptions import PackageNotFoundError

from orchestrator.errors import Misconfigured
from orchestrator.knowledge.library import EVERYBODY
from orchestrator.knowledge.passage import Passage, Source, sha256_of
from orchestrator.knowledge.shelf import front_matter

log = structlog.get_logger()

LARGEST_BYTES = 32 * 1024 * 1024
MOST_PAGES = 400
LONGEST_PASSAGE = 900
"""Characters; a longer paragraph is cut between sentences."""
_SHORTEST = 40
_DEPARTMENT = re.compile(r"^[a-z0-9-]{1,40}$")
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
_UNSAFE = re.compile(r"[^a-z0-9]+")


def site_passages(folder: Path) -> tuple[Passage, ...]:
    """Return every passage of a site's folder; a file that cannot be read is left out and logged by its number.

    Raises
    ------
    Misconfigured
        If the folder does not exist, or a folder in it is not named as a department.
    """
    if not folder.is_dir():
        raise Misconfigured(
            "the folder of [knowledge] does not exist; expected a folder of PDF, DOCX or Markdown files"
        )
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in READERS and file.is_file())
    passages: list[Passage] = []
    for number, file in enumerate(files, start=1):
        try:
            passages += document_passages(file, department_of(file, folder), number)
        except (OSError, ValueError, KeyError, pypdf.errors.PyPdfError, PackageNotFoundError) as error:
            log.warning(
                "knowledge_document_left_out", number=number, kind=file.suffix.lower(), error=type(error).__name__
            )
    return tuple(passages)


def department_of(file: Path, folder: Path) -> str:
    """Return the department that a file belongs to, by the first folder it lies in."""
    parts = file.relative_to(folder).parts
    if len(parts) == 1:
        return EVERYBODY
    if not _DEPARTMENT.match(parts[0]):
        raise Misconfigured("a folder below [knowledge] is no department; expected lower-case letters, digits and -")
    return parts[0]


def document_passages(file: Path, department: str, number: int) -> list[Passage]:
    """Return the passages of one document."""
    if file.stat().st_size > LARGEST_BYTES:
        raise ValueError("the document is too large")
    head = front_matter(file)[0] if file.suffix.lower() == ".md" else {}
    title = head.get("title") or " ".join(_UNSAFE.sub(" ", file.stem.lower()).split()) or f"document {number}"
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    checked = date.fromisoformat(head["checked_on"]) if "checked_on" in head else changed
    name = _UNSAFE.sub("-", file.stem.lower()).strip("-")[:60] or "document"
    work = Source(
        key=f"site-{number}", reference=head.get("source", f"Document of this site: {title}"),
        year=checked.year, consulted="site",
    )  # fmt: skip
    return [
        Passage(
            passage_id=f"site/{department}/{name}-{number}/{part}",
            title=title[:160],
            topic=("site", title[:80].lower()),
            aspect="document",
            text=text,
            works=(work,),
            licence=head.get("licence", "of the site"),
            checked_on=checked,
            department=department,
            sha256=sha256_of(text),
        )
        for part, text in enumerate(_cut(READERS[file.suffix.lower()](file)), start=1)
    ]


def _markdown(file: Path) -> Iterator[str]:
    yield from front_matter(file)[1].split("\n\n")


def _pdf(file: Path) -> Iterator[str]:
    for page in pypdf.PdfReader(file).pages[:MOST_PAGES]:
        yield from re.split(r"\n\s*\n", page.extract_text())


def _docx(file: Path) -> Iterator[str]:
    yield from (paragraph.text for paragraph in docx.Document(str(file)).paragraphs)


READERS: dict[str, Callable[[Path], Iterator[str]]] = {".md": _markdown, ".pdf": _pdf, ".docx": _docx}
"""A line a kind of document."""


def _cut(paragraphs: Iterator[str]) -> Iterator[str]:
    """Yield paragraphs on one line each, long ones cut between sentences."""
    for paragraph in paragraphs:
        line = " ".join("".join(letter for letter in paragraph if letter.isprintable() or letter.isspace()).split())
        part = ""
        for sentence in _SENTENCE_ENDS.split(line):
            if part and len(part) + len(sentence) > LONGEST_PASSAGE:
                yield part
                part = ""
            part = f"{part} {sentence}".strip()[:LONGEST_PASSAGE]
        if len(part) >= _SHORTEST:
            yield part
