"""Every FHIR resource that leaves this house, held against the bindings of the standard, required or not.

The required ones are the product's own table, and the library's enumerations are its second source. For the others the
table here says what may stand there, written from HL7 FHIR R4B 4.3.0, the *Terminology Bindings* of each resource, and
from the code systems themselves (terminology.hl7.org; DICOM PS3.16 CID 29 and 400 to 405).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.coding import Coding
from pydantic import BaseModel

from orchestrator.audit import Action, Entry, Link, Outcome
from orchestrator.exports.fhir import render_bundle
from orchestrator.exports.fhir_audit import audit_event
from orchestrator.exports.fhir_parts import RELEASES as RELEASE_TAGS
from orchestrator.exports.fhir_parts import SYSTEMS
from orchestrator.exports.fhir_value_sets import REQUIRED_VALUES
from orchestrator.gateway.fhir.capability import capability_statement
from orchestrator.gateway.fhir.desk import KEPT, _entry, _response
from orchestrator.gateway.fhir.outcome import _CODES, outcome
from tests.orchestrator.exports.fixed_draft import anonymous_study, study
from tests.orchestrator.exports.test_signed import PLACES, RELEASES

_HL7 = "http://terminology.hl7.org/CodeSystem"
_FINDINGS = {SYSTEMS[one]: None for one in ("SCT", "RADLEX", "DCM", "LN")}
BOUND: dict[str, dict[str, dict[str, str] | None]] = {
    # extensible: one of these where one fits
    "Observation.interpretation": {
        f"{_HL7}/v3-ObservationInterpretation": {"POS": "Positive", "NEG": "Negative", "IND": "Indeterminate"}
    },
    "Observation.dataAbsentReason": {f"{_HL7}/data-absent-reason": {"not-performed": "Not Performed"}},
    "Meta.security": {f"{_HL7}/v3-ObservationValue": {"AIAST": "Artificial Intelligence asserted"}},
    "Identifier.type": {f"{_HL7}/v2-0203": {"MR": "Medical record number", "ACSN": "Accession ID"}},
    "ProvenanceAgent.type": {f"{_HL7}/provenance-participant-type": {"assembler": "Assembler", "attester": "Attester"}},
    "ImagingStudySeries.modality": {SYSTEMS["DCM"]: dict.fromkeys(("CR", "DX", "DR", "RG"), "")},
    "ImagingStudySeriesInstance.sopClass": {"urn:ietf:rfc:3986": None},
    "AuditEvent.type": {
        f"{_HL7}/audit-event-type": {"rest": "RESTful Operation"},
        SYSTEMS["DCM"]: {
            "110106": "Export",
            "110107": "Import",
            "110110": "Patient Record",
            "110112": "Query",
            "110113": "Security Alert",
            "110114": "User Authentication",
        },
    },
    "AuditEvent.subtype": {
        "http://hl7.org/fhir/restful-interaction": {
            one: one for one in ("search-type", "read", "update", "create", "delete", "operation")
        },
        SYSTEMS["DCM"]: {"110122": "Login", "110137": "User Security Attributes Changed"},
    },
    "AuditEventSource.type": {f"{_HL7}/security-source-type": {"4": "Application Server"}},
    # preferred
    "Observation.category": {f"{_HL7}/observation-category": {"imaging": "Imaging"}},
    "DiagnosticReport.code": {SYSTEMS["LN"]: {"18748-4": "Diagnostic imaging study"}},
    # example: any code of the systems that are allowed on findings
    "DiagnosticReport.category": {f"{_HL7}/v2-0074": {"RAD": "Radiology"}},
    "DiagnosticReport.conclusionCode": _FINDINGS,
    "Observation.code": _FINDINGS,
    "Observation.bodySite": _FINDINGS,
    "ObservationComponent.code": _FINDINGS,
    # no binding
    "Meta.tag": {RELEASE_TAGS: None},
}
"""Codes and their displays by element and code system; ``None`` where the code is held by another test."""
SETS_WITHOUT_END = {"Coding.code", "Quantity.code", "Attachment.contentType", "CapabilityStatement.format",
                    "CapabilityStatement.fhirVersion", "CapabilityStatementRestResource.type"}  # fmt: skip
"""Their required value set is a grammar, a code system or all of FHIR; what they may say here is below."""


def emitted() -> Iterator[BaseModel]:
    """Every kind of resource that is sent, exported or answered."""
    for release in RELEASES.values():
        for of, kind in ((study(PLACES), "collection"), (anonymous_study(PLACES), "transaction")):
            yield Bundle.model_validate_json(render_bundle(release, of, b"%PDF", kind, drafts_were_sent=True))
    for number, action in enumerate(Action, start=1):
        for what in Outcome:
            entry = Entry(action=action, subject="ada", outcome=what, study_id="s-1", thing="pdf", version=2)
            yield audit_event(
                Link(number=number, at=RELEASES["signed"].at, entry=entry, before_sha256="0" * 64, sha256="1" * 64)
            )
    yield capability_statement()
    yield from (outcome(status, "why", where="Patient.gender") for status in (201, *_CODES, 500))
    yield _response("transaction-response", [_entry(201, KEPT)])
    yield _response("batch-response", [_entry(422, "why", "value", "Patient")])


@pytest.fixture(scope="module")
def resources() -> list[BaseModel]:
    return list(emitted())


def fields_of(model: BaseModel) -> Iterator[tuple[str, Any, object]]:
    """Every filled element within: its name, what the library says of it, and each of its values."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name, None)
        for one in value if isinstance(value, list) else () if value is None else (value,):
            yield f"{type(model).__name__}.{name}", field, one
            if isinstance(one, BaseModel):
                yield from fields_of(one)


def test_every_code_element_that_is_sent_has_its_required_value_set_in_the_table(resources):
    coded = {element for one in resources for element, field, value in fields_of(one)
             if isinstance(value, str) and "Code" in str(field.annotation)}  # fmt: skip
    assert {"DiagnosticReport.status", "AuditEvent.outcome", "OperationOutcomeIssue.code"} <= coded
    assert coded - set(REQUIRED_VALUES) <= SETS_WITHOUT_END


def test_the_table_says_what_the_librarys_enumerations_say(resources):
    """A plus sign there means that there are more; the resources as they are printed in the standard."""
    for one in resources:
        for element, field, _ in fields_of(one):
            told = set((field.json_schema_extra or {}).get("enum_values") or ())
            if element in REQUIRED_VALUES and told:
                assert told - {"+"} <= REQUIRED_VALUES[element], element
                assert "+" in told or told == REQUIRED_VALUES[element], element


def test_every_code_that_is_sent_is_in_its_value_set(resources):
    sent = {(element, value) for one in resources for element, _, value in fields_of(one) if isinstance(value, str)}
    checked = {(element, code) for element, code in sent if element in REQUIRED_VALUES}
    assert len(checked) > 50
    assert {(element, code) for element, code in checked if code not in REQUIRED_VALUES[element]} == set()
    said = {element: {code for where, code in sent if where == element} for element in SETS_WITHOUT_END}
    assert said["Attachment.contentType"] == {"application/pdf"}
    assert said["CapabilityStatement.format"] == {"application/fhir+json"}
    assert said["CapabilityStatement.fhirVersion"] == {"4.3.0"}
    assert said["CapabilityStatementRestResource.type"] <= {"DiagnosticReport", "ImagingStudy", "Patient",
                                                            "ServiceRequest"}  # fmt: skip


def test_every_coding_that_is_sent_is_one_of_its_binding_with_the_display_of_its_system(resources):
    seen = set()
    for one in resources:
        for element, coding in codings_of(one):
            systems = BOUND[element]
            assert coding.system in systems, element
            codes = systems[coding.system]
            if codes is not None:
                assert coding.code in codes, element
                assert coding.display in (None, codes[coding.code]), element
            seen.add(element)
    assert seen >= set(BOUND) - {"Observation.bodySite", "ObservationComponent.code"}


def codings_of(model: BaseModel) -> Iterator[tuple[str, Coding]]:
    for element, _, value in fields_of(model):
        if isinstance(value, Coding) and not element.startswith("CodeableConcept."):
            yield element, value
        for coding in getattr(value, "coding", None) or ():
            yield element, coding


def test_the_invariants_of_the_standard_hold(resources):
    """What no schema says: obs-6, bdl-3, bdl-4, bdl-7, dom-3, ref-1, and ele-1 of R4B."""
    for one in resources:
        for element, _, value in fields_of(one):
            assert value not in ("", [], {}), f"ele-1: {element}"
        for resource in (entry.resource for entry in getattr(one, "entry", None) or () if entry.resource):
            if type(resource).__name__ == "Observation" and resource.dataAbsentReason:
                assert resource.valueCodeableConcept is None and resource.valueQuantity is None, "obs-6"
            inner = {f"#{contained.id}" for contained in getattr(resource, "contained", None) or ()}
            used = {value for element, _, value in fields_of(resource) if element == "Reference.reference"}
            assert inner == {value for value in used if str(value).startswith("#")}, "dom-3, ref-1"
        if isinstance(one, Bundle):
            with_request = [entry.request is not None for entry in one.entry]
            assert with_request == [one.type == "transaction"] * len(one.entry), "bdl-3"
            assert all((entry.response is not None) == one.type.endswith("-response") for entry in one.entry), "bdl-4"
            urls = [entry.fullUrl for entry in one.entry if entry.fullUrl]
            assert len(set(urls)) == len(urls), "bdl-7"
