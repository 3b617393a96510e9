"""Devices, other anatomy, a sex or a view are not spoken of."""

from __future__ import annotations

import pytest

from services.contract import Code
from tests.orchestrator.report_parts import facts
from tests.orchestrator.verification.study import EFFUSION, checks_of


@pytest.mark.parametrize("text", ["No pneumonia, tube in place.", "Left pacemaker.", "Sternotomy wires are seen."])
def test_a_device_is_found(text: str):
    assert "no_device" in checks_of(text, "F3")


@pytest.mark.parametrize(
    "text", ["No pneumonia, breast shadows symmetric.", "Uterine mass.", "The liver is free of pneumonia.", "No skull."]
)
def test_anatomy_that_no_finding_is_named_after_is_found(text: str):
    assert "anatomy_and_sex_fit" in checks_of(text, "F3")


def test_a_finding_of_another_examination_may_be_named_by_its_own_name():
    code = Code(scheme="99WETREAD", value="BREAST", meaning="Malignant breast mass")
    given = facts(EFFUSION.model_copy(update={"code": code, "laterality": None}))
    assert checks_of("Mild malignant breast mass.", "F1", given=given) == set()


@pytest.mark.parametrize(
    "text", ["No pneumonia on this AP view.", "Portable film, no pneumonia.", "Supine: no pneumonia."]
)
def test_a_view_that_no_finding_rests_on_is_found(text: str):
    assert "no_view_is_claimed" in checks_of(text, "F3")
