"""A film as an image-to-report network is shown it, and what its answer becomes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.contract import Algorithm, Limitation, LimitationReason, WrittenText
from services.pixels import Pixels

SIDE = 1024
"""Pixels of the longer side at most."""
LONGEST_TEXT = 4000

Grey = npt.NDArray[np.uint8]


def eight_bit(image: Pixels) -> Grey | None:
    """Return ``(rows, columns)`` uint8, the 0.5 and 99.5 percentiles as 0 and 255; None where there is no contrast."""
    grid, place = image.letterbox(SIDE)
    if place.constant:
        return None
    return np.rint(place.cover_image(grid) * 255).astype(np.uint8)


def written(text: str, image: Pixels, algorithm: Algorithm) -> WrittenText | Limitation:
    """Return what was written about a film; nothing at all is a limitation."""
    kept = text.strip()[:LONGEST_TEXT].strip()
    if not kept:
        return no_text(image, algorithm.name, LimitationReason.SPECIALIST_UNAVAILABLE, "It wrote nothing.")
    return WrittenText(image_id=image.image_id, text=kept, algorithm=algorithm)


def no_text(image: Pixels, source: str, reason: LimitationReason, detail: str) -> Limitation:
    """Return why there is no text about a film."""
    return Limitation(what="a second text", reason=reason, detail=detail, source=source, image_id=image.image_id)
