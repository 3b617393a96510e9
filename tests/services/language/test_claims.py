"""The measure of the bundled model must see every kind of mistake."""

import json
from random import Random

import pytest

from services.language.claims import compare
from services.language.corpus import held_out
from services.language.radiologist import write_report
from services.language.rouge import rouge


def test_a_perfect_report_is_right():
    for index in range(300):
        study = held_out(index)
        said = compare(write_report(study.findings, study.measurements, Random(index)), study)
        assert said.right, (index, said)


def study_with(*words: str) -> tuple[int, str]:
    """Return a held-out study whose report holds these words."""
    for index in range(2000):
        study = held_out(index)
        answer = write_report(study.findings, study.measurements, Random(index))
        if all(word in answer for word in words):
            return index, answer
    raise AssertionError(words)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" left ", " right "),
        ("mild ", "severe "),
        ('"No ', '"Possible '),
        ("Likely ", "There is "),
        ("Possible ", "Probable "),
        ("pneumonia", "tuberculosis"),
        ("ratio is 0.", "ratio is 1."),
        ("There is evidence of ", "There is evidence of hydrocephalus and "),
    ],
)
def test_a_changed_word_is_seen(before: str, after: str):
    index, answer = study_with(before)
    assert not compare(answer.replace(before, after, 1), held_out(index)).right


def test_a_sentence_left_out_is_missing():
    index, answer = study_with('"F3"')
    content = json.loads(answer)
    content["findings"].pop()
    assert compare(json.dumps(content), held_out(index)).missing > 0


def test_another_citation_is_wrong():
    index, answer = study_with('["F1"]', '"F3"')
    assert compare(answer.replace('["F1"]', '["F3"]', 1), held_out(index)).wrongly_cited > 0


@pytest.mark.parametrize(
    "answer", ["", "{}", '{"findings":[]', '{"findings":[{"text":"x","cites":["F99"]}],"impression":[]}']
)
def test_an_unreadable_answer_or_an_unknown_id_is_invalid(answer: str):
    assert not compare(answer, held_out(1)).valid


def test_rouge_of_known_pairs():
    assert rouge("no acute disease", "no acute disease") == (1.0, 1.0, 1.0)
    assert rouge("a b c d", "a c b d") == pytest.approx((1.0, 0.0, 0.75))
    assert rouge("", "normal") == (0.0, 0.0, 0.0)
