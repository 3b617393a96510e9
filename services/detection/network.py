"""RetinaNets (Lin 2017, as in MONAI) as a manifest describes them: the bundled one, and any other checkpoint.

Boxes inside this module and the training script are ``(top, left, bottom, right)``, MONAI's order of axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from services import manifest as manifests
from services.anatomy import CHEST_STRUCTURES
from services.contract import Fact
from services.manifest import Architecture, Manifest
from services.torchvision_guard import guard_torchvision

guard_torchvision()

from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector  # noqa: E402
from monai.apps.detection.networks.retinanet_network import RetinaNet  # noqa: E402
from monai.apps.detection.utils.anchor_utils import AnchorGeneratorWithAnchorShape  # noqa: E402
from monai.networks.blocks.backbone_fpn_utils import BackboneWithFPN  # noqa: E402
from monai.networks.nets.resnet import ResNet  # noqa: E402

__all__ = [
    "BestBoxes",
    "Design",
    "FoundBoxes",
    "RetinaNetDetector",
    "ServedNetwork",
    "best_boxes",
    "build_detector",
    "build_network",
    "design_of",
    "every_box",
]

Floats = npt.NDArray[np.float32]
EXPANSION = {"basic": 1, "bottleneck": 4}
"""Channels that a block of a ResNet gives, as a multiple of its width."""


class Design(Fact):
    """The parameters of a RetinaNet, as its manifest lists them; the defaults are the bundled boxes of the chest."""

    spatial_dims: Literal[2, 3] = 2
    block: Literal["basic", "bottleneck"] = "basic"
    blocks: tuple[int, ...] = (1, 2, 2, 1)
    widths: tuple[int, ...] = (32, 64, 128, 192)
    returned_layers: tuple[int, ...] = (2, 3)
    """Layers of the ResNet that feed the pyramid, counted from 1; one coarser level is added."""
    pyramid_width: int = 48
    stem: tuple[int, ...] | int = 5
    """Kernel of the first convolution, px, and its stride."""
    stem_stride: tuple[int, ...] | int = 2
    classes: int = len(CHEST_STRUCTURES)
    anchors: tuple[int, ...] = (190, 88, 80, 96, 27, 55)
    """Sides of each anchor in the order of the axes, px; here the medians of lungs, hearts and clavicles."""
    anchor_scales: tuple[float, ...] = (0.8, 1.0, 1.25)
    """One for each level of the pyramid."""
    size_divisible: tuple[int, ...] | int = 32
    size: int = 256
    """Side of the letterboxed square that a network of films sees, in px."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The anchors, one tuple each."""
        sides = self.spatial_dims
        return tuple(self.anchors[i : i + sides] for i in range(0, len(self.anchors), sides))

    def architecture(self) -> Architecture:
        """Return what a manifest says about this network."""
        return Architecture(name="monai.apps.detection.RetinaNetDetector", parameters=self.model_dump())


def design_of(manifest: Manifest) -> Design:
    """Read the design of a network out of its manifest; :func:`services.manifest.design_of` says what it raises."""
    return manifests.design_of(manifest, Design, "a RetinaNet")


class FoundBoxes(NamedTuple):
    """Every box that a detector of one class kept, the best first."""

    boxes: Floats
    """``(n, 4)``: top, left, bottom, right on the grid."""
    scores: Floats
    """``(n,)`` in [0, 1]."""


class BestBoxes(NamedTuple):
    """The best box of each class of ``CHEST_STRUCTURES``: a chest has one of each."""

    boxes: Floats
    """``(5, 4)``: top, left, bottom, right on the grid; not-a-number where nothing was found."""
    scores: Floats
    """``(5,)`` in [0, 1]; 0 where nothing was found."""


def build_network(design: Design) -> torch.nn.Module:
    """Return the untrained network: images -> a map of class logits a level, then one of box codes a level."""
    backbone = ResNet(
        block=design.block,
        layers=list(design.blocks),
        block_inplanes=list(design.widths),
        spatial_dims=design.spatial_dims,
        n_input_channels=1,
        conv1_t_size=design.stem,
        conv1_t_stride=design.stem_stride,
        feed_forward=False,
    )
    pyramid = BackboneWithFPN(
        backbone,
        {f"layer{layer}": str(level) for level, layer in enumerate(design.returned_layers)},
        [design.widths[layer - 1] * EXPANSION[design.block] for layer in design.returned_layers],
        design.pyramid_width,
        spatial_dims=design.spatial_dims,
    )
    network: torch.nn.Module = RetinaNet(
        spatial_dims=design.spatial_dims,
        num_classes=design.classes,
        num_anchors=len(design.shapes),
        feature_extractor=pyramid,
        size_divisible=design.size_divisible,
        use_list_output=True,
    )
    return network


def build_detector(network: torch.nn.Module, design: Design) -> RetinaNetDetector:
    """Return MONAI's detector around a network: matching and losses in training, boxes in evaluation."""
    detector = RetinaNetDetector(network, AnchorGeneratorWithAnchorShape(design.anchor_scales, design.shapes))
    detector.set_target_keys(box_key="boxes", label_key="labels")
    detector.set_box_selector_parameters(
        score_thresh=0.05, topk_candidates_per_level=200, nms_thresh=0.5, detections_per_img=50
    )
    return detector


class ServedNetwork(torch.nn.Module):
    """Stands in a detector for a network that something else runs."""

    def __init__(self, network: torch.nn.Module, run: Callable[[Floats], tuple[Floats, ...]]) -> None:
        super().__init__()
        self.run = run
        for name in ("spatial_dims", "num_classes", "num_anchors", "size_divisible", "cls_key", "box_reg_key"):
            setattr(self, name, getattr(network, name))

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [torch.from_numpy(maps) for maps in self.run(images.numpy())]


def best_boxes(detector: RetinaNetDetector, grid: Floats) -> BestBoxes:
    """Return the best box of each structure after MONAI's own non-maximum suppression.

    Parameters
    ----------
    grid
        ``(size, size)`` float32 in [0, 1].
    """
    found = _found(detector, grid)
    boxes = np.full((len(CHEST_STRUCTURES), 4), np.nan, np.float32)
    scores = np.zeros(len(CHEST_STRUCTURES), np.float32)
    for label in range(len(CHEST_STRUCTURES)):
        mine = found["labels"] == label
        if bool(mine.any()):
            best = found["labels_scores"][mine].argmax()
            boxes[label] = found["boxes"][mine][best].numpy()
            scores[label] = float(found["labels_scores"][mine][best])
    return BestBoxes(boxes, scores)


def every_box(detector: RetinaNetDetector, grid: Floats) -> FoundBoxes:
    """Return every box that is left after MONAI's own non-maximum suppression, whatever its class.

    Parameters
    ----------
    grid
        ``(size, size)`` float32 in [0, 1].
    """
    found = _found(detector, grid)
    order = found["labels_scores"].argsort(descending=True)
    return FoundBoxes(found["boxes"][order].numpy(), found["labels_scores"][order].numpy())


def _found(detector: RetinaNetDetector, grid: Floats) -> dict[str, torch.Tensor]:
    with torch.inference_mode():
        found: dict[str, torch.Tensor] = detector([torch.from_numpy(np.array(grid, np.float32))[None]])[0]
    return found
