"""The plain list of findings, and the repair of a draft that did not pass the checks."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.plain import limitations_text, plain_sections, replace_offending
from orchestrator.report import Facts, SectionName
from orchestrator.verify import verify
from services.contract import Code, Label, Laterality, Likelihood, LimitationReason, Presence, Severity
from tests.orchestrator.report_parts import facts, finding, limitation, lung_height, ratio, said, sections
from tests.orchestrator.strategies import any_answer, any_facts

relaxed = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

EFFUSION = finding("F1", Label.EFFUSION, Likelihood.LIKELY, Laterality.LEFT, Severity.MILD)
OPACITY = finding("F2", Label.LUNG_OPACITY, Likelihood.INDETERMINATE)
PNEUMONIA = finding("F3", Label.PNEUMONIA, Likelihood.ABSENT, experimental=True)
HERNIA = finding("F4", Label.HERNIA, Likelihood.ABSENT)


def texts(given: Facts) -> list[list[str]]:
    return [[sentence.text for sentence in section.sentences] for section in plain_sections(given)]


def test_a_study_becomes_a_list_with_what_is_present_first():
    assert texts(facts(EFFUSION, OPACITY, PNEUMONIA, HERNIA, ratio(), lung_height("M2", 231.4, Laterality.LEFT))) == [
        [
            "Pleural effusion: present (likely), left, mild.",
            "Lung opacity: indeterminate.",
            "Cardiothoracic ratio 0.56.",
            "Left lung height 231 mm.",
            "Absent: pneumonia (experimental), hernia.",
        ],
        ["Pleural effusion: present (likely), left, mild."],
    ]


def test_a_study_with_nothing_present_says_so_of_what_was_assessed_only():
    assert texts(facts(PNEUMONIA, HERNIA))[1] == ["None of the assessed findings is present."]
    assert texts(facts(OPACITY, HERNIA))[1] == ["Lung opacity: indeterminate.", "No other assessed finding is present."]


def test_a_study_without_findings_denies_nothing():
    assert texts(facts(limitation("pneumothorax"))) == [[], []]
    assert texts(facts(ratio())) == [["Cardiothoracic ratio 0.56."], []]


def test_a_finding_placed_by_its_specialist_says_where():
    site = Code(scheme="99WETREAD", value="LLL", meaning="Left lower lobe")
    placed = facts(finding("F1", Label.CONSOLIDATION, Likelihood.PRESENT, Laterality.LEFT, site=site))
    assert texts(placed)[0] == ["Consolidation: present, left, site: left lower lobe."]


def test_two_specialists_that_say_the_same_share_a_line():
    twice = facts(finding("F1", Label.PNEUMONIA), finding("F2", Label.PNEUMONIA))
    assert [c.id for c in plain_sections(twice)[0].sentences[0].citations] == ["F1", "F2"]


def test_two_specialists_that_disagree_keep_a_line_each():
    apart = facts(finding("F1", Label.PNEUMONIA), finding("F2", Label.PNEUMONIA, Likelihood.ABSENT))
    assert texts(apart)[0] == ["Pneumonia: present.", "Absent: pneumonia."]
    assert verify(plain_sections(apart), apart) == ()


@relaxed
@given(any_facts())
def test_the_plain_list_passes_every_check(given_facts: Facts):
    assert verify(plain_sections(given_facts), given_facts) == ()


@relaxed
@given(any_facts())
def test_the_plain_list_says_everything_and_denies_only_what_is_absent(given_facts: Facts):
    findings, impression = plain_sections(given_facts)
    everything = {f.finding_id for f in given_facts.findings} | {m.measurement_id for m in given_facts.measurements}
    assert {c.id for sentence in findings.sentences for c in sentence.citations} == everything
    present = {f.finding_id for f in given_facts.findings if f.presence is Presence.PRESENT}
    assert present <= {c.id for sentence in impression.sentences for c in sentence.citations}
    if not any(f.presence is Presence.ABSENT for f in given_facts.findings):
        assert not any("bsent" in s.text or "No" in s.text for s in (*findings.sentences, *impression.sentences))


@relaxed
@given(st.data())
def test_whatever_the_model_answered_the_repaired_draft_passes_every_check(data: st.DataObject):
    given_facts = data.draw(any_facts())
    answer = data.draw(any_answer(given_facts))
    repaired = replace_offending(answer, given_facts, verify(answer, given_facts))
    assert verify(repaired, given_facts) == ()
    assert [section.name for section in repaired] == list(SectionName)


def test_an_offending_sentence_becomes_the_plain_sentence_of_what_it_cites():
    given_facts = facts(EFFUSION, HERNIA)
    draft = sections(
        (said("Small right pleural effusion.", "F1"), said("No hernia.", "F4")),
        (said("Likely small left pleural effusion.", "F1"),),
    )
    findings, impression = replace_offending(draft, given_facts, verify(draft, given_facts))
    assert [(s.text, s.author) for s in findings.sentences] == [
        ("Pleural effusion: present (likely), left, mild.", "plain"),
        ("No hernia.", "language_model"),
    ]
    assert impression == draft[1]


def test_a_sentence_that_cites_nothing_known_is_dropped_and_what_is_missing_is_added():
    given_facts = facts(EFFUSION, HERNIA)
    draft = sections((said("Left pneumothorax.", "F9"), said("No hernia.", "F4")), ())
    findings, impression = replace_offending(draft, given_facts, verify(draft, given_facts))
    assert [s.text for s in findings.sentences] == ["No hernia.", "Pleural effusion: present (likely), left, mild."]
    assert [s.text for s in impression.sentences] == ["Pleural effusion: present (likely), left, mild."]


def test_a_draft_without_problems_is_left_as_it_is():
    line = said("Likely small left pleural effusion.", "F1")
    draft = sections((line,), (line,))
    assert replace_offending(draft, facts(EFFUSION), ()) == draft


def test_limitations_are_grouped_by_reason_and_never_sound_normal():
    given_facts = facts(
        limitation("pneumothorax"),
        limitation("lung nodule"),
        limitation("pneumonia", LimitationReason.OUT_OF_POPULATION),
        limitation("draft text", LimitationReason.LANGUAGE_MODEL_UNAVAILABLE),
    )
    lines = limitations_text(given_facts).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("Not assessed") and "lung nodule" in lines[0] and "pneumothorax" in lines[0]
    assert limitations_text(facts()) == ""


def test_every_reason_has_its_words():
    for reason in LimitationReason:
        assert limitations_text(facts(limitation("pneumothorax", reason)))
