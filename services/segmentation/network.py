"""The bundled mask network: a small residual U-Net (Ronneberger 2015, as in MONAI)."""

from __future__ import annotations

import torch

from services.anatomy import CHEST_STRUCTURES
from services.torchvision_guard import guard_torchvision

guard_torchvision()  # MONAI looks for torchvision once and remembers that it failed

from monai.networks.nets import UNet  # noqa: E402

SIZE = 256
"""Side of the letterboxed square the network sees, in px."""

CHANNELS = (16, 32, 64, 128, 256)
RESIDUAL_UNITS = 2


def build_network() -> torch.nn.Module:
    """Return the untrained network: ``(n, 1, 256, 256)`` in [0, 1] -> ``(n, 5, 256, 256)`` logits."""
    network: torch.nn.Module = UNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=len(CHEST_STRUCTURES),
        channels=CHANNELS,
        strides=(2,) * (len(CHANNELS) - 1),
        num_res_units=RESIDUAL_UNITS,
        norm="instance",
    )
    return network
