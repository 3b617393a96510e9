"""Boxes of a chest, and a ratio that can be held against the outlines'."""

from __future__ import annotations

import pytest

from services.anatomy import CHEST_STRUCTURES, HEART, LEFT_CLAVICLE, LEFT_LUNG, RIGHT_LUNG
from services.chest_reader import Reader, Reading
from services.contract import Algorithm, Box, Label, Laterality, LimitationReason, Line, coded
from services.detection.box_report import UNCERTAINTY, Boxes, report_boxes
from services.detection.evaluate_chest_anatomy_boxes import overlap, true_boxes
from tests.services.drawn_outlines import drawn_masks

READER = Reader("chest_anatomy_boxes", Algorithm(name="drawn", version="1"), {UNCERTAINTY: 0.012})


def drawn_boxes(ratio: float = 0.45) -> Boxes:
    masks = drawn_masks(ratio).transpose(1, 2, 0).astype("uint8")
    return {structure: (box, 0.9) for structure, box in true_boxes(masks).items()}


def report(boxes: Boxes, view: str | None = "PA", age_years: float | None = 50) -> Reading:
    return report_boxes(boxes, "image-1", view, age_years, READER)


@pytest.mark.parametrize("ratio", [0.40, 0.55])
def test_the_ratio_is_that_of_the_drawing_with_its_two_lines(ratio: float) -> None:
    (measured,) = report(drawn_boxes(ratio)).measurements
    assert measured.name == coded(Label.CARDIOTHORACIC_RATIO)
    assert measured.value == pytest.approx(ratio, abs=1 / 300)
    heart, thorax = (one for one in measured.evidence[0].regions if isinstance(one, Line))
    assert (heart.end[0] - heart.start[0]) / (thorax.end[0] - thorax.start[0]) == pytest.approx(
        measured.value, abs=1e-4
    )


def test_the_right_lung_is_the_one_on_the_pictures_left() -> None:
    said = report(drawn_boxes())
    assert len(said.structures) == 5
    lungs = {one.laterality: one.evidence.regions[0] for one in said.structures if one.code == coded(Label.LUNG)}
    right, left = lungs[Laterality.RIGHT], lungs[Laterality.LEFT]
    assert isinstance(right, Box)
    assert isinstance(left, Box)
    assert right.right < left.left + 1


def test_swapped_lungs_are_refused() -> None:
    boxes = drawn_boxes()
    boxes[RIGHT_LUNG], boxes[LEFT_LUNG] = boxes[LEFT_LUNG], boxes[RIGHT_LUNG]
    said = report(boxes)
    assert (said.structures, said.measurements) == ((), ())
    assert {one.reason for one in said.limitations} == {LimitationReason.IMPLAUSIBLE_RESULT}


@pytest.mark.parametrize("lost", [RIGHT_LUNG, LEFT_LUNG, HEART])
def test_without_lungs_or_heart_nothing_is_measured(lost: object) -> None:
    said = report({one: found for one, found in drawn_boxes().items() if one is not lost})
    assert (said.structures, said.measurements) == ((), ())


def test_a_missing_clavicle_is_said_and_does_not_stop_the_ratio() -> None:
    said = report({one: found for one, found in drawn_boxes().items() if one is not LEFT_CLAVICLE})
    assert len(said.structures) == len(CHEST_STRUCTURES) - 1
    assert len(said.measurements) == 1
    assert [one.what for one in said.limitations] == ["box of the left clavicle"]


def test_a_child_gets_boxes_but_no_ratio() -> None:
    said = report(drawn_boxes(), age_years=5)
    assert len(said.structures) == 5
    assert said.measurements == ()
    assert [one.reason for one in said.limitations] == [LimitationReason.OUT_OF_POPULATION]


def test_a_lateral_view_has_no_ratio() -> None:
    assert report(drawn_boxes(), view="LL").measurements == ()


def test_overlap_is_the_share_of_the_union() -> None:
    one, other = Box(left=0, top=0, right=10, bottom=10), Box(left=5, top=0, right=15, bottom=10)
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(one, Box(left=20, top=20, right=30, bottom=30)) == 0.0
