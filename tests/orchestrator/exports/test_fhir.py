"""The draft as a FHIR R4B bundle: every resource valid, required value sets included, and never more than a draft."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle

from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.fhir_values import NotInValueSet, check_required_values
from orchestrator.release import release_of_draft
from orchestrator.study import Study
from tests.orchestrator.exports.fixed_draft import anonymous_study, draft, places_by_hand, study

PLACES = places_by_hand()


def bundle(of: Study | None = None, pdf: bytes | None = b"%PDF-1.4") -> dict[str, Any]:
    read: dict[str, Any] = json.loads(render_bundle(release_of_draft(draft(PLACES)), of or study(PLACES), pdf))
    return read


def resources(of: Study | None = None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in bundle(of)["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


def walk(value: object) -> Iterator[object]:
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


@pytest.mark.parametrize("of", [study(PLACES), anonymous_study(PLACES)], ids=["identified", "anonymous"])
def test_every_resource_is_valid_and_holds_no_null(of: Study):
    read = bundle(of)
    Bundle.model_validate(read)
    for entry in read["entry"]:
        get_fhir_model_class(entry["resource"]["resourceType"]).model_validate(entry["resource"])
    assert None not in list(walk(read))
    check_required_values(read, release_of_draft(draft(PLACES)))


def test_the_report_is_partial_and_its_observations_are_not_final():
    found = resources()
    assert [one["status"] for one in found["DiagnosticReport"]] == ["partial"]
    assert {one["status"] for one in found["Observation"]} == {"preliminary"}


def test_everything_that_software_asserted_is_labelled():
    for kind in ("DiagnosticReport", "Observation", "Provenance"):
        for one in resources()[kind]:
            assert [label["code"] for label in one["meta"]["security"]] == ["AIAST"]


def test_every_reference_leads_to_a_resource_of_the_bundle():
    read = bundle()
    known = {entry["fullUrl"] for entry in read["entry"]}
    used = {value["reference"] for value in walk(read) if isinstance(value, dict) and "reference" in value}
    assert used and used <= known
    assert len(known) == len(read["entry"])


def test_findings_are_positive_negative_or_indeterminate_and_what_was_not_assessed_is_none_of_them():
    by_name = {one["code"]["text"]: one for one in resources()["Observation"]}
    said = {
        name: one["interpretation"][0]["coding"][0]["code"] for name, one in by_name.items() if "interpretation" in one
    }
    assert said == {
        "pleural effusion": "POS",
        "cardiomegaly": "POS",
        "lung opacity": "IND",
        "pneumonia": "NEG",
        "tuberculosis": "NEG",
    }
    missing = by_name["pneumothorax"]
    assert missing["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert "valueCodeableConcept" not in missing and "interpretation" not in missing


def test_no_code_of_the_private_scheme_is_sent():
    assert "99WETREAD" not in render_bundle(release_of_draft(draft(PLACES)), study(PLACES))
    by_name = {one["code"]["text"]: one for one in resources()["Observation"]}
    assert "coding" not in by_name["tuberculosis"]["code"]


def test_each_algorithm_and_the_language_model_is_a_device_and_the_provenance_names_them_all():
    found = resources()
    assert {one["deviceName"][0]["name"] for one in found["Device"]} == {
        "compact_chest_radiograph",
        "chest_anatomy",
        "chest_anatomy_boxes",
        "wetread-draft-12m",
    }
    assert len(found["Provenance"][0]["agent"]) == 4


def test_the_person_and_the_images_are_those_of_the_study():
    found = resources()
    assert found["Patient"][0]["name"][0] == {
        "use": "official",
        "family": "O'Neill&Byrne",
        "given": ["Zoë", "M"],
        "prefix": ["Dr"],
        "suffix": ["III"],
    }
    assert found["Patient"][0]["birthDate"] == "1958-04-17"
    assert found["ImagingStudy"][0]["series"][0]["instance"][0]["uid"] == "1.2.826.0.1.3680043.8.498.1.1.1"


def test_a_picture_that_nobody_named_gives_a_patient_without_a_name_and_no_series():
    found = resources(anonymous_study(PLACES))
    assert set(found["Patient"][0]) == {"resourceType", "id", "identifier", "gender"}
    assert found["Patient"][0]["identifier"][0]["value"] == "s-0001", "our own id, and nothing else"
    assert "series" not in found["ImagingStudy"][0]


def test_markup_in_an_order_stays_text():
    plain = study(PLACES)
    order = plain.order.model_copy(update={"requested_procedure": "<script>alert(1)</script>"})
    report = resources(plain.model_copy(update={"order": order}))["DiagnosticReport"][0]
    assert "<script" not in report["text"]["div"]


def test_a_time_without_a_zone_becomes_a_day():
    plain = study(PLACES).model_copy(update={"study_datetime": datetime(2026, 3, 2, 13, 40)})
    assert resources(plain)["DiagnosticReport"][0]["effectiveDateTime"] == "2026-03-02"


def test_the_pdf_comes_back_as_it_was():
    form = resources()["DiagnosticReport"][0]["presentedForm"][0]
    assert (form["contentType"], base64.b64decode(form["data"])) == ("application/pdf", b"%PDF-1.4")


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("DiagnosticReport", {"status": "bogus"}),
        ("DiagnosticReport", {"status": "final"}),
        ("DiagnosticReport", {"status": "preliminary"}),
        ("Observation", {"status": "final"}),
        ("Device", {"status": "on"}),
        ("ImagingStudy", {"status": "done"}),
        ("Patient", {"gender": "F"}),
        ("Device", {"deviceName": [{"name": "x", "type": "nickname"}]}),
        ("Provenance", {"entity": [{"role": "cause", "what": {}}]}),
    ],
)
def test_a_code_outside_its_required_value_set_is_refused(kind: str, changed: dict[str, object]):
    read = bundle()
    next(entry["resource"] for entry in read["entry"] if entry["resource"]["resourceType"] == kind).update(changed)
    with pytest.raises(NotInValueSet):
        check_required_values(read, release_of_draft(draft(PLACES)))
