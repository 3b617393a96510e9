"""The FHIR table of the hospital's file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from services.contract import Fact

Kind = Literal["DiagnosticReport", "ImagingStudy", "Patient", "ServiceRequest"]


class FhirSource(Fact):
    """``[[fhir]]``: a server that is asked now and then for what is new."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Its base, such as ``https://ehr.example/fhir``."""
    authorization_file: Path | None = None
    """Holds the value of the Authorization header."""
    resources: tuple[Kind, ...] = ("Patient", "ServiceRequest", "ImagingStudy", "DiagnosticReport")
    every_s: float = Field(default=60.0, gt=0)
    look_back_s: float = Field(default=86_400.0, ge=0)
    """How far back is asked at start; what was taken before changes nothing."""
    page: int = Field(default=50, ge=1, le=500)
    timeout_s: float = Field(default=30.0, gt=0, le=600)
