"""What a DICOM file is, its pixels unread: whose, of which study, and the hash by which it is known again.

Runs in a decoding process only, like :mod:`orchestrator.ingest.dicom`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_file_meta_info, read_partial
from pydicom.uid import DeflatedExplicitVRLittleEndian

from orchestrator.errors import UnreadableImage
from orchestrator.ingest.decoded import Indexed
from orchestrator.ingest.dicom import MALFORMED, read_deflated
from orchestrator.ingest.header import read_header, text
from orchestrator.ingest.limits import IngestLimits

CHUNK = 1 << 20
LAST_GROUP = 0x0020
"""Whose it is and of which study stands in groups up to this one; elements are in ascending order (PS3.5 7.1)."""


def index(path: Path, limits: IngestLimits) -> Indexed:
    """Return what a file says of itself.

    Raises
    ------
    UnreadableImage
        If it is no DICOM file, or its header is cut off or damaged.
    """
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    with path.open("rb") as file:
        framed = file.read(132)[128:] == b"DICM"
    try:
        meta = read_file_meta_info(path) if framed else FileMetaDataset()
        syntax = text(meta, "TransferSyntaxUID")
        header = read_header(_header(path, meta, framed, limits))
    except (InvalidDicomError, BytesLengthException, *MALFORMED) as error:
        raise UnreadableImage("the file is cut off or its header is damaged") from error
    if header.sop_instance_uid is None or header.study_instance_uid is None:
        raise UnreadableImage("the header names no study or no instance")
    begins = 144 + int(meta.get("FileMetaInformationGroupLength", 0)) if framed else 0
    return Indexed(header=header, transfer_syntax_uid=syntax, data_sha256=_hash(path, begins, syntax or ""))


def _header(path: Path, meta: FileMetaDataset, framed: bool, limits: IngestLimits) -> Dataset:
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        return read_deflated(path, meta, limits)
    with path.open("rb") as file:
        return read_partial(file, _far_enough, force=not framed)


def _far_enough(tag: int, vr: str | None, length: int) -> bool:
    return tag >> 16 > LAST_GROUP


def _hash(path: Path, begins: int, syntax: str) -> str:
    digest = hashlib.sha256(syntax.encode())
    with path.open("rb") as file:
        file.seek(begins)
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
