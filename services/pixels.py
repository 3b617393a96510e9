"""One image as every specialist of a service sees it: read once, prepared once per size.

Images in the store already have rescale and MONOCHROME1 inversion applied (PS3.3 C.7.6.3, C.11.1); here
they are only fitted into the square grid of a network.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from services.contract import ArrayReference, Box, ImageReference
from services.store import Array, Store

Grid = npt.NDArray[np.float32]
T = TypeVar("T")
T_scalar = TypeVar("T_scalar", bound=np.generic)

LOWER_PERCENTILE, UPPER_PERCENTILE = 0.5, 99.5
SMALLEST_CONTRAST = 1e-5
"""Of the values; less is rounding, and the image is constant."""


@dataclass(frozen=True)
class Letterbox:
    """Where an image lies in the square grid of a network.

    Pixel ``(r, c)`` of the image lies at ``(r * row_scale + top, c * column_scale + left)`` of the grid.
    A positive margin is padding, a negative one a centre crop.
    """

    size: int
    image_rows: int
    image_columns: int
    rows: int
    """Rows of the grid that the whole image would take."""
    columns: int
    top: int
    left: int
    constant: bool = False
    """The image has no contrast at all; the grid is all zero."""

    @property
    def row_scale(self) -> float:
        return self.rows / self.image_rows

    @property
    def column_scale(self) -> float:
        return self.columns / self.image_columns

    def to_image(self, column: float, row: float) -> tuple[float, float]:
        """Return the ``(column, row)`` of the image, unclipped, at a place of the grid."""
        return (column - self.left) / self.column_scale, (row - self.top) / self.row_scale

    def to_grid(self, column: float, row: float) -> tuple[float, float]:
        """Return the ``(column, row)`` of the grid at a place of the image."""
        return column * self.column_scale + self.left, row * self.row_scale + self.top

    def box_to_image(self, left: float, top: float, right: float, bottom: float) -> Box | None:
        """Return a box of the grid in pixels of the image, clipped to it; ``None`` if nothing is left."""
        x0, y0 = self.to_image(left, top)
        x1, y1 = self.to_image(right, bottom)
        x0, x1 = (min(max(x, 0.0), float(self.image_columns)) for x in (x0, x1))
        y0, y1 = (min(max(y, 0.0), float(self.image_rows)) for y in (y0, y1))
        return Box(left=x0, top=y0, right=x1, bottom=y1) if x1 > x0 and y1 > y0 else None

    def cover_image(self, grid: npt.NDArray[T_scalar]) -> npt.NDArray[T_scalar]:
        """Return the part of ``grid`` that covers the whole image, ``(rows, columns)``, at the grid's scale.

        This is the form that :class:`ArrayReference` asks for. Padding is cut away; what a centre crop
        left out is zero.
        """
        covered = np.zeros((self.rows, self.columns), grid.dtype)
        top, left = max(self.top, 0), max(self.left, 0)
        bottom, right = min(self.size, self.top + self.rows), min(self.size, self.left + self.columns)
        covered[top - self.top : bottom - self.top, left - self.left : right - self.left] = grid[top:bottom, left:right]
        return covered

    def mask_to_image(self, mask: Array) -> npt.NDArray[np.uint8]:
        """Return a mask of the grid as ``(image_rows, image_columns)`` uint8, 0 or 1, nearest neighbour."""
        covered = self.cover_image((np.asarray(mask) != 0).astype(np.uint8))
        resized: npt.NDArray[np.uint8] = cv2.resize(
            covered, (self.image_columns, self.image_rows), interpolation=cv2.INTER_NEAREST
        )
        return resized


def to_grey(image: Array) -> Array:
    """Return ``(rows, columns)``, luminance (ITU-R BT.601) where the image has three samples per pixel."""
    return image if image.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)


def letterbox(image: Array, size: int) -> tuple[Grid, Letterbox]:
    """Fit an image into a square, whatever its bit depth, aspect and range.

    The aspect is kept, the rest padded with 0. The 0.5 and 99.5 percentiles of the fitted image, padding
    excluded, become 0 and 1. Training and serving both call this function.

    Parameters
    ----------
    image
        ``(rows, columns)`` or ``(rows, columns, 3)``, any integer or float type.
    size
        Side of the square, in pixels.

    Returns
    -------
    Grid
        ``(size, size)`` float32 in [0, 1]; all zero for a constant image.
    Letterbox
        Where the image lies in it.
    """
    grey = to_grey(image)
    image_rows, image_columns = grey.shape
    scale = size / max(image_rows, image_columns)
    rows, columns = (min(size, max(1, round(side * scale))) for side in (image_rows, image_columns))
    fitted, constant = _stretch(_resize(grey, rows, columns))
    top, left = (size - rows) // 2, (size - columns) // 2
    grid = np.zeros((size, size), np.float32)
    grid[top : top + rows, left : left + columns] = fitted
    return grid, Letterbox(size, image_rows, image_columns, rows, columns, top, left, constant)


def centre_crop(image: Array, size: int, minimum: int, maximum: int) -> tuple[Grid, Letterbox]:
    """Prepare an image by torchxrayvision's convention.

    The full range of the stored bits, not of this image or its window, is mapped to [-1024, 1024]; the
    centre square is cut out as ``XRayCenterCrop`` does, then resized as ``XRayResizer`` does with scikit-image.

    Returns
    -------
    Grid
        ``(size, size)`` float32 in [-1024, 1024].
    Letterbox
        Where the image lies in it; margins are zero or negative.
    """
    grey = to_grey(image)
    image_rows, image_columns = grey.shape
    side = min(image_rows, image_columns)
    first_row, first_column = image_rows // 2 - side // 2, image_columns // 2 - side // 2
    square = grey[first_row : first_row + side, first_column : first_column + side]
    scaled = _as_the_library_resizes(square, size, minimum, maximum)
    scale = size / side
    rows, columns = round(image_rows * scale), round(image_columns * scale)
    place = Letterbox(
        size, image_rows, image_columns, rows, columns, -round(first_row * scale), -round(first_column * scale)
    )
    return scaled.astype(np.float32), place


class Pixels:
    """An image reference, its array and every prepared size, shared by the specialists of one request.

    Safe to use from several threads: each size is prepared once, whoever asks first.
    """

    def __init__(self, reference: ImageReference, store: Store) -> None:
        self.reference = reference
        self.store = store
        self._lock = threading.RLock()
        self._prepared: dict[tuple[str, int], object] = {}

    @property
    def image_id(self) -> str:
        return self.reference.image_id

    @property
    def array(self) -> Array:
        """The stored array, read-only: ``(rows, columns)`` or ``(rows, columns, 3)``, uint8 or uint16.

        Raises
        ------
        UnreadableArray
            If it is missing, damaged or not as described.
        """
        return self._once(("array", 0), lambda: self.store.open_image(self.reference))

    @property
    def grey(self) -> Array:
        """The image as ``(rows, columns)`` of the stored type."""
        return self._once(("grey", 0), lambda: to_grey(self.array))

    def letterbox(self, size: int) -> tuple[Grid, Letterbox]:
        """Return :func:`letterbox` of this image; the grid is shared and read-only."""
        return self._once(("letterbox", size), lambda: _frozen(letterbox(self.grey, size)))

    def xrv_input(self, size: int) -> tuple[Grid, Letterbox]:
        """Return :func:`centre_crop` of this image by its own stored range; shared and read-only."""
        low, high = self.reference.minimum_value, self.reference.maximum_value
        return self._once(("xrv", size), lambda: _frozen(centre_crop(self.grey, size, low, high)))

    def write_mask(self, mask: npt.ArrayLike) -> ArrayReference:
        """Write a mask that covers the whole image (see :meth:`Letterbox.cover_image`) into the store."""
        return self.store.write_mask(mask)

    def write_heat_map(self, heat: npt.ArrayLike) -> ArrayReference:
        """Write a heat map in [0, 1] that covers the whole image into the store."""
        return self.store.write_heat_map(heat)

    def _once(self, key: tuple[str, int], prepare: Callable[[], T]) -> T:
        with self._lock:
            if key not in self._prepared:
                self._prepared[key] = prepare()
            return self._prepared[key]  # type: ignore[return-value]


def xrv_input(pixels: Pixels, size: int) -> tuple[Grid, Letterbox]:
    """Return an image as a torchxrayvision model reads it; see :func:`centre_crop`."""
    return pixels.xrv_input(size)


def _resize(grey: Array, rows: int, columns: int) -> Grid:
    """Average over areas when shrinking, interpolate when enlarging.

    Whole factors of two are averaged first, down to between two and four times the size wanted, which is
    several times faster than one step. Rounding stays below a thousandth of the range: 8-bit values are
    lifted to 16 bits before they are averaged.
    """
    if rows > grey.shape[0] or columns > grey.shape[1]:
        enlarged: Array = cv2.resize(grey.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR)
        return enlarged.astype(np.float32, copy=False)
    lift = 256 if grey.dtype == np.uint8 else 1
    level = grey.astype(np.uint16) * np.uint16(lift) if lift > 1 else grey
    if level.dtype not in (np.uint16, np.float32):
        level = level.astype(np.float32)
    factor = 1
    while level.shape[0] >= 4 * rows and level.shape[1] >= 4 * columns:
        level, factor = _half(level), 2 * factor
    extent = (grey.shape[0] / factor, grey.shape[1] / factor)
    fitted: Grid
    if extent == level.shape:
        fitted = cv2.resize(level.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    else:
        down = _area_means(level.astype(np.float32), extent[0], rows)
        fitted = cv2.transpose(_area_means(cv2.transpose(down), extent[1], columns))
    return fitted / np.float32(lift)


def _as_the_library_resizes(square: Array, size: int, minimum: int, maximum: int) -> Grid:
    """Return a square in [-1024, 1024], resized as ``skimage.transform.resize`` with ``mode="constant"`` does.

    It smooths by a Gaussian of (f - 1) / 2 pixels for a factor of f, with zeros around the image, then interpolates
    linearly. Here whole factors of two are averaged first, which smooths by a known part of that, and the Gaussian
    does the rest on the smaller image.
    """
    side, slope = square.shape[0], 2048.0 / (maximum - minimum)
    if side <= size:
        return _resize(square, size, size) * np.float32(slope) - np.float32(minimum * slope + 1024.0)
    lift = 256 if square.dtype == np.uint8 else 1
    level = square.astype(np.uint16) * np.uint16(lift) if lift > 1 else square
    if level.dtype not in (np.uint16, np.float32):
        level = level.astype(np.float32)
    factor = 1
    while level.shape[0] >= 4 * size and level.shape[0] % 2 == 0:
        level, factor = _half(level), 2 * factor
    scaled = level.astype(np.float32) * np.float32(slope / lift) - np.float32(minimum * slope + 1024.0)
    rest = np.sqrt(max(((side / size - 1) / 2) ** 2 - (factor**2 - 1) / 12, 0.0)) / factor
    if rest > 0:
        scaled = cv2.GaussianBlur(scaled, (0, 0), rest, borderType=cv2.BORDER_CONSTANT)
    resized: Grid = cv2.resize(scaled, (size, size), interpolation=cv2.INTER_LINEAR)
    return resized


def _half(level: Array) -> Array:
    """Return means of two by two pixels; an odd last row or column is repeated."""
    rows, columns = level.shape
    if rows % 2 or columns % 2:
        level = cv2.copyMakeBorder(level, 0, rows % 2, 0, columns % 2, cv2.BORDER_REPLICATE)
    half: Array = cv2.resize(level, (level.shape[1] // 2, level.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return half


def _area_means(level: Grid, extent: float, cells: int) -> Grid:
    """Return the means over ``cells`` rows that divide the first ``extent`` rows of ``level`` evenly.

    ``extent`` may be a fraction less than the rows of ``level``: an odd side was repeated when it was
    halved, and that is left out here. ``cv2.INTER_AREA``, which does the same, knows whole sides only.
    """
    width = extent / cells
    first = np.arange(cells) * width
    start = first.astype(np.int64)
    means = np.zeros((cells, level.shape[1]), np.float32)
    for step in range(int(np.ceil(width)) + 1):
        overlap = np.minimum(first + width, start + step + 1) - np.maximum(first, start + step)
        weight = (np.clip(overlap, 0.0, None) / width).astype(np.float32)
        means += weight[:, None] * level[np.minimum(start + step, len(level) - 1)]
    return means


def _stretch(fitted: Grid) -> tuple[Grid, bool]:
    low, high = np.percentile(fitted, (LOWER_PERCENTILE, UPPER_PERCENTILE))
    if not high - low > SMALLEST_CONTRAST * max(abs(high), abs(low)):
        return np.zeros_like(fitted), True
    return np.clip((fitted - np.float32(low)) / np.float32(high - low), 0.0, 1.0), False


def _frozen(prepared: tuple[Grid, Letterbox]) -> tuple[Grid, Letterbox]:
    prepared[0].setflags(write=False)
    return prepared
