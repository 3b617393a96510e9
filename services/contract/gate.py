"""What the gate sees in a picture: its kind, how it lies, and whether it is like anything that was learnt."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from services.contract.fact import Fact, Probability
from services.contract.facts import Algorithm


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
