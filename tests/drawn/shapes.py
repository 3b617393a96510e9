"""Closed curves, tubes and trees: the strokes that every drawing here is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

Array = NDArray[np.float32]
Points = NDArray[np.float64]
"""``(n, 2)``: column and row, in fractions of the image's width."""


@dataclass(frozen=True)
class Grid:
    """A canvas of ``rows`` by ``columns`` pixels; shapes know only fractions of its width."""

    rows: int
    columns: int

    def fill(self, outline: Points) -> Array:
        """Return 1 inside a closed outline and 0 outside, with a smooth edge."""
        canvas = np.zeros((self.rows, self.columns), np.uint8)
        cv2.fillPoly(canvas, [self._fixed(outline)], 255, cv2.LINE_AA, shift=4)
        return np.asarray(canvas, np.float32) / np.float32(255)

    def mask(self, outline: Points) -> NDArray[np.bool_]:
        """Return the pixels inside a closed outline."""
        return self.fill(outline) > 0.5

    def tube(self, line: Points, half_width: float, edge: float = 0.45) -> Array:
        """Return a band along a line whose rim is denser than its core, as a rib's cortex is."""
        reach = int(half_width * self.columns * 2) + 3
        points = self._fixed(line)
        left, top = np.maximum(points.min(axis=0) // 16 - reach, 0)
        right, bottom = points.max(axis=0) // 16 + reach + 1
        total = np.zeros((self.rows, self.columns), np.float32)
        view = total[top : max(bottom, 0), left : max(right, 0)]
        if view.size == 0:
            return total
        canvas = np.full(view.shape, 255, np.uint8)
        cv2.polylines(canvas, [points - np.asarray([left, top], np.int32) * 16], False, 0, 1, cv2.LINE_8, shift=4)
        pixels = np.minimum(cv2.distanceTransform(canvas, cv2.DIST_L2, 5), 4 * half_width * self.columns)
        distance = pixels / (half_width * self.columns)
        inside = 1 / (1 + np.exp((distance - 1) * 9))
        rim = np.exp(-(((distance - 0.88) / 0.16) ** 2))
        view[:] = (1 - edge) * inside + edge * rim * inside * 1.6
        return total

    def dome(self, mask: NDArray[Any], depth: float) -> Array:
        """Return a thickness that rises from 0 at the rim of a mask to 1 at ``depth`` inside it."""
        distance = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
        inside = np.clip(distance / (depth * self.columns), 0, 1)
        return np.asarray(np.sqrt(1 - (1 - inside) ** 2), np.float32)

    def blur(self, image: NDArray[Any], sigma: float) -> Array:
        """Return the image smoothed by ``sigma``, a fraction of the width."""
        return np.asarray(
            cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), max(sigma * self.columns, 0.3)), np.float32
        )

    def noise(self, random: np.random.Generator, sigma: float) -> Array:
        """Return smooth noise of unit variance with grains of size ``sigma``."""
        step = max(1, int(sigma * self.columns / 2))
        small = random.standard_normal((self.rows // step + 3, self.columns // step + 3), np.float32)
        small = cv2.GaussianBlur(small, (0, 0), 1.0)
        large = cv2.resize(small, (self.columns, self.rows), interpolation=cv2.INTER_CUBIC)
        return np.asarray(large / max(float(large.std()), 1e-6), np.float32)

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        return np.asarray(np.round(points * self.columns * 16), np.int32)


def closed_curve(points: Sequence[tuple[float, float]]) -> Points:
    """Return a smooth closed curve through the points."""
    ring = np.asarray([*points, points[0]], float)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T) ** 0.5)])
    return np.asarray(CubicSpline(along, ring, bc_type="periodic")(np.linspace(0, along[-1], 400)), float)


def open_curve(points: Sequence[tuple[float, float]], steps: int = 60) -> Points:
    """Return a smooth open curve through the points."""
    line = np.asarray(points, float)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    return np.asarray(CubicSpline(along, line, bc_type="natural")(np.linspace(0, along[-1], steps)), float)


def draw_tree(
    canvas: NDArray[np.uint8],
    random: np.random.Generator,
    start: tuple[float, float],
    angle: float,
    length: float,
    width: float,
) -> None:
    """Draw one branching vessel into a canvas, in pixels, brighter where it is wider."""
    if width < 0.7 or length < 3:
        return
    x, y = start
    for _ in range(5):
        angle += random.normal(0, 0.13)
        end = (x + np.cos(angle) * length / 5, y + np.sin(angle) * length / 5)
        shade = int(np.clip(60 + 22 * width, 0, 255))
        left, right = sorted((int(x), int(end[0])))
        top, bottom = sorted((int(y), int(end[1])))
        pad = int(width) + 2
        left, top = max(left - pad, 0), max(top - pad, 0)
        view = canvas[top : max(bottom + pad, 0), left : max(right + pad, 0)]
        if view.size == 0:
            return
        stroke = np.zeros_like(view)
        here, there = (int(x) - left, int(y) - top), (int(end[0]) - left, int(end[1]) - top)
        cv2.line(stroke, here, there, shade, max(1, round(width)), cv2.LINE_AA)
        np.maximum(view, stroke, out=view)
        x, y = end
        width *= 0.95
    for turn in (random.uniform(0.2, 0.5), -random.uniform(0.2, 0.5)):
        draw_tree(
            canvas, random, (x, y), angle + turn, length * random.uniform(0.55, 0.9), width * random.uniform(0.6, 0.8)
        )
