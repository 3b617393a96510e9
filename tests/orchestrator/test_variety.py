"""Drafts of different findings that begin to read alike are noticed while the software runs."""

from __future__ import annotations

from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.report import Author, Citation, Facts, Section, SectionName, Sentence
from orchestrator.settings import Settings
from orchestrator.variety import FEWEST_DRAFTS, LONGEST_RUN, longest_common_run, variety, variety_of
from services.contract import Label, Likelihood
from tests.orchestrator.small_clinic import draft, finding, study

RUT = " ".join(f"word{number}" for number in range(LONGEST_RUN))


def written(text: str, facts: Facts, study_id: str = "study"):
    sentence = Sentence(text=text, citations=(Citation(kind="finding", id="F1"),), author="language_model")
    sections = (Section(name=SectionName.FINDINGS, sentences=(sentence,)),)
    return draft(study_id, facts).model_copy(update={"sections": sections, "author": Author.LANGUAGE_MODEL})


def facts(label: Label, likelihood: Likelihood = Likelihood.PRESENT) -> Facts:
    return Facts(findings=(finding(label, likelihood),))


def test_the_longest_run_that_two_texts_share_is_found():
    assert longest_common_run(["a b c d", "x b c d y", "a b c d"]) == 3
    assert longest_common_run(["a b", "c d"]) == longest_common_run([]) == 0


def test_many_drafts_that_share_a_long_passage_or_say_the_same_are_an_alarm():
    different = {str(number): f"only{number} of this{number} person{number}" for number in range(FEWEST_DRAFTS)}
    assert not variety(different).alarm
    assert variety(different | {"a": f"one {RUT}", "b": f"other {RUT}"}).alarm
    assert variety({number: "There is pneumonia." for number in different}).alarm


def test_the_same_facts_may_and_must_give_the_same_words():
    normal = facts(Label.PNEUMONIA, Likelihood.ABSENT)
    found = variety_of([written("No pneumonia.", normal)] * 50 + [written("Pneumonia.", facts(Label.PNEUMONIA))])
    assert (found.drafts, found.distinct) == (2, 1.0)
    assert not found.alarm


def test_a_few_drafts_say_nothing():
    assert not variety({"a": RUT, "b": RUT}).alarm


def test_the_record_gives_the_last_drafts(settings: Settings):
    records = Records.open(settings.database_url)
    for number in range(3):
        sent = study()
        records.accept(sent, f"{number}" * 64)
        records.begin(sent.study_id, 1)
        records.keep_draft(written(f"text {number}", facts(Label.PNEUMONIA), sent.study_id), 1, StudyStatus.DRAFTED, ())
    last = records.feedback.last_drafts(2)
    records.close()
    assert len(last) == 2 and len({one.study_id for one in last}) == 2
