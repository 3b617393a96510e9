"""The slow way, as torchxrayvision's own examples go: each stage decodes, prepares and runs eager fp32 by itself.

It is the yardstick of the bench and the reference of its parity. Nothing of ``services`` is used.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import torch

from services.torchvision_guard import guard_torchvision

guard_torchvision()

import torchxrayvision as xrv  # noqa: E402 - torchvision's schemas must be declared first
from torchxrayvision.baseline_models.chestx_det import PSPNet  # noqa: E402

Floats = npt.NDArray[np.float32]

DENSENET = "densenet121-res224-all"
CLASSIFIED, OUTLINED = 224, 512
"""Sides of the squares that the two networks read."""


def prepare(film: Path, side: int) -> Floats:
    """Decode a film with what pydicom chooses, and prepare it with the library: ``(1, 1, side, side)``."""
    dataset = pydicom.dcmread(film)
    pixels = dataset.pixel_array.astype(np.float32)
    highest = 2 ** int(dataset.BitsStored) - 1
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        pixels = highest - pixels
    cropped = xrv.datasets.XRayCenterCrop()(xrv.datasets.normalize(pixels, highest)[None])
    prepared: Floats = xrv.datasets.XRayResizer(side)(cropped)
    return prepared[None]


class Library:
    """Both networks, eager fp32, with the files of a folder.

    Parameters
    ----------
    classifier
        The pickled network that the file of :data:`DENSENET` holds.
    folder
        Where the file of the PSPNet lies, under its official name.
    """

    def __init__(self, classifier: torch.nn.Module, folder: Path) -> None:
        torch.set_num_threads(os.cpu_count() or 1)
        points = torch.tensor(xrv.models.model_urls[DENSENET]["op_threshs"])
        self.classifier = xrv.models.DenseNet(num_classes=len(points), op_threshs=points).eval()
        self.classifier.load_state_dict(classifier.state_dict(), strict=False)
        self.labels: list[str] = xrv.models.model_urls[DENSENET]["labels"]
        self.outliner = PSPNet(cache_dir=str(folder)).eval()
        self.structures: list[str] = self.outliner.targets

    @torch.inference_mode()
    def scores(self, prepared: Floats) -> dict[str, float]:
        """Return the score of each label, on the library's operating-point scale."""
        answer = self.classifier(torch.from_numpy(prepared))[0]
        return dict(zip(self.labels, map(float, answer), strict=True))

    @torch.inference_mode()
    def masks(self, prepared: Floats) -> dict[str, npt.NDArray[np.bool_]]:
        """Return the outline of each structure, ``(512, 512)``."""
        answer = torch.sigmoid(self.outliner(torch.from_numpy(prepared)))[0].numpy() > 0.5
        return dict(zip(self.structures, answer, strict=True))

    def study(self, film: Path) -> None:
        """Read one film: two stages, each from the file on."""
        self.scores(prepare(film, CLASSIFIED))
        self.masks(prepare(film, OUTLINED))
