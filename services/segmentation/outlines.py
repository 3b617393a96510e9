"""From what a network gives to one clean outline for each structure, on a grid that covers the film."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES, AnatomicStructure

Mask = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float32]

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
        ``(5 or more, rows, columns)``: first the order of ``CHEST_STRUCTURES``, covering the whole film.
    """
    return tuple(_outline(one, plane) for one, plane in zip(CHEST_STRUCTURES, probabilities, strict=False))


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
