"""From five boxes to structures and a cardiothoracic ratio of their own, to cross-check the outlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from services.anatomy import (
    CHEST_STRUCTURES,
    HEART,
    LEFT_CLAVICLE,
    LEFT_LUNG,
    RIGHT_CLAVICLE,
    RIGHT_LUNG,
    AnatomicStructure,
)
from services.chest_reader import Reader, Reading
from services.contract import (
    Box,
    Evidence,
    Label,
    LimitationReason,
    Line,
    Measurement,
    Structure,
    coded,
)
from services.heart_size import judge

Boxes = dict[AnatomicStructure, tuple[Box, float]]
"""The box of a structure in pixels of the film, and its score."""

FOUND_FROM = 0.30
"""A structure counts as found from this score on."""
UNCERTAINTY = "mean_absolute_error"
"""Under this name the manifest keeps the error of the box-based cardiothoracic ratio."""
ALL_BOXES = "boxes of lungs, heart and clavicles"


def report_boxes(boxes: Boxes, image_id: str, view: str | None, age_years: float | None, reader: Reader) -> Reading:
    """Report one film; boxes that cannot be a chest give limitations and nothing else."""
    wrong = tuple(detail for rule in RULES for detail in rule(boxes))
    if wrong:
        reason = LimitationReason.IMPLAUSIBLE_RESULT
        return Reading(limitations=tuple(reader.limited(image_id, ALL_BOXES, reason, one) for one in wrong))
    structures = tuple(_structure(one, *boxes[one], image_id, reader) for one in CHEST_STRUCTURES if one in boxes)
    missing = tuple(
        reader.limited(
            image_id, f"box of the {one.name}", LimitationReason.POOR_QUALITY, f"The {one.name} was not found."
        )
        for one in CHEST_STRUCTURES
        if one not in boxes
    )
    limited = partial(reader.limited, image_id, Label.CARDIOTHORACIC_RATIO)
    size = judge(ratio_of(boxes), {}, view, age_years, limited)
    if not size.ratio_counts:
        return Reading(structures, limitations=(*missing, *size.limitations))
    return Reading(structures, (_ratio(boxes, image_id, reader),), limitations=missing)


def ratio_of(boxes: Boxes) -> float:
    """Return the width of the heart's box over the width of the box around both lungs."""
    heart, right, left = (boxes[one][0] for one in (HEART, RIGHT_LUNG, LEFT_LUNG))
    return (heart.right - heart.left) / (max(right.right, left.right) - min(right.left, left.left))


def lungs_and_heart_were_found(boxes: Boxes) -> Iterator[str]:
    """Without lungs or heart there is no chest to speak of."""
    for one in (RIGHT_LUNG, LEFT_LUNG, HEART):
        if one not in boxes:
            yield f"The {one.name} was not found."


def boxes_lie_in_order(boxes: Boxes) -> Iterator[str]:
    """Right lung, heart, left lung from the picture's left to its right; clavicles above, heart below."""
    middle = {one: ((box.left + box.right) / 2, (box.top + box.bottom) / 2) for one, (box, _) in boxes.items()}
    if not {RIGHT_LUNG, LEFT_LUNG, HEART} <= middle.keys():
        return
    right, heart, left = middle[RIGHT_LUNG], middle[HEART], middle[LEFT_LUNG]
    if not right[0] < heart[0] < left[0]:
        yield "The heart does not lie between the right and the left lung."
    if heart[1] < (right[1] + left[1]) / 2:
        yield "The heart lies above the middle of the lungs."
    for clavicle, lung in ((RIGHT_CLAVICLE, right), (LEFT_CLAVICLE, left)):
        if clavicle in middle and middle[clavicle][1] > lung[1]:
            yield f"The {clavicle.name} lies below the middle of its lung."


RULES: tuple[Callable[[Boxes], Iterator[str]], ...] = (lungs_and_heart_were_found, boxes_lie_in_order)


def _structure(structure: AnatomicStructure, box: Box, score: float, image_id: str, reader: Reader) -> Structure:
    evidence = Evidence(
        image_id=image_id,
        algorithm=reader.algorithm,
        score=score,
        operating_points={"found": FOUND_FROM},
        regions=(box,),
    )
    return Structure(code=coded(structure.label), laterality=structure.laterality, evidence=evidence)


def _ratio(boxes: Boxes, image_id: str, reader: Reader) -> Measurement:
    heart, right, left = (boxes[one][0] for one in (HEART, RIGHT_LUNG, LEFT_LUNG))
    row = (heart.top + heart.bottom) / 2
    base = max(right.bottom, left.bottom)
    lines = (
        Line(name="heart", start=(heart.left, row), end=(heart.right, row)),
        Line(name="thorax", start=(min(right.left, left.left), base), end=(max(right.right, left.right), base)),
    )
    evidence = Evidence(image_id=image_id, algorithm=reader.algorithm, regions=(*lines, heart, right, left))
    return Measurement(
        measurement_id=f"{reader.specialist}-cardiothoracic-ratio-{image_id}",
        name=coded(Label.CARDIOTHORACIC_RATIO),
        value=round(ratio_of(boxes), 4),
        unit="1",
        uncertainty=round(reader.operating_points[UNCERTAINTY], 4),
        evidence=(evidence,),
    )
