"""The nouns every specialist shares with the orchestrator.

A sentence of a draft is walked back to pixels along these types::

    Sentence -> Citation -> Finding -> Evidence -> ImageReference
                         -> Measurement -> Evidence
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Probability = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Location = Annotated[str, Field(pattern=r"^[0-9a-f]{2}/[0-9a-f]{64}\.(npy|png)$")]
"""Where an array lies, relative to the root of the content-addressed store."""


class Fact(BaseModel):
    """A statement that does not change once it is made: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Code(Fact):
    """A coded concept (DICOM PS3.3 8.8 Code Sequence, FHIR Coding)."""

    scheme: Literal["SCT", "RADLEX", "DCM", "LN", "UCUM", "99WETREAD"]
    """Coding scheme designator (PS3.16 section 8). ``99WETREAD`` is the private scheme: text only."""
    value: str = Field(min_length=1)
    meaning: str = Field(min_length=1)


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


class Window(Fact):
    """A VOI window (PS3.3 C.11.2), in stored values of the referenced array."""

    center: FiniteFloat
    width: FiniteFloat = Field(gt=0)


class ImageReference(Fact):
    """One de-identified image in the content-addressed store.

    The array is ``(rows, columns)`` or ``(rows, columns, 3)``, uint8 or uint16, with the modality
    rescale and MONOCHROME1 inversion already applied: higher is brighter, bone is bright.
    """

    image_id: str = Field(pattern=r"^[0-9a-z-]{4,64}$")
    """Pseudonym of the SOP instance within its study; never a UID of the source."""
    location: Location
    sha256: Sha256
    rows: int = Field(ge=1)
    columns: int = Field(ge=1)
    samples_per_pixel: Literal[1, 3] = 1
    dtype: Literal["uint8", "uint16"]
    minimum_value: int = Field(ge=0)
    maximum_value: int = Field(ge=1, le=65535)
    """The full range that the stored bits can hold, not the range this image happens to use."""
    window: Window | None = None
    spacing_mm: tuple[float, float] | None = None
    """Row and column spacing in mm; ``None`` when nobody calibrated it."""
    spacing_source: str | None = None
    """The attribute the spacing came from, such as ``PixelSpacing`` (0028,0030)."""
    modality: str | None = None
    body_part: str | None = None
    view_position: str | None = None
    """View Position (0018,5101) as sent, such as ``PA``, ``AP``, ``LL``; never guessed."""
    patient_orientation: tuple[str, str] | None = None
    """Patient Orientation (0020,0020): direction of the rows and of the columns."""
    burned_in_annotation: Literal["YES", "NO"] | None = None
    presentation_intent: Literal["FOR PRESENTATION", "FOR PROCESSING"] | None = None
    """Presentation Intent Type (0008,0068): a film made for processing is raw data of the detector."""

    @model_validator(mode="after")
    def _range_has_width(self) -> ImageReference:
        if self.maximum_value <= self.minimum_value:
            raise ValueError("maximum_value must be greater than minimum_value")
        return self


class ArrayReference(Fact):
    """An array a specialist wrote: an 8-bit or 1-bit grey PNG that covers the whole image.

    Its grid may be coarser than the image's; pixel ``(r, c)`` of the image lies at
    ``(r * rows / image.rows, c * columns / image.columns)``.
    """

    location: Location
    sha256: Sha256
    rows: int = Field(ge=1)
    columns: int = Field(ge=1)


class Box(Fact):
    """A rectangle in pixels of the image, ``right`` and ``bottom`` exclusive."""

    kind: Literal["box"] = "box"
    left: float = Field(ge=0)
    top: float = Field(ge=0)
    right: float
    bottom: float

    @model_validator(mode="after")
    def _has_area(self) -> Box:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError("a box needs right > left and bottom > top")
        return self


class Line(Fact):
    """A measured line in pixels of the image."""

    kind: Literal["line"] = "line"
    name: str
    start: tuple[float, float]
    """``(column, row)``."""
    end: tuple[float, float]


class Mask(Fact):
    """A set of pixels."""

    kind: Literal["mask"] = "mask"
    array: ArrayReference


class HeatMap(Fact):
    """How strongly each place moved a score, 0 to 255."""

    kind: Literal["heat_map"] = "heat_map"
    array: ArrayReference
    method: str


Region = Annotated[Box | Line | Mask | HeatMap, Field(discriminator="kind")]


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


class ImageKind(StrEnum):
    """What a picture is, as seen in its pixels."""

    CHEST_FRONTAL = "chest_frontal"
    CHEST_LATERAL = "chest_lateral"
    OTHER_RADIOGRAPH = "other_radiograph"
    CT = "ct"
    MR = "mr"
    ULTRASOUND = "ultrasound"
    FUNDUS = "fundus"
    NOT_MEDICAL = "not_medical"


class PictureState(StrEnum):
    """How a film lies in its picture."""

    UPRIGHT = "upright"
    TURNED_LEFT = "turned_left"
    """By a quarter, head to the left."""
    TURNED_RIGHT = "turned_right"
    UPSIDE_DOWN = "upside_down"
    INVERTED = "inverted"
    """Bone is dark."""
    CROPPED = "cropped"
    """A part of a film only."""
    BLANK = "blank"


class Exposure(StrEnum):
    """Whether the grey levels of a picture can carry a finding."""

    GOOD = "good"
    UNDER = "under_exposed"
    """Hardly any grey level is used: what is faint is lost."""
    CLIPPED = "clipped"
    """Much of the picture is pure white or pure black."""


class ImageQuality(Fact):
    """What is the matter with a picture, before anyone reads it."""

    state: PictureState = PictureState.UPRIGHT
    state_probability: Probability = 1.0
    readable_when_turned_over: bool = False
    """An inverted film that is a frontal chest film once black and white are exchanged."""
    exposure: Exposure = Exposure.GOOD
    view: Literal["AP", "PA"] | None = None
    """As the pixels look; ``None`` where that is not sure. The header's view is not changed by it."""
    view_probability: Probability = 0.5
    """Of AP."""
    fingerprint: str | None = Field(default=None, pattern=r"^[0-9a-f]{16}$")
    """64 bits that the same picture keeps through resizing and compression."""


class ImageAssessment(Fact):
    """What the gate network sees in one image."""

    image_id: str
    kind: ImageKind
    probability: Probability
    in_distribution: bool
    """False when the image is unlike everything the gate was trained on."""
    distance: float = Field(ge=0)
    distance_limit: float = Field(gt=0)
    algorithm: Algorithm
    quality: ImageQuality | None = None


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


class ProblemDetails(Fact):
    """Problem details of an HTTP error (RFC 9457). Never holds a name, an identifier or a header value."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    expected: str | None = None
    """What right looks like."""
