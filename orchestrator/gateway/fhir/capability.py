"""CapabilityStatement: what this server takes, made from the code that takes it."""

from __future__ import annotations

from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from orchestrator.exports.fhir_value_sets import check_value_sets
from orchestrator.gateway.fhir.reading import READERS
from orchestrator.provenance import software_version

PUBLISHED = "2026-11-24"
"""When what follows was last changed."""
_ABOUT: dict[str, str] = {
    "DiagnosticReport": "A final, amended, corrected or appended report becomes a prior of later studies of the same "
    "patient; entered-in-error and cancelled withdraw it. Its day (effective[x]) and a number are needed.",
    "ImagingStudy": "Ties a Study Instance UID (identifier with system urn:dicom:uid) to an accession number (type "
    "ACSN) and a patient.",
    "Patient": "Updates the particulars of a patient's studies; link replaces and replaced-by merge two identifiers.",
    "ServiceRequest": "An order. It meets a study by accession number (identifier of type ACSN) or Study Instance UID, "
    "and by a patient identifier with its system; never by name.",
}


def capability_statement() -> CapabilityStatement:
    """Return the statement, the same for the same software."""
    resources = [
        {
            "type": kind,
            "documentation": _ABOUT[kind],
            "interaction": [{"code": "create"}, {"code": "read"}],
            "versioning": "no-version",
            "conditionalCreate": False,
            "conditionalUpdate": False,
        }
        for kind in sorted(READERS)
    ]
    made = CapabilityStatement.model_validate(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": PUBLISHED,
            "kind": "instance",
            "fhirVersion": "4.3.0",
            "format": ["application/fhir+json"],
            "software": {"name": "wetread", "version": software_version().partition("+")[0]},
            "implementation": {"description": "wetread: orders, patients and earlier reports in"},
            "rest": [
                {
                    "mode": "server",
                    "documentation": "Every error is an OperationOutcome that names the element and never its value. "
                    "Codes of required value sets are checked. JSON only.",
                    "security": {"description": "An API key or an OpenID Connect bearer token, role integration."},
                    "resource": resources,
                    "interaction": [{"code": "transaction"}, {"code": "batch"}],
                }
            ],
        }
    )
    check_value_sets(made)
    return made
