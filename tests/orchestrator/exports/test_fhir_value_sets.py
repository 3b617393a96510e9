"""A code that a required value set does not have is refused wherever it stands."""

from __future__ import annotations

import pytest
from fhir.resources.R4B import get_fhir_model_class

from orchestrator.exports.fhir_value_sets import REQUIRED_VALUES, NotInValueSet, check_value_sets

BOGUS = "zz-bogus"


def read(kind: str, **fields: object):
    return get_fhir_model_class(kind).model_validate({"resourceType": kind, **fields})


@pytest.mark.parametrize(
    ("element", "resource"),
    [
        ("Patient.gender", {"resourceType": "Patient", "gender": BOGUS}),
        ("Identifier.use", {"resourceType": "Patient", "identifier": [{"use": BOGUS, "value": "1"}]}),
        ("HumanName.use", {"resourceType": "Patient", "name": [{"use": BOGUS, "family": "Doe"}]}),
        ("PatientLink.type", {"resourceType": "Patient", "link": [{"type": BOGUS, "other": {"display": "x"}}]}),
        ("Identifier.use", {"resourceType": "Patient",
                            "extension": [{"url": "urn:x", "valueIdentifier": {"use": BOGUS, "value": "1"}}]}),
        ("Patient.gender", {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "x"},
                            "contained": [{"resourceType": "Patient", "gender": BOGUS}]}),
        ("ServiceRequest.intent", {"resourceType": "ServiceRequest", "status": "active", "intent": BOGUS,
                                   "subject": {"display": "x"}}),
        ("DiagnosticReport.status", {"resourceType": "Bundle", "type": "collection", "entry": [
            {"resource": {"resourceType": "DiagnosticReport", "status": BOGUS, "code": {"text": "x"}}}]}),
        ("BundleEntryRequest.method", {"resourceType": "Bundle", "type": "batch",
                                       "entry": [{"request": {"method": BOGUS, "url": "Patient"}}]}),
    ],
)  # fmt: skip
def test_a_bogus_code_is_refused_wherever_it_stands(element: str, resource: dict[str, object]):
    model = get_fhir_model_class(str(resource["resourceType"])).model_validate(resource)
    with pytest.raises(NotInValueSet, match=element) as refused:
        check_value_sets(model)
    assert BOGUS not in str(refused.value)


def test_every_code_of_the_table_passes_where_it_belongs():
    for status in REQUIRED_VALUES["DiagnosticReport.status"]:
        check_value_sets(read("DiagnosticReport", status=status, code={"text": "x"}))
    for gender in REQUIRED_VALUES["Patient.gender"]:
        check_value_sets(read("Patient", gender=gender))


def test_the_table_names_elements_that_there_are():
    """A misspelt element would never be checked."""
    import importlib

    homes = {"Narrative", "Identifier", "HumanName", "Address", "ContactPoint", "Quantity", "Timing", "ServiceRequest",
             "ImagingStudy", "DiagnosticReport", "Observation", "Patient", "Practitioner", "Person", "RelatedPerson",
             "Device", "Provenance", "AuditEvent", "Bundle", "OperationOutcome", "CapabilityStatement"}  # fmt: skip
    for element in REQUIRED_VALUES:
        kind, _, name = element.partition(".")
        home = max((one for one in homes if kind.startswith(one)), key=len)
        module = importlib.import_module(f"fhir.resources.R4B.{home.lower()}")
        assert name in getattr(module, kind).model_fields, element
