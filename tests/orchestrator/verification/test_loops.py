"""A sentence that only repeats is a model in a loop."""

from __future__ import annotations

import pytest

from orchestrator.verify import verify
from services.contract import Label, Likelihood
from tests.orchestrator.report_parts import facts, finding, said, sections
from tests.orchestrator.verification.study import CONSOLIDATION, EFFUSION, PNEUMONIA, checks_of


def test_a_repeated_sentence_is_found_and_the_impression_may_repeat_the_findings():
    one = said("No pneumonia.", "F3")
    assert any(p.check == "nothing_is_said_twice" for p in verify(sections((one, one)), facts(PNEUMONIA)))
    other = said("Pneumonia is not seen.", "F3")
    assert any(p.check == "nothing_is_said_twice" for p in verify(sections((one, other)), facts(PNEUMONIA)))
    assert verify(sections((one,), (one,)), facts(PNEUMONIA)) == ()


def test_a_number_said_over_and_over_is_a_loop():
    assert "nothing_is_said_twice" in checks_of("The cardiothoracic ratio is 0.56, 0.56, 0.56.", "M1")


def test_two_specialists_that_found_the_same_may_each_be_spoken_of():
    twice = facts(finding("F1", Label.PNEUMONIA, Likelihood.ABSENT), finding("F2", Label.PNEUMONIA, Likelihood.ABSENT))
    assert verify(sections((said("No pneumonia.", "F1"), said("No pneumonia.", "F2"))), twice) == ()


@pytest.mark.parametrize("text", ["No pneumonia, no pneumonia.", "No no pneumonia.", "No pneumonia is seen is seen."])
def test_a_loop_within_a_sentence_is_found(text: str):
    assert checks_of(text, "F3") & {"nothing_is_said_twice", "presence_agrees"}


def test_a_claim_said_again_in_another_sentence_is_found():
    denied = facts(PNEUMONIA, CONSOLIDATION)
    again = (said("No pneumonia or consolidation.", "F3", "F4"), said("Consolidation is not seen.", "F4"))
    assert any(p.check == "nothing_is_said_twice" for p in verify(sections(again), denied))


def test_a_second_sentence_may_add_a_side_or_a_grade():
    more = (said("There is a left pleural effusion.", "F1"), said("The pleural effusion is small.", "F1"))
    given = facts(EFFUSION)
    assert not [p for p in verify(sections(more), given) if p.check == "nothing_is_said_twice"]
