"""The compact classifier as it is served: a film in, one calibrated score a head out, and where it looked.

One file of weights a population; only the networks whose heads are asked read the film.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from services.classification.efficient_network import EfficientNetwork
from services.classification.preparation import Kept, squash, standardise, to_side
from services.manifest import Manifest, Parameter
from services.weights import FoundWeights


@dataclass(frozen=True)
class Reading:
    """One film, read."""

    scores: dict[int, float]
    """By head, in [0, 1]: how many of a hundred such films show it, at the share of the films it was made from."""
    maps: dict[str, torch.Tensor]
    """Last feature maps of each network that read, ``(1, channels, rows, columns)``."""
    kept: dict[str, Kept]
    """Which part of the film each network read."""


@dataclass(frozen=True)
class HeadPlace:
    """Where a head is, and how its logit becomes a probability (Platt 1999)."""

    networks: tuple[str, ...]
    """Those that read together; the mean of their logits counts."""
    output: int
    slope: float
    offset: float


class Reader:
    """The networks with the calibration of their heads.

    Parameters
    ----------
    networks
        By name, each with one output a head.
    heads
        In the order of the labels of the manifest.
    sides
        By network: what is kept of a film before, and what is read of it, in pixels.
    """

    def __init__(
        self,
        networks: dict[str, EfficientNetwork],
        heads: tuple[HeadPlace, ...],
        sides: dict[str, tuple[int, int]],
    ) -> None:
        self.networks = {name: network.eval() for name, network in networks.items()}
        self.heads, self.sides = heads, sides

    def read(self, film: NDArray[np.generic], wanted: Collection[int]) -> Reading:
        """Return the scores of the wanted heads.

        Raises
        ------
        ValueError
            If the film is no picture, or holds only one grey level (see :func:`preparation.squash`).
        """
        names = [name for name in self.networks if any(name in self.heads[head].networks for head in wanted)]
        squares = {side: squash(film, side) for side in {self.sides[name][0] for name in names}}
        seen = {
            name: self._look(self.networks[name], to_side(squares[self.sides[name][0]][0], self.sides[name][1]))
            for name in names
        }
        scores = {head: self._score(self.heads[head], {name: seen[name][0] for name in seen}) for head in wanted}
        kept = {name: squares[self.sides[name][0]][1] for name in names}
        return Reading(scores, {name: maps for name, (_, maps) in seen.items()}, kept)

    def self_test(self, squares: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores of ``(films, rows, columns)`` in [0, 1), as the manifest keeps them."""
        heads = range(len(self.heads))
        readings = [self.read((square * 256).astype(np.uint8), heads) for square in squares]
        return np.array([[reading.scores[head] for head in heads] for reading in readings], np.float32)

    @torch.inference_mode()
    def heat_map(self, reading: Reading, head: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return what spoke for a head over the whole film, in [0, 1]: its class activation map (Zhou 2016)."""
        place = self.heads[head]
        heats = [self._heat_of(name, reading, place.output, shape) for name in place.networks]
        mean: NDArray[np.float32] = np.mean(heats, axis=0, dtype=np.float32)
        return mean

    def _heat_of(self, name: str, reading: Reading, output: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        spoken = self.networks[name].activation(reading.maps[name], output)[0].clamp(min=0).numpy()
        side, strongest = max(shape), float(spoken.max())
        smooth = cv2.resize(spoken / max(strongest, 1e-6), (side, side), interpolation=cv2.INTER_CUBIC)
        return reading.kept[name].cover_image(np.asarray(np.clip(smooth, 0, 1), np.float32), *shape)

    @torch.inference_mode()
    def _look(self, network: EfficientNetwork, square: NDArray[np.uint8]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits, the mean of a film and its mirror image, and the maps of the film."""
        image = torch.from_numpy(standardise(square))[None, None]
        both = torch.cat([image, image.flip(-1)]).contiguous(memory_format=torch.channels_last)
        maps = network.maps(both)
        return network.head(maps.mean(dim=(2, 3))).mean(0), maps[:1]

    def _score(self, head: HeadPlace, logits: dict[str, torch.Tensor]) -> float:
        mean = torch.stack([logits[name][head.output] for name in head.networks]).mean()
        return float(torch.sigmoid(mean * head.slope + head.offset))


TOGETHER = "+"
"""Between the names of networks that read together, in a manifest."""


def load_reader(found: FoundWeights) -> Reader:
    """Return the reader of weights that were found, as their manifest describes it."""
    manifest = found.manifest
    networks = {}
    for file in manifest.files:
        state = {name: tensor.float() for name, tensor in load_file(found.folder / file.name).items()}
        network = EfficientNetwork(len(state["head.bias"]))
        network.load_state_dict(state)
        networks[file.name.removesuffix(".safetensors")] = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    kept_sides, sides = (_listed(manifest.architecture.parameters[name]) for name in ("kept_sides", "sides"))
    pairs = [(int(str(kept)), int(str(side))) for kept, side in zip(kept_sides, sides, strict=True)]
    return Reader(networks, places_of(manifest), dict(zip(networks, pairs, strict=True)))


def heads_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the names of the heads, in the order of the labels; a site's operating points use them."""
    return tuple(str(name) for name in _listed(manifest.architecture.parameters["heads"]))


def places_of(manifest: Manifest) -> tuple[HeadPlace, ...]:
    """Return where the heads of a manifest are, in the order of its labels."""
    parameters = manifest.architecture.parameters
    columns = [_listed(parameters[name]) for name in ("networks", "outputs", "slopes", "offsets")]
    return tuple(
        HeadPlace(tuple(str(network).split(TOGETHER)), int(output), float(slope), float(offset))
        for network, output, slope, offset in zip(*columns, strict=True)
    )


def _listed(parameter: Parameter) -> tuple[int, ...] | tuple[float, ...] | tuple[str, ...]:
    assert isinstance(parameter, tuple)
    return parameter
