"""A film as an image-to-report network is shown it, and what its answer becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from services.contract import Algorithm, Limitation, LimitationReason, SpecialistResult, WrittenText
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


def write_about(
    images: Sequence[Pixels], specialist: str, algorithm: Algorithm, write: Callable[[Grey], str | None]
) -> SpecialistResult:
    """Return what ``write`` says about each film; where it says nothing, the limitation."""
    answers = [_answer(image, specialist, algorithm, write) for image in images]
    return SpecialistResult(
        specialist=specialist,
        algorithm=algorithm,
        texts=tuple(one for one in answers if isinstance(one, WrittenText)),
        limitations=tuple(one for one in answers if isinstance(one, Limitation)),
        seconds=0.0,
    )


def _answer(
    image: Pixels, specialist: str, algorithm: Algorithm, write: Callable[[Grey], str | None]
) -> WrittenText | Limitation:
    film = eight_bit(image)
    if film is None:
        return _no_text(image, specialist, LimitationReason.POOR_QUALITY, "The image has no contrast at all.")
    text = write(film)
    if text is None:
        detail = "The vision-language model did not answer with a text."
        return _no_text(image, specialist, LimitationReason.SPECIALIST_UNAVAILABLE, detail)
    kept = text.strip()[:LONGEST_TEXT].strip()
    if not kept:
        return _no_text(image, specialist, LimitationReason.SPECIALIST_UNAVAILABLE, "It wrote nothing.")
    return WrittenText(image_id=image.image_id, text=kept, algorithm=algorithm)


def _no_text(image: Pixels, source: str, reason: LimitationReason, detail: str) -> Limitation:
    """Return why there is no text about a film."""
    return Limitation(what="a second text", reason=reason, detail=detail, source=source, image_id=image.image_id)
