"""What a person signed, corrected, added to or rejected, as receivers read it: never more than it is, nor less."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hl7
import pytest
from fhir.resources.R4B.bundle import Bundle
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from pydicom import Dataset, dcmread
from pypdf import PdfReader

from orchestrator.exports.dicom.objects import render_dicom
from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.fhir_value_sets import check_value_sets
from orchestrator.exports.hl7v2 import OruStyle, render_oru
from orchestrator.exports.json_report import render_json
from orchestrator.exports.pdf import render_pdf
from orchestrator.exports.text import render_text
from orchestrator.exports.words import DRAFT_MARK
from orchestrator.release import Release, ReleasedSection, ReleasedSentence, release_of_draft, release_of_signed
from orchestrator.report import DraftReport, SectionName
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_by_hand, study
from tests.orchestrator.exports.test_dicom import Case, case_of, items
from tests.orchestrator.exports.test_golden import BY_SECTION, held
from tests.orchestrator.releases import SIGNATURE, addended, corrected, rejected, signed

PLACES = places_by_hand()
DRAFT = draft(PLACES)
RELEASES: dict[str, Release] = {
    "draft": release_of_draft(DRAFT),
    "signed": signed(DRAFT),
    "corrected": corrected(DRAFT),
    "addended": addended(DRAFT),
    "rejected": rejected(DRAFT),
    "withdrawn": rejected(DRAFT, signed(DRAFT)),
}
STYLES = {
    "plain": OruStyle(),
    "by section": BY_SECTION,
    "draft as P": OruStyle(draft_status="P", coded=False, receiving_application="EHR"),
}


def message(release: Release, style: OruStyle | None = None) -> hl7.Message:
    return hl7.parse(render_oru(release, study(PLACES), b"%PDF", style or OruStyle()))


def resources(release: Release, **options: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(render_bundle(release, study(PLACES), **options))["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("of", [study(PLACES), anonymous_study(PLACES)], ids=["identified", "anonymous"])
@pytest.mark.parametrize("name", RELEASES)
def test_hl7apy_finds_nothing_wrong(name: str, of: Any, style: str):
    text = render_oru(RELEASES[name], of, b"%PDF", STYLES[style])
    assert parse_message(shortened(text), validation_level=VALIDATION_LEVEL.STRICT).validate()


def shortened(text: str) -> str:
    """hl7apy takes every OBX-5 for ST of 199 characters, whatever OBX-2 says; TX, FT and ED are longer."""
    segments = [line.split("|") for line in text.split("\r")]
    for fields in segments:
        if fields[0] == "OBX" and fields[2] in {"TX", "FT", "ED"}:
            fields[5] = fields[5][:180]
    return "\r".join("|".join(fields) for fields in segments)


@pytest.mark.parametrize(
    ("name", "status"),
    [("draft", "R"), ("signed", "F"), ("corrected", "C"), ("addended", "F"), ("rejected", "X"), ("withdrawn", "X")],
)
def test_every_status_of_a_message_says_the_same(name: str, status: str):
    read = message(RELEASES[name])
    assert str(read["OBR"][0][25]) == status
    assert {str(one[11]) for one in read.segments("OBX")} == {status}


def test_each_release_is_a_message_of_its_own_and_the_same_one_each_time():
    ids = {name: str(message(release)["MSH"][0][10]) for name, release in RELEASES.items()}
    assert len({ids[name] for name in ("draft", "signed", "corrected", "rejected", "withdrawn")}) == 5
    assert ids == {name: str(message(release)["MSH"][0][10]) for name, release in RELEASES.items()}
    fillers = {str(message(release)["OBR"][0][3]) for release in RELEASES.values()}
    assert len(fillers) == 1, "the receiver knows them all as one report"


def test_a_section_is_one_observation_where_a_receiver_wants_it_so():
    read = message(RELEASES["signed"], BY_SECTION)
    assert [str(one[4]) for one in read.segments("OBX")] == ["notice", "findings", "impression"]
    assert str(read["OBX"][1][5]).count("\\.br\\") == 5
    assert str(read["ORC"][0][1]) == "RE" and [str(read["MSH"][0][n]) for n in (15, 16)] == ["AL", "AL"]


@pytest.mark.parametrize("kind", ["collection", "transaction"])
@pytest.mark.parametrize("of", [study(PLACES), anonymous_study(PLACES)], ids=["identified", "anonymous"])
@pytest.mark.parametrize("name", RELEASES)
def test_every_resource_is_valid_with_its_required_value_sets(name: str, of: Any, kind: Any):
    text = render_bundle(RELEASES[name], of, b"%PDF", kind, drafts_were_sent=True)
    assert "null" not in text and "99WETREAD" not in text
    check_value_sets(Bundle.model_validate_json(text))


@pytest.mark.parametrize(
    ("name", "status", "observed"),
    [
        ("draft", "partial", {"preliminary"}),
        ("signed", "final", {"final"}),
        ("corrected", "corrected", {"final", "entered-in-error"}),
        ("addended", "appended", {"final"}),
        ("rejected", "cancelled", {"cancelled"}),
        ("withdrawn", "entered-in-error", {"entered-in-error"}),
    ],
)
def test_a_bundle_says_what_its_release_is(name: str, status: str, observed: set[str]):
    found = resources(RELEASES[name])
    assert found["DiagnosticReport"][0]["status"] == status
    assert {one["status"] for one in found["Observation"]} == observed


def test_the_report_is_labelled_as_of_software_as_long_as_a_word_of_it_is_left():
    mine = ReleasedSection(
        name=SectionName.FINDINGS, sentences=(ReleasedSentence(text="Normal for age.", origin="person"),)
    )
    alone = resources(release_of_signed(DRAFT, (mine,), SIGNATURE))
    assert "meta" not in alone["DiagnosticReport"][0] and "Observation" not in alone
    label = resources(RELEASES["signed"])["DiagnosticReport"][0]["meta"]["security"][0]["code"]
    assert label == "AIAST"


def test_the_provenance_names_the_software_and_the_signer():
    agents = resources(RELEASES["addended"])["Provenance"][0]["agent"]
    attested = [one["who"]["display"] for one in agents if one["type"]["coding"][0]["code"] == "attester"]
    assert [said.partition(",")[0] for said in attested] == ["Dr Ada Nowak", "Dr Bo Lindqvist"]
    assert sum("reference" in one["who"] for one in agents) == 4
    report = resources(RELEASES["signed"])["DiagnosticReport"][0]
    assert report["contained"][0]["name"][0]["text"] == "Dr Ada Nowak"


def test_a_finding_that_the_signer_changed_is_withdrawn_only_where_the_draft_was_sent():
    def told(**options: Any) -> dict[str, str]:
        found = resources(RELEASES["signed"], **options)["Observation"]
        return {one["identifier"][0]["value"]: one["status"] for one in found}

    assert "d-0001/F1" not in told()
    assert told(drafts_were_sent=True)["d-0001/F1"] == "entered-in-error"
    assert told()["d-0001/F2"] == "final"


def test_a_transaction_that_comes_twice_creates_nothing_twice():
    entries = json.loads(render_bundle(RELEASES["signed"], study(PLACES), None, "transaction"))["entry"]
    assert all("id" not in entry["resource"] for entry in entries)
    for entry in entries:
        request = entry["request"]
        assert request.get("ifNoneExist") or (request["method"] == "PUT" and "?identifier=" in request["url"])
    again = json.loads(render_bundle(RELEASES["corrected"], study(PLACES), None, "transaction"))["entry"]
    url = next(one["request"]["url"] for one in entries if one["resource"]["resourceType"] == "DiagnosticReport")
    assert url in {one["request"]["url"] for one in again}, "a correction updates the report that is there"


@pytest.mark.parametrize("name", ["signed", "corrected", "addended", "rejected", "withdrawn"])
def test_what_a_person_decided_holds_no_word_of_the_draft_that_was_not_left(name: str):
    """The first sentence of the draft was edited; as it was it must not leave again in any form."""
    release, gone = RELEASES[name], DRAFT.sections[0].sentences[0].text
    pdf = render_pdf(release, study(PLACES), {})
    pages = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    for text in (
        render_text(release, study(PLACES)),
        render_oru(release, study(PLACES)),
        render_bundle(release, study(PLACES)),
        render_json(release, study(PLACES)),
        " ".join(pages.split()),
    ):
        assert gone not in text and DRAFT_MARK not in text


def test_the_pdf_shows_who_signed_on_every_page():
    pdf = render_pdf(RELEASES["addended"], study(PLACES), {})
    for page in PdfReader(io.BytesIO(pdf)).pages:
        assert "signed by Dr Ada Nowak" in page.extract_text()
    assert "ADDENDUM, Dr Bo Lindqvist" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert pdf == render_pdf(RELEASES["addended"], study(PLACES), {})


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case_of(tmp_path_factory.mktemp("signed"))


def releases_of(case: Case) -> dict[str, Release]:
    one = case.draft
    return {
        "signed": signed(one),
        "corrected": corrected(one),
        "addended": addended(one, corrected(one)),
        "rejected": rejected(one),
        "withdrawn": rejected(one, corrected(one)),
        "nothing found": in_own_words(one),
        "nothing found, withdrawn": rejected(one, in_own_words(one)),
    }


def in_own_words(one: DraftReport) -> Release:
    """What a radiologist signs where no specialist answered: nothing to measure, one sentence of a person."""
    nothing = one.model_copy(update={"facts": one.facts.model_copy(update={"findings": (), "measurements": ()})})
    mine = ReleasedSentence(text="No acute finding.", origin="person")
    return release_of_signed(nothing, (ReleasedSection(name=SectionName.FINDINGS, sentences=(mine,)),), SIGNATURE)


def made(case: Case, name: str) -> dict[str, Dataset]:
    files = render_dicom(releases_of(case)[name], case.study, case.arrays, b"%PDF-1.4 drawn")
    return {file: dcmread(io.BytesIO(data)) for file, data in files.items()}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
@pytest.mark.parametrize(
    "name", ["signed", "corrected", "addended", "rejected", "withdrawn", "nothing found", "nothing found, withdrawn"]
)
def test_a_validator_that_is_not_ours_finds_no_error(case: Case, tmp_path: Path, name: str):
    for file, data in render_dicom(releases_of(case)[name], case.study, case.arrays, b"%PDF-1.4 drawn").items():
        (tmp_path / file).write_bytes(data)
        said = subprocess.run(["dciodvfy", str(tmp_path / file)], capture_output=True, text=True, check=False)
        assert "Error" not in said.stdout + said.stderr, f"{file}: {said.stderr}"


@pytest.mark.parametrize("name", ["signed", "corrected", "addended", "nothing found"])
def test_a_signed_structured_report_is_verified_final_and_complete_by_its_signer(case: Case, name: str):
    report = made(case, name)["report.dcm"]
    flags = (report.VerificationFlag, report.PreliminaryFlag, report.CompletionFlag)
    assert flags == ("VERIFIED", "FINAL", "COMPLETE")
    observer = report.VerifyingObserverSequence[0]
    signature = releases_of(case)[name].signature
    assert signature is not None
    assert (str(observer.VerifyingObserverName), observer.VerifyingOrganization) == (
        signature.name,
        "St. Vincent & Sons",
    )
    assert str(observer.VerificationDateTime).startswith(f"{signature.at:%Y%m%d%H%M%S}")


def test_where_nothing_was_found_the_report_is_no_measurement_report(case: Case):
    report = made(case, "nothing found")["report.dcm"]
    assert report.ConceptNameCodeSequence[0].CodeValue == "18748-4"
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "2000"
    assert "No acute finding." in [item.TextValue for item in items(report) if item.ValueType == "TEXT"]


def test_a_correction_names_the_version_before_it_as_its_predecessor(case: Case):
    first, second, third = (made(case, name)["report.dcm"] for name in ("signed", "corrected", "addended"))
    assert "PredecessorDocumentsSequence" not in first
    for before, after in ((first, second), (second, third)):
        series = after.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
        assert series.SeriesInstanceUID == before.SeriesInstanceUID
        assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == before.SOPInstanceUID


def test_a_sentence_of_a_person_rests_on_nothing_of_the_software(case: Case):
    texts = [item for item in items(made(case, "signed")["report.dcm"]) if item.ValueType == "TEXT"]
    of_person = next(item for item in texts if "7th rib" in item.TextValue)
    untouched = next(item for item in texts if item.TextValue == "The heart is enlarged.")
    assert "ContentSequence" not in of_person and untouched.ContentSequence


def test_outlines_are_the_same_object_whatever_is_signed(case: Case):
    as_draft = case.made()["segmentation-1.dcm"].SOPInstanceUID
    assert {made(case, name)["segmentation-1.dcm"].SOPInstanceUID for name in ("signed", "corrected")} == {as_draft}


def test_a_retraction_rejects_every_object_that_was_sent(case: Case):
    sent = {one.SOPInstanceUID for one in case.made().values()}
    assert rejected_by(made(case, "rejected")["rejection.dcm"]) == sent
    also = {
        made(case, name)[file].SOPInstanceUID
        for name in ("signed", "corrected")
        for file in ("report.dcm", "document.dcm")
    }
    assert rejected_by(made(case, "withdrawn")["rejection.dcm"]) == sent | also


def rejected_by(selection: Dataset) -> set[str]:
    assert selection.ConceptNameCodeSequence[0].CodeValue == "113001"
    return {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in selection.ContentSequence
            if "ReferencedSOPSequence" in item}  # fmt: skip


@pytest.mark.parametrize("name", ["signed", "corrected", "rejected"])
def test_the_structured_report_reads_as_it_was_read_before(case: Case, name: str):
    files = made(case, name)
    report = files.get("report.dcm") or files["rejection.dcm"]
    held(f"{name}-dicom.txt", "\n".join([*flags(report), *outline(report)]) + "\n")


def flags(report: Dataset) -> list[str]:
    """What a document says of itself, a line each."""
    names = ("SOPClassUID", "SeriesDescription", "ContentDate", "CompletionFlag", "PreliminaryFlag", "VerificationFlag")
    lines = [f"{name}: {report[name].repval}" for name in names if name in report]
    lines += [
        f"verified by {one.VerifyingObserverName}, {one.VerifyingOrganization}, {one.VerificationDateTime}"
        for one in report.get("VerifyingObserverSequence", ())
    ]
    return [*lines, f"predecessors: {len(report.get('PredecessorDocumentsSequence', ()))}"]


def outline(item: Dataset, depth: int = 0) -> list[str]:
    """The content tree as it reads, a line an item."""
    if "ReferencedContentItemIdentifier" in item:
        place = ".".join(map(str, item.ReferencedContentItemIdentifier))
        return [f"{'  ' * depth}{item.RelationshipType} item {place}"]
    name = item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""
    coded = item.ConceptCodeSequence[0].CodeMeaning if "ConceptCodeSequence" in item else ""
    number = str(item.MeasuredValueSequence[0].NumericValue) if "MeasuredValueSequence" in item else ""
    said = str(item.get("TextValue") or coded or number or "")
    line = f"{'  ' * depth}{item.get('RelationshipType', '')} {item.ValueType} {name}: {said}".rstrip(": ")
    return [line, *(below for one in item.get("ContentSequence", ()) for below in outline(one, depth + 1))]
