"""What a viewer lays over the film: a grayscale softcopy presentation state (PS3.3 A.33.1), one object an image.

A layer each for findings and measurements, so that a viewer can switch them; boxes and measured lines in the pixels of
the image, each with its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from highdicom import pr
from pydicom.dataset import Dataset

from orchestrator.exports.dicom.sources import Making, Source, as_bytes
from orchestrator.exports.words import STATES
from orchestrator.report import Facts
from services.contract import Box, Evidence, Line, Presence
from services.contract.phrasing import label_text, number_text

_SERIES_NUMBER = 9903


class _Drawn(NamedTuple):
    """One layer: its name, what it is for, the evidence drawn on it, and the words beside each region."""

    layer: str
    description: str
    evidence: tuple[tuple[str, Evidence], ...]


def render_presentations(making: Making) -> dict[str, bytes]:
    """Return a presentation state for each image that has a box or a measured line, by file name without its ending."""
    made: dict[str, bytes] = {}
    for number, source in enumerate(making.sources, 1):
        annotations = [
            annotation
            for order, drawn in enumerate(_layers(making.release.facts), 1)
            if (annotation := _annotation(drawn, order, source, making.label)) is not None
        ]
        if annotations:
            made[f"presentation-{number}"] = _state(making, source.header, number, annotations)
    return made


def _layers(facts: Facts) -> tuple[_Drawn, _Drawn]:
    findings = tuple(
        (f"{one.finding_id} {label_text(one.code)}, {STATES[one.likelihood]}", evidence)
        for one in facts.findings
        if one.presence is not Presence.ABSENT
        for evidence in one.evidence
    )
    measured = tuple(
        (f"{one.measurement_id} {label_text(one.name)} {number_text(one)}", evidence)
        for one in facts.measurements
        for evidence in one.evidence
    )
    return _Drawn("FINDINGS", "Findings, AI", findings), _Drawn("MEASUREMENTS", "Measurements, AI", measured)


def _annotation(drawn: _Drawn, order: int, source: Source, label: str) -> pr.GraphicAnnotation | None:
    objects: list[pr.GraphicObject] = []
    words: list[pr.TextObject] = []
    for said, evidence in drawn.evidence:
        regions = [one for one in evidence.regions if isinstance(one, Box | Line)]
        if evidence.image_id != source.image_id or not regions:
            continue
        objects += [_object(region) for region in regions]
        words.append(_text(f"{said} ({label})", regions))
    if not objects:
        return None
    layer = pr.GraphicLayer(drawn.layer, order, drawn.description)
    return pr.GraphicAnnotation([source.header], layer, graphic_objects=objects, text_objects=words)


def _object(region: Box | Line) -> pr.GraphicObject:
    return pr.GraphicObject(pr.GraphicTypeValues.POLYLINE, _points(region), pr.AnnotationUnitsValues.PIXEL)


def _text(said: str, regions: Iterable[Box | Line]) -> pr.TextObject:
    """The words hang on the upper left point of what they speak of."""
    column, row = np.concatenate([_points(region) for region in regions]).min(axis=0)
    return pr.TextObject(said, pr.AnnotationUnitsValues.PIXEL, anchor_point=(float(column), float(row)))


def _points(region: Box | Line) -> np.ndarray:
    """Return ``(points, 2)`` float: column and row, the first pixel's centre at 1, 1 (PS3.3 C.10.5)."""
    if isinstance(region, Line):
        corners = [region.start, region.end]
    else:
        left, top, right, bottom = region.left, region.top, region.right - 1, region.bottom - 1
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return np.asarray(corners, float) + 1


def _state(making: Making, header: Dataset, number: int, annotations: list[pr.GraphicAnnotation]) -> bytes:
    layers = [pr.GraphicLayer(drawn.layer, order, drawn.description)
              for order, drawn in enumerate(_layers(making.release.facts), 1)
              if drawn.layer in {annotation.GraphicLayer for annotation in annotations}]  # fmt: skip
    made = pr.GrayscaleSoftcopyPresentationState(
        referenced_images=[header],
        **making.placed("pr", _SERIES_NUMBER, number),
        content_label="AI_SIGNED" if making.release.is_signed else "AI_DRAFT",
        content_description=f"What the report speaks of, {making.label}",
        graphic_annotations=annotations,
        graphic_layers=layers,
    )
    made.BodyPartExamined = header.get("BodyPartExamined") or "CHEST"
    made.SeriesDescription = f"Overlays, {making.label}"
    return as_bytes(made, making.when)
