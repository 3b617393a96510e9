"""The small residual network of this room's bundled specialists.

Global average pooling directly before one linear layer, so that a class activation map (Zhou 2016) needs no
backward pass: the map of an output is the weighted sum of the last feature maps.
"""

from __future__ import annotations

import math

import torch
from torch import nn


class Block(nn.Module):
    """Two 3 x 3 convolutions around a shortcut (He 2016), batch normalised."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut = (
            nn.Identity()
            if stride == 1 and inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        inside = torch.relu(self.first_norm(self.first(maps)))
        inside = self.second_norm(self.second(inside))
        return torch.relu(inside + self.shortcut(maps))


class ResidualNetwork(nn.Module):
    """Stem, stages that halve the grid, global average, one linear layer.

    Parameters
    ----------
    widths
        Channels of the stages; the first is the width of the stem.
    blocks
        Blocks of each stage.
    outputs
        Number of logits.
    dropout
        Share of pooled features dropped in training.
    """

    def __init__(self, widths: tuple[int, ...], blocks: tuple[int, ...], outputs: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, widths[0], 5, 2, 2, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        stages: list[nn.Module] = []
        inputs = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for block in range(count):
                stages.append(Block(inputs, width, stride=2 if stage and not block else 1))
                inputs = width
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(inputs, outputs)

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        """Return the last feature maps, ``(batch, channels, rows / 32, columns / 32)`` for four stages."""
        maps: torch.Tensor = self.stages(self.stem(images))
        return maps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits ``(batch, outputs)`` of standardised images ``(batch, 1, rows, columns)`` float32."""
        logits: torch.Tensor = self.head(self.dropout(self.maps(images).mean(dim=(2, 3))))
        return logits

    def activation(self, maps: torch.Tensor, output: int) -> torch.Tensor:
        """Return the class activation map ``(batch, rows, columns)`` of one output."""
        return torch.einsum("bcij,c->bij", maps, self.head.weight[output])


def follow(average: nn.Module, network: nn.Module, keep: float) -> None:
    """Move the averaged weights towards the trained ones; counters are copied."""
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)


def set_rate(optimiser: torch.optim.Optimizer, peak: float, step: int, steps: int, warm: float = 0.12) -> None:
    """Set the learning rate of a step: a short rise to ``peak``, then half a cosine down to nothing."""
    done = step / steps
    rate = peak * (done / warm if done < warm else 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm))))
    for group in optimiser.param_groups:
        group["lr"] = max(rate, peak * 1e-3)
