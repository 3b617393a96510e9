"""Only words of the closed lists cross the line."""

import pytest

from orchestrator.vocabulary import body_part_term, modality_term, orientation_terms, view_position_term


@pytest.mark.parametrize(
    ("sent", "term"), [("CHEST", "CHEST"), (" thorax ", "CHEST"), ("C-SPINE", "CSPINE"), ("DOE", None)]
)
def test_body_part(sent, term):
    assert body_part_term(sent) == term


@pytest.mark.parametrize(("sent", "term"), [("PA", "PA"), ("lateral", "LAT"), ("JANE", None), (None, None), ("", None)])
def test_view_position(sent, term):
    assert view_position_term(sent) == term


@pytest.mark.parametrize(("sent", "term"), [("dx", "DX"), ("DOE", None), (None, None)])
def test_modality(sent, term):
    assert modality_term(sent) == term


@pytest.mark.parametrize(
    ("sent", "terms"),
    [(("L", "F"), ("L", "F")), (("AFL", "PR"), ("AFL", "PR")), (("JANE", "DOE"), None), (("L",), None), ((), None)],
)
def test_orientation(sent, terms):
    assert orientation_terms(sent) == terms
