"""What a specialist says of itself: its card, and whether it can be asked."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from services.contract.fact import Code, Fact
from services.contract.facts import Algorithm, Limitation
from services.contract.gate import ImageKind


class LabelCard(Fact):
    """How well one label is assessed, from the run that made the weights."""

    code: Code
    population: str
    experimental: bool
    operating_points: dict[str, float]
    figures: dict[str, str] = Field(default_factory=dict)
    """Measured figures as text with their intervals, such as ``{"AUC, kermany test": ".971 [.962, .979]"}``."""


class ModelCard(Fact):
    """What a specialist accepts and assesses, how well, on what, and under which terms."""

    specialist: str
    algorithm: Algorithm
    weights: str
    """Where the weights in force came from: ``bundled``, ``folder`` or ``hub``, and why."""
    backend: str
    accepts: tuple[ImageKind, ...]
    assesses: tuple[LabelCard, ...] = ()
    measures: tuple[Code, ...] = ()
    outlines: tuple[Code, ...] = ()
    not_assessed: tuple[str, ...] = ()
    licence: str
    data: tuple[str, ...]
    limits: tuple[str, ...] = ()


class ServiceCard(Fact):
    service: str
    version: str
    specialists: tuple[ModelCard, ...]
    unavailable: tuple[Limitation, ...] = ()
    """Specialists that are switched on but not in force, and why."""


class SpecialistState(StrEnum):
    """Whether a specialist can be asked."""

    LOADING = "loading"
    READY = "ready"
    NO_WEIGHTS = "no_weights"
    FAILED = "failed"
    OFF = "off"


class SpecialistReadiness(Fact):
    specialist: str
    state: SpecialistState
    why: str


class Readiness(Fact):
    """What ``/readyz`` answers: ready once every specialist is loaded or known not to be in force."""

    service: str
    ready: bool
    specialists: tuple[SpecialistReadiness, ...]
