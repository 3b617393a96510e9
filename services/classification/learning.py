"""What every training of this room does at a step: set the rate, and let the averaged weights follow."""

from __future__ import annotations

import math

import torch
from torch import nn


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
