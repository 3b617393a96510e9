"""Lines of text in the pixels: found by their strokes, and blacked out.

Classical, without a network: letters are small islands of nearly one grey, brighter or darker than what is around
them, of one height, in a row. A side marker (one to three letters) is no line of text and stays: it names nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from services.contract import Box

Grey = NDArray[np.uint8]
LONGEST_SIDE = 2048
"""Larger images are brought to this before they are searched."""
LEAST_HEIGHT, MOST_HEIGHT = 6, 90
"""Pixels that a letter is high, in the image that is searched."""
LEAST_LETTERS = 4
"""A row of fewer is a marker, or chance."""
LEAST_CONTRAST = 24
"""Grey levels of 255 between a letter and what is around it."""
_MARGIN = 0.35
"""Of a letter's height, around what is blacked out."""


class _Letter(NamedTuple):
    left: int
    top: int
    width: int
    height: int
    grey: float

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def find_text(pixels: NDArray[np.generic]) -> tuple[Box, ...]:
    """Return a box around every line of text, in pixels of the image.

    Parameters
    ----------
    pixels
        ``(rows, columns)`` or ``(rows, columns, 3)``, any integer depth; the range that is used becomes 0 to 255.
    """
    grey, scale = _eight_bit(pixels)
    lines = [line for letters in _candidates(grey) for line in _lines(letters)]
    boxes = [_around(line, scale, pixels.shape[0], pixels.shape[1]) for line in lines]
    return _merged(boxes)


def black_out(pixels: NDArray[np.generic], boxes: Sequence[Box]) -> NDArray[np.generic]:
    """Return the image with the least value that it holds inside every box."""
    made = pixels.copy()
    for box in boxes:
        made[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = pixels.min()
    return made


def _eight_bit(pixels: NDArray[np.generic]) -> tuple[Grey, float]:
    plane = pixels if pixels.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    rows, columns = plane.shape
    scale = min(1.0, LONGEST_SIDE / max(rows, columns))
    if scale < 1:
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        plane = cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_AREA)
    low, high = float(plane.min()), float(plane.max())
    if high <= low:
        return np.zeros(plane.shape, np.uint8), scale
    return ((plane.astype(np.float32) - low) * (255.0 / (high - low))).astype(np.uint8), scale


def _candidates(grey: Grey) -> Iterator[list[_Letter]]:
    """Yield islands that could be letters: bright on dark and dark on bright, for small and for large letters."""
    for size in (9, 25, 61):
        kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (size, size))
        for how in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
            raised = cv2.morphologyEx(grey, how, kernel)
            for least in (LEAST_CONTRAST, 80):
                yield _letters(raised, grey, least, size)


def _letters(raised: Grey, grey: Grey, least: int, size: int) -> list[_Letter]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats((raised >= least).astype(np.uint8), connectivity=8)
    found = []
    lowest, highest = max(LEAST_HEIGHT, size // 4), min(MOST_HEIGHT, size * 3)
    fits = (stats[:, 3] >= lowest) & (stats[:, 3] <= highest) & (stats[:, 2] <= 1.6 * stats[:, 3])
    for number in np.flatnonzero(fits[1:]) + 1:
        left, top, width, height, area = (int(value) for value in stats[number])
        if not 0.12 <= area / (width * height) <= 0.95 and width > 0.4 * height:
            continue
        rows, columns = _with_rim(top, height, grey.shape[0]), _with_rim(left, width, grey.shape[1])
        here = labels[rows, columns]
        drawn = _drawn(grey[rows, columns], (here == number).astype(np.uint8), here > 0)
        if drawn is not None:
            found.append(_Letter(left, top, width, height, drawn))
    return found


def _with_rim(start: int, length: int, end: int) -> slice:
    return slice(max(0, start - 4), min(end, start + length + 4))


def _drawn(grey: Grey, inside: Grey, islands: NDArray[np.bool_]) -> float | None:
    """Return the grey of an island with sharp edges all of one grey, as letters are drawn; None for shaded anatomy."""
    near = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    rim = (cv2.dilate(near, np.ones((5, 5), np.uint8)) - near).astype(bool) & ~islands
    ink, paper = grey[inside > 0].astype(np.float32), grey[rim].astype(np.float32)
    if not paper.size:
        return None
    ground = float(np.median(paper))
    away = np.abs(ink - ground)
    peak = float(np.percentile(away, 80))
    if peak < LEAST_CONTRAST or float(np.mean(away >= 0.55 * peak)) < 0.6:
        return None
    if float(np.mean(np.abs(paper - ground) < 0.5 * peak)) < 0.7:
        return None
    return float(np.median(ink[away >= 0.7 * peak]))


def _lines(letters: Sequence[_Letter]) -> Iterator[list[_Letter]]:
    """Yield rows of letters of about one height, side by side."""
    left_to_right = sorted(letters)
    used: set[int] = set()
    for at, first in enumerate(left_to_right):
        if at in used:
            continue
        line, members = [first], {at}
        for next_at in range(at + 1, len(left_to_right)):
            letter = left_to_right[next_at]
            if letter.left - line[-1].right > 1.6 * line[-1].height:
                if letter.left - max(one.right for one in line) > 1.6 * MOST_HEIGHT:
                    break
                continue
            if _follows(line[-1], letter):
                line.append(letter)
                members.add(next_at)
        if len(line) >= LEAST_LETTERS and _reads_as_text(line):
            used |= members
            yield line


def _follows(before: _Letter, letter: _Letter) -> bool:
    heights = sorted((before.height, letter.height))
    gap = letter.left - before.right
    return (
        heights[1] <= 1.7 * heights[0]
        and abs(before.middle - letter.middle) <= 0.4 * heights[1]
        and -0.2 * heights[1] <= gap <= 1.2 * heights[1]
    )


def _reads_as_text(line: Sequence[_Letter]) -> bool:
    """A row of letters is level, of one height and longer than high."""
    heights = np.array([letter.height for letter in line], float)
    bottoms = np.array([letter.top + letter.height for letter in line], float)
    height = float(np.median(heights))
    length = line[-1].right - line[0].left
    level = float(np.median(np.abs(bottoms - np.median(bottoms)))) <= 0.15 * height + 1
    even = float(np.median(np.abs(heights - height))) <= 0.2 * height + 1
    greys = np.array([letter.grey for letter in line])
    one_ink = float(np.median(np.abs(greys - np.median(greys)))) <= 12
    return level and even and one_ink and length >= 1.5 * height


def _around(line: Sequence[_Letter], scale: float, rows: int, columns: int) -> Box:
    margin = _MARGIN * max(letter.height for letter in line)
    left, top = min(one.left for one in line) - margin, min(one.top for one in line) - margin
    right = max(one.right for one in line) + margin
    bottom = max(one.top + one.height for one in line) + margin
    return Box(
        left=max(0.0, np.floor(left / scale)),
        top=max(0.0, np.floor(top / scale)),
        right=min(float(columns), np.ceil(right / scale)),
        bottom=min(float(rows), np.ceil(bottom / scale)),
    )


def _merged(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Return boxes that touch as one."""
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda one: (one.top, one.left)):
        for at, other in enumerate(merged):
            if box.left < other.right and other.left < box.right and box.top < other.bottom and other.top < box.bottom:
                merged[at] = Box(
                    left=min(box.left, other.left),
                    top=min(box.top, other.top),
                    right=max(box.right, other.right),
                    bottom=max(box.bottom, other.bottom),
                )
                break
        else:
            merged.append(box)
    return tuple(merged)
