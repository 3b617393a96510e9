"""Outlines of lungs, heart and clavicles on a frontal chest film, by the bundled U-Net."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.torch import load_file

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
from services.pixels import Pixels
from services.segmentation.anatomy_report import AnatomyReport, Reader, report_anatomy
from services.segmentation.network import SIZE, build_network
from services.segmentation.outlines import Probabilities, outlines_from
from services.settings import ServiceSettings
from services.weights import Floats, FoundWeights, find, run_self_test, self_test_input

WEIGHTS = Path(__file__).parent / "weights" / "chest-anatomy"


class ChestAnatomy:
    """Outlines five structures, and from them the cardiothoracic ratio and the size of the heart."""

    name = "chest_anatomy"
    on_by_default = True
    labels = (Label.CARDIOMEGALY, Label.CARDIOTHORACIC_RATIO)

    def __init__(self, weights: Path = WEIGHTS, settings: ServiceSettings | None = None) -> None:
        self._folder = weights
        self._settings = settings
        self._found: FoundWeights | None = None
        self._backend: Backend | None = None

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
        self._found = found
        run_self_test(found.manifest.self_test, self.probabilities)

    def probabilities(self, grids: Floats) -> Probabilities:
        """Return ``(n, 5, 256, 256)`` in [0, 1] for ``(n, 1, 256, 256)`` in [0, 1]."""
        assert self._backend is not None, "load() comes first"
        return np.asarray(1 / (1 + np.exp(-self._backend.one(grids))), np.float32)

    def card(self) -> ModelCard:
        """Return what these weights outline and measure, and how well."""
        found = self._in_force()
        manifest = found.manifest
        return ModelCard(
            specialist=self.name,
            algorithm=self._algorithm(),
            weights=found.described,
            backend=self._backend.described if self._backend else "",
            accepts=(ImageKind.CHEST_FRONTAL,),
            assesses=tuple(label.card() for label in manifest.labels),
            measures=(coded(Label.CARDIOTHORACIC_RATIO), coded(Label.LUNG_HEIGHT)),
            outlines=(coded(Label.LUNG), coded(Label.HEART), coded(Label.CLAVICLE)),
            not_assessed=manifest.not_assessed,
            licence=manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in manifest.data),
            limits=manifest.limits,
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Outline and measure each film."""
        reports = [self._read(image, subject) for image in images]
        return SpecialistResult(
            specialist=self.name,
            algorithm=self._algorithm(),
            findings=tuple(one for report in reports for one in report.findings),
            measurements=tuple(one for report in reports for one in report.measurements),
            structures=tuple(one for report in reports for one in report.structures),
            limitations=tuple(one for report in reports for one in report.limitations),
            seconds=0.0,
        )

    def _read(self, image: Pixels, subject: Subject) -> AnatomyReport:
        grid, place = image.letterbox(SIZE)
        if place.constant:
            return AnatomyReport(limitations=(self._no_contrast(image.image_id),))
        planes = self.probabilities(grid[None, None])[0]
        covering = np.stack([place.cover_image(plane) for plane in planes])
        points = self._in_force().manifest.label(Label.CARDIOMEGALY).operating_points
        return report_anatomy(image, outlines_from(covering), subject, Reader(self.name, self._algorithm(), points))

    def _no_contrast(self, image_id: str) -> Limitation:
        return Limitation(
            what="anatomy of the chest",
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
