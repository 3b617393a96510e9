"""The bundled mask network: a small residual U-Net (Ronneberger 2015, as in MONAI), built as a manifest says."""

from __future__ import annotations

from typing import Literal

import torch

from services import manifest as manifests
from services.contract import Fact
from services.manifest import Architecture, Manifest
from services.segmentation.outlines import LUNG_FIELD
from services.torchvision_guard import guard_torchvision

guard_torchvision()  # MONAI looks for torchvision once and remembers that it failed

from monai.networks.nets import UNet  # noqa: E402


class Design(Fact):
    """The parameters of a network, as its manifest lists them."""

    channels: tuple[int, ...] = (16, 32, 64, 128, 256)
    num_res_units: int = 2
    norm: Literal["instance", "batch"] = "instance"
    size: int = 320
    """Side of the letterboxed square the network sees, in px."""
    outputs: int = LUNG_FIELD

    def architecture(self) -> Architecture:
        """Return what a manifest says about this network."""
        return Architecture(name="monai.networks.nets.UNet", parameters=self.model_dump())


def design_of(manifest: Manifest) -> Design:
    """Read the design of a network out of its manifest; :func:`services.manifest.design_of` says what it raises."""
    return manifests.design_of(manifest, Design, "a U-Net of this kind")


def build_network(design: Design) -> torch.nn.Module:
    """Return the untrained network: ``(n, 1, size, size)`` in [0, 1] -> ``(n, outputs, size, size)`` logits."""
    network: torch.nn.Module = UNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=design.outputs,
        channels=design.channels,
        strides=(2,) * (len(design.channels) - 1),
        num_res_units=design.num_res_units,
        norm=design.norm,
    )
    return network
