"""A draft names nobody."""

from __future__ import annotations

import pytest

from tests.orchestrator.verification.study import checks_of


@pytest.mark.parametrize(
    "text",
    ["Mr. Smith has no pneumonia.", "No pneumonia on 12/03/2021.", "No pneumonia on March 3.", "No pneumonia 12345678.",
     "No pneumonia in this 54-year-old man.", "No pneumonia in Kowalska.", "XXXX no pneumonia.", "No pneumonia, MRN 7.",
     "No pneumonia at 12:45.", "No pneumonia, anna@example.org.", "No pneumonia (AB12345)."],
)  # fmt: skip
def test_identifier_shaped_text_is_found(text: str):
    assert "no_identity" in checks_of(text, "F3")
