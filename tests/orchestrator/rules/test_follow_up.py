"""Advice comes from a rule with its source, and refuses when an input is missing."""

from __future__ import annotations

from orchestrator.rules.follow_up import follow_up_of, follow_up_table
from services.contract import Label, Likelihood, Subject
from tests.orchestrator.report_parts import facts, finding

TUBERCULOSIS = facts(finding("F1", Label.TUBERCULOSIS))


def test_a_rule_whose_inputs_are_known_advises_with_its_source():
    (advice,) = follow_up_of(TUBERCULOSIS, Subject(age_years=40))
    assert advice.text is not None and "molecular" in advice.text
    assert advice.source.startswith("WHO") and advice.finding_ids == ("F1",) and advice.missing == ()


def test_a_rule_refuses_when_the_age_is_not_known():
    (refused,) = follow_up_of(TUBERCULOSIS, Subject())
    assert refused.text is None and refused.missing == ("age_years",)


def test_a_rule_for_adults_says_nothing_to_a_child():
    assert follow_up_of(TUBERCULOSIS, Subject(age_years=5)) == ()


def test_what_this_software_never_knows_is_named_as_missing():
    (refused,) = follow_up_of(facts(finding("F1", Label.PNEUMONIA)), Subject(age_years=60))
    assert refused.text is None and refused.missing == ("symptoms_at_six_weeks", "smoking")


def test_no_rule_speaks_of_what_is_not_present():
    nothing = facts(finding("F1", Label.TUBERCULOSIS, Likelihood.INDETERMINATE), finding("F2", Label.EFFUSION))
    assert follow_up_of(nothing, Subject(age_years=40)) == ()


def test_every_rule_has_a_source_and_the_table_a_version():
    table = follow_up_table()
    assert table.version and all(rule.source and rule.text for rule in table.rule)
    assert not any("fleischner" in rule.source.lower() for rule in table.rule)
