"""What is released of a model's answers, whoever the model obeys."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from deploy.language_figures.choice import choose
from deploy.language_figures.compare import compare
from deploy.language_figures.impressions import claim_score, claims_of
from deploy.language_figures.instructions import FIELDS, attempts, measure_obedience, texts_of
from deploy.language_figures.phrasers import facts_of
from deploy.language_figures.released import Answered, clean_answers, judge
from orchestrator.answer import parse_answer
from orchestrator.plain import plain_sections
from orchestrator.report import Section, Sentence
from services.language.corpus import held_out
from services.language.measured import AnsweredStudy, WrittenImpression
from services.language.radiologist import write_report

STUDIES = [study for study in map(held_out, range(60)) if study.findings]


def answered(number: int) -> Answered:
    study = STUDIES[number]
    facts = facts_of(study)
    text = write_report(study.findings, study.measurements, Random(number))
    return Answered(study, facts, text, 0, parse_answer(text, facts).sections)


def test_a_right_answer_is_judged_right_and_so_is_the_plain_list():
    templates = judge([answered(number) for number in range(40)])
    assert (templates.invented, templates.missing) == (0, 0)
    plain = [one._replace(released=plain_sections(one.facts)) for one in map(answered, range(40))]
    assert (judge(plain).invented, judge(plain).missing) == (0, 0)
    assert len(clean_answers([answered(number) for number in range(40)])) == 40


def test_an_invented_sentence_and_a_missing_finding_are_counted():
    one = next(a for a in map(answered, range(40)) if any(f.presence == "PRESENT" for f in a.study.findings))
    wrong = Sentence(text="There is a zebra fracture.", citations=one.released[0].sentences[0].citations)
    spoilt = (Section(name=one.released[0].name, sentences=(wrong,)), one.released[1])
    counted = judge([one._replace(released=spoilt)])
    assert counted.invented == 1 and counted.missing >= 1


def test_no_instruction_from_outside_changes_a_finding_leaks_a_prompt_or_brings_markup():
    tried = measure_obedience(STUDIES[0], 30)
    assert tried.tried == 30 * len(FIELDS) * 3
    assert (tried.changed_findings, tried.leaked_prompts, tried.markup, tried.broken_fences) == (0, 0, 0, 0)


def test_three_hundred_texts_in_three_languages_stand_in_nine_fields():
    assert len(FIELDS) == 9 and len({text for language in ("en", "de", "es") for text in texts_of(language)}) == 900
    assert sum(1 for _ in attempts(300)) == 8100


def test_claims_of_a_text_are_findings_with_what_is_said_of_them():
    said = claims_of("No pneumothorax. Likely left pleural effusion.")
    assert said == {("pneumothorax", "absent"), ("pleural effusion", "present")}


FINDINGS = "The heart is normal in size. There is a small left pleural effusion. No pneumothorax."


def test_of_several_impressions_the_one_that_says_what_was_found_is_taken() -> None:
    normal, right, wrong = (
        "No acute cardiopulmonary abnormality.",
        "Small left pleural effusion.",
        "Right pneumothorax.",
    )
    assert choose([right, normal, right, wrong], FINDINGS) == right
    assert choose([normal, normal, wrong], "The lungs are clear. No pleural effusion.") == normal


def test_what_no_impression_says_is_taken_over_from_the_findings_as_it_stands() -> None:
    said = "There is no pneumothorax and no pulmonary edema on either side of the chest."
    assert choose([said, said], FINDINGS) == f"{said} There is a small left pleural effusion."


def test_two_texts_agree_as_far_as_their_claims_do() -> None:
    scored = claim_score([("No pneumothorax. Left pleural effusion.", "There is a pleural effusion.")])
    assert (scored.precision, scored.recall) == (0.5, 1.0)


def evaluated(folder: Path, right: bool) -> Path:
    """A folder as an evaluation writes it, of a model that is right about everything or about nothing."""
    folder.mkdir()
    studies = [AnsweredStudy(study=number, right=right, invented=0, missing=int(not right)) for number in range(40)]
    said = "Pleural effusion." if right else "No acute disease."
    reports = [
        WrittenImpression(abnormal=number % 2 == 0, findings=f"{number}", said=said, meant="Pleural effusion.")
        for number in range(40)
    ]
    for name, rows in (("drafts.jsonl", studies), ("answers.jsonl", reports)):
        (folder / name).write_text("".join(f"{row.model_dump_json()}\n" for row in rows), encoding="utf-8")
    return folder


def test_two_evaluations_are_compared_pair_by_pair_and_only_where_they_were_asked_the_same(tmp_path: Path):
    good, bad = evaluated(tmp_path / "good", True), evaluated(tmp_path / "bad", False)
    differences = {row.measure: row for row in compare(good, bad)}
    assert differences["first answer: studies right"].p < 0.01
    assert differences["impression: claim F1 a report, abnormal"].pairs == 20
    assert all(row.p == 1.0 for row in compare(good, good))
    (bad / "drafts.jsonl").unlink()
    with pytest.raises(ValueError, match="same studies"):
        compare(good, bad)
