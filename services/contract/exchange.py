"""What the orchestrator asks a service, and what it is answered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.contract.fact import Fact
from services.contract.facts import Algorithm, Finding, Limitation, Measurement, Structure
from services.contract.gate import ImageAssessment
from services.contract.pictures import ImageReference


class WrittenText(Fact):
    """What an image-to-report network wrote about one image: a text that nobody has checked, and no finding."""

    image_id: str
    text: str = Field(min_length=1, max_length=4000)
    algorithm: Algorithm


class Subject(Fact):
    """What a specialist may know of the person: nothing that names one."""

    age_years: float | None = Field(default=None, ge=0, le=90)
    """Ages above 89 are reported as 90 (45 CFR 164.514(b)(2)(i)(C))."""
    sex: Literal["F", "M", "O"] | None = None


class AnalyzeRequest(Fact):
    """What the orchestrator asks a service."""

    images: tuple[ImageReference, ...] = Field(min_length=1, max_length=64)
    subject: Subject = Subject()
    specialists: tuple[str, ...] | None = None
    """Names to run; ``None`` runs every specialist of the service that is on by default."""
    deadline_s: float = Field(default=30.0, gt=0, le=600)


class SpecialistResult(Fact):
    """Everything one specialist says about the images it was given."""

    specialist: str
    algorithm: Algorithm
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    structures: tuple[Structure, ...] = ()
    images: tuple[ImageAssessment, ...] = ()
    texts: tuple[WrittenText, ...] = ()
    """Only of the reporting service; the orchestrator sets each sentence against the findings of the others."""
    limitations: tuple[Limitation, ...] = ()
    seconds: float = Field(ge=0)


class AnalyzeResponse(Fact):
    results: tuple[SpecialistResult, ...]
    limitations: tuple[Limitation, ...] = ()
    """What a specialist of this service could not be asked at all."""


class ProblemDetails(Fact):
    """Problem details of an HTTP error (RFC 9457). Never holds a name, an identifier or a header value."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    expected: str | None = None
    """What right looks like."""
