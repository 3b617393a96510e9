"""How a study is hung (Hanging Protocol, PS3.3 C.23): frontal left, lateral right, each with its geometry.

Sides are the patient's and come from the header alone; where it is silent the viewer says that it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from orchestrator.exports.words import header_of
from orchestrator.reading_room.pixels import window_of
from orchestrator.study import Study
from services.contract import Fact, ImageKind, ImageReference, SpecialistResult, Window

_LATERAL_VIEWS = frozenset({"LL", "RL"})
_ORDER = ("frontal", "lateral", "other")


class HeaderLine(Fact):
    """One line of the patient banner."""

    name: str
    value: str


class Projection(StrEnum):
    """Which place a film takes."""

    FRONTAL = "frontal"
    LATERAL = "lateral"
    OTHER = "other"


class HungImage(Fact):
    """One film: where its pixels are, and everything needed to show and to measure it truly."""

    image_id: str
    pixels: str
    """Raw pixels, row by row, little-endian; ``?reduce=4`` for a first look."""
    rows: int
    columns: int
    samples_per_pixel: Literal[1, 3]
    dtype: Literal["uint8", "uint16"]
    minimum_value: int
    maximum_value: int
    window: Window
    window_source: Literal["header", "percentiles"]
    spacing_mm: tuple[float, float] | None
    """Row and column spacing; ``None`` where nobody calibrated it, and then no length is in mm."""
    spacing_source: str | None
    modality: str | None
    view_position: str | None
    projection: Projection
    patient_orientation: tuple[str, str] | None
    """Where the rows and the columns point (0020,0020); ``None`` where the header does not say."""


class PriorStudy(Fact):
    """An earlier examination of the same person."""

    study_id: str
    days_before: int | None
    """``None`` where one of the two does not say when it was taken."""
    images: tuple[HungImage, ...]


class Hanging(Fact):
    """A study as it is hung. It names the patient: the banner is always shown."""

    study_id: str
    banner: tuple[HeaderLine, ...]
    images: tuple[HungImage, ...]
    priors: tuple[PriorStudy, ...] = ()
    elsewhere: str | None = None
    """Where another viewer opens the study, if this installation says so."""


def hanging_of(
    study: Study,
    results: Iterable[SpecialistResult],
    store: Path,
    priors: Iterable[Study] = (),
    viewer_link: str | None = None,
) -> Hanging:
    """Return how a study is hung, with the earlier ones beside it, latest first.

    Parameters
    ----------
    viewer_link
        Address of another viewer, with ``{study_instance_uid}`` where the UID goes.
    """
    uid = quote(study.study_instance_uid, safe="")
    before = [_prior(study, prior, store) for prior in priors]
    return Hanging(
        study_id=study.study_id,
        banner=tuple(HeaderLine(name=field.name, value=field.value) for field in header_of(study)),
        images=_hung(study, {one.image_id: one.kind for result in results for one in result.images}, store),
        elsewhere=viewer_link and viewer_link.replace("{study_instance_uid}", uid),
        priors=tuple(sorted(before, key=lambda prior: (prior.days_before is None, prior.days_before or 0))),
    )


def projection_of(image: ImageReference, seen: ImageKind | None = None) -> Projection:
    """Return which place a film takes: what the gate network saw in it, else what its header says."""
    by_kind = {ImageKind.CHEST_FRONTAL: Projection.FRONTAL, ImageKind.CHEST_LATERAL: Projection.LATERAL}
    if seen in by_kind:
        return by_kind[seen]
    if image.view_position in _LATERAL_VIEWS:
        return Projection.LATERAL
    return Projection.FRONTAL if image.view_position in {"PA", "AP"} else Projection.OTHER


def image_of(study: Study, image_id: str) -> ImageReference | None:
    """Return one image of a study."""
    images = (instance.image for series in study.series for instance in series.instances)
    return next((image for image in images if image.image_id == image_id), None)


def _prior(study: Study, prior: Study, store: Path) -> PriorStudy:
    days = None
    if study.study_datetime and prior.study_datetime:
        days = (study.study_datetime.date() - prior.study_datetime.date()).days
    return PriorStudy(study_id=prior.study_id, days_before=days, images=_hung(prior, {}, store))


def _hung(study: Study, kinds: dict[str, ImageKind], store: Path) -> tuple[HungImage, ...]:
    images = [instance.image for series in study.series for instance in series.instances]
    hung = [_image(study.study_id, image, kinds.get(image.image_id), store) for image in images]
    return tuple(sorted(hung, key=lambda image: _ORDER.index(image.projection)))


def _image(study_id: str, image: ImageReference, seen: ImageKind | None, store: Path) -> HungImage:
    shared = set(HungImage.model_fields) & set(ImageReference.model_fields) - {"window"}
    return HungImage(
        **image.model_dump(include=shared),
        pixels=f"/v1/studies/{study_id}/images/{image.image_id}/pixels",
        window=window_of(store, image),
        window_source="header" if image.window else "percentiles",
        projection=projection_of(image, seen),
    )
