"""A chest drawn from ellipses: five masks whose cardiothoracic ratio is known exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES, HEART, LEFT_CLAVICLE, LEFT_LUNG, RIGHT_CLAVICLE, RIGHT_LUNG
from services.segmentation.outlines import Outline, fill_holes, largest_piece

ROWS, COLUMNS = 500, 400
THORAX = (50, 350)
"""First and last column (exclusive) of the thorax: 300 px wide."""

Mask = npt.NDArray[np.bool_]


def ellipse(middle: tuple[float, float], radii: tuple[float, float]) -> Mask:
    """Return an ellipse by its ``(column, row)`` and its half axes."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS] + 0.5
    return np.asarray(((columns - middle[0]) / radii[0]) ** 2 + ((rows - middle[1]) / radii[1]) ** 2 <= 1)


def drawn_masks(ratio: float = 0.45) -> npt.NDArray[np.bool_]:
    """Return ``(5, 500, 400)``: the patient's right lung on the picture's left, a heart of the wanted ratio."""
    width = ratio * (THORAX[1] - THORAX[0])
    heart = ellipse((215, 330), (width / 2, 65))
    lungs = {RIGHT_LUNG: ellipse((115, 250), (65, 170)), LEFT_LUNG: ellipse((285, 250), (65, 170))}
    drawn = {
        RIGHT_LUNG: lungs[RIGHT_LUNG] & ~heart,
        LEFT_LUNG: lungs[LEFT_LUNG] & ~heart,
        HEART: heart,
        RIGHT_CLAVICLE: ellipse((120, 110), (45, 12)),
        LEFT_CLAVICLE: ellipse((280, 110), (45, 12)),
    }
    return np.stack([drawn[one] for one in CHEST_STRUCTURES])


def outlines_of(masks: npt.NDArray[np.bool_]) -> tuple[Outline, ...]:
    """Return the outlines of masks ``(5, rows, columns)`` as a sure network would give them."""
    pairs = zip(CHEST_STRUCTURES, masks, strict=True)
    return tuple(Outline(one, mask, fill_holes(largest_piece(mask)), 1.0) for one, mask in pairs)
