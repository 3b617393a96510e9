"""Measure boxes of lungs, heart and clavicles against those around people's outlines, on films never trained on.

::

    python -m services.detection.evaluate_chest_anatomy_boxes --data DIR --out DIR [--weights FOLDER]

``DIR`` of ``--data`` holds your own ``films.csv`` (see :mod:`services.training.outlined`) or the JSRT films. Into
``--out`` go ``evaluation.md`` (overlap, share found, cardiothoracic ratio, with intervals by patient), ``films.csv``
with every film's numbers, plots, and ``MODEL_CARD.md`` with the measured figures in it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES, HEART, LEFT_LUNG, RIGHT_LUNG, AnatomicStructure
from services.contract import Box, Fact
from services.detection.box_report import ratio_of
from services.detection.chest_anatomy_boxes import WEIGHTS, ChestAnatomyBoxes, boxes_on_film
from services.detection.network import RetinaNetDetector, design_of
from services.detection.publication import publication
from services.pixels import letterbox
from services.training.command import ask_evaluation
from services.training.evaluation import FilmFigures, figures_of, write_evaluation
from services.training.outlined import OutlinedFilm, read_outlined
from services.training.release import Metrics, set_of, write_metrics, write_model_card

RATIO_ERROR = "cardiothoracic ratio, mean absolute error"
RATIO_BIAS = "cardiothoracic ratio, mean error"
RATIO = "cardiothoracic ratio"


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


def measure_film(detector: RetinaNetDetector, size: int, film: OutlinedFilm, films: str) -> FilmFigures:
    """Measure the overlap of each structure, 0 where not found, and the ratio, an error of 1 where there is none."""
    found = boxes_on_film(detector, *letterbox(film.pixels, size))
    truth = true_boxes(film.masks)
    overlaps = {one: overlap(found[one][0], box) if one in found else 0.0 for one, box in truth.items()}
    values = {f"overlap (IoU), {one.name}": value for one, value in overlaps.items()}
    values |= {f"share found (IoU from .5), {one.name}": float(value >= 0.5) for one, value in overlaps.items()}
    measured = ratio_of(found) if {RIGHT_LUNG, LEFT_LUNG, HEART} <= found.keys() else None
    error = measured - film.cardiothoracic_ratio if measured is not None else 1.0
    values |= {RATIO_ERROR: abs(error), RATIO_BIAS: error}
    pairs = {RATIO: (film.cardiothoracic_ratio, measured)} if measured is not None else {}
    return FilmFigures(films, film.patient_id, values, pairs)


def measure(detector: RetinaNetDetector, size: int, data: Path) -> list[FilmFigures]:
    """Measure every film of the split ``test``."""
    own = read_outlined(data, "test")
    return [measure_film(detector, size, film, f"{own.name} test") for film in own.films]


def main() -> None:
    """Measure what serves, and write tables, plots and card."""
    asked = ask_evaluation(__doc__ or "", Fact)
    specialist = ChestAnatomyBoxes(asked.weights or WEIGHTS)
    specialist.load()
    measured = measure(specialist.detector, specialist.size, asked.data)
    write_evaluation(asked.out, "Boxes of the chest", measured, ("overlap (IoU)",))
    manifest = specialist.in_force.manifest
    metrics = Metrics.model_validate_json((specialist.in_force.folder / "metrics.json").read_bytes())
    metrics = metrics.model_copy(update={"figures": figures_of(measured)})
    write_metrics(asked.out, metrics)
    write_model_card(
        asked.out,
        replace(publication(design_of(manifest), 0, name=set_of(manifest)), version=manifest.version),
        manifest,
        metrics,
    )


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


if __name__ == "__main__":
    main()
