"""A chest film as the bundled classifier sees it, in training and in service alike.

The children's set came with its aspect squashed to a square, so every film is squashed: otherwise the aspect
would tell the set, and the set the label. Local equalisation (CLAHE) and cropped borders hide the rest of what
gives a source away, as far as that can be had cheaply.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIDE = 512
"""Films are brought to at most this side before grey levels are measured."""
MOST_CROPPED = 0.15
"""Share of each side that border cropping may take at most."""


@dataclass(frozen=True)
class Kept:
    """Which part of a film was kept, in fractions of its rows and columns."""

    top: float
    bottom: float
    left: float
    right: float

    def cover_image(self, square: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
        """Return a map of the square as one of the whole film, ``(rows, columns)``; zero where nothing was kept."""
        covered = np.zeros((rows, columns), np.float32)
        top, bottom = round(self.top * rows), round(self.bottom * rows)
        left, right = round(self.left * columns), round(self.right * columns)
        covered[top:bottom, left:right] = cv2.resize(square, (right - left, bottom - top))
        return covered


def squash(image: NDArray[np.generic], side: int) -> tuple[NDArray[np.uint8], Kept]:
    """Return a film as a square with its borders cropped and its contrast equalised.

    Parameters
    ----------
    image
        ``(rows, columns)``, any real dtype, bone bright.
    side
        Rows and columns of the result, in pixels.

    Returns
    -------
    NDArray
        ``(side, side)`` uint8.
    Kept
        Which part of the film it shows.

    Raises
    ------
    ValueError
        If the image is no picture, holds values that are not finite, or only one grey level.
    """
    grey = _stretched(_reduced(np.asarray(image)))
    top, bottom = _inside(grey.std(axis=1))
    left, right = _inside(grey.std(axis=0))
    rows, columns = grey.shape
    inner = _stretched(grey[top:bottom, left:right])
    small = cv2.resize(inner, (side, side), interpolation=cv2.INTER_AREA)
    equaliser = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(4, 4))
    equalised: NDArray[np.uint8] = equaliser.apply(np.rint(small * 255).astype(np.uint8))
    return equalised, Kept(top / rows, bottom / rows, left / columns, right / columns)


def to_side(square: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a kept square at the side that the network reads."""
    smaller: NDArray[np.uint8] = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
    return smaller


def standardise(square: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a square with zero mean and unit deviation, float32, the input of the network."""
    values = square.astype(np.float32)
    standard: NDArray[np.float32] = (values - values.mean()) / (values.std() + 1e-3)
    return standard


def _reduced(image: NDArray[np.generic]) -> NDArray[np.float32]:
    if image.ndim != 2 or min(image.shape) < 16:
        raise ValueError(f"an array of shape {image.shape}; expected (rows, columns) of at least 16 x 16")
    rows, columns = image.shape
    scale = WORKING_SIDE / max(rows, columns)
    if scale < 1:
        target = (max(16, round(columns * scale)), max(16, round(rows * scale)))
        return np.asarray(cv2.resize(image.astype(np.float32), target, interpolation=cv2.INTER_AREA), np.float32)
    return image.astype(np.float32)


def _stretched(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(grey).all():
        raise ValueError("values that are not finite; expected numbers only")
    low, high = np.percentile(grey, (0.5, 99.5))
    if high - low <= 1e-5 * max(1.0, abs(float(high))):
        raise ValueError("one grey level only; expected an image")
    stretched: NDArray[np.float32] = np.clip((grey - low) / (high - low), 0, 1).astype(np.float32)
    return stretched


def _inside(deviation: NDArray[np.float32]) -> tuple[int, int]:
    """Return where flat lines end at both sides: collimation, paper, letterboxing."""
    length = len(deviation)
    most = int(MOST_CROPPED * length)
    lively = deviation > 0.04
    start = int(np.argmax(lively[: most + 1])) if lively[: most + 1].any() else most
    tail = lively[::-1][: most + 1]
    end = int(np.argmax(tail)) if tail.any() else most
    return start, length - end
