"""Stored values to the values every specialist reads: unsigned, bone bright, nothing windowed away.

A linear rescale (PS3.3 C.11.1) with a positive slope only renames the values, so the full range of the
stored bits is shifted to start at 0 and nothing is lost; a negative slope and MONOCHROME1 turn it over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.errors import UnsupportedImage
from services.contract import Window

Grey = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True)
class StoredRange:
    """The range of the stored bits and how it maps to output units (Hounsfield, or none)."""

    lowest: int
    highest: int
    slope: float = 1.0
    intercept: float = 0.0
    inverted: bool = False
    """MONOCHROME1: the lowest value is white (PS3.3 C.7.6.3.1.2)."""

    @property
    def turned(self) -> bool:
        return self.inverted != (self.slope < 0)

    @property
    def width(self) -> int:
        return self.highest - self.lowest


def shift_to_unsigned(stored: NDArray[Any], span: StoredRange, padding: tuple[int, int] | None) -> Grey:
    """Return the values from 0 (dark) to ``span.width`` (bright) as uint8 or uint16.

    Parameters
    ----------
    stored
        ``(rows, columns)`` of integers as decoded.
    padding
        Lowest and highest stored value that mean *no image here* (0028,0120 and 0028,0121); they become 0.
    """
    if span.width > 65535 or stored.dtype.kind not in "iub":
        raise UnsupportedImage("pixels of more than 16 bits; expected at most 16")
    as_it_is = stored.dtype == np.uint16 and span.lowest == 0 and not span.turned and padding is None
    if as_it_is and span.highest > 255 and int(stored.max()) <= span.highest:
        return stored
    outside = None if padding is None else (stored >= padding[0]) & (stored <= padding[1])
    held = np.iinfo(np.uint8 if stored.dtype.kind == "b" else stored.dtype)
    values = np.clip(stored, max(span.lowest, held.min), min(span.highest, held.max))
    kind: type[np.uint8] | type[np.uint16] = np.uint8 if span.width <= 255 else np.uint16
    unsigned = values.astype(np.uint16)
    if span.turned:
        shifted = np.subtract(np.uint16(span.highest % 65536), unsigned)
    else:
        shifted = np.subtract(unsigned, np.uint16(span.lowest % 65536))
    if outside is not None:
        shifted[outside] = 0
    grey: Grey = shifted.astype(kind, copy=False)
    return grey


def window_in_values(center: float, width: float, span: StoredRange) -> Window | None:
    """Return a VOI window (PS3.3 C.11.2) in the units of :func:`shift_to_unsigned`."""
    if not (np.isfinite(center) and np.isfinite(width)) or width <= 0 or span.slope == 0:
        return None
    stored = (center - span.intercept) / span.slope
    middle = span.highest - stored if span.turned else stored - span.lowest
    return Window(center=float(middle), width=float(width / abs(span.slope)))


def grey_if_colourless(picture: NDArray[Any]) -> NDArray[Any]:
    """Return ``(rows, columns)`` where a colour picture holds no colour, as exported radiographs do."""
    if picture.ndim != 3:
        return picture
    red, green, blue = (picture[:, :, channel] for channel in range(3))
    for one, other in ((red, green), (green, blue)):
        if np.any(np.maximum(one, other) - np.minimum(one, other) > 2):
            return picture
    return np.ascontiguousarray(green)
