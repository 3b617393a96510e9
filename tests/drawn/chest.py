"""A frontal chest radiograph drawn from its anatomy, with the truth that the drawing knows.

The picture is a sum of attenuations along the beam (soft tissue, minus air, plus bone), which is what
a computed radiograph shows: higher is brighter, bone is bright. The patient's right is on the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.drawn.anatomy import CLAVICLE, SIDES, Abnormality, Anatomy, Mask, Side, draw_person
from tests.drawn.layers import Layers
from tests.drawn.shapes import Array, Grid


@dataclass(frozen=True)
class Chest:
    """A drawn film and its ground truth.

    Attributes
    ----------
    pixels
        ``(rows, columns)`` uint16, 0 to 4095, bone bright.
    masks
        ``(rows, columns)`` bool each: ``right_lung``, ``left_lung`` (without the heart, an effusion
        or a pneumothorax included), ``heart``, ``right_clavicle``, ``left_clavicle`` (the part over
        the lungs), and ``abnormality`` where something was drawn that has a place.
    cardiothoracic_ratio
        From the masks: widest heart over widest inside of the thorax.
    """

    pixels: NDArray[np.uint16]
    masks: dict[str, Mask]
    cardiothoracic_ratio: float
    abnormality: Abnormality
    side: Side | None = None


def draw_chest(
    abnormality: Abnormality = Abnormality.NONE,
    *,
    seed: int = 0,
    rows: int = 2500,
    columns: int = 2048,
    cardiothoracic_ratio: float | None = None,
    extent: float = 0.5,
    marker: bool = True,
) -> Chest:
    """Draw one frontal chest film.

    Parameters
    ----------
    cardiothoracic_ratio
        Wanted ratio; by default .60 for cardiomegaly and .42 to .47 otherwise.
    extent
        How much of the abnormality, 0 (slight) to 1 (massive).
    marker
        Whether the lead letter that marks the patient's right side is drawn.
    """
    random = np.random.default_rng(seed)
    ratio = cardiothoracic_ratio or (
        0.60 if abnormality is Abnormality.CARDIOMEGALY else float(random.uniform(0.42, 0.47))
    )
    anatomy = draw_person(random, rows / columns, ratio)
    half = Grid(max(64, rows // 2), max(64, columns // 2))
    layers = Layers(anatomy, half, random, abnormality, extent)
    attenuation = np.asarray(cv2.resize(layers.total(), (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)
    full = Grid(rows, columns)
    masks = _truth(anatomy, full, layers.abnormal_area)
    return Chest(
        pixels=_expose(attenuation, full, random, marker),
        masks=masks,
        cardiothoracic_ratio=measured_ratio(masks),
        abnormality=abnormality,
        side=abnormality.side,
    )


def measured_ratio(masks: dict[str, Mask]) -> float:
    """Return the cardiothoracic ratio of a set of masks: widest heart over widest thorax."""
    heart = np.flatnonzero(masks["heart"].any(axis=0))
    thorax = np.flatnonzero((masks["right_lung"] | masks["left_lung"]).any(axis=0))
    return float((heart[-1] - heart[0] + 1) / (thorax[-1] - thorax[0] + 1))


def _truth(anatomy: Anatomy, grid: Grid, abnormal_area: Array | None) -> dict[str, Mask]:
    heart = grid.mask(anatomy.heart())
    middle = grid.mask(anatomy.mediastinum()) | heart
    masks: dict[str, Mask] = {"heart": heart}
    for side in SIDES:
        masks[f"{side}_lung"] = grid.mask(anatomy.hemithorax(side)) & ~middle
        line = anatomy.clavicle(side)
        inner = np.abs(line[:, 0] - anatomy.middle) < 0.72 * anatomy.half_width
        masks[f"{side}_clavicle"] = grid.tube(line[inner], CLAVICLE, edge=0.0) > 0.5
    if abnormal_area is not None:
        shape = (grid.columns, grid.rows)
        masks["abnormality"] = cv2.resize(abnormal_area, shape, interpolation=cv2.INTER_LINEAR) > 0.5
    return masks


def _expose(attenuation: Array, grid: Grid, random: np.random.Generator, marker: bool) -> NDArray[np.uint16]:
    """Turn attenuation into stored values: film curve, quantum noise, lead letter."""
    film = 1 - np.exp(-2.3 * np.clip(attenuation, 0, None) ** 1.25)
    film = 0.02 + 0.93 * film / (1 - np.exp(-2.3))
    grain = random.standard_normal(film.shape, np.float32)
    grain = 0.5 * grain + 0.8 * cv2.GaussianBlur(grain, (0, 0), 1.1)
    film = film + grain * (0.006 + 0.006 * film)
    values = np.clip(film * 4095, 0, 4095)
    if marker:
        size = grid.columns / 620
        place = (int(0.06 * grid.columns), int(0.09 * grid.columns))
        letter = np.zeros(values.shape, np.uint8)
        cv2.putText(letter, "R", place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, max(1, round(size * 2.2)), cv2.LINE_AA)
        values = np.maximum(values, letter * 15.7)
    return np.asarray(np.round(values), np.uint16)
