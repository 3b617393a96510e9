"""Pictures that are not a frontal chest film: what the gate has to refuse."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.drawn.shapes import Array, Grid, closed_curve, draw_tree, open_curve

Ring = list[tuple[float, float]]


class Picture(StrEnum):
    """Drawings besides the frontal chest."""

    LATERAL = "lateral"
    KNEE = "knee"
    CT = "ct"
    FUNDUS = "fundus"
    NOISE = "noise"
    BLANK = "blank"


def draw_lateral(seed: int = 0, rows: int = 2500, columns: int = 2048) -> NDArray[np.uint16]:
    """Return a lateral chest film: spine behind (right of the picture), sternum in front."""
    random, grid = np.random.default_rng(seed), Grid(rows // 2, columns // 2)
    body = [
        (0.24, -0.2),
        (0.2, 0.2),
        (0.1, 0.4),
        (0.08, 0.8),
        (0.12, 1.3),
        (0.86, 1.3),
        (0.9, 0.8),
        (0.88, 0.3),
        (0.7, 0.0),
    ]
    lung = [
        (0.42, 0.18),
        (0.26, 0.3),
        (0.18, 0.5),
        (0.18, 0.75),
        (0.24, 0.86),
        (0.45, 0.85),
        (0.66, 0.98),
        (0.76, 1.06),
    ]
    back = [(0.82, 0.9), (0.82, 0.6), (0.76, 0.36), (0.62, 0.17), (0.5, 0.13)]
    heart = [(0.24, 0.62), (0.36, 0.52), (0.5, 0.56), (0.56, 0.7), (0.5, 0.84), (0.3, 0.85), (0.22, 0.78)]
    total = _tissue(grid, body, 0.3) - 0.36 * grid.blur(grid.dome(grid.fill(closed_curve(lung + back)), 0.12), 0.002)
    total += 0.22 * grid.blur(grid.dome(grid.fill(closed_curve(heart)), 0.12), 0.004)
    spine = open_curve([(0.68, 0.0), (0.76, 0.3), (0.8, 0.6), (0.76, 0.95), (0.7, 1.25)], 14)
    for x, y in spine:
        vertebra = closed_curve(
            [(x - 0.045, y - 0.034), (x + 0.045, y - 0.034), (x + 0.045, y + 0.03), (x - 0.045, y + 0.03)]
        )
        total += 0.13 * grid.blur(grid.fill(vertebra), 0.003)
    for number in range(9):
        y = 0.2 + 0.085 * number
        total += 0.05 * grid.tube(open_curve([(0.8, y), (0.6, y + 0.02), (0.35, y + 0.1), (0.2, y + 0.18)]), 0.012)
    total -= 0.12 * grid.tube(open_curve([(0.5, -0.1), (0.53, 0.2), (0.55, 0.42)]), 0.017, edge=0.0)
    return _film(total, rows, columns, random)


def draw_knee(seed: int = 0, rows: int = 2000, columns: int = 1600) -> NDArray[np.uint16]:
    """Return a knee from in front: femur, tibia, fibula, patella."""
    random, grid = np.random.default_rng(seed), Grid(rows // 2, columns // 2)
    leg = [
        (0.22, -0.2),
        (0.2, 0.3),
        (0.22, 0.6),
        (0.26, 0.9),
        (0.3, 1.4),
        (0.72, 1.4),
        (0.76, 0.9),
        (0.79, 0.6),
        (0.8, -0.2),
    ]
    femur = [
        (0.42, -0.2),
        (0.43, 0.25),
        (0.3, 0.46),
        (0.31, 0.58),
        (0.44, 0.61),
        (0.5, 0.57),
        (0.57, 0.61),
        (0.69, 0.58),
    ]
    femur += [(0.7, 0.46), (0.58, 0.25), (0.59, -0.2)]
    tibia = [
        (0.3, 0.65),
        (0.48, 0.63),
        (0.5, 0.61),
        (0.52, 0.63),
        (0.69, 0.65),
        (0.66, 0.74),
        (0.58, 0.88),
        (0.57, 1.5),
    ]
    tibia += [(0.45, 1.5), (0.44, 0.88), (0.33, 0.74)]
    fibula = [(0.71, 0.73), (0.75, 0.76), (0.71, 0.85), (0.69, 1.4), (0.65, 1.4), (0.67, 0.85)]
    total = _tissue(grid, leg, 0.3)
    for bone, strength in ((femur, 0.3), (tibia, 0.3), (fibula, 0.2)):
        shape = grid.fill(closed_curve(bone))
        rim = grid.tube(closed_curve(bone), 0.009, edge=0.0)
        total += strength * grid.blur(0.5 * shape + 0.4 * grid.dome(shape, 0.05) + 0.4 * rim * shape, 0.002)
    patella = [(0.43, 0.32), (0.5, 0.29), (0.58, 0.32), (0.57, 0.42), (0.5, 0.46), (0.44, 0.42)]
    total += 0.12 * grid.blur(grid.fill(closed_curve(patella)), 0.003)
    return _film(total, rows, columns, random)


def draw_ct(seed: int = 0, size: int = 512) -> NDArray[np.int16]:
    """Return an axial slice of the chest in Hounsfield units."""
    random, grid = np.random.default_rng(seed), Grid(size, size)
    hu = np.full((size, size), -1000.0, np.float32)

    def paint(ring: Ring, value: float) -> None:
        shape = grid.fill(closed_curve(ring))
        hu[:] = hu * (1 - shape) + value * shape

    paint(_ellipse(0.5, 0.5, 0.42, 0.3), -95)
    paint(_ellipse(0.5, 0.5, 0.39, 0.27), 45)
    paint([(0.2, 0.4), (0.32, 0.28), (0.43, 0.36), (0.4, 0.55), (0.38, 0.7), (0.24, 0.66), (0.16, 0.52)], -860)
    paint([(0.8, 0.4), (0.68, 0.28), (0.62, 0.33), (0.64, 0.5), (0.62, 0.7), (0.76, 0.66), (0.84, 0.52)], -860)
    paint(_ellipse(0.53, 0.42, 0.11, 0.1), 60)
    paint(_ellipse(0.5, 0.68, 0.05, 0.045), 320)
    paint(_ellipse(0.57, 0.62, 0.025, 0.025), 150)
    for angle in np.arange(0.2, 6.2, 0.45):
        paint(_ellipse(0.5 + 0.37 * np.cos(angle), 0.5 + 0.25 * np.sin(angle), 0.03, 0.012), 450)
    vessels = np.zeros((size, size), np.uint8)
    for heading in np.linspace(-0.8, 0.8, 5):
        draw_tree(vessels, random, (0.64 * size, 0.45 * size), float(heading), size * 0.05, 5)
        draw_tree(vessels, random, (0.4 * size, 0.45 * size), float(np.pi - heading), size * 0.05, 5)
    hu = np.where((hu < -500) & (hu > -950) & (vessels > 0), 20.0, hu).astype(np.float32)
    return np.asarray(np.round(grid.blur(hu, 0.0015) + random.normal(0, 18, hu.shape)), np.int16)


def draw_fundus(seed: int = 0, size: int = 768) -> NDArray[np.uint8]:
    """Return a colour photograph of the back of the eye, ``(rows, columns, 3)`` RGB."""
    random, grid = np.random.default_rng(seed), Grid(size, size)
    field = grid.fill(np.asarray(closed_curve(_ellipse(0.5, 0.5, 0.46, 0.46))))
    disc = grid.blur(grid.fill(closed_curve(_ellipse(0.3, 0.5, 0.055, 0.065))), 0.008)
    macula = grid.blur(grid.fill(closed_curve(_ellipse(0.62, 0.52, 0.05, 0.05))), 0.04)
    vessels = np.zeros((size, size), np.uint8)
    for heading in (-1.2, -0.5, 0.5, 1.2, 2.2, -2.2):
        draw_tree(vessels, random, (0.3 * size, 0.5 * size), heading, size * 0.2, size / 90)
    blood = grid.blur(vessels.astype(np.float32) / 255, 0.002)
    shade = field * (1 + 0.04 * grid.noise(random, 0.03))
    red = shade * (0.75 + 0.25 * disc - 0.2 * macula - 0.35 * blood)
    green = shade * (0.36 + 0.5 * disc - 0.14 * macula - 0.4 * blood)
    blue = shade * (0.14 + 0.35 * disc - 0.06 * macula - 0.1 * blood)
    return np.asarray(np.clip(np.stack([red, green, blue], axis=2) * 255, 0, 255), np.uint8)


def draw_noise(seed: int = 0, rows: int = 1024, columns: int = 1024) -> NDArray[np.uint16]:
    """Return white noise over the full 12 bits."""
    return np.random.default_rng(seed).integers(0, 4096, (rows, columns), dtype=np.uint16)


def draw_blank(rows: int = 1024, columns: int = 1024, value: int = 2048) -> NDArray[np.uint16]:
    """Return one single grey."""
    return np.full((rows, columns), value, np.uint16)


def _ellipse(x: float, y: float, wide: float, high: float) -> Ring:
    return [(x + wide * float(np.cos(t)), y + high * float(np.sin(t))) for t in np.arange(0, 6.2, 0.4)]


def _tissue(grid: Grid, ring: Ring, depth: float) -> Array:
    shape = grid.fill(closed_curve(ring))
    return grid.blur(np.asarray(0.17 * shape + 0.45 * grid.dome(shape, depth), np.float32), 0.003)


def _film(total: Array, rows: int, columns: int, random: np.random.Generator) -> NDArray[np.uint16]:
    large = cv2.resize(total, (columns, rows), interpolation=cv2.INTER_CUBIC)
    film = 0.02 + 1.03 * (1 - np.exp(-2.3 * np.clip(large, 0, None) ** 1.25))
    film = film + 0.008 * random.standard_normal(film.shape, np.float32)
    return np.asarray(np.clip(film * 4095, 0, 4095), np.uint16)
