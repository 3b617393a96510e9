"""Frontal chest radiographs, 18 labels: torchxrayvision's DenseNet-121 with its official weights.

Its scores are on the library's operating-point scale: 0.5 is Youden's point, which is not a probability
and calls far too many positives at the prevalence of a ward. A finding is *likely* only from the point at
which the publisher measured 80 % precision; between the two it is indeterminate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import torch

from services.backend import Backend, offer
from services.contract import (
    Algorithm,
    Evidence,
    Finding,
    HeatMap,
    ImageKind,
    Label,
    LabelCard,
    Likelihood,
    Limitation,
    LimitationReason,
    ModelCard,
    SpecialistResult,
    Subject,
    coded,
)
from services.errors import WeightsDamaged, WeightsMissing
from services.official_weights import FoundFile, OfficialFile, find_official, read_pickled_network
from services.operating_points import ABSENT, LIKELY, likelihood_of, presence_of
from services.pixels import Letterbox, Pixels
from services.settings import ServiceSettings, read_settings
from services.torchvision_guard import guard_torchvision

Floats = npt.NDArray[np.float32]

WEIGHTS = "densenet121-res224-all"
VERSION = "1.5.7"
SIZE = 224
YOUDEN = 0.5
LARGEST_DIFFERENCE = 0.005
"""Of a score, between what runs the network and eager fp32."""
ADULT_YEARS = 18
POPULATION = "adults"
LICENCE = "Apache-2.0 (library); training sets for research"

LABELS: dict[str, Label] = {
    "Atelectasis": Label.ATELECTASIS,
    "Consolidation": Label.CONSOLIDATION,
    "Infiltration": Label.INFILTRATION,
    "Pneumothorax": Label.PNEUMOTHORAX,
    "Edema": Label.EDEMA,
    "Emphysema": Label.EMPHYSEMA,
    "Fibrosis": Label.FIBROSIS,
    "Effusion": Label.EFFUSION,
    "Pneumonia": Label.PNEUMONIA,
    "Pleural_Thickening": Label.PLEURAL_THICKENING,
    "Cardiomegaly": Label.CARDIOMEGALY,
    "Nodule": Label.NODULE,
    "Mass": Label.MASS,
    "Hernia": Label.HERNIA,
    "Lung Lesion": Label.LUNG_LESION,
    "Fracture": Label.FRACTURE,
    "Lung Opacity": Label.LUNG_OPACITY,
    "Enlarged Cardiomediastinum": Label.ENLARGED_CARDIOMEDIASTINUM,
}
"""Names of the library, in its order, and ours."""


@dataclass(frozen=True)
class Head:
    """One output of the network; a head that was never trained has no operating point."""

    label: Label
    youden: float
    high_precision: float

    @property
    def trained(self) -> bool:
        return bool(np.isfinite(self.youden))

    @property
    def points(self) -> dict[str, float]:
        """Operating points on the library's scale."""
        likely = op_scale(np.array([self.high_precision]), np.array([self.youden]))
        return {ABSENT: YOUDEN, LIKELY: round(float(likely[0]), 4)}


def op_scale(probabilities: npt.ArrayLike, youden: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return scores on the operating-point scale of torchxrayvision (``op_norm``).

    Youden's point becomes 0.5, what lies below and above it is stretched to [0, 0.5) and [0.5, 1]. A
    point that is not a number gives exactly 0.5.
    """
    p, t = np.asarray(probabilities, np.float64), np.asarray(youden, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(p < t, p / (2 * t), 1 - (1 - p) / (2 * (1 - t)))
    return np.where(np.isnan(t), YOUDEN, scaled)


def sigmoid(logits: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return probabilities; large logits do not overflow."""
    return 0.5 * (1 + np.tanh(np.asarray(logits, np.float64) / 2))


@dataclass(frozen=True)
class _Loaded:
    backend: Backend
    found: FoundFile
    heads: tuple[Head, ...]
    classifier: Floats
    """``(labels, channels)``, for the heat maps."""

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm(name=f"torchxrayvision {WEIGHTS}", version=VERSION, weights_sha256=self.found.sha256)


class ChestRadiograph:
    """Findings in a frontal chest radiograph."""

    name = "chest_radiograph"
    on_by_default = True
    several_at_once: Literal[True] = True
    labels = tuple(LABELS.values())

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
        import torchxrayvision

        published = torchxrayvision.models.model_urls[WEIGHTS]
        found = find_official(OfficialFile(published["weights_url"], LICENCE, commercial_use=False), settings)
        network = torchxrayvision.models.DenseNet(num_classes=len(LABELS))
        try:
            network.load_state_dict(read_pickled_network(found))
        except RuntimeError as error:
            raise WeightsDamaged(f"{found.path.name} does not fit DenseNet-121 with {len(LABELS)} labels") from error
        heads = tuple(
            Head(LABELS[name], float(youden), float(precise))
            for name, youden, precise in zip(
                published["labels"], published["op_threshs"], published["ppv80_thres"], strict=True
            )
        )
        example = np.random.default_rng(0).uniform(-1024, 1024, (1, 1, SIZE, SIZE)).astype(np.float32)
        youden = [head.youden for head in heads]
        backend = offer(
            with_features(network),
            example,
            found.sha256,
            tolerance=LARGEST_DIFFERENCE,
            served=lambda outputs: (op_scale(sigmoid(outputs[0]), youden).astype(np.float32),),
            settings=settings,
        )
        classifier = network.classifier.weight.detach().numpy().astype(np.float32)
        self._loaded = _Loaded(backend, found, heads, classifier)

    def card(self) -> ModelCard:
        """Return what the weights in force assess."""
        loaded = self._in_force()
        untrained = tuple(str(head.label) for head in loaded.heads if not head.trained)
        return ModelCard(
            specialist=self.name,
            algorithm=loaded.algorithm,
            weights=loaded.found.described,
            backend=loaded.backend.described,
            accepts=(ImageKind.CHEST_FRONTAL,),
            assesses=tuple(
                LabelCard(code=coded(h.label), population=POPULATION, experimental=False, operating_points=h.points)
                for h in loaded.heads
                if h.trained
            ),
            not_assessed=untrained,
            licence=LICENCE,
            data=("NIH ChestX-ray14", "PadChest", "CheXpert", "MIMIC-CXR", "Google", "Open-i", "RSNA Pneumonia"),
            limits=(
                "Scores lie on the operating-point scale of the library; they are not probabilities.",
                "Absent below Youden's point, likely from the point of 80 % precision, both as published.",
                "Figures are the publisher's and were not measured here.",
            ),
        )

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Assess every label in every image."""
        loaded = self._in_force()
        if subject.age_years is not None and subject.age_years < ADULT_YEARS:
            limitations = [one for image in images for one in self._not_for_children(image)]
            return self._result(loaded, [], limitations)
        findings: list[Finding] = []
        limits: list[Limitation] = []
        for image in images:
            grid, place = image.xrv_input(SIZE)
            logits, features = loaded.backend(grid[None, None])
            # einsum, not a matrix product: the threads of BLAS wait for each other on a busy machine
            heats = np.einsum("lc,crk->lrk", loaded.classifier, np.maximum(features[0], 0.0))
            scores = op_scale(sigmoid(logits[0]), [head.youden for head in loaded.heads])
            for index, head in enumerate(loaded.heads):
                score = float(scores[index])
                limitation = self._cannot_say(image, head, score)
                if limitation:
                    limits.append(limitation)
                    continue
                findings.append(self._finding(image, head, score, heats[index], place))
        return self._result(loaded, findings, limits)

    def _finding(self, image: Pixels, head: Head, score: float, activation: Floats, place: Letterbox) -> Finding:
        word, loaded = likelihood_of(score, head.points), self._in_force()
        regions: tuple[HeatMap, ...] = ()
        if word is not Likelihood.ABSENT:
            array = image.write_heat_map(heat_map(activation, place))
            regions = (HeatMap(array=array, method="class activation map"),)
        evidence = Evidence(
            image_id=image.image_id,
            algorithm=loaded.algorithm,
            score=score,
            operating_points=head.points,
            regions=regions,
        )
        return Finding(
            finding_id=f"{self.name}-{image.image_id}-{head.label.name.lower()}",
            code=coded(head.label),
            presence=presence_of(word),
            likelihood=word,
            population=POPULATION,
            evidence=(evidence,),
        )

    def _cannot_say(self, image: Pixels, head: Head, score: float) -> Limitation | None:
        if not np.isfinite(score):
            return self._limit(image, head.label, LimitationReason.INVALID_SCORE, "The score is not a number.")
        if not head.trained or score == YOUDEN:
            detail = "The weights in force were never trained for this label."
            return self._limit(image, head.label, LimitationReason.UNTRAINED_LABEL, detail)
        return None

    def _not_for_children(self, image: Pixels) -> list[Limitation]:
        detail = "The network was trained on adults and the patient is younger than 18 years."
        return [self._limit(image, label, LimitationReason.OUT_OF_POPULATION, detail) for label in self.labels]

    def _limit(self, image: Pixels, label: Label, reason: LimitationReason, detail: str) -> Limitation:
        return Limitation(
            what=str(label), code=coded(label), reason=reason, detail=detail, source=self.name, image_id=image.image_id
        )

    def _result(self, loaded: _Loaded, findings: list[Finding], limits: list[Limitation]) -> SpecialistResult:
        return SpecialistResult(
            specialist=self.name,
            algorithm=loaded.algorithm,
            findings=tuple(findings),
            limitations=tuple(limits),
            seconds=0.0,
        )

    def _in_force(self) -> _Loaded:
        if self._loaded is None:
            raise WeightsMissing("the official weights are not loaded")
        return self._loaded


def heat_map(activation: Floats, place: Letterbox) -> Floats:
    """Return a class activation map that covers the whole image, 0 to 1; zero where nothing spoke for the label."""
    positive = np.maximum(activation, 0.0)
    grid = cv2.resize(positive / max(float(positive.max()), 1e-6), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return place.cover_image(grid.astype(np.float32))


def with_features(network: torch.nn.Module) -> torch.nn.Module:
    """Return a module that answers the logits and the last feature maps of torchxrayvision's DenseNet."""

    class LogitsAndFeatures(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            features: torch.Tensor = self.network.get_submodule("features")(images)
            pooled = torch.nn.functional.adaptive_avg_pool2d(torch.relu(features), 1).flatten(1)
            return self.network.get_submodule("classifier")(pooled), features

    return LogitsAndFeatures()
