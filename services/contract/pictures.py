"""Images of the store, and places in them: boxes, lines, masks and heat maps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from services.contract.fact import Fact, Location, Sha256


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
