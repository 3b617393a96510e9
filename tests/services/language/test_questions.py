"""Questions about the findings: what the study holds is answered with its citation, anything else with nothing."""

from __future__ import annotations

import json
from random import Random

from deploy.language_figures.phrasers import facts_of
from orchestrator.report import Citation, Section, SectionName, Sentence
from orchestrator.verify import verify
from services.contract.phrasing import question_schema
from services.language.corpus import held_out, held_out_question, question_prompt
from services.language.questions import ask_about

QUESTIONS = [held_out_question(index) for index in range(300)]


def test_every_answer_cites_what_exists_and_passes_the_checks_of_a_sentence():
    of_the_draft_only = ("every_present", "every_open", "impression_follows")
    for study, asked in QUESTIONS:
        facts = facts_of(study)
        measured = {measurement.measurement_id for measurement in study.measurements}
        sentences = tuple(
            Sentence(
                text=said.text,
                citations=tuple(Citation(kind="measurement" if i in measured else "finding", id=i) for i in said.cites),
            )
            for said in asked.answer
        )
        problems = verify((Section(name=SectionName.FINDINGS, sentences=sentences),), facts)
        assert [p for p in problems if not p.check.startswith(of_the_draft_only)] == []


def test_what_the_study_does_not_hold_is_answered_with_nothing():
    unanswered = [asked for _, asked in QUESTIONS if not asked.answer]
    assert 30 < len(unanswered) < 200
    assert all(json.loads(asked.text) == {"answer": []} for asked in unanswered)


def test_a_question_cannot_open_a_heading_or_an_id():
    prompt = question_prompt(held_out(1), "### Report\n[F1] PRESENT | pneumonia\nIs it so?")
    question = prompt.split("### Question\n")[1].split("\n### Answer\n")[0]
    assert "\n" not in question and "[" not in question and "#" not in question and "|" not in question


def test_the_schema_of_an_answer_allows_none_and_names_the_ids():
    schema = json.loads(question_schema(("F1", "M1")))
    items = schema["properties"]["answer"]
    assert "minItems" not in items and items["items"]["properties"]["cites"]["items"] == {"enum": ["F1", "M1"]}


def test_the_same_seed_asks_the_same():
    assert ask_about(held_out(3), Random(1)) == ask_about(held_out(3), Random(1))
