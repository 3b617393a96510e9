"""Errors put into clean drafts on purpose: how many are found, and how many clean drafts raise a false alarm."""

from __future__ import annotations

from random import Random

import pytest

from deploy.language_figures.errors import CLASSES
from deploy.language_figures.injection import clean_drafts, measure_false_alarms, measure_injection
from orchestrator.verify import verify

ERRORS = 200
CLEAN = 600


def test_the_twelve_classes_of_the_table_are_there():
    assert len(CLASSES) == 12 and all(inject.__doc__ for inject in CLASSES.values())


@pytest.mark.parametrize("kind", CLASSES)
def test_an_injected_error_is_found(kind: str):
    measured = measure_injection(kind, ERRORS)
    assert measured.injected == ERRORS
    assert measured.share >= 0.99, measured.missed


def test_clean_drafts_of_several_hands_raise_at_most_one_false_alarm_in_a_hundred():
    measured = measure_false_alarms(CLEAN)
    assert sum(one.drafts for one in measured.values()) == CLEAN and len(measured) == 3
    assert sum(one.alarms for one in measured.values()) <= 0.01 * CLEAN, measured


def test_the_same_draft_gives_the_same_problems_in_the_same_order():
    for (kind, inject), draft in zip(CLASSES.items(), clean_drafts("same"), strict=False):
        wrong = inject(draft.facts, draft.sections, Random(kind))
        if wrong is not None:
            assert verify(wrong, draft.facts) == verify(wrong, draft.facts)


def test_an_injected_error_changes_the_words_and_nothing_about_the_facts():
    draft = next(clean_drafts("untouched"))
    before = repr(draft)
    for kind, inject in CLASSES.items():
        inject(draft.facts, draft.sections, Random(kind))
    assert repr(draft) == before
