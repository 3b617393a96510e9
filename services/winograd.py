"""The 3 x 3 convolutions of a network with 2.25 multiplications an output instead of 9: Winograd's F(4 x 4, 3 x 3).

Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks* (2016). The answer is the same but for
rounding. Everything is a gather or a matrix product, so that any back-end runs it. It is worth its transforms
where a network has many channels and the processor no arithmetic faster than fp32; that is measured.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEWEST_CHANNELS = 64
"""With fewer, the transforms cost more than they save."""

# The transforms of the input, the weights and the output, from the points 0, 1, -1, 2, -2 and infinity.
INPUT = ((4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0), (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0),
         (0, 4, 0, -5, 0, 1))  # fmt: skip
WEIGHTS = ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6), (1 / 24, 1 / 12, 1 / 6),
           (1 / 24, -1 / 12, 1 / 6), (0, 0, 1))  # fmt: skip
OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
TILE, READ = 4, 6
"""Rows of the output that one tile makes, and rows of the input that it reads."""


def with_winograd(network: nn.Module, example: torch.Tensor) -> nn.Module | None:
    """Return a copy of a network with its suitable convolutions replaced; ``None`` where none is suitable.

    Suitable: 3 x 3, no stride, no groups, padded by its dilation, many channels, and one input size, which the
    example gives. A batch normalisation that follows in an ``nn.Sequential`` goes into the weights first.
    """
    copied = copy.deepcopy(network).eval()
    _fold(copied)
    sizes = dict(_sizes(copied, example))
    for name, (rows, columns) in sizes.items():
        parent, _, own = name.rpartition(".")
        convolution = copied.get_submodule(name)
        assert isinstance(convolution, nn.Conv2d)
        setattr(copied.get_submodule(parent), own, WinogradConvolution(convolution, rows, columns))
    return copied if sizes else None


class WinogradConvolution(nn.Module):
    """One convolution of ``(1, channels, rows, columns)``, in tiles; a dilation of d tiles each d-th row and column."""

    weights: torch.Tensor
    bias: torch.Tensor
    read: torch.Tensor
    write: torch.Tensor
    from_rows: torch.Tensor
    from_columns: torch.Tensor

    def __init__(self, convolution: nn.Conv2d, rows: int, columns: int) -> None:
        super().__init__()
        self.dilation = int(convolution.dilation[0])
        self.rows, self.columns, self.channels = rows, columns, convolution.out_channels
        kernel = torch.tensor(WEIGHTS, dtype=torch.float64)
        moved = torch.einsum("ai,bj,ocij->aboc", kernel, kernel, convolution.weight.detach().double()).flatten(0, 1)
        self.register_buffer("weights", moved.float().contiguous())
        bias = convolution.bias.detach().float() if convolution.bias is not None else torch.zeros(self.channels)
        self.register_buffer("bias", bias.view(1, -1, 1, 1))
        for name, values in (("read", INPUT), ("write", OUTPUT)):
            one = torch.tensor(values, dtype=torch.float32)
            self.register_buffer(name, torch.kron(one, one))
        self.register_buffer("from_rows", _read_at(rows, self.dilation))
        self.register_buffer("from_columns", _read_at(columns, self.dilation))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        down, across = (_tiles(side, self.dilation) * self.dilation for side in (self.rows, self.columns))
        padded = nn.functional.pad(images, (1, 1, 1, 1))
        gathered = padded.index_select(2, self.from_rows).index_select(3, self.from_columns)
        tiles = gathered.view(-1, READ, down, READ, across).permute(1, 3, 0, 2, 4)
        moved = torch.mm(self.read, tiles.reshape(READ * READ, -1)).view(READ * READ, -1, down * across)
        made = torch.mm(self.write, torch.bmm(self.weights, moved).view(READ * READ, -1))
        phases = (down // self.dilation, self.dilation, across // self.dilation, self.dilation)
        placed = made.view(TILE, TILE, self.channels, *phases).permute(2, 3, 0, 4, 5, 1, 6)
        whole = placed.reshape(1, self.channels, TILE * down, TILE * across)
        return whole[:, :, : self.rows, : self.columns] + self.bias


def _tiles(side: int, dilation: int) -> int:
    return -(-side // (dilation * TILE))


def _read_at(side: int, dilation: int) -> torch.Tensor:
    """Return which line of the padded input each line of each tile reads: by line, tile and phase of the dilation."""
    line = torch.arange(READ).view(-1, 1, 1)
    tile = torch.arange(_tiles(side, dilation)).view(1, -1, 1)
    at = torch.arange(dilation).view(1, 1, -1) + dilation * (TILE * tile + line - 1)
    return torch.where((at < 0) | (at >= side), 0, at + 1).reshape(-1)


def _sizes(network: nn.Module, example: torch.Tensor) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the suitable convolutions with the size each meets; one that is called twice is not suitable."""
    met: dict[str, list[tuple[int, int]]] = {}
    hooks = [
        module.register_forward_hook(
            lambda _, __, output, name=name: met.setdefault(name, []).append(tuple(output.shape[2:]))
        )
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and _suitable(module)
    ]
    with torch.inference_mode():
        network(example)
    for hook in hooks:
        hook.remove()
    return ((name, sizes[0]) for name, sizes in met.items() if len(sizes) == 1)


def _suitable(one: nn.Conv2d) -> bool:
    shaped = one.kernel_size == (3, 3) and one.stride == (1, 1) and one.groups == 1 and one.padding_mode == "zeros"
    square = one.dilation[0] == one.dilation[1] and one.padding == one.dilation
    return shaped and square and min(one.in_channels, one.out_channels) >= FEWEST_CHANNELS


def _fold(network: nn.Module) -> None:
    for sequence in (module for module in network.modules() if isinstance(module, nn.Sequential)):
        names = list(sequence._modules)
        for name, following in pairwise(names):
            convolution, norm = sequence.get_submodule(name), sequence.get_submodule(following)
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(sequence, name, fuse_conv_bn_eval(convolution, norm))
                setattr(sequence, following, nn.Identity())
