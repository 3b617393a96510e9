"""Words that no draft may use, whatever was found."""

from __future__ import annotations

import pytest

from tests.orchestrator.verification.study import checks_of


@pytest.mark.parametrize(
    "text",
    [
        "No pneumonia, no granuloma.",
        "Hilar adenopathy.",
        "No pneumonia, scarring or bronchiectasis.",
        "No rib disease.",
    ],
)
def test_a_concept_that_no_label_stands_for_is_found(text: str):
    assert checks_of(text, "F3") & {"no_concept_without_a_specialist", "no_blanket_normal"}


@pytest.mark.parametrize(
    "text",
    [
        "The lungs are clear.",
        "Normal chest radiograph.",
        "Unremarkable.",
        "No acute cardiopulmonary abnormality.",
        "No acute disease.",
        "No pneumonia. Otherwise normal.",
        "The heart is normal.",
        "The heart and lungs are within normal limits.",
        "No other findings.",
        "Pneumonia is absent and the lungs are clear.",
        "Nothing abnormal.",
        "Negative chest.",
        "No significant findings are seen.",
    ],
)
def test_a_blanket_normal_statement_is_found(text: str):
    assert "no_blanket_normal" in checks_of(text, "F3")


@pytest.mark.parametrize(
    "text",
    ["Recommend CT.", "Follow-up is advised.", "Clinical correlation is needed.", "Consider a repeat radiograph.",
     "No pneumonia, no treatment needed."],
)  # fmt: skip
def test_a_recommendation_is_found(text: str):
    assert "no_recommendation" in checks_of(text, "F3")


@pytest.mark.parametrize(
    "text",
    [
        "No pnuemonia.",
        "No pneumonia <b>seen</b>.",
        "No pneumonia {F3}.",
        "No pneumonia, gesund.",
        "No pneumonia \u2603.",
    ],
)
def test_a_word_outside_the_vocabulary_is_found(text: str):
    assert "every_word_is_known" in checks_of(text, "F3")
