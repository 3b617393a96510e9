"""The gate: what a picture is, how it lies, and how far it is from the pictures of its kind that the gate knows.

The distance is Mahalanobis' of the pooled features from the mean of the kind, under a shrunk covariance (Lee 2018),
along the directions in which known pictures differ, and of what lies outside these directions. Two cheap statistics go
before the network: a picture of one grey, and one rougher than any film. Ultrasound may be as rough as it likes: its
speckle is, and no chest specialist is shown it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from services.classification.efficient_network import EfficientNetwork
from services.contract import ImageKind, PictureState
from services.manifest import Manifest

KINDS = tuple(ImageKind)
STATES = tuple(state for state in PictureState if state is not PictureState.BLANK)
FIRST_STATE = len(KINDS)
AP = FIRST_STATE + len(STATES)
"""The output that is positive for a film taken AP."""
OUTPUTS = AP + 1
DIRECTIONS = 48
"""In which the features of known pictures differ most; the rest is one length."""
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
    """May be read as it is."""
    state: PictureState = PictureState.UPRIGHT
    state_probability: float = 1.0
    ap_probability: float = 0.5


@dataclass(frozen=True)
class Statistics:
    """Of the features of known pictures."""

    directions: torch.Tensor
    """``(directions, features)``, orthonormal."""
    centre: torch.Tensor
    """``(features,)``"""
    means: torch.Tensor
    """``(kinds, directions + 1)``"""
    precisions: torch.Tensor
    """``(kinds, directions + 1, directions + 1)``"""
    limits: torch.Tensor
    """``(kinds,)``"""

    def reduce(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return ``(pictures, directions + 1)``: the coordinates, and the length of what lies outside."""
        apart = pooled - self.centre
        along = apart @ self.directions.T
        outside = (apart - along @ self.directions).norm(dim=1, keepdim=True)
        return torch.cat([along, outside], 1)

    def distances(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return ``(pictures, kinds)``."""
        apart = self.reduce(pooled)[:, None] - self.means
        return torch.einsum("bkd,kde,bke->bk", apart, self.precisions, apart).clamp(min=0).sqrt()


class Gate:
    """The trained network with the statistics of its features.

    Parameters
    ----------
    network
        With one output a kind, one a state, and one for AP.
    statistics
        Of its pooled features.
    chest_probability
        Lowest probability with which a frontal chest film is taken for one, and for upright.
    roughness_limit
        Highest roughness (see :func:`roughness`) of a picture that is read.
    """

    def __init__(
        self, network: EfficientNetwork, statistics: Statistics, *, chest_probability: float, roughness_limit: float
    ) -> None:
        self.network = network.eval()
        self.statistics = statistics
        self.chest_probability, self.roughness_limit = chest_probability, roughness_limit

    @torch.inference_mode()
    def ask(self, grids: NDArray[np.float32]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits ``(pictures, outputs)`` and distances ``(pictures, kinds)`` of grids in [0, 1]."""
        pooled = self.network.maps(torch.from_numpy(as_input(grids))).mean(dim=(2, 3))
        return self.network.head(pooled), self.statistics.distances(pooled)

    def self_test(self, grids: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities and distances side by side, as the manifest keeps them."""
        logits, distances = self.ask(grids)
        kinds, states = logits[:, :FIRST_STATE].softmax(1), logits[:, FIRST_STATE:AP].softmax(1)
        return torch.cat([kinds, states, logits[:, AP:].sigmoid(), distances / self.statistics.limits], 1).numpy()

    def look(self, grid: NDArray[np.float32], *, constant: bool = False, coloured: bool = False) -> Seen:
        """Return what one letterboxed picture is."""
        logits, distances = self.ask(np.array(grid[None]))
        kinds, states = logits[0, :FIRST_STATE].softmax(0), logits[0, FIRST_STATE:AP].softmax(0)
        index, way = int(kinds.argmax()), int(states.argmax())
        kind, probability = KINDS[index], float(kinds[index])
        distance, limit = float(distances[0, index]), float(self.statistics.limits[index])
        if constant or (kind is not ImageKind.ULTRASOUND and roughness(grid) > self.roughness_limit):
            state = PictureState.BLANK if constant else PictureState.UPRIGHT
            return Seen(ImageKind.NOT_MEDICAL, 1.0, distance, limit, acceptable=False, state=state)
        acceptable = distance <= limit
        if kind is not ImageKind.CHEST_FRONTAL:
            return Seen(kind, probability, distance, limit, acceptable)
        sure = min(probability, float(states[0])) >= self.chest_probability
        return Seen(
            kind,
            probability,
            distance,
            limit,
            acceptable=acceptable and sure and way == 0 and not coloured,
            state=STATES[way],
            state_probability=float(states[way]),
            ap_probability=float(logits[0, AP].sigmoid()),
        )


def as_input(grids: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return letterboxed grids ``(pictures, side, side)`` in [0, 1] as the network takes them."""
    scaled: NDArray[np.float32] = (4 * (grids[:, None] - 0.5)).astype(np.float32)
    return scaled


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
    network = EfficientNetwork(OUTPUTS)
    network.load_state_dict({n: t for n, t in stored.items() if not n.startswith("statistics.")})
    names = ("directions", "centre", "means", "precisions", "limits")
    return Gate(
        network.to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        Statistics(*(stored[f"statistics.{name}"] for name in names)),
        chest_probability=float(str(parameters["chest_probability"])),
        roughness_limit=float(str(parameters["roughness_limit"])),
    )
