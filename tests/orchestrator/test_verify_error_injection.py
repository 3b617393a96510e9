"""Errors put into clean drafts on purpose: how many are found, and how many clean drafts raise a false alarm."""

from __future__ import annotations

import random

import pytest

from orchestrator.verify import verify
from tests.orchestrator.simulated import INJECTORS, simulated_facts, simulated_sections

STUDIES = 200


def test_clean_drafts_raise_at_most_one_false_alarm_in_a_hundred():
    chance = random.Random(20261124)
    alarms = 0
    for _ in range(5 * STUDIES):
        given = simulated_facts(chance)
        alarms += bool(verify(simulated_sections(given, chance), given))
    assert alarms <= 0.01 * 5 * STUDIES


@pytest.mark.parametrize("kind", INJECTORS)
def test_an_injected_error_is_found(kind: str):
    chance = random.Random(f"20261124 {kind}")
    found = tried = 0
    while tried < STUDIES:
        given = simulated_facts(chance)
        clean = simulated_sections(given, chance)
        wrong = INJECTORS[kind](given, clean, chance)
        if wrong is None or wrong == clean:
            continue
        tried += 1
        found += bool(verify(wrong, given))
    assert found >= 0.99 * STUDIES


def test_the_same_draft_gives_the_same_problems_in_the_same_order():
    chance = random.Random(3)
    for kind in INJECTORS.values():
        given = simulated_facts(chance)
        wrong = kind(given, simulated_sections(given, chance), chance)
        if wrong is not None:
            assert verify(wrong, given) == verify(wrong, given)
