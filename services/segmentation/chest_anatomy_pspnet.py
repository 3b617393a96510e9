"""Lungs, heart and clavicles in a frontal chest radiograph: torchxrayvision's PSPNet with its official weights.

The network outlines fourteen structures; those that the project measures or checks with are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from services.backend import Backend, offer
from services.contract import (
    Algorithm,
    Evidence,
    ImageKind,
    Label,
    Laterality,
    Limitation,
    LimitationReason,
    Mask,
    ModelCard,
    SpecialistResult,
    Structure,
    Subject,
    coded,
)
from services.errors import WeightsDamaged, WeightsMissing
from services.official_weights import FoundFile, OfficialFile, find_official, read_state
from services.pixels import Letterbox, Pixels
from services.settings import ServiceSettings, read_settings
from services.torchvision_guard import guard_torchvision

Floats = npt.NDArray[np.float32]

URL = "https://github.com/mlmed/torchxrayvision/releases/download/v1/pspnet_chestxray_best_model_4.pth"
VERSION = "1.5.7"
LICENCE = "Apache-2.0 (library); ChestX-Det outlines for research"
SIZE = 512
THRESHOLD = 0.5
LARGEST_DIFFERENCE = 0.01
"""Of a probability, between what runs the network and eager fp32."""
SMALLEST_PART = 0.0005
"""Of the image: a structure with fewer pixels was not found."""

TARGETS = (
    "Left Clavicle",
    "Right Clavicle",
    "Left Scapula",
    "Right Scapula",
    "Left Lung",
    "Right Lung",
    "Left Hilus Pulmonis",
    "Right Hilus Pulmonis",
    "Heart",
    "Aorta",
    "Facies Diaphragmatica",
    "Mediastinum",
    "Weasand",
    "Spine",
)
KEPT: dict[str, tuple[Label, Laterality | None]] = {
    "Right Lung": (Label.LUNG, Laterality.RIGHT),
    "Left Lung": (Label.LUNG, Laterality.LEFT),
    "Heart": (Label.HEART, None),
    "Right Clavicle": (Label.CLAVICLE, Laterality.RIGHT),
    "Left Clavicle": (Label.CLAVICLE, Laterality.LEFT),
}


@dataclass(frozen=True)
class _Loaded:
    backend: Backend
    found: FoundFile

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm(name="torchxrayvision chestx-det pspnet", version=VERSION, weights_sha256=self.found.sha256)


class _Probabilities(torch.nn.Module):
    """From torchxrayvision's input range to probabilities, as the library prepares images for its PSPNet."""

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor((0.485, 0.456, 0.406)).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor((0.229, 0.224, 0.225)).view(1, 3, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        colour = ((images + 1024) / 2048).repeat(1, 3, 1, 1)
        logits: torch.Tensor = self.network((colour - self.mean) / self.deviation)
        return torch.sigmoid(logits)


class ChestAnatomyPspnet:
    """Outlines of the chest's structures."""

    name = "chest_anatomy_pspnet"
    on_by_default = True
    several_at_once: Literal[True] = True

    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self._settings = settings
        self._loaded: _Loaded | None = None

    def load(self) -> None:
        """Load the official weights.

        Raises
        ------
        WeightsMissing, WeightsDamaged, WeightsForbidden
            See :mod:`services.official_weights`.
        """
        guard_torchvision()
        settings = self._settings or read_settings()
        found = find_official(OfficialFile(URL, LICENCE, commercial_use=False), settings)
        from torchxrayvision.baseline_models.chestx_det.ptsemseg.pspnet import pspnet

        network = pspnet(len(TARGETS))
        state = {name.removeprefix("module."): tensor for name, tensor in read_state(found).items()}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise WeightsDamaged(f"{found.path.name} does not fit PSPNet with {len(TARGETS)} structures") from error
        example = np.random.default_rng(0).uniform(-1024, 1024, (1, 1, SIZE, SIZE)).astype(np.float32)
        backend = offer(_Probabilities(network), example, found.sha256, tolerance=LARGEST_DIFFERENCE, settings=settings)
        self._loaded = _Loaded(backend, found)

    def card(self) -> ModelCard:
        """Return what the weights in force outline."""
        loaded = self._in_force()
        return ModelCard(
            specialist=self.name,
            algorithm=loaded.algorithm,
            weights=loaded.found.described,
            backend=loaded.backend.described,
            accepts=(ImageKind.CHEST_FRONTAL,),
            outlines=(coded(Label.LUNG), coded(Label.HEART), coded(Label.CLAVICLE)),
            licence=LICENCE,
            data=("ChestX-Det (films of NIH ChestX-ray14)",),
            limits=("Overlap with expert outlines is the publisher's and was not measured here.",),
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Outline the kept structures in every image."""
        loaded = self._in_force()
        structures: list[Structure] = []
        limits: list[Limitation] = []
        for image in images:
            grid, place = image.xrv_input(SIZE)
            probabilities = loaded.backend.one(grid[None, None])[0]
            found, missing = self._outline(loaded, image, probabilities, place)
            structures += found
            limits += missing
        return SpecialistResult(
            specialist=self.name,
            algorithm=loaded.algorithm,
            structures=tuple(structures),
            limitations=tuple(limits),
            seconds=0.0,
        )

    def _outline(
        self, loaded: _Loaded, image: Pixels, probabilities: Floats, place: Letterbox
    ) -> tuple[list[Structure], list[Limitation]]:
        masks = {name: probabilities[TARGETS.index(name)] > THRESHOLD for name in KEPT}
        if not np.isfinite(probabilities).all():
            detail = "The outlines hold values that are not numbers."
            return [], [self._limit(image, "chest anatomy", LimitationReason.INVALID_SCORE, detail)]
        sides_agree = patients_right_lies_left(masks["Right Lung"], masks["Left Lung"])
        structures, limits = [], []
        for name, (label, side) in KEPT.items():
            mask = masks[name]
            if mask.mean() < SMALLEST_PART:
                detail = "The network found no such structure in this image."
                limits.append(self._limit(image, name.lower(), LimitationReason.IMPLAUSIBLE_RESULT, detail))
                continue
            region = Mask(array=image.write_mask(place.cover_image(mask)))
            evidence = Evidence(image_id=image.image_id, algorithm=loaded.algorithm, regions=(region,))
            laterality = side if sides_agree else None
            structures.append(Structure(code=coded(label), laterality=laterality, evidence=evidence))
        if not sides_agree:
            detail = "The lungs do not lie as in a film seen from the front, so no side is given."
            limits.append(self._limit(image, "side of structures", LimitationReason.IMPLAUSIBLE_RESULT, detail))
        return structures, limits

    def _limit(self, image: Pixels, what: str, reason: LimitationReason, detail: str) -> Limitation:
        return Limitation(what=what, reason=reason, detail=detail, source=self.name, image_id=image.image_id)

    def _in_force(self) -> _Loaded:
        if self._loaded is None:
            raise WeightsMissing("the official weights are not loaded")
        return self._loaded


def patients_right_lies_left(right: npt.NDArray[np.bool_], left: npt.NDArray[np.bool_]) -> bool:
    """Whether the patient's right lung lies to the left in the picture, as in every film hung from the front."""
    if not right.any() or not left.any():
        return False
    return float(np.nonzero(right)[1].mean()) < float(np.nonzero(left)[1].mean())
