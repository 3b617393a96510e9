"""How a film is varied in training: pose, grey levels, resolution, compression, holes.

Resolution and compression are varied on purpose: they differ between sets and must not become the label.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator


def vary_pose(image: NDArray[np.uint8], side: int, random: Random, *, degrees: float = 8.0) -> NDArray[np.uint8]:
    """Return a ``(side, side)`` view of a square: turned, scaled, shifted."""
    source = image.shape[0]
    angle = np.deg2rad(random.uniform(-degrees, degrees))
    scale = side / source * np.exp(random.uniform(-0.12, 0.15))
    stretch = np.exp(random.uniform(-0.08, 0.08))
    turn = np.array([[np.cos(angle) * stretch, -np.sin(angle)], [np.sin(angle), np.cos(angle) / stretch]]) * scale
    middle = side / 2 + random.uniform(-0.05, 0.05, 2) * side
    offset = middle - turn @ np.array([source / 2, source / 2])
    matrix = np.concatenate([turn, offset[:, None]], axis=1)
    moved: NDArray[np.uint8] = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=0)
    return moved


def vary_grey(image: NDArray[np.uint8], random: Random, *, gamma: float = 0.35) -> NDArray[np.uint8]:
    """Return the square under another gamma, contrast and brightness."""
    curve = np.linspace(0, 1, 256) ** np.exp(random.uniform(-gamma, gamma))
    curve = (curve - 0.5) * random.uniform(0.75, 1.15) + 0.5 + random.uniform(-0.08, 0.08)
    varied: NDArray[np.uint8] = cv2.LUT(image, np.rint(np.clip(curve, 0, 1) * 255).astype(np.uint8))
    return varied


def lose_detail(image: NDArray[np.uint8], random: Random, *, coarse: int = 64) -> NDArray[np.uint8]:
    """Return the square after a smaller grid of at least ``coarse`` pixels."""
    side = image.shape[0]
    smaller = int(random.integers(coarse, max(coarse + 1, side)))
    small = cv2.resize(image, (smaller, smaller), interpolation=cv2.INTER_AREA)
    again: NDArray[np.uint8] = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    return again


def sharpen(image: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return the square with its edges raised, as many exports have them."""
    soft = cv2.GaussianBlur(image, (0, 0), random.uniform(0.8, 2.5))
    more = random.uniform(0.2, 1.2)
    sharp: NDArray[np.uint8] = cv2.addWeighted(image, 1 + more, soft, -more, 0)
    return sharp


def compress(image: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return the square after JPEG at a quality between 25 and 90."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 91))])
    decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return np.asarray(decoded, dtype=np.uint8)


def add_noise(image: NDArray[np.uint8], random: Random, *, most: float = 10.0) -> NDArray[np.uint8]:
    """Return the square with Gaussian noise of at most ``most`` grey levels."""
    noise = random.normal(0, random.uniform(1, most), image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def cut_holes(image: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return the square with one or two rectangles of one grey."""
    holed = image.copy()
    side = image.shape[0]
    for _ in range(int(random.integers(1, 3))):
        rows, columns = random.integers(side // 10, side // 3, 2)
        top, left = random.integers(0, side - rows), random.integers(0, side - columns)
        holed[top : top + rows, left : left + columns] = random.integers(0, 256)
    return holed
