"""Every number is a cited measurement, in its unit."""

from __future__ import annotations

import pytest

from services.contract import Laterality
from tests.orchestrator.report_parts import facts, lung_height
from tests.orchestrator.verification.study import checks_of


@pytest.mark.parametrize(
    "text",
    [
        "The cardiothoracic ratio is 0.57.",
        "The cardiothoracic ratio is 0.6.",
        "The cardiothoracic ratio is 0.56 mm.",
        "The cardiothoracic ratio is 57%.",
        "The cardiothoracic ratio is 0.56 and 0.48.",
        "Cardiothoracic ratio 5.6.",
    ],
)
def test_a_number_that_was_not_measured_is_found(text: str):
    assert "numbers_come_from_measurements" in checks_of(text, "M1")


def test_a_length_keeps_its_unit_and_its_side():
    lungs = facts(lung_height("M1", 231.4, Laterality.LEFT), lung_height("M2", 225.0, Laterality.RIGHT))
    assert checks_of("Left lung height 231 mm, right lung height 22.5 cm.", "M1", "M2", given=lungs) == set()
    assert "numbers_come_from_measurements" in checks_of("Left lung height 231 cm.", "M1", given=lungs)
    swapped = checks_of("Left lung height 225 mm, right lung height 231 mm.", "M1", "M2", given=lungs)
    assert "numbers_come_from_measurements" in swapped


def test_a_number_in_a_sentence_without_a_measurement_is_found():
    assert "numbers_come_from_measurements" in checks_of("Small left pleural effusion of 3 cm.", "F1")
    assert "numbers_come_from_measurements" in checks_of("Small left pleural effusion F1.", "F1") | checks_of(
        "2 small left pleural effusions.", "F1"
    )
