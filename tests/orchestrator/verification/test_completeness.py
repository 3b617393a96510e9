"""Nothing that was found is left out, and the impression says no more than the findings."""

from __future__ import annotations

import pytest

from orchestrator.plain import replace_offending
from orchestrator.report import SectionName
from orchestrator.verify import verify
from tests.orchestrator.report_parts import facts, limitation, said, sections
from tests.orchestrator.verification.study import CONSOLIDATION, EFFUSION, OPACITY, PNEUMONIA


@pytest.mark.parametrize("section", list(SectionName))
def test_a_present_finding_left_out_of_a_section_is_found(section: SectionName):
    line = said("Small left pleural effusion.", "F1")
    draft = sections((line,), ()) if section is SectionName.IMPRESSION else sections((), (line,))
    problems = verify(draft, facts(EFFUSION))
    assert [(p.check, p.section, p.finding_id) for p in problems] == [
        ("every_present_finding_is_mentioned", section, "F1")
    ]


def test_an_indeterminate_finding_is_not_passed_over_in_the_findings():
    line = said("No pneumonia.", "F3")
    problems = verify(sections((line,), (line,)), facts(OPACITY, PNEUMONIA))
    assert [(p.check, p.section, p.finding_id) for p in problems] == [
        ("every_open_finding_is_mentioned", SectionName.FINDINGS, "F2")
    ]


def test_an_empty_draft_of_an_unassessed_study_has_no_problem():
    assert verify(sections(), facts(limitation("pneumothorax"))) == ()


def test_the_impression_concludes_nothing_that_the_findings_do_not_say():
    absent = facts(PNEUMONIA, CONSOLIDATION)
    denied = sections((said("No pneumonia.", "F3"),), (said("No pneumonia or consolidation.", "F3", "F4"),))
    assert [(p.check, p.section, p.finding_id) for p in verify(denied, absent)] == [
        ("impression_follows_from_the_findings", SectionName.FINDINGS, "F4")
    ]
    contradicted = sections((said("Small left pleural effusion.", "F1"),), (said("No pleural effusion.", "F1"),))
    assert "impression_follows_from_the_findings" in {p.check for p in verify(contradicted, facts(EFFUSION))}


def test_what_only_the_impression_said_is_added_to_the_findings():
    absent = facts(PNEUMONIA, CONSOLIDATION)
    denied = sections((said("No pneumonia.", "F3"),), (said("No pneumonia or consolidation.", "F3", "F4"),))
    mended = replace_offending(denied, absent, verify(denied, absent))
    assert verify(mended, absent) == ()
    assert "F4" in {citation.id for sentence in mended[0].sentences for citation in sentence.citations}
