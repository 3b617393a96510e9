"""What cannot be a chest is not measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from services.anatomy import HEART, LEFT_CLAVICLE, LEFT_LUNG, RIGHT_CLAVICLE
from services.segmentation.outlines import outlines_from
from services.segmentation.plausibility import Rule, judge_outlines
from tests.services.drawn_outlines import drawn_masks, ellipse, outlines_of

Masks = npt.NDArray[np.bool_]
RIGHT, LEFT, CARDIAC, R_CLAVICLE, L_CLAVICLE = range(5)


def rules_broken_by(masks: Masks) -> set[Rule]:
    return {one.rule for one in judge_outlines(outlines_of(masks)).implausibilities}


@pytest.mark.parametrize("ratio", [0.35, 0.45, 0.55, 0.65])
def test_a_chest_is_plausible_whatever_the_size_of_its_heart(ratio: float) -> None:
    assert rules_broken_by(drawn_masks(ratio)) == set()


def swap_lungs(masks: Masks) -> None:
    masks[[RIGHT, LEFT]] = masks[[LEFT, RIGHT]]


def mirror(masks: Masks) -> None:
    masks[:] = masks[[LEFT, RIGHT, CARDIAC, L_CLAVICLE, R_CLAVICLE], :, ::-1]


def stand_on_the_head(masks: Masks) -> None:
    masks[:] = masks[:, ::-1]


def lose_a_lung(masks: Masks) -> None:
    masks[LEFT] = False


def shrink_a_lung_to_a_sliver(masks: Masks) -> None:
    masks[LEFT] &= ellipse((322, 250), (28, 90))


def fill_the_film_with_heart(masks: Masks) -> None:
    masks[CARDIAC] = True


def shrink_the_heart_to_a_speck(masks: Masks) -> None:
    masks[CARDIAC] = ellipse((215, 330), (20, 20))


def punch_a_hole_into_a_lung(masks: Masks) -> None:
    masks[RIGHT] &= ~ellipse((105, 250), (35, 60))


def break_a_lung_in_two(masks: Masks) -> None:
    masks[LEFT, 240:260] = False


def push_a_lung_off_the_film(masks: Masks) -> None:
    masks[RIGHT] = np.roll(masks[RIGHT], -110, axis=1)
    masks[RIGHT, :, 200:] = False


def draw_both_lungs_in_one_place(masks: Masks) -> None:
    masks[LEFT] = masks[RIGHT]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (swap_lungs, Rule.ORDER),
        (mirror, Rule.ORDER),
        (stand_on_the_head, Rule.ORDER),
        (lose_a_lung, Rule.AREA),
        (shrink_a_lung_to_a_sliver, Rule.BALANCE),
        (fill_the_film_with_heart, Rule.AREA),
        (shrink_the_heart_to_a_speck, Rule.AREA),
        (punch_a_hole_into_a_lung, Rule.HOLES),
        (break_a_lung_in_two, Rule.PIECES),
        (push_a_lung_off_the_film, Rule.BORDER),
        (draw_both_lungs_in_one_place, Rule.OVERLAP),
    ],
)
def test_what_is_no_chest_is_named_by_its_rule_and_not_measured(spoil: Callable[[Masks], None], rule: Rule) -> None:
    masks = drawn_masks()
    spoil(masks)
    verdict = judge_outlines(outlines_of(masks))
    assert rule in {one.rule for one in verdict.implausibilities}
    assert not verdict.plausible


def test_a_doubtful_clavicle_spoils_only_itself() -> None:
    masks = drawn_masks()
    masks[L_CLAVICLE] = ellipse((280, 450), (45, 12))
    verdict = judge_outlines(outlines_of(masks))
    assert verdict.plausible
    assert verdict.doubts(LEFT_CLAVICLE)
    assert not any(verdict.doubts(one) for one in (RIGHT_CLAVICLE, LEFT_LUNG, HEART))


@pytest.mark.parametrize("rule", [Rule.PIECES, Rule.HOLES])
def test_a_patchy_heart_is_not_measured_and_spoils_no_lung(rule: Rule) -> None:
    masks = drawn_masks()
    if rule is Rule.PIECES:
        masks[CARDIAC, 315:335] = False
    else:
        masks[CARDIAC] &= ~ellipse((215, 330), (30, 30))
    verdict = judge_outlines(outlines_of(masks))
    assert rule in {one.rule for one in verdict.implausibilities}
    assert verdict.plausible
    assert not verdict.heart_is_measured
    assert not verdict.doubts(LEFT_LUNG)


def test_air_beside_an_arm_is_no_lung_where_a_network_knows_the_lung_field() -> None:
    planes = drawn_masks().astype(np.float32)
    field = planes[RIGHT] + planes[LEFT]
    planes[LEFT, 150:400, 370:400] = 1
    astray = judge_outlines(outlines_from(planes))
    known = judge_outlines(outlines_from(np.concatenate([planes, field[None]])))
    assert Rule.PIECES in {one.rule for one in astray.implausibilities}
    assert known.plausible


def test_an_empty_film_is_no_chest() -> None:
    assert not judge_outlines(outlines_of(np.zeros((5, 64, 64), bool))).plausible
