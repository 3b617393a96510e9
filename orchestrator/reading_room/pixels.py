"""The pixels of a film as the viewer wants them: raw, whole depth, and if asked smaller for a first look."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orchestrator.errors import NotFound
from services.contract import ImageReference, Window

_SAMPLED = 512
"""A film of this size is enough to find its percentiles."""


def raw_pixels(store: Path, image: ImageReference, reduce: int = 1) -> bytes:
    """Return the pixels of a film row by row, little-endian, uint8 or uint16 as stored.

    Parameters
    ----------
    reduce
        Each side is divided by it (rounded down, at least 1) by averaging.

    Raises
    ------
    NotFound
        If the array is no longer in the store.
    """
    array = _stored(store, image)
    if reduce > 1:
        size = (max(1, image.columns // reduce), max(1, image.rows // reduce))
        array = cv2.resize(np.ascontiguousarray(array), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(array, dtype=np.dtype(image.dtype).newbyteorder("<")).tobytes()


def window_of(store: Path, image: ImageReference) -> Window:
    """Return how a film is shown first: its own VOI window (PS3.3 C.11.2), else its 0.5 to 99.5 percentile."""
    if image.window is not None:
        return image.window
    if image.samples_per_pixel == 3:
        return _between(image.minimum_value, image.maximum_value)
    step = max(1, max(image.rows, image.columns) // _SAMPLED)
    low, high = np.percentile(_stored(store, image)[::step, ::step], (0.5, 99.5))
    return _between(float(low), float(high))


def _between(low: float, high: float) -> Window:
    return Window(center=(low + high) / 2, width=max(high - low, 1.0))


def _stored(store: Path, image: ImageReference) -> NDArray[np.uint8] | NDArray[np.uint16]:
    try:
        array: NDArray[np.uint8] | NDArray[np.uint16] = np.load(
            store / image.location, mmap_mode="r", allow_pickle=False
        )
    except (OSError, ValueError) as error:
        raise NotFound("the pixels of this image are no longer in the store") from error
    return array
