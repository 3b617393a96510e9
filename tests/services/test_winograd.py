"""A network with fewer multiplications says what it said before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from services.openvino_runner import CompiledNetwork, convert
from services.winograd import WinogradConvolution, with_winograd


def network(dilation: int, channels: int = 64) -> nn.Module:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(channels)
    norm.running_mean, norm.running_var = torch.randn(channels), torch.rand(channels) + 0.5
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=dilation == 1),
        norm,
        nn.ReLU(),
    ).eval()


@pytest.mark.parametrize("dilation", [1, 2, 4])
@pytest.mark.parametrize("size", [(32, 32), (33, 19), (7, 5)])
def test_the_answer_is_the_same(dilation: int, size: tuple[int, int]) -> None:
    images = torch.randn(1, 1, *size)
    plain = network(dilation)
    rewritten = with_winograd(plain, images)
    assert rewritten is not None
    assert [type(one).__name__ for one in rewritten.children()] == [
        "Conv2d", "ReLU", "WinogradConvolution", "Identity", "ReLU",
    ]  # fmt: skip
    with torch.inference_mode():
        np.testing.assert_allclose(rewritten(images), plain(images), atol=1e-4)
    assert not any(isinstance(one, WinogradConvolution) for one in plain.modules())


def test_openvino_runs_it(tmp_path: Path) -> None:
    images = torch.randn(1, 1, 32, 32)
    rewritten = with_winograd(network(2), images)
    assert rewritten is not None
    assert convert(rewritten, images, tmp_path) is None
    with torch.inference_mode():
        expected = network(2)(images)
    answered = CompiledNetwork(tmp_path, "f32", 1)(images.numpy())[0]
    np.testing.assert_allclose(answered, expected, atol=1e-3)


def test_a_network_with_few_channels_is_left_as_it_is() -> None:
    assert with_winograd(network(1, channels=16), torch.randn(1, 1, 16, 16)) is None
