"""How one film becomes many: geometry and grey levels, never a mirror image.

A mirrored chest shows the patient's right as left. Side matters here, so there is no horizontal flip,
and no inversion either: ingest has already turned MONOCHROME1 the right way round.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from services.pixels import Grid, letterbox

Generator = np.random.Generator
Bytes = npt.NDArray[np.uint8]


def augment(pixels: Bytes, masks: Bytes, size: int, random: Generator) -> tuple[Grid, Bytes]:
    """Return one variation of a film, letterboxed and normalised by the function that serves.

    Parameters
    ----------
    pixels
        ``(rows, columns)`` uint8.
    masks
        ``(rows, columns, n)`` uint8, 0 or 1.

    Returns
    -------
    tuple
        ``(size, size)`` float32 in [0, 1], and ``(size, size, n)`` uint8.
    """
    picture, outlines = _move(pixels, masks, size, random)
    grid, place = letterbox(_expose(picture, random), size)
    targets = np.zeros((size, size, masks.shape[-1]), np.uint8)
    targets[place.top : place.top + place.rows, place.left : place.left + place.columns] = outlines
    return grid, targets


def widen(pixels: Bytes, masks: Bytes, heart: int, random: Generator) -> tuple[Bytes, Bytes]:
    """Stretch or shrink a film across, around its heart: the heart by a fifth at most, the ribs hardly.

    A reader that has seen hearts of one width only learns where their edges usually are, not where they are.

    Parameters
    ----------
    heart
        Its place among the masks ``(rows, columns, n)``.
    """
    columns = np.flatnonzero(masks[..., heart].any(axis=0))
    if not columns.size:
        return pixels, masks
    middle, half = (columns[0] + columns[-1] + 1) / 2, max(1.0, (columns[-1] + 1 - columns[0]) / 2)
    factor, reach = float(np.exp(random.uniform(-0.12, 0.32))), 1.9 * half
    across = np.arange(pixels.shape[1], dtype=np.float64) - middle
    near = np.clip(1 - np.abs(across) / reach, 0, 1)
    stretched = across + np.sign(across) * half * (factor - 1) * 2 * np.minimum(near, 1 - near)
    source = np.interp(across, np.maximum.accumulate(stretched), across) + middle
    down = np.arange(pixels.shape[0], dtype=np.float32)
    map_across, map_down = np.meshgrid(source.astype(np.float32), down)
    picture = cv2.remap(pixels, map_across, map_down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    outlines = cv2.remap(masks, map_across, map_down, cv2.INTER_NEAREST)
    return np.asarray(picture, np.uint8), np.asarray(outlines, np.uint8)


def _move(pixels: Bytes, masks: Bytes, size: int, random: Generator) -> tuple[Grid, Bytes]:
    """Rotate, scale, shear, shift and crop; the longer side becomes ``size``."""
    rows, columns = _content(size, random)
    matrix = _affine(pixels.shape, rows, columns, random)
    edge = cv2.BORDER_CONSTANT if random.random() < 0.6 else cv2.BORDER_REPLICATE
    picture = cv2.warpAffine(pixels, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=edge)
    outlines = cv2.warpAffine(masks, matrix, (columns, rows), flags=cv2.INTER_NEAREST)
    return picture.astype(np.float32), np.asarray(outlines, np.uint8).reshape(rows, columns, -1)


def _content(size: int, random: Generator) -> tuple[int, int]:
    """Half of the films stay square; the others become portrait or landscape."""
    if random.random() < 0.4:
        return size, size
    shorter = round(size * random.uniform(0.72, 1.0))
    return (size, shorter) if random.random() < 0.5 else (shorter, size)


def _affine(shape: tuple[int, ...], rows: int, columns: int, random: Generator) -> npt.NDArray[np.float64]:
    source_rows, source_columns = shape[:2]
    fit = max(rows / source_rows, columns / source_columns)
    scale = fit * float(np.exp(random.uniform(-0.22, 0.22)))
    stretch = float(np.exp(random.uniform(-0.08, 0.08)))
    angle, shear = np.deg2rad(random.normal(0, 6)), random.normal(0, 0.04)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[scale * stretch, shear * scale], [0.0, scale / stretch]])
    shift = random.uniform(-0.08, 0.08, 2) * (columns, rows)
    middle = np.array([columns / 2, rows / 2]) + shift
    offset = middle - linear @ np.array([source_columns / 2, source_rows / 2])
    return np.hstack([linear, offset[:, None]]).astype(np.float64)


def _expose(picture: Grid, random: Generator) -> Grid:
    """Vary exposure, window, sharpness and noise as sites and vendors do."""
    if random.random() < 0.25:
        picture = _print_on(picture, random)
    if random.random() < 0.25:
        picture = _collimate(picture, random)
    picture = _window(_unit(picture), random)
    picture = np.power(picture, np.float32(np.exp(random.uniform(-0.6, 0.6))))
    if random.random() < 0.2:
        picture = _equalise(picture, random)
    if random.random() < 0.3:
        picture = _shade(picture, random)
    picture = _sharpness(picture, random)
    if random.random() < 0.7:
        picture = picture + random.normal(0, random.uniform(0, 0.05), picture.shape).astype(np.float32)
    return picture


def _unit(picture: Grid) -> Grid:
    low, high = np.percentile(picture, (0.5, 99.5))
    if high <= low:
        return np.zeros_like(picture)
    return _clipped((picture - np.float32(low)) / np.float32(high - low))


def _clipped(picture: npt.ArrayLike) -> Grid:
    return np.asarray(picture, np.float32).clip(0, 1)


def _window(picture: Grid, random: Generator) -> Grid:
    low, high = random.uniform(-0.05, 0.2), random.uniform(0.75, 1.1)
    return _clipped((picture - np.float32(low)) / np.float32(high - low))


def _equalise(picture: Grid, random: Generator) -> Grid:
    equaliser = cv2.createCLAHE(clipLimit=float(random.uniform(1, 4)), tileGridSize=(4, 4))
    levels = equaliser.apply((picture * 255).astype(np.uint8))
    return np.asarray(levels, np.float32) / np.float32(255)


def _shade(picture: Grid, random: Generator) -> Grid:
    """A smooth change of density across the film, such as a grid cut-off."""
    field = cv2.resize(random.uniform(-0.2, 0.2, (3, 3)).astype(np.float32), picture.shape[::-1])
    return _clipped(picture + field)


def _sharpness(picture: Grid, random: Generator) -> Grid:
    chance = random.random()
    if chance < 0.15:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.5, 1.5))))
    if chance < 0.3:
        coarse = cv2.resize(picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(coarse, picture.shape[::-1], interpolation=cv2.INTER_LINEAR))
    if chance < 0.4:
        return _clipped(picture + (picture - cv2.GaussianBlur(picture, (0, 0), 2.0)))
    return picture


def _print_on(picture: Grid, random: Generator) -> Grid:
    """Print letters as technologists do; they must not tell the network anything."""
    rows, columns = picture.shape
    place = (int(random.uniform(0, 0.8) * columns), int(random.uniform(0.05, 1) * rows))
    text = "".join(chr(c) for c in random.integers(ord("A"), ord("Z"), random.integers(1, 6)))
    letters = np.zeros(picture.shape, np.uint8)
    cv2.putText(letters, text, place, cv2.FONT_HERSHEY_SIMPLEX, float(random.uniform(0.4, 0.9)), 255, 2)
    return np.where(letters > 0, picture.max(), picture)


def _collimate(picture: Grid, random: Generator) -> Grid:
    """Blacken or whiten up to a twelfth of each side, as shutters and scanners do."""
    rows, columns = picture.shape
    framed = picture.copy()
    value = picture.min() if random.random() < 0.7 else picture.max()
    top, bottom = (random.uniform(0, 0.08, 2) * rows).astype(int)
    left, right = (random.uniform(0, 0.08, 2) * columns).astype(int)
    framed[:top], framed[rows - bottom :] = value, value
    framed[:, :left], framed[:, columns - right :] = value, value
    return framed
