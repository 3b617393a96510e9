"""The gate: what a picture is, and how far it lies from the pictures of that kind that the gate knows.

The distance is Mahalanobis' of the pooled features from the mean of the kind, under a shrunk covariance (Lee
2018). Two cheap statistics go before the network: a picture of one grey, and one rougher than any photograph.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from services.classification.network import ResidualNetwork
from services.contract import ImageKind
from services.manifest import Manifest

KINDS = tuple(ImageKind)
COLOUR_LIMIT = 0.04
"""Mean difference between the samples of a pixel, of full scale, from which a picture is one in colour."""


@dataclass(frozen=True)
class Seen:
    """What the gate makes of one picture."""

    kind: ImageKind
    probability: float
    distance: float
    limit: float
    acceptable: bool


class Gate:
    """The trained network with the statistics of its features.

    Parameters
    ----------
    network
        With one output a kind.
    means, precisions, limits
        Of the features of each kind: ``(kinds, features)``, ``(kinds, features, features)``, ``(kinds,)``.
    chest_probability
        Lowest probability with which a frontal chest film is taken for one.
    roughness_limit
        Highest roughness (see :func:`roughness`) of a picture that is read.
    """

    def __init__(
        self,
        network: ResidualNetwork,
        means: torch.Tensor,
        precisions: torch.Tensor,
        limits: torch.Tensor,
        *,
        chest_probability: float,
        roughness_limit: float,
    ) -> None:
        self.network = network.eval()
        self.means, self.precisions, self.limits = means.float(), precisions.float(), limits.float()
        self.chest_probability, self.roughness_limit = chest_probability, roughness_limit

    @torch.inference_mode()
    def probabilities_and_distances(self, grids: NDArray[np.float32]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ``(pictures, kinds)`` each, of letterboxed grids ``(pictures, side, side)`` in [0, 1]."""
        pooled = self.network.maps(torch.from_numpy(grids)[:, None] - 0.5).mean(dim=(2, 3))
        apart = pooled[:, None] - self.means
        distances = torch.einsum("bkd,kde,bke->bk", apart, self.precisions, apart).clamp(min=0).sqrt()
        return self.network.head(pooled).softmax(1), distances

    def self_test(self, grids: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities and distances side by side, as the manifest keeps them."""
        probabilities, distances = self.probabilities_and_distances(grids)
        return torch.cat([probabilities, distances / self.limits], 1).numpy()

    def look(self, grid: NDArray[np.float32], *, constant: bool = False, coloured: bool = False) -> Seen:
        """Return what one letterboxed picture is."""
        probabilities, distances = self.probabilities_and_distances(np.array(grid[None]))
        index = int(probabilities[0].argmax())
        kind, probability = KINDS[index], float(probabilities[0, index])
        distance, limit = float(distances[0, index]), float(self.limits[index])
        if constant or roughness(grid) > self.roughness_limit:
            return Seen(ImageKind.NOT_MEDICAL, 1.0, distance, limit, acceptable=False)
        acceptable = distance <= limit
        if kind is ImageKind.CHEST_FRONTAL:
            acceptable = acceptable and probability >= self.chest_probability and not coloured
        return Seen(kind, probability, distance, limit, acceptable)


def roughness(grid: NDArray[np.float32]) -> float:
    """Return how much of a grid's contrast lies between neighbouring pixels; 0 for a constant one."""
    spread = float(grid.std())
    return float(np.abs(cv2.Laplacian(grid, cv2.CV_32F)).mean()) / spread if spread > 1e-6 else 0.0


def is_coloured(array: NDArray[np.generic], full_scale: float) -> bool:
    """Return whether a picture ``(rows, columns, 3)`` is more than a grey one in three samples."""
    if array.ndim != 3:
        return False
    step = max(1, min(array.shape[:2]) // 128)
    thumb = array[::step, ::step].astype(np.float32)
    return float((thumb.max(axis=2) - thumb.min(axis=2)).mean()) / full_scale > COLOUR_LIMIT


def load_gate(weights: Path, manifest: Manifest) -> Gate:
    """Return the gate of a file of weights, as its manifest describes it."""
    parameters = manifest.architecture.parameters
    stored = {name: tensor.float() for name, tensor in load_file(weights).items()}
    widths, blocks = parameters["widths"], parameters["blocks"]
    assert isinstance(widths, tuple) and isinstance(blocks, tuple)
    network = ResidualNetwork(tuple(map(int, widths)), tuple(map(int, blocks)), len(KINDS))
    network.load_state_dict({n: t for n, t in stored.items() if not n.startswith("statistics.")}, strict=False)
    return Gate(
        network,
        *(stored[f"statistics.{name}"] for name in ("means", "precisions", "limits")),
        chest_probability=float(str(parameters["chest_probability"])),
        roughness_limit=float(str(parameters["roughness_limit"])),
    )
