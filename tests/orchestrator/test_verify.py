"""What a draft may say of its findings, and what it may not."""

from __future__ import annotations

import pytest

from orchestrator.report import Facts, SectionName, Sentence
from orchestrator.verify import CHECKS, verify
from services.contract import Code, Finding, Label, Laterality, Likelihood, Severity
from tests.orchestrator.report_parts import facts, finding, limitation, lung_height, ratio, said, sections

EFFUSION = finding("F1", Label.EFFUSION, Likelihood.PRESENT, Laterality.LEFT, Severity.MILD)
OPACITY = finding("F2", Label.LUNG_OPACITY, Likelihood.INDETERMINATE)
PNEUMONIA = finding("F3", Label.PNEUMONIA, Likelihood.ABSENT)
CONSOLIDATION = finding("F4", Label.CONSOLIDATION, Likelihood.ABSENT)
HEART = finding("F5", Label.CARDIOMEGALY, Likelihood.ABSENT)
FILM = finding("F6", Label.ABNORMAL_FILM, Likelihood.ABSENT)
STUDY = facts(EFFUSION, OPACITY, PNEUMONIA, CONSOLIDATION, HEART, FILM, ratio(), limitation("pneumothorax"))


def checks_of(text: str, *ids: str, given: Facts = STUDY) -> set[str]:
    """The checks that object to one sentence, leaving out what the rest of the draft would have said."""
    problems = verify(sections((said(text, *ids),)), given)
    return {problem.check for problem in problems} - {
        "every_present_finding_is_mentioned",
        "every_open_finding_is_mentioned",
    }


def test_every_check_says_its_rule_in_one_sentence():
    assert all(check.__doc__ and len(check.__doc__.split()) > 5 for check in CHECKS)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Small left pleural effusion.", ("F1",)),
        ("There is a mild left-sided pleural effusion.", ("F1",)),
        ("Small left pleural fluid is evident.", ("F1",)),
        ("Not classified as an abnormal chest radiograph.", ("F6",)),
        ("A lung opacity cannot be excluded.", ("F2",)),
        ("Possible pulmonary opacity.", ("F2",)),
        ("Lung opacity is neither confirmed nor excluded.", ("F2",)),
        ("No pneumonia.", ("F3",)),
        ("No focal consolidation or pneumonia is seen.", ("F3", "F4")),
        ("The lungs are free of consolidation.", ("F4",)),
        ("Neither consolidation nor pneumonia is identified.", ("F3", "F4")),
        ("Heart size is normal.", ("F5",)),
        ("The heart is not enlarged.", ("F5",)),
        ("The cardiothoracic ratio is 0.56.", ("M1",)),
        ("No cardiomegaly, cardiothoracic ratio 0.562.", ("F5", "M1")),
        ("CTR 56%.", ("M1",)),
        ("Small left pleural effusion without consolidation.", ("F1", "F4")),
        ("There is a small left pleural effusion and no pneumonia.", ("F1", "F3")),
        ("No pneumonia, but a small left pleural effusion is seen.", ("F3", "F1")),
        ("No pneumonia, small left pleural effusion is seen.", ("F3", "F1")),
    ],
)
def test_a_sentence_that_says_what_was_found_passes(text: str, ids: tuple[str, ...]):
    assert checks_of(text, *ids) == set()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("No left pleural effusion.", ("F1",)),
        ("Pleural effusion is not seen on the left.", ("F1",)),
        ("Possible left pleural effusion.", ("F1",)),
        ("Left pleural effusion is absent.", ("F1",)),
        ("Lung opacity.", ("F2",)),
        ("No lung opacity.", ("F2",)),
        ("Pneumonia is present.", ("F3",)),
        ("Pneumonia cannot be excluded.", ("F3",)),
        ("No pneumonia, but consolidation is seen.", ("F3", "F4")),
        ("The heart is enlarged.", ("F5",)),
        ("There is no evidence of possible pneumonia.", ("F3",)),
        ("Neither is pneumonia not seen.", ("F3",)),
        ("Consolidation and pneumonia are seen.", ("F3", "F4")),
        ("No pneumonia with consolidation.", ("F3", "F4")),
        ("No pneumonia and a consolidation.", ("F3", "F4")),
    ],
)
def test_words_that_disagree_with_presence_are_found(text: str, ids: tuple[str, ...]):
    assert "presence_agrees" in checks_of(text, *ids)


@pytest.mark.parametrize(
    "text", ["Likely {}.", "Probable {}.", "Findings suspicious for {}.", "{} is likely.", "{} is probably present."]
)
def test_likely_is_said_of_a_likely_finding_and_of_no_other(text: str):
    likely = facts(finding("F1", Label.EFFUSION, Likelihood.LIKELY))
    firm = facts(finding("F1", Label.EFFUSION, Likelihood.PRESENT))
    assert checks_of(text.format("pleural effusion"), "F1", given=likely) == set()
    assert checks_of(text.format("pleural effusion"), "F1", given=firm) == {"certainty_agrees"}
    assert checks_of("Pleural effusion is present.", "F1", given=likely) == {"certainty_agrees"}


def test_likely_reaches_to_the_end_of_a_list():
    pair = facts(finding("F1", Label.EFFUSION, Likelihood.LIKELY), finding("F2", Label.EDEMA, Likelihood.LIKELY))
    assert checks_of("Likely pleural effusion and pulmonary edema.", "F1", "F2", given=pair) == set()


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


@pytest.mark.parametrize(
    "text",
    [
        "The cardiothoracic ratio is 0.57.",
        "The cardiothoracic ratio is 0.6.",
        "The cardiothoracic ratio is 0.56 mm.",
        "The cardiothoracic ratio is 57%.",
        "The cardiothoracic ratio is 0.56 and 0.48.",
        "Cardiothoracic ratio 5.6.",
    ],
)
def test_a_number_that_was_not_measured_is_found(text: str):
    assert "numbers_come_from_measurements" in checks_of(text, "M1")


def test_a_length_keeps_its_unit_and_its_side():
    lungs = facts(lung_height("M1", 231.4, Laterality.LEFT), lung_height("M2", 225.0, Laterality.RIGHT))
    assert checks_of("Left lung height 231 mm, right lung height 22.5 cm.", "M1", "M2", given=lungs) == set()
    assert "numbers_come_from_measurements" in checks_of("Left lung height 231 cm.", "M1", given=lungs)
    swapped = checks_of("Left lung height 225 mm, right lung height 231 mm.", "M1", "M2", given=lungs)
    assert "numbers_come_from_measurements" in swapped


def test_a_number_in_a_sentence_without_a_measurement_is_found():
    assert "numbers_come_from_measurements" in checks_of("Small left pleural effusion of 3 cm.", "F1")
    assert "numbers_come_from_measurements" in checks_of("Small left pleural effusion F1.", "F1") | checks_of(
        "2 small left pleural effusions.", "F1"
    )


def test_a_citation_of_nothing_is_found():
    assert "every_sentence_cites_what_exists" in checks_of("No pneumonia.", "F3", "F9")
    wrong_kind = Sentence.model_validate({"text": "No pneumonia.", "citations": [{"kind": "measurement", "id": "F3"}]})
    assert any(p.check == "every_sentence_cites_what_exists" for p in verify(sections((wrong_kind,)), STUDY))


def test_a_finding_cannot_be_cited_for_a_sentence_that_does_not_name_it():
    assert "every_citation_is_spoken_of" in checks_of("No pneumonia.", "F3", "F4")


@pytest.mark.parametrize(
    "text", ["Left pneumothorax.", "No pneumonia. Emphysema is seen.", "Pneumonia or edema is not seen."]
)
def test_a_label_without_a_cited_finding_was_invented(text: str):
    assert "nothing_outside_the_findings" in checks_of(text, "F3")


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


@pytest.mark.parametrize("text", ["No pneumothorax.", "No pneumonia or pneumothorax.", "Pneumothorax is not seen."])
def test_what_was_not_assessed_cannot_be_denied(text: str):
    assert "nothing_not_assessed_is_denied" in checks_of(text, "F3")


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


def test_none_of_the_assessed_findings_is_present_needs_all_of_them_absent():
    absent = facts(PNEUMONIA, CONSOLIDATION)
    text = "None of the assessed findings is present."
    assert checks_of(text, "F3", "F4", given=absent) == set()
    assert "none_present_only_where_none_is" in checks_of(text, "F3", "F4")
    assert "none_present_only_where_none_is" in checks_of(text, "F1", given=facts(EFFUSION))
    assert checks_of("No abnormality among the assessed findings.", "F3", "F4", given=absent) == set()
    assert "none_present_only_where_none_is" in checks_of("No abnormality among the assessed findings.", "F3")
    other = "No other assessed finding is present."
    assert checks_of(other, "F3", given=facts(OPACITY, PNEUMONIA)) == set()
    assert "none_present_only_where_none_is" in checks_of(other, "F2", "F3", given=facts(OPACITY, PNEUMONIA))


@pytest.mark.parametrize(
    "text",
    ["Unchanged small left pleural effusion.", "New small left pleural effusion.", "Improved left pleural effusion.",
     "Small left pleural effusion, larger than before.", "Small left pleural effusion has developed since the prior."],
)  # fmt: skip
def test_a_comparison_without_a_prior_is_found(text: str):
    assert "no_comparison_without_a_prior" in checks_of(text, "F1")


@pytest.mark.parametrize(
    "text",
    ["Recommend CT.", "Follow-up is advised.", "Clinical correlation is needed.", "Consider a repeat radiograph.",
     "No pneumonia, no treatment needed."],
)  # fmt: skip
def test_a_recommendation_is_found(text: str):
    assert "no_recommendation" in checks_of(text, "F3")


@pytest.mark.parametrize(
    "text",
    ["Mr. Smith has no pneumonia.", "No pneumonia on 12/03/2021.", "No pneumonia on March 3.", "No pneumonia 12345678.",
     "No pneumonia in this 54-year-old man.", "No pneumonia in Kowalska.", "XXXX no pneumonia.", "No pneumonia, MRN 7.",
     "No pneumonia at 12:45.", "No pneumonia, anna@example.org.", "No pneumonia (AB12345)."],
)  # fmt: skip
def test_identifier_shaped_text_is_found(text: str):
    assert "no_identity" in checks_of(text, "F3")


@pytest.mark.parametrize("text", ["No pneumonia, tube in place.", "Left pacemaker.", "Sternotomy wires are seen."])
def test_a_device_is_found(text: str):
    assert "no_device" in checks_of(text, "F3")


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


def test_a_finding_of_a_code_beyond_the_lexicon_is_read_by_its_meaning():
    code = Code(scheme="99WETREAD", value="COVID", meaning="Covid-19 pneumonia")
    own = Finding.model_validate({**EFFUSION.model_dump(), "code": code.model_dump(), "laterality": None})
    given = facts(own)
    assert checks_of("Mild covid-19 pneumonia is present.", "F1", given=given) == set()
    assert "presence_agrees" in checks_of("No covid-19 pneumonia.", "F1", given=given)
