"""The nouns every specialist shares with the orchestrator.

A sentence of a draft is walked back to pixels along these types::

    Sentence -> Citation -> Finding -> Evidence -> ImageReference
                         -> Measurement -> Evidence
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field, FiniteFloat, model_validator

from services.contract.fact import Code, Fact, Probability, Sha256
from services.contract.pictures import Region


class Presence(StrEnum):
    """Three values; a label without a finding is *not assessed*, which is none of them."""

    PRESENT = "PRESENT"
    ABSENT = "ABSENT"
    INDETERMINATE = "INDETERMINATE"


class Likelihood(StrEnum):
    """The words that the operating points of a label turn a score into."""

    ABSENT = "absent"
    INDETERMINATE = "indeterminate"
    LIKELY = "likely"
    PRESENT = "present"


class Laterality(StrEnum):
    """The patient's side, never the side of the picture."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


class Severity(StrEnum):
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Algorithm(Fact):
    """Who found it (PS3.16 TID 4019): name and version are mandatory."""

    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    weights_sha256: Sha256 | None = None


class Evidence(Fact):
    """What in which image made an algorithm say so."""

    image_id: str
    algorithm: Algorithm
    score: Probability | None = None
    operating_points: dict[str, float] = Field(default_factory=dict)
    """The thresholds that turned the score into a word, by name (``youden``, ``likely``)."""
    site_points_sha256: Sha256 | None = None
    """The file in which the site set these thresholds; ``None`` where they are the publisher's."""
    regions: tuple[Region, ...] = ()


class Measurement(Fact):
    """A numeric observation with its unit (PS3.16 TID 300)."""

    measurement_id: str = Field(min_length=1)
    name: Code
    value: FiniteFloat
    unit: Literal["mm", "mm2", "mL", "1", "[hnsf'U]"]
    """UCUM code. A ratio has unit ``1``, never an empty string."""
    uncertainty: float | None = Field(default=None, ge=0)
    """Mean absolute error on held-out films, in the same unit."""
    calibration: str | None = None
    """For a length: the attribute its spacing came from."""
    laterality: Laterality | None = None
    evidence: tuple[Evidence, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _a_length_is_calibrated(self) -> Measurement:
        if self.unit in {"mm", "mm2", "mL"} and self.calibration is None:
            raise ValueError("a length, area or volume needs the attribute that calibrated it")
        return self


class Finding(Fact):
    """One coded observation (PS3.16 TID 1501, FHIR Observation) with the pixels behind it."""

    finding_id: str = Field(min_length=1)
    code: Code
    presence: Presence
    likelihood: Likelihood
    laterality: Laterality | None = None
    site: Code | None = None
    severity: Severity | None = None
    experimental: bool = False
    population: str | None = None
    """Whom the algorithm was shown to work on, in words, when that is narrower than everyone."""
    measurement_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _word_agrees_with_presence(self) -> Finding:
        expected = {
            Likelihood.ABSENT: Presence.ABSENT,
            Likelihood.INDETERMINATE: Presence.INDETERMINATE,
            Likelihood.LIKELY: Presence.PRESENT,
            Likelihood.PRESENT: Presence.PRESENT,
        }[self.likelihood]
        if self.presence is not expected:
            raise ValueError(f"likelihood {self.likelihood} does not agree with {self.presence}")
        return self


class Structure(Fact):
    """A normal anatomical structure that a specialist outlined."""

    code: Code
    laterality: Laterality | None = None
    evidence: Evidence


class LimitationReason(StrEnum):
    """Why something was not assessed."""

    SPECIALIST_UNAVAILABLE = "specialist_unavailable"
    NO_WEIGHTS = "no_weights"
    UNTRAINED_LABEL = "untrained_label"
    INVALID_SCORE = "invalid_score"
    UNSUPPORTED_IMAGE = "unsupported_image"
    UNSUPPORTED_VIEW = "unsupported_view"
    OUT_OF_DISTRIBUTION = "out_of_distribution"
    OUT_OF_POPULATION = "out_of_population"
    POOR_QUALITY = "poor_quality"
    LIMITED_QUALITY = "limited_quality"
    """Read, but with reserve."""
    IMPLAUSIBLE_RESULT = "implausible_result"
    NOT_CALIBRATED = "not_calibrated"
    LANGUAGE_MODEL_UNAVAILABLE = "language_model_unavailable"
    DISAGREEMENT = "disagreement"
    DUPLICATE = "duplicate"
    WITHHELD = "withheld"
    NO_SECOND_TEXT = "no_second_text"


class Limitation(Fact):
    """What was not assessed, and why. It never becomes "normal"."""

    what: str = Field(min_length=1)
    """The finding or measurement in plain words, such as ``pneumothorax``."""
    code: Code | None = None
    reason: LimitationReason
    detail: str = Field(min_length=1)
    """One sentence a radiologist understands, without identifiers or header values."""
    source: str = Field(min_length=1)
    """The specialist or step that says so."""
    image_id: str | None = None
