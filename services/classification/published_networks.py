"""torchxrayvision's classifiers with their official weights: any of its DenseNets and ResNets, by name.

Scores are on the library's operating-point scale: 0.5 is Youden's point, which is not a probability and calls far
too many positives at the prevalence of a ward. A finding is *likely* only from the point at which the publisher
measured 80 % precision; weights published without that point never say more than indeterminate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from services.backend import Backend, offer
from services.contract import Algorithm, Label
from services.errors import Misconfigured, WeightsDamaged
from services.official_weights import FoundFile, OfficialFile, find_official, read_pickled_network, read_state
from services.operating_points import ABSENT, LIKELY, SitePoints
from services.pixels import Letterbox, Pixels
from services.settings import ServiceSettings
from services.torchvision_guard import guard_torchvision

Floats = npt.NDArray[np.float32]

VERSION = "1.5.7"
YOUDEN = 0.5
LARGEST_DIFFERENCE = 0.005
"""Of a score, between what runs the network and eager fp32."""
LICENCE = "Apache-2.0 (library); training sets for research"
CLASSIFIERS = ("densenet121-res224-", "resnet50-res512-", "resnet101-")
"""How the names of published classifiers begin."""

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
"""Names of the library, in its order, and ours; a network leaves the name of a label it was not taught empty."""


@dataclass(frozen=True)
class Head:
    """One output of the network; a head that was never trained has no operating point."""

    label: Label
    youden: float
    points: dict[str, float]
    """Operating points in force, on the library's scale."""
    site_points_sha256: str | None = None

    @property
    def trained(self) -> bool:
        return bool(np.isfinite(self.youden))


@dataclass(frozen=True)
class NetworkReading:
    """One image as one network reads it."""

    scores: tuple[float, ...]
    """By head, on the operating-point scale."""
    heats: Floats
    """Class activation maps ``(heads, rows, columns)``."""
    place: Letterbox


@dataclass(frozen=True)
class PublishedNetwork:
    """One network of the library, loaded."""

    name: str
    size: int
    backend: Backend
    found: FoundFile
    heads: tuple[Head, ...]
    classifier: Floats
    """``(labels, channels)``, for the heat maps."""

    @property
    def algorithm(self) -> Algorithm:
        return Algorithm(name=f"torchxrayvision {self.name}", version=VERSION, weights_sha256=self.found.sha256)

    def read(self, image: Pixels) -> NetworkReading:
        """Return what the network makes of one image."""
        grid, place = image.xrv_input(self.size)
        logits, features = self.backend(grid[None, None])
        # einsum, not a matrix product: the threads of BLAS wait for each other on a busy machine
        heats = np.einsum("lc,crk->lrk", self.classifier, np.maximum(features[0], 0.0))
        scores = op_scale(sigmoid(logits[0]), [head.youden for head in self.heads])
        return NetworkReading(tuple(float(score) for score in scores), heats, place)


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


def load_published(name: str, settings: ServiceSettings, site: SitePoints) -> PublishedNetwork:
    """Return one network of the library with its official weights.

    Raises
    ------
    Misconfigured
        If the library publishes no classifier of this name.
    WeightsMissing, WeightsDamaged, WeightsForbidden
        See :mod:`services.official_weights`.
    """
    guard_torchvision()
    import torchxrayvision

    published = torchxrayvision.models.model_urls
    known = sorted(one for one in published if one.startswith(CLASSIFIERS))
    if name not in known:
        raise Misconfigured(f"torchxrayvision has no classifier of this name; it has {', '.join(known)}")
    entry = published[name]
    found = find_official(OfficialFile(entry["weights_url"], LICENCE, commercial_use=False), settings)
    network, classifier = _built(name, found)
    size = int(entry.get("input_resolution", 224))
    example = np.random.default_rng(0).uniform(-1024, 1024, (1, 1, size, size)).astype(np.float32)
    heads = _heads(entry, site)
    youden = [head.youden for head in heads]
    return PublishedNetwork(
        name=name,
        size=size,
        backend=offer(
            network,
            example,
            found.sha256,
            tolerance=LARGEST_DIFFERENCE,
            served=lambda outputs: (op_scale(sigmoid(outputs[0]), youden).astype(np.float32),),
            settings=settings,
        ),
        found=found,
        heads=heads,
        classifier=classifier.detach().numpy().astype(np.float32),
    )


def _heads(entry: dict[str, list[float]], site: SitePoints) -> tuple[Head, ...]:
    """Return the heads in the order of the outputs; a label without a name was not taught."""
    count = len(LABELS)
    precise = entry.get("ppv80_thres") or [float("nan")] * count
    taught = zip(LABELS.values(), entry["labels"], entry["op_threshs"], precise, strict=True)
    rows = [(label, float(point) if name else float("nan"), float(high)) for label, name, point, high in taught]
    published = {_key(label): _published_points(youden, high) for label, youden, high in rows}
    force = site.of("chest_radiograph", published)
    return tuple(
        Head(label, youden, force[_key(label)].points, force[_key(label)].site_sha256) for label, youden, _ in rows
    )


def _published_points(youden: float, high_precision: float) -> dict[str, float]:
    if not np.isfinite(high_precision):
        return {ABSENT: YOUDEN}
    likely = op_scale(np.array([high_precision]), np.array([youden]))
    return {ABSENT: YOUDEN, LIKELY: round(float(likely[0]), 4)}


def _key(label: Label) -> str:
    """How a site's file of operating points calls a label."""
    return str(label).replace(" ", "_")


def _built(name: str, found: FoundFile) -> tuple[torch.nn.Module, torch.Tensor]:
    """Return a module that answers logits and last feature maps, and the weights of its last layer."""
    import torchvision
    import torchxrayvision

    try:
        if name.startswith("densenet"):
            network = torchxrayvision.models.DenseNet(num_classes=len(LABELS))
            network.load_state_dict(read_pickled_network(found))
            return with_features(network), network.classifier.weight
        depth = torchvision.models.resnet101 if name.startswith("resnet101") else torchvision.models.resnet50
        resnet = depth(num_classes=len(LABELS), weights=None)
        resnet.conv1 = torch.nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
        resnet.load_state_dict(read_state(found))
    except RuntimeError as error:
        raise WeightsDamaged(f"{found.path.name} does not fit {name} with {len(LABELS)} labels") from error
    return ResNetWithFeatures(resnet), resnet.fc.weight


class ResNetWithFeatures(torch.nn.Module):
    """Answers the logits and the last feature maps of torchvision's ResNet."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.body = torch.nn.Sequential(*(part for name, part in network.named_children() if name not in _POOLED))
        self.fc = network.get_submodule("fc")

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features: torch.Tensor = self.body(images)
        return self.fc(features.mean(dim=(2, 3))), features


_POOLED = ("avgpool", "fc")


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
