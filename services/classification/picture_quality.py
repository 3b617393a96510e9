"""What is the matter with a picture itself: its grey levels, and a fingerprint to know it again by."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.contract import Exposure

FEWEST_LEVELS = 24
"""Grey levels of the whole picture below which faint shadows are lost."""
SMALLEST_RANGE = 0.02
"""Of the full scale, between the 1st and the 99th percentile."""
MOST_CLIPPED = 0.35
"""Share of the inner picture that may be pure white; black margins are common, and are left out."""
FINGERPRINT_SIDE = 8


def exposure_of(grey: NDArray[np.generic], full_scale: float) -> Exposure:
    """Return whether the grey levels of ``(rows, columns)`` can carry a finding.

    Parameters
    ----------
    full_scale
        Difference between the highest and the lowest value that the stored bits can hold.
    """
    rows, columns = grey.shape
    step = max(1, min(rows, columns) // 256)
    inner = grey[rows // 8 : rows - rows // 8 : step, columns // 8 : columns - columns // 8 : step]
    if inner.size == 0:
        return Exposure.UNDER
    clipped = max(float((inner == inner.max()).mean()), float((inner == inner.min()).mean()))
    low, high = (float(value) for value in np.percentile(inner.astype(np.float32), (1, 99)))
    if MOST_CLIPPED < clipped < 1 and high - low > SMALLEST_RANGE * full_scale:
        return Exposure.CLIPPED
    if len(np.unique(inner)) < FEWEST_LEVELS or high - low < SMALLEST_RANGE * full_scale:
        return Exposure.UNDER
    return Exposure.GOOD


def fingerprint(grid: NDArray[np.float32]) -> str:
    """Return 64 bits that a picture keeps through resizing and compression: which neighbour is brighter.

    Parameters
    ----------
    grid
        ``(side, side)`` in [0, 1].
    """
    small = cv2.resize(grid, (FINGERPRINT_SIDE + 1, FINGERPRINT_SIDE), interpolation=cv2.INTER_AREA)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"
