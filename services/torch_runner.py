"""Eager torch: run a module channels last, and see every tensor it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float32]
Outputs = tuple[Floats, ...]


def torch_run(
    module: torch.nn.Module, device: str, precision: torch.dtype = torch.float32
) -> Callable[[Floats], Outputs]:
    """Return eager inference of a module, channels last; another precision than fp32 converts the module."""
    network = module.eval().to(device=device, dtype=precision, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(images: Floats) -> Outputs:
        tensor = torch.from_numpy(np.require(images, np.float32, ("C", "W"))).to(device, precision)
        if tensor.ndim == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            return tuple(output.float().cpu().contiguous().numpy() for output in flatten(network(tensor)))

    return run


def flatten(output: object) -> Iterator[torch.Tensor]:
    """Yield the tensors of a module's output in order."""
    if isinstance(output, torch.Tensor):
        yield output
    elif isinstance(output, dict):
        for value in output.values():
            yield from flatten(value)
    elif isinstance(output, list | tuple):
        for value in output:
            yield from flatten(value)
    else:
        raise TypeError(f"a module answers tensors, not {type(output).__name__}")


class FlatOutputs(torch.nn.Module):
    """A module whose output is a flat tuple, which is what OpenVINO can convert."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(flatten(self.module(images)))
