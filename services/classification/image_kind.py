"""The specialist ``image_kind``: what each image is, before anyone reads a finding into it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services import weights
from services.classification.gate import Gate, Seen, is_coloured, load_gate
from services.classification.picture_quality import exposure_of, fingerprint
from services.contract import (
    Algorithm,
    ImageAssessment,
    ImageKind,
    ImageQuality,
    Limitation,
    LimitationReason,
    ModelCard,
    PictureState,
    SpecialistResult,
    Subject,
)
from services.errors import WeightsMissing
from services.pixels import Grid, Letterbox, Pixels

CERTAIN_VIEW = 0.9
"""Below this probability the pixels do not say whether a film was taken AP or PA."""
FOLDER = Path(__file__).parent / "weights" / "image_kind"


class ImageKindSpecialist:
    """Says of every image what it is and whether it is like those the gate was trained on."""

    name = "image_kind"
    on_by_default = True

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.found: weights.FoundWeights | None = None
        self.gate: Gate | None = None
        self.side = 0

    def load(self) -> None:
        """Load the network and its statistics, and ask it the question of the manifest.

        Raises
        ------
        WeightsError
            If the weights are missing, damaged, or not allowed here.
        """
        found = weights.find(self.folder)
        gate = load_gate(found.path(), found.manifest)
        weights.run_self_test(found.manifest.self_test, gate.self_test)
        self.side = int(str(found.manifest.architecture.parameters["side"]))
        self.found, self.gate = found, gate

    def card(self) -> ModelCard:
        """Return what the gate accepts and tells apart."""
        found, _ = self._loaded()
        manifest = found.manifest
        return ModelCard(
            specialist=self.name,
            algorithm=self.algorithm,
            weights=found.described,
            backend="torch",
            accepts=tuple(ImageKind),
            not_assessed=manifest.not_assessed,
            licence=manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in manifest.data),
            limits=manifest.limits,
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Return one assessment for each image; an image whose answer is no number is a limitation."""
        start = time.perf_counter()
        assessed = [self._assess(image) for image in images]
        return SpecialistResult(
            specialist=self.name,
            algorithm=self.algorithm,
            images=tuple(one for one in assessed if isinstance(one, ImageAssessment)),
            limitations=tuple(one for one in assessed if isinstance(one, Limitation)),
            seconds=time.perf_counter() - start,
        )

    @property
    def algorithm(self) -> Algorithm:
        """Name, version and hash of the weights in force."""
        found, _ = self._loaded()
        return Algorithm(name=self.name, version=found.manifest.version, weights_sha256=found.sha256)

    def _assess(self, image: Pixels) -> ImageAssessment | Limitation:
        _, gate = self._loaded()
        grid, place = image.letterbox(self.side)
        coloured = is_coloured(image.array, float(image.reference.maximum_value))
        seen = gate.look(grid, constant=place.constant, coloured=coloured)
        turned_over = seen
        if seen.state is PictureState.INVERTED:
            turned_over = gate.look(inverted(grid, place), coloured=coloured)
        if not np.isfinite([seen.probability, seen.distance, seen.ap_probability]).all():
            return Limitation(
                what="kind of the image",
                reason=LimitationReason.INVALID_SCORE,
                detail="The gate gave a value that is not a number, so it is not known what this image shows.",
                source=self.name,
                image_id=image.image_id,
            )
        full_scale = float(image.reference.maximum_value - image.reference.minimum_value)
        certain = max(turned_over.ap_probability, 1 - turned_over.ap_probability) >= CERTAIN_VIEW
        quality = ImageQuality(
            state=seen.state,
            state_probability=_between(seen.state_probability),
            readable_when_turned_over=seen is not turned_over and turned_over.acceptable,
            exposure=exposure_of(image.grey, full_scale),
            view=("AP" if turned_over.ap_probability > 0.5 else "PA") if certain else None,
            view_probability=_between(turned_over.ap_probability),
            fingerprint=None if place.constant else fingerprint(grid),
        )
        return self._assessment(image.image_id, seen, quality)

    def _assessment(self, image_id: str, seen: Seen, quality: ImageQuality) -> ImageAssessment:
        return ImageAssessment(
            quality=quality,
            image_id=image_id,
            kind=seen.kind,
            probability=_between(seen.probability),
            in_distribution=seen.acceptable,
            distance=round(seen.distance, 4),
            distance_limit=round(seen.limit, 4),
            algorithm=self.algorithm,
        )

    def _loaded(self) -> tuple[weights.FoundWeights, Gate]:
        if self.found is None or self.gate is None:
            raise WeightsMissing("image_kind is not loaded; load() comes first")
        return self.found, self.gate


def inverted(grid: Grid, place: Letterbox) -> Grid:
    """Return a letterboxed picture with black and white exchanged; the padding stays black."""
    turned = np.zeros_like(grid)
    rows, columns = slice(place.top, place.top + place.rows), slice(place.left, place.left + place.columns)
    turned[rows, columns] = 1 - grid[rows, columns]
    return turned


def _between(probability: float) -> float:
    return min(max(probability, 0.0), 1.0)
