"""What a linear model makes of 28 pixels a side: the floor that a head has to beat on the same films."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

SIDE = 28


def linear_scores(
    train: NDArray[np.uint8], truth: NDArray[np.bool_], weights: NDArray[np.float32], test: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Return the scores of a ridge logistic regression on shrunk squares ``(films, side, side)``."""
    known, unknown = _thumbs(train), _thumbs(test)
    mean, spread = known.mean(0), known.std(0) + 1e-3
    features, target = (known - mean) / spread, torch.tensor(truth, dtype=torch.float32)
    slope, offset = torch.zeros(SIDE * SIDE, requires_grad=True), torch.zeros(1, requires_grad=True)
    fit = torch.optim.LBFGS([slope, offset], max_iter=60, line_search_fn="strong_wolfe")
    balance = torch.tensor(weights)

    def loss() -> torch.Tensor:
        fit.zero_grad()
        logits = features @ slope + offset
        error = torch.nn.functional.binary_cross_entropy_with_logits(logits, target, weight=balance)
        total = error + 3e-3 * slope.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    fit.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        return ((unknown - mean) / spread @ slope + offset).double().numpy()


def _thumbs(squares: NDArray[np.uint8]) -> torch.Tensor:
    small = [cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel() for square in squares]
    return torch.tensor(np.stack(small).astype(np.float32) / 255)
