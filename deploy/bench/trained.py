"""The bundled outlines of the chest in eager fp32, on films prepared with scikit-image: the reference of the masks.

The PSPNet of this bench is fitted to drawings and otherwise random, and the masks of a random network are chaotic: its
residual branches double what two preparations differ by, block after block, so that its Dice says nothing about a
trained one. With the same input ours equals the library to 1e-7; damping its branches to a tenth or a hundredth moves
that Dice anywhere from .86 to .99. So masks are held to a network that was trained, and the PSPNet only times the work.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import torch
from safetensors.torch import load_file
from skimage.transform import resize

from services.manifest import read_manifest
from services.segmentation.chest_anatomy import WEIGHTS
from services.segmentation.network import build_network, design_of
from services.segmentation.outlines import outlines_from

Mask = npt.NDArray[np.bool_]


class TrainedOutlines:
    """The network of the bundled weights, and nothing that makes it fast."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        design = design_of(read_manifest(weights))
        self._size = design.size
        self._network = build_network(design).eval()
        stored = load_file(weights / "model.safetensors")
        self._network.load_state_dict({name: value.float() for name, value in stored.items()})

    @torch.inference_mode()
    def masks(self, film: Path) -> dict[str, Mask]:
        """Return the outline of each structure by its name, on a grid that covers the film."""
        grid, rows, columns = self._prepared(film)
        planes = torch.sigmoid(self._network(torch.from_numpy(grid[None, None])))[0].numpy()
        top, left = (self._size - rows) // 2, (self._size - columns) // 2
        covering = planes[:, top : top + rows, left : left + columns]
        return {one.structure.name: one.mask for one in outlines_from(covering)}

    def _prepared(self, film: Path) -> tuple[npt.NDArray[np.float32], int, int]:
        dataset = pydicom.dcmread(film)
        pixels = dataset.pixel_array.astype(np.float64)
        if dataset.PhotometricInterpretation == "MONOCHROME1":
            pixels = pixels.max() - pixels
        rows, columns = (round(side * self._size / max(pixels.shape)) for side in pixels.shape)
        fitted = resize(  # type: ignore[no-untyped-call]
            pixels, (rows, columns), mode="constant", preserve_range=True, anti_aliasing=True
        )
        low, high = np.percentile(fitted, (0.5, 99.5))
        grid = np.zeros((self._size, self._size), np.float32)
        top, left = (self._size - rows) // 2, (self._size - columns) // 2
        grid[top : top + rows, left : left + columns] = np.clip((fitted - low) / (high - low), 0, 1)
        return grid, rows, columns
