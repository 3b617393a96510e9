"""Lung nodules in a CT volume, by the MONAI bundle ``lung_nodule_ct_detection`` where a site has put it in place.

Off by default. The bundle is loaded, proved and can be asked for boxes of a volume; no reading path of this house
gives it one yet, and it says so of every image it is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from services.contract import (
    Algorithm,
    ImageKind,
    Label,
    Limitation,
    LimitationReason,
    ModelCard,
    SpecialistResult,
    Subject,
)
from services.detection.bundle import Bundle, read_bundle, read_checkpoint
from services.detection.network import RetinaNetDetector, build_detector, build_network
from services.errors import WeightsDamaged
from services.pixels import Pixels
from services.settings import ServiceSettings
from services.weights import Floats, FoundWeights, find, run_self_test

WEIGHTS = Path(__file__).parent / "weights" / "lung_nodule_ct_detection"
"""Nothing is bundled: this is the name of the folder where ``WETREAD_WEIGHTS`` points."""
LOWEST_HU, HIGHEST_HU = -1024.0, 300.0
"""What the bundle maps to 0 and 1."""
SPACING_MM = (0.703125, 0.703125, 1.25)
NOT_CONNECTED = "A CT is read as a volume, and no reading path here gives this specialist one yet."


class Nodules(NamedTuple):
    """Boxes of a volume."""

    boxes: Floats
    """``(n, 6)``: first corner, then opposite corner, in voxels."""
    scores: Floats
    """``(n,)`` in [0, 1]."""


class LungNoduleCt:
    """Finds lung nodules in CT volumes."""

    name = "lung_nodule_ct"
    on_by_default = False
    labels = (Label.NODULE,)

    def __init__(self, weights: Path = WEIGHTS, settings: ServiceSettings | None = None) -> None:
        self._folder = weights
        self._settings = settings
        self._found: FoundWeights | None = None
        self._bundle: Bundle | None = None
        self._detector: RetinaNetDetector | None = None

    def load(self) -> None:
        """Read the bundle, and ask it the question of its manifest.

        Raises
        ------
        WeightsError
            If it is missing, damaged or not allowed here.
        """
        found = find(self._folder, self._settings)
        self._bundle = read_bundle(found.folder)
        network = build_network(self._bundle.design)
        try:
            network.load_state_dict(read_checkpoint(found.folder))
        except RuntimeError as error:
            raise WeightsDamaged(f"{found.manifest.id}: the checkpoint does not fit the network described") from error
        detector = build_detector(network, self._bundle.design).eval()
        detector.set_box_selector_parameters(**self._bundle.selection.model_dump())
        self._detector, self._found = detector, found
        run_self_test(found.manifest.self_test, self.answer)

    def answer(self, volumes: Floats) -> Floats:
        """Return the class scores of the coarsest level, for ``(n, 1, x, y, z)`` in [0, 1]: the self-test's answer."""
        with torch.inference_mode():
            maps = self._in_force().network(torch.from_numpy(volumes))
        scores: Floats = torch.sigmoid(maps[len(maps) // 2 - 1]).numpy()
        return scores

    def detect(self, volume_hu: npt.NDArray[np.float32]) -> Nodules:
        """Return the nodules of one volume.

        Parameters
        ----------
        volume_hu
            ``(x, y, z)`` in Hounsfield units, axes towards right, anterior and superior, resampled to ``SPACING_MM``.
        """
        assert self._bundle is not None, "load() comes first"
        unit = ((volume_hu - LOWEST_HU) / (HIGHEST_HU - LOWEST_HU)).clip(0, 1).astype(np.float32)
        detector = self._in_force()
        larger = any(side > most for side, most in zip(unit.shape, self._bundle.patch, strict=True))
        if larger:
            detector.set_sliding_window_inferer(roi_size=list(self._bundle.patch), overlap=0.25, mode="constant")
        with torch.inference_mode():
            (found,) = detector([torch.from_numpy(unit)[None]], use_inferer=larger)
        return Nodules(found["boxes"].numpy(), found["labels_scores"].numpy())

    def card(self) -> ModelCard:
        """Return what the bundle in force would find."""
        assert self._found is not None, "load() comes first"
        manifest = self._found.manifest
        return ModelCard(
            specialist=self.name,
            algorithm=self._algorithm(),
            weights=self._found.described,
            backend="torch fp32",
            accepts=(ImageKind.CT,),
            not_assessed=(*manifest.not_assessed, str(Label.NODULE)),
            licence=manifest.licence,
            data=tuple(f"{data.name}: {data.terms}" for data in manifest.data),
            limits=(*manifest.limits, NOT_CONNECTED),
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Say of every image that it was not read."""
        reason = LimitationReason.UNSUPPORTED_IMAGE
        return SpecialistResult(
            specialist=self.name,
            algorithm=self._algorithm(),
            limitations=tuple(
                Limitation(
                    what=str(Label.NODULE),
                    reason=reason,
                    detail=NOT_CONNECTED,
                    source=self.name,
                    image_id=image.image_id,
                )
                for image in images
            ),
            seconds=0.0,
        )

    def _algorithm(self) -> Algorithm:
        assert self._found is not None, "load() comes first"
        manifest = self._found.manifest
        return Algorithm(name=manifest.id, version=manifest.version, weights_sha256=manifest.sha256)

    def _in_force(self) -> RetinaNetDetector:
        assert self._detector is not None, "load() comes first"
        return self._detector
