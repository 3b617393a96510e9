"""The kinds of DICOM objects that a report can come as; naming them needs no DICOM library."""

from __future__ import annotations

from typing import Literal, get_args

ObjectKind = Literal["report", "segmentation", "presentation", "capture", "document"]
KINDS: tuple[ObjectKind, ...] = get_args(ObjectKind)
