"""How well boxes agree with those around people's outlines, on films that training has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES, HEART, LEFT_LUNG, RIGHT_LUNG, AnatomicStructure
from services.contract import Box
from services.detection.box_report import Boxes, ratio_of
from services.detection.chest_anatomy_boxes import boxes_on_film
from services.detection.network import SIZE, RetinaNetDetector
from services.pixels import letterbox
from services.training.jsrt import OutlinedFilm, read_jsrt
from services.training.statistics import Figure, mean_with_interval

RATIO_ERROR = "cardiothoracic ratio, mean absolute error"
TEST = "jsrt test"


def true_boxes(masks: npt.NDArray[np.uint8], smallest: int = 1) -> dict[AnatomicStructure, Box]:
    """Return the box around each mask ``(rows, columns, 5)`` of at least ``smallest`` rows and columns."""
    boxes = {}
    for label, structure in enumerate(CHEST_STRUCTURES):
        rows, columns = np.flatnonzero(masks[..., label].any(1)), np.flatnonzero(masks[..., label].any(0))
        if min(rows.size, columns.size) >= smallest:
            boxes[structure] = Box(left=columns[0], top=rows[0], right=columns[-1] + 1, bottom=rows[-1] + 1)
    return boxes


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (_area(one) + _area(other) - shared)


def measure_film(detector: RetinaNetDetector, film: OutlinedFilm) -> tuple[list[float], float]:
    """Return the overlap of each structure, 0 where not found, and the error of the ratio, 1 where there is none."""
    found = boxes_on_film(detector, *letterbox(film.pixels, SIZE))
    truth = true_boxes(film.masks)
    overlaps = [overlap(found[one][0], truth[one]) if one in found else 0.0 for one in CHEST_STRUCTURES]
    return overlaps, _ratio_error(found, film.cardiothoracic_ratio)


def measure(detector: RetinaNetDetector, data: Path) -> tuple[Figure, ...]:
    """Return overlap and detection rate of each structure, and the error of the ratio, on JSRT's test split."""
    films = read_jsrt(data, "test")
    patients = [film.patient_id for film in films]
    measured = [measure_film(detector, film) for film in films]
    overlaps = np.array([one for one, _ in measured])
    figures = [
        mean_with_interval(f"overlap (IoU), {structure.name}", TEST, overlaps[:, i], patients)
        for i, structure in enumerate(CHEST_STRUCTURES)
    ]
    figures += [
        mean_with_interval(f"detection rate (IoU from .5), {structure.name}", TEST, overlaps[:, i] >= 0.5, patients)
        for i, structure in enumerate(CHEST_STRUCTURES)
    ]
    figures.append(mean_with_interval(RATIO_ERROR, TEST, [error for _, error in measured], patients))
    return tuple(figures)


def _ratio_error(found: Boxes, truth: float) -> float:
    return abs(ratio_of(found) - truth) if {RIGHT_LUNG, LEFT_LUNG, HEART} <= found.keys() else 1.0


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)
