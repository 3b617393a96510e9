"""What a decoding process says of one image: facts and a reference to pixels, in JSON on its output."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from orchestrator.ingest.limits import IngestLimits
from orchestrator.ingest.received import ReceivedFile
from orchestrator.study import Order, Patient
from services.contract import Fact, LimitationReason, Window


class Job(Fact):
    """What a decoding process is asked."""

    task: Literal["decode", "unpack", "index"]
    path: Path
    """The received bytes."""
    sha256: str
    root: Path
    """Where results go: the store for arrays, the originals for the members of a zip."""
    scratch: Path
    """Where unfinished files lie; removed by whoever asked, whatever happens."""
    files_left: int = Field(default=1, ge=0)
    bytes_left: int = Field(default=1, ge=0)
    limits: IngestLimits


class PixelFacts(Fact):
    """An array in the store and how to read it; everything that an image reference holds but header words."""

    location: str
    sha256: str
    rows: int
    columns: int
    samples_per_pixel: Literal[1, 3]
    dtype: Literal["uint8", "uint16"]
    minimum_value: int
    maximum_value: int
    window: Window | None = None


class Caveat(Fact):
    """Something of the file that was not used, in our own words."""

    what: str
    reason: LimitationReason
    detail: str


class HeaderFacts(Fact):
    """What the header says, unchecked; PNG and JPEG have none of it."""

    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    sop_class_uid: str | None = None
    series_number: int | None = None
    instance_number: int | None = None
    study_datetime: datetime | None = None
    modality: str | None = None
    body_part: str | None = None
    view_position: str | None = None
    patient_orientation: tuple[str, str] | None = None
    burned_in_annotation: Literal["YES", "NO"] | None = None
    presentation_intent: Literal["FOR PRESENTATION", "FOR PROCESSING"] | None = None
    spacing_mm: tuple[float, float] | None = None
    spacing_source: str | None = None
    age_years: float | None = None
    sex: Literal["F", "M", "O"] | None = None
    patient: Patient = Patient()
    order: Order = Order()
    identifiers: tuple[str, ...] = ()
    """Every value of the header that can name somebody or something of this patient."""


class Decoded(Fact):
    """One image."""

    header: HeaderFacts = HeaderFacts()
    pixels: PixelFacts
    frame_count: int = 1
    caveats: tuple[Caveat, ...] = ()


class Indexed(Fact):
    """What one DICOM file says of itself, its pixels unread."""

    header: HeaderFacts
    transfer_syntax_uid: str | None = None
    data_sha256: str
    """Of everything after the file meta information, with the transfer syntax: the same object has the same."""


class Answer(Fact):
    """What a decoding process answers: exactly one of these, on one line."""

    decoded: Decoded | None = None
    indexed: Indexed | None = None
    members: tuple[ReceivedFile, ...] | None = None
    skipped: int = 0
    """Members of a zip that are not images by their first bytes, or are themselves archives."""
    error: Literal["UnreadableImage", "UnsupportedImage", "TooLarge"] | None = None
    message: str = ""
