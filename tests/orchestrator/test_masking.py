"""An indication loses everybody's name and keeps what was asked."""

import pytest

from orchestrator.masking import mask_text

KNOWN = (
    "Müller^Hans-Peter^J^Dr",
    "MRN-004512",
    "19520314",
    "O'Brien^Mary",
    "ACC99123",
    "12 Hill Road, Leeds",
    "No^Jun",
)
WITHOUT_NO = KNOWN[:-1]


@pytest.mark.parametrize(
    "text",
    [
        "Cough and fever for 3 days, r/o pneumonia.",
        "65 year old male with shortness of breath, known COPD",
        "No fever, no cough; post-operative day 2, BP 120/80",
        "12mm nodule in the left upper lobe, follow up",
    ],
)
def test_a_clinical_question_passes_as_it_is(text):
    assert mask_text(text, WITHOUT_NO) == text


@pytest.mark.parametrize(
    "text",
    [
        "Hans-Peter Müller, cough and fever, rule out pneumonia",
        "MULLER HANS PETER with cough and fever, rule out pneumonia",
        "cough and fever of mr. muller, rule out pneumonia, call mary obrien or mary o'brien",
        "Fever and cough, MRN 004512, rule out pneumonia",
        "Fever and cough, mrn004512, rule out pneumonia",
        "Fever and cough, DOB 14.03.1952, rule out pneumonia",
        "Fever and cough since 14 March 1952, rule out pneumonia",
        "Fever and cough, acc 99-123, rule out pneumonia",
        "Fever and cough, lives at 12 Hill Road in Leeds, rule out pneumonia",
        "Fever and cough, phone +44 113 496 0000, rule out pneumonia",
        "Fever and cough, jane@example.org, rule out pneumonia",
        "Fever and cough, seen by Dr. Jane Austen on 3/4/2024, rule out pneumonia",
        "Fever and cough in a 94 year old woman, rule out pneumonia",
        "Fever and cough, ask for zaphod beeblebrox, rule out pneumonia",
        "Fever and cough, SSN 123-45-6789, rule out pneumonia",
        "Fever and cough, prior film 1.2.840.113619.2.5, rule out pneumonia",
    ],
)
def test_names_numbers_dates_and_places_do_not(text):
    masked = mask_text(text, WITHOUT_NO)
    assert masked is not None and "pneumonia" in masked
    traces = ["muller", "müller", "hans", "peter", "mary", "brien", "4512", "1952", "99123", "99-123", "hill", "leeds"]
    traces += ["496", "example", "jane", "austen", "2024", "94"]
    traces += ["zaphod", "beeblebrox", "6789", "113619", "o'b"]
    assert not [trace for trace in traces if trace in masked.lower()]


@pytest.mark.parametrize(
    "text",
    [
        "Smith John",
        "Husten und Fieber seit drei Tagen",
        "4512 99123",
        "咳嗽和发烧",
        "cough " * 1000,
        "   ",
    ],
)
def test_what_is_not_sure_is_left_out_whole(text):
    assert mask_text(text, WITHOUT_NO) is None


def test_a_name_that_is_a_negation_leaves_the_text_out_rather_than_turning_it_round():
    assert mask_text("No fever today, cough", KNOWN) is None


def test_markup_and_odd_characters_do_not_pass():
    masked = mask_text("cough <script>and</script> fever {x} `pain`\x00\u202e", ())
    assert masked is not None
    assert not set(masked) & set("<>{}`\x00\u202e")
