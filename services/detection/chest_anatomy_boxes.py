"""Boxes of lungs, heart and clavicles on a frontal chest film, by the bundled RetinaNet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from services.anatomy import CHEST_STRUCTURES
from services.backend import Outputs
from services.chest_reader import ChestReader, Reader, Reading
from services.contract import Label, Subject
from services.detection.box_report import ALL_BOXES, FOUND_FROM, Boxes, report_boxes
from services.detection.network import (
    RetinaNetDetector,
    ServedNetwork,
    best_boxes,
    build_detector,
    build_network,
    design_of,
)
from services.manifest import Manifest
from services.pixels import Grid, Letterbox, Pixels
from services.settings import ServiceSettings
from services.weights import Floats

WEIGHTS = Path(__file__).parent / "weights" / "chest-anatomy-boxes"


class ChestAnatomyBoxes(ChestReader):
    """Boxes five structures, and from them a cardiothoracic ratio that can be held against the outlines'."""

    name = "chest_anatomy_boxes"
    labels = (Label.CARDIOTHORACIC_RATIO,)
    measures = (Label.CARDIOTHORACIC_RATIO,)
    what = ALL_BOXES

    def __init__(self, weights: Path = WEIGHTS, settings: ServiceSettings | None = None) -> None:
        super().__init__(weights, settings)
        self._detector: RetinaNetDetector | None = None

    def build(self, manifest: Manifest) -> tuple[torch.nn.Module, int]:
        design = design_of(manifest)
        network = build_network(design)
        self._detector = build_detector(ServedNetwork(network, self._run), design).eval()
        return network, design.size

    def answer(self, grids: Floats) -> Floats:
        """Return the class scores of every anchor of the coarsest level."""
        return scores_of_coarsest_level(self.backend(grids))

    def draw(self, image: Pixels, grid: Grid, place: Letterbox, subject: Subject, reader: Reader) -> Reading:
        boxes = boxes_on_film(self.detector, grid, place)
        return report_boxes(boxes, image.image_id, image.reference.view_position, subject.age_years, reader)

    def _run(self, grids: Floats) -> Outputs:
        return self.backend(grids)

    @property
    def detector(self) -> RetinaNetDetector:
        """The detector around what runs the network."""
        assert self._detector is not None, "load() comes first"
        return self._detector


def boxes_on_film(detector: RetinaNetDetector, grid: Floats, place: Letterbox) -> Boxes:
    """Return the box of each structure that was found, in pixels of the film, with its score."""
    best = best_boxes(detector, grid)
    boxes: Boxes = {}
    for structure, (top, left, bottom, right), score in zip(CHEST_STRUCTURES, best.boxes, best.scores, strict=True):
        if score >= FOUND_FROM:
            box = place.box_to_image(float(left), float(top), float(right), float(bottom))
            if box is not None:
                boxes[structure] = (box, float(score))
    return boxes


def scores_of_coarsest_level(maps: Outputs) -> Floats:
    """Return the class scores of the coarsest level of the pyramid, ``(n, anchors * classes, rows, columns)``."""
    return np.asarray(1 / (1 + np.exp(-maps[len(maps) // 2 - 1])), np.float32)
