"""What can be laid over the films: each region of a draft once, under a name that no other region has.

Regions are those of the evidence pictures (:mod:`orchestrator.exports.pictures`), so that page, PDF and DICOM show
the same pixels in the same colours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from orchestrator.errors import NotFound
from orchestrator.exports.pictures import Mark, Picture, pictures_of
from orchestrator.report import DraftReport
from services.contract import Box, Fact, HeatMap, Line, Mask


class OverlayKind(StrEnum):
    """How a region is drawn."""

    BOX = "box"
    LINE = "line"
    MASK = "mask"
    HEAT_MAP = "heat_map"


class Overlay(Fact):
    """One region over one image, in pixels of that image."""

    name: str
    """Unique within the draft."""
    title: str
    label: str
    """The short words drawn beside it."""
    fact_id: str | None
    """The finding or measurement that it shows; ``None`` for the anatomy."""
    image_id: str
    kind: OverlayKind
    colour: str
    """``#rrggbb``, told apart with any colour vision."""
    box: Box | None = None
    line: Line | None = None
    link: str | None = None
    """For masks and heat maps: a grey PNG that covers the whole image, on a grid of its own."""


class OverlayList(Fact):
    overlays: tuple[Overlay, ...]


def overlays_of(draft: DraftReport) -> tuple[Overlay, ...]:
    """Return every overlay of a draft, in the order of its facts, the anatomy last."""
    return tuple(overlay for overlay, _ in _named(draft))


def array_of(draft: DraftReport, name: str, store: Path) -> bytes:
    """Return the mask (0 or 255) or heat map (0 to 255) of one overlay as an 8-bit grey PNG.

    Raises
    ------
    NotFound
        If there is no such overlay, it has no array, or its array is no longer what was written.
    """
    region = next((mark.region for overlay, mark in _named(draft) if overlay.name == name), None)
    if not isinstance(region, Mask | HeatMap):
        raise NotFound("the draft has no such mask or heat map; see /overlays for those it has")
    data = _verified(store / region.array.location, region.array.sha256)
    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise NotFound("the array of this overlay cannot be read")
    if isinstance(region, Mask):
        grey = ((grey > (127 if grey.max() > 1 else 0)) * 255).astype(np.uint8)
    return cv2.imencode(".png", grey)[1].tobytes()


def _named(draft: DraftReport) -> Iterator[tuple[Overlay, Mark]]:
    seen: set[str] = set()
    for picture in pictures_of(draft):
        for mark in picture.marks:
            wanted = _slug(f"{picture.name} {picture.image_id} {mark.words}")
            numbered = (wanted if again == 1 else f"{wanted}-{again}" for again in range(1, len(seen) + 2))
            name = next(one for one in numbered if one not in seen)
            seen.add(name)
            yield _overlay(draft.study_id, name, picture, mark), mark


def _overlay(study_id: str, name: str, picture: Picture, mark: Mark) -> Overlay:
    region = mark.region
    drawn = isinstance(region, Mask | HeatMap)
    return Overlay(
        name=name,
        title=f"{picture.title}: {mark.words}" if picture.fact_id else mark.words,
        label=_label(picture, mark),
        fact_id=picture.fact_id,
        image_id=picture.image_id,
        kind=OverlayKind(region.kind),
        colour="#{:02x}{:02x}{:02x}".format(*mark.colour),
        box=region if isinstance(region, Box) else None,
        line=region if isinstance(region, Line) else None,
        link=f"/v1/studies/{study_id}/overlays/{name}.png" if drawn else None,
    )


def _label(picture: Picture, mark: Mark) -> str:
    """A line has a name of its own; an outline or a heat map is called after its finding."""
    if picture.fact_id is None:
        return mark.words
    if isinstance(mark.region, Line):
        return f"{picture.fact_id} {mark.words}"
    return " ".join(picture.title.partition(" (")[0].split())


def _verified(path: Path, sha256: str) -> bytes:
    if not path.is_file() or path.is_symlink():
        raise NotFound("the array of this overlay is no longer in the store")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotFound("the array of this overlay is not what was written")
    return data


def _slug(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")[:110]
