"""The draft as HL7 v2: built as text, validated by hl7apy, read by hl7."""

from __future__ import annotations

import base64

import hl7
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.exports.hl7_segments import escape
from orchestrator.exports.hl7v2 import render_oru
from orchestrator.release import release_of_draft
from orchestrator.report import DraftReport, Section, SectionName
from orchestrator.study import Order, Patient, Study
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_by_hand, study

PLACES = places_by_hand()


def message(of: Study | None = None, one: DraftReport | None = None, pdf: bytes | None = b"%PDF-1.4") -> str:
    return render_oru(release_of_draft(one or draft(PLACES)), of or study(PLACES), pdf)


@pytest.mark.parametrize("of", [study(PLACES), anonymous_study(PLACES)], ids=["identified", "anonymous"])
def test_hl7apy_finds_nothing_wrong(of: Study):
    parsed = parse_message(message(of), validation_level=VALIDATION_LEVEL.STRICT)
    assert parsed.validate()


def test_nothing_in_the_message_claims_to_be_verified():
    parsed = hl7.parse(message())
    assert str(parsed["OBR"][0][25]) == "R"
    assert {str(one[11]) for one in parsed.segments("OBX")} == {"R"}


def test_a_sentence_is_an_observation_of_its_section():
    rows = {str(one[4]): one for one in hl7.parse(message()).segments("OBX")}
    assert str(rows["findings.1"][3]).startswith("59776-5^")
    assert str(rows["findings.1"][5]) == "There is likely mild left pleural effusion. [F1]"
    assert str(rows["impression.2"][3]).startswith("19005-8^")
    assert str(rows["impression.2"][5]) == "Cardiomegaly. [F2]"


def test_a_finding_is_coded_where_there_is_a_code_and_text_where_there_is_none():
    rows = {str(one[4]): one for one in hl7.parse(message()).segments("OBX")}
    assert str(rows["F1"][3]) == "60046008^Pleural effusion^SCT^RID34539^Pleural effusion^RADLEX"
    assert str(rows["F5"][3]) == "^tuberculosis"
    assert "compact_chest_radiograph" in str(rows["F1"][17])
    assert str(rows["M1"][5]) == "0.562" and str(rows["M1"][6]).startswith("1^")
    assert "99WETREAD" not in message()


def test_the_pdf_comes_back_as_it_was():
    document = next(one for one in hl7.parse(message(pdf=b"%PDF-1.4 \x00\xff")).segments("OBX") if str(one[2]) == "ED")
    kind = str(document[5]).split("^")
    assert kind[:4] == ["", "application", "pdf", "Base64"]
    assert base64.b64decode(kind[4]) == b"%PDF-1.4 \x00\xff"
    assert "|ED|" not in message(pdf=None)


def test_the_first_observation_and_a_note_say_that_software_wrote_it():
    parsed = hl7.parse(message())
    assert "DRAFT, AI, not verified by a person" in str(parsed.segments("OBX")[0][5])
    assert "DRAFT, AI, not verified by a person" in str(parsed.segments("NTE")[0][3])
    assert any("Not assessed" in str(note[3]) and "pneumothorax" in str(note[3]) for note in parsed.segments("NTE"))


def test_the_person_is_the_one_of_the_study_with_the_suffix_before_the_prefix():
    pid = hl7.parse(message()).segments("PID")[0]
    assert str(pid[3]) == "SYN-4711^^^WETREAD TEST^MR"
    assert str(pid[5]) == "O'Neill\\T\\Byrne^Zoë^M^III^Dr^^L"
    assert (str(pid[7]), str(pid[8])) == ("19580417", "F")


def test_a_picture_that_nobody_named_is_nobody_in_particular():
    pid = hl7.parse(message(anonymous_study(PLACES))).segments("PID")[0]
    assert str(pid[3]) == "s-0001^^^WETREAD^ANON"
    assert str(pid[5]).startswith("UNKNOWN")


@given(st.text(max_size=200))
def test_no_text_can_end_a_segment_or_open_a_field(text: str):
    escaped = escape(text)
    assert not set(escaped) & set("|^~&\r\n")
    unescaped = escaped.replace("\\.br\\", "\n")
    for mark, letter in (("F", "|"), ("S", "^"), ("T", "&"), ("R", "~"), ("E", "\\")):
        unescaped = unescaped.replace(f"\\{mark}\\", letter)
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in text.replace("\r\n", "\n").replace("\r", "\n"))
    assert unescaped == kept or "\\" in text


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_whatever_an_order_says_the_segments_stay_as_many(name: str, indication: str):
    plain = study(PLACES)
    other = plain.model_copy(
        update={
            "patient": Patient(name=name, patient_id=indication, birth_date=name, sex="F"),
            "order": Order(indication=indication, accession_number=name, referring_physician=indication),
        }
    )
    kinds = [line.split("|")[0] for line in message(other).split("\r")]
    assert kinds == [line.split("|")[0] for line in message(plain).split("\r")]


def test_a_draft_without_findings_is_a_valid_message_too():
    empty = draft(PLACES)
    bare = empty.model_copy(
        update={
            "facts": empty.facts.model_copy(update={"findings": (), "measurements": ()}),
            "sections": tuple(Section(name=name, sentences=()) for name in SectionName),
        }
    )
    assert parse_message(message(one=bare), validation_level=VALIDATION_LEVEL.STRICT).validate()
