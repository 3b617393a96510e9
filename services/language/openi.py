"""The Open-i (Indiana University) chest radiograph reports, as they come inside the torchxrayvision package.

The archive is read where torchxrayvision is installed (CC BY-NC-ND 4.0) and never copied. The split is fixed by a
hash of the report's id, so that every run and every reader agrees on the test part.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from services.contract import Fact

ARCHIVE = "torchxrayvision/data/NLMCXR_reports.tgz"
Split = Literal["test", "validation", "train"]


class OpeniReport(Fact):
    """One report with both sections, ``XXXX`` (the source's own masking) removed."""

    uid: str
    split: Split
    findings: str
    impression: str
    terms: tuple[str, ...] = ()
    """The report's MeSH coding in lower case, such as ``opacity/lung/base/left``."""
    normal: bool
    """Coded ``normal`` in the report's MeSH terms."""


def archive_path() -> Path | None:
    """Return where an installed torchxrayvision keeps the archive; the package itself is not imported."""
    try:
        distribution = importlib.metadata.distribution("torchxrayvision")
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(distribution.locate_file(ARCHIVE)))
    return path if path.exists() else None


def archive_in(place: Path | None) -> Path | None:
    """Return the archive at a place or in a folder; without a place, torchxrayvision's own."""
    if place is None:
        return archive_path()
    path = place if place.is_file() else place / Path(ARCHIVE).name
    return path if path.is_file() else archive_path()


def split_of(uid: str) -> Split:
    """Return the part a report belongs to: last digit of its id's MD5, 0 test, 1 validation, else train."""
    digit = int(hashlib.md5(uid.encode(), usedforsecurity=False).hexdigest(), 16) % 10
    return "test" if digit == 0 else "validation" if digit == 1 else "train"


def read_reports(archive: Path) -> Iterator[OpeniReport]:
    """Yield the reports that have both Findings and Impression, in the order of their file names."""
    with tarfile.open(archive) as reports:
        members = sorted((item for item in reports if item.name.endswith(".xml")), key=lambda item: item.name)
        for member in members:
            file = reports.extractfile(member)
            report = _parse(file.read()) if file is not None else None
            if report is not None:
                yield report


def _parse(content: bytes) -> OpeniReport | None:
    root = ElementTree.fromstring(content)
    sections = {node.get("Label", ""): _clean(node.text or "") for node in root.iter("AbstractText")}
    findings, impression = sections.get("FINDINGS", ""), sections.get("IMPRESSION", "")
    identity = root.find("uId")
    if not findings or not impression or identity is None:
        return None
    uid = identity.get("id", "")
    terms = [(node.text or "").lower() for node in root.iter("major")]
    return OpeniReport(
        uid=uid,
        split=split_of(uid),
        findings=findings,
        impression=impression,
        terms=tuple(terms),
        normal=terms == ["normal"],
    )


def _clean(text: str) -> str:
    text = re.sub(r"\bX{3,}\b", " ", text)
    text = re.sub(r"(?:(?<=^)|(?<=[.\s]))\d+\.\s", " ", text)
    return re.sub(r"\s+([.,;])", r"\1", " ".join(text.split()))
