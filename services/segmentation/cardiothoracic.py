"""Lengths on a chest film, from outlines, with the very lines that were measured.

Everything is in pixels of the film. The ratio needs no calibration; a height in mm needs one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from services.contract import Line
from services.segmentation.outlines import Mask

FilmShape = tuple[int, int]
"""Rows and columns of the film in px; outlines may lie on a coarser grid."""


class MeasuredRatio(NamedTuple):
    """The widest heart over the widest thorax, each from two horizontal lines that meet at the midline."""

    value: float
    lines: tuple[Line, Line, Line, Line]


class MeasuredHeight(NamedTuple):
    """The vertical height of one lung."""

    pixels: float
    line: Line


class _Extent(NamedTuple):
    """The outermost columns of a mask and the rows where they are reached, in pixels of the film."""

    left: float
    left_row: float
    right: float
    right_row: float


def cardiothoracic_ratio(right_lung: Mask, left_lung: Mask, heart: Mask, film: FilmShape) -> MeasuredRatio | None:
    """Measure the cardiothoracic ratio; ``None`` where heart or lungs are empty.

    Parameters
    ----------
    right_lung, left_lung, heart
        ``(rows, columns)`` on one grid that covers the whole film.
    """
    thorax, cardiac = _extent(right_lung | left_lung, film), _extent(heart, film)
    if thorax is None or cardiac is None:
        return None
    midline = min(max(_midline(right_lung, left_lung, film), cardiac.left), cardiac.right)
    lines = (
        Line(name="heart, right of midline", start=(cardiac.left, cardiac.left_row), end=(midline, cardiac.left_row)),
        Line(name="heart, left of midline", start=(midline, cardiac.right_row), end=(cardiac.right, cardiac.right_row)),
        Line(name="thorax, right of midline", start=(thorax.left, thorax.left_row), end=(midline, thorax.left_row)),
        Line(name="thorax, left of midline", start=(midline, thorax.right_row), end=(thorax.right, thorax.right_row)),
    )
    return MeasuredRatio((cardiac.right - cardiac.left) / (thorax.right - thorax.left), lines)


def lung_height(lung: Mask, name: str, film: FilmShape) -> MeasuredHeight | None:
    """Measure one lung from its highest to its lowest row; ``None`` where it is empty."""
    rows = np.flatnonzero(lung.any(axis=1))
    if not rows.size:
        return None
    row_scale, column_scale = film[0] / lung.shape[0], film[1] / lung.shape[1]
    column = (float(np.flatnonzero(lung[rows[0]]).mean()) + 0.5) * column_scale
    top, bottom = float(rows[0]) * row_scale, float(rows[-1] + 1) * row_scale
    return MeasuredHeight(bottom - top, Line(name=f"height of the {name}", start=(column, top), end=(column, bottom)))


def _extent(mask: Mask, film: FilmShape) -> _Extent | None:
    columns = np.flatnonzero(mask.any(axis=0))
    if not columns.size:
        return None
    row_scale, column_scale = film[0] / mask.shape[0], film[1] / mask.shape[1]

    def row_of(column: int) -> float:
        return float((np.flatnonzero(mask[:, column]).mean() + 0.5) * row_scale)

    first, last = int(columns[0]), int(columns[-1])
    return _Extent(first * column_scale, row_of(first), (last + 1) * column_scale, row_of(last))


def _midline(right_lung: Mask, left_lung: Mask, film: FilmShape) -> float:
    """Return the column halfway between the inner borders of the lungs, taken where the gap is narrowest.

    That is over the spine, above the heart. The ratio does not depend on it; only where the lines meet does.
    """
    both = right_lung.any(axis=1) & left_lung.any(axis=1)
    rows = np.flatnonzero(both)
    if not rows.size:
        return film[1] / 2
    inner_right = right_lung.shape[1] - 1 - np.argmax(right_lung[rows, ::-1], axis=1)
    inner_left = np.argmax(left_lung[rows], axis=1)
    narrowest = int(np.argmin(inner_left - inner_right))
    middle = (float(inner_left[narrowest]) + float(inner_right[narrowest]) + 1) / 2
    return float(middle * film[1] / right_lung.shape[1])
