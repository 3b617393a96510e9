"""What is said to be there must be what a cited finding says."""

from __future__ import annotations

import pytest

from orchestrator.report import Sentence
from orchestrator.verify import verify
from services.contract import Code, Finding, Label, Likelihood
from tests.orchestrator.report_parts import facts, finding, sections
from tests.orchestrator.verification.study import CONSOLIDATION, EFFUSION, OPACITY, PNEUMONIA, STUDY, checks_of


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


@pytest.mark.parametrize("text", ["No pneumothorax.", "No pneumonia or pneumothorax.", "Pneumothorax is not seen."])
def test_what_was_not_assessed_cannot_be_denied(text: str):
    assert "nothing_not_assessed_is_denied" in checks_of(text, "F3")


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


def test_a_finding_of_a_code_beyond_the_lexicon_is_read_by_its_meaning():
    code = Code(scheme="99WETREAD", value="COVID", meaning="Covid-19 pneumonia")
    own = Finding.model_validate({**EFFUSION.model_dump(), "code": code.model_dump(), "laterality": None})
    given = facts(own)
    assert checks_of("Mild covid-19 pneumonia is present.", "F1", given=given) == set()
    assert "presence_agrees" in checks_of("No covid-19 pneumonia.", "F1", given=given)
