"""Side, severity and place are said only as they were determined."""

from __future__ import annotations

from orchestrator.report import SectionName
from orchestrator.verify import verify
from services.contract import Code, Label, Laterality, Likelihood
from tests.orchestrator.report_parts import facts, finding, said, sections
from tests.orchestrator.verification.study import checks_of


def test_left_effusion_cannot_be_cited_for_the_right_side():
    assert "side_agrees" in checks_of("Small right pleural effusion.", "F1")
    assert "side_agrees" in checks_of("Small bilateral pleural effusion.", "F1")
    assert "side_agrees" in checks_of("Small pleural effusion in both lungs.", "F1")


def test_a_side_nobody_determined_cannot_be_said():
    no_side = facts(finding("F1", Label.EFFUSION))
    assert "side_agrees" in checks_of("Left pleural effusion.", "F1", given=no_side)
    assert checks_of("Pleural effusion.", "F1", given=no_side) == set()


def test_a_side_that_was_determined_is_not_left_out():
    assert "side_of_present_findings_is_said" in checks_of("There is a small pleural effusion.", "F1")


def test_a_side_said_once_does_not_spill_over_to_another_finding():
    both = facts(
        finding("F1", Label.EFFUSION, side=Laterality.LEFT), finding("F2", Label.ATELECTASIS, side=Laterality.RIGHT)
    )
    assert "side_agrees" in checks_of("Left pleural effusion and atelectasis.", "F1", "F2", given=both)
    assert checks_of("Left pleural effusion and right atelectasis.", "F1", "F2", given=both) == set()


def test_two_sides_found_apart_may_be_called_bilateral():
    apart = facts(
        finding("F1", Label.EFFUSION, side=Laterality.LEFT), finding("F2", Label.EFFUSION, side=Laterality.RIGHT)
    )
    assert checks_of("Bilateral pleural effusions.", "F1", "F2", given=apart) == set()
    problems = verify(sections((said("Left pleural effusion.", "F1", "F2"),)), apart)
    assert any(problem.finding_id == "F2" and problem.section is SectionName.FINDINGS for problem in problems)


def test_severity_is_said_only_as_it_was_graded():
    assert "severity_agrees" in checks_of("Large left pleural effusion.", "F1")
    assert "severity_agrees" in checks_of("Mild to moderate left pleural effusion.", "F1")
    ungraded = facts(finding("F1", Label.EFFUSION))
    assert "severity_agrees" in checks_of("Mild pleural effusion.", "F1", given=ungraded)


def test_a_place_is_said_only_where_a_finding_was_placed():
    placed = Code(scheme="99WETREAD", value="LLL", meaning="Left lower lobe")
    sited = facts(finding("F1", Label.CONSOLIDATION, side=Laterality.LEFT, site=placed))
    assert checks_of("Consolidation in the left lower lobe.", "F1", given=sited) == set()
    assert "site_agrees" in checks_of("Consolidation in the left upper lobe.", "F1", given=sited)
    assert "site_agrees" in checks_of("Small left basilar pleural effusion.", "F1")


def test_focal_may_narrow_a_denial_and_never_a_finding():
    present = facts(finding("F1", Label.CONSOLIDATION))
    assert "nothing_is_narrowed" in checks_of("Focal consolidation.", "F1", given=present)
    assert checks_of("No focal consolidation.", "F4") == set()


def test_a_denial_of_one_side_is_not_made_a_denial_of_both():
    one = facts(
        finding("F1", Label.LUNG_LESION, Likelihood.ABSENT, Laterality.LEFT),
        finding("F2", Label.MASS, Likelihood.ABSENT, Laterality.LEFT),
    )
    assert checks_of("No left lung lesion or left lung mass.", "F1", "F2", given=one) == set()
    assert checks_of("No left lung lesion or lung mass.", "F1", "F2", given=one) == {"denial_and_doubt_keep_their_side"}
    both = facts(
        finding("F1", Label.MASS, Likelihood.ABSENT, Laterality.LEFT),
        finding("F2", Label.MASS, Likelihood.ABSENT, Laterality.RIGHT),
    )
    assert checks_of("No lung mass.", "F1", "F2", given=both) == set()


def test_a_grade_that_was_given_is_not_left_out():
    assert "severity_of_present_findings_is_said" in checks_of("Left pleural effusion.", "F1")


def test_a_doubt_about_one_side_is_not_made_a_doubt_about_both():
    open_ = facts(finding("F1", Label.TUBERCULOSIS, Likelihood.INDETERMINATE, Laterality.LEFT))
    assert checks_of("Indeterminate for left tuberculosis.", "F1", given=open_) == set()
    assert "denial_and_doubt_keep_their_side" in checks_of("Indeterminate for tuberculosis.", "F1", given=open_)
