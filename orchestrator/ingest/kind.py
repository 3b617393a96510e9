"""What a file is, by its first bytes; its name is not asked."""

from __future__ import annotations

from enum import StrEnum

from orchestrator.ingest.codestream import JPEG, PNG


class Kind(StrEnum):
    """The formats that are read, and everything else."""

    DICOM = "dicom"
    PNG = "png"
    JPEG = "jpeg"
    ZIP = "zip"
    OTHER = "other"


def kind_of(head: bytes) -> Kind:
    """Return the kind of a file from its first 132 bytes or more."""
    if head[128:132] == b"DICM" or _bare_dicom(head):
        return Kind.DICOM
    if head.startswith(PNG):
        return Kind.PNG
    if head.startswith(JPEG):
        return Kind.JPEG
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Kind.ZIP
    return Kind.OTHER


def _bare_dicom(head: bytes) -> bool:
    """A data set without the 128 bytes before it: begins with an element of group 2 or 8, in ascending order."""
    group, element = int.from_bytes(head[:2], "little"), int.from_bytes(head[2:4], "little")
    return len(head) >= 132 and group in {0x0002, 0x0008} and element <= 0x0100
