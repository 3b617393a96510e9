"""Lengths on a chest of known size, and the lines that were measured."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from services.contract import Line
from services.segmentation.cardiothoracic import cardiothoracic_ratio, lung_height
from tests.services.drawn_outlines import COLUMNS, ROWS, drawn_masks


def length(line: Line) -> float:
    return math.dist(line.start, line.end)


@pytest.mark.parametrize("ratio", [0.38, 0.50, 0.62])
@pytest.mark.parametrize("film", [(ROWS, COLUMNS), (2500, 2000), (2500, 2048)])
def test_the_ratio_is_that_of_the_drawing_and_of_its_own_lines(ratio: float, film: tuple[int, int]) -> None:
    right, left, heart, *_ = drawn_masks(ratio)
    measured = cardiothoracic_ratio(right, left, heart, film)
    assert measured is not None
    assert measured.value == pytest.approx(ratio, abs=1 / 300)
    heart_right, heart_left, thorax_right, thorax_left = map(length, measured.lines)
    assert (heart_right + heart_left) / (thorax_right + thorax_left) == pytest.approx(measured.value)


def test_lines_are_horizontal_meet_at_the_midline_and_lie_on_their_structures() -> None:
    right, left, heart, *_ = drawn_masks()
    measured = cardiothoracic_ratio(right, left, heart, (ROWS, COLUMNS))
    assert measured is not None
    assert all(line.start[1] == line.end[1] for line in measured.lines)
    heart_right, heart_left, thorax_right, thorax_left = measured.lines
    assert heart_right.end[0] == heart_left.start[0] == thorax_right.end[0] == thorax_left.start[0]
    for mask, (column, row) in ((heart, heart_right.start), (right, thorax_right.start)):
        assert mask[int(row), int(column)]
    for mask, (column, row) in ((heart, heart_left.end), (left, thorax_left.end)):
        assert mask[int(row), int(column) - 1]


def test_the_patients_right_is_measured_on_the_pictures_left() -> None:
    right, left, heart, *_ = drawn_masks()
    measured = cardiothoracic_ratio(right, left, heart, (ROWS, COLUMNS))
    assert measured is not None
    for line in measured.lines:
        middle = (line.start[0] + line.end[0]) / 2
        assert (middle < COLUMNS / 2 + 15) == ("right" in line.name)


def test_unequal_scales_of_rows_and_columns_do_not_change_the_ratio() -> None:
    masks = [cv2.resize(m.astype(np.uint8), (200, 500), interpolation=cv2.INTER_NEAREST) > 0 for m in drawn_masks()]
    measured = cardiothoracic_ratio(masks[0], masks[1], masks[2], (ROWS, COLUMNS))
    assert measured is not None
    assert measured.value == pytest.approx(0.45, abs=0.01)


def test_without_heart_or_lungs_there_is_no_ratio() -> None:
    right, left, heart, *_ = drawn_masks()
    nothing = np.zeros_like(heart)
    assert cardiothoracic_ratio(right, left, nothing, (ROWS, COLUMNS)) is None
    assert cardiothoracic_ratio(nothing, nothing, heart, (ROWS, COLUMNS)) is None


def test_a_lung_is_as_high_as_it_was_drawn() -> None:
    right, *_ = drawn_masks()
    measured = lung_height(right, "right lung", (2 * ROWS, 2 * COLUMNS))
    assert measured is not None
    assert measured.pixels == pytest.approx(2 * 340, abs=2)
    assert measured.line.start[0] == measured.line.end[0]
