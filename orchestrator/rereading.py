"""A film read again as a person wants it read: through another window, or only inside a region.

The pixels that came stay as they are. The specialists of the next revision get a copy: values outside the window are
cut off (PS3.3 C.11.2), what lies outside the region is black, as behind a collimator. Rows and columns stay, so that
what is found lies where it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from orchestrator.errors import NotFound
from orchestrator.ingest.store import put_array
from orchestrator.study import Study
from services.contract import Box, Fact, ImageReference, Limitation, LimitationReason, Window

SOURCE = "reading room"
Pixels = NDArray[np.uint8] | NDArray[np.uint16]


class Rereading(Fact):
    """What a person asks the specialists to look at again."""

    image_id: str = Field(pattern=r"^[0-9a-z-]{4,64}$")
    window: Window | None = None
    region: Box | None = None
    """In pixels of the image."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Rereading:
        if self.window is None and self.region is None:
            raise ValueError("a rereading needs a window or a region")
        return self

    @property
    def in_words(self) -> str:
        """What differs, for the story of the study and its limitations."""
        ways = [("another window", self.window), ("only a marked region", self.region)]
        return " and ".join(words for words, given in ways if given is not None)


def as_reread(study: Study, rereading: Rereading, store: Path) -> Study:
    """Return the study with one film as it is to be read, and the limitation that says so.

    Raises
    ------
    NotFound
        If the study has no such film, or its pixels are gone.
    """
    found = False
    series = []
    for one in study.series:
        instances = []
        for instance in one.instances:
            if instance.image.image_id == rereading.image_id:
                found = True
                instance = instance.model_copy(update={"image": reread_image(instance.image, rereading, store)})  # noqa: PLW2901
            instances.append(instance)
        series.append(one.model_copy(update={"instances": tuple(instances)}))
    if not found:
        raise NotFound("the study has no such image")
    limits = (*study.limitations, _limitation(rereading))
    return study.model_copy(update={"series": tuple(series), "limitations": limits})


def reread_image(image: ImageReference, rereading: Rereading, store: Path) -> ImageReference:
    """Return a reference to a copy of the film with the window and the region applied."""
    try:
        array: Pixels = np.load(store / image.location, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise NotFound("the pixels of this image are no longer in the store") from error
    seen = _windowed(array, image, rereading.window)
    location, sha256 = put_array(store, _inside(seen, image, rereading.region))
    return image.model_copy(update={"location": location, "sha256": sha256, "window": None})


def _windowed(array: Pixels, image: ImageReference, window: Window | None) -> Pixels:
    """Stretch the window over the full range of the stored bits."""
    if window is None:
        return array
    share = (array.astype(np.float32) - (window.center - window.width / 2)) / window.width
    span = image.maximum_value - image.minimum_value
    stretched: NDArray[np.float32] = np.rint(image.minimum_value + np.clip(share, 0, 1) * span)
    return stretched.astype(np.uint8) if image.dtype == "uint8" else stretched.astype(np.uint16)


def _inside(array: Pixels, image: ImageReference, region: Box | None) -> Pixels:
    if region is None:
        return array
    rows = slice(max(0, int(region.top)), min(image.rows, int(np.ceil(region.bottom))))
    columns = slice(max(0, int(region.left)), min(image.columns, int(np.ceil(region.right))))
    collimated = np.full_like(array, image.minimum_value)
    collimated[rows, columns] = array[rows, columns]
    return collimated


def _limitation(rereading: Rereading) -> Limitation:
    return Limitation(
        what="the film as it came",
        reason=LimitationReason.LIMITED_QUALITY,
        detail=f"A person had this film read again with {rereading.in_words}.",
        source=SOURCE,
        image_id=rereading.image_id,
    )
