"""How much one upload, one file and one decoding process may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from services.contract import Fact

if TYPE_CHECKING:
    from orchestrator.settings import Settings

MB = 1_000_000


class IngestLimits(Fact):
    """Upper bounds that hold before anything is believed; beyond them input is refused (413)."""

    upload_bytes: int = Field(default=512 * MB, ge=1)
    """All files of one upload, and all that a zip in it unpacks to."""
    upload_files: int = Field(default=500, ge=1)
    """Files of one upload, members of a zip included."""
    order_bytes: int = Field(default=64_000, ge=1)
    """The ``order`` field of an upload."""
    idle_s: float = Field(default=15.0, gt=0)
    """An upload that sends nothing for so long is given up."""
    pixels: int = Field(default=80 * MB, ge=1)
    """Rows times columns of one image, as declared and as found in a compressed stream."""
    inflated_bytes: int = Field(default=200 * MB, ge=1)
    """What a deflated DICOM data set may grow to."""
    inflation_ratio: float = Field(default=200.0, gt=1)
    """Unpacked over packed, once more than ``free_inflated_bytes`` are at stake."""
    free_inflated_bytes: int = Field(default=64 * MB, ge=0)
    array_bytes: int = Field(default=320 * MB, ge=1)
    """The largest array that a decoding process may write."""
    memory_bytes: int = Field(default=900 * MB, ge=1)
    """Address space a decoding process may add to what it starts with."""
    processor_s: int = Field(default=4, ge=1)
    """Processor time one file may take to decode. A large film in JPEG 2000 takes about one second."""
    wall_clock_s: float = Field(default=30.0, gt=0)
    """The same by the clock on the wall, which a busy machine stretches; a film is not refused for that."""
    children: int = Field(default=2, ge=1)
    """Decoding processes at work at the same time."""


def limits_from(settings: Settings) -> IngestLimits:
    """Return the limits of this installation: the site's for uploads, ours for decoding."""
    return IngestLimits(
        upload_bytes=settings.upload_limit_mb * MB,
        upload_files=settings.upload_limit_files,
        idle_s=settings.upload_idle_s,
    )
