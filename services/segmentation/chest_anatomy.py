"""Outlines of lungs, heart and clavicles on a frontal chest film, by the bundled U-Net."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from services.chest_reader import ChestReader, Reader, Reading
from services.contract import Label, Subject
from services.manifest import Manifest
from services.pixels import Grid, Letterbox, Pixels
from services.segmentation.anatomy_report import report_anatomy
from services.segmentation.network import build_network, design_of
from services.segmentation.outlines import Probabilities, outlines_from
from services.settings import ServiceSettings
from services.weights import Floats

WEIGHTS = Path(__file__).parent / "weights" / "chest-anatomy"


class ChestAnatomy(ChestReader):
    """Outlines five structures, and from them the cardiothoracic ratio and the size of the heart."""

    name = "chest_anatomy"
    labels = (Label.CARDIOMEGALY, Label.CARDIOTHORACIC_RATIO)
    measures = (Label.CARDIOTHORACIC_RATIO, Label.LUNG_HEIGHT)
    what = "anatomy of the chest"

    def __init__(self, weights: Path = WEIGHTS, settings: ServiceSettings | None = None) -> None:
        super().__init__(weights, settings)

    def build(self, manifest: Manifest) -> tuple[torch.nn.Module, int]:
        design = design_of(manifest)
        return build_network(design), design.size

    def answer(self, grids: Floats) -> Probabilities:
        """Return ``(n, outputs, size, size)`` in [0, 1] for ``(n, 1, size, size)`` in [0, 1]."""
        return np.asarray(1 / (1 + np.exp(-self.backend.one(grids))), np.float32)

    def draw(self, image: Pixels, grid: Grid, place: Letterbox, subject: Subject, reader: Reader) -> Reading:
        planes = self.answer(grid[None, None])[0]
        covering = np.stack([place.cover_image(plane) for plane in planes])
        return report_anatomy(image, outlines_from(covering), subject, reader)
