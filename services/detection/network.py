"""The bundled box network: a small RetinaNet (Lin 2017, as in MONAI) with anchors fitted to a chest.

Boxes inside this module and the training script are ``(top, left, bottom, right)``, MONAI's order of axes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from services.anatomy import CHEST_STRUCTURES
from services.torchvision_guard import guard_torchvision

guard_torchvision()

from monai.apps.detection.networks.retinanet_detector import RetinaNetDetector  # noqa: E402
from monai.apps.detection.networks.retinanet_network import RetinaNet  # noqa: E402
from monai.apps.detection.utils.anchor_utils import AnchorGeneratorWithAnchorShape  # noqa: E402
from monai.networks.blocks.backbone_fpn_utils import BackboneWithFPN  # noqa: E402
from monai.networks.nets.resnet import ResNet  # noqa: E402

SIZE = 256
"""Side of the letterboxed square the network sees, in px."""

ANCHORS = ((190, 88), (80, 96), (27, 55))
"""Height and width in px: the medians of the lungs, hearts and clavicles of the training films."""
ANCHOR_SCALES = (0.8, 1.0, 1.25)
"""One for each level of the pyramid: 8, 16 and 32 px a step."""
LEVELS = len(ANCHOR_SCALES)
WIDTHS = (32, 64, 128, 192)
BLOCKS = (1, 2, 2, 1)
PYRAMID_WIDTH = 48


__all__ = [
    "ANCHORS",
    "BLOCKS",
    "PYRAMID_WIDTH",
    "SIZE",
    "WIDTHS",
    "BestBoxes",
    "RetinaNetDetector",
    "ServedNetwork",
    "best_boxes",
    "build_detector",
    "build_network",
]

Floats = npt.NDArray[np.float32]


class BestBoxes(NamedTuple):
    """The best box of each class of ``CHEST_STRUCTURES``: a chest has one of each."""

    boxes: Floats
    """``(5, 4)``: top, left, bottom, right on the grid; not-a-number where nothing was found."""
    scores: Floats
    """``(5,)`` in [0, 1]; 0 where nothing was found."""


def build_network() -> torch.nn.Module:
    """Return the untrained network: ``(n, 1, 256, 256)`` -> three maps of class logits, then three of box codes."""
    backbone = ResNet(
        block="basic",
        layers=list(BLOCKS),
        block_inplanes=list(WIDTHS),
        spatial_dims=2,
        n_input_channels=1,
        conv1_t_size=5,
        conv1_t_stride=2,
        feed_forward=False,
    )
    pyramid = BackboneWithFPN(
        backbone, {"layer2": "0", "layer3": "1"}, list(WIDTHS[1:3]), PYRAMID_WIDTH, spatial_dims=2
    )
    network: torch.nn.Module = RetinaNet(
        spatial_dims=2,
        num_classes=len(CHEST_STRUCTURES),
        num_anchors=len(ANCHORS),
        feature_extractor=pyramid,
        size_divisible=32,
        use_list_output=True,
    )
    return network


def build_detector(network: torch.nn.Module) -> RetinaNetDetector:
    """Return MONAI's detector around a network: matching and losses in training, boxes in evaluation."""
    detector = RetinaNetDetector(network, AnchorGeneratorWithAnchorShape(ANCHOR_SCALES, ANCHORS))
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
        ``(256, 256)`` float32 in [0, 1].
    """
    with torch.inference_mode():
        found = detector([torch.from_numpy(np.array(grid, np.float32))[None]])[0]
    boxes = np.full((len(CHEST_STRUCTURES), 4), np.nan, np.float32)
    scores = np.zeros(len(CHEST_STRUCTURES), np.float32)
    for label in range(len(CHEST_STRUCTURES)):
        mine = found["labels"] == label
        if bool(mine.any()):
            best = found["labels_scores"][mine].argmax()
            boxes[label] = found["boxes"][mine][best].numpy()
            scores[label] = float(found["labels_scores"][mine][best])
    return BestBoxes(boxes, scores)
