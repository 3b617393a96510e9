"""How well outlines agree with people's, on films that training has not seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from services.anatomy import CHEST_STRUCTURES
from services.pixels import letterbox
from services.segmentation.cardiothoracic import cardiothoracic_ratio
from services.segmentation.network import SIZE
from services.segmentation.outlines import Mask, Outline, Probabilities, outlines_from
from services.training.jsrt import OutlinedFilm, read_jsrt
from services.training.shenzhen import read_shenzhen
from services.training.statistics import Figure, mean_with_interval
from services.weights import Floats

Run = Callable[[Floats], Probabilities]
"""``(1, 1, 256, 256)`` -> ``(1, 5, 256, 256)``, all in [0, 1]."""

RATIO_ERROR = "cardiothoracic ratio, mean absolute error"
TEST = "jsrt test"


def outline_film(run: Run, pixels: npt.NDArray[np.uint8]) -> tuple[Outline, ...]:
    """Return the outlines of one film as the specialist draws them."""
    grid, place = letterbox(pixels, SIZE)
    return outlines_from(np.stack([place.cover_image(plane) for plane in run(grid[None, None])[0]]))


def dice(found: Mask, truth: Mask) -> float:
    """Return the Dice coefficient of an outline of any grid with the truth ``(rows, columns)``."""
    fitted = cv2.resize(found.astype(np.uint8), truth.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return float(2 * (fitted & truth).sum() / max(1, fitted.sum() + truth.sum()))


def measure_film(run: Run, film: OutlinedFilm) -> tuple[list[float], float]:
    """Return the Dice of each structure and the absolute error of the ratio (1 where there is none)."""
    outlines = outline_film(run, film.pixels)
    overlaps = [dice(one.mask, film.masks[..., i] > 0) for i, one in enumerate(outlines)]
    measured = cardiothoracic_ratio(outlines[0].mask, outlines[1].mask, outlines[2].mask, film.masks.shape[:2])
    return overlaps, abs(measured.value - film.cardiothoracic_ratio) if measured else 1.0


def measure(run: Run, data: Path) -> tuple[Figure, ...]:
    """Return every figure: structures and ratio on JSRT's test split, both lungs at another hospital."""
    films = read_jsrt(data, "test")
    patients = [film.patient_id for film in films]
    measured = [measure_film(run, film) for film in films]
    figures = [
        mean_with_interval(f"Dice, {structure.name}", TEST, [overlaps[i] for overlaps, _ in measured], patients)
        for i, structure in enumerate(CHEST_STRUCTURES)
    ]
    figures.append(mean_with_interval(RATIO_ERROR, TEST, [error for _, error in measured], patients))
    if others := read_shenzhen(data):
        both = [_both_lungs(outline_film(run, film.pixels)) for film in others]
        overlaps = [dice(found, film.lungs) for found, film in zip(both, others, strict=True)]
        where = "tb_shenzhen test, a hospital never trained on"
        figures.append(mean_with_interval("Dice, both lungs", where, overlaps, [film.patient_id for film in others]))
    return tuple(figures)


def _both_lungs(outlines: tuple[Outline, ...]) -> Mask:
    return np.asarray(outlines[0].mask | outlines[1].mask)
