"""Read the passages of a folder: Markdown with front matter, each with its works, its date and its hash.

A file of this repository looks like this::

    ---
    title: Pneumothorax on an upright film
    topic: pleura/pneumothorax
    aspect: appearance
    keywords: visceral pleural line, apex
    sources: macduff2010, goodman2014
    licence: Apache-2.0
    checked_on: 2026-11-24
    department: all
    sha256: of the text
    ---
    On an upright film free pleural air rises to the apex. ...
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from orchestrator.errors import Misconfigured
from orchestrator.knowledge.passage import Passage, Source

FOLDER = Path(__file__).parent
PASSAGES, SOURCES = FOLDER / "passages", FOLDER / "sources.toml"
_WORKS = TypeAdapter(dict[str, dict[str, str | int]])


def own_passages() -> tuple[Passage, ...]:
    """Return every passage of this repository.

    Raises
    ------
    Misconfigured
        If a file is not a passage, names a work that is not in ``sources.toml``, or was changed without a new hash.
    """
    works = read_works(SOURCES)
    files = sorted(PASSAGES.rglob("*.md"))
    return tuple(read_passage(file, file.relative_to(PASSAGES).with_suffix("").as_posix(), works) for file in files)


def read_works(path: Path) -> dict[str, Source]:
    """Return the works of a table, by key."""
    try:
        table = _WORKS.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
        return {key: Source.model_validate({"key": key, **fields}) for key, fields in table.items()}
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path.name} is not a table of works: {error}") from error


def read_passage(path: Path, passage_id: str, works: Mapping[str, Source]) -> Passage:
    """Return the passage of one file."""
    head, text = front_matter(path)
    missing = [key for key in _listed(head.get("sources", ""), ",") if key not in works]
    if missing:
        raise Misconfigured(f"{path.name} names works that sources.toml does not have: {', '.join(missing)}")
    fields = {
        "title": head.get("title"),
        "topic": _listed(head.get("topic", ""), "/"),
        "aspect": head.get("aspect"),
        "keywords": _listed(head.get("keywords", ""), ","),
        "works": [works[key] for key in _listed(head.get("sources", ""), ",")],
        "licence": head.get("licence"),
        "checked_on": head.get("checked_on"),
        "department": head.get("department", "all"),
        "sha256": head.get("sha256"),
    }
    try:
        return Passage.model_validate({"passage_id": passage_id, "text": text, **fields})
    except ValidationError as error:
        raise Misconfigured(f"{path.name} is not a passage: {_faults(error)}") from None


def front_matter(path: Path) -> tuple[dict[str, str], str]:
    """Return the head of a Markdown file as names and values, and its text; no head where there is none."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path.name} cannot be read as text") from error
    if not content.startswith("---\n"):
        return {}, content.strip()
    head, _, text = content[4:].partition("\n---\n")
    pairs = (line.partition(":")[::2] for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, value in pairs}, text.strip()


def _listed(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _faults(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
