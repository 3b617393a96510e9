"""From what a network gives to one clean outline for each structure, on a grid that covers the film."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES, LEFT_LUNG, RIGHT_LUNG, AnatomicStructure

Mask = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float32]

LUNG_FIELD = len(CHEST_STRUCTURES)
"""The output after the five structures, where a network has it: both lungs with the part behind the heart.

That is another convention than the lungs of the five, and a channel of its own keeps the two apart."""
SMALLER_FIELD = 0.35
"""A piece of the lung field counts where it has this share of the largest piece's area."""
FIELD_MARGIN = 0.015
"""Of the film's longer side: as far outside of the lung field a lung may still reach."""
FINENESS = 2
"""Outlines are drawn on a grid this many times finer than the network's, by interpolating probabilities."""


@dataclass(frozen=True)
class Outline:
    """One structure as a network sees it, on a grid that covers the whole film."""

    structure: AnatomicStructure
    raw: Mask
    """``(rows, columns)``: every pixel at or above one half; plausibility is judged on it."""
    mask: Mask
    """``(rows, columns)``: the largest piece of ``raw``, holes filled; measurements are taken on it."""
    score: float
    """Mean probability inside ``mask``, 0 where it is empty."""


def outlines_from(probabilities: Probabilities) -> tuple[Outline, ...]:
    """Return the five outlines.

    Parameters
    ----------
    probabilities
        ``(5 or 6, rows, columns)``, covering the whole film: in the order of ``CHEST_STRUCTURES``, then, where a
        network has it, the lung field with the part behind the heart. No convention calls lung what is well outside
        of that field, such as the air beside an arm, so nothing there is outlined as lung.
    """
    planes = list(probabilities[: len(CHEST_STRUCTURES)])
    if len(probabilities) > LUNG_FIELD:
        near = _near_field(probabilities[LUNG_FIELD])
        for lung in (CHEST_STRUCTURES.index(RIGHT_LUNG), CHEST_STRUCTURES.index(LEFT_LUNG)):
            planes[lung] = planes[lung] * near
    return tuple(_outline(one, plane) for one, plane in zip(CHEST_STRUCTURES, planes, strict=True))


def _near_field(plane: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return the surroundings of a lung field: its large pieces, as a chest has two at most, and a margin."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats((plane >= 0.5).astype(np.uint8), connectivity=8)
    areas = statistics[1:count, cv2.CC_STAT_AREA]
    large = 1 + np.flatnonzero(areas >= SMALLER_FIELD * areas.max(initial=0))
    reach = max(3, round(FIELD_MARGIN * max(plane.shape)) * 2 + 1)
    kept = np.isin(labels, large).astype(np.uint8)
    return np.asarray(cv2.dilate(kept, np.ones((reach, reach), np.uint8)), np.uint8)


def _outline(structure: AnatomicStructure, plane: npt.NDArray[np.float32]) -> Outline:
    rows, columns = plane.shape
    fine = cv2.resize(plane, (columns * FINENESS, rows * FINENESS), interpolation=cv2.INTER_LINEAR)
    raw: Mask = fine >= 0.5
    mask = fill_holes(largest_piece(raw))
    return Outline(structure, raw, mask, float(fine[mask].mean().clip(0, 1)) if mask.any() else 0.0)


def largest_piece(mask: Mask) -> Mask:
    """Return the largest 8-connected piece of a mask, or an empty mask."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count <= 1:
        return np.zeros_like(mask)
    largest = 1 + int(np.argmax(statistics[1:, cv2.CC_STAT_AREA]))
    return np.asarray(labels == largest)


def fill_holes(mask: Mask) -> Mask:
    """Return the mask with everything filled that the outside cannot reach."""
    outside = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(outside, None, (0, 0), 2)
    return np.asarray(outside[1:-1, 1:-1] != 2)
