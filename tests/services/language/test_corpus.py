"""What the bundled model learns from: every simulated report says what the facts say, and nothing else."""

import json
import re
from random import Random

import pytest

from orchestrator.answer import parse_answer
from orchestrator.report import Facts
from orchestrator.verify import verify
from services.contract import Finding, Label, Likelihood, Limitation, LimitationReason, Presence
from services.contract.phrasing import HEDGES, LIKELY_WORDS, NONE_PRESENT, label_text, number_text
from services.language.corpus import draft_example, draft_prompt, held_out
from services.language.radiologist import write_report
from services.language.simulate import FINDING_LABELS, SimulatedStudy, simulate

STUDIES = [(study, index) for index in range(400) for study in [held_out(index)]]


def report(study: SimulatedStudy, index: int) -> dict[str, list[dict[str, object]]]:
    return json.loads(write_report(study.findings, study.measurements, Random(index)))


def said_about(sentences: list[dict[str, object]], identity: str) -> list[str]:
    return [str(item["text"]) for item in sentences if identity in item["cites"]]


def words(texts: list[str]) -> str:
    return " ".join(texts).lower()


def by(study: SimulatedStudy, presence: Presence) -> list[Finding]:
    return [finding for finding in study.findings if finding.presence is presence]


def test_every_finding_and_measurement_is_said_and_cited_exactly_once():
    for study, index in STUDIES:
        sentences = report(study, index)["findings"]
        cited = [identity for item in sentences for identity in item["cites"]]
        ids = [finding.finding_id for finding in study.findings] + [item.measurement_id for item in study.measurements]
        assert sorted(cited) == sorted(ids)
        for finding in study.findings:
            assert label_text(finding.code) in words(said_about(sentences, finding.finding_id))
        for measurement in study.measurements:
            assert number_text(measurement) in words(said_about(sentences, measurement.measurement_id))


def test_every_present_finding_is_in_the_impression_with_side_and_severity():
    for study, index in STUDIES:
        impression = report(study, index)["impression"]
        for finding in by(study, Presence.PRESENT):
            text = words(said_about(impression, finding.finding_id))
            assert label_text(finding.code) in text
            assert finding.laterality is None or str(finding.laterality) in text
            assert finding.severity is None or str(finding.severity) in text


def test_an_indeterminate_finding_is_hedged_and_a_firm_one_is_not():
    for study, index in STUDIES:
        sentences = report(study, index)["findings"]
        for finding in study.findings:
            text = words(said_about(sentences, finding.finding_id))
            hedged = any(re.search(rf"\b{word}\b", text) for word in HEDGES)
            assert hedged == (finding.presence is Presence.INDETERMINATE)
            likely = any(re.search(rf"\b{word}\b", text) for word in LIKELY_WORDS)
            assert likely == (finding.likelihood is Likelihood.LIKELY)


def test_an_absent_finding_is_denied_where_it_is_said():
    for study, index in STUDIES:
        for finding in by(study, Presence.ABSENT):
            text = words(said_about(report(study, index)["findings"], finding.finding_id))
            assert text.startswith("no ") or text.startswith("there is no ")


def test_a_study_without_findings_is_never_called_normal():
    for study, index in STUDIES:
        answer = write_report(study.findings, study.measurements, Random(index)).lower()
        assert "normal chest" not in answer.replace("abnormal chest", "")
        assert "clear" not in answer and "unremarkable" not in answer
        summary = NONE_PRESENT.lower() in answer
        assert summary == (bool(study.findings) and len(by(study, Presence.ABSENT)) == len(study.findings))


def test_what_was_not_assessed_is_not_mentioned():
    for study, index in STUDIES:
        text = words([str(item["text"]) for items in report(study, index).values() for item in items])
        spoken = " ".join(label_text(finding.code) for finding in study.findings)
        for name in study.not_assessed:
            assert name in spoken or not re.search(rf"\b{re.escape(name)}\b", text)


def test_the_word_experimental_stays_out_of_the_report():
    assert all("experimental" not in draft_example(Random(f"x{index}")).answer for index in range(200))


def test_every_report_passes_the_checks_that_drafts_must_pass():
    known = {str(label) for label in FINDING_LABELS}
    checked = 0
    for study, index in STUDIES:
        if any(label_text(finding.code) not in known for finding in study.findings) or _stutters(study):
            continue
        checked += 1
        facts = Facts(
            findings=study.findings,
            measurements=study.measurements,
            limitations=tuple(
                Limitation(what=name, reason=LimitationReason.NO_WEIGHTS, detail="No weights.", source="simulated")
                for name in study.not_assessed
            ),
        )
        answer = parse_answer(write_report(study.findings, study.measurements, Random(index)), facts)
        assert answer.problems == ()
        assert verify(answer.sections, facts) == ()
    assert checked > 250


def _stutters(study: SimulatedStudy) -> bool:
    """True for a length such as 3.3 mm, which the checks read as a word said twice."""
    return any(re.match(r"(\d)\.\1 ", number_text(item)) for item in study.measurements)


@pytest.mark.parametrize("label", FINDING_LABELS)
def test_every_label_of_the_project_occurs_in_every_presence(label: Label):
    seen = {
        finding.presence
        for index in range(600)
        for finding in held_out(index).findings
        if label_text(finding.code) == label
    }
    assert seen == set(Presence)


def test_the_same_seed_gives_the_same_example():
    assert draft_example(Random("a")) == draft_example(Random("a")) != draft_example(Random("b"))


def test_the_training_prompt_is_the_served_prompt():
    study = simulate(Random("prompt"))
    assert draft_prompt(study).startswith("### Findings\n[F1] ")
    assert draft_prompt(study).endswith("\n### Report\n")
