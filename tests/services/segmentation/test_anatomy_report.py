"""What is said about a heart depends on the film and on the person, not only on the ratio."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.chest_reader import Reader, Reading
from services.contract import (
    CODES,
    Algorithm,
    Label,
    Laterality,
    Likelihood,
    LimitationReason,
    Line,
    Mask,
    Presence,
    Subject,
    coded,
)
from services.heart_size import operating_points
from services.pixels import Pixels
from services.segmentation.anatomy_report import report_anatomy
from services.store import Store
from tests.services.drawn_outlines import COLUMNS, ROWS, drawn_masks, outlines_of
from tests.services.tiny import put_image

UNCERTAINTY = 0.01
READER = Reader("chest_anatomy", Algorithm(name="drawn", version="1"), operating_points(UNCERTAINTY))
ADULT, CHILD = Subject(age_years=50), Subject(age_years=4)


@pytest.fixture
def film(tmp_path: Path) -> Pixels:
    reference = put_image(tmp_path, np.zeros((ROWS, COLUMNS), np.uint16))
    return Pixels(reference.model_copy(update={"view_position": "PA"}), Store(tmp_path, fsync=False))


def as_sent(film: Pixels, **attributes: object) -> Pixels:
    return Pixels(film.reference.model_copy(update=attributes), film.store)


def report(film: Pixels, ratio: float = 0.45, subject: Subject = ADULT) -> Reading:
    return report_anatomy(film, outlines_of(drawn_masks(ratio)), subject, READER)


def ratio_of(said: Reading) -> float:
    (ratio,) = (one for one in said.measurements if one.name == coded(Label.CARDIOTHORACIC_RATIO))
    assert (ratio.unit, ratio.uncertainty) == ("1", UNCERTAINTY)
    assert sum(isinstance(region, Line) for region in ratio.evidence[0].regions) == 4
    return ratio.value


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (0.45, Likelihood.ABSENT),
        (0.50, Likelihood.INDETERMINATE),
        (0.52, Likelihood.LIKELY),
        (0.60, Likelihood.PRESENT),
    ],
)
def test_on_a_pa_film_of_an_adult_the_ratio_decides(film: Pixels, ratio: float, word: Likelihood) -> None:
    said = report(film, ratio)
    (finding,) = said.findings
    assert finding.code == CODES[Label.CARDIOMEGALY][0]
    assert finding.likelihood is word
    assert finding.measurement_ids == (said.measurements[0].measurement_id,)
    assert finding.evidence[0].score == pytest.approx(ratio, abs=0.004)
    assert ratio_of(said) == pytest.approx(ratio, abs=0.004)


@pytest.mark.parametrize(("view", "words"), [("AP", "over-reads"), (None, "not stated")])
@pytest.mark.parametrize("ratio", [0.40, 0.65])
def test_on_an_ap_film_or_an_unstated_view_the_ratio_is_kept_and_the_heart_not_judged(
    film: Pixels, view: str | None, words: str, ratio: float
) -> None:
    said = report(as_sent(film, view_position=view), ratio)
    assert ratio_of(said) == pytest.approx(ratio, abs=0.004)
    assert [one.presence for one in said.findings] == [Presence.INDETERMINATE]
    assert any(words in one.detail and one.code == coded(Label.CARDIOMEGALY) for one in said.limitations)


@pytest.mark.parametrize("ratio", [0.40, 0.58])
def test_a_child_gets_outlines_but_neither_ratio_nor_word(film: Pixels, ratio: float) -> None:
    said = report(film, ratio, CHILD)
    assert (said.findings, said.measurements) == ((), ())
    assert len(said.structures) == 5
    assert LimitationReason.OUT_OF_POPULATION in {one.reason for one in said.limitations}


def test_an_unknown_age_does_not_make_a_large_heart(film: Pixels) -> None:
    said = report(film, 0.60, Subject())
    assert [one.presence for one in said.findings] == [Presence.INDETERMINATE]
    assert LimitationReason.OUT_OF_POPULATION in {one.reason for one in said.limitations}
    assert [one.presence for one in report(film, 0.42, Subject()).findings] == [Presence.ABSENT]


def test_a_lateral_view_has_no_cardiothoracic_ratio(film: Pixels) -> None:
    said = report(as_sent(film, view_position="LL"), 0.60)
    assert (said.findings, said.measurements) == ((), ())
    assert LimitationReason.UNSUPPORTED_VIEW in {one.reason for one in said.limitations}


def test_without_calibration_there_is_no_millimetre(film: Pixels) -> None:
    said = report(film)
    assert {one.unit for one in said.measurements} == {"1"}
    (height,) = (one for one in said.limitations if one.reason is LimitationReason.NOT_CALIBRATED)
    assert "1.00 times as high" in height.detail
    spacing_from_nowhere = report(as_sent(film, spacing_mm=(0.5, 0.5)))
    assert {one.unit for one in spacing_from_nowhere.measurements} == {"1"}


def test_a_calibrated_film_gives_lung_heights_in_mm_and_says_how(film: Pixels) -> None:
    said = report(as_sent(film, spacing_mm=(0.8, 0.2), spacing_source="ImagerPixelSpacing"))
    heights = {one.laterality: one for one in said.measurements if one.unit == "mm"}
    assert set(heights) == {Laterality.RIGHT, Laterality.LEFT}
    assert heights[Laterality.RIGHT].value == pytest.approx(340 * 0.8, abs=1)
    assert heights[Laterality.RIGHT].calibration == "ImagerPixelSpacing"


def test_every_outline_is_a_mask_over_the_film_on_the_patients_side(film: Pixels) -> None:
    said = report(film)
    for structure, mask in zip(said.structures, drawn_masks(), strict=True):
        (region,) = structure.evidence.regions
        assert isinstance(region, Mask)
        written = cv2.imread(str(film.store.root / region.array.location), cv2.IMREAD_GRAYSCALE)
        assert written is not None
        assert np.array_equal(written > 0, mask)
    sides = {one.laterality: one for one in said.structures if one.code == coded(Label.LUNG)}
    assert set(sides) == {Laterality.RIGHT, Laterality.LEFT}


def test_a_patchy_heart_leaves_the_lungs_and_is_not_measured(film: Pixels) -> None:
    masks = drawn_masks()
    masks[2, 315:335] = False
    said = report_anatomy(
        as_sent(film, spacing_mm=(0.2, 0.2), spacing_source="PixelSpacing"), outlines_of(masks), ADULT, READER
    )
    assert {one.code for one in said.structures} == {coded(Label.LUNG), coded(Label.CLAVICLE)}
    assert {one.name for one in said.measurements} == {coded(Label.LUNG_HEIGHT)}
    assert said.findings == ()
    (heart,) = (one for one in said.limitations if one.code == coded(Label.CARDIOMEGALY))
    assert "in doubt" in heart.detail
    assert "pieces" in heart.detail


def test_implausible_anatomy_is_a_limitation_and_nothing_is_measured(film: Pixels) -> None:
    said = report_anatomy(film, outlines_of(drawn_masks()[:, ::-1]), ADULT, READER)
    assert (said.findings, said.measurements, said.structures) == ((), (), ())
    assert {one.reason for one in said.limitations} == {LimitationReason.IMPLAUSIBLE_RESULT}
    (heart,) = (one for one in said.limitations if one.code == coded(Label.CARDIOMEGALY))
    assert "what failed: order" in heart.detail
