"""Reading the language model's answer: what comes back, and what is said of the rest."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.answer import LONGEST_ANSWER, parse_answer
from orchestrator.report import SectionName
from services.contract import Label
from tests.orchestrator.report_parts import facts, finding, ratio

STUDY = facts(finding("F1", Label.EFFUSION), ratio())


def answer(findings: object, impression: object = ()) -> str:
    return json.dumps({"findings": findings, "impression": impression})


def test_an_answer_becomes_two_sections_that_cite_findings_and_measurements():
    text = answer(
        [{"text": "Effusion, ratio\n 0.56.", "cites": ["F1", "M1"]}], [{"text": "Effusion.", "cites": ["[F1]"]}]
    )
    sections, problems = parse_answer(text, STUDY)
    assert problems == ()
    assert [section.name for section in sections] == list(SectionName)
    sentence = sections[0].sentences[0]
    assert sentence.text == "Effusion, ratio 0.56."
    assert [(c.kind, c.id) for c in sentence.citations] == [("finding", "F1"), ("measurement", "M1")]
    assert sentence.author == "language_model"
    assert sections[1].sentences[0].citations[0].id == "F1"


def test_a_code_fence_around_the_answer_is_tolerated():
    sections, problems = parse_answer(f"```json\n{answer([{'text': 'Effusion.', 'cites': ['F1']}])}\n```", STUDY)
    assert sections[0].sentences and problems == ()


@pytest.mark.parametrize(
    "text",
    ["", "no", "[]", "null", "{}", '{"findings": []}', '{"findings": [], "impression": [], "plan": []}',
     '{"findings": "clear", "impression": []}', '{"findings": [{"text": 1, "cites": []}], "impression": []}',
     '{"findings": [', "[" * 5000, " " * (LONGEST_ANSWER + 1), "```", '{"findings": ["a"], "impression": []}'],
)  # fmt: skip
def test_what_is_not_the_json_asked_for_gives_a_problem_and_no_section(text: str):
    sections, problems = parse_answer(text, STUDY)
    assert sections == ()
    assert [problem.check for problem in problems] == ["answer_is_readable"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"text": "  ", "cites": ["F1"]}, "is empty"),
        ({"text": "Effusion.", "cites": []}, "cites nothing"),
        ({"text": "Effusion.", "cites": ["", "[]"]}, "cites nothing"),
        ({"text": "x" * 601, "cites": ["F1"]}, "600"),
    ],
)
def test_a_sentence_that_cannot_stand_is_left_out_and_named(item: dict[str, object], said: str):
    sections, problems = parse_answer(answer([item, {"text": "Effusion.", "cites": ["F1"]}]), STUDY)
    assert len(sections[0].sentences) == 1
    assert [problem.section for problem in problems] == [SectionName.FINDINGS]
    assert said in problems[0].message


def test_a_problem_never_repeats_what_the_model_wrote():
    text = '{"findings": [], "impression": [], "Jane Miller": [{"Jane Miller": 1}]}'
    assert "Jane" not in parse_answer(text, STUDY).problems[0].message


def test_an_unknown_id_is_kept_for_the_checks_to_name():
    sections, _ = parse_answer(answer([{"text": "Effusion.", "cites": ["F7", "F7"]}]), STUDY)
    assert [(c.kind, c.id) for c in sections[0].sentences[0].citations] == [("finding", "F7")]


@given(
    st.text(max_size=300)
    | st.recursive(st.none() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)).map(json.dumps)
)
def test_any_text_at_all_is_read_without_an_error(text: str):
    parse_answer(text, STUDY)
