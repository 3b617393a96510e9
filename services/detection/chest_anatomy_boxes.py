"""Boxes of lungs, heart and clavicles on a frontal chest film, by the bundled RetinaNet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.torch import load_file

from services.anatomy import CHEST_STRUCTURES
from services.backend import Backend, offer
from services.contract import (
    Algorithm,
    ImageKind,
    Label,
    Limitation,
    LimitationReason,
    ModelCard,
    SpecialistResult,
    Subject,
    coded,
)
from services.detection.box_report import FOUND_FROM, Boxes, BoxReader, BoxReport, report_boxes
from services.detection.network import SIZE, RetinaNetDetector, ServedNetwork, best_boxes, build_detector, build_network
from services.pixels import Letterbox, Pixels
from services.settings import ServiceSettings
from services.weights import Floats, FoundWeights, find, run_self_test, self_test_input

WEIGHTS = Path(__file__).parent / "weights" / "chest-anatomy-boxes"
UNCERTAINTY = "mean_absolute_error"
"""Under this name the manifest keeps the error of the box-based cardiothoracic ratio."""


class ChestAnatomyBoxes:
    """Boxes five structures, and from them a cardiothoracic ratio that can be held against the outlines'."""

    name = "chest_anatomy_boxes"
    on_by_default = True
    labels = (Label.CARDIOTHORACIC_RATIO,)

    def __init__(self, weights: Path = WEIGHTS, settings: ServiceSettings | None = None) -> None:
        self._folder = weights
        self._settings = settings
        self._found: FoundWeights | None = None
        self._backend: Backend | None = None
        self._detector: RetinaNetDetector | None = None

    def load(self) -> None:
        """Load the network in fp32, choose what runs it, and ask it the question of the manifest.

        Raises
        ------
        WeightsError
            If the weights are missing, damaged or not allowed here.
        """
        found = find(self._folder, self._settings)
        network = build_network().eval()
        network.load_state_dict({name: value.float() for name, value in load_file(found.path()).items()})
        example = self_test_input(0, (1, 1, SIZE, SIZE))
        self._backend = offer(network, example, found.sha256, settings=self._settings)
        self._detector = build_detector(ServedNetwork(network, self._backend)).eval()
        self._found = found
        run_self_test(found.manifest.self_test, self.class_scores)

    def class_scores(self, grids: Floats) -> Floats:
        """Return the class scores of every anchor of the coarsest level, in [0, 1]: the self-test's answer."""
        assert self._backend is not None, "load() comes first"
        return scores_of_coarsest_level(self._backend(grids))

    def card(self) -> ModelCard:
        """Return what these weights box and measure, and how well."""
        found = self._in_force()
        manifest = found.manifest
        return ModelCard(
            specialist=self.name,
            algorithm=self._algorithm(),
            weights=found.described,
            backend=self._backend.described if self._backend else "",
            accepts=(ImageKind.CHEST_FRONTAL,),
            measures=(coded(Label.CARDIOTHORACIC_RATIO),),
            outlines=(coded(Label.LUNG), coded(Label.HEART), coded(Label.CLAVICLE)),
            not_assessed=manifest.not_assessed,
            licence=manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in manifest.data),
            limits=manifest.limits,
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Box and measure each film."""
        reports = [self._read(image, subject) for image in images]
        return SpecialistResult(
            specialist=self.name,
            algorithm=self._algorithm(),
            measurements=tuple(one for report in reports for one in report.measurements),
            structures=tuple(one for report in reports for one in report.structures),
            limitations=tuple(one for report in reports for one in report.limitations),
            seconds=0.0,
        )

    def _read(self, image: Pixels, subject: Subject) -> BoxReport:
        grid, place = image.letterbox(SIZE)
        if place.constant:
            return BoxReport(limitations=(self._no_contrast(image.image_id),))
        assert self._detector is not None, "load() comes first"
        boxes = boxes_on_film(self._detector, grid, place)
        return report_boxes(boxes, image.image_id, image.reference.view_position, subject.age_years, self._reader())

    def _reader(self) -> BoxReader:
        points = self._in_force().manifest.label(Label.CARDIOTHORACIC_RATIO).operating_points
        return BoxReader(self.name, self._algorithm(), points[UNCERTAINTY])

    def _no_contrast(self, image_id: str) -> Limitation:
        return Limitation(
            what="boxes of lungs, heart and clavicles",
            reason=LimitationReason.POOR_QUALITY,
            detail="The image has no contrast at all.",
            source=self.name,
            image_id=image_id,
        )

    def _algorithm(self) -> Algorithm:
        manifest = self._in_force().manifest
        return Algorithm(name=manifest.id, version=manifest.version, weights_sha256=manifest.sha256)

    def _in_force(self) -> FoundWeights:
        assert self._found is not None, "load() comes first"
        return self._found


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


def scores_of_coarsest_level(maps: tuple[Floats, ...]) -> Floats:
    """Return the class scores of the coarsest level of the pyramid, ``(n, 15, 8, 8)`` in [0, 1]."""
    return np.asarray(1 / (1 + np.exp(-maps[len(maps) // 2 - 1])), np.float32)
