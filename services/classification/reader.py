"""The compact classifier as it is served: a film in, one calibrated score a head out, and where it looked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from services.classification.network import ResidualNetwork
from services.classification.preparation import standardise
from services.manifest import Manifest


@dataclass(frozen=True)
class Reading:
    """One film, read."""

    scores: tuple[float, ...]
    """By head, in [0, 1]: .5 is as likely as not where present and absent are equally common."""
    maps: torch.Tensor
    """Last feature maps ``(1, channels, rows, columns)``."""


class Reader:
    """The network with the calibration of its heads.

    Parameters
    ----------
    network
        With one output a head.
    slopes, offsets
        Of each head's logit (Platt 1999), from validation films.
    """

    def __init__(self, network: ResidualNetwork, slopes: tuple[float, ...], offsets: tuple[float, ...]) -> None:
        self.network = network.eval()
        self.slopes, self.offsets = torch.tensor(slopes), torch.tensor(offsets)

    @torch.inference_mode()
    def read(self, square: NDArray[np.uint8]) -> Reading:
        """Return the scores of one prepared square (see :func:`services.classification.preparation.squash`)."""
        maps = self.network.maps(torch.from_numpy(standardise(square))[None, None])
        scores = self._calibrated(self.network.head(maps.mean(dim=(2, 3))))
        return Reading(tuple(float(score) for score in scores[0]), maps)

    @torch.inference_mode()
    def self_test(self, squares: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores of ``(films, side, side)`` in [0, 1), as the manifest keeps them."""
        batch = np.stack([standardise((square * 256).astype(np.uint8)) for square in squares])
        return self._calibrated(self.network(torch.from_numpy(batch)[:, None])).numpy()

    @torch.inference_mode()
    def heat_map(self, reading: Reading, head: int, side: int) -> NDArray[np.float32]:
        """Return what spoke for a head, ``(side, side)`` in [0, 1]: the class activation map (Zhou 2016)."""
        activation = self.network.activation(reading.maps, head)[0].clamp(min=0).numpy()
        strongest = float(activation.max())
        smooth = cv2.resize(activation / max(strongest, 1e-6), (side, side), interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip(smooth, 0, 1), np.float32)

    def _calibrated(self, logits: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(logits * self.slopes + self.offsets)


def load_reader(weights: Path, manifest: Manifest) -> Reader:
    """Return the reader of a file of weights, as its manifest describes it."""
    parameters = manifest.architecture.parameters
    widths, blocks = parameters["widths"], parameters["blocks"]
    slopes, offsets = parameters["slopes"], parameters["offsets"]
    assert isinstance(widths, tuple) and isinstance(blocks, tuple)
    assert isinstance(slopes, tuple) and isinstance(offsets, tuple)
    network = ResidualNetwork(tuple(map(int, widths)), tuple(map(int, blocks)), len(slopes))
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(weights).items()})
    return Reader(network, tuple(map(float, slopes)), tuple(map(float, offsets)))
