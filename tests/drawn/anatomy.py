"""The proportions of one drawn person, and the outlines that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.drawn.shapes import Points, closed_curve, open_curve

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("right", "left")
SIGN: dict[Side, int] = {"right": -1, "left": 1}
"""The patient's right lies on the left of the picture."""
Mask = NDArray[np.bool_]
CLAVICLE = 0.0155
"""Half the width of a clavicle."""


class Abnormality(StrEnum):
    """What may be drawn into the chest."""

    NONE = "none"
    EFFUSION_LEFT = "effusion-left"
    EFFUSION_RIGHT = "effusion-right"
    CONSOLIDATION_LEFT = "consolidation-left"
    CONSOLIDATION_RIGHT = "consolidation-right"
    CARDIOMEGALY = "cardiomegaly"
    NODULE_LEFT = "nodule-left"
    NODULE_RIGHT = "nodule-right"
    PNEUMOTHORAX_LEFT = "pneumothorax-left"
    PNEUMOTHORAX_RIGHT = "pneumothorax-right"
    EDEMA = "edema"

    @property
    def side(self) -> Side | None:
        """The patient's side it lies on."""
        return "left" if self.endswith("left") else "right" if self.endswith("right") else None


@dataclass(frozen=True)
class Anatomy:
    """Proportions of one person, in fractions of the image's width."""

    middle: float
    half_width: float
    apex: float
    height: float
    heart_width: float
    aspect: float
    tilt: float = 0.0

    def at(self, u: float, v: float) -> tuple[float, float]:
        """Return a place from its distance to the midline and its depth below the apex (0 to 1)."""
        return (self.middle + u * self.half_width + self.tilt * (v - 0.5), self.apex + v * self.height)

    def curve(self, points: list[tuple[float, float]], side: Side = "left") -> Points:
        sign = SIGN[side]
        return closed_curve([self.at(sign * u, v) for u, v in points])

    def hemithorax(self, side: Side) -> Points:
        """The inside of one half of the rib cage, down to the diaphragm."""
        low = 0.028 if side == "left" else 0.0
        wall = [(0.28, 0.022), (0.44, 0.0), (0.62, 0.04), (0.78, 0.135), (0.89, 0.28), (0.96, 0.45)]
        base = [(0.993, 0.63), (1.0, 0.8), (0.99, 0.92), (0.968, 0.99), (0.92, 0.955 + low / 2)]
        dome = [(0.76, 0.885 + low), (0.55, 0.85 + low), (0.36, 0.855 + low), (0.2, 0.885 + low)]
        middle = [(0.13, 0.8), (0.12, 0.6), (0.12, 0.4), (0.12, 0.25), (0.14, 0.13), (0.18, 0.055)]
        return self.curve(wall + base + dome + middle, side)

    def heart(self) -> Points:
        right = [(-0.23, 0.875), (-0.31, 0.8), (-0.33, 0.7), (-0.28, 0.57), (-0.13, 0.485)]
        left = [(0.17, 0.455), (0.34, 0.51), (0.48, 0.61), (0.6, 0.72), (0.668, 0.81), (0.64, 0.872)]
        low = [(0.5, 0.9), (0.25, 0.897), (0.0, 0.893)]
        scale = self.heart_width / self.half_width
        return closed_curve([self.at(x * scale, v) for x, v in left + low + right])

    def mediastinum(self) -> Points:
        left = [(0.11, -0.2), (0.13, 0.05), (0.15, 0.18), (0.215, 0.25), (0.245, 0.3), (0.2, 0.35)]
        lower = [(0.19, 0.4), (0.245, 0.47), (0.24, 0.56), (0.17, 0.92), (-0.15, 0.92)]
        right = [(-0.16, 0.6), (-0.165, 0.45), (-0.175, 0.3), (-0.15, 0.13), (-0.12, -0.2)]
        return self.curve(left + lower + right)

    def clavicle(self, side: Side) -> Points:
        sign = SIGN[side]
        line = [(0.12, 0.12), (0.3, 0.098), (0.55, 0.07), (0.8, 0.022), (1.0, -0.02)]
        return open_curve([self.at(sign * u, v) for u, v in line])

    def rib(self, side: Side, number: int) -> Points:
        """One rib as a tilted ring seen from behind: back part high, front part low."""
        sign = SIGN[side]
        widest = float(np.interp(number, [0, 1, 2, 3, 5, 7, 10], [0.56, 0.76, 0.87, 0.93, 0.99, 1.02, 1.03]))
        top = -0.035 + 0.083 * number
        drop = 0.068 + 0.009 * number
        angles = np.linspace(0.12, 2.45 - 0.035 * number, 70)
        return np.asarray([self.at(sign * widest * np.sin(a), top + drop * (1 - np.cos(a))) for a in angles])


def draw_person(random: np.random.Generator, aspect: float, ratio: float) -> Anatomy:
    """Return one person's proportions."""
    half_width = float(random.uniform(0.375, 0.4)) * min(1.0, aspect / 1.1)
    return Anatomy(
        middle=0.5 + float(random.uniform(-0.012, 0.012)),
        half_width=half_width,
        apex=0.095 * aspect * float(random.uniform(0.9, 1.15)),
        height=half_width * float(random.uniform(2.1, 2.32)),
        heart_width=ratio * half_width * 2,
        aspect=aspect,
        tilt=float(random.uniform(-0.012, 0.012)),
    )
