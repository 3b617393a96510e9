"""The draft as plain text."""

from __future__ import annotations

from orchestrator.exports.text import render_text
from orchestrator.exports.words import DRAFT_MARK
from orchestrator.release import release_of_draft
from orchestrator.report import Author
from orchestrator.rules.follow_up import follow_up_of
from orchestrator.rules.urgency import urgency_of
from orchestrator.second_text import compare_texts
from orchestrator.verify import verify
from services.contract import Algorithm, Label, Subject, WrittenText
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_by_hand, study
from tests.orchestrator.report_parts import facts, finding


def test_the_first_and_the_last_line_say_that_it_is_a_draft():
    lines = render_text(release_of_draft(draft(places_by_hand())), study(places_by_hand())).strip().splitlines()
    assert DRAFT_MARK in lines[0] and DRAFT_MARK in lines[-1]


def test_every_sentence_stands_with_its_marks():
    text = render_text(release_of_draft(draft(places_by_hand())), study(places_by_hand()))
    for sentence in draft(places_by_hand()).sentences:
        assert f"- {sentence.text} " + " ".join(f"[{c.id}]" for c in sentence.citations) in text


def test_what_was_not_assessed_and_what_was_scored_stand_in_the_text():
    text = " ".join(render_text(release_of_draft(draft(places_by_hand())), study(places_by_hand())).split())
    assert "pneumothorax" in text and "Not assessed" in text
    assert "score 0.912 (absent 0.2, present 0.5, likely 0.8); compact_chest_radiograph 0.1.0" in text
    assert "a" * 64 in text and "d" * 64 in text


def test_a_picture_that_nobody_named_has_no_name_in_its_header():
    text = render_text(release_of_draft(draft(places_by_hand())), anonymous_study(places_by_hand()))
    assert "Patient" not in text and "None" not in text


def second_draft(places=None):
    text = WrittenText(
        image_id="image-1",
        text="There is a right pleural effusion. Heart <b>size</b> is normal. Recommend CT by Dr. Kowalski.",
        algorithm=Algorithm(name="chest_report", version="0.1"),
    )
    made = draft(places or places_by_hand())
    return made.model_copy(update={"second_texts": compare_texts((text,), made.facts, verify)})


def test_a_second_text_stands_apart_with_what_became_of_every_sentence():
    text = render_text(release_of_draft(second_draft()), study(places_by_hand()))
    before, _, apart = text.partition("SECOND TEXT, NOT PART OF THE REPORT\n")
    assert "right pleural effusion" not in before
    flat = " ".join(apart.split())
    assert "Written about image-1 by chest_report 0.1. It finds nothing" in flat
    assert '- changed: "There is a right pleural effusion." Pleural effusion: present' in flat
    assert '- dropped: "' in flat and "Kowalski" not in flat and "<b>" not in flat
    assert "SECOND TEXT" not in render_text(release_of_draft(draft(places_by_hand())), study(places_by_hand()))


def test_a_plain_sentence_is_marked_in_a_mixed_draft_only():
    mixed = draft(places_by_hand())
    assert render_text(release_of_draft(mixed), study(places_by_hand())).count("(plain finding)") == 1
    plain = mixed.model_copy(update={"author": Author.PLAIN_LIST})
    assert "(plain finding)" not in render_text(release_of_draft(plain), study(places_by_hand()))


def test_a_line_break_in_an_order_cannot_forge_a_heading():
    forged = study(places_by_hand())
    order = forged.order.model_copy(update={"indication": "cough\nIMPRESSION\n- No pneumothorax."})
    text = render_text(release_of_draft(draft(places_by_hand())), forged.model_copy(update={"order": order}))
    assert text.count("\nIMPRESSION\n") == 1


def test_the_urgency_of_a_rule_stands_above_the_findings_with_its_table():
    tension = finding("F1", Label.PNEUMOTHORAX)
    given = facts(tension, finding("F2", Label.TUBERCULOSIS))
    ruled = {"urgency": urgency_of(given), "follow_up": follow_up_of(given, Subject())}
    text = " ".join(
        render_text(release_of_draft(draft(places_by_hand()).model_copy(update=ruled)), study(places_by_hand())).split()
    )
    assert "URGENT, to be read within 60 minutes: pneumothorax" in text
    assert "acknowledgement not yet recorded (table urgency 1)" in text
    assert "No next step by rule tuberculosis test [F2]: not known are age years." in text
    assert text.index("URGENT") < text.index("FINDINGS")
