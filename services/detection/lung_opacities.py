"""Boxes around lung opacities on an adult's frontal chest film: experimental, and off unless the site turns it on.

A box says where to look. No box says nothing: the network learnt from a hundred films of people with pneumonia, so
what it does not box is not absent.
"""

from __future__ import annotations

from pathlib import Path

import torch

from services.backend import Outputs
from services.chest_reader import ChestReader, Reader, Reading
from services.contract import (
    Box,
    Evidence,
    Finding,
    Label,
    Likelihood,
    Limitation,
    LimitationReason,
    Subject,
    coded,
)
from services.detection.chest_anatomy_boxes import scores_of_coarsest_level
from services.detection.network import (
    Design,
    RetinaNetDetector,
    ServedNetwork,
    build_detector,
    build_network,
    design_of,
    every_box,
)
from services.heart_size import ADULT_FROM_YEARS
from services.manifest import Manifest
from services.operating_points import LIKELY, presence_of
from services.pixels import Grid, Letterbox, Pixels
from services.settings import ServiceSettings
from services.weights import Floats

WEIGHTS = Path(__file__).parent / "weights" / "lung-opacities"
DESIGN = Design(classes=1, anchors=(46, 38, 104, 58, 150, 84, 70, 80), anchor_scales=(0.7, 1.0, 1.2))
"""Anchors at the quartiles of the opacities of the training films, on the grid."""
BOXED = "boxed"
"""Under this name the manifest keeps the score from which on a box is shown."""
MOST_BOXES = 6
OVERLAP = 0.3
"""Of two boxes that overlap more (IoU), the better is kept: an opacity has no neighbour of its own kind within it."""
POPULATION = "adults with pneumonia"

NOTHING_BOXED = "No opacity was boxed. It was measured on few films of people with pneumonia, so that denies none."
CHILD = "The person is younger than 16; it learnt from films of adults."
AGE_UNKNOWN = "The age is not known; it learnt from films of adults, so an opacity stays uncertain."


class LungOpacities(ChestReader):
    """Boxes lung opacities: likely where its weights earned that word, indeterminate otherwise, never absent."""

    name = "lung_opacities"
    on_by_default = False
    labels = (Label.LUNG_OPACITY,)
    outlines = ()
    what = str(Label.LUNG_OPACITY)

    def __init__(self, weights: Path = WEIGHTS, settings: ServiceSettings | None = None) -> None:
        super().__init__(weights, settings)
        self._detector: RetinaNetDetector | None = None

    def build(self, manifest: Manifest) -> tuple[torch.nn.Module, int]:
        design = design_of(manifest)
        network = build_network(design)
        self._detector = detector_of(ServedNetwork(network, self._run), design).eval()
        return network, design.size

    def answer(self, grids: Floats) -> Floats:
        """Return the class scores of every anchor of the coarsest level."""
        return scores_of_coarsest_level(self.backend(grids))

    def draw(self, image: Pixels, grid: Grid, place: Letterbox, subject: Subject, reader: Reader) -> Reading:
        boxes = opacities_on_film(self.detector, grid, place)
        return report_opacities(boxes, image.image_id, subject.age_years, reader)

    def _run(self, grids: Floats) -> Outputs:
        return self.backend(grids)

    @property
    def detector(self) -> RetinaNetDetector:
        """The detector around what runs the network."""
        assert self._detector is not None, "load() comes first"
        return self._detector


def detector_of(network: torch.nn.Module, design: Design) -> RetinaNetDetector:
    """Return MONAI's detector that keeps every opacity once."""
    detector = build_detector(network, design)
    detector.set_box_selector_parameters(
        score_thresh=0.02, topk_candidates_per_level=100, nms_thresh=OVERLAP, detections_per_img=20
    )
    return detector


def opacities_on_film(detector: RetinaNetDetector, grid: Floats, place: Letterbox) -> list[tuple[Box, float]]:
    """Return every box in pixels of the film with its score, the best first."""
    found = every_box(detector, grid)
    placed = [
        (place.box_to_image(float(left), float(top), float(right), float(bottom)), float(score))
        for (top, left, bottom, right), score in zip(found.boxes, found.scores, strict=True)
    ]
    return [(box, score) for box, score in placed if box is not None]


def report_opacities(boxes: list[tuple[Box, float]], image_id: str, age_years: float | None, reader: Reader) -> Reading:
    """Report one film: one finding with its boxes, or that nothing was boxed."""

    def limited(reason: LimitationReason, detail: str) -> Limitation:
        return reader.limited(image_id, Label.LUNG_OPACITY, reason, detail)

    if age_years is not None and age_years < ADULT_FROM_YEARS:
        return Reading(limitations=(limited(LimitationReason.OUT_OF_POPULATION, CHILD),))
    shown = [(box, score) for box, score in boxes if score >= reader.operating_points[BOXED]][:MOST_BOXES]
    if not shown:
        return Reading(limitations=(limited(LimitationReason.OUT_OF_POPULATION, NOTHING_BOXED),))
    best = max(score for _, score in shown)
    sure = age_years is not None and best >= reader.operating_points.get(LIKELY, float("inf"))
    likelihood = Likelihood.LIKELY if sure else Likelihood.INDETERMINATE
    evidence = Evidence(
        image_id=image_id,
        algorithm=reader.algorithm,
        score=best,
        operating_points=reader.operating_points,
        regions=tuple(box for box, _ in shown),
    )
    finding = Finding(
        finding_id=f"{reader.specialist}-lung-opacity-{image_id}",
        code=coded(Label.LUNG_OPACITY),
        presence=presence_of(likelihood),
        likelihood=likelihood,
        experimental=True,
        population=POPULATION,
        evidence=(evidence,),
    )
    unsure = () if age_years is not None else (limited(LimitationReason.OUT_OF_POPULATION, AGE_UNKNOWN),)
    return Reading(findings=(finding,), limitations=unsure)
