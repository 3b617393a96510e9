"""Words put together by chance are not read to a clinician."""

from __future__ import annotations

import pytest

from tests.orchestrator.verification.study import checks_of


@pytest.mark.parametrize(
    "text",
    [
        "There is a the left pleural effusion.",
        "Small left pleural effusion is are seen.",
        "Small left pleural effusion and or.",
        "Small left pleural effusion the left.",
        "There is an small left pleural effusion.",
        "Small left pleural effusion,, seen.",
        "Small left pleural effusion (seen.",
        "Small left pleural effusion.. seen.",
        "There small left pleural effusion.",
        "Small left pleural effusion and, of.",
    ],
)
def test_a_sentence_that_is_no_english_is_found(text: str):
    assert "every_sentence_is_grammatical" in checks_of(text, "F1")


@pytest.mark.parametrize("text", ["Which small left pleural effusion", "Small left pleural effusion and"])
def test_a_sentence_that_begins_or_ends_in_the_middle_is_found(text: str):
    assert "every_sentence_is_whole" in checks_of(text, "F1")
