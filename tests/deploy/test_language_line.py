"""What is released of a model's answers, whoever the model obeys."""

from __future__ import annotations

from random import Random

from deploy.language_figures.impressions import claims_of
from deploy.language_figures.instructions import FIELDS, attempts, measure_obedience, texts_of
from deploy.language_figures.phrasers import facts_of
from deploy.language_figures.released import Answered, clean_answers, judge, longest_common_run
from orchestrator.answer import parse_answer
from orchestrator.plain import plain_sections
from orchestrator.report import Section, Sentence
from services.language.corpus import held_out
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


def test_drafts_that_share_a_long_run_are_seen():
    assert longest_common_run(["a b c d", "x b c d y", "a b c d"]) == 3


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
